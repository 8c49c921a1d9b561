"""The scripted days through a partition in memory: each signal once, when it was due, whatever the batches and whatever arrives how."""

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import NamedTuple

import pytest
from msgspec import structs

from sensors.decode import decode
from sensors.reading import KAFKA_ENCODER, SECOND
from simulators.scenarios import load, options_of
from simulators.sensing.faults import Expected, Faults
from simulators.simulate import Options, options, simulate
from simulators.truth.due import Due
from simulators.truth.reconcile import Report, reconcile
from simulators.truth.signalled import compare
from simulators.truth.visits import Truth
from storage.model import Flush, Signal, Visit
from stream.journey import Plan
from stream.partition import Partition
from tests.simulators.test_scenarios import EACH_ONCE, NOW

LATER = 40_000_000 * SECOND
"""Microseconds after `NOW`: bridges receive all of it then, so that no reading is from the future."""

EVENING = 7200 * SECOND
"""So long after its last reading every visit of a store is final."""

CALM = Faults()
STORMY = Faults(duplicates=0.05, disorder_s=45)


class Rows:
    """What the flushes amount to, by id, as the database keeps it."""

    def __init__(self) -> None:
        self.visits: dict[str, Visit] = {}
        self.signals: dict[str, Signal] = {}
        self.said: list[str] = []
        self.taken_back: list[str] = []

    def write(self, flush: Flush | None) -> None:
        """Apply one flush."""
        if flush is None:
            return
        for removed in flush.removed:
            del self.visits[removed.visit_id]
        self.visits.update({visit.visit_id: visit for visit in flush.visits})
        for signal in flush.signals_gone:
            del self.signals[signal.signal_id]
            self.taken_back.append(signal.signal_id)
        self.signals.update({signal.signal_id: signal for signal in flush.signals})
        self.said += [signal.signal_id for signal in flush.signals]


class Lived(NamedTuple):
    """A day as it was, and as it was found."""

    truths: list[Truth]
    due: list[Due]
    rows: Rows

    @property
    def report(self) -> Report:
        """Its visits, compared."""
        return reconcile(self.truths, self.rows.visits.values())


def records(rng: Random, lines: Iterator[bytes]) -> Iterator[bytes]:
    """Cut the lines into records as a bridge does, of any length."""
    while piece := [line for _, line in zip(range(rng.randint(1, 800)), lines, strict=False)]:
        yield KAFKA_ENCODER.encode(decode(b"[" + b",".join(piece) + b"]", topic=None, received_at=NOW + LATER).readings)


@cache
def lived(name: str, seed: int, faults: Faults) -> Lived:
    """A scripted day; each is lived once for all tests."""
    return live(structs.replace(options_of(load(name), None, None, NOW), seed=seed, faults=faults))


def live(wanted: Options) -> Lived:
    """Simulate a day and have it arrive, record by record, with a flush now and then."""
    plan, rng, rows = Plan.of(wanted.layout), Random(wanted.seed), Rows()
    partition = Partition("instore.readings", 0, "cluster/topic", None, lambda _: plan)
    truths: list[Truth] = []
    due: list[Due] = []
    offset = 0
    for day in simulate(wanted, Expected()):
        truths += day.truths
        due += day.due()
        for record in records(rng, day.lines):
            assert partition.accept_readings(offset, record, NOW, wanted.layout.store_id.encode())
            offset += 1
            if rng.random() < 0.5:
                rows.write(partition.flush())
    rows.write(partition.flush())
    partition.pass_time(NOW + EVENING)
    rows.write(partition.flush())
    return Lived(truths, due, rows)


@pytest.mark.parametrize(("seed", "faults"), [(1, CALM), (2, CALM), (1, STORMY), (3, STORMY)])
def test_on_the_saturday_each_kind_is_raised_once_when_it_was_due(seed: int, faults: Faults) -> None:
    """Seven signals, each in its bounds, and every visit as it was; duplicates and disorder change neither."""
    day = lived("saturday", seed, faults)
    found = compare(day.due, day.rows.signals.values())
    assert found.differences == []
    assert sorted(signal.kind for signal in day.rows.signals.values()) == EACH_ONCE
    assert (found.expected, len(found.equal), found.open) == (7, 7, 0)
    assert day.report.differences == []
    assert day.report.equal == day.report.expected > 500


@pytest.mark.parametrize("faults", [CALM, STORMY])
def test_on_the_quiet_day_nothing_is_ever_said(faults: Faults) -> None:
    """Not even to be taken back."""
    day = lived("quiet", 1, faults)
    assert (day.rows.said, day.rows.taken_back) == ([], [])
    assert day.report.differences == []
    assert day.report.equal == day.report.expected > 400


def test_what_arrives_in_order_is_said_once_and_never_taken_back() -> None:
    """Who acts on a signal at once does not act in vain."""
    day = lived("saturday", 1, CALM)
    assert len(day.rows.said) == len(set(day.rows.said)) == 7
    assert day.rows.taken_back == []


def test_the_faults_change_no_signal() -> None:
    """Value for value the same rows."""
    calm, stormy = (lived("saturday", 1, faults) for faults in (CALM, STORMY))
    assert calm.rows.signals == stormy.rows.signals


@pytest.mark.parametrize("seed", [1, 2])
def test_on_an_ordinary_saturday_all_that_is_sure_is_found_and_nothing_that_nothing_caused(seed: int) -> None:
    """A busy day by the default rules: many signals, of which the truth knows when they were due, or that they may be.

    With seed 2 some find a crowd that others never see, twice, long before one that is sure.
    """
    grocery = options_of(load("saturday"), None, None, NOW)
    plain = structs.replace(grocery.layout, rules={})
    day = live(structs.replace(options(plain, grocery.first_day, first_day=grocery.first_day), seed=seed))
    found = compare(day.due, day.rows.signals.values())
    assert found.differences == []
    assert len(found.equal) == found.expected > 50
    assert {one.due.kind for one in found.equal} >= {"long_dwell", "zone_congested", "zone_cleared", "abandoned_basket"}
    assert max(one.early_s for one in day.due if one.kind == "zone_congested" and one.sure) < 300
