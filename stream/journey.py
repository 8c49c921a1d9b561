"""One device: its readings in order become visits and stays. Pure: no I/O, no clock, no logging.

Theory of operation (the rules are those of section 4 of the design)

A `Journey` is what is known of a device after all readings up to some point of event time. `fold` takes it further by readings that are
already in order; each costs a few comparisons. What can still change is kept apart by the caller: readings that are younger than the
watermark wait in `pending`, and a picture of now is a copy of the journey with the waiting ones folded in (`peek`). So a visit is at any
moment a function of the set of its readings, and never of the order in which they arrived.

    no visit --reading--> open --entry/out--> ended, in grace --grace over, or entry/in--> no visit
                           |  ^--reading--'        ^--reading (only counted)--'
                           '--silence > visit_timeout--> no visit

Whatever ends a visit is decided by the *next* reading of the device; that a visit may be called final because time has passed is no
change of this state, only of what is said about it. So a presence that is reported long after it began still finds its visit.
"""

from collections.abc import Iterable
from hashlib import blake2b
from operator import attrgetter
from sys import intern

import msgspec

from sensors.layout import Layout, ZoneType, gate_zones, shelf_zones, till_zones, zone_types
from sensors.reading import SECOND, Dwell, Entry, Shelf
from storage.model import EndedBy, ShelfVisit, Stay
from stream.facts import Catalog
from stream.priority import Judge, Settings
from stream.rules import NO_SIGNALS, Micros, Rules, SignalRules

Tracked = Entry | Dwell | Shelf
"""The readings that are readings of a device: they open, extend and end its visits (a payment moves nothing, rule 8)."""

NEVER = -(1 << 62)
"""Earlier than every reading."""

FOR_EVER = 1 << 60
"""Longer than all of time from 1970 to 9999, and small enough to be added to any of it."""


class Plan:
    """What the engine needs of a store's rules and layout, looked up once.

    Args:
        rules: the store's rules.
        layout: the store's plan.
        any_order: nothing is ever late, as it befits a file that is read whole; and nobody waits for signals.
    """

    __slots__ = (
        *("catalog", "fingerprint", "gate_zones", "judge", "layout", "micros"),
        *("rules", "shelf_zones", "signal_rules", "staff", "till_zones", "zone_types"),
    )

    def __init__(self, rules: Rules, layout: Layout, *, any_order: bool = False) -> None:
        self.rules = rules
        self.layout = layout
        self.signal_rules = NO_SIGNALS if any_order else SignalRules.of(layout.rules)
        self.micros = Micros.of(rules)
        if any_order:
            self.micros = msgspec.structs.replace(self.micros, lateness=FOR_EVER)
        self.shelf_zones: dict[str, str] = shelf_zones(layout)
        self.gate_zones: dict[str, str] = gate_zones(layout)
        self.till_zones: dict[str, str] = till_zones(layout)
        self.zone_types: dict[str, ZoneType] = zone_types(layout)
        self.staff = layout.staff_devices
        self.catalog = Catalog(layout)
        judging = Settings.of(layout.rules)
        self.judge = Judge(msgspec.structs.replace(judging, changed_score=0.0) if any_order else judging)
        plan = msgspec.json.encode([rules, layout, any_order], order="deterministic")
        self.fingerprint = blake2b(plan, digest_size=16).hexdigest()
        """By plans with the same one, the same is told."""

    @classmethod
    def of(cls, layout: Layout) -> "Plan":
        """Take the rules from the layout, as the running system does.

        Raises:
            ValueError: a rule of the layout is none, or has an impossible value.
        """
        return cls(Rules.of(layout.rules), layout)


class Span(msgspec.Struct, frozen=True):
    """A visit as far as one device's readings tell it.

    While nothing has ended it, `ended_by` is None and `left_at` is its last reading.
    """

    entered_at: int
    left_at: int
    ended_by: EndedBy | None
    n_readings: int
    stays: tuple[Stay, ...]
    shelf_visits: tuple[ShelfVisit, ...]
    by_entry: bool
    """Whether an `entry/in` opened it: then it takes over from a visit that is still in its grace."""
    twin: int = 0
    """How many visits before it began at the same moment: a presence may reach back to the very exit that was a visit of 0 s."""

    @property
    def key(self) -> tuple[int, int]:
        """What tells the visits of one device apart."""
        return (self.entered_at, self.twin)


def alike(old: Span, new: Span) -> int:
    """How many stays at the beginning of two pictures of a visit are equal.

    A journey only ever adds to its stays, so that two pictures have the same objects up to the watermark of the older one.
    """
    before, after = old.stays, new.stays
    n_both = place = min(len(before), len(after))
    while place and before[place - 1] is not after[place - 1]:
        place -= 1
    while place < n_both and before[place] == after[place]:
        place += 1
    return place


def in_order(readings: list[Tracked]) -> list[Tracked]:
    """Sort readings of one device as section 4 takes them: by `ts`; ties: entry in, then others by `id`, then entry out."""
    if not _rise(readings):
        readings.sort(key=attrgetter("ts"))
        if not _rise(readings):
            readings.sort(key=_order)
    return readings


def _rise(readings: list[Tracked]) -> bool:
    """Whether each is later than the one before, as they mostly come."""
    last = NEVER
    for reading in readings:
        ts = reading.ts
        if ts <= last:
            return False
        last = ts
    return True


def _order(reading: Tracked) -> tuple[int, int, str]:
    if type(reading) is Entry:
        return (reading.ts, 0 if reading.direction == "in" else 2, reading.id)
    return (reading.ts, 1, reading.id)


