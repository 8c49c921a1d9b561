"""The two written forms of a visit: a value of `instore.visits` (integer times) and a line of `instore reconstruct` (times as text)."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from sensors.reading import Item, Payment, rfc3339
from storage.model import ShelfVisit, Signal, Visit

_ENCODER = msgspec.json.Encoder()

CENTS = -2
"""The last decimal of money that is always written, as an exponent of ten; finer ones where they are not 0."""


class _Stay(msgspec.Struct, gc=False):
    """A stay as it is written."""

    seq: int
    zone_id: str
    started_at: int | str
    ended_at: int | str
    dwell_s: float


def visit_message(visit: Visit) -> bytes:
    """Write a visit for Kafka: times are integers, microseconds since 1970."""
    return _ENCODER.encode(_visit(visit, int, visit.shelf_visits))


def signal_message(signal: Signal, *, retracted: bool = False) -> bytes:
    """Write a signal for Kafka, with integer times; or that its cause is no more, and it is to be forgotten."""
    measured = {"value": float(signal.value), "threshold": float(signal.threshold)}  # as the database gives them back
    return _ENCODER.encode({**msgspec.structs.asdict(signal), **measured, "retracted": retracted})


def visit_line(visit: Visit) -> bytes:
    """Write a visit for people and files: one line of JSON, times are RFC 3339 in UTC, with the newline."""
    shelf_visits = [{**msgspec.structs.asdict(one), "ts": rfc3339(one.ts)} for one in visit.shelf_visits]
    return _ENCODER.encode(_visit(visit, rfc3339, shelf_visits)) + b"\n"


def _visit(visit: Visit, time: Callable[[int], int | str], shelf_visits: Sequence[Any]) -> dict[str, Any]:
    return {
        "visit_id": visit.visit_id,
        "store_id": visit.store_id,
        "device_id": visit.device_id,
        "entered_at": time(visit.entered_at),
        "left_at": time(visit.left_at),
        "ended_by": visit.ended_by,
        "duration_s": visit.duration_s,
        "n_readings": visit.n_readings,
        "path": visit.path,
        "basket_total": None if visit.basket_total is None else _plain(visit.basket_total, CENTS),
        "currency": visit.currency,
        "converted": visit.converted,
        "bounced": visit.bounced,
        "pass_by": visit.pass_by,
        "is_staff": visit.is_staff,
        "priority": visit.priority,
        "priority_scores": visit.priority_scores,
        "is_final": visit.is_final,
        "stays": [
            _Stay(seq, stay.zone_id, time(stay.started_at), time(stay.ended_at), stay.dwell_s) for seq, stay in enumerate(visit.stays)
        ],
        "shelf_visits": shelf_visits,
        "taken": taken(visit.shelf_visits),
        "payments": [_payment(payment, time) for payment in visit.payments],
    }


def taken(shelf_visits: tuple[ShelfVisit, ...]) -> dict[str, int]:
    """Count what was taken of each product: pickups less put-backs (rule 7); products of which nothing was taken are left out."""
    counts: dict[str, int] = {}
    for touch in shelf_visits:
        if touch.product_id is not None and touch.action != "view":
            counts[touch.product_id] = counts.get(touch.product_id, 0) + (1 if touch.action == "pickup" else -1)
    return {product: count for product, count in sorted(counts.items()) if count > 0}


def _payment(payment: Payment, time: Callable[[int], int | str]) -> dict[str, Any]:
    return {
        "reading_id": payment.id,
        "ts": time(payment.ts),
        "sensor_id": payment.sensor_id,
        "device_id": payment.device_id,
        "zone_id": payment.zone_id,
        "receipt_id": payment.receipt_id,
        "amount": _plain(payment.amount, CENTS),
        "currency": payment.currency,
        "items": [_item(item) for item in payment.items],
    }


def _item(item: Item) -> dict[str, str | Decimal]:
    return {"product_id": item.product_id, "quantity": _plain(item.quantity, 0), "unit_price": _plain(item.unit_price, CENTS)}


def _plain(value: Decimal, last: int) -> Decimal:
    """Write equal numbers equally: the database gives 1.5000 back for 1.50."""
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int), "money is finite"
    return value.quantize(Decimal(1).scaleb(min(exponent, last)))
