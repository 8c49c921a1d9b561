"""Requests to tell stretches of the past anew: `instore rebuild` asks, the worker that has the store carries out."""

from typing import NamedTuple

from psycopg import Connection

from sensors.reading import to_datetime
from storage.errors import translated
from storage.reading_rows import PG_EPOCH
from storage.restore import read_rows
from storage.sql import query


class Rebuild(NamedTuple):
    """One request: devices of the store that were heard in [since, until), in microseconds since 1970."""

    rebuild_id: int
    store_id: str
    since: int
    until: int


class Progress(NamedTuple):
    """How far a request is; `devices` is None while no worker has taken it up."""

    devices: int | None
    done: int
    is_finished: bool


@translated()
def ask(connection: Connection, store_id: str, since: int, until: int) -> int:
    """Ask for a stretch of a store's past to be told anew; return the number of the request."""
    statement = "INSERT INTO instore.rebuilds (store_id, since, until) VALUES (%s, %s, %s) RETURNING rebuild_id"
    [(rebuild_id,)] = connection.execute(statement, (store_id, to_datetime(since), to_datetime(until))).fetchall()
    return int(rebuild_id)


@translated()
def progress(connection: Connection, rebuild_id: int) -> Progress:
    """Tell how far a request is."""
    statement = "SELECT devices, devices_done, finished_at IS NOT NULL FROM instore.rebuilds WHERE rebuild_id = %s"
    [row] = connection.execute(statement, (rebuild_id,)).fetchall()
    return Progress(*row)


@translated()
def first_open(connection: Connection, store_ids: list[str]) -> Rebuild | None:
    """Find the first request of these stores that is not finished."""
    rows = read_rows(connection, "next_rebuild", {"store_ids": store_ids})
    return Rebuild(rows[0][0], rows[0][1], rows[0][2] + PG_EPOCH, rows[0][3] + PG_EPOCH) if rows else None


@translated()
def advance(connection: Connection, rebuild_id: int, devices: int, done: int) -> None:
    """Say how many devices of a request are done; when all are, it is finished."""
    connection.execute(query("advance_rebuild"), {"rebuild_id": rebuild_id, "devices": devices, "done": done})
