"""Keeps the figures of the rollups (migration 0011): they are right without this, and faster with it."""

import logging
from contextlib import suppress

import psycopg
from psycopg.errors import Diagnostic

from storage.connect import connect
from storage.errors import DatabaseAway, translated
from storage.sql import query

log = logging.getLogger("instore.storage")

SETTLED_S = 30.0
"""A figure that changed is kept after so long: what is still going on would have to be computed again and again."""

AT_MOST = 200
"""Figures of each level and kind in one transaction; a flush that wants one of them waits for it."""

ROWS_AT_MOST = 10_000
"""Rows of a table that are deleted in one transaction: some tenths of a second."""


class Refresher:
    """Keeps what is marked and deletes what is old, over a connection of its own.

    For one thread at a time; any number of processes may do this at once.

    Args:
        url: the database.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection | None = None

    def refresh(self, settled_s: float = SETTLED_S, at_most: int = AT_MOST) -> int:
        """Keep up to `at_most` figures of each level and kind, in one transaction.

        Args:
            settled_s: only those that changed so many seconds ago, of stretches of time that were over then.
            at_most: how many.

        Returns:
            How many were kept; 0 where nothing was to do.

        Raises:
            DatabaseAway: try again later.
        """
        return self._call("refresh", {"settled_s": settled_s, "at_most": at_most})

    def retain(self, at_most: int = ROWS_AT_MOST) -> int:
        """Delete up to so many rows of each table that are older than it is kept; on TimescaleDB a job does it, and this nothing.

        Returns:
            How many were deleted.

        Raises:
            DatabaseAway: try again later.
        """
        return self._call("retain", {"at_most": at_most})

    def cancel(self) -> None:
        """End the call that another thread is in, if any: it raises DatabaseAway, and nothing was kept by it."""
        if self._connection is not None:
            with suppress(psycopg.Error):  # a server that is away has ended it
                self._connection.cancel_safe(timeout=5)

    def close(self) -> None:
        """Let go of the connection; the next call opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _call(self, name: str, parameters: dict[str, float]) -> int:
        try:
            with translated():
                if self._connection is None:
                    self._connection = connect(self._url, "instore refresh")
                    self._connection.add_notice_handler(_warn)
                row = self._connection.execute(query(name), parameters).fetchone()
        except DatabaseAway:
            self.close()
            raise
        assert row is not None
        return int(row[0])


def _warn(said: Diagnostic) -> None:
    """Pass on what could not be kept."""
    if said.severity_nonlocalized == "WARNING":
        log.warning("%s", said.message_primary, extra={"action": "refresh_postponed"})
