"""How readings and dead letters stand in their tables: pure, between our structs and the rows of a binary COPY.

Times go as raw integers, because a binary `timestamptz` is one: microseconds since 2000-01-01. That is exact, and spares a
`datetime` for every value; `jsonb` likewise is a version byte and text. Each column's COPY type says so below.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from sensors.dead_letter import DeadLetter
from sensors.reading import MAX_TEXT, SECOND, Dwell, Entry, Item, Payment, Reading, Shelf, Status
from storage.model import StoredReading

PG_EPOCH = 946_684_800 * SECOND
"""2000-01-01 UTC, from which PostgreSQL counts, in microseconds since 1970."""

READING_COLUMNS: dict[str, str] = {
    "ts": "int8",
    "received_at": "int8",
    "is_late": "bool",
    "kind": "text",
    "store_id": "text",
    "sensor_id": "text",
    "id": "text",
    "device_id": "text",
    "zone_id": "text",
    "duration_s": "float8",
    "rssi_dbm": "float8",
    "direction": "text",
    "shelf_id": "text",
    "action": "text",
    "product_id": "text",
    "state": "text",
    "receipt_id": "text",
    "amount": "numeric",
    "currency": "text",
    "items": "bytea",
}
"""Columns of `readings` in the order of our rows, and as what each is sent."""

REJECTED_COLUMNS: dict[str, str] = {
    "received_at": "int8",
    "id": "text",
    "source": "text",
    "position": "int4",
    "store_id": "text",
    "sensor_id": "text",
    "kind": "text",
    "reason": "text",
    "detail": "text",
    "raw": "bytea",
}
"""The same for `rejected_readings`."""

Row = tuple[Any, ...]

_JSONB_VERSION = b"\x01"
_encode_items = msgspec.json.Encoder(decimal_format="number").encode
_decode_items = msgspec.json.Decoder(list[Item]).decode


def reading_row(stored: StoredReading) -> Row:
    """Lay out a reading in the order of `READING_COLUMNS`."""
    reading = stored.reading
    kind, own = _OWN_COLUMNS[type(reading)]
    common = (reading.ts - PG_EPOCH, reading.received_at - PG_EPOCH, stored.is_late, kind, reading.store_id, reading.sensor_id, reading.id)
    return common + own(reading)


def reading_of(row: Row) -> StoredReading:
    """Turn a row in that order back; its times are integers as they were sent, its items text."""
    return StoredReading(_READERS[row[3]](row, row[0] + PG_EPOCH, row[1] + PG_EPOCH), is_late=row[2])


def rejected_row(letter: DeadLetter) -> Row:
    """Lay out a dead letter in the order of `REJECTED_COLUMNS`: its texts made fit for a text column, its bytes as they are."""
    return (
        letter.received_at - PG_EPOCH,
        storable(letter.id),
        storable(letter.source),
        letter.position,
        None if letter.store_id is None else storable_id(letter.store_id),
        None if letter.sensor_id is None else storable(letter.sensor_id),
        None if letter.kind is None else storable(letter.kind),
        storable(letter.reason),
        storable(letter.detail),
        letter.raw,
    )


def storable(text: str) -> str:
    """Replace what PostgreSQL's text cannot hold: NUL, and halves of surrogate pairs."""
    return text.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def storable_id(text: str) -> str:
    """The same for the id of a store that nobody checked: no longer than the ids that are, so that it fits into an index."""
    return storable(text[:MAX_TEXT])


def _entry(reading: Entry) -> Row:
    return (reading.device_id, reading.zone_id, None, None, reading.direction, None, None, None, None, None, None, None, None)


def _dwell(reading: Dwell) -> Row:
    return (reading.device_id, reading.zone_id, reading.duration_s, reading.rssi_dbm, *_NONE_9)


def _shelf(reading: Shelf) -> Row:
    own = (reading.shelf_id, reading.action, reading.product_id)
    return (reading.device_id, reading.zone_id, reading.duration_s, None, None, *own, None, None, None, None, None)


def _payment(reading: Payment) -> Row:
    items = _JSONB_VERSION + _encode_items(reading.items)
    own = (reading.receipt_id, reading.amount, reading.currency, items)
    return (reading.device_id, reading.zone_id, None, None, None, None, None, None, None, *own)


def _status(reading: Status) -> Row:
    return (None, None, None, None, None, None, None, None, reading.state, None, None, None, None)


_NONE_9 = (None,) * 9

_OWN_COLUMNS: dict[type[Reading], tuple[str, Callable[[Any], Row]]] = {
    Entry: ("entry", _entry),
    Dwell: ("dwell", _dwell),
    Shelf: ("shelf", _shelf),
    Payment: ("payment", _payment),
    Status: ("status", _status),
}


def _read_entry(row: Row, ts: int, received_at: int) -> Entry:
    return Entry(
        id=row[6], store_id=row[4], sensor_id=row[5], ts=ts, received_at=received_at, device_id=row[7], zone_id=row[8], direction=row[11]
    )


def _read_dwell(row: Row, ts: int, received_at: int) -> Dwell:
    return Dwell(
        id=row[6],
        store_id=row[4],
        sensor_id=row[5],
        ts=ts,
        received_at=received_at,
        device_id=row[7],
        zone_id=row[8],
        duration_s=row[9],
        rssi_dbm=row[10],
    )


def _read_shelf(row: Row, ts: int, received_at: int) -> Shelf:
    return Shelf(
        id=row[6],
        store_id=row[4],
        sensor_id=row[5],
        ts=ts,
        received_at=received_at,
        device_id=row[7],
        zone_id=row[8],
        duration_s=row[9],
        shelf_id=row[12],
        action=row[13],
        product_id=row[14],
    )


def _read_payment(row: Row, ts: int, received_at: int) -> Payment:
    return Payment(
        id=row[6],
        store_id=row[4],
        sensor_id=row[5],
        ts=ts,
        received_at=received_at,
        device_id=row[7],
        zone_id=row[8],
        receipt_id=row[16],
        amount=row[17],
        currency=row[18],
        items=_decode_items(row[19]),
    )


def _read_status(row: Row, ts: int, received_at: int) -> Status:
    return Status(id=row[6], store_id=row[4], sensor_id=row[5], ts=ts, received_at=received_at, state=row[15])


_READERS: dict[str, Callable[[Row, int, int], Reading]] = {
    "entry": _read_entry,
    "dwell": _read_dwell,
    "shelf": _read_shelf,
    "payment": _read_payment,
    "status": _read_status,
}
