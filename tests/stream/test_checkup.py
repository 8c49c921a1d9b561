"""What the doctor says of bridges and workers by what they show: each fault in words, and what to do."""

import time
from pathlib import Path
from typing import Any

import pytest

from sensors import bridge_metrics as bridge
from sensors.bridge_metrics import BridgeMetrics
from sensors.child import free_port
from sensors.decode import decode
from sensors.endpoint import Listen, seen
from sensors.metrics import Probe
from sensors.reading import SECOND
from sensors.targets import Target, running
from storage.model import Advance, Clock, Count, Flush, StoredReading
from stream.checkup import Told, look_at
from stream.worker_metrics import Tally, WorkerMetrics
from tests.stream.kafka_log import HERE
from tests.stream.make import dwell
from tests.stream.test_worker_metrics import state

TOPIC = "instore/v1/s1/dwell/gw-1"
RIGHT = b'{"id": "r", "ts": 1, "device_id": "d", "zone_id": "z"}'


class ago(float):  # noqa: N801 - reads as what it says
    """So many seconds before the test runs, which is some time after it was collected."""


def _now(changed: dict[str, Any]) -> dict[str, Any]:
    """Turn what was some seconds ago into a time of the clock that does not go back."""
    return {name: time.monotonic() - value if isinstance(value, ago) else value for name, value in changed.items()}


def _told(tmp_path: Path, part: str, probe: Probe) -> Told:
    """Look at a part as the doctor does."""
    with seen(Listen(0, tmp_path), part, probe):
        [target] = running(tmp_path)
        return look_at(target)


def _bridge(*payloads: bytes, **changed: Any) -> BridgeMetrics:
    """A bridge that is well but for what is said, and has received these."""
    well = bridge.State(dict.fromkeys(bridge.COUNTED, 0), time.monotonic(), mqtt=True, kafka=True, held=(0, 0), limits=(100, 5000))
    metrics = BridgeMetrics(lambda: well._replace(**changed))
    for payload in payloads:
        metrics.took(decode(payload, topic=TOPIC, received_at=SECOND), SECOND)
    return metrics


def _tally(n_stored: int = 10, *, n_late: int = 0, received: int | None = None, age_s: int = 1) -> Tally:
    """What a worker has counted that has stored some readings of one store."""
    now = time.time_ns() // 1000
    tally = Tally()
    tally.opened(HERE, 0, {})
    flush = Flush(
        advance=Advance(*HERE, "life", None, 1),
        readings=[StoredReading(dwell(number, "a"), is_late=number < n_late) for number in range(n_stored)],
        counts=[Count("s1", 0, n_stored if received is None else received, 0)],
        clocks=[Clock("s1", now - age_s * SECOND)],
    )
    tally.written([(HERE, flush)], 0.01, now)
    return tally


@pytest.mark.parametrize(
    ("changed", "expected", "words"),
    [
        ({}, "ok", ["1 readings", "0 rejected", "0 held"]),
        ({"mqtt": False}, "bad", ["MQTT broker does not answer"]),
        ({"kafka": False, "held": (7, 70)}, "bad", ["Kafka does not answer", "7 readings"]),
        ({"kafka": False, "held": (100, 70)}, "bad", ["Kafka does not answer", "reads no more from MQTT"]),
        ({"held": (7, 5000)}, "bad", ["reads no more from MQTT"]),
        ({"turned_at": ago(100)}, "bad", ["start it again"]),
    ],
)
def test_what_is_said_of_a_bridge(tmp_path: Path, changed: dict[str, Any], expected: str, words: list[str]) -> None:
    """Each state in words."""
    told = _told(tmp_path, "bridge", _bridge(RIGHT, **_now(changed)))
    assert told.state == expected
    for word in words:
        assert word in told.found


def test_what_devices_do_wrong_is_named(tmp_path: Path) -> None:
    """Beyond one of a hundred, with the reasons, the most frequent first."""
    few = _told(tmp_path, "bridge", _bridge(*[RIGHT] * 200, b"nonsense"))
    assert (few.state, "1 rejected" in few.found) == ("ok", True)
    many = _told(tmp_path, "bridge", _bridge(RIGHT, b"nonsense", b"7", b"8"))
    assert many.state == "look"
    assert "75%" in many.found
    assert "2 not_an_object, 1 not_json" in many.found


@pytest.mark.parametrize(
    ("changed", "expected", "words"),
    [
        ({"open_visits": 3}, "ok", ["10 readings", "1 stores", "3 open visits", "0 records behind", "at most 5 s old"]),
        ({"database": False}, "bad", ["database does not answer"]),
        ({"kafka": False}, "bad", ["Kafka does not answer"]),
        ({"taken_up": frozenset()}, "look", ["not taken up its partitions"]),
        ({"flush_began_at": ago(40)}, "bad", ["at one flush for 4"]),
        ({"ends": {HERE: 2000}}, "look", ["1999 Kafka records wait"]),
        ({"beat_at": ago(100)}, "bad", ["start it again"]),
    ],
)
def test_what_is_said_of_a_worker(tmp_path: Path, changed: dict[str, Any], expected: str, words: list[str]) -> None:
    """Each state in words."""
    then = _now(changed)
    told = _told(tmp_path, "worker", WorkerMetrics(_tally(age_s=3), lambda: state(**then)))
    assert told.state == expected
    for word in words:
        assert word in told.found


@pytest.mark.parametrize(
    ("counted", "expected", "words"),
    [
        ({"n_late": 2}, "look", ["20%", "sensor_skew"]),
        ({"received": 12}, "bad", ["12 received, 2 are not accounted for"]),
        ({"age_s": 100_000}, "look", ["1 stores", "60 min"]),
    ],
)
def test_what_is_said_of_a_workers_counts(tmp_path: Path, counted: dict[str, Any], expected: str, words: list[str]) -> None:
    """Late, not accounted for, silent."""
    told = _told(tmp_path, "worker", WorkerMetrics(_tally(**counted), state))
    assert told.state == expected
    for word in words:
        assert word in told.found


def test_lost_records_are_the_worst(tmp_path: Path) -> None:
    """Several faults are one sentence after the other, and the state is that of the worst."""
    tally = _tally(n_late=2)
    tally.lost = 4
    told = _told(tmp_path, "worker", WorkerMetrics(tally, state))
    assert told.state == "bad"
    assert "4 Kafka records are lost" in told.found
    assert "sensor_skew" in told.found


def test_who_does_not_answer_is_named() -> None:
    """A process that runs and whose port is closed, or is somebody else's."""
    told = look_at(Target("worker", 17, f"http://127.0.0.1:{free_port()}"))
    assert told.state == "bad"
    assert "process 17" in told.found
    assert "refused" in told.found
