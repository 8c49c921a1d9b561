"""Brokers and the wire to them, for the tests of the replay: a subscriber that keeps all, and a connection that breaks."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, Queue

import paho.mqtt.client as mqtt

from sensors.mqtt_client import new_client
from sensors.topics import MQTT_FILTER
from sensors.urls import MqttUrl

WAIT_S = 20.0
"""How long a message may take on a busy machine."""

Received = tuple[str, bytes]


class Subscriber:
    """Hears all that is published under our root, in order."""

    def __init__(self) -> None:
        self.queue: Queue[Received] = Queue()

    def take(self, count: int) -> list[Received]:
        """The next messages; raises `Empty` if they do not come."""
        return [self.queue.get(timeout=WAIT_S) for _ in range(count)]

    def is_empty(self) -> bool:
        """Whether nothing more comes for a moment."""
        with suppress(Empty):
            self.queue.get(timeout=0.2)
            return False
        return True


@contextmanager
def subscriber(url: str) -> Iterator[Subscriber]:
    """Subscribe with QoS 1 until the block ends."""
    heard, ready = Subscriber(), threading.Event()
    client = new_client(MqttUrl.parse(url), "")
    client.on_connect = lambda here, *_: here.subscribe(MQTT_FILTER, qos=1)
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = lambda _here, _data, message: heard.queue.put((message.topic, bytes(message.payload)))
    client.reconnect()
    client.loop_start()
    try:
        assert ready.wait(WAIT_S)
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()


class Wire:
    """A proxy before a broker that breaks the connection once so many bytes have come from the client.

    Attributes:
        url: the broker by way of the proxy.
        cuts: after how many bytes to cut; one a connection, then no more.
        connections: how many there were.
        deaf: drop what the broker says before the cut, so that acknowledgements get lost.
    """

    def __init__(self, broker_url: str, listener: socket.socket, cuts: list[int], *, deaf: bool) -> None:
        self._broker = MqttUrl.parse(broker_url)
        self._listener = listener
        self.url = f"mqtt://127.0.0.1:{listener.getsockname()[1]}"
        self.cuts = cuts
        self.connections = 0
        self.deaf = deaf

    def run(self) -> None:
        """Serve one connection after the other until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                broker = socket.create_connection((self._broker.host, self._broker.port))
                cut = self.cuts.pop(0) if self.cuts else None
                threading.Thread(target=self._down, args=(broker, client, cut), daemon=True).start()
                self._up(client, broker, cut)

    def _up(self, client: socket.socket, broker: socket.socket, cut: int | None) -> None:
        """From the client to the broker, up to the cut."""
        passed = 0
        with suppress(OSError):
            while data := client.recv(4096):
                broker.sendall(data)
                passed += len(data)
                if cut is not None and passed >= cut:
                    break
        for end in (client, broker):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _down(self, broker: socket.socket, client: socket.socket, cut: int | None) -> None:
        """From the broker to the client; the first answer lets it in."""
        passed = 0
        with suppress(OSError):
            while data := broker.recv(4096):
                if not (self.deaf and cut is not None and passed):
                    client.sendall(data)
                passed += len(data)


@contextmanager
def wire(broker_url: str, cuts: list[int], *, deaf: bool = False) -> Iterator[Wire]:
    """Run a breaking connection before a broker."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        between = Wire(broker_url, listener, cuts, deaf=deaf)
        thread = threading.Thread(target=between.run, daemon=True)
        thread.start()
        try:
            yield between
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(WAIT_S)


@contextmanager
def taking_broker(after_s: float = 0.0) -> Iterator[tuple[str, list[bytes]]]:
    """Lets one client in, begins to read after a while, and takes all that comes; which is there when the block has ended."""
    taken: list[bytes] = []

    def serve() -> None:
        client, _ = listener.accept()
        with client:
            client.recv(4096)
            client.sendall(b"\x20\x02\x00\x00")
            time.sleep(after_s)
            taken.append(b"".join(iter(lambda: client.recv(1 << 20), b"")))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"mqtt://127.0.0.1:{listener.getsockname()[1]}", taken
        thread.join(WAIT_S)


__all__ = ["Received", "Subscriber", "Wire", "mqtt", "subscriber", "taking_broker", "wire"]
