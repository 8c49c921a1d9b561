"""What the first release left in a database: rows that its worker wrote, in its schema (migrations 0001 to 0005).

`first_release.sql.gz` holds three hours of the simulated grocery, with duplicates, disorder and broken messages, as the code of commit
928bb51 stored them, through its bridge, Kafka and worker; then `pg_dump --data-only`, of which the COPY blocks were kept.
"""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from storage.connect import connect
from storage.migrate import migrate
from storage.sql import migrations

STORE = "corner-market"

FIRST = migrations()[:5]
"""The migrations of the first release."""

_DUMP = Path(__file__).with_suffix(".sql.gz")
_BLOCK = re.compile(rb"^COPY (instore\.\w+) \((.*?)\) FROM stdin;\n(.*?)^\\\.$", re.MULTILINE | re.DOTALL)

Rows = dict[str, list[tuple[object, ...]]]
"""The rows of each table, in an order of their own."""


def install(url: str) -> None:
    """Make the first release's schema in an empty database, and put its rows there."""
    assert migrate(url, FIRST) == [file.name for file in FIRST]
    with connect(url, "test") as connection, connection.transaction():
        for table, columns, rows in _BLOCK.findall(gzip.decompress(_DUMP.read_bytes())):
            with connection.cursor() as cursor, cursor.copy(b"COPY " + table + b" (" + columns + b") FROM STDIN") as copy:
                copy.write(rows)


def rows(connection: psycopg.Connection) -> Rows:
    """What there is of the first release's tables and columns."""
    return dict(_rows(connection))


def _rows(connection: psycopg.Connection) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    for table, columns, _ in _BLOCK.findall(gzip.decompress(_DUMP.read_bytes())):
        what = {"columns": sql.SQL(columns.decode()), "table": sql.SQL(table.decode())}
        yield table.decode(), sorted(connection.execute(sql.SQL("SELECT {columns} FROM {table}").format(**what)), key=repr)
