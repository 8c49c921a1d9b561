"""Signals by the words of `docs/signals.md`, slowly: from sets of readings and visits, without any state, and without the engine's code."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from sensors.layout import Layout
from sensors.reading import SECOND, Payment, Reading
from storage.model import Visit
from stream.rules import Rules, SignalRules

DAY = 86_400 * SECOND
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
    told = [*_dwells(own, layout), *_abandoned(own, layout, rules), *_silent(readings, layout)]
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


def _silent(readings: Sequence[Reading], layout: Layout) -> Iterable[Told]:
    for sensor in sorted({reading.sensor_id for reading in readings}):
        limit = round(_settings(layout).value("sensor_silent_s", sensor) * SECOND)
        heard = sorted({reading.ts for reading in readings if reading.sensor_id == sensor})
        for ts in heard:
            if limit and not any(ts < other <= ts + limit for other in heard):
                yield Told("sensor_silent", sensor, ts, ts + limit, limit / SECOND)


def _zone(zone: str, visits: Sequence[Visit], readings: Sequence[Reading], layout: Layout, rules: Rules) -> Iterable[Told]:
    """Look at every moment at which anything changes, one day after the other."""
    there = _present(zone, visits, layout, rules)
    paid = _paid(zone, readings, layout)
    open_for = round(_settings(layout).queue_till_open_s * SECOND)
    moments = {ts for span in there for ts in span} | {ts for _, ts in paid} | {ts + open_for + 1 for _, ts in paid}
    days = {(ts - FOUR) // DAY for ts in moments}
    for day in sorted({other for first in [min(days, default=0)] for other in range(first, max(days, default=0) + 1)}):
        start, end = day * DAY + FOUR, (day + 1) * DAY + FOUR
        yield from _zone_day(zone, sorted({start, *(ts for ts in moments if start <= ts < end)}), end, there, paid, layout)


def _present(zone: str, visits: Sequence[Visit], layout: Layout, rules: Rules) -> list[tuple[int, int]]:
    hold_s = min(_settings(layout).presence_hold_s, rules.presence_gap_s, rules.visit_timeout_s)
    there = []
    for visit in visits:
        for stay in visit.stays:
            moved = any(other.started_at == stay.ended_at and other is not stay for other in visit.stays[visit.stays.index(stay) + 1 :])
            left = stay is visit.stays[-1] and visit.ended_by == "exit" and visit.left_at == stay.ended_at
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


def _zone_day(
    zone: str, moments: list[int], end: int, there: list[tuple[int, int]], paid: list[tuple[str, int]], layout: Layout
) -> Iterable[Told]:
    settings = _settings(layout)
    open_for = round(settings.queue_till_open_s * SECOND)

    def people(ts: int) -> int:
        return sum(1 for start, until in there if start <= ts < until)

    def wait_s(ts: int) -> float:
        tills = {till for till, at in paid if at <= ts <= at + open_for}
        return people(ts) * settings.value("queue_service_s", zone) / max(1, len(tills))

    capacity = next((one.capacity or 0 for one in layout.zones if one.zone_id == zone), 0)
    most = settings.value("zone_congested_people", zone)
    share, cleared = settings.value("zone_congested_share", zone), settings.value("zone_cleared_share", zone)
    high = most or next((n for n in range(10_000) if n >= share * capacity), 0)
    low = min(high - 1, max((n for n in range(10_000) if n <= (most * cleared / share if most else cleared * capacity)), default=0))
    kind = _types(layout).get(zone)
    if kind in {"outside", "staff"}:
        return
    if high:
        turns = _turns(
            moments, end, lambda ts: people(ts) >= high, lambda ts: people(ts) <= low, settings.value("zone_congested_for_s", zone)
        )
        for is_on, since, at in turns:
            yield Told("zone_congested" if is_on else "zone_cleared", zone, since, at, people(at))
    longest, queue = settings.value("queue_long_wait_s", zone), settings.value("queue_long_people", zone)
    if (kind == "checkout" or zone in {till.zone_id for till in layout.tills}) and (longest or queue):
        share = settings.queue_cleared_share

        def is_long(ts: int) -> bool:
            return bool((queue and people(ts) >= queue) or (longest and wait_s(ts) >= longest))

        def is_short(ts: int) -> bool:
            return (not queue or people(ts) <= min(queue * share, queue - 1)) and (not longest or wait_s(ts) <= longest * share)

        for is_on, since, at in _turns(moments, end, is_long, is_short, settings.value("queue_long_for_s", zone)):
            if is_on:
                yield Told("queue_long", zone, since, at, people(at) if queue and people(at) >= queue else wait_s(at))


def _turns(
    moments: list[int], end: int, is_high: Callable[[int], bool], is_low: Callable[[int], bool], lasting_s: float
) -> Iterable[tuple[bool, int, int]]:
    """Go from one turn to the next: the first stretch of the wanted kind that lasts for long enough."""
    lasting, is_on, begin = round(lasting_s * SECOND), False, moments[0]
    while True:
        wanted = is_low if is_on else is_high
        stretches: list[tuple[int, int]] = []
        since: int | None = None
        for ts in [ts for ts in moments if ts >= begin] + [end]:
            if ts < end and wanted(ts):
                since = ts if since is None else since
            elif since is not None:
                stretches.append((since, ts))
                since = None
        found = next((since for since, until in stretches if since + lasting < until), None)
        if found is None:
            return
        is_on, begin = not is_on, found + lasting
        yield is_on, found, begin
