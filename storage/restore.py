"""Reads back what a worker needs to take up a partition where another left off, and what a reconciliation compares.

Each function takes a connection that the caller opened (`storage.connect`), and raises `DatabaseAway` where the world is at fault.
Times go in and come out in microseconds since 1970, but for `flushed_at`, which is a time of the database.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

import msgspec
import psycopg
from psycopg import Connection, Cursor, ServerCursor
from psycopg.pq import Format

from sensors.reading import Payment, to_datetime
from storage.errors import translated
from storage.model import Clock, ShelfVisit, Signal, Stay, StoredReading, Visit
from storage.reading_rows import PG_EPOCH, Row, reading_of
from storage.sql import query
from storage.visit_rows import payment_of, shelf_visit_of, shelf_visits_of, signal_of, stay_of, stays_of, visit_of

_signals = msgspec.json.Decoder(list[Signal]).decode

AT_ONCE = 5_000
"""Readings in memory at once while they are read back."""

_VISITS_AT_ONCE = 1_000

Part = TypeVar("Part", Stay, ShelfVisit, Payment)


class StoredOffset(msgspec.Struct, frozen=True):
    """Where a partition is in the database.

    Attributes:
        life: which life of the topic the offset belongs to.
        next_offset: records before it are stored.
        flushed_at: when the last flush was written; the visits it wrote have it as `updated_at`.
        removed: the visits that the last flush removed.
        retracted: the signals that it took back.
    """

    life: str
    next_offset: int
    flushed_at: datetime
    removed: list[str]
    retracted: list[Signal] = []


@translated()
def offsets(connection: Connection, topic: str) -> dict[int, StoredOffset]:
    """Where each partition of a topic is, by its number."""
    rows = connection.execute(query("offsets_of_topic"), {"topic": topic}).fetchall()
    return {
        number: StoredOffset(life, next_offset, at.astimezone(UTC), removed, _signals(retracted))
        for number, life, next_offset, at, removed, retracted in rows
    }


@translated()
def clocks(connection: Connection, topic: str, partition: int) -> list[Clock]:
    """The times of the stores whose readings come by that partition."""
    rows = read_rows(connection, "clocks_of_partition", {"topic": topic, "partition": partition})
    return [Clock(store_id, at + PG_EPOCH, told_by) for store_id, at, told_by in rows]


@translated()
def clock(connection: Connection, store_id: str) -> Clock | None:
    """The time of one store; None where nothing of it was stored."""
    rows = read_rows(connection, "clock_of_store", {"store_id": store_id})
    return Clock(rows[0][0], rows[0][1] + PG_EPOCH, rows[0][2]) if rows else None


@translated()
def kept_since(connection: Connection) -> int:
    """Since when all readings are there, and all that is told from them; 0 where nothing was deleted."""
    [(since,)] = read_rows(connection, "kept_since", {})
    return 0 if since is None else max(0, since + PG_EPOCH)


@translated()
def live_floor(connection: Connection, store_id: str, horizon: int) -> int:
    """When the oldest visit of a store began that is not final or ended at `horizon` or later; never after `horizon`.

    What came since the horizon counts also where no visit is that old: a payment may still find its visit, an id may come again.
    """
    [(floor,)] = read_rows(connection, "live_floor", {"store_id": store_id, "horizon": horizon})
    return horizon if floor is None else min(horizon, floor + PG_EPOCH)


def readings_since(connection: Connection, store_id: str, since: int) -> Iterator[list[StoredReading]]:
    """Read a store's readings from a time on, late ones too, in order of `ts`, a few thousand at a time.

    A transaction stays open on the connection until the last of them, or until the iterator is closed.
    """
    with translated(), connection.transaction(), _micros(connection.cursor(f"readings_{uuid4().hex}")) as cursor:
        cursor.execute(query("readings_since"), {"store_id": store_id, "since": since}, binary=True)
        while rows := cursor.fetchmany(AT_ONCE):
            yield list(map(reading_of, rows))


@translated()
def live_visits(connection: Connection, store_id: str, since: int) -> list[Visit]:
    """The visits of a store that may still change, or ended at a time or later, by device and beginning.

    They are most of what happened since the first of them began, so what hangs on them is read by time: faster than visit by visit.
    """
    rows = read_rows(connection, "live_visits", {"store_id": store_id, "since": since})
    scope = {"store_id": store_id, "since": min((row[3] for row in rows), default=0) + PG_EPOCH}
    stays = {row[0]: stays_of(row) for row in read_rows(connection, "stays_since", scope)}
    shelf_visits = {row[0]: shelf_visits_of(row) for row in read_rows(connection, "shelf_visits_since", scope)}
    payments = _payments_of(connection, [row for row in rows if row[-1]])
    return [visit_of(row, stays.get(row[0], ()), shelf_visits.get(row[0], ()), payments.get(row[0], ())) for row in rows]


def _payments_of(connection: Connection, rows: list[Row]) -> dict[str, list[Payment]]:
    """The payments of the visits of these rows, by visit."""
    found: dict[str, list[Payment]] = {}
    for start in range(0, len(rows), _VISITS_AT_ONCE):
        found |= _by_visit(read_rows(connection, "payments_of_visits", _scope(rows[start : start + _VISITS_AT_ONCE])), payment_of)
    return found


@translated()
def ids_since(connection: Connection, store_id: str, since: int) -> list[str]:
    """The ids of a store's readings from a time on."""
    return [row[0] for row in read_rows(connection, "ids_since", {"store_id": store_id, "since": since})]


