"""The tables and views that data people take with them."""

from datetime import timedelta
from typing import NamedTuple

import psycopg
from psycopg.rows import class_row

from sensors.urls import SettingError
from storage.sql import query

EVENTS = "events"
"""The event log is a query, not a view: joins of pseudonyms need bounds of time on both sides."""


class Relation(NamedTuple):
    """A table, a view, or the event log.

    Attributes:
        name: what it is called.
        time_column: by which it is cut; None where it has no time.
        span: how much of it is read at once; None where nobody said.
        has_store: whether it has a column `store_id`.
        by_store_and_time: whether an index of both helps.
        comment: what it is.
        may_read: whether this user may.
    """

    name: str
    time_column: str | None
    span: timedelta | None
    has_store: bool
    by_store_and_time: bool
    comment: str | None
    may_read: bool


def relations(connection: psycopg.Connection, *, devices: bool) -> dict[str, Relation]:
    """All that there are, by name.

    Args:
        connection: to a migrated database.
        devices: the tables with devices, rather than the views with pseudonyms.
    """
    with connection.cursor(row_factory=class_row(Relation)) as cursor:
        found = {one.name: one for one in cursor.execute(query("relations"), {"devices": devices})}
    events = found["visits"]._replace(name=EVENTS, time_column="case:entered_at", comment=_EVENTS)
    return dict(sorted({**found, EVENTS: events}.items()))


def find(connection: psycopg.Connection, name: str, *, devices: bool) -> Relation:
    """Find one.

    Raises:
        SettingError: there is none of that name.
    """
    found = relations(connection, devices=devices)
    if name not in found:
        raise SettingError(f"there is no table or view {name}: there are {', '.join(one.name for one in found.values() if one.may_read)}")
    return found[name]


def zones(connection: psycopg.Connection, store: str | None) -> dict[str, str]:
    """The time zones of all stores, or of one, by its id.

    Raises:
        SettingError: there is no such store.
    """
    found = {str(store_id): str(zone) for store_id, zone in connection.execute("SELECT store_id, timezone FROM instore.stores ORDER BY 1")}
    if store is None:
        return found
    if store not in found:
        raise SettingError(f"there is no store {store}: there are {', '.join(found) or 'none'}")
    return {store: found[store]}


_EVENTS = "The event log of customers' visits that are over, for tools of process mining: one row an event."
