"""The signals of one store (`docs/signals.md`): rows derived from its readings, as visits are. Pure: no I/O, no clock, no logging.

Every signal follows from some part of the store alone, its *subject*, and is told anew whenever that part changes:

    a visit                     long_dwell, abandoned_basket, priority_changed  (`stream.signal_kinds`)
    a zone on one day           zone_congested, zone_cleared, queue_long  (`stream.zones`)
    a sensor behind a reading   sensor_silent                      (`stream.silence`)

What is then said of a subject is compared with what was said before: new signals are news, those whose cause is no more are gone. A day of
a zone begins at 4 in the morning with nothing raised, so it needs no other day. Days are kept for as long as readings on time can change
them (`floor`); for late readings they are read back (`load`). After a restart all follows again from the readings, and from the signals
that are stored only what was said of them (`seed`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush

from sensors.reading import MAX_DURATION_S, SECOND, Payment, Reading
from storage.model import Signal, Visit
from stream.course import Change
from stream.journey import NEVER, Plan, Span
from stream.naming import in_order
from stream.signal_kinds import DAY, Presence, SignalPlan, of_turn, of_visit, presences, silence_signal
from stream.silence import Sensors, ends, neighbours
from stream.zones import Cell

Subject = tuple[str, ...] | tuple[str, str, int]
"""`("visit", visit_id)`, `("zone", zone_id, day)` or `("sensor", sensor_id, since)`."""


class Signals:
    """What is to be said of one store.

    Args:
        store_id: the store.
        plan: its rules and layout.
    """

    def __init__(self, store_id: str, plan: Plan) -> None:
        self._store_id = store_id
        self._plan = SignalPlan(plan)
        self._sensors = Sensors(plan.signal_rules, plan.layout)
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
        first = self._first_day(watermark)
        return min(plan.day_start(first) - max(plan.hold, plan.till_open), watermark - self._sensors.longest)

    def _first_day(self, watermark: int) -> int:
        plan = self._plan
        return plan.day(watermark - round(MAX_DURATION_S * SECOND) - plan.plan.micros.presence_gap - plan.hold)

    def hear(self, readings: Iterable[Reading]) -> None:
        """Take note that sensors live."""
        self._sensors.hear(readings)

    def hear_again(self, heard: Iterable[tuple[str, int]]) -> None:
        """Take back when sensors were heard before a restart; of moments within `least_silence`, the first and the last are enough."""
        for sensor_id, ts in heard:
            self._sensors.hear_late(sensor_id, ts)

    def hear_late(self, heard: Iterable[tuple[str, list[int], list[int]]], store_time: int) -> None:
        """Look again at sensors' silences around late readings: given are the sensor, when it was heard late, and when else around that."""
        for sensor_id, late, others in heard:
            for ts in late:
                self._sensors.hear_late(sensor_id, ts)
            for since, following in neighbours(late, others, self.longest_silence):
                due = self._sensors.due(sensor_id, since)
                if due < store_time:  # else it is in memory, and waits for its time
                    self._say_silence(sensor_id, since, following is None or following > due)

    def settle_silences(self, said: Iterable[Signal]) -> None:
        """Take note of the silences that were found before a restart."""
        for signal in said:
            if signal.sensor_id is not None:
                self._sensors.settle_silence(signal.sensor_id, signal.since)

    def waits_for(self, sensor_id: str) -> bool:
        """Whether a silence of this sensor would be said."""
        return self._sensors.threshold(sensor_id) > 0

    def ends(self, sensor_id: str, late: Iterable[int]) -> list[int]:
        """Which of the times at which a sensor was heard late have no other, before or after, by which it was not silent."""
        return ends(late, self._sensors.threshold(sensor_id))

    @property
    def least_silence(self) -> int:
        """No silence is said that is shorter, in microseconds; 0: none at all is."""
        return self._sensors.least

    @property
    def longest_silence(self) -> int:
        """How long a silence may take to be due, in microseconds."""
        return self._sensors.longest

    def pay(self, payment: Payment) -> None:
        """Take note that a till took money."""
        zone = payment.zone_id
        if zone is None or zone not in self._plan.watches:
            return
        for cell in self._cells_between(zone, payment.ts, payment.ts + self._plan.till_open + 1):
            cell.pay(payment.id, payment.sensor_id, payment.ts)

    def change(self, device_id: str, gone: Sequence[Span], come: Sequence[Span], n_alike: int = 0) -> None:
        """Replace stays of a customer by others.

        Args:
            device_id: the customer's.
            gone: the visits to take away.
            come: the visits to put in their place.
            n_alike: how many stays at the beginning of each are the same.
        """
        if not self._plan.watches:
            return
        first = n_alike
        if n_alike and not _follow_alike(gone[0], come[0], n_alike):
            first -= 1  # until when somebody counts at the last of these depends on what follows
        old, new = self._until(gone, first), self._until(come, first)
        if old == new:
            return
        for (zone, start), until in old.items():
            if (zone, start) not in new:
                self._put(zone, device_id, start, None, until)
        for (zone, start), until in new.items():
            before = old.get((zone, start))
            if before != until:
                self._put(zone, device_id, start, until, max(until, before or until))

    def _until(self, spans: Iterable[Span], first: int) -> dict[tuple[str, int], int]:
        """Until when somebody counts as present, by zone and beginning."""
        found = {}
        for span in spans:
            for zone, start, until in presences(span, self._plan, first):
                if until > start:
                    found[zone, start] = until
        return found

    def tell(self, visit: Visit, changes: Sequence[Change]) -> None:
        """Say what there is to say of a visit, which is new or has changed, and of how its priority changed."""
        self._say(("visit", visit.visit_id), of_visit(visit, changes, self._plan))

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
        for key, there in self._there(visits).items():
            if key[1] >= self._floor or key in self._cells:
                self._cell(*key).put_all(there)
        for payment in payments:
            self.pay(payment)

    def _there(self, visits: Iterable[Visit]) -> dict[tuple[str, int], dict[tuple[str, int], int]]:
        """Until when customers count as present, by device and from when, by zone and day."""
        there: defaultdict[tuple[str, int], dict[tuple[str, int], int]] = defaultdict(dict)
        begins = self._plan.day_begins
        for visit in visits:
            device_id = visit.device_id
            for zone, start, until in [] if visit.is_staff else presences(visit, self._plan):
                if until > start:
                    for day in range((start - begins) // DAY, (until - begins) // DAY + 1):
                        there[zone, day][device_id, start] = until
        return there

    def unload(self, visits: Iterable[Visit]) -> None:
        """Take visits out of the zones' days, to be told anew."""
        for visit in visits:
            for one in presences(visit, self._plan):
                self._put(one.zone_id, visit.device_id, one.start, None, one.until)

    def days_of(self, zone: str, start: int, end: int) -> list[tuple[str, int]]:
        """Which days have to be loaded where somebody's presence in a zone changes: zone and beginning."""
        if start >= self.floor:
            return []
        last = min(self._plan.day(end + self._plan.hold), self._floor - 1)
        return [(zone, self._plan.day_start(day)) for day in range(self._plan.day(start), last + 1)]

    def differing(self, now: Iterable[Span], stored: Iterable[Visit], device_id: str) -> list[Presence]:
        """Find where and when a device counts as present otherwise than by its visits as they are stored; staff never does."""
        present = set() if device_id in self._plan.plan.staff else {one for span in now for one in presences(span, self._plan)}
        return sorted(present ^ {one for visit in stored if not visit.is_staff for one in presences(visit, self._plan)})

    def around(self, day_start: int) -> tuple[int, int]:
        """From when until when visits and payments matter for a day."""
        return day_start - max(self._plan.hold, self._plan.till_open), day_start + DAY

    def till_days(self, zone: str | None, ts: int) -> list[tuple[str, int]]:
        """Which days have to be loaded where a till took money."""
        return [] if zone not in self._plan.watches else self.days_of(zone, ts, ts + self._plan.till_open + 1)

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
            self._unsay_unwatched(subject)

    def begin(self, watermark: int) -> None:
        """Begin with the days that readings on time can still change. It never goes back: by longer rules too, what is forgotten is."""
        self._floor = max(self._floor, self._first_day(watermark))
        self._sensors.forget(self.reach(watermark))

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
        start = {"zone": self._plan.day_start(self._floor), "sensor": self.reach(watermark), "visit": NEVER}
        for subject, said in list(self._said.items()):
            if all(signal.at < start[subject[0]] for signal in said.values()):
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

    def _unsay_unwatched(self, subject: Subject) -> None:
        """Take back what was said of a zone that has no threshold any more."""
        if subject[0] == "zone" and subject[1] not in self._plan.watches:
            self._say(subject, [])

    def _say_silence(self, sensor_id: str, since: int, is_silent: bool) -> None:
        """Say that a sensor was silent, or was not; what was said stays as it was found, whatever the threshold is by now."""
        if is_silent and ("sensor", sensor_id, since) in self._said:
            return
        signals = []
        if is_silent and self.waits_for(sensor_id):
            signals = [
                silence_signal(self._store_id, sensor_id, since, self._sensors.threshold(sensor_id), self._sensors.due(sensor_id, since))
            ]
        self._say(("sensor", sensor_id, since), signals)

    def _put(self, zone: str, device_id: str, start: int, until: int | None, last: int) -> None:
        plan = self._plan
        day = (start - plan.day_begins) // DAY
        if (zone, day) in self._cells and last < plan.day_start(day + 1):
            self._dirty.add((zone, day))
            self._cells[zone, day].put(device_id, start, until)
            return
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
        if cell.turns != cell.told:
            cell.told = [*cell.turns]
            turns = [of_turn(turn, self._store_id, zone, self._plan) for turn in cell.turns]
            self._say(("zone", zone, day), [signal for signal in turns if signal is not None])
        if cell.alarm != alarm and cell.alarm < cell.end:
            heappush(self._alarms, (cell.alarm, key))


def _follow_alike(old: Span, new: Span, place: int) -> bool:
    """Whether both visits have a stay at this place, and these begin at the same time."""
    return place < min(len(old.stays), len(new.stays)) and old.stays[place].started_at == new.stays[place].started_at
