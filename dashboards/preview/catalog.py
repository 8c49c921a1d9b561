"""The boards that there are just now: made anew when a store or its plan has changed."""

import threading
import time
from collections.abc import Callable, Sequence

from dashboards.board import Board
from dashboards.boards import boards
from dashboards.plans import StorePlan, read
from dashboards.preview.database import Database

FRESH_S = 15.0
"""So long plans are believed; that there is none is not, as somebody waits for the first."""

Make = Callable[[Sequence[StorePlan]], list[Board]]
"""Makes the boards of stores."""


class Catalog:
    """The boards of a database's stores.

    Args:
        database: holds their plans.
        make: makes the boards.
    """

    def __init__(self, database: Database, make: Make = boards) -> None:
        self._database = database
        self._make = make
        self._lock = threading.Lock()
        self._plans: list[StorePlan] | None = None
        self._boards: list[Board] = []
        self._read_at = 0.0

    def boards(self) -> list[Board]:
        """Return all; none where there is no store yet.

        Raises:
            DatabaseAway: it cannot be asked.
        """
        with self._lock:
            if not self._plans or time.monotonic() - self._read_at > FRESH_S:
                with self._database.connection() as connection:
                    plans = read(connection)
                if plans != self._plans:
                    self._boards = self._make(plans)
                self._plans, self._read_at = plans, time.monotonic()
            return self._boards if self._plans else []

    def board(self, uid: str) -> Board | None:
        """Return one; None where there is none of that name."""
        return next((board for board in self.boards() if board["uid"] == uid), None)


def store_of(board: Board) -> str | None:
    """Name the store that a page was made for."""
    for variable in (board.get("templating") or {}).get("list") or ():
        if variable["name"] == "store" and variable["type"] == "constant":
            return str(variable.get("query"))
    return None
