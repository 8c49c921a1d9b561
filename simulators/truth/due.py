"""Which signals a simulated day must raise, and when: told from what its people really did and the documented thresholds. Pure.

Nothing here knows the engine. A sensor sees less than the truth, so each signal says how far an observer who makes no mistake may be off,
and why. Where somebody is seen, they are seen up to `BOUND` late: on coming and on going. So of the number of people in a zone there are
three tellings, the true one, the least that can be seen and the most, and a threshold that all three pass is passed for sure, at some
moment between that of the most and that of the least (`docs/simulator.md`).

What may be seen or not, as it happens, is told as well, marked as not `sure`: nobody must find it, and who does makes no mistake.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import msgspec

from sensors.layout import Layout
from sensors.reading import rfc3339
from simulators.sensing.sense import BOUND, HEARTBEAT, SHELF_HEARTBEAT, shelf_sensor
from simulators.sensing.silence import Span as Silent
from simulators.sensing.silence import sensors_of
from simulators.shop.floor import Floor
from simulators.shop.habits import MINUTE, SECOND
from simulators.shop.opening import Window, power
from simulators.shop.walk import Passage, Stay, Walk
from simulators.truth.crowding import Limit, Span, limits_of, moments, tills_of, turns
from simulators.truth.doubt import Doubt
from storage.model import SignalKind

SENT_WITHIN = 2 * SECOND
"""A message arrives so long after its readings at most."""

DEFAULTS = {
    "long_dwell_s": 900.0,
    "abandoned_basket_items": 1.0,
    "sensor_silent_s": 1800.0,
    "priority_hold_s": 60.0,
    "priority_least_s": 60.0,
    "presence_hold_s": 30.0,
    "presence_gap_s": 60.0,
    "visit_timeout_s": 1800.0,
}
"""As `docs/signals.md` and `docs/priority.md` have them; written down here again on purpose."""

NOBODYS = {"outside", "staff"}
"""Types of zones in which nobody dwells for too long."""

SCANS = "seen up to 15.255 s late"
OPEN = "it hangs on who is seen when"


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A signal that must be raised, or (not `sure`) may be.

    Attributes:
        store_id: the store.
        kind: what it is.
        zone_id: the zone that it is about; `device_id` and `sensor_id` likewise.
        at: the true moment, RFC 3339 in UTC.
        early_s: how much earlier an observer who makes no mistake may find it.
        late_s: how much later.
        sure: whether it must be found.
        why: where the allowed difference comes from.
        value: what was measured, where that is exact.
    """

    store_id: str
    kind: SignalKind
    zone_id: str | None = None
    device_id: str | None = None
    sensor_id: str | None = None
    at: str
    early_s: float = 0.0
    late_s: float = 0.0
    sure: bool = True
    why: str
    value: float | None = None


_ENCODER = msgspec.json.Encoder()


def to_line(due: Due) -> bytes:
    """One line of a file of signals, without its line feed."""
    return _ENCODER.encode(due)


class _Day(NamedTuple):
    """A window of the store, and what can be relied on there.

    Attributes:
        floor: the store.
        window: when it is open.
        silent: which sensors said nothing, and when.
        plain: nobody shows a priority but those whose script says so.
        long: how long a stay in each zone may be (ms), where anybody's dwelling counts; 0: as long as one likes.
    """

    floor: Floor
    window: Window
    silent: list[Silent]
    plain: bool
    long: dict[str, int]

    @property
    def end(self) -> int:
        """After all that the window's people can cause (epoch ms)."""
        return self.window.closes + 6 * 60 * MINUTE


class _Seen(NamedTuple):
    """A stay, and whether it is the last one of somebody whom no gate saw leave."""

    stay: Stay
    vanishes: bool


def due_of(  # noqa: PLR0913 - the store, its people, and what is not known of them
    floor: Floor,
    window: Window,
    walks: Iterable[Walk],
    doubtful: Iterable[list[Doubt]],
    silent: list[Silent],
    *,
    plain: bool,
    is_last: bool = False,
) -> list[Due]:
    """Tell the signals of an opening window, in the order in which they are due.

    Args:
        floor: the store. Its day must not go over 04:00, where the days of zones begin.
        window: when it is open.
        walks: all of its people.
        doubtful: what cannot be known of each of them (`simulators.truth.doubt.doubts`).
        silent: the silences of sensors, of any time; and when one says something wrong.
        plain: nobody shows a priority but those whose script says so; else nothing is promised of `priority_changed`.
        is_last: no window is simulated after this one.
    """
    dwelling = (zone.zone_id for zone in floor.layout.zones if zone.type not in NOBODYS)
    day = _Day(floor, window, silent, plain, {zone: rule_ms(floor.layout, "long_dwell_s", zone) for zone in dwelling})
    customers = [(walk, unknown) for walk, unknown in zip(walks, doubtful, strict=True) if walk.role != "staff"]
    found = [due for walk, unknown in customers for due in _of_walk(day, walk, unknown)]
    found += _of_zones(day, [walk for walk, _ in customers])
    mute = (span for span in silent if not span.speaks and span.start < window.closes)
    found += [due for span in mute for due in _of_silence(day, span)]
    found += _of_the_end(day) if is_last and not window.shuts else ()
    return sorted(found, key=lambda due: (due.at, due.kind, due.device_id or "", due.zone_id or ""))


