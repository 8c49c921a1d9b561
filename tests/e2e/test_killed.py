"""Bridge and worker killed in the middle of a day and started again: the same rows, value for value, as if nothing had happened."""

import pytest

from tests.e2e.conftest import Pipeline
from tests.e2e.days import Day, accounting, assert_same, assert_true, simulated, stored, wait_until_stored
from tests.e2e.processes import wait_until

pytestmark = pytest.mark.integration


def _wait_for_more(pipeline: Pipeline, day: Day, than: int = 0) -> int:
    """Wait until more readings of a day are stored than were; tell how many."""
    found = [than]

    def is_more() -> bool:
        found[0] = stored(pipeline.database_url, day.store_id)
        return found[0] > than

    wait_until(is_more, f"more than {than} readings of {day.store_id} are stored")
    return found[0]


def _assert_in_the_middle(pipeline: Pipeline, day: Day) -> None:
    """Some of a day is stored, and not all of it: the kill came in between."""
    assert 0 < stored(pipeline.database_url, day.store_id) < day.expected().stored


def _assert_as_if_nothing_had_happened(pipeline: Pipeline, day: Day) -> None:
    """Everything is there once; what came twice was counted as duplicate."""
    expected, found = day.expected(), accounting(pipeline.database_url, day.store_id)
    assert found.difference == 0
    assert found.stored == expected.stored
    assert found.duplicate >= expected.duplicate
    assert_same(pipeline.here, pipeline.database_url, day)
    assert_true(pipeline.database_url, day)


def test_a_bridge_killed_again_and_again(pipeline: Pipeline) -> None:
    """At full speed: the MQTT broker sends the next bridge what was not acknowledged; what Kafka had already is a duplicate."""
    day = simulated(pipeline.here, "bridge-killed", "--shoppers", "250")
    replay = pipeline.here.start("replay", day.recording)
    so_far = 0
    for _ in range(3):
        so_far = _wait_for_more(pipeline, day, so_far)
        pipeline.bridge.kill()
        _assert_in_the_middle(pipeline, day)
        pipeline.start_bridge()
    assert replay.wait().code == 0
    wait_until_stored(pipeline.database_url, day)
    _assert_as_if_nothing_had_happened(pipeline, day)


def test_both_killed_in_the_middle_of_a_day_with_faults(pipeline: Pipeline) -> None:
    """Even with duplicates, disorder and broken messages all around the moment of the kill."""
    faults = ("--duplicates", "0.05", "--disorder", "45", "--malformed", "0.01")
    day = simulated(pipeline.here, "both-killed", "--shoppers", "100", *faults)
    replay = pipeline.here.start("replay", day.recording)
    _wait_for_more(pipeline, day)
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
