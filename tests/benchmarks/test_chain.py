"""The chain that a benchmark listens to: exact numbers, order of arrival, the same each time."""

from datetime import date
from itertools import islice

import pytest

from benchmarks.chain import Intake, arrivals, flushes, layouts_of
from simulators.shop.floor import builtin
from storage.model import Flush

FRIDAY = date(2026, 11, 20)
STORES = layouts_of(builtin("grocery"), 3)


def _flushes(most: int, *, ends: bool = True) -> list[Flush]:
    return list(flushes(Intake(STORES, {}), arrivals(STORES, 30, FRIDAY, 1, seed=1), most, at_once=700, ends=ends))


@pytest.mark.parametrize("most", [1, 999, 5_000])
def test_exactly_as_many_readings_come_as_are_asked_for(most: int) -> None:
    """The last message is cut where the number is reached; repetitions and rejected readings do not count."""
    assert sum(len(flush.readings) for flush in _flushes(most)) == most


def test_what_was_received_is_accounted_for() -> None:
    """Received = stored + duplicate + rejected, and something of each is there."""
    made = _flushes(20_000)
    counts = [count for flush in made for count in flush.counts]
    stored, rejected = (sum(len(getattr(flush, what)) for flush in made) for what in ("readings", "rejected"))
    duplicate = sum(count.duplicate for count in counts)
    assert sum(count.received for count in counts) == stored + duplicate + rejected
    assert min(stored, duplicate, rejected) > 0


def test_messages_come_in_the_order_of_their_receipt() -> None:
    """Those of all stores together, none before the moment it tells of."""
    some = list(islice(arrivals(STORES, 30, FRIDAY, 1, seed=1), 3_000))
    assert [one.at for one in some] == sorted(one.at for one in some)
    assert {one.message.store_id for one in some} == {"bench-1", "bench-2", "bench-3"}
    assert all(one.message.last_ts is None or one.message.last_ts < one.at for one in some)


def test_in_the_middle_of_a_day_visits_are_open_and_at_its_end_none_is() -> None:
    """What is asked for decides whether the visitors are still there."""
    assert not all({visit.visit_id: visit.is_final for flush in _flushes(9_000, ends=False) for visit in flush.visits}.values())
    assert all({visit.visit_id: visit.is_final for flush in _flushes(9_000) for visit in flush.visits}.values())


def test_the_same_is_said_each_time() -> None:
    """Two runs of a benchmark measure the same rows."""
    assert _flushes(3_000) == _flushes(3_000)
