"""Signals by the words of `docs/signals.md`, slowly: from sets of readings and visits, without any state, and without the engine's code.

Only the scores of a visit are the engine's, counted anew for each moment (`stream.priority.judge`).
"""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sensors.layout import Day, Layout
from sensors.reading import SECOND, Payment, Reading, to_datetime
from storage.model import Visit
from stream.facts import Catalog
from stream.priority import Settings, judge
from stream.rules import Rules, SignalRules

DAY = 86_400 * SECOND
MINUTE = 60 * SECOND
WEEK: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FOUR = 4 * 3600 * SECOND


class Told(NamedTuple):
    """What two tellings of a signal have in common."""

    kind: str
    subject: str
    since: int
    at: int
    value: float


def plain_signals(visits: Iterable[Visit], readings: Sequence[Reading], layout: Layout, rules: Rules) -> list[Told]:
    """Return all signals of a store of which nothing will come any more; its visits are those of the oracle, or proven equal to them."""
    own = [visit for visit in visits if not visit.is_staff]
    told = [*_dwells(own, layout), *_abandoned(own, layout, rules), *_silent(readings, layout), *_priorities(own, layout)]
    for zone in sorted({stay.zone_id for visit in own for stay in visit.stays}):
        told += _zone(zone, own, readings, layout, rules)
    return sorted(told)


def _settings(layout: Layout) -> SignalRules:
    return SignalRules.of(layout.rules)


def _types(layout: Layout) -> dict[str, str]:
    return {zone.zone_id: zone.type for zone in layout.zones}


def _dwells(visits: Iterable[Visit], layout: Layout) -> Iterable[Told]:
    for visit in visits:
        for stay in visit.stays:
            limit = round(_settings(layout).value("long_dwell_s", stay.zone_id) * SECOND)
            if _types(layout).get(stay.zone_id) not in {"outside", "staff"} and limit and stay.ended_at - stay.started_at >= limit:
                yield Told("long_dwell", f"{visit.device_id} {stay.zone_id}", stay.started_at, stay.started_at + limit, limit / SECOND)


def _abandoned(visits: Iterable[Visit], layout: Layout, rules: Rules) -> Iterable[Told]:
    least = _settings(layout).abandoned_basket_items
    for visit in visits:
        products = {one.product_id for one in visit.shelf_visits} - {None}
        n_taken = 0
        for product in products:
            actions = [one.action for one in visit.shelf_visits if one.product_id == product]
            n_taken += max(0, actions.count("pickup") - actions.count("putback"))
        if least and n_taken >= least and not visit.payments:
            wait = rules.exit_grace_s if visit.ended_by == "exit" else rules.visit_timeout_s
            yield Told("abandoned_basket", visit.device_id, visit.left_at, visit.left_at + round(wait * SECOND), n_taken)


def _priorities(visits: Iterable[Visit], layout: Layout) -> Iterable[Told]:
    """Judge each visit as if it had ended, whenever the shopper moves on to another zone, which is where it is said."""
    settings, catalog = Settings.of(layout.rules), Catalog(layout)
    for visit in visits:
        announced, best, since = "none", "none", 0
        for place, stay in enumerate(visit.stays[:-1]):
            now = stay.ended_at
            touches = [touch for touch in visit.shelf_visits if touch.ts <= now]
            scores = judge(visit.stays[: place + 1], touches, [one for one in visit.payments if one.ts <= now], catalog, settings).scores
            values = [
                (scores.speed, "speed"),
                (scores.selection, "selection"),
                (scores.price, "price"),
                (scores.recognition, "recognition"),
            ]
            score = max(value for value, _ in values)
            name = next(name for value, name in values if value == score) if score >= settings.changed_score else "none"
            if name != best:
                best, since = name, now
            if settings.changed_score and name not in {"none", announced} and now - since >= settings.hold_s * SECOND and not visit.pass_by:
                announced = name
                yield Told("priority_changed", f"{visit.device_id} {visit.stays[place + 1].zone_id}", since, now, score)


def _silent(readings: Sequence[Reading], layout: Layout) -> Iterable[Told]:
    for sensor in sorted({reading.sensor_id for reading in readings} - {"replay"}):
        limit = round(_settings(layout).value("sensor_silent_s", sensor) * SECOND)
        heard = sorted({reading.ts for reading in readings if reading.sensor_id == sensor})
        for ts in heard:
            due = _first_open(layout, ts + limit) if limit else None
            if due is not None and not any(ts < other <= due for other in heard):
                yield Told("sensor_silent", sensor, ts, due, (due - ts) / SECOND)


