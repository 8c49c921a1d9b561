"""Brings flushes to the database: everything of them, or nothing."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

import msgspec
import psycopg
from psycopg import sql

from sensors.reading import Payment, to_datetime
from storage import restore
from storage.connect import connect
from storage.errors import DatabaseAway, Fenced, translated
from storage.marks import Marks
from storage.model import Advance, Count, Flush, Signal
from storage.reading_rows import READING_COLUMNS, REJECTED_COLUMNS, Row, reading_row, rejected_row, storable_id
from storage.sql import query
from storage.visit_rows import as_json, item_rows, payment_row
from storage.visit_writer import delete_visits, write_visits

_LOG = logging.getLogger("instore.storage")

T = TypeVar("T")

_PATIENCE_S = 60
"""A worker that is stopped in the middle of a flush must not hold its locks for longer, nor wait for longer for others'."""

_CONSTANTS = "SET plan_cache_mode = force_custom_plan; SET timescaledb.max_tuples_decompressed_per_dml_transaction = 0"
"""TimescaleDB finds what is compressed by constants, which a generic plan has not; and a rebuild of a month takes a month apart.

Without TimescaleDB the second is a setting that nobody reads.
"""


class Writer:
    """Writes flushes over one connection, opened when it is needed, and again after it was lost. For one thread at a time.

    Args:
        url: the database.
        patience_s: how long another worker may hold up a flush before its connection is ended.
    """

    def __init__(self, url: str, patience_s: int = _PATIENCE_S) -> None:
        self._url, self._patience_s = url, patience_s
        self._connection: psycopg.Connection | None = None
        self._in_doubt: tuple[list[Advance], datetime] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def write(self, *flushes: Flush) -> datetime:
        """Write flushes, each of another partition, in one transaction.

        A connection that is lost in the middle of a commit leaves open whether it was done: write the same flushes again, and if it was
        done nothing is done twice.

        Returns:
            The transaction's time: `stored_at` of its readings, `updated_at` of its visits, `flushed_at` of its partitions.

        Raises:
            Fenced: some partitions are not where their flush expects them. Nothing was written.
            DatabaseAway: try again later. Nothing was written, or, in the case above, all.
        """
        in_order = sorted(flushes, key=lambda flush: (flush.advance.topic, flush.advance.partition))
        return self._run(lambda connection: self._write(connection, in_order))

    def holds(self, advance: Advance, at: datetime) -> bool:
        """Tell whether the database is where this step has led at that time: nobody has written the partition since.

        Raises:
            DatabaseAway: try again later.
        """
        stored = self._run(lambda connection: _stored(connection, advance))
        return stored == (advance.life, advance.next_offset, at)

    def wrote(self, advance: Advance) -> datetime | None:
        """Tell when an earlier try, whose end was not seen, has written this step; None: none did, or others went on since.

        Raises:
            DatabaseAway: try again later.
        """
        if self._in_doubt is None or advance not in self._in_doubt[0] or not self.holds(advance, self._in_doubt[1]):
            return None
        return self._in_doubt[1]

    def existing_ids(self, late: dict[str, list[tuple[str, int]]]) -> dict[str, set[str]]:
        """Tell which of these readings, by store as (id, ts), are stored already.

        Raises:
            DatabaseAway: try again later.
        """
        return self._run(lambda connection: {store_id: restore.existing_ids(connection, store_id, keys) for store_id, keys in late.items()})

    def close(self) -> None:
        """Let go of the connection; the next write opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _run(self, call: Callable[[psycopg.Connection], T]) -> T:
        """Call with the connection; one that fails us is not used again."""
        try:
            with translated():
                return call(self._connect())
        except DatabaseAway as away:
            self.close()
            if isinstance(away.__cause__, psycopg.errors.LockNotAvailable):
                self._end_sleepers()
            raise

    def _end_sleepers(self) -> None:
        """End connections of workers that were stopped in the middle of a COPY: no limit of the server's counts there."""
        with translated():
            ended = self._connect().execute(query("end_sleepers")).fetchall()
        if ended:
            _LOG.warning("ended %d connections of workers that held a lock and sent nothing", len(ended), extra={"action": "end_sleepers"})

    def _connect(self) -> psycopg.Connection:
        if self._connection is None:
            self._connection = connect(self._url, "instore worker")
            self._connection.prepare_threshold = 0
            limit = sql.Literal(f"{self._patience_s}s")
            limits = sql.SQL("SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {}").format(limit, limit)
            self._connection.execute(limits, prepare=False)
            self._connection.execute(_CONSTANTS, prepare=False)
        return self._connection

    def _write(self, connection: psycopg.Connection, flushes: list[Flush]) -> datetime:
        steps = [flush.advance for flush in flushes]
        if self._in_doubt is not None:
            doubtful, at = self._in_doubt
            if doubtful == steps and all(_stored(connection, step) == (step.life, step.next_offset, at) for step in steps):
                self._in_doubt = None
                return at
        with connection.transaction():
            at = _advance(connection, flushes)
            self._in_doubt = (steps, at)
            _write_parts(connection, flushes)
        self._in_doubt = None
        return at


def _advance(connection: psycopg.Connection, flushes: list[Flush]) -> datetime:
    """Move partitions on, which locks them until the transaction ends; refuse if some are not where we believe."""
    moved = {flush.advance: _move(connection, flush) for flush in flushes}
    if refused := [step for step, at in moved.items() if at is None]:
        raise Fenced("; ".join(_who_has_it(step, _stored(connection, step)) for step in refused), refused)
    return next(at for at in moved.values() if at is not None)


