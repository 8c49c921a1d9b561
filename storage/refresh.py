"""Keeps the figures of the rollups (migration 0011): they are right without this, and faster with it."""

import psycopg

from storage.connect import connect
from storage.errors import DatabaseAway, translated
from storage.sql import query

SETTLED_S = 30.0
"""A figure that changed is kept after so long: what is still going on would have to be computed again and again."""

AT_MOST = 200
"""Figures of each level and kind in one transaction; a flush that wants one of them waits for it."""


class Refresher:
    """Keeps what is marked, over a connection of its own. For one thread at a time; any number of processes may do this at once.

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
        try:
            with translated():
                if self._connection is None:
                    self._connection = connect(self._url, "instore refresh")
                row = self._connection.execute(query("refresh"), {"settled_s": settled_s, "at_most": at_most}).fetchone()
        except DatabaseAway:
            self.close()
            raise
        assert row is not None
        return int(row[0])

    def close(self) -> None:
        """Let go of the connection; the next call opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
