"""What the signals of a store are, one by one (`docs/signals.md`): who counts as present, and what a visit, zone or sensor says. Pure."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from math import ceil, floor
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sensors.layout import Layout
from sensors.reading import SECOND
from storage.model import Priority, Signal, Visit
from stream.course import Change
from stream.form import taken
from stream.journey import Plan, Span
from stream.naming import minutes, signal_id
from stream.zones import END, Turn, Watch

DAY = 86_400 * SECOND
_NOBODYS = {"outside", "staff"}
_ADVICE: dict[Priority, str] = {
    "speed": "a visitor seems to be in a hurry (speed); keep the way and a till free",
    "selection": "a visitor looks and compares a lot (selection); offer advice",
    "price": "a visitor looks for good prices (price); point out what is on offer",
    "recognition": "a visitor likes to be known (recognition); greet, and take time",
}


class Presence(NamedTuple):
    """From when until when somebody counts as present in a zone."""

    zone_id: str
    start: int
    until: int


class SignalPlan:
    """What a plan means for signals, looked up once.

    Args:
        plan: the store's rules and layout.
    """

    def __init__(self, plan: Plan) -> None:
        rules, layout, micros = plan.signal_rules, plan.layout, plan.micros
        self.rules, self.plan = rules, plan
        self.names = {zone.zone_id: zone.name or zone.zone_id for zone in layout.zones}
        self.capacities = {zone.zone_id: zone.capacity for zone in layout.zones}
        self.hold = min(rules.micros("presence_hold_s"), micros.presence_gap, micros.visit_timeout)
        self.till_open = rules.micros("queue_till_open_s")
        self.day_begins = _day_begins(layout)
        own = [name.partition(".") for name in rules.own]
        zones = {*self.names, *plan.till_zones.values(), *(zone for base, _, zone in own if base != "sensor_silent_s")}
        self.watches = {zone: found for zone in sorted(zones) if (found := self._watches(zone))}
        self._long = {zone: rules.micros("long_dwell_s", zone) for _, _, zone in own} | dict.fromkeys(self._nobodys(), 0)
        self.least_dwell = min((long for long in [rules.micros("long_dwell_s"), *self._long.values()] if long), default=END)

    def long_dwell(self, zone: str) -> int:
        """How long a stay in a zone may be, in microseconds; 0: as long as it likes."""
        return self._long[zone] if zone in self._long else self.rules.micros("long_dwell_s")

    def day(self, ts: int) -> int:
        """Number the day of a moment."""
        return (ts - self.day_begins) // DAY

    def day_start(self, day: int) -> int:
        """Say when a day begins."""
        return day * DAY + self.day_begins

    def _nobodys(self) -> set[str]:
        return {zone for zone, kind in self.plan.zone_types.items() if kind in _NOBODYS}

    def _watches(self, zone: str) -> tuple[Watch, ...]:
        """Say what is watched in a zone."""
        if self.plan.zone_types.get(zone) in _NOBODYS:
            return ()
        return (*self._congestion(zone), *self._queue(zone))

    def _congestion(self, zone: str) -> Iterator[Watch]:
        rules, capacity = self.rules, self.capacities.get(zone) or 0
        share, cleared = rules.value("zone_congested_share", zone), rules.value("zone_cleared_share", zone)
        people = rules.value("zone_congested_people", zone)
        high = people or ceil(_exact(share * capacity))
        low = floor(_exact(people * cleared / share if people and share else cleared * capacity))
        if high > 0:
            yield Watch("people", high, min(low, high - 1), 0, 0, 0, rules.micros("zone_congested_for_s", zone))

    def _queue(self, zone: str) -> Iterator[Watch]:
        rules, share = self.rules, self.rules.queue_cleared_share
        people, wait = rules.value("queue_long_people", zone), rules.micros("queue_long_wait_s", zone)
        is_till_zone = self.plan.zone_types.get(zone) == "checkout" or zone in self.plan.till_zones.values()
        if is_till_zone and (people or wait):
            low = min(_exact(people * share), people - 1), min(round(wait * share), wait - 1)
            yield Watch(
                "queue", people, *low[:1], wait, low[1], rules.micros("queue_service_s", zone), rules.micros("queue_long_for_s", zone)
            )


def _exact(number: float) -> float:
    """Take away what binary fractions add: 70 % of 90 is 63, and not a little less."""
    return round(number, 6)


def _day_begins(layout: Layout) -> int:
    """When after midnight UTC a store's days begin: at 4 in the morning by its winter's clock, when hardly anybody is about."""
    zone = ZoneInfo(layout.timezone)
    offsets = [datetime(2026, month, 15, tzinfo=UTC).astimezone(zone).utcoffset() for month in (1, 7)]
    winter = min(offset for offset in offsets if offset is not None)  # in the south it is in July
    return 4 * 3600 * SECOND - round(winter.total_seconds()) * SECOND


def presences(span: Span | Visit, plan: SignalPlan, first: int = 0) -> list[Presence]:
    """Say from when until when somebody counts as present, stay by stay, in the zones that are watched.

    Until the end of the stay where the visit goes on elsewhere at that moment, or is left by an exit; else for the hold longer, since
    sensors report only every few seconds. The hold is never longer than a silence that ends a stay.
    """
    stays, watches, hold = span.stays[first:], plan.watches, plan.hold
    follows: list[int | None] = [stay.started_at for stay in stays[1:]]
    follows.append(span.left_at if span.ended_by == "exit" else None)
    return [
        Presence(stay.zone_id, stay.started_at, stay.ended_at if stay.ended_at == following else stay.ended_at + hold)
        for stay, following in zip(stays, follows, strict=False)
        if stay.zone_id in watches
    ]


def of_visit(visit: Visit, changes: Iterable[Change], plan: SignalPlan) -> list[Signal]:
    """Find the signals of one visit."""
    if visit.is_staff:
        return []
    found = [_priority_changed(visit, change, plan) for change in changes]
    found += [
        _long_dwell(visit, stay.zone_id, stay.started_at, long, plan)
        for stay in visit.stays
        if stay.ended_at - stay.started_at >= plan.least_dwell
        and (long := plan.long_dwell(stay.zone_id))
        and stay.ended_at - stay.started_at >= long
    ]
    if visit.is_final and visit.shelf_visits and not visit.payments and plan.rules.abandoned_basket_items:
        n_taken = sum(taken(visit.shelf_visits).values())
        if n_taken >= plan.rules.abandoned_basket_items:
            found.append(_abandoned_basket(visit, n_taken, plan))
    return found


def _long_dwell(visit: Visit, zone: str, since: int, long: int, plan: SignalPlan) -> Signal:
    return Signal(
        signal_id=signal_id("long_dwell", visit.store_id, (visit.device_id, zone), since),
        store_id=visit.store_id,
        kind="long_dwell",
        since=since,
        at=since + long,
        zone_id=zone,
        device_id=visit.device_id,
        visit_id=visit.visit_id,
        value=long / SECOND,
        threshold=long / SECOND,
        message=f"{plan.names.get(zone, zone)}: a visitor has been here for {minutes(long)}; offer help",
    )


def _priority_changed(visit: Visit, change: Change, plan: SignalPlan) -> Signal:
    return Signal(
        signal_id=signal_id("priority_changed", visit.store_id, (visit.device_id, change.priority), change.since),
        store_id=visit.store_id,
        kind="priority_changed",
        since=change.since,
        at=change.at,
        zone_id=change.zone_id,
        device_id=visit.device_id,
        visit_id=visit.visit_id,
        value=change.score,
        threshold=plan.plan.judge.settings.changed_score,
        message=f"{plan.names.get(change.zone_id, change.zone_id)}: {_ADVICE[change.priority]}",
    )


def _abandoned_basket(visit: Visit, n_taken: int, plan: SignalPlan) -> Signal:
    micros = plan.plan.micros
    products = "1 product was" if n_taken == 1 else f"{n_taken} products were"
    return Signal(
        signal_id=signal_id("abandoned_basket", visit.store_id, (visit.device_id,), visit.left_at),
        store_id=visit.store_id,
        kind="abandoned_basket",
        since=visit.left_at,
        at=visit.left_at + (micros.exit_grace if visit.ended_by == "exit" else micros.visit_timeout),
        zone_id=visit.stays[-1].zone_id if visit.stays else None,
        device_id=visit.device_id,
        visit_id=visit.visit_id,
        value=n_taken,
        threshold=plan.rules.abandoned_basket_items,
        message=f"{products} taken and not paid; put back what was left behind, and look why",
    )


def of_turn(turn: Turn, store_id: str, zone: str, plan: SignalPlan) -> Signal | None:
    """Put what became true of a zone into a signal; the end of a queue is none."""
    name, watch = plan.names.get(zone, zone), turn.watch
    value, threshold = float(turn.people), watch.high if turn.raised else watch.low
    if watch.kind == "people":
        kind = "zone_congested" if turn.raised else "zone_cleared"
        room = f", room for {plan.capacities[zone]}" if plan.capacities.get(zone) else ""
        message = f"{name}: {_people(turn.people)} at once{room}; send somebody" if turn.raised else f"{name}: {_people(turn.people)} again"
    elif not turn.raised:
        return None
    else:
        kind, wait = "queue_long", watch.wait(turn.people, turn.tills)
        message = f"{name}: {turn.people} waiting, about {minutes(wait)}; open a till"
        if not (watch.high and turn.people >= watch.high):
            value, threshold = wait / SECOND, watch.high_wait / SECOND
    return Signal(
        signal_id=signal_id(kind, store_id, (zone,), turn.since),  # type: ignore[arg-type]
        store_id=store_id,
        kind=kind,  # type: ignore[arg-type]
        since=turn.since,
        at=turn.at,
        zone_id=zone,
        value=value,
        threshold=threshold,
        message=message,
    )


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def silence_signal(store_id: str, sensor_id: str, since: int, threshold: int, due: int) -> Signal:
    """Say that a sensor has been silent for so long, when that is due."""
    return Signal(
        signal_id=signal_id("sensor_silent", store_id, (sensor_id,), since),
        store_id=store_id,
        kind="sensor_silent",
        since=since,
        at=due,
        sensor_id=sensor_id,
        value=(due - since) / SECOND,
        threshold=threshold / SECOND,
        message=f"Sensor {sensor_id} has said nothing for {minutes(due - since)}; look at its power and its network",
    )
