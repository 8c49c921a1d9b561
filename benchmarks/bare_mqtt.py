"""The bare limit of the pipeline: the same messages from the same publisher, heard by a client that parses them and does nothing else."""

import select
import time
from contextlib import suppress

import msgspec
import paho.mqtt.client as mqtt

from benchmarks.publisher import Publisher
from benchmarks.running import START_S, Stuck
from sensors.mqtt_client import new_client
from sensors.topics import MQTT_FILTER
from sensors.urls import MqttUrl

WINDOW = 20_000
"""Readings under way, at most: few enough for any broker's queue."""


class _Listener:
    """A subscriber that counts readings."""

    def __init__(self, url: str) -> None:
        self.readings = 0
        self.is_subscribed = False
        self._n_heard = 0
        self._client = new_client(MqttUrl.parse(url), "")
        self._client.on_connect = lambda client, *_: client.subscribe(MQTT_FILTER, qos=1)
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._heard
        self._client.reconnect()

    def listen(self, timeout_s: float) -> None:
        """Take what comes, as the bridge does: many messages for each look at the socket."""
        if (sock := self._client.socket()) is None:
            raise Stuck("the MQTT broker closed the connection of a subscriber")
        select.select([sock], [], [], timeout_s)
        before = -1
        while before < self._n_heard:
            before = self._n_heard
            if self._client.loop_read() != mqtt.MQTT_ERR_SUCCESS:
                raise Stuck("the MQTT broker closed the connection of a subscriber")
        if self._client.want_write():
            self._client.loop_write()
        self._client.loop_misc()

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()

    def _subscribed(self, *_: object) -> None:
        self.is_subscribed = True

    def _heard(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self._n_heard += 1
        said: object = None
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            said = msgspec.json.decode(message.payload)
        self.readings += len(said) if isinstance(said, list) else 1


def bare(url: str, publisher: Publisher, seconds: float) -> float:
    """How many readings a second come through the broker, and are parsed.

    Raises:
        Stuck: some do not come.
    """
    listener = _Listener(url)
    try:
        while not listener.is_subscribed:
            listener.listen(0.1)
        base, began = publisher.published, time.monotonic()
        while time.monotonic() < began + seconds:
            publisher.allow(base + listener.readings + WINDOW)
            listener.listen(0.01)
        publisher.allow(0)
        rate = listener.readings / (time.monotonic() - began)
        while listener.readings < publisher.published - base:
            listener.listen(0.1)
            if time.monotonic() > began + seconds + START_S:
                raise Stuck(
                    f"{publisher.published - base:.0f} readings were published, but {listener.readings} came: the broker drops some"
                )
    finally:
        listener.close()
    return rate
