"""The signals of one store (`docs/signals.md`): rows derived from its readings, as visits are. Pure: no I/O, no clock, no logging.

Every signal follows from some part of the store alone, its *subject*, and is told anew whenever that part changes:

    a visit                     long_dwell, abandoned_basket       (`of_visit`)
    a zone on one day           zone_congested, zone_cleared, queue_long  (`stream.zones`)
    a sensor behind a reading   sensor_silent                      (`stream.silence`)

What is then said of a subject is compared with what was said before: new signals are news, those whose cause is no more are gone. A day of
a zone begins at 4 in the morning with nothing raised, so it needs no other day. Days are kept for as long as readings on time can change
them (`floor`); for late readings they are read back (`load`). After a restart all follows again from the readings, and from the signals
that are stored only what was said of them (`seed`).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from heapq import heappop, heappush
from math import ceil, floor
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sensors.layout import Layout
from sensors.reading import MAX_DURATION_S, SECOND, Payment, Reading
from storage.model import Signal, Visit
from stream.form import taken
from stream.journey import NEVER, Plan, Span
from stream.naming import in_order, minutes, signal_id
from stream.silence import Sensors, silences
from stream.zones import END, Cell, Turn, Watch

DAY = 86_400 * SECOND
_NOBODYS = {"outside", "staff"}

Subject = tuple[str, ...] | tuple[str, str, int]
"""`("visit", visit_id)`, `("zone", zone_id, day)` or `("sensor", sensor_id, since)`."""


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
        high = rules.value("zone_congested_people", zone) or ceil(share * capacity)
        low = floor(high * cleared / share) if rules.value("zone_congested_people", zone) and share else floor(cleared * capacity)
        if high > 0:
            yield Watch("people", high, min(low, high - 1), 0, 0, 0, rules.micros("zone_congested_for_s", zone))

    def _queue(self, zone: str) -> Iterator[Watch]:
        rules, share = self.rules, self.rules.queue_cleared_share
        people, wait = rules.value("queue_long_people", zone), rules.micros("queue_long_wait_s", zone)
        is_till_zone = self.plan.zone_types.get(zone) == "checkout" or zone in self.plan.till_zones.values()
        if is_till_zone and (people or wait):
            low = min(people * share, people - 1), min(wait * share, wait - 1)
            yield Watch("queue", people, *low[:1], wait, low[1], rules.micros("queue_service_s", zone), rules.micros("queue_long_for_s", zone))


def _day_begins(layout: Layout) -> int:
    """When after midnight UTC a store's days begin: at 4 in the morning by its winter's clock, when hardly anybody is about."""
    offset = datetime(2026, 1, 15, tzinfo=UTC).astimezone(ZoneInfo(layout.timezone)).utcoffset()
    assert offset is not None
    return 4 * 3600 * SECOND - round(offset.total_seconds()) * SECOND


def presences(span: Span | Visit, plan: SignalPlan, first: int = 0) -> Iterator[Presence]:
    """Say from when until when somebody counts as present, stay by stay, in the zones that are watched.

    Until the end of the stay where the visit goes on elsewhere at that moment, or is left by an exit; else for the hold longer, since
    sensors report only every few seconds. The hold is never longer than a silence that ends a stay.
    """
    stays = span.stays
    for place in range(first, len(stays)):
        stay = stays[place]
        if stay.zone_id not in plan.watches:
            continue
        if place + 1 < len(stays):
            is_over = stays[place + 1].started_at == stay.ended_at
        else:
            is_over = span.ended_by == "exit" and span.left_at == stay.ended_at
        yield Presence(stay.zone_id, stay.started_at, stay.ended_at if is_over else stay.ended_at + plan.hold)


def of_visit(visit: Visit, plan: SignalPlan) -> list[Signal]:
    """Find the signals of one visit."""
    if visit.is_staff:
        return []
    found = [
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
    # `priority_changed` belongs here as soon as a visit has a priority: like the others, from the visit alone.
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


def _of_turn(turn: Turn, store_id: str, zone: str, plan: SignalPlan) -> Signal | None:
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


def silence_signal(store_id: str, sensor_id: str, since: int, threshold: int) -> Signal:
    """Say that a sensor has been silent for so long."""
    return Signal(
        signal_id=signal_id("sensor_silent", store_id, (sensor_id,), since),
        store_id=store_id,
        kind="sensor_silent",
        since=since,
        at=since + threshold,
        sensor_id=sensor_id,
        value=threshold / SECOND,
        threshold=threshold / SECOND,
        message=f"Sensor {sensor_id} has said nothing for {minutes(threshold)}; look at its power and its network",
    )


class Signals:
    """What is to be said of one store.

    Args:
        store_id: the store.
        plan: its rules and layout.
    """

    def __init__(self, store_id: str, plan: Plan) -> None:
        self._store_id = store_id
        self._plan = SignalPlan(plan)
        self._sensors = Sensors(plan.signal_rules)
        self._cells: dict[tuple[str, int], Cell] = {}
        self._dirty: set[tuple[str, int]] = set()
        self._alarms: list[tuple[int, tuple[str, int]]] = []
        self._said: dict[Subject, dict[str, Signal]] = {}
        self._was: dict[str, Signal | None] = {}
        self._is: dict[str, Signal | None] = {}
        """Of what was touched since the last `take`: how it was said then, and how it is now."""
        self._floor = NEVER
        """Days before this one are known only where they were loaded, which is until the next `forget`."""

    @property
    def floor(self) -> int:
        """Before this moment nothing is known of zones, and late readings need their days loaded."""
        return self._floor if self._floor == NEVER else self._plan.day_start(self._floor)

    @property
    def watched(self) -> Iterable[str]:
        """The zones that have a threshold."""
        return self._plan.watches.keys()

    def reach(self, watermark: int) -> int:
        """How far back a restart has to know visits and payments: all of each day that readings on time can still change."""
        plan = self._plan
        first = plan.day(watermark - round(MAX_DURATION_S * SECOND) - plan.plan.micros.presence_gap - plan.hold)
        return plan.day_start(first) - max(plan.hold, plan.till_open)

    def hear(self, readings: Iterable[Reading]) -> None:
        """Take note that sensors live."""
        self._sensors.hear(readings)

    def hear_late(self, heard: Iterable[tuple[str, int, list[int]]], store_time: int) -> None:
        """Look again at a sensor's silences around a late reading: given are the sensor, that time, and all that is near it."""
        for sensor_id, ts, near in heard:
            threshold = self._sensors.threshold(sensor_id)
            self._sensors.hear_late(sensor_id, ts)
            for since, is_silent in silences(near, ts - threshold, ts, threshold):
                if since + threshold < store_time:  # else it is in memory, and waits for its time
                    self._say_silence(sensor_id, since, is_silent)

    def settle_silences(self, said: Iterable[Signal]) -> None:
        """Take note of the silences that were found before a restart."""
        for signal in said:
            if signal.sensor_id is not None:
                self._sensors.settle_silence(signal.sensor_id, signal.since)

    def silence(self, sensor_id: str) -> int:
        """How long a sensor may be silent, in microseconds."""
        return self._sensors.threshold(sensor_id)

    def pay(self, payment: Payment) -> None:
        """Take note that a till took money."""
        zone = payment.zone_id
        if zone is None or zone not in self._plan.watches:
            return
        for cell in self._cells_between(zone, payment.ts, payment.ts + self._plan.till_open + 1):
            cell.pay(payment.id, payment.sensor_id, payment.ts)

    def change(self, device_id: str, gone: Iterable[Span], come: Iterable[Span]) -> None:
        """Replace stays of a customer by others."""
        if not self._plan.watches:
            return
        gone, come = [*gone], [*come]
        first = _alike(gone[0], come[0]) if len(gone) == len(come) == 1 else 0
        old = {one[:2]: one.until for span in gone for one in presences(span, self._plan, first) if one.until > one.start}
        new = {one[:2]: one.until for span in come for one in presences(span, self._plan, first) if one.until > one.start}
        for (zone, start), until in old.items():
            if (zone, start) not in new:
                self._put(zone, device_id, start, None, until)
        for (zone, start), until in new.items():
            before = old.get((zone, start))
            if before != until:
                self._put(zone, device_id, start, until, max(until, before or until))

    def tell(self, visit: Visit) -> None:
        """Say what there is to say of a visit, which is new or has changed."""
        self._say(("visit", visit.visit_id), of_visit(visit, self._plan))

    def forget_visit(self, visit_id: str, *, exists: bool) -> None:
        """Take back what was said of a visit that is no more; of one that exists, only forget that it was said."""
        if exists:
            self._said.pop(("visit", visit_id), None)
        else:
            self._say(("visit", visit_id), [])

    def load(self, days: Iterable[tuple[str, int]], visits: Iterable[Visit], payments: Iterable[Payment]) -> None:
        """Take back days of zones, by zone and some moment of the day, with all customers' visits and payments there as they are stored."""
        for zone, ts in days:
            if zone in self._plan.watches:
                self._cell(zone, self._plan.day(ts))
        for visit in visits:
            if not visit.is_staff:
                for one in presences(visit, self._plan):
                    if one.until > one.start:
                        self._put(one.zone_id, visit.device_id, one.start, one.until, one.until)
        for payment in payments:
            self.pay(payment)

    def unload(self, visits: Iterable[Visit]) -> None:
        """Take visits out of the zones' days, to be told anew."""
        for visit in visits:
            for one in presences(visit, self._plan):
                self._put(one.zone_id, visit.device_id, one.start, None, one.until)

    def days_of(self, zone: str, start: int, end: int) -> list[tuple[str, int]]:
        """Which days have to be loaded where somebody's presence in a zone changes: zone and beginning."""
        if zone not in self._plan.watches or start >= self.floor:
            return []
        last = min(self._plan.day(end + self._plan.hold), self._floor - 1)
        return [(zone, self._plan.day_start(day)) for day in range(self._plan.day(start), last + 1)]

    def around(self, day_start: int) -> tuple[int, int]:
        """From when until when visits and payments matter for a day."""
        return day_start - max(self._plan.hold, self._plan.till_open), day_start + DAY

    def till_days(self, zone: str | None, ts: int) -> list[tuple[str, int]]:
        """Which days have to be loaded where a till took money."""
        return [] if zone is None else self.days_of(zone, ts, ts + self._plan.till_open + 1)

    def seed(self, signals: Iterable[Signal], days: Iterable[tuple[str, int]] = ()) -> None:
        """Take note of what was said already; of zones, that of the days given by `days_of`, and of those that are not forgotten."""
        whole = {(zone, self._plan.day(start)) for zone, start in days}
        subjects: dict[Subject, dict[str, Signal]] = {}
        for signal in signals:
            subject = self._subject(signal)
            if subject[0] != "zone" or subject[1:] in whole or self._plan.day(signal.at) >= self._floor:
                subjects.setdefault(subject, {})[signal.signal_id] = signal
        for subject, said in subjects.items():
            self._said.setdefault(subject, said)

    def begin(self, watermark: int) -> None:
        """Begin with the days that readings on time can still change; only before anything is known."""
        plan = self._plan
        self._floor = plan.day(self.reach(watermark) + max(plan.hold, plan.till_open))
        self._sensors.forget(plan.day_start(self._floor))

    def replan(self, plan: Plan, before: Mapping[str, list[Span]], after: Mapping[str, list[Span]], payments: Iterable[Payment]) -> None:
        """Go on by other rules and another layout; the days that are known follow them.

        Args:
            plan: the new plan.
            before: the visits of customers, by device, by the plan before.
            after: the same by the new plan: some are staff now, or no more.
            payments: those that are known.
        """
        for device_id, spans in before.items():
            self.change(device_id, spans, ())
        old, self._plan = self._plan, SignalPlan(plan)
        self._sensors.replan(plan.signal_rules)
        cells, self._cells, self._dirty = self._cells, {}, set()
        if old.day_begins == self._plan.day_begins:
            for (zone, day), cell in cells.items():
                if zone in self._plan.watches:
                    self._cells[zone, day] = cell.under(self._plan.watches[zone], self._plan.till_open)
                    self._dirty.add((zone, day))
        for device_id, spans in after.items():
            self.change(device_id, (), spans)
        for payment in payments:
            self.pay(payment)

    def take(self, now: int) -> tuple[list[Signal], list[Signal]]:
        """Return what is new to say, and what is gone, since the last time."""
        self._sensors.pass_time(now)
        for sensor_id, since, is_silent in self._sensors.take():
            self._say_silence(sensor_id, since, is_silent)
        while self._alarms and self._alarms[0][0] <= now:
            alarm, key = heappop(self._alarms)
            if key in self._cells and self._cells[key].alarm == alarm:
                self._dirty.add(key)
        for key in sorted(self._dirty):
            self._sweep(key, self._cells[key], now)
        self._dirty.clear()
        changed = [(self._was[name], signal) for name, signal in self._is.items() if self._was[name] != signal]
        self._was, self._is = {}, {}
        gone = [was for was, now in changed if was is not None and (now is None or now.at != was.at)]
        return in_order([now for _, now in changed if now is not None]), in_order(gone)

    def forget(self, watermark: int) -> None:
        """Let go of days that readings on time cannot change any more."""
        self.begin(watermark)
        for key in [key for key in self._cells if key[1] < self._floor]:
            del self._cells[key]
        start = self._plan.day_start(self._floor)
        for subject, said in list(self._said.items()):
            if subject[0] != "visit" and all(signal.at < start for signal in said.values()):
                del self._said[subject]

    def _subject(self, signal: Signal) -> Subject:
        if signal.kind == "sensor_silent":
            return ("sensor", signal.sensor_id or "", signal.since)
        if signal.visit_id is None:
            return ("zone", signal.zone_id or "", self._plan.day(signal.at))
        return ("visit", signal.visit_id)

    def _say(self, subject: Subject, signals: list[Signal]) -> None:
        """Compare what there is to say of a subject with what was said."""
        said = self._said.get(subject)
        if not signals and said is None:
            return
        said = said or {}
        now = {signal.signal_id: signal for signal in signals}
        for name, signal in said.items():
            if name not in now:
                is_new = self._is.get(name)
                if is_new == signal or is_new is None:
                    self._is[name] = None
                if is_new != signal and self._was.get(name) is None:
                    self._was[name] = signal
        for name, signal in now.items():
            if said.get(name) != signal:
                self._was.setdefault(name, said.get(name))
                self._is[name] = signal
        if now:
            self._said[subject] = now
        else:
            self._said.pop(subject, None)

    def _say_silence(self, sensor_id: str, since: int, is_silent: bool) -> None:
        threshold = self._sensors.threshold(sensor_id)
        signals = [silence_signal(self._store_id, sensor_id, since, threshold)] if is_silent and threshold else []
        self._say(("sensor", sensor_id, since), signals)

    def _put(self, zone: str, device_id: str, start: int, until: int | None, last: int) -> None:
        for cell in self._cells_between(zone, start, last):
            cell.put(device_id, start, until)

    def _cells_between(self, zone: str, start: int, end: int) -> Iterator[Cell]:
        """The days of a zone that a stretch of time touches, as far as they are known; they will be swept."""
        for day in range(self._plan.day(start), self._plan.day(end) + 1):
            if day >= self._floor or (zone, day) in self._cells:
                yield self._cell(zone, day)

    def _cell(self, zone: str, day: int) -> Cell:
        self._dirty.add((zone, day))
        cell = self._cells.get((zone, day))
        if cell is None:
            plan = self._plan
            cell = Cell(plan.day_start(day), plan.day_start(day + 1), plan.watches[zone], plan.till_open)
            self._cells[zone, day] = cell
        return cell

    def _sweep(self, key: tuple[str, int], cell: Cell, now: int) -> None:
        alarm = cell.alarm
        cell.sweep(now)
        zone, day = key
        turns = [_of_turn(turn, self._store_id, zone, self._plan) for turn in cell.turns]
        self._say(("zone", zone, day), [signal for signal in turns if signal is not None])
        if cell.alarm != alarm and cell.alarm < cell.end:
            heappush(self._alarms, (cell.alarm, key))


def _alike(old: Span, new: Span) -> int:
    """How many stays at the beginning of two visits count alike: all that are equal, but for the last of these."""
    place = 0
    for before, after in zip(old.stays, new.stays, strict=False):
        if before is not after and before != after:
            break
        place += 1
    return max(0, place - 1)
