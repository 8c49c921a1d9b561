"""How long it takes from the publishing of a reading until a SELECT on another connection sees its row."""

import time
from collections.abc import Sequence
from typing import NamedTuple

import paho.mqtt.client as mqtt
from psycopg import Connection

from benchmarks.sql import statement
from sensors.mqtt_client import new_client
from sensors.topics import mqtt_topic
from sensors.urls import MqttUrl

STORE = "bench-probe"
EVERY_S = 0.1
"""Between two probes."""

LOOK_EVERY_S = 0.005
"""Between two looks: how exact it is, together with the time that a look takes."""

_TOPIC = mqtt_topic(STORE, "dwell", "gateway")


class Heard(NamedTuple):
    """Milliseconds from the publishing of probes to where they were met: by another subscriber of the broker, and in the database."""

    mqtt_ms: list[float]
    row_ms: list[float]
    look_ms: list[float]
    """How long looks took, the pauses between them included."""


class Probes:
    """Publishes readings of one visitor in a store of its own, and looks for them on both sides.

    Args:
        url: the MQTT broker.
        connection: to the database; for nothing else.
    """

    def __init__(self, url: str, connection: Connection) -> None:
        self.heard = Heard([], [], [])
        self.sent = 0
        self._connection = connection
        self._waiting: dict[str, float] = {}
        self._at_mqtt: dict[str, float] = {}
        self._due = self._looked = time.perf_counter()
        self._client = new_client(MqttUrl.parse(url), "")
        self._client.on_connect = lambda client, *_: client.subscribe(_TOPIC, qos=1)
        self._client.on_message = self._message
        self._client.reconnect()

    @property
    def missing(self) -> int:
        """Probes whose rows were not seen yet."""
        return len(self._waiting)

    def turn(self, *, publish: bool) -> None:
        """Publish a probe if it is time, listen, and look; takes some milliseconds."""
        now = time.perf_counter()
        if publish and now >= self._due:
            self._due = max(now, self._due + EVERY_S)
            self._publish()
        self._client.loop(LOOK_EVERY_S)
        self._look()

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()

    def _publish(self) -> None:
        self.sent += 1
        name = f"probe-{self.sent}"
        payload = b'{"id": "%b", "device_id": "band-probe", "zone_id": "dairy", "ts": %d}' % (name.encode(), time.time_ns() // 1_000_000)
        self._waiting[name] = self._at_mqtt[name] = time.perf_counter()
        self._client.publish(_TOPIC, payload, qos=1)

    def _message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        name = message.payload[8:].partition(b'"')[0].decode()
        if (at := self._at_mqtt.pop(name, None)) is not None:
            self.heard.mqtt_ms.append((time.perf_counter() - at) * 1000)

    def _look(self) -> None:
        if not self._waiting:
            self._looked = time.perf_counter()
            return
        found = self._connection.execute(statement("probes"), {"store_id": STORE, "ids": list(self._waiting)}).fetchall()
        now = time.perf_counter()
        self.heard.look_ms.append((now - self._looked) * 1000)
        self._looked = now
        for (name,) in found:
            self.heard.row_ms.append((now - self._waiting.pop(name)) * 1000)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that so large a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