class Journey:
    """What the readings of one device amount to so far."""

    __slots__ = (
        "_by_entry",
        "_entered_at",
        "_exit_at",
        "_n_readings",
        "_shelf_visits",
        "_stays",
        "_twin",
        "_zone",
        "_zone_since",
        "done",
        "last_ts",
    )

    def __init__(self) -> None:
        self.done: tuple[Span, ...] = ()
        """Visits that a later reading proved to be over, oldest first. As stays and touches below, a tuple: pictures of now share it."""
        self.last_ts = NEVER
        """The device's last reading, whichever visit it belonged to (rule 0 clips at it)."""
        self._entered_at = NEVER
        self._exit_at = NEVER
        self._n_readings = 0
        self._by_entry = False
        self._twin = 0
        self._stays: tuple[Stay, ...] = ()
        self._shelf_visits: tuple[ShelfVisit, ...] = ()
        self._zone: str | None = None
        self._zone_since = NEVER

    def fold(self, readings: Iterable[Tracked], plan: Plan) -> None:  # noqa: C901, PLR0912 - one pass, no calls: this is the hot loop
        """Take in readings, in the order of section 4, none of them before one already taken in."""
        micros = plan.micros
        gap, timeout, grace = micros.presence_gap, micros.visit_timeout, micros.exit_grace
        steady = min(gap, timeout)
        for reading in readings:
            ts = reading.ts
            last = self.last_ts
            if type(reading) is Dwell and reading.zone_id == self._zone and ts - last <= steady and self._exit_at == NEVER:
                self._n_readings += 1  # still there, as most readings say: no rule has anything to decide
                self.last_ts = ts
                continue
            zone = reading.zone_id
            entering = leaving = False
            begin = ts
            if type(reading) is Entry:
                entering, leaving = reading.direction == "in", reading.direction == "out"
                zone = zone or plan.gate_zones.get(reading.sensor_id)
            else:
                if type(reading) is Shelf:
                    zone = zone or plan.shelf_zones.get(reading.shelf_id)
                if reading.duration_s:  # type: ignore[union-attr]
                    begin = ts - round(reading.duration_s * SECOND)  # type: ignore[union-attr]
            if begin < last:  # rule 0  # noqa: PLR1730 - a call of max() costs more than all of it
                begin = last
            if self._exit_at != NEVER:
                if ts - self._exit_at <= grace and not entering:  # rule 3: only counted
                    self._n_readings += 1
                    self.last_ts = ts
                    continue
                self._close()
            elif self._entered_at != NEVER and begin - last > timeout:  # rule 2
                self._close()
            if self._entered_at == NEVER:  # rule 1
                self._open(begin, entering)
            elif self._zone is not None and begin - last > gap:  # rule 5: a silence belongs to nobody
                self._end_stay(last)
            self._n_readings += 1
            if zone is not None and zone != self._zone:
                if self._zone is not None:
                    self._end_stay(begin)
                self._zone, self._zone_since = intern(zone), begin
            if type(reading) is Shelf:
                self._shelf_visits = (*self._shelf_visits, _shelf_visit(reading, zone))
            self.last_ts = ts
            if leaving:
                self._exit_at = ts

    def peek(self, readings: list[Tracked], plan: Plan) -> "Journey":
        """Return the journey as it would be with these readings folded in; this one stays as it is."""
        if not readings:
            return self
        copy = Journey.__new__(Journey)
        copy.done = self.done
        copy.last_ts = self.last_ts
        copy._entered_at = self._entered_at  # noqa: SLF001 - another instance of this class
        copy._exit_at = self._exit_at  # noqa: SLF001
        copy._n_readings = self._n_readings  # noqa: SLF001
        copy._by_entry = self._by_entry  # noqa: SLF001
        copy._twin = self._twin  # noqa: SLF001
        copy._stays = self._stays  # noqa: SLF001
        copy._shelf_visits = self._shelf_visits  # noqa: SLF001
        copy._zone = self._zone  # noqa: SLF001
        copy._zone_since = self._zone_since  # noqa: SLF001
        copy.fold(readings, plan)
        return copy

    def spans(self) -> tuple[Span, ...]:
        """All visits, oldest first; the last one may be open."""
        return self.done if self._entered_at == NEVER else (*self.done, self._current(None))

    def _current(self, ended_by: EndedBy | None) -> Span:
        """The visit that is under way or in its grace, as it stands (rule 6: where its last stay ends)."""
        exited = self._exit_at != NEVER
        left_at = self._exit_at if exited else self.last_ts
        stays = self._stays if self._zone is None else (*self._stays, Stay(self._zone, self._zone_since, left_at))
        return Span(
            entered_at=self._entered_at,
            left_at=left_at,
            ended_by="exit" if exited else ended_by,
            n_readings=self._n_readings,
            stays=stays,
            shelf_visits=self._shelf_visits,
            by_entry=self._by_entry,
            twin=self._twin,
        )

    def _open(self, at: int, by_entry: bool) -> None:
        self._entered_at, self._by_entry = at, by_entry
        self._twin = self.done[-1].twin + 1 if self.done and self.done[-1].entered_at == at else 0

    def _end_stay(self, at: int) -> None:
        assert self._zone is not None
        self._stays = (*self._stays, Stay(self._zone, self._zone_since, at))
        self._zone = None

    def _close(self) -> None:
        """End the visit: by the exit that it is in the grace of, else by the silence that the next reading has shown."""
        self.done = (*self.done, self._current("timeout"))
        self._entered_at = self._exit_at = NEVER
        self._n_readings = 0
        self._stays, self._shelf_visits = (), ()
        self._zone = None


def _shelf_visit(reading: Shelf, zone: str | None) -> ShelfVisit:
    return ShelfVisit(reading.id, reading.ts, reading.shelf_id, reading.action, reading.product_id, zone, reading.duration_s)