def rule_ms(layout: Layout, name: str, subject: str = "") -> int:
    """A setting in seconds, of the store or of one zone or sensor, as milliseconds."""
    return round(float(layout.rules.get(f"{name}.{subject}", layout.rules.get(name, DEFAULTS[name]))) * 1000)


def _of_walk(day: _Day, walk: Walk, doubtful: list[Doubt]) -> Iterator[Due]:
    """What one customer causes alone. Where not all can be known of them nothing is sure, and more may be found than there was."""
    for due in (*_dwells(day, walk), *_abandoned(day, walk), *_priority(day, walk)):
        yield msgspec.structs.replace(due, sure=due.sure and not doubtful)
    if doubtful:
        yield from _of_doubt(day, walk, doubtful)


def _of_doubt(day: _Day, walk: Walk, doubtful: list[Doubt]) -> Iterator[Due]:
    """What may be found of somebody whom sensors missed, or told wrongly, at any time that they tell."""
    since = min(walk.began, *(doubt.start for doubt in doubtful))
    until = (0, day.end - since)
    if any(act.action == "pickup" for act in walk.acts):
        why = "what was put back, or who paid, may not be known"
        yield _due(day, "abandoned_basket", since, until, why, walk=walk, sure=False)
    if day.plain:
        yield _due(day, "priority_changed", since, until, "what they did may not be known", walk=walk, sure=False)
    why = "a sensor was silent or told a wrong time: a stay may seem longer than it was"
    for zone in dict.fromkeys(stay.zone_id for stay in _inside(walk) if day.long.get(stay.zone_id)):
        yield _due(day, "long_dwell", since, until, why, walk=walk, zone=zone, sure=False)


def _dwells(day: _Day, walk: Walk) -> Iterator[Due]:
    """A stay is seen to begin late and to end late, each by 0 to `BOUND`; the last one of who left unseen ends early instead."""
    for stay in _inside(walk):
        limit = day.long.get(stay.zone_id, 0)
        length, off = stay.end - stay.start, BOUND * (2 if _unseen(walk, stay) else 1)
        if limit and length + off >= limit:
            sure = length - off >= limit
            yield _due(day, "long_dwell", stay.start + limit, (0, BOUND), SCANS, walk=walk, zone=stay.zone_id, sure=sure)


def _abandoned(day: _Day, walk: Walk) -> Iterator[Due]:
    """Exactly when the grace of an exit is over, or up to `BOUND` early for who left unseen."""
    units, least = sum(walk.taken().values()), int(day.floor.layout.rules.get("abandoned_basket_items", 1))
    if not least or units < least or walk.payments:
        return
    seen = _leaving(walk)
    if seen is not None:
        yield _due(day, "abandoned_basket", seen.at + day.floor.timing.exit_grace, (0, 0), "the gate is exact", walk=walk, value=units)
    else:
        at = _inside(walk)[-1].end + day.floor.timing.visit_timeout
        yield _due(day, "abandoned_basket", at, (BOUND, 0), "the last reading is up to 15.255 s early", walk=walk, value=units)


def _priority(day: _Day, walk: Walk) -> Iterator[Due]:
    """Who shows a priority by script does so in each zone; when that has lasted for the hold, it is announced on moving on.

    Of others nothing is known, but that nobody shows one where everybody is plain.
    """
    if walk.shows is None:
        if not day.plain:
            until = (0, day.end - walk.began)
            yield _due(day, "priority_changed", walk.began, until, "what others value is not for sure", walk=walk, sure=False)
        return
    least, hold = rule_ms(day.floor.layout, "priority_least_s"), rule_ms(day.floor.layout, "priority_hold_s")
    moved_on = [stay.end for stay in walk.stays[:-1] if stay.end - walk.began >= least]
    for before, at in pairwise(moved_on):
        if at - moved_on[0] >= hold:
            sure = before + BOUND - moved_on[0] < hold <= at - moved_on[0] - BOUND
            yield _due(day, "priority_changed", at, (0, BOUND), f"moving on is {SCANS}", walk=walk, sure=sure)
            return


def _of_zones(day: _Day, customers: list[Walk]) -> Iterator[Due]:
    """What people cause together; where gateways or gates are silent, nobody can be counted, and where a till is, no open tills."""
    counting = {gate for gate, _ in day.floor.gates} | {listener.sensor_id for listener in day.floor.listeners.values()}
    silent = {span.sensor_id for span in day.silent}
    deaf = {till.zone_id for till in day.floor.layout.tills if till.sensor_id in silent}
    paid: dict[str, list[tuple[str, int]]] = {}
    for walk in customers:
        for one in walk.payments:
            zone = next(till.zone_id or "" for till in day.floor.layout.tills if till.sensor_id == one.till)
            paid.setdefault(zone, []).append((one.till, one.at))
    there: dict[str, list[_Seen]] = {}
    for walk in customers:
        for stay in _inside(walk):
            there.setdefault(stay.zone_id, []).append(_Seen(stay, _unseen(walk, stay)))
    for zone, limits in limits_of(day.floor.layout).items():
        for limit in limits:
            if silent.isdisjoint(counting) and zone not in deaf:
                yield from _of_limit(day, zone, limit, there.get(zone, []), paid.get(zone, []))
            else:
                yield from _anything(day, zone, limit)


