"""What mosquitto forgets when it is killed with -9, by how it is set to keep what it has: measured, since it cannot be proven away.

Sensors send one reading a message, a number in each id. What mosquitto had acknowledged to them and neither saved nor handed over is lost.
"""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from sensors.topics import READINGS
from tests.chaos.left import said
from tests.chaos.supervisor import Supervised
from tests.e2e.processes import Running, Surroundings, surroundings, wait_until
from tests.servers import Server, kafka_server, mosquitto_server

SAVINGS = {
    "`persistence false`": "persistence false",
    "`persistence true`, `autosave_interval 1800` (its default)": "persistence true\nautosave_interval 1800",
    "`autosave_interval 1`": "persistence true\nautosave_interval 1",
    "`autosave_on_changes true`, `autosave_interval 1`": "persistence true\nautosave_on_changes true\nautosave_interval 1",
    "`autosave_on_changes true`, `autosave_interval 100`": "persistence true\nautosave_on_changes true\nautosave_interval 100",
}
"""What is tried: lines of mosquitto.conf."""

SENSORS = 50
RATE = 500
"""Readings a second."""

SECONDS = 12
KILLED_AT_S, BRIDGE_AWAY_FROM_S = 8.0, 3.0

REST_S = 60.0


class Loss(NamedTuple):
    """What was lost with one way of saving.

    Attributes:
        there: readings lost of those sent, while the bridge was there.
        away: the same, when the bridge had been away for 5 s.
        away_s: how many seconds before the kill the oldest of these was sent.
        rate: messages a second that it takes while the bridge is away.
    """

    there: int
    away: int
    away_s: float
    rate: float


class _Line:
    """mosquitto and a bridge to a Kafka."""

    def __init__(self, here: Surroundings, mqtt: Supervised, bridge: Supervised, kafka_url: str) -> None:
        self.here, self.mqtt, self.bridge, self.kafka_url = here, mqtt, bridge, kafka_url


def measure(folder: Path, kafka: Server, saving: str) -> Loss:
    """Try one way of saving three times: killed while the bridge is there, killed while it is away, and at full speed."""
    folder.mkdir()
    with _line(folder / "there", kafka, saving) as line:
        there = _lost(line, f"{folder.name}-there", bridge_is_away=False)
    with _line(folder / "away", kafka, saving) as line:
        away = _lost(line, f"{folder.name}-away", bridge_is_away=True)
    with _line(folder / "speed", kafka, saving) as line:
        rate = _rate(line, f"{folder.name}-speed")
    oldest_s = KILLED_AT_S - min(away) / RATE if away else 0.0
    return Loss(len(there), len(away), oldest_s, rate)


def losses() -> Iterator[tuple[str, Loss]]:
    """Measure every way of saving, on one Kafka."""
    with TemporaryDirectory(prefix="instore-chaos-") as name:
        kafka = kafka_server(Path(name) / "kafka")
        kafka.start()
        try:
            for number, (said_as, saving) in enumerate(SAVINGS.items()):
                yield said_as, measure(Path(name) / f"s{number}", kafka, saving)
        finally:
            kafka.kill()


def write_recording(file: Path, store_id: str, n_readings: int, rate: int = RATE) -> Path:
    """Write readings of so many sensors in turn, each a message of its own, an hour ago; their ids are their numbers."""
    first = datetime.now(UTC) - timedelta(hours=1)
    with file.open("w") as lines:
        for number in range(n_readings):
            sensor = f"gw-{number % SENSORS}"
            ts = int((first + timedelta(seconds=number / rate)).timestamp() * 1000)
            reading = {"kind": "dwell", "store_id": store_id, "sensor_id": sensor, "id": f"{sensor}-{number // SENSORS}", "ts": ts}
            lines.write(json.dumps({**reading, "device_id": f"tag-{number % 7}", "zone_id": "dairy"}, separators=(",", ":")) + "\n")
    return file


def _lost(line: _Line, store_id: str, *, bridge_is_away: bool) -> list[int]:
    """Send, kill mosquitto in the middle, and give the numbers of the readings that did not come to Kafka."""
    recording = write_recording(line.here.folder / "readings.jsonl", store_id, SECONDS * RATE)
    replay = line.here.start("replay", recording, "--speed", "1")
    wait_until(lambda: line.mqtt.said.count("New client connected") == 2, "bridge and sensors are there")
    began = time.monotonic()
    if bridge_is_away:
        time.sleep(BRIDGE_AWAY_FROM_S)
        line.bridge.kill(away_s=KILLED_AT_S - BRIDGE_AWAY_FROM_S + 1)
    time.sleep(max(0.0, began + KILLED_AT_S - time.monotonic()))
    assert not replay.has_ended, "mosquitto is killed when all was sent"
    line.mqtt.kill()
    assert replay.wait(REST_S).code == 0, replay.err[-2000:]
    wait_until(lambda: line.bridge.said.strip().rpartition("\n")[2].count("subscribed to") == 1, "the bridge is back", REST_S)
    line.here.run_well("replay", write_recording(line.here.folder / "last.jsonl", f"{store_id}-last", 1))
    came = _came(line, store_id)
    return [number for number in range(SECONDS * RATE) if f"gw-{number % SENSORS}-{number // SENSORS}" not in came]


def _came(line: _Line, store_id: str) -> set[str]:
    """Wait until what was sent last of all has come to Kafka, and give the ids of all that came before."""
    ids: dict[str, set[str]] = defaultdict(set)

    def is_done() -> bool:
        for key, values in said(READINGS, line.kafka_url):
            ids[key].update(one["id"] for one in values)
        return f"{store_id}-last" in ids

    wait_until(is_done, f"all of {store_id} is in Kafka", REST_S, 0.5)
    return ids[store_id]


def _rate(line: _Line, store_id: str, n_readings: int = 5000) -> float:
    """Send at full speed while the bridge is away, and tell how many messages a second that were."""
    recording = write_recording(line.here.folder / "readings.jsonl", store_id, n_readings)
    line.bridge.kill(away_s=REST_S)
    replay = line.here.start("replay", recording, "--speed", "max")
    wait_until(lambda: line.mqtt.said.count("New client connected") == 2, "sensors are there", look_every_s=0.001)
    began = time.monotonic()
    assert replay.wait(4 * REST_S).code == 0, replay.err[-2000:]
    return n_readings / (time.monotonic() - began)


@contextmanager
def _line(folder: Path, kafka: Server, saving: str) -> Iterator[_Line]:
    with ExitStack() as stack:
        folder.mkdir()
        server = mosquitto_server(folder / "mqtt", saving=saving)
        here = stack.enter_context(surroundings(folder / "commands", {"INSTORE_MQTT_URL": server.url, "INSTORE_KAFKA_URL": kafka.url}))
        mqtt = Supervised("mqtt", lambda: Running(server.launch(), server.log, server.log))
        stack.callback(mqtt.abandon)
        wait_until(lambda: server.is_ready, "mosquitto serves")
        bridge = Supervised("bridge", lambda: here.start("bridge"))
        stack.callback(bridge.abandon)
        wait_until(lambda: "subscribed to" in bridge.said, "the bridge works")
        yield _Line(here, mqtt, bridge, kafka.url)