@translated()
def sensors_since(connection: Connection, store_id: str, since: int, within: int) -> list[tuple[str, int]]:
    """When the sensors of a store were heard from a time on: so many moments of each that no gap between two of its readings is missing.

    Readings that lie between two others may be left out, where all three are within `within` microseconds.
    """
    rows = read_rows(connection, "sensors_since", {"store_id": store_id, "since": since, "piece": within})
    return sorted({(sensor_id, ts + PG_EPOCH) for sensor_id, *times in rows for ts in times})


@translated()
def existing_ids(connection: Connection, store_id: str, keys: Collection[tuple[str, int]]) -> set[str]:
    """Tell which readings of a store, given as (id, ts), are stored."""
    if not keys:
        return set()
    times = sorted({to_datetime(ts) for _, ts in keys})
    parameters = {"store_id": store_id, "ids": [reading_id for reading_id, _ in keys], "times": times, "first": times[0], "last": times[-1]}
    return {str(row[0]) for row in connection.execute(query("existing_ids"), parameters)}


@translated()
def visits_changed_at(
    connection: Connection, store_ids: Sequence[str], flushed_at: datetime, known: Mapping[str, Visit] | None = None
) -> list[Visit]:
    """The visits of these stores that were written last by the flush of that time; those that are known, by id, are not read again."""
    rows = read_rows(connection, "visits_changed_at", {"store_ids": list(store_ids), "flushed_at": flushed_at})
    known = known or {}
    read = {visit.visit_id: visit for visit in visits_of_rows(connection, [row for row in rows if row[0] not in known])}
    return [known.get(row[0]) or read[row[0]] for row in rows]


@translated()
def signals_changed_at(connection: Connection, store_ids: Sequence[str], flushed_at: datetime) -> list[Signal]:
    """The signals of these stores that were written last by the flush of that time."""
    rows = read_rows(connection, "signals_changed_at", {"store_ids": list(store_ids), "flushed_at": flushed_at})
    return [signal_of(row) for row in rows]


@translated()
def signals(connection: Connection, store_id: str, since: int, until: int) -> list[Signal]:
    """The signals of a store that became true in [since, until)."""
    rows = read_rows(connection, "signals_between", {"store_id": store_id, "since": since, "until": until})
    return [signal_of(row) for row in rows]


@translated()
def visits(connection: Connection, store_id: str | None = None, since: int = 0, until: int | None = None) -> list[Visit]:
    """The visits that began in [since, until), by store and beginning; of all stores where none is named."""
    return visits_of_rows(connection, read_rows(connection, "visits_between", {"store_id": store_id, "since": since, "until": until}))


def visits_of_rows(connection: Connection, rows: list[Row]) -> list[Visit]:
    """Read what hangs on the visits of these rows, and put them together."""
    found = []
    for start in range(0, len(rows), _VISITS_AT_ONCE):
        some = rows[start : start + _VISITS_AT_ONCE]
        scope = _scope(some)
        stays = _by_visit(read_rows(connection, "stays_of_visits", scope), stay_of)
        shelf_visits = _by_visit(read_rows(connection, "shelf_visits_of_visits", scope), shelf_visit_of)
        payments = _by_visit(read_rows(connection, "payments_of_visits", scope), payment_of)
        found += [visit_of(row, stays[row[0]], shelf_visits[row[0]], payments[row[0]]) for row in some]
    return found


def _scope(rows: list[Row]) -> dict[str, object]:
    """Where what hangs on the visits of these rows is to be found."""
    return {
        "visit_ids": [row[0] for row in rows],
        "store_ids": sorted({row[1] for row in rows}),
        "since": min(row[3] for row in rows) + PG_EPOCH,
    }


def _by_visit(rows: list[Row], part_of: Callable[[Row], Part]) -> defaultdict[str, list[Part]]:
    """Gather rows by the visit in their first column, in their order."""
    parts: defaultdict[str, list[Part]] = defaultdict(list)
    for row in rows:
        parts[row[0]].append(part_of(row))
    return parts


def read_rows(connection: Connection, name: str, parameters: Mapping[str, object]) -> list[Row]:
    """Run a query; times come as microseconds since 2000."""
    with _micros(connection.cursor()) as cursor:
        return cursor.execute(query(name), parameters, binary=True).fetchall()


AnyCursor = TypeVar("AnyCursor", Cursor[Row], ServerCursor[Row])


def _micros(cursor: AnyCursor) -> AnyCursor:
    """Have a cursor give binary times as the integers they are, which is exact and spares a `datetime` for every value."""
    as_integer = cursor.adapters.get_loader(psycopg.adapters.types["int8"].oid, Format.BINARY)
    assert as_integer is not None
    cursor.adapters.register_loader("timestamptz", as_integer)
    return cursor
