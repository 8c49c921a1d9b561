"""The rollups of a database that was filled: kept as the worker keeps them, but for what changes all the time in a store that is open."""

from psycopg import Connection

from benchmarks.sql import statement
from storage.refresh import Refresher

AT_ONCE = 1_000_000
"""Figures of each level and kind in one transaction: all, so that hours are made of 5 minutes that are kept."""


def keep(url: str, connection: Connection) -> int:
    """Keep all figures that are marked, but those of now; tell how many."""
    refresher, kept = Refresher(url), 0
    try:
        while some := refresher.refresh(settled_s=0.0, at_most=AT_ONCE):
            kept += some
    finally:
        refresher.close()
    connection.execute(statement("mark_newest"))
    return kept
