"""Visits as the engine sees them, beside what the simulated shopper valued: what the heuristic of `stream.priority` is measured by.

The labels are the simulator's own (`simulators.shop.manners`): agreement with them says that the heuristic finds these kinds of behaviour,
not that it reads minds.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from msgspec import structs

from sensors.decode import decode
from sensors.layout import Layout
from sensors.reading import Payment, Reading
from simulators.sensing.faults import Expected
from simulators.shop.manners import Priority
from simulators.simulate import options, simulate
from simulators.truth.visits import Truth, micros
from storage.model import ShelfVisit, Stay, Visit
from stream.facts import Catalog
from stream.journey import Journey, Plan, Tracked, in_order
from stream.priority import DEFAULT, Settings, judge
from stream.reconstruct import reconstruct

KINDS: tuple[Priority, ...] = ("speed", "selection", "price", "recognition", "none")

TUNING_SEEDS = (101, 102, 103, 104, 201, 202, 203, 204, 301, 302, 303, 304, 401, 402, 403, 404)
"""The thresholds of `stream.priority` were chosen looking at these, the manners of the shoppers at the first eight."""

HELD_OUT_SEEDS = (501, 502, 503, 504, 505, 506, 507, 508)
"""Nothing was chosen looking at these: what is reported is measured here."""

_AT_ONCE = 100
_LATER = 86_400_000_000


class Labelled(NamedTuple):
    """A visit up to some moment of it, and what the shopper valued."""

    label: Priority
    stays: Sequence[Stay]
    shelf_visits: Sequence[ShelfVisit]
    payments: Sequence[Payment]


def labelled(layout: Layout, day: date, seed: int, shoppers: int, shares: Iterable[float]) -> dict[float, list[Labelled]]:
    """Simulate a day and reconstruct its visits, as they stand after each share of their duration.

    Args:
        layout: the store.
        day: which day.
        seed: other seeds, other people.
        shoppers: how many on the mean day.
        shares: 1.0 is the end of the visit; 0.25 is what could be known of it after a quarter of its time.

    Returns:
        For each share, the visits whose label is known, in the same order.
    """
    wanted = structs.replace(options(layout, day, first_day=day, shoppers=shoppers), seed=seed)
    truths: list[Truth] = []
    lines: list[bytes] = []
    for one in simulate(wanted, Expected()):
        truths += one.truths
        lines += one.lines
    received_at = max(micros(truth.left_at) for truth in truths) + _LATER
    pieces = [
        decode(b"[" + b",".join(lines[start : start + _AT_ONCE]) + b"]", topic=None, received_at=received_at)
        for start in range(0, len(lines), _AT_ONCE)
    ]
    readings = _by_device(reading for piece in pieces for reading in piece.readings)
    pairs = list(_pairs(truths, reconstruct(pieces, [layout]).visits))
    plan = Plan.of(layout)
    return {share: [_cut(truth, visit, readings[visit.device_id], share, plan) for truth, visit in pairs] for share in shares}


def _by_device(readings: Iterable[Reading]) -> dict[str, list[Tracked]]:
    found: defaultdict[str, list[Tracked]] = defaultdict(list)
    for reading in readings:
        if isinstance(reading, Tracked):
            found[reading.device_id].append(reading)
    return found


def _pairs(truths: Iterable[Truth], visits: Iterable[Visit]) -> Iterator[tuple[Truth, Visit]]:
    """Each visit with the truth of the same device that it overlaps with."""
    of_device: defaultdict[str, list[Truth]] = defaultdict(list)
    for truth in truths:
        of_device[truth.device_id].append(truth)
    for visit in visits:
        for truth in of_device[visit.device_id]:
            if _is_judged(truth) and micros(truth.entered_at) <= visit.left_at and micros(truth.left_at) >= visit.entered_at:
                yield truth, visit
                break


def _is_judged(truth: Truth) -> bool:
    """Whether what they value can be seen in what they do: companions do what the one does with whom they came."""
    return truth.priority is not None and truth.party is None


def _cut(truth: Truth, visit: Visit, readings: list[Tracked], share: float, plan: Plan) -> Labelled:
    """What could be known of a visit after a share of its duration."""
    assert truth.priority is not None
    if share >= 1:
        return Labelled(truth.priority, visit.stays, visit.shelf_visits, visit.payments)
    until = visit.entered_at + round(share * (visit.left_at - visit.entered_at))
    journey = Journey()
    journey.fold(in_order([reading for reading in readings if visit.entered_at <= reading.ts <= until]), plan)
    spans = journey.spans()
    payments = [payment for payment in visit.payments if payment.ts <= until]
    return Labelled(truth.priority, spans[-1].stays, spans[-1].shelf_visits, payments) if spans else Labelled(truth.priority, (), (), ())


class Agreement(NamedTuple):
    """How judgements agree with labels: `counts[label][judged]`, in the order of `KINDS`."""

    counts: list[list[int]]

    def f1(self) -> list[float]:
        """Twice the hits over what was labelled so and what was judged so, for each kind; 0 where neither was."""
        judged = [sum(row[kind] for row in self.counts) for kind in range(len(KINDS))]
        return [2 * row[kind] / max(1, sum(row) + judged[kind]) for kind, row in enumerate(self.counts)]

    def macro_f1(self) -> float:
        """The mean of `f1`, each kind as important as the others."""
        return sum(self.f1()) / len(KINDS)


def agreement(visits: Iterable[Labelled], catalog: Catalog, settings: Settings = DEFAULT) -> Agreement:
    """Judge visits, and count how often each label was judged as what."""
    counts = [[0] * len(KINDS) for _ in KINDS]
    for visit in visits:
        judged = judge(visit.stays, visit.shelf_visits, visit.payments, catalog, settings).priority
        counts[KINDS.index(visit.label)][KINDS.index(judged)] += 1
    return Agreement(counts)
