"""Panels' answers: all that a page has are asked for side by side; who takes long keeps no other waiting."""

import logging
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from typing import NamedTuple
from uuid import uuid4

import psycopg
from dash import html
from dash.development.base_component import Component

from dashboards.board import Board
from dashboards.expand import NotExpanded, expand
from dashboards.preview.database import MOST, Database, TooSlow
from dashboards.preview.draw import NotDrawn, draw
from dashboards.preview.fields import Config
from dashboards.preview.look import Look
from dashboards.preview.units import UnknownUnit
from storage.errors import DatabaseAway, sentence

_LOG = logging.getLogger("instore.preview")

SOON_S = 0.5
"""So long the first answer to the browser waits for panels; others come in later ones."""

LATER_S = 2.0
"""So long the answers after it wait, until all panels are made."""

_MOST_BEGUN = 20
"""Pages whose panels are not all made: whoever asked for older ones has gone."""

Place = tuple[str, int]
"""A board's uid, and a panel's number."""


class Made(NamedTuple):
    """What is made of a page so far.

    Attributes:
        panels: by their places.
        is_all: nothing is left to be made.
    """

    panels: Mapping[Place, Component]
    is_all: bool


class _Begun(NamedTuple):
    scope: Config
    panels: "Mapping[Place, Future[Component]]"


class Answers:
    """Asks and draws panels, in threads; may be used by many.

    Args:
        database: is asked.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._threads = ThreadPoolExecutor(2 * MOST, "panel")
        self._lock = threading.Lock()
        self._begun: dict[str, _Begun] = {}

    def begin(self, scope: Config, board: Board, look: Look, names: Sequence[Config]) -> str:
        """Begin with panels of a board; returns the ticket for them. `scope` says for what they are asked."""
        panels = {panel["id"]: panel for panel in board.get("panels") or ()}
        begun = {
            (name["of"], name["panel"]): self._threads.submit(said, panels[name["panel"]], look, self._database)
            for name in names
            if name["panel"] in panels
        }
        ticket = uuid4().hex
        with self._lock:
            self._begun[ticket] = _Begun(scope, begun)
            too_many = list(self._begun)[:-_MOST_BEGUN]
        for old in too_many:
            self.forget(old)
        return ticket

    def made(self, ticket: str | None, scope: Config, within_s: float) -> Made | None:
        """Wait until all is made, or for a moment, and return what is made then.

        All of it is told each time: an answer may be overtaken on its way. None: there is no such ticket, or it is for another scope.
        """
        with self._lock:
            begun = self._begun.get(ticket or "")
        if begun is None or begun.scope != scope:
            return None
        # Looked at once: a panel that is made while we go through them is either made or left, and not neither.
        made, left = wait(begun.panels.values(), within_s)
        panels = {place: one.result() for place, one in begun.panels.items() if one in made and not one.cancelled()}
        if not left:
            self.forget(ticket)
        return Made(panels, not left)

    def forget(self, ticket: str | None) -> None:
        """Give up what was begun with; what waits for its turn is not asked any more."""
        with self._lock:
            begun = self._begun.pop(ticket or "", None)
        for one in begun.panels.values() if begun else ():
            one.cancel()


def answered(panel: Config, look: Look, database: Database) -> Component:
    """Ask a panel's queries and draw the answers."""
    frames = [database.ask(expand(target["rawSql"], look.scope)) for target in panel.get("targets") or () if target.get("rawSql")]
    return draw(panel, frames, look)


def said(panel: Config, look: Look, database: Database) -> Component:
    """Make a panel; what goes wrong is said in it, and nowhere else."""
    try:
        return answered(panel, look, database)
    except (DatabaseAway, TooSlow, NotExpanded) as known:
        return broken(str(known))
    except (NotDrawn, UnknownUnit) as unknown:
        return broken(f"The preview cannot draw this panel: {unknown}.")
    except psycopg.Error as wrong:
        _say_once(sentence(wrong))
        return broken(f"The database refused this query: {wrong.diag.message_primary or sentence(wrong)}.")
    except Exception as bug:  # noqa: BLE001 - whatever it is, the other panels go on
        _LOG.exception("a panel cannot be drawn", extra={"action": "panel"})
        return broken(f"This panel cannot be drawn ({type(bug).__name__}: {bug}). The others are not touched by that.")


@cache
def _say_once(problem: str) -> None:
    """A page asks again every few seconds: that is no news."""
    _LOG.warning("a query is wrong: %s", problem, extra={"action": "panel"})


def broken(words: str) -> Component:
    """Say in a panel why it has no figures. It alarms nobody: `trouble` does, once for the page."""
    return html.P(words, className="broken")


def trouble(made: Mapping[Place, Component]) -> str:
    """Say in a sentence what is wrong with panels; empty where nothing is."""
    words = next((str(one.children) for one in made.values() if getattr(one, "className", None) == "broken"), None)
    return f"Not all can be shown. {words}" if words else ""
