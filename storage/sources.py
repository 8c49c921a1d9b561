"""What is asked of the database for a table, a view, the event log or a query: statements, a stretch of time each."""

import re
from collections.abc import Generator, Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

import psycopg
from psycopg import sql

from sensors.urls import SettingError
from storage.columns import Column
from storage.copying import Chunk, chunks, describe, table
from storage.relations import EVENTS, Relation
from storage.spans import Span
from storage.sql import query

_UNSAID = timedelta(days=30)
"""So much is read at once of what has no span of its own: rollups."""

_MOST_STATEMENTS = 1000
"""Somebody may ask for the time since the year 1."""

_PLACE = re.compile(r":'(\w+)'")
"""Where psql puts the value of a variable, as a literal."""


class Source(NamedTuple):
    """Rows to be had.

    Attributes:
        statements: to be run one after the other, in order of time.
        columns: of each of them.
        time_column: by which the rows are ordered; None where they have no time.
        span: of time that they are from.
    """

    statements: list[str]
    columns: list[Column]
    time_column: str | None
    span: Span

    def chunks(self, connection: psycopg.Connection) -> Generator[Chunk, None, None]:
        """The rows, some megabytes at a time. Close it where not all are wanted: the server is still sending."""
        for statement in self.statements:
            yield from chunks(connection, statement, self.columns)

    def done(self, chunk: Chunk) -> float | None:
        """How far it is after a chunk, from 0 to 1; None where that cannot be told."""
        since, until = self.span
        if self.time_column is None or since is None or until is None:
            return None
        [at] = table(chunk[-1:], self.columns)[self.time_column].to_pylist()
        return float((at - since) / (until - since))


def of_relation(connection: psycopg.Connection, relation: Relation, span: Span, zones: Mapping[str, str], store: str | None) -> Source:
    """Ask for a table, a view or the event log.

    Args:
        connection: where `storage.copying.one_moment` looks.
        relation: what.
        span: rows of this time only.
        zones: the time zones of the stores that it is about.
        store: of this store only.

    Raises:
        SettingError: it has no time or no store by which to choose.
    """
    if relation.time_column is None and span != Span():
        raise SettingError(f"{relation.name} has no time: leave out --from and --to")
    if store is not None and not relation.has_store:
        raise SettingError(f"{relation.name} has no store: leave out --store")
    stores = list(zones) if store is not None or relation.by_store_and_time else None
    whole = _bounds(connection, relation, span, stores) if relation.time_column else Span()
    statements = [_statement(connection, relation, part, stores) for part in _parts(whole, relation.span or _UNSAID)]
    return Source(statements, describe(connection, statements[0], only_zone(zones)), relation.time_column, whole)


def of_query(connection: psycopg.Connection, text: str, values: Mapping[str, object], zone: str) -> Source:
    """Ask a question in SQL, with values in the places where psql would put them: `:'store'`.

    Raises:
        SettingError: a value is missing.
    """
    filled = _bare(_PLACE.sub(lambda place: _literal(connection, place[1], values), text))
    return Source([filled], describe(connection, filled, zone, as_computed=True), None, Span())


def only_zone(zones: Mapping[str, str]) -> str:
    """The time zone of stores that have the same one; else UTC."""
    different = set(zones.values())
    return different.pop() if len(different) == 1 else "UTC"


def _bare(statement: str) -> str:
    """Make a statement one that can stand inside another."""
    return statement.rstrip().removesuffix(";")


def _literal(connection: psycopg.Connection, name: str, values: Mapping[str, object]) -> str:
    if name not in values:
        raise SettingError(f"the query asks for a value of {name}, and none was given")
    return sql.Literal(values[name]).as_string(connection)


def _bounds(connection: psycopg.Connection, relation: Relation, span: Span, stores: list[str] | None) -> Span:
    """Look which time there is, where the span says nothing."""
    if span.since is not None and span.until is not None:
        return span
    names = ("entered_at", "visits") if relation.name == EVENTS else (str(relation.time_column), relation.name)
    of = [sql.Identifier(name) for name in names]
    one = sql.SQL("SELECT min({0}) AS first, max({0}) AS last FROM {1}").format(*of)
    if stores is not None:  # each store's ends of an index
        each = sql.SQL("SELECT min(first), max(last) FROM unnest({}::text[]) AS store, LATERAL ({} WHERE store_id = store) AS one")
        one = each.format(stores, one)
    first, last = connection.execute(one).fetchone() or (None, None)
    if first is None:
        return Span(span.since, span.since) if span.since else Span(span.until, span.until)
    return Span(span.since or first, span.until or last + timedelta(microseconds=1))


def _parts(span: Span, length: timedelta) -> Iterator[Span]:
    """Cut a span."""
    if span.since is None or span.until is None:
        yield span
        return
    length = max(length, (span.until - span.since) / _MOST_STATEMENTS)
    since = span.since
    while True:
        until = min(since + length, span.until)
        yield Span(since, until)
        if until >= span.until:
            return
        since = until


def _statement(connection: psycopg.Connection, relation: Relation, span: Span, stores: list[str] | None) -> str:
    if relation.name == EVENTS:
        values = {"since": span.since, "until": span.until, "stores": stores}
        return _bare(psycopg.ClientCursor(connection).mogrify(query("events"), values))
    conditions = []
    if stores is not None:
        conditions.append(sql.SQL("store_id = ANY({}::text[])").format(stores))
    if relation.time_column and span.since:
        conditions.append(sql.SQL("{0} >= {1} AND {0} < {2}").format(sql.Identifier(relation.time_column), span.since, span.until))
    where = sql.SQL(" WHERE ") + sql.SQL(" AND ").join(conditions) if conditions else sql.SQL("")
    order = sql.Identifier(relation.time_column or "one")  # the whole row
    statement = sql.SQL("SELECT * FROM {} AS one{} ORDER BY {}").format(sql.Identifier(relation.name), where, order)
    return statement.as_string(connection)
