"""What has to be known again to tell devices anew: for readings that came late, and after a rule or a layout changed. Pure.

A visit depends on all readings of its device from a moment on at which there was no visit: behind a silence that is longer than the timeout
and the grace after an exit, and that no later presence reaches into (`since_a_silence`). From there the device is folded anew up to the
present. Where its stays come out otherwise than they are stored (`differing`), payments without a device may change hands, so these and
whoever else stayed there are wanted too.
"""

from collections.abc import Iterable
from operator import attrgetter

import msgspec

from sensors.reading import SECOND, Entry, Payment, Reading
from storage.model import Signal, Visit
from stream.journey import FOR_EVER, NEVER, Journey, Plan, Span, Tracked, in_order
from stream.naming import visit_id


class History(msgspec.Struct):
    """All readings of a device after a moment at which it had no visit.

    Attributes:
        after: the last reading before; visits that began later are told anew.
        readings: in any order.
    """

    after: int
    readings: list[Tracked]


class Recalled(msgspec.Struct):
    """What `stream.store.Store.recall` takes back.

    Attributes:
        histories: by device, those to be told anew.
        visits: as they are stored: all of these devices since `after`, and those of others who may have to give a payment, or get it.
        payments: late ones, and others that may change hands.
        days: days of zones that change and were forgotten: zone and beginning.
        staying: all visits with a stay there then, as they are stored.
        till_payments: all payments there then.
        heard: of each sensor with late readings their `ts`, and those of its other readings around them (`stream.silence.neighbours`).
        signals: what was said of all of these.
        is_all: it is all that can still change, for a store that is taken up anew.
        is_believed: all of that is told as it is stored, by the very plan that the store has: there are no histories (`Store.wake`).
        untold: late readings that nothing can be told from, as what they belong to is not kept any more.
    """

    histories: dict[str, History] = {}
    visits: list[Visit] = []
    payments: list[Payment] = []
    days: list[tuple[str, int]] = []
    staying: list[Visit] = []
    till_payments: list[Payment] = []
    heard: list[tuple[str, list[int], list[int]]] = []
    signals: list[Signal] = []
    is_all: bool = False
    is_believed: bool = False
    untold: list[Reading] = []


class Where(msgspec.Struct, frozen=True, gc=False):
    """A stretch of time in a zone, both ends included."""

    zone_id: str
    started_at: int
    ended_at: int


def since_a_silence(readings: list[Tracked], until: int, settled: int, plan: Plan) -> History | None:
    """Cut the readings of a device behind the last silence up to `until` that ends every visit, and stays one whatever follows.

    Args:
        readings: all of the device from some time on, the late ones among them.
        until: the earliest moment that has changed.
        settled: before this nothing on time can come any more, and all that came is told (`Store.settled`).
        plan: the store's rules.

    Returns:
        What follows that silence; None where the readings begin too late to show one.
    """
    readings = in_order(readings)
    enough = max(plan.micros.visit_timeout, plan.micros.exit_grace)
    earliest = -NEVER
    for place in range(len(readings) - 1, 0, -1):
        begin, before = begin_of(readings[place]), readings[place - 1].ts
        if begin < earliest:  # noqa: PLR1730 - a call of min() costs more than all of it
            earliest = begin
        if earliest - before > enough and earliest <= until and readings[place].ts < settled:
            return History(before, readings[place:])
    return None


def since_kept(readings: list[Tracked], kept_since: int, plan: Plan) -> History | None:
    """Take all readings of a device that are kept as its history, where what is not kept cannot reach into them.

    Args:
        readings: all of the device that are kept, in any order.
        kept_since: since when readings are kept; 0: all are.
        plan: the store's rules.

    Returns:
        The history; None where its first reading is so early that it may go on with a visit that is not kept whole.
    """
    if not kept_since:
        return History(NEVER, readings)
    enough = max(plan.micros.visit_timeout, plan.micros.exit_grace)
    first = min(map(begin_of, readings), default=FOR_EVER)
    return History(kept_since - 1, readings) if first > kept_since + enough else None


def told_anew(history: History, plan: Plan) -> tuple[Span, ...]:
    """Tell the visits that a history amounts to."""
    journey = Journey()
    journey.fold(in_order([*history.readings]), plan)
    return journey.spans()


def differing(now: Iterable[Span], stored: Iterable[Visit], device_id: str, plan: Plan) -> list[Where]:
    """Find the stays of a device that are not as they are stored, the ones of before and the ones of now; staff's count for nobody."""
    stays = set() if device_id in plan.staff else {stay for span in now for stay in span.stays}
    changed = stays ^ {stay for visit in stored if not visit.is_staff for stay in visit.stays}
    return [Where(stay.zone_id, stay.started_at, stay.ended_at) for stay in sorted(changed, key=attrgetter("started_at", "zone_id"))]


def twin_of(visit: Visit) -> int:
    """Say which of the visits of its device that began at the same moment a stored one is, also where the others are not at hand."""
    return int(visit.visit_id != visit_id(visit.store_id, visit.device_id, visit.entered_at))


def span_of(visit: Visit, twin: int) -> Span:
    """Read a stored visit back as far as its device's readings had told it."""
    return Span(
        entered_at=visit.entered_at,
        left_at=visit.left_at,
        ended_by=visit.ended_by,
        n_readings=visit.n_readings,
        stays=visit.stays,
        shelf_visits=visit.shelf_visits,
        by_entry=False,
        twin=twin,
    )


def begin_of(reading: Tracked) -> int:
    """Where a reading's presence begins, before rule 0 looks at the one before."""
    if type(reading) is Entry or not reading.duration_s:  # type: ignore[union-attr]
        return reading.ts
    return reading.ts - round(reading.duration_s * SECOND)  # type: ignore[union-attr]
