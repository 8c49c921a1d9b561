"""What is stored: visits with their parts, and the flush that brings them to the database in one transaction.

Times are integers, microseconds since 1970-01-01 UTC, as in `sensors.reading`; the writer turns them into `timestamptz`.
"""

from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from sensors.dead_letter import DeadLetter
from sensors.reading import SECOND, Payment, Reading

EndedBy = Literal["exit", "timeout"]
Priority = Literal["speed", "selection", "price", "recognition", "none"]

SignalKind = Literal["long_dwell", "zone_congested", "zone_cleared", "queue_long", "priority_changed", "abandoned_basket", "sensor_silent"]


class Stay(msgspec.Struct, frozen=True, gc=False):
    """A maximal run of presence in one zone (rule 6). A row of `stays`; its `seq` is its place in the visit, from 0."""

    zone_id: str
    started_at: int
    ended_at: int

    @property
    def dwell_s(self) -> float:
        """Seconds from start to end; 0 for a lone reading."""
        return (self.ended_at - self.started_at) / SECOND


class Facts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a visit's priority is judged by (`stream.priority`, `docs/priority.md`). Shares are from 0 to 1.

    Attributes:
        visit_s: seconds from the first presence to the last.
        shop_s: seconds in zones where one shops.
        touches: views, pickups and put-backs.
        stops: runs of touches of one shelf.
        shelves: different shelves touched.
        zones_per_min: stays in shopping zones in each minute of `shop_s`.
        stops_per_min: stops in each minute of `shop_s`.
        look_s: mean seconds of a view.
        coverage: share of the store's shopping zones that were visited.
        empty_stops: share of stops from which nothing was taken.
        returns: stops at a shelf that was left before, a stop.
        handled: stops with a product in the hand.
        compared: products in the hand beyond the first one, for each of those stops.
        put_backs: share of pickups that were put back.
        kept: products taken and not put back.
        promoted: share of the products kept that are promoted.
        priced: products kept from shelves on which not all cost the same.
        bargains: share of those that are promoted, or the cheapest of their shelf.
        cheaper: share of the stops with a product in the hand at which a product was put back and a cheaper one of the shelf kept.
        offers: share of stops at shelves with a promoted product.
        asked_s: seconds at service points before paying.
        served_s: seconds at service points in all.
        card: whether a payment named the device, as with a loyalty card: 1 or 0.
    """

    visit_s: float = 0.0
    shop_s: float = 0.0
    touches: int = 0
    stops: int = 0
    shelves: int = 0
    zones_per_min: float = 0.0
    stops_per_min: float = 0.0
    look_s: float = 0.0
    coverage: float = 0.0
    empty_stops: float = 0.0
    returns: float = 0.0
    handled: int = 0
    compared: float = 0.0
    put_backs: float = 0.0
    kept: int = 0
    promoted: float = 0.0
    priced: int = 0
    bargains: float = 0.0
    cheaper: float = 0.0
    offers: float = 0.0
    asked_s: float = 0.0
    served_s: float = 0.0
    card: int = 0


class Scores(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How much a visit says for each priority, from 0 to 1, and why. `enough` is false where the evidence is too thin to judge by."""

    speed: float
    selection: float
    price: float
    recognition: float
    enough: bool
    facts: Facts


class ShelfVisit(msgspec.Struct, frozen=True, gc=False):
    """A view, pickup or put-back inside a visit (rule 7). A row of `shelf_visits`."""

    reading_id: str
    ts: int
    shelf_id: str
    action: Literal["view", "pickup", "putback"]
    product_id: str | None
    zone_id: str | None
    duration_s: float | None


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One visit of one device (section 4). A row of `visits` with the rows that hang on it.

    While `ended_by` is None the visit is open, `left_at` is its last reading so far, and it has not bounced yet. `payments` are those that
    belong to it.
    """

    visit_id: str
    store_id: str
    device_id: str
    entered_at: int
    left_at: int
    ended_by: EndedBy | None
    n_readings: int
    stays: tuple[Stay, ...]
    shelf_visits: tuple[ShelfVisit, ...]
    payments: tuple[Payment, ...]
    bounced: bool
    pass_by: bool
    is_staff: bool
    is_final: bool
    priority: Priority | None = None
    """What the visit says the shopper values, a heuristic (`stream.priority`); None where it is not judged: staff and passers-by."""
    priority_scores: Scores | None = None

    @property
    def duration_s(self) -> float:
        """Seconds from `entered_at` to `left_at`."""
        return (self.left_at - self.entered_at) / SECOND

    @property
    def path(self) -> list[str]:
        """The zones of the stays in order, equal neighbours merged (rule 6)."""
        zones: list[str] = []
        for stay in self.stays:
            if not zones or zones[-1] != stay.zone_id:
                zones.append(stay.zone_id)
        return zones

    @property
    def converted(self) -> bool:
        """Whether at least one payment belongs to the visit (rule 9)."""
        return bool(self.payments)

    @property
    def currency(self) -> str | None:
        """The payments' currency; None without a payment or with several currencies."""
        currencies = {payment.currency for payment in self.payments}
        return currencies.pop() if len(currencies) == 1 else None

    @property
    def basket_total(self) -> Decimal | None:
        """The sum of the payments, 0 without one; None when they are in several currencies, which have no sum."""
        if self.payments and self.currency is None:
            return None
        return sum((payment.amount for payment in self.payments), Decimal(0))


