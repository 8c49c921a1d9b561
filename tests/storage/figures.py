"""Compares every rollup with a plain GROUP BY over the rows themselves (`plain/*.sql`, which know nothing of marks or of kept figures)."""

from collections import Counter
from pathlib import Path
from typing import cast, get_args

import psycopg
from psycopg import sql

from storage.connect import connect
from storage.marks import Source

_PLAIN = Path(__file__).parent / "plain"

ROLLUPS = ("footfall", "zone", "queue", "transition", "shelf", "sales", "product", "signal", "traffic", "accounting")
LEVELS = ("5m", "hour", "day")
SOURCES: tuple[Source, ...] = get_args(Source)


def assert_true(url: str) -> None:
    """Every figure of every rollup, at each level, is that of the plain query."""
    with connect(url, "test") as connection:
        assert_true_on(connection)


def assert_true_on(connection: psycopg.Connection) -> None:
    """The same over a connection that is there; all figures are of one moment."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.execute((_PLAIN / "prepare.sql").read_bytes())
        for name in ("wrong_stays", "wrong_shelf_visits"):
            wrong = connection.execute((_PLAIN / f"{name}.sql").read_bytes()).fetchall()
            assert not wrong, f"{len(wrong)} {name}: {wrong[:3]}"
        for name in ROLLUPS:
            for level in LEVELS:
                _compare(connection, name, level)


def _compare(connection: psycopg.Connection, name: str, level: str) -> None:
    connection.execute("SELECT set_config('test.per', %s, false)", (level,))
    plain = connection.execute((_PLAIN / f"{name}.sql").read_bytes())
    columns = [column.name for column in plain.description or ()]
    due = Counter(map(_hashable, plain))
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("SELECT {} FROM {}").format(names, sql.Identifier("instore", f"{name}_{level}"))
    found = Counter(map(_hashable, connection.execute(statement)))
    assert found == due, f"{name}_{level}: missing {list((due - found).items())[:3]}, false {list((found - due).items())[:3]}"


def _hashable(row: tuple[object, ...]) -> tuple[object, ...]:
    """Histograms as tuples; one that counts nothing is none, as a plain aggregate over no row has none."""
    return tuple((tuple(value) if any(value) else None) if isinstance(value, list) else value for value in row)


def stale(connection: psycopg.Connection) -> int:
    """How many marks there are."""
    row = connection.execute("SELECT count(*) FROM instore_kept.stale").fetchone()
    return cast("tuple[int]", row)[0]
