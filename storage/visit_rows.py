"""How visits and what happens in them stand in their tables: pure, between our structs and rows.

On their way in, rows are objects of a JSON array (`json_to_recordset`), with times in microseconds since 1970 for `instore.at`. On their
way out they are tuples in the order of the queries named, with times in microseconds since 2000, as PostgreSQL sends them.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from sys import intern

import msgspec

from sensors.reading import Item, Payment
from storage.model import Scores, ShelfVisit, Signal, Stay, Visit
from storage.reading_rows import PG_EPOCH, Row

_encode = msgspec.json.Encoder().encode
_decode_scores = msgspec.json.Decoder(Scores).decode
_decode_items = msgspec.json.Decoder(list[Item]).decode


def as_json(rows: Iterable[object]) -> str:
    """Rows for `json_to_recordset`: one parameter for any number of them, cheap to make."""
    return _encode(list(rows)).decode()


def visit_row(visit: Visit) -> dict[str, object]:
    """Lay out a visit for `upsert_visits.sql`."""
    return {
        "visit_id": visit.visit_id,
        "store_id": visit.store_id,
        "device_id": visit.device_id,
        "entered_at": visit.entered_at,
        "left_at": visit.left_at,
        "ended_by": visit.ended_by,
        "duration_s": visit.duration_s,
        "n_readings": visit.n_readings,
        "path": visit.path,
        "basket_total": visit.basket_total,
        "currency": visit.currency,
        "converted": visit.converted,
        "bounced": visit.bounced,
        "pass_by": visit.pass_by,
        "is_staff": visit.is_staff,
        "priority": visit.priority,
        "priority_scores": visit.priority_scores,
        "is_final": visit.is_final,
    }


def stay_rows(visit: Visit, first: int = 0) -> Iterator[dict[str, object]]:
    """Lay out its stays, from the one at place `first` on, for `replace_stays.sql`."""
    seen = {stay.zone_id for stay in visit.stays[:first]}
    before = visit.stays[first - 1] if first else None
    stays = visit.stays[first:]
    for seq, (stay, after) in enumerate(zip_longest(stays, stays[1:]), first):
        paid = [one.ts for one in visit.payments if stay.started_at <= one.ts and (after is None or one.ts < after.started_at)]
        yield {
            "visit_id": visit.visit_id,
            "seq": seq,
            "store_id": visit.store_id,
            "device_id": visit.device_id,
            "zone_id": stay.zone_id,
            "started_at": stay.started_at,
            "ended_at": stay.ended_at,
            "dwell_s": stay.dwell_s,
            "is_staff": visit.is_staff,
            "is_open": visit.ended_by is None and after is None,
            "is_first": stay.zone_id not in seen,
            "from_zone_id": None if before is None else before.zone_id,
            "paid_at": min(paid, default=None),
        }
        seen.add(stay.zone_id)
        before = stay


def shelf_visit_rows(visit: Visit, since: int = 0) -> Iterator[dict[str, object]]:
    """Lay out its shelf visits, from that time on, for `replace_shelf_visits.sql`."""
    bought = {item.product_id for payment in visit.payments for item in payment.items}
    for one in visit.shelf_visits:
        if one.ts < since:
            continue
        yield {
            "visit_id": visit.visit_id,
            "store_id": visit.store_id,
            "device_id": visit.device_id,
            **msgspec.structs.asdict(one),
            "is_staff": visit.is_staff,
            "is_bought": one.product_id in bought,
        }


def payment_row(payment: Payment, visit_id: str | None) -> dict[str, object]:
    """Lay out a payment for `upsert_payments.sql`."""
    return {
        "store_id": payment.store_id,
        "reading_id": payment.id,
        "ts": payment.ts,
        "received_at": payment.received_at,
        "sensor_id": payment.sensor_id,
        "zone_id": payment.zone_id,
        "device_id": payment.device_id,
        "visit_id": visit_id,
        "receipt_id": payment.receipt_id,
        "amount": payment.amount,
        "currency": payment.currency,
    }


def item_rows(payment: Payment) -> Iterator[dict[str, object]]:
    """Lay out its lines for `insert_payment_items.sql`."""
    for line_no, item in enumerate(payment.items, 1):
        yield {
            "store_id": payment.store_id,
            "reading_id": payment.id,
            "ts": payment.ts,
            "line_no": line_no,
            **msgspec.structs.asdict(item),
        }


def visit_of(row: Row, stays: Sequence[Stay], shelf_visits: Sequence[ShelfVisit], payments: Sequence[Payment]) -> Visit:
    """Put a visit together from its row, as the queries of visits give it, and from what hangs on it."""
    return Visit(
        visit_id=row[0],
        store_id=row[1],
        device_id=row[2],
        entered_at=row[3] + PG_EPOCH,
        left_at=row[4] + PG_EPOCH,
        ended_by=row[5],
        n_readings=row[6],
        bounced=row[7],
        pass_by=row[8],
        is_staff=row[9],
        is_final=row[10],
        priority=row[11],
        priority_scores=None if row[12] is None else _decode_scores(row[12]),
        stays=tuple(stays),
        shelf_visits=tuple(shelf_visits),
        payments=tuple(payments),
    )


def stay_of(row: Row) -> Stay:
    """Turn a row of `stays_of_visits.sql` back; its first column is the visit."""
    return Stay(row[1], row[2] + PG_EPOCH, row[3] + PG_EPOCH)


def stays_of(row: Row) -> tuple[Stay, ...]:
    """Turn a row of `stays_since.sql` back: all stays of a visit."""
    _, zones, starts, ends = row
    return tuple(map(Stay, map(intern, zones), map(PG_EPOCH.__add__, starts), map(PG_EPOCH.__add__, ends)))


def shelf_visits_of(row: Row) -> tuple[ShelfVisit, ...]:
    """Turn a row of `shelf_visits_since.sql` back: all shelf visits of a visit."""
    _, ids, times, *others = row
    return tuple(map(ShelfVisit, ids, map(PG_EPOCH.__add__, times), *others))


def shelf_visit_of(row: Row) -> ShelfVisit:
    """Turn a row of `shelf_visits_of_visits.sql` back; its first column is the visit."""
    return ShelfVisit(row[1], row[2] + PG_EPOCH, *row[3:])


def payment_of(row: Row) -> Payment:
    """Turn a row of `payments_of_visits.sql` back; its first column is the visit."""
    return Payment(
        id=row[1],
        store_id=row[2],
        sensor_id=row[3],
        ts=row[4] + PG_EPOCH,
        received_at=row[5] + PG_EPOCH,
        device_id=row[6],
        zone_id=row[7],
        receipt_id=row[8],
        amount=row[9],
        currency=row[10],
        items=_decode_items(row[11]),
    )


def signal_of(row: Row) -> Signal:
    """Turn a row of the queries of signals back."""
    return Signal(
        signal_id=row[0],
        store_id=row[1],
        kind=row[2],
        since=row[4 if row[3] is None else 3] + PG_EPOCH,
        at=row[4] + PG_EPOCH,
        zone_id=row[5],
        device_id=row[6],
        visit_id=row[7],
        sensor_id=row[8],
        value=row[9],
        threshold=row[10],
        message=row[11],
    )
