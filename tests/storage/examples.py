"""Plain examples for tests that are not about the values: a store `s1` on an ordinary day."""

from decimal import Decimal
from uuid import UUID

from msgspec import structs

from sensors.reading import SECOND, Dwell, Item, Payment
from storage.model import Advance, Facts, Scores, ShelfVisit, Stay, StoredReading, Visit

DAY = 1_790_000_000 * SECOND // (3600 * SECOND) * (3600 * SECOND)
"""A full hour in 2026, in microseconds since 1970."""

HOUR = 3600 * SECOND
TOPIC = "instore.readings"

WRITTEN = [
    "readings",
    "rejected_readings",
    "visits",
    "stays",
    "shelf_visits",
    "payments",
    "payment_items",
    "ingest_offsets",
    "store_clocks",
    "ingest_counts",
    "stores",
]
"""The tables that a flush writes to."""


def step(expected: int | None, next_offset: int, partition: int = 0, life: str = "life-1", topic: str = TOPIC) -> Advance:
    """One partition's progress."""
    return Advance(topic, partition, life, expected, next_offset)


def dwell(number: int, store_id: str = "s1", at: int = DAY, *, is_late: bool = False) -> StoredReading:
    """The reading with this number: a second after the one before, received half a second later."""
    ts = at + number * SECOND
    reading = Dwell(
        id=f"r{number}",
        store_id=store_id,
        sensor_id="gw-1",
        ts=ts,
        received_at=ts + SECOND // 2,
        device_id=f"band-{number % 7}",
        zone_id="dairy",
    )
    return StoredReading(reading, is_late=is_late)


def payment(number: int, store_id: str = "s1", at: int = DAY) -> Payment:
    """The payment with this number, of 2.50 EUR for two lines."""
    ts = at + number * SECOND
    return Payment(
        id=f"p{number}",
        store_id=store_id,
        sensor_id="till-1",
        ts=ts,
        received_at=ts + 1,
        receipt_id=f"receipt-{number}",
        amount=Decimal("2.50"),
        currency="EUR",
        items=[
            Item(product_id="milk", quantity=Decimal(1), unit_price=Decimal("1.19")),
            Item(product_id="bread", quantity=Decimal("0.5"), unit_price=Decimal("2.62")),
        ],
    )


def visit(number: int, store_id: str = "s1", n_stays: int = 3, *, is_final: bool = False, payments: tuple[Payment, ...] = ()) -> Visit:
    """The visit with this number, begun a minute after the one before, of stays of ten seconds."""
    begun = DAY + number * 60 * SECOND
    stays = tuple(Stay(f"zone-{i}", begun + i * 10 * SECOND, begun + (i + 1) * 10 * SECOND) for i in range(n_stays))
    return Visit(
        visit_id=str(UUID(int=number)),
        store_id=store_id,
        device_id=f"band-{number}",
        entered_at=begun,
        left_at=begun + n_stays * 10 * SECOND,
        ended_by="exit" if is_final else None,
        n_readings=n_stays,
        stays=stays,
        shelf_visits=(ShelfVisit(f"shelf-{number}", begun + SECOND, "dairy-1", "pickup", "milk", None, 1.5),),
        payments=payments,
        bounced=False,
        pass_by=False,
        is_staff=False,
        is_final=is_final,
    )


def longer(visit_: Visit, by: int, more: int = 1) -> Visit:
    """The same visit after so many microseconds and readings more in its last stay."""
    stays = visit_.stays
    if stays:
        stays = (*stays[:-1], structs.replace(stays[-1], ended_at=stays[-1].ended_at + by))
    return structs.replace(visit_, left_at=visit_.left_at + by, n_readings=visit_.n_readings + more, stays=stays)


def scores(*, speed: float = 0.0, price: float = 0.0, card: int = 0, enough: bool = True) -> Scores:
    """Scores of a visit with hardly a fact."""
    return Scores(speed=speed, selection=0.0, price=price, recognition=0.0, enough=enough, facts=Facts(visit_s=90.5, card=card))