class Removed(msgspec.Struct, frozen=True):
    """A visit that was stored and no longer exists, because an earlier reading gave it another start and so another id (rule 10)."""

    visit_id: str
    store_id: str
    entered_at: int


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """A moment that somebody should know of while it happens (`docs/signals.md`). A row of `signals`.

    Attributes:
        signal_id: the same for the same cause, however often it is told: UUIDv5 of kind, store, subject and `since`.
        store_id: the store.
        kind: what it is.
        since: when its cause began.
        at: when it became true: the threshold was reached.
        zone_id: the zone it is about.
        device_id: the device it is about.
        visit_id: the visit it is about.
        sensor_id: the sensor it is about.
        value: what was measured at that moment, in the unit that the kind says.
        threshold: the limit that it reached, in the same unit.
        message: a sentence for people.
    """

    signal_id: str
    store_id: str
    kind: SignalKind
    since: int
    at: int
    zone_id: str | None = None
    device_id: str | None = None
    visit_id: str | None = None
    sensor_id: str | None = None
    value: float
    threshold: float
    message: str


class StoredReading(msgspec.Struct, frozen=True, gc=False):
    """A reading on its way into `readings`, and whether it came later than `lateness_s` behind its store's time."""

    reading: Reading
    is_late: bool


class Count(msgspec.Struct, frozen=True):
    """What came of one store in one hour of `received_at`: a summand of `accounting`.

    `received` is counted at the door, record by record; `duplicate` where the engine decides; stored and rejected rows are counted in
    their tables. So `received = stored + duplicate + rejected` compares independent counts.
    """

    store_id: str
    hour: int
    received: int
    duplicate: int


class Clock(msgspec.Struct, frozen=True):
    """A store's time: the largest `ts` seen, never ahead of the `received_at` it came with (section 4).

    `told_by` is the fingerprint of the plan by which its visits and signals are told since then; None: unknown.
    """

    store_id: str
    store_time: int
    told_by: str | None = None


class Advance(msgspec.Struct, frozen=True):
    """One partition's progress: records before `next_offset` are covered by this flush.

    `expected` is the stored offset that the writer believes in (None: no row yet). Another value in the database means that another
    worker owns the partition; the flush is then refused as a whole.

    Attributes:
        topic: the Kafka topic.
        partition: its partition.
        life: which life of the topic the offsets belong to (cluster id and topic id); offsets of another life are worth nothing.
        expected: the next offset that the database should hold before this flush.
        next_offset: the next offset that it holds after it.
        expected_at: when that row should have been written last, as a flush may leave the offset as it is; None: whenever.
    """

    topic: str
    partition: int
    life: str
    expected: int | None
    next_offset: int
    expected_at: datetime | None = None


class Flush(msgspec.Struct, kw_only=True):
    """All that one transaction brings to the database."""

    advance: Advance
    readings: list[StoredReading] = []
    visits: list[Visit] = []
    before: dict[str, Visit] = {}
    """How visits among these stand in the database, by id, where that is known: only what differs of them is written."""
    removed: list[Removed] = []
    payments: list[tuple[Payment, str | None]] = []
    """Payments whose attribution is new or changed, with the visit they belong to (None: unattributed)."""
    rejected: list[DeadLetter] = []
    counts: list[Count] = []
    clocks: list[Clock] = []
    signals: list[Signal] = []
    signals_gone: list[Signal] = []
    """Signals as they were stored, whose cause is no more; one that moved is among both."""
