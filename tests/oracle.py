"""Section 4 of the design, read a second time: what visits a set of readings makes.

This is an oracle for the engine: slow, without incremental state, and sharing no code with `stream/` but the settings (`Rules`). It looks
at all readings at once, one rule after the other. Where section 4 is silent it follows these decisions:

a. Payments are no readings of a device: they do not count in `n_readings`, and open, move and clip nothing (rule 8). `n_readings` counts
   the visit's entry, dwell and shelf readings, those in the grace too.
b. Of readings with the same id in a store, of whatever kinds, the first in the given order stays.
c. Rule 0 clips at the `ts` of the device's previous entry, dwell or shelf reading, whichever visit that belongs to.
d. A reading other than entry/in whose `ts` is at most `exit_grace_s` after the exit is only counted: it has no stay and no shelf visit,
   and entry/out does not start the grace again. It is the previous reading for later clipping. After the grace any reading opens a new
   visit.
e. A reading without zone carries the zone on, its own duration included, if the silence before it is at most `presence_gap_s`; what
   follows it belongs to the carried zone under the same condition. After a longer silence the device is nowhere until its next reading
   with a zone.
f. The zone of a shelf or entry reading is its own, else the layout's for that shelf or gate; of a payment its own, else the till's.
g. An entry/out with a zone places the device there at `left_at`.
h. A payment with a device belongs to the earliest visit of that device with `entered_at` <= `ts` <= the end of its claim: the last
   reading plus `visit_timeout_s`, or after an exit `left_at` plus `exit_grace_s`. A visit that an entry/in opens takes over from its
   `entered_at` on. Staff too.
i. A payment without a device belongs to the visit of that device, no staff, with a stay in the payment's zone that has begun and not
   ended at its `ts`, bounds included; the stay that began first, then the smaller `device_id`. No zone, no visit.
j. `pass_by` needs at least one stay, and all stays in zones of type `outside`. `bounced` is shorter than `bounce_s` and not converted.
k. Shelf visits keep their zone by f. Taken leaves out products that are not named, and counts of 0.
l. `basket_total` is 0 without a payment and None with several currencies.
m. (i, one device with two stays that began at once:) the earlier visit takes the payment.

Times are microseconds since 1970, as everywhere inside.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Literal, NamedTuple

from sensors.layout import Layout
from sensors.reading import SECOND, Dwell, Entry, Payment, Reading, Shelf
from storage.model import Visit
from stream.rules import Rules

DeviceReading = Entry | Dwell | Shelf


class ExpectedStay(NamedTuple):
    """A maximal run of presence in one zone."""

    zone_id: str
    started_at: int
    ended_at: int


class ExpectedShelfVisit(NamedTuple):
    """A look at a shelf inside a visit."""

    reading_id: str
    ts: int
    shelf_id: str
    action: str
    product_id: str | None
    zone_id: str | None
    duration_s: float | None


@dataclass(frozen=True, kw_only=True)
class ExpectedVisit:
    """What section 4 says of one visit. `payments` are the ids of payment readings by (ts, id); `taken` is by product."""

    store_id: str
    device_id: str
    entered_at: int
    left_at: int
    ended_by: Literal["exit", "timeout"] | None
    n_readings: int
    stays: tuple[ExpectedStay, ...]
    shelf_visits: tuple[ExpectedShelfVisit, ...]
    taken: tuple[tuple[str, int], ...]
    payments: tuple[str, ...]
    basket_total: Decimal | None
    bounced: bool
    pass_by: bool
    is_staff: bool

    @property
    def path(self) -> tuple[str, ...]:
        """The zones of the stays, equal neighbours merged."""
        return tuple(zone for zone, _ in groupby(stay.zone_id for stay in self.stays))

    @property
    def converted(self) -> bool:
        """Whether it has a payment."""
        return bool(self.payments)


class Expected(NamedTuple):
    """All that a set of readings makes: visits by store, device and time; (store_id, id) of payments that belong to none."""

    visits: list[ExpectedVisit]
    unattributed: list[tuple[str, str]]


class Timed(NamedTuple):
    """A reading of a device, with rule 0: where its presence begins, and the silence before that (0 for the device's first)."""

    reading: DeviceReading
    begin: int
    silence: int

    @property
    def ts(self) -> int:
        """The reading's own time."""
        return self.reading.ts


@dataclass(frozen=True)
class Span:
    """One visit of one device as rules 1 to 4 cut it: its readings, and those that came in the grace."""

    device_id: str
    readings: tuple[Timed, ...]
    grace: tuple[Timed, ...]

    @property
    def entered_at(self) -> int:
        """Where the presence of its first reading begins."""
        return self.readings[0].begin

    @property
    def left_at(self) -> int:
        """Its exit, or its last reading."""
        return self.readings[-1].ts

    @property
    def by_exit(self) -> bool:
        """Whether an entry/out ended it."""
        return _is(self.readings[-1].reading, "out")


class Store(NamedTuple):
    """What is known of a store: its layout and its rules in microseconds."""

    layout: Layout
    visit_timeout: int
    presence_gap: int
    exit_grace: int
    bounce: int


def expected_visits(readings: Sequence[Reading], layouts: Mapping[str, Layout], rules: Mapping[str, Rules]) -> list[ExpectedVisit]:
    """Return the visits that the readings make; see `expect`."""
    return expect(readings, layouts, rules).visits


def expect(readings: Sequence[Reading], layouts: Mapping[str, Layout], rules: Mapping[str, Rules]) -> Expected:
    """Apply section 4 to a set of readings; their end closes every visit as silence would.

    Args:
        readings: of any stores; the order matters only among readings with the same id.
        layouts: by store_id; a store that is not there has none.
        rules: by store_id; a store that is not there has the defaults.
    """
    visits: list[ExpectedVisit] = []
    unattributed: list[tuple[str, str]] = []
    for store_id, own in sorted(_by_store(readings).items()):
        layout = layouts.get(store_id, Layout(store_id=store_id))
        found = _expect_store(own, _store(layout, rules.get(store_id, Rules())))
        visits += found.visits
        unattributed += found.unattributed
    return Expected(visits, unattributed)


def _store(layout: Layout, rules: Rules) -> Store:
    spans = (rules.visit_timeout_s, rules.presence_gap_s, rules.exit_grace_s, rules.bounce_s)
    return Store(layout, *(round(span * SECOND) for span in spans))


def _by_store(readings: Iterable[Reading]) -> dict[str, list[Reading]]:
    """Group readings by store and drop duplicates (decision b)."""
    stores: dict[str, dict[str, Reading]] = defaultdict(dict)
    for reading in readings:
        stores[reading.store_id].setdefault(reading.id, reading)
    return {store_id: list(kept.values()) for store_id, kept in stores.items()}


def _expect_store(readings: Sequence[Reading], store: Store) -> Expected:
    """Apply all rules to one store."""
    spans: list[Span] = []
    for device_id in sorted({reading.device_id for reading in readings if isinstance(reading, DeviceReading)}):
        own = [reading for reading in readings if isinstance(reading, DeviceReading) and reading.device_id == device_id]
        spans += _cut_into_visits(_timed(own), store)
    payments = sorted((reading for reading in readings if isinstance(reading, Payment)), key=lambda payment: (payment.ts, payment.id))
    owners = {payment.id: _owner(payment, spans, store) for payment in payments}
    return Expected(
        [_describe(span, [payment for payment in payments if owners[payment.id] is span], store) for span in spans],
        [(payment.store_id, payment.id) for payment in payments if owners[payment.id] is None],
    )


def _is(reading: DeviceReading, direction: Literal["in", "out"]) -> bool:
    return isinstance(reading, Entry) and reading.direction == direction


def _order(reading: DeviceReading) -> tuple[int, int, str]:
    """By time; at one time entry in, then others by id, then entry out."""
    rank = 0 if _is(reading, "in") else 2 if _is(reading, "out") else 1
    return reading.ts, rank, reading.id


def _timed(readings: Iterable[DeviceReading]) -> list[Timed]:
    """Put a device's readings in order and give each the beginning of its presence and the silence before it (rule 0)."""
    ordered = sorted(readings, key=_order)
    timed = []
    for index, reading in enumerate(ordered):
        duration_s = None if isinstance(reading, Entry) else reading.duration_s
        unclipped = reading.ts - round((duration_s or 0) * SECOND)
        if index == 0:
            timed.append(Timed(reading, unclipped, 0))
        else:
            begin = max(unclipped, ordered[index - 1].ts)
            timed.append(Timed(reading, begin, begin - ordered[index - 1].ts))
    return timed


def _cut_into_visits(readings: Sequence[Timed], store: Store) -> list[Span]:
    """Cut a device's readings into visits (rules 1 to 4)."""
    spans: list[Span] = []
    rest = list(readings)
    while rest:
        inside = rest[: _length_of_visit(rest, store)]
        rest = rest[len(inside) :]
        grace: list[Timed] = []
        if _is(inside[-1].reading, "out"):
            while rest and not _is(rest[0].reading, "in") and rest[0].ts - inside[-1].ts <= store.exit_grace:
                grace.append(rest.pop(0))
        spans.append(Span(inside[0].reading.device_id, tuple(inside), tuple(grace)))
    return spans


def _length_of_visit(readings: Sequence[Timed], store: Store) -> int:
    """Count the readings of the visit that the first one opens: up to an exit (rule 3), or before too long a silence (rule 2)."""
    for index, timed in enumerate(readings):
        if index > 0 and timed.silence > store.visit_timeout:
            return index
        if _is(timed.reading, "out"):
            return index + 1
    return len(readings)


def _zone(reading: DeviceReading | Payment, layout: Layout) -> str | None:
    """Say in which zone a reading is (decision f)."""
    if reading.zone_id is not None:
        return reading.zone_id
    if isinstance(reading, Shelf):
        return next((shelf.zone_id for shelf in layout.shelves if shelf.shelf_id == reading.shelf_id), None)
    sensors = layout.gates if isinstance(reading, Entry) else layout.tills
    return next((sensor.zone_id for sensor in sensors if sensor.sensor_id == reading.sensor_id), None)


def _zones(readings: Sequence[Timed], store: Store) -> list[str | None]:
    """Say where the device is after each reading of a visit (rule 5, decision e)."""
    zones: list[str | None] = []
    for timed in readings:
        zone = _zone(timed.reading, store.layout)
        if zone is None and zones and timed.silence <= store.presence_gap:
            zone = zones[-1]
        zones.append(zone)
    return zones


class Presence(NamedTuple):
    """A time in one zone, or nowhere."""

    zone_id: str | None
    start: int
    end: int


def _presence(span: Span, store: Store) -> list[Presence]:
    """List where the device was, from the beginning of the visit to its last reading without a gap (rule 5)."""
    zones = _zones(span.readings, store)
    pieces = []
    for index, timed in enumerate(span.readings):
        if index > 0:
            before = span.readings[index - 1].ts
            pieces.append(Presence(zones[index - 1] if timed.silence <= store.presence_gap else None, before, timed.begin))
        pieces.append(Presence(zones[index], timed.begin, timed.ts))
    return pieces


def _stays(span: Span, store: Store) -> tuple[ExpectedStay, ...]:
    """Merge presence in one zone into stays (rule 6)."""
    stays = []
    for zone, pieces in groupby(_presence(span, store), key=lambda piece: piece.zone_id):
        run = list(pieces)
        if zone is not None:
            stays.append(ExpectedStay(zone, run[0].start, run[-1].end))
    return tuple(stays)


def _shelf_visits(span: Span, store: Store) -> tuple[ExpectedShelfVisit, ...]:
    """List the looks at shelves inside the visit (rule 7)."""
    return tuple(
        ExpectedShelfVisit(
            reading.id,
            reading.ts,
            reading.shelf_id,
            reading.action,
            reading.product_id,
            _zone(reading, store.layout),
            reading.duration_s,
        )
        for reading in (timed.reading for timed in span.readings)
        if isinstance(reading, Shelf)
    )


def _taken(shelf_visits: Iterable[ExpectedShelfVisit]) -> tuple[tuple[str, int], ...]:
    """Count what was kept of each product (rule 7)."""
    counts: dict[str, int] = defaultdict(int)
    for visit in shelf_visits:
        if visit.product_id is not None:
            counts[visit.product_id] += {"pickup": 1, "putback": -1, "view": 0}[visit.action]
    return tuple(sorted((product, count) for product, count in counts.items() if count > 0))


def _owner(payment: Payment, spans: Sequence[Span], store: Store) -> Span | None:
    """Say to which visit a payment belongs (rule 8)."""
    if payment.device_id is not None:
        return _claimant(payment.ts, [span for span in spans if span.device_id == payment.device_id], store)
    zone = _zone(payment, store.layout)
    present = [
        (stay.started_at, span.device_id, span.entered_at, index)
        for index, span in enumerate(spans)
        for stay in _stays(span, store)
        if stay.zone_id == zone and stay.started_at <= payment.ts <= stay.ended_at and span.device_id not in store.layout.staff_devices
    ]
    return spans[min(present)[-1]] if present else None


def _claimant(ts: int, spans: Sequence[Span], store: Store) -> Span | None:
    """Say which of a device's visits, in order, a payment of that device belongs to (decision h)."""
    for span, after in [*pairwise(spans), (spans[-1], None)] if spans else []:
        claim_end = span.left_at + (store.exit_grace if span.by_exit else store.visit_timeout)
        taken_over = after is not None and _is(after.readings[0].reading, "in") and after.entered_at <= ts
        if span.entered_at <= ts <= claim_end and not taken_over:
            return span
    return None


def _describe(span: Span, payments: Sequence[Payment], store: Store) -> ExpectedVisit:
    """Put together what is said of a visit (rules 6 to 9)."""
    stays = _stays(span, store)
    shelf_visits = _shelf_visits(span, store)
    types = {zone.zone_id: zone.type for zone in store.layout.zones}
    return ExpectedVisit(
        store_id=span.readings[0].reading.store_id,
        device_id=span.device_id,
        entered_at=span.entered_at,
        left_at=span.left_at,
        ended_by="exit" if span.by_exit else "timeout",
        n_readings=len(span.readings) + len(span.grace),
        stays=stays,
        shelf_visits=shelf_visits,
        taken=_taken(shelf_visits),
        payments=tuple(payment.id for payment in payments),
        basket_total=_total(payments),
        bounced=span.left_at - span.entered_at < store.bounce and not payments,
        pass_by=bool(stays) and all(types.get(stay.zone_id) == "outside" for stay in stays),
        is_staff=span.device_id in store.layout.staff_devices,
    )


def _total(payments: Sequence[Payment]) -> Decimal | None:
    """Add up payments of one currency (decision l)."""
    if len({payment.currency for payment in payments}) > 1:
        return None
    return sum((payment.amount for payment in payments), Decimal(0))


def from_visit(visit: Visit) -> ExpectedVisit:
    """Turn a visit of the engine into the form of the oracle, to compare the two; `visit_id` and `is_final` are left out."""
    shelf_visits = tuple(
        ExpectedShelfVisit(look.reading_id, look.ts, look.shelf_id, look.action, look.product_id, look.zone_id, look.duration_s)
        for look in visit.shelf_visits
    )
    return ExpectedVisit(
        store_id=visit.store_id,
        device_id=visit.device_id,
        entered_at=visit.entered_at,
        left_at=visit.left_at,
        ended_by=visit.ended_by,
        n_readings=visit.n_readings,
        stays=tuple(ExpectedStay(stay.zone_id, stay.started_at, stay.ended_at) for stay in visit.stays),
        shelf_visits=shelf_visits,
        taken=_taken(shelf_visits),
        payments=tuple(payment.id for payment in sorted(visit.payments, key=lambda payment: (payment.ts, payment.id))),
        basket_total=visit.basket_total,
        bounced=visit.bounced,
        pass_by=visit.pass_by,
        is_staff=visit.is_staff,
    )
