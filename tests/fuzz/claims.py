"""What must hold of any message, and of any Kafka record. Written without the code that it is about, as far as that goes."""

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from math import isfinite
from typing import Any

import msgspec

from sensors.dead_letter import DeadLetter
from sensors.decode import Decoded, decode
from sensors.lanes import Delivery, Lanes, Record
from sensors.layout import Layout
from sensors.reading import KAFKA_BATCH, KAFKA_ENCODER, Item, Reading, Sighting
from sensors.refused import REASONS
from sensors.topics import READINGS, REJECTED
from storage.model import Flush
from storage.reading_rows import reading_row, rejected_row
from stream.journey import Plan
from stream.partition import Partition

KAFKA_TAKES = 1 << 20
"""Bytes of a record that Kafka takes where nobody configured otherwise; some hundred are the record's own."""

AHEAD = 300_000_000
LATEST = 253_402_300_799_000_000
"""The end of the year 9999, microseconds since 1970."""

LIMITS = {"duration_s": (0, 86_400), "rssi_dbm": (-200, 100), "distance_m": (0, 1_000_000)}
WORDS = {
    "direction": {"in", "out"},
    "action": {"view", "pickup", "putback"},
    "state": {"online", "alive", "offline"},
}


def check_message(payload: bytes, topic: str | None, received_at: int) -> tuple[Counter[str], list[Record]]:
    """Decode a message, and hold what comes of it to what is promised.

    Returns:
        How many of each came of it (`reading`, `sighting`, or the reason of a dead letter), and the records that go to Kafka.
    """
    decoded = decode(payload, topic=topic, received_at=received_at)
    _check_accounting(payload, decoded)
    for one in (*decoded.readings, *decoded.sightings):
        assert one.received_at == received_at
        assert one.ts <= received_at + AHEAD
        _check_reading(one)
    for letter in decoded.rejected:
        assert letter.reason in REASONS
        assert letter.detail
        _check_texts(letter)
    assert KAFKA_BATCH.decode(KAFKA_ENCODER.encode(decoded.readings)) == decoded.readings
    counts = Counter({"reading": len(decoded.readings), "sighting": len(decoded.sightings)})
    counts.update(letter.reason for letter in decoded.rejected)
    return counts, list(_records(decoded, len(payload)))


def _check_accounting(payload: bytes, decoded: Decoded) -> None:
    """Each element is one reading, one sighting or one dead letter; or the whole message is one dead letter."""
    total = sum(len(things) for things in decoded)
    if any(letter.position is None for letter in decoded.rejected):
        assert total == 1
        return
    positions = [letter.position for letter in decoded.rejected]
    assert len(set(positions)) == len(positions)
    assert all(position in range(total) for position in positions)
    if (expected := _elements(payload)) is not None:
        assert total == expected


def _elements(payload: bytes) -> int | None:
    """How many elements Python's own decoder finds; None: it finds no JSON (it is told to refuse what JSON has not)."""
    try:
        said = json.loads(payload.decode("utf-8-sig"), parse_constant=_no_json, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    return len(said) if isinstance(said, list) else 1


def _no_json(name: str) -> Any:
    raise ValueError(name)


def _check_reading(one: Reading | Sighting | Item) -> None:
    """Every field is in bounds."""
    _check_texts(one, longest=256)
    for name, value in _fields(one):
        if name in {"ts", "received_at"}:
            assert isinstance(value, int)
            assert 0 <= value <= LATEST
        elif name in LIMITS and value is not None:
            assert isfinite(value)
            assert LIMITS[name][0] <= value <= LIMITS[name][1]
        elif name in WORDS:
            assert value in WORDS[name]
        elif name == "currency":
            assert len(value) == 3
            assert all("A" <= letter <= "Z" for letter in value)
        elif isinstance(value, Decimal):
            assert abs(value) < 10**12
            assert value * 10**4 == int(value * 10**4)
        elif name == "items":
            for item in value:
                _check_reading(item)


def _check_texts(one: msgspec.Struct, longest: int = 1 << 20) -> None:
    """Texts are such as UTF-8 and PostgreSQL can hold, and none is empty."""
    for _, value in _fields(one):
        if isinstance(value, str):
            assert len(value) <= longest
            assert value or isinstance(one, DeadLetter)
            assert b"\0" not in value.encode()


def _fields(one: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    yield from ((name, getattr(one, name)) for name in one.__struct_fields__)


def _records(decoded: Decoded, n_bytes: int) -> Iterator[Record]:
    """Have the bridge's lanes make records of it: all of it, and none is too large for Kafka."""
    lanes, delivery = Lanes(), Delivery(1, 1, n_bytes)
    lanes.add(delivery, decoded)
    n_elements = 0
    while not lanes.empty:
        for record in lanes.ready(0.0):
            assert len(record.value) + len(record.key or b"") < KAFKA_TAKES - 1024
            n_elements += record.n_elements
            yield record
            lanes.done(record)
    assert n_elements == sum(len(things) for things in decoded)
    assert list(lanes.settled()) == [delivery]


class Taken:
    """A worker's partitions of both topics, one record after the other; each must be accounted for.

    Args:
        now: what time it is at first, in microseconds since 1970; it goes on by a second a record.
    """

    def __init__(self, now: int) -> None:
        self._now = now
        self._partitions = {topic: Partition(topic, 0, "fuzz", None, _plan) for topic in (READINGS, REJECTED)}

    def take(self, topic: str, key: bytes | None, value: bytes) -> Flush:
        """Take in a record and flush; return the flush."""
        partition = self._partitions[topic]
        self._now += 1_000_000
        accept = partition.accept_dead_letter if topic == REJECTED else partition.accept_readings
        assert accept(partition.next_offset, value, self._now, key)
        partition.pass_time(self._now)
        for store_id, late in partition.take_late().items():
            partition.settle_late(store_id, late, set())
        flush = partition.flush()
        assert flush is not None
        received = sum(count.received for count in flush.counts)
        assert received == len(flush.readings) + sum(count.duplicate for count in flush.counts) + len(flush.rejected)
        for stored in flush.readings:
            _check_reading(stored.reading)
            _check_row(reading_row(stored))
        for letter in flush.rejected:
            _check_row(rejected_row(letter))
        msgspec.json.encode([flush.visits, flush.signals, flush.clocks, flush.removed])
        return flush


def _plan(store_id: str) -> Plan:
    return Plan.of(Layout(store_id=store_id))


def _check_row(row: tuple[Any, ...]) -> None:
    for value in row:
        if isinstance(value, str):
            assert b"\0" not in value.encode()
        elif isinstance(value, int):
            assert -(1 << 63) <= value < 1 << 63
