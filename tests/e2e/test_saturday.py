"""The scripted days from MQTT to SQL and Kafka: each signal exactly once, when it was due, also through faults and a `kill -9`."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from simulators.due import Due
from simulators.signalled import compare
from storage.model import Signal
from storage.reader import Reader
from tests.e2e.conftest import Pipeline
from tests.e2e.days import A_SATURDAY, GROCERY, Day, assert_same, assert_true, stored, wait_until_stored
from tests.e2e.processes import wait_until
from tests.e2e.topic import signals_said

pytestmark = pytest.mark.integration

SCENARIOS = GROCERY.parents[1] / "scenarios"
EACH_ONCE = {"abandoned_basket", "long_dwell", "priority_changed", "queue_long", "sensor_silent", "zone_cleared", "zone_congested"}
STORMY = ("--duplicates", "0.05", "--disorder", "45", "--malformed", "0.01")
EVER = 1 << 52


def _scripted(pipeline: Pipeline, store_id: str, scenario: str, *faults: str) -> tuple[Day, list[Due]]:
    """Simulate a scripted day in a store of its own, and load its plan, with the scenario's rules in it, into the database."""
    folder = pipeline.here.folder / store_id
    folder.mkdir()
    day = Day(store_id, folder / "layout.yaml", folder / "readings.jsonl", folder / "truth.jsonl")
    plan = re.sub(r"(?m)^store_id: .*$", f"store_id: {store_id}", GROCERY.read_text())
    day.layout.write_text(f"{plan}\n{_rules_of(SCENARIOS / f'{scenario}.yaml')}")
    signals = folder / "signals.jsonl"
    files = ("--store", day.layout, "--out", day.recording, "--truth", day.truth, "--signals", signals)
    pipeline.here.run_well("simulate", *files, "--scenario", scenario, "--date", A_SATURDAY, "--shoppers", "150", *faults)
    pipeline.here.run_well("layout", "load", day.layout)
    return day, [msgspec.json.decode(line, type=Due) for line in signals.read_bytes().splitlines()]


def _rules_of(scenario: Path) -> str:
    """The part of a scenario that says its rules, which reads the same in a layout."""
    match = re.search(r"(?m)^rules:\n(?: .*\n)+", scenario.read_text())
    assert match is not None
    return match[0]


def _signals(database_url: str, store_id: str) -> list[Signal]:
    """Read the rows of a store."""
    reader = Reader(database_url)
    try:
        return reader.signals(store_id, 0, EVER)
    finally:
        reader.close()


def _as_message(signal: Signal) -> dict[str, Any]:
    """A row as the topic has it."""
    return {**msgspec.to_builtins(signal), "retracted": False}


def _assert_each_once(pipeline: Pipeline, day: Day, due: list[Due]) -> None:
    """Compare the rows with what was due, and with what the topic says of each signal in the end."""
    rows = _signals(pipeline.database_url, day.store_id)
    found = compare(due, rows)
    assert found.differences == []
    assert {signal.kind for signal in rows} == EACH_ONCE
    assert len(rows) == found.expected == len(found.equal) == len(EACH_ONCE)
    said = signals_said(pipeline.here.environment["INSTORE_KAFKA_URL"], day.store_id)
    last = {message["signal_id"]: message for message in said}
    assert sorted((message for message in last.values() if not message["retracted"]), key=lambda one: one["at"]) == [
        _as_message(row) for row in rows
    ]


def test_faults_and_a_killed_worker_change_no_signal(pipeline: Pipeline) -> None:
    """Duplicates, disorder, broken messages, and `kill -9` in the middle of them: the same rows as on a day without."""
    day, due = _scripted(pipeline, "saturday-killed", "saturday", *STORMY)
    replay = pipeline.here.start("replay", day.recording)
    wait_until(lambda: stored(pipeline.database_url, day.store_id) > day.expected().stored // 4, "a good part of the day is stored")
    pipeline.worker.kill()
    assert stored(pipeline.database_url, day.store_id) < day.expected().stored
    pipeline.start_worker()
    assert replay.wait().code == 0
    wait_until_stored(pipeline.database_url, day)
    _assert_each_once(pipeline, day, due)
    assert_same(pipeline.here, pipeline.database_url, day)
    assert_true(pipeline.database_url, day)


def test_on_the_quiet_day_nothing_is_said(pipeline: Pipeline) -> None:
    """No row, no message, not even one that is taken back; through the same faults."""
    day, due = _scripted(pipeline, "quiet-day", "quiet", *STORMY)
    pipeline.here.run_well("replay", day.recording)
    wait_until_stored(pipeline.database_url, day)
    assert due == []
    assert _signals(pipeline.database_url, day.store_id) == []
    assert signals_said(pipeline.here.environment["INSTORE_KAFKA_URL"], day.store_id) == []
