"""Bridge and worker killed in the middle of a day and started again: the same rows, value for value, as if nothing had happened."""

import pytest

from tests.e2e.conftest import Pipeline
from tests.e2e.days import Day, accounting, assert_same, assert_true, in_database, reconstructed, simulated, stored, wait_until_stored
from tests.e2e.processes import wait_until

pytestmark = pytest.mark.integration

SPEED = "6000"
"""A day of 14 hours takes 9 s so."""


def _wait_for_the_middle(pipeline: Pipeline, day: Day, share: float = 0.0) -> None:
    """Wait until more than this share of a day is stored."""
    all_of_it = day.expected().stored
    wait_until(lambda: stored(pipeline.database_url, day.store_id) > share * all_of_it, f"{share:.0%} of {day.store_id} is stored")


def _assert_in_the_middle(pipeline: Pipeline, day: Day) -> None:
    """Some of a day is stored, and not all of it: the kill came in between."""
    assert 0 < stored(pipeline.database_url, day.store_id) < day.expected().stored


def _assert_as_if_nothing_had_happened(pipeline: Pipeline, day: Day) -> None:
    """Everything is there once; what came twice was counted as duplicate."""
    expected, found = day.expected(), accounting(pipeline.database_url, day.store_id)
    assert found.difference == 0
    assert found.stored == expected.stored
    assert found.duplicate >= expected.duplicate
    assert_same(in_database(pipeline.database_url, day.store_id), reconstructed(pipeline.here, day))
    assert_true(pipeline.database_url, day)


def test_a_worker_killed_in_the_middle(pipeline: Pipeline) -> None:
    """At full speed: the next worker takes up where the database says, and nothing is written twice."""
    day = simulated(pipeline.here, "worker-killed", "--shoppers", "150")
    replay = pipeline.here.start("replay", day.recording)
    _wait_for_the_middle(pipeline, day)
    pipeline.worker.kill()
    _assert_in_the_middle(pipeline, day)
    pipeline.start_worker()
    assert replay.wait().code == 0
    wait_until_stored(pipeline.database_url, day)
    _assert_as_if_nothing_had_happened(pipeline, day)
    assert accounting(pipeline.database_url, day.store_id) == day.expected()


def test_a_bridge_killed_in_the_middle(pipeline: Pipeline) -> None:
    """The MQTT broker keeps what was not acknowledged, and sends it to the next bridge; what Kafka had already is a duplicate."""
    day = simulated(pipeline.here, "bridge-killed", "--shoppers", "10")
    replay = pipeline.here.start("replay", day.recording, "--speed", SPEED)
    _wait_for_the_middle(pipeline, day, 0.2)
    pipeline.bridge.kill()
    assert not replay.has_ended
    _assert_in_the_middle(pipeline, day)
    pipeline.start_bridge()
    assert not replay.has_ended
    assert replay.wait().code == 0
    wait_until_stored(pipeline.database_url, day)
    _assert_as_if_nothing_had_happened(pipeline, day)


def test_both_killed_in_the_middle_of_a_day_with_faults(pipeline: Pipeline) -> None:
    """Even with duplicates, disorder and broken messages all around the moment of the kill."""
    faults = ("--duplicates", "0.05", "--disorder", "45", "--malformed", "0.01")
    day = simulated(pipeline.here, "both-killed", "--shoppers", "100", *faults)
    replay = pipeline.here.start("replay", day.recording)
    _wait_for_the_middle(pipeline, day)
    pipeline.worker.kill()
    pipeline.bridge.kill()
    _assert_in_the_middle(pipeline, day)
    pipeline.start_worker()
    pipeline.start_bridge()
    assert replay.wait().code == 0
    wait_until_stored(pipeline.database_url, day)
    expected = day.expected().rejected
    wait_until(lambda: accounting(pipeline.database_url, day.store_id).rejected >= expected, f"{expected} readings are rejected", 10)
    _assert_as_if_nothing_had_happened(pipeline, day)