def _move(connection: psycopg.Connection, flush: Flush) -> datetime | None:
    step = flush.advance
    statement = query("insert_offset" if step.expected is None else "advance_offset")
    gone = {"removed": [one.visit_id for one in flush.removed], "retracted": as_json(flush.signals_gone)}
    moved = connection.execute(statement, {**msgspec.structs.asdict(step), **gone}).fetchone()
    return None if moved is None else _time_of(moved)


def _who_has_it(step: Advance, stored: tuple[str, int, datetime] | None) -> str:
    """Say how the database differs from what the worker believed."""
    believed = "not to be stored yet" if step.expected is None else f"to stand at {step.expected}"
    found = "is not stored at all" if stored is None else f"stands at {stored[1]}"
    if stored is not None and (step.life, step.expected) == stored[:2]:
        found += f", written again at {stored[2]:%H:%M:%S.%f}"
    life = "" if stored is None or stored[0] == step.life else " of another life of the topic"
    return f"partition {step.partition} of {step.topic} was believed {believed}, but {found}{life}: another worker has it"


def _write_parts(connection: psycopg.Connection, flushes: list[Flush]) -> None:
    """Write all but the offsets. Rows that other workers may want too come in the order of their keys, the most wanted last."""
    readings = [one for flush in flushes for one in flush.readings]
    rejected = [one for flush in flushes for one in flush.rejected]
    visits = list({visit.visit_id: visit for flush in flushes for visit in flush.visits}.values())
    payments = {(payment.store_id, payment.id): (payment, visit_id) for flush in flushes for payment, visit_id in flush.payments}
    marks = Marks()
    _name_stores(connection, {one.reading.store_id for one in readings} | {visit.store_id for visit in visits})
    _copy(connection, "readings", READING_COLUMNS, map(reading_row, readings))
    _copy(connection, "rejected_readings", REJECTED_COLUMNS, map(rejected_row, rejected))
    marks.received(readings, rejected)
    delete_visits(connection, [one for flush in flushes for one in flush.removed], marks)
    write_visits(connection, visits, {name: visit for flush in flushes for name, visit in flush.before.items()}, marks)
    _write_payments(connection, list(payments.values()), marks)
    gone = [one for flush in flushes for one in flush.signals_gone]
    _write_signals(connection, [one for flush in flushes for one in flush.signals], gone, marks)
    marks.write(connection)
    _write_clocks(connection, flushes)
    _add_counts(connection, [one for flush in flushes for one in flush.counts])


def _name_stores(connection: psycopg.Connection, store_ids: set[str]) -> None:
    if store_ids:
        connection.execute(query("insert_stores"), {"store_ids": sorted(store_ids)})


def _copy(connection: psycopg.Connection, table: str, columns: dict[str, str], rows: Iterable[Row]) -> None:
    """Append rows by binary COPY, sending each column as the type named."""
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(sql.Identifier("instore", table), names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(list(columns.values()))
        copy.write_row(first)
        for row in rows:
            copy.write_row(row)


def _write_payments(connection: psycopg.Connection, payments: list[tuple[Payment, str | None]], marks: Marks) -> None:
    if not payments:
        return
    marks.add("payments", connection.execute(query("upsert_payments"), {"rows": as_json(payment_row(*pair) for pair in payments)}))
    connection.execute(query("insert_payment_items"), {"rows": as_json(row for payment, _ in payments for row in item_rows(payment))})


def _write_signals(connection: psycopg.Connection, signals: list[Signal], gone: list[Signal], marks: Marks) -> None:
    if gone:
        times = [signal.at for signal in gone]
        scope = {
            "store_ids": sorted({signal.store_id for signal in gone}),
            "first": to_datetime(min(times)),
            "last": to_datetime(max(times)),
        }
        marks.add("signals", connection.execute(query("delete_signals"), {"rows": as_json(gone), **scope}))
    if signals:
        newest = {(signal.signal_id, signal.at): signal for signal in signals}
        marks.add("signals", connection.execute(query("upsert_signals"), {"rows": as_json(newest.values())}))


def _write_clocks(connection: psycopg.Connection, flushes: list[Flush]) -> None:
    rows = {
        clock.store_id: {"topic": flush.advance.topic, "partition": flush.advance.partition, **msgspec.structs.asdict(clock)}
        for flush in flushes
        for clock in flush.clocks
    }
    if rows:
        connection.execute(query("upsert_clocks"), {"rows": as_json(rows.values())})


def _add_counts(connection: psycopg.Connection, counts: list[Count]) -> None:
    if counts:
        rows = [Count(storable_id(count.store_id), count.hour, count.received, count.duplicate) for count in counts]
        connection.execute(query("add_counts"), {"rows": as_json(rows)})


def _stored(connection: psycopg.Connection, step: Advance) -> tuple[str, int, datetime] | None:
    """What the database holds of a partition: life, next offset, time of the last flush."""
    row = connection.execute(query("offset_of_partition"), {"topic": step.topic, "partition": step.partition}).fetchone()
    return None if row is None else (str(row[0]), int(row[1]), _time_of(row[2:]))


def _time_of(row: Row) -> datetime:
    at = row[0]
    assert isinstance(at, datetime)
    return at
