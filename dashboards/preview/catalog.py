"""The boards that there are just now: those of any store, and one a store, made when it is asked for."""

import threading
import time
from collections.abc import Sequence
from typing import NamedTuple

from dashboards.board import Board
from dashboards.boards import pages
from dashboards.pages.now import name_of, now, uid_of
from dashboards.plans import StorePlan, read
from dashboards.preview.database import Database

FRESH_S = 15.0
"""So long plans are believed; that there is none is not, as somebody waits for the first."""


class Store(NamedTuple):
    """A store that has a page of what is now: the page's uid, the store's id, its name for people."""

    uid: str
    store_id: str
    name: str


class Boards:
    """The boards of some stores.

    Args:
        plans: of the stores.
        pages: boards that are the same whatever stores there are.
    """

    def __init__(self, plans: Sequence[StorePlan], pages: Sequence[Board]) -> None:
        self.pages = pages
        self.stores = [Store(uid_of(plan), plan.store_id, name_of(plan)) for plan in plans]
        self._plans = {uid_of(plan): plan for plan in plans}
        self._made = {page["uid"]: page for page in pages}

    def named(self, uid: str) -> Board | None:
        """Return one; None where there is none of that uid."""
        if uid not in self._made and uid in self._plans:
            self._made[uid] = now(self._plans[uid])
        return self._made.get(uid)

    def store(self, uid: str) -> Store | None:
        """Return the store whose page has that uid; None where it is another page's."""
        return next((store for store in self.stores if store.uid == uid), None)


class Catalog:
    """The boards of a database's stores.

    Args:
        database: holds their plans.
        more: boards beside ours.
    """

    def __init__(self, database: Database, more: Sequence[Board] = ()) -> None:
        self._database = database
        self._pages = [*pages(), *more]
        self._lock = threading.Lock()
        self._plans: list[StorePlan] = []
        self._boards = Boards([], self._pages)
        self._read_at = 0.0

    def boards(self) -> Boards:
        """Return all.

        Raises:
            DatabaseAway: it cannot be asked.
        """
        with self._lock:
            if not self._plans or time.monotonic() - self._read_at > FRESH_S:
                with self._database.connection() as connection:
                    plans = read(connection)
                if plans != self._plans:
                    self._boards = Boards(plans, self._pages)
                self._plans, self._read_at = plans, time.monotonic()
            return self._boards
