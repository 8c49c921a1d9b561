"""Results of queries as text, and as Arrow tables, a few megabytes at a time, however many rows there are."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pyarrow as pa
from pyarrow import csv

from sensors.urls import SettingError
from storage.columns import Column, columns_of, typed
from storage.connect import session
from storage.errors import sentence
from storage.sql import query

CHUNK_BYTES = 4 << 20
"""Text that is read at once."""

_AS_POSTGRES_WRITES = {"null_values": [""], "strings_can_be_null": True, "quoted_strings_can_be_null": False}
"""An empty field is null, a quoted one an empty text."""

Chunk = list[bytes]
"""Rows as COPY writes them in CSV."""

_LESS = "ask for less at once (one store, a shorter time), or have the login given more time: `instore grant analyst LOGIN --timeout-s 600`"

_SCHEMAS = {False: b"SET LOCAL search_path = instore_analysis, instore, public", True: b"SET LOCAL search_path = instore, public"}
"""Where names without a schema are looked for, without and with devices."""


@contextmanager
def one_moment(url: str, name: str, *, devices: bool = False) -> Iterator[psycopg.Connection]:
    """Look at a database as it is now, for as long as a block runs, without changing anything.

    Args:
        url: of the database.
        name: what the server's `pg_stat_activity` shows.
        devices: whether names without a schema are tables with devices, rather than views with pseudonyms.

    Raises:
        SettingError: the URL cannot be understood, the user may not do something, or a statement took longer than the login may ask.
        DatabaseAway: no connection, or it was lost.
    """
    with session(url, name) as connection, connection.transaction():
        connection.execute(query("one_moment"))
        connection.execute(_SCHEMAS[devices])
        try:
            yield connection
        except psycopg.errors.QueryCanceled as error:
            raise SettingError(f"{sentence(error)}: {_LESS}") from error
        except KeyboardInterrupt:
            connection.close()  # rows may still be on their way: no other statement can be sent
            raise


def describe(connection: psycopg.Connection, statement: str, zone: str, *, as_computed: bool = False) -> list[Column]:
    """Say which columns a statement gives, without running it (`storage.columns.columns_of`)."""
    cursor = connection.execute(f"SELECT * FROM (\n{statement}\n) AS asked LIMIT 0".encode())  # noqa: S608  # whoever asks may ask anything
    return columns_of(cursor.description or [], zone, as_computed=as_computed)


def chunks(connection: psycopg.Connection, statement: str, columns: list[Column]) -> Iterator[Chunk]:
    """Run a statement, and give its rows, in its order, some megabytes of text at a time."""
    rows, size = [], 0
    with connection.cursor() as cursor, cursor.copy(_copy(statement, columns)) as copied:
        for row in copied:
            rows.append(bytes(row))
            size += len(row)
            if size >= CHUNK_BYTES:
                yield rows
                rows, size = [], 0
    if rows:
        yield rows


def table(chunk: Chunk, columns: list[Column]) -> pa.Table:
    """Make columns of text."""
    text = b"".join(chunk)
    places = [f"c{number}" for number in range(len(columns))]
    sent = csv.read_csv(
        pa.BufferReader(text),
        csv.ReadOptions(column_names=places, block_size=len(text) + 1),
        csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        csv.ConvertOptions(column_types={place: column.sent for place, column in zip(places, columns, strict=True)}, **_AS_POSTGRES_WRITES),
    )
    return typed(sent, columns)


def _copy(statement: str, columns: list[Column]) -> bytes:
    """Ask for the columns by their places, as two of them may have the same name."""
    places = [f"c{number}" for number in range(len(columns))]
    asked = ", ".join(column.asked.format(place) for place, column in zip(places, columns, strict=True))
    selected = f"SELECT {asked} FROM (\n{statement}\n) AS asked ({', '.join(places)})"  # noqa: S608  # as above
    return f"COPY ({selected}) TO STDOUT (FORMAT csv, ENCODING 'UTF8')".encode()