def _of_limit(day: _Day, zone: str, limit: Limit, there: list[_Seen], paid: list[tuple[str, int]]) -> Iterator[Due]:
    hold = min(rule_ms(day.floor.layout, name) for name in ("presence_hold_s", "presence_gap_s", "visit_timeout_s"))
    tills = tills_of(paid, limit)
    most = moments((Span(stay.start, stay.end + (max(BOUND, hold) if vanishes else BOUND)) for stay, vanishes in there), tills)
    if not any(limit.is_much(people, n_tills) for _, people, n_tills in most):
        return
    least = moments((Span(stay.start + BOUND, stay.end - (max(0, BOUND - hold) if vanishes else 0)) for stay, vanishes in there), tills)
    true = moments((Span(stay.start, stay.end) for stay, _ in there), tills)
    for turn in turns(limit, true, least, most):
        kind = limit.raised if turn.raised else limit.cleared
        if kind is not None:
            off = (turn.at - turn.earliest, turn.latest - turn.at)
            why = f"from the most who can be seen there to the least: each is {SCANS}" if turn.sure else OPEN
            yield _due(day, kind, turn.at, off, why, zone=zone, sure=turn.sure)


def _anything(day: _Day, zone: str, limit: Limit) -> Iterator[Due]:
    """All day long it hangs on what is seen."""
    since = day.window.opens
    for kind in (limit.raised, limit.cleared):
        if kind is not None:
            yield _due(day, kind, since, (0, day.end - since), OPEN, zone=zone, sure=False)


def _of_the_end(day: _Day) -> Iterator[Due]:
    """Where nothing is simulated any more of a store that stays open, whoever ends its days with a status finds all sensors silent."""
    for sensor in sorted(sensors_of(day.floor)):
        threshold, period = rule_ms(day.floor.layout, "sensor_silent_s", sensor), _period(day, sensor)
        if threshold:
            at = day.window.closes + threshold
            why = "nothing is simulated after that, though the store stays open"
            yield _due(day, "sensor_silent", at, (period, day.end - at), why, sensor=sensor, sure=False)


def _period(day: _Day, sensor: str) -> int:
    """How long a sensor that is well says nothing at most."""
    is_shelf = sensor in {shelf_sensor(shelf.shelf_id) for shelf in day.floor.layout.shelves}
    return (SHELF_HEARTBEAT if is_shelf else HEARTBEAT) + SENT_WITHIN


def _of_silence(day: _Day, span: Silent) -> Iterator[Due]:
    """A sensor's last word before a silence is up to a heartbeat before it began. Before the store opens, no silence is told.

    Of one that begins before the sensor has surely spoken in this window, it hangs on what was before: perhaps it was never heard, or
    told already.
    """
    opens, closes = day.window.opens, day.window.closes
    period, threshold = _period(day, span.sensor_id), rule_ms(day.floor.layout, "sensor_silent_s", span.sensor_id)
    at = max(opens, span.start + threshold)
    early = min(at - opens, period + span.fades)
    if threshold and span.end + period > at - early:
        was_heard = span.start >= power(day.window)[0] + HEARTBEAT + SENT_WITHIN
        sure = was_heard and not span.fades and at < min(span.end, closes)
        late = 0 if at < closes else day.end - at
        why = f"it says that it lives each {period // SECOND - 2} s, and may have said so just before"
        yield _due(day, "sensor_silent", at, (early, late), why, sensor=span.sensor_id, sure=sure)


def _due(  # noqa: PLR0913 - what a signal is made of
    day: _Day,
    kind: SignalKind,
    at: int,
    off: tuple[int, int],
    why: str,
    *,
    walk: Walk | None = None,
    zone: str | None = None,
    sensor: str | None = None,
    sure: bool = True,
    value: float | None = None,
) -> Due:
    return Due(
        store_id=day.floor.layout.store_id,
        kind=kind,
        zone_id=zone,
        device_id=walk.device_id if walk else None,
        sensor_id=sensor,
        at=rfc3339(at * 1000),
        early_s=off[0] / 1000,
        late_s=off[1] / 1000,
        sure=sure,
        why=why,
        value=value,
    )


def _leaving(walk: Walk) -> Passage | None:
    """The way out, where a gate saw it."""
    return next((one for one in walk.passages if one.direction == "out" and one.reports), None)


def _inside(walk: Walk) -> list[Stay]:
    """The stays of the visit: what comes after a seen exit is none."""
    leaving = _leaving(walk)
    return [stay for stay in walk.stays if leaving is None or stay.start < leaving.at]


def _unseen(walk: Walk, stay: Stay) -> bool:
    """Whether this is the last stay of somebody whom no gate saw leave."""
    return _leaving(walk) is None and stay == walk.stays[-1]
