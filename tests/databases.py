"""A database for a test of SQL, whatever sort of server it is on."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec
import psycopg

from storage.marks import Marks
from storage.model import Flush
from storage.reading_rows import PG_EPOCH, READING_COLUMNS, REJECTED_COLUMNS, Row, reading_row, rejected_row
from storage.sql import query
from storage.writer import Writer

Sort = Literal["plain", "wasm", "timescale"]

_TIMES = ("ts", "received_at")

_WAYS = {
    "items": ("text", "items::jsonb"),
    "raw": ("text", "decode(raw, 'hex')"),
    **{name: ("bigint", f"instore.at({name} + {PG_EPOCH})") for name in _TIMES},
}
"""How a value comes where it cannot come as COPY sends it: its type in JSON, and what makes the column of it."""


class Database(NamedTuple):
    """A migrated database: its URL, and the sort of its server."""

    url: str
    sort: Sort

    def write(self, flush: Flush) -> datetime:
        """Write a flush as the worker does; where COPY is not to be had, its readings and dead letters come by INSERT before the rest."""
        if self.sort == "wasm":
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(query("insert_stores"), {"store_ids": [one.reading.store_id for one in flush.readings]})
                _insert(connection, "readings", READING_COLUMNS, map(reading_row, flush.readings))
                _insert(connection, "rejected_readings", REJECTED_COLUMNS, map(rejected_row, flush.rejected))
                marks = Marks()
                marks.received(flush.readings, flush.rejected)
                marks.write(connection)
            flush = msgspec.structs.replace(flush, readings=[], rejected=[])
        with Writer(self.url) as writer:
            return writer.write(flush)


def _insert(connection: psycopg.Connection, table: str, columns: Mapping[str, str], rows: Iterable[Row]) -> None:
    """Write rows as they are laid out for COPY by one INSERT."""
    found = [{name: _plain(name, value) for name, value in zip(columns, row, strict=True)} for row in rows]
    fields = ", ".join(f"{name} {_WAYS[name][0] if name in _WAYS else kind}" for name, kind in columns.items())
    values = ", ".join(_WAYS[name][1] if name in _WAYS else name for name in columns)
    statement = f"INSERT INTO instore.{table} ({', '.join(columns)}) SELECT {values} FROM json_to_recordset(%s::json) AS new ({fields})"  # noqa: S608 - our own names
    connection.execute(statement.encode(), (msgspec.json.encode(found).decode(),))


def _plain(name: str, value: object) -> object:
    """A value as JSON can say it: jsonb without the byte of its version, bytes in hexadecimal."""
    if not isinstance(value, bytes):
        return value
    return value[1:].decode() if name == "items" else value.hex()
