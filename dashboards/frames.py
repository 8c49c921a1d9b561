"""Answers: what a query returns, with a type for each column, as Grafana tells them apart. One module knows the driver."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import psycopg

ColumnType = Literal["time", "number", "boolean", "string"]

_TYPES: dict[str, ColumnType] = {
    "timestamptz": "time",
    "timestamp": "time",
    "int2": "number",
    "int4": "number",
    "int8": "number",
    "float4": "number",
    "float8": "number",
    "numeric": "number",
    "bool": "boolean",
}
"""By PostgreSQL's type; any other is a string."""

SEARCH_PATH = "SET search_path = instore_analysis, instore, public"
"""What `instore grant` sets for a reader: functions are found by it."""


class Column(NamedTuple):
    """A column: numbers are floats or ints, times are aware; null is None."""

    name: str
    type: ColumnType
    values: list[Any]


class Frame(NamedTuple):
    """The answer to one query."""

    columns: list[Column]

    @property
    def length(self) -> int:
        """How many rows it has."""
        return len(self.columns[0].values) if self.columns else 0

    def named(self, name: str) -> Column | None:
        """The column of a name; None where there is none."""
        return next((column for column in self.columns if column.name == name), None)


def act_as_reader(connection: psycopg.Connection, timeout_s: int = 30) -> None:
    """See what a dashboard's login sees, where we may take its role; and read alone, for some seconds a query."""
    connection.execute(f"{SEARCH_PATH}; SET default_transaction_read_only = on; SET statement_timeout = '{timeout_s}s'".encode())
    member = connection.execute("SELECT pg_has_role(oid, 'MEMBER') FROM pg_roles WHERE rolname = 'instore_grafana'").fetchone()
    if member == (True,):
        connection.execute("SET ROLE instore_grafana")


def ask(connection: psycopg.Connection, sql: str) -> Frame:
    """Run a query that was expanded.

    Raises:
        psycopg.Error: as the driver raises it.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.encode())
        rows = cursor.fetchall()
        assert cursor.description is not None
        types = connection.adapters.types
        heads = [(one.name, _TYPES.get(found.name if (found := types.get(one.type_code)) else "", "string")) for one in cursor.description]
    return Frame([Column(name, kind, _values(kind, [row[at] for row in rows])) for at, (name, kind) in enumerate(heads)])


def _values(kind: ColumnType, values: Sequence[Any]) -> list[Any]:
    if kind == "number":
        return [float(value) if isinstance(value, Decimal) else value for value in values]
    if kind == "string":
        return [value if value is None or isinstance(value, str) else _text(value) for value in values]
    return list(values)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
