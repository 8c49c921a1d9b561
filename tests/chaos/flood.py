"""`python -m tests.chaos.flood FILE URL`: publishes a file, each line topic, tab and payload, as fast as the broker takes it."""

import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt

from sensors.mqtt_client import new_client
from sensors.urls import MqttUrl

WINDOW = 1_000
"""Messages that may be under way without the broker's acknowledgement."""


def flood(lines: Iterable[bytes], url: str) -> int:
    """Publish with QoS 1; return how many, once the broker has acknowledged all of them."""
    client = new_client(MqttUrl.parse(url), "flood")
    room = threading.Semaphore(WINDOW)
    connected = threading.Event()
    client._max_inflight_messages = WINDOW  # noqa: SLF001 - the setter refuses a client that knows where it will connect to

    def published(*_: Any) -> None:
        room.release()

    client.on_publish = published
    client.on_connect = lambda *_: connected.set()
    client.reconnect()
    client.loop_start()
    assert connected.wait(10), "the broker does not answer"
    n_sent = 0
    for line in lines:
        topic, _, payload = line.rstrip(b"\n").partition(b"\t")
        room.acquire()
        answer = client.publish(topic.decode(), payload, qos=1)
        assert answer.rc == mqtt.MQTT_ERR_SUCCESS, answer
        n_sent += 1
    for _ in range(WINDOW):
        assert room.acquire(timeout=60), "the broker does not acknowledge"
    client.disconnect()
    client.loop_stop()
    return n_sent


def main() -> None:
    """Publish, and print how many messages that were."""
    with Path(sys.argv[1]).open("rb") as lines:
        sys.stdout.write(f"{flood(lines, sys.argv[2])}\n")


if __name__ == "__main__":
    main()
