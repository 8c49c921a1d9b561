"""Brokers that refuse: no real one at hand can be made to, so a few bytes play them."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from sensors.bridge import Settings, run
from sensors.urls import SettingError

CONNACK_OK = b"\x20\x02\x00\x00"
CONNACK_BUSY = b"\x20\x02\x00\x03"
CONNACK_REFUSED = b"\x20\x02\x00\x05"
SUBACK_REFUSED = b"\x90\x03\x00\x01\x80"


@contextmanager
def playing(*answers: bytes) -> Iterator[tuple[str, list[int]]]:
    """Play a broker that answers each thing a client says with the next of these; yield its URL and the connections so far."""
    connections: list[int] = []
    server = socket.create_server(("127.0.0.1", 0))

    def play() -> None:
        with suppress(OSError):
            while True:
                client, _ = server.accept()
                connections.append(1)
                with client:
                    for answer in answers:
                        client.recv(4096)
                        client.sendall(answer)
                    while client.recv(4096):
                        pass

    player = threading.Thread(target=play)
    player.start()
    try:
        yield f"mqtt://127.0.0.1:{server.getsockname()[1]}", connections
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        player.join()


def settings(url: str) -> Settings:
    """Make settings with a Kafka that is not there."""
    return Settings.of(url, "kafka://127.0.0.1:1")


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ((CONNACK_REFUSED,), "does not let `instore-bridge` in: Not authorized"),
        ((CONNACK_OK, SUBACK_REFUSED), "refuses the subscription to instore/v1/#"),
    ],
)
def test_refused(answers: tuple[bytes, ...], sentence: str) -> None:
    """A broker that never let us in or subscribe will not: the setting is wrong."""
    with playing(*answers) as (url, _), pytest.raises(SettingError, match=sentence):
        run(settings(url), threading.Event())


def test_busy(caplog: pytest.LogCaptureFixture) -> None:
    """A broker that has no room now may have some later: try again, say so once."""
    stop = threading.Event()
    with playing(CONNACK_BUSY) as (url, connections):
        bridge = threading.Thread(target=run, args=(settings(url), stop))
        bridge.start()
        while len(connections) < 3:
            bridge.join(0.05)
        stop.set()
        bridge.join()
    assert [record.__dict__["action"] for record in caplog.records].count("mqtt_away") == 1