def _first_open(layout: Layout, ts: int) -> int | None:
    """Look at the clock on the wall, minute by minute, for eight days."""
    while not _is_open(layout, ts):
        ts = (ts // MINUTE + 1) * MINUTE
        if ts % DAY == 0 and not any(layout.opening_hours.get(day, ["all day"]) for day in WEEK):
            return None
    return ts


def _is_open(layout: Layout, ts: int) -> bool:
    local = to_datetime(ts).astimezone(ZoneInfo(layout.timezone))
    times = layout.opening_hours.get(WEEK[local.weekday()], ["00:00", "24:00"])
    return any(opens <= f"{local:%H:%M}" < closes for opens, closes in zip(times[::2], times[1::2], strict=True))


class ZoneDay(NamedTuple):
    """A zone on one day: the moments at which anything changes, who is there from when until when, and which till took money when."""

    zone: str
    layout: Layout
    moments: list[int]
    end: int
    there: list[tuple[int, int]]
    paid: list[tuple[str, int]]

    def setting(self, name: str) -> float:
        """A setting of the zone."""
        return _settings(self.layout).value(name, self.zone)

    def people(self, ts: int) -> int:
        """How many are there."""
        return sum(1 for start, until in self.there if start <= ts < until)

    def wait_s(self, ts: int) -> float:
        """How long the last of them waits, by the words of the page."""
        open_for = round(self.setting("queue_till_open_s") * SECOND)
        tills = {till for till, at in self.paid if at <= ts <= at + open_for}
        return self.people(ts) * self.setting("queue_service_s") / max(1, len(tills))


def _zone(zone: str, visits: Sequence[Visit], readings: Sequence[Reading], layout: Layout, rules: Rules) -> Iterable[Told]:
    """Look at every moment at which anything changes, one day after the other."""
    named = (
        {one.zone_id for one in layout.zones} | {till.zone_id for till in layout.tills} | {rule.partition(".")[2] for rule in layout.rules}
    )
    if _types(layout).get(zone) in {"outside", "staff"} or zone not in named:
        return
    there = _present(zone, visits, layout, rules)
    paid = _paid(zone, readings, layout)
    open_for = round(_settings(layout).queue_till_open_s * SECOND)
    moments = {ts for span in there for ts in span} | {ts for _, ts in paid} | {ts + open_for + 1 for _, ts in paid}
    days = {(ts - FOUR) // DAY for ts in moments}
    for day in range(min(days, default=0), max(days, default=-1) + 1):
        start, end = day * DAY + FOUR, (day + 1) * DAY + FOUR
        one = ZoneDay(zone, layout, sorted({start, *(ts for ts in moments if start <= ts < end)}), end, there, paid)
        yield from _congestion(one)
        yield from _queue(one)


def _present(zone: str, visits: Sequence[Visit], layout: Layout, rules: Rules) -> list[tuple[int, int]]:
    hold_s = min(_settings(layout).presence_hold_s, rules.presence_gap_s, rules.visit_timeout_s)
    there = []
    for visit in visits:
        for place, stay in enumerate(visit.stays):
            moved = any(other.started_at == stay.ended_at for other in visit.stays[place + 1 :])
            left = place == len(visit.stays) - 1 and visit.ended_by == "exit" and visit.left_at == stay.ended_at
            until = stay.ended_at + (0 if moved or left else round(hold_s * SECOND))
            if stay.zone_id == zone and until > stay.started_at:
                there.append((stay.started_at, until))
    return there


def _paid(zone: str, readings: Sequence[Reading], layout: Layout) -> list[tuple[str, int]]:
    tills = {till.sensor_id: till.zone_id for till in layout.tills}
    return [
        (reading.sensor_id, reading.ts)
        for reading in readings
        if isinstance(reading, Payment) and (reading.zone_id or tills.get(reading.sensor_id)) == zone
    ]


def _congestion(day: ZoneDay) -> Iterable[Told]:
    capacity = next((one.capacity or 0 for one in day.layout.zones if one.zone_id == day.zone), 0)
    names = ("zone_congested_people", "zone_congested_share", "zone_cleared_share")
    most, share, cleared = (Fraction(str(day.setting(name))) for name in names)
    high = most or next((n for n in range(10_000) if n >= share * capacity), 0)
    few = most * cleared / share if most and share else cleared * capacity
    low = min(high - 1, max((n for n in range(10_000) if n <= few), default=0))
    if high:
        lasting = day.setting("zone_congested_for_s")
        for is_on, since, at in _turns(day, lambda ts: day.people(ts) >= high, lambda ts: day.people(ts) <= low, lasting):
            yield Told("zone_congested" if is_on else "zone_cleared", day.zone, since, at, day.people(at))


def _queue(day: ZoneDay) -> Iterable[Told]:
    names = ("queue_long_wait_s", "queue_long_people", "queue_cleared_share")
    longest, queue, share = (Fraction(str(day.setting(name))) for name in names)
    is_till_zone = _types(day.layout).get(day.zone) == "checkout" or day.zone in {till.zone_id for till in day.layout.tills}
    if not is_till_zone or not (longest or queue):
        return

    def is_long(ts: int) -> bool:
        return bool((queue and day.people(ts) >= queue) or (longest and day.wait_s(ts) >= longest))

    def is_short(ts: int) -> bool:
        people_are_few = not queue or day.people(ts) <= min(queue * share, queue - 1)
        return people_are_few and (not longest or day.wait_s(ts) <= longest * share)

    for is_on, since, at in _turns(day, is_long, is_short, day.setting("queue_long_for_s")):
        if is_on:
            yield Told("queue_long", day.zone, since, at, day.people(at) if queue and day.people(at) >= queue else day.wait_s(at))


def _turns(
    day: ZoneDay, is_high: Callable[[int], bool], is_low: Callable[[int], bool], lasting_s: float
) -> Iterable[tuple[bool, int, int]]:
    """Go from one turn to the next: the first stretch of the wanted kind that lasts for long enough."""
    lasting, is_on, begin = round(lasting_s * SECOND), False, day.moments[0]
    while True:
        wanted = is_low if is_on else is_high
        stretches: list[tuple[int, int]] = []
        since: int | None = None
        for ts in [*(ts for ts in day.moments if ts >= begin), day.end]:
            if ts < day.end and wanted(ts):
                since = ts if since is None else since
            elif since is not None:
                stretches.append((since, ts))
                since = None
        found = next((since for since, until in stretches if since + lasting < until), None)
        if found is None:
            return
        is_on, begin = not is_on, found + lasting
        yield is_on, found, begin
