"""Panels' answers: all that a page has are asked for side by side; who takes long keeps no other waiting."""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
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
"""So long the first answer to the browser waits for panels; others come in a second one."""

_MOST_KEPT = 50

Place = tuple[str, int]
"""A board's uid, and a panel's number."""

Begun = dict[Place, "Future[Component]"]


class Answers:
    """Asks and draws panels, in threads.

    Args:
        database: is asked.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._threads = ThreadPoolExecutor(2 * MOST, "panel")
        self._kept: dict[str, Begun] = {}

    def begin(self, board: Board, look: Look, names: Sequence[Config]) -> tuple[Mapping[Place, Component], str | None]:
        """Begin with panels of a board, and wait a moment: returns those that are made by then, and the ticket for the others."""
        panels = {panel["id"]: panel for panel in board.get("panels") or ()}
        begun = {
            (name["of"], name["panel"]): self._threads.submit(said, panels[name["panel"]], look, self._database)
            for name in names
            if name["panel"] in panels
        }
        # Looked at once: a panel that is made while we go through them is either here or left, and not neither.
        soon, late = wait(begun.values(), SOON_S)
        made = {place: one.result() for place, one in begun.items() if one in soon}
        return made, self._keep({place: one for place, one in begun.items() if one in late})

    def _keep(self, left: Begun) -> str | None:
        if not left:
            return None
        while len(self._kept) >= _MOST_KEPT:  # whoever began them has gone
            self._kept.pop(next(iter(self._kept)))
        ticket = uuid4().hex
        self._kept[ticket] = left
        return ticket

    def rest(self, ticket: str | None) -> Mapping[Place, Component]:
        """Wait for what was kept; each of it ends by itself, as queries have a limit of time."""
        begun = self._kept.pop(ticket or "", {})
        return {place: one.result() for place, one in begun.items()}


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
