"""The web application: what it answers to the browser.

The address is the state. A page is made of its frame, of what `show` says (pages, pickers, places of panels), and of
panels' answers (`answers`), which come together: the browser works long on each answer, however small.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote
from zlib import crc32
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dash import ALL, Dash, Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from flask import Response, redirect, request
from plotly.io.json import to_json_plotly
from werkzeug.wrappers import Response as AnyResponse

from dashboards.board import Board
from dashboards.preview import page, scripts
from dashboards.preview.answers import LATER_S, SOON_S, Answers, Made, Place, answered, broken, trouble
from dashboards.preview.catalog import Catalog
from dashboards.preview.database import MOST, Database, NotReady, TooSlow
from dashboards.preview.fields import Config
from dashboards.preview.figure import is_picture
from dashboards.preview.look import Look
from dashboards.preview.state import state
from dashboards.preview.still import is_still, still
from dashboards.variables import ALL as EVERY
from storage.errors import DatabaseAway

_LOG = logging.getLogger("instore.preview")

_STILL = ("stat", "table", "bargauge", "canvas")
"""Kinds of panels that are no charts."""

_AT_ONCE_S = 0.4

_LENGTHS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

OURS = ("127.0.0.1", "localhost", "[::1]")
"""Names of this machine: whoever comes by another was sent here by a page that wants to read what it may not."""


def app_of(database: Database, catalog: Catalog) -> Dash:
    """Make the application."""
    app = _Application(
        lambda: _first(database, catalog),
        "instore",
        assets_folder=str(scripts.ASSETS),
        title="instore",
        update_title="",
        index_string=scripts.INDEX,
        suppress_callback_exceptions=True,
        add_log_handler=False,
    )
    app.layout = page.frame()
    _guard(app, catalog)
    _answer_pages(app, database, catalog)
    _answer_panels(app, database, catalog)
    for source, outputs, inputs, states in scripts.in_browser():
        app.clientside_callback(source, outputs, inputs, states, prevent_initial_call=True)  # type: ignore[no-untyped-call]
    return app


class _Application(Dash):
    """A Dash that puts a page's figures into the first answer already, as plain HTML: `preview.js` takes that away again.

    Args:
        first: makes that HTML for the address that is asked for.
    """

    def __init__(self, first: Callable[[], str], *rest: Any, **more: Any) -> None:
        self._first = first
        super().__init__(*rest, **more)

    def interpolate_index(self, **parts: Any) -> str:  # type: ignore[override]  # Dash calls it by names
        """Put it before the application's own place."""
        parts["app_entry"] = self._first() + parts["app_entry"]
        return str(super().interpolate_index(**parts))  # type: ignore[no-untyped-call]


def _first(database: Database, catalog: Catalog) -> str:
    """Make the page that is asked for as far as it is there at once; empty where that cannot be: the application says why."""
    try:
        boards = catalog.boards()
        board = boards.named(_uid_in(request.path)) if boards.stores else None
        if board is None:
            return ""
        search = request.query_string.decode()
        seen = state(board, search, database.ask, datetime.now().astimezone().tzinfo or UTC)  # the browser is on this machine
        content = page.content(board, seen.problem, _at_once(board, seen.look, database))
        parts = page.Parts(page.pages(boards, board, search), page.pickers(boards, board, seen), page.times(board, seen.look), content)
        return f'<div id="first">{still(page.frame(parts))}</div>'
    except Exception as bug:  # noqa: BLE001 - whatever it is: the application will say it where it belongs
        _LOG.debug("no first page: %s", bug, extra={"action": "first"})
        return ""


def _at_once(board: Board, look: Look, database: Database) -> dict[int, Component]:
    """Draw the panels that are no charts, as far as that takes no time to speak of."""
    wanted = [panel for panel in board.get("panels") or () if panel["type"] in _STILL]
    threads = ThreadPoolExecutor(MOST)  # as a context it would wait for the slowest
    drawn = {panel["id"]: threads.submit(answered, panel, look, database) for panel in wanted}
    done, _ = wait(drawn.values(), _AT_ONCE_S)
    threads.shutdown(wait=False, cancel_futures=True)
    return {number: one.result() for number, one in drawn.items() if one in done and one.exception() is None}


def _guard(app: Dash, catalog: Catalog) -> None:
    policy = scripts.policy(app)

    @app.server.before_request  # type: ignore[untyped-decorator,unused-ignore]
    def begin() -> Response | AnyResponse | None:
        if request.host.rpartition(":")[0] not in OURS and request.host not in OURS:
            return Response("This page is for browsers of this machine only.", 403, mimetype="text/plain")
        if request.path == "/":
            try:
                first = next(iter(catalog.boards().stores), None)
            except (DatabaseAway, TooSlow):
                return None  # the page says it
            return redirect(f"/d/{first.uid}") if first else None
        return None

    @app.server.after_request  # type: ignore[untyped-decorator,unused-ignore]
    def end(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def _answer_pages(app: Dash, database: Database, catalog: Catalog) -> None:
    @app.callback(  # type: ignore[untyped-decorator,unused-ignore]
        Output("pages", "children"),
        Output("pickers", "children"),
        Output("times", "children"),
        Output("content", "children"),
        Output("scope", "data"),
        Output("tick", "interval"),
        Output("again", "disabled"),
        Input("asked", "data"),
        Input("again", "n_intervals"),
        State("scope", "data"),
        State({"var": ALL}, "id"),
        State({"var": ALL}, "value"),
        prevent_initial_call=True,
    )
    def show(asked: Config | None, _again: int | None, before: Config | None, names: list[Config], values: list[Any]) -> tuple[Any, ...]:
        if asked is None:
            return (no_update,) * 7
        there = {name["var"]: value if isinstance(value, list) else [value] for name, value in zip(names, values, strict=True)}
        try:
            return _shown(asked, before, there, database, catalog)
        except (DatabaseAway, TooSlow) as away:
            title = "The database is not ready" if isinstance(away, NotReady) else "The database is away"
            words = page.message(title, str(away), "This page tries again by itself.")
        except Exception as bug:  # noqa: BLE001 - whatever it is: somebody waits for an answer
            _LOG.exception("a page cannot be shown", extra={"action": "page"})
            words = page.message("This page cannot be shown", f"{type(bug).__name__}: {bug}", "It tries again by itself.")
        return [], [], [], words, None, no_update, False


def _shown(asked: Config, before: Config | None, there: dict[str, list[Any]], database: Database, catalog: Catalog) -> tuple[Any, ...]:
    boards = catalog.boards()
    if not boards.stores:
        words = "As soon as a store has sent its first reading, or a layout was loaded, its dashboards stand here."
        return [], [], [], page.message("Nothing here yet", "The database holds no store.", words), None, no_update, False
    search = asked["search"] or ""
    board = boards.named(boards.stores[0].uid if asked["pathname"] == "/" else _uid_in(asked["pathname"]))
    if board is None:
        return page.pages(boards, None, search), [], [], page.message("There is no such page", "Pick one above."), None, no_update, True
    seen = state(board, search, database.ask, zone_of(asked.get("zone")))
    scope = {
        "board": board["uid"],
        "title": board["title"],
        "search": search,
        "zone": asked.get("zone"),
        "known": seen.known,
        "values": {choice.name: list(choice.picked) or [EVERY] for choice in seen.choices if not choice.is_hidden},
        "problem": seen.problem,
        "every_s": _seconds(board.get("refresh")),
        "options": crc32(repr([(choice.name, choice.options) for choice in seen.choices]).encode()),
    }
    same = before is not None and before["board"] == board["uid"] and before["problem"] == seen.problem
    places = no_update if same else page.content(board, seen.problem)
    # A picker that shows what it should is left alone: it may be open.
    kept = same and before is not None and before["options"] == scope["options"] and there == scope["values"]
    pickers = no_update if kept else page.pickers(boards, board, seen)
    return page.pages(boards, board, search), pickers, page.times(board, seen.look), places, scope, scope["every_s"] * 1000, True


def _uid_in(pathname: str) -> str:
    return unquote(pathname).removeprefix("/d/").split("/")[0]


def _seconds(refresh: Any) -> int:
    """Read how often a board asks again: `10s`, `1m`."""
    words = str(refresh or "1m")
    return int(words[:-1]) * _LENGTHS[words[-1]]


def zone_of(name: str | None) -> ZoneInfo:
    """Find the zone of the browser's clock; UTC where it is not known."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _answer_panels(app: Dash, database: Database, catalog: Catalog) -> None:
    """Answer by one callback, however often it takes: of an answer that was overtaken the browser drops all.

    Dash does so only where outputs are named one by one; so what changes in the rooms of panels goes into one of them, and
    `preview.js` puts it there, by what it has then.
    """
    answers = Answers(database)

    @app.callback(  # type: ignore[untyped-decorator,unused-ignore]
        Output("made", "data"),
        Output("trouble", "children"),
        Output("ticket", "data"),
        Output("soon", "max_intervals"),
        Input("scope", "data"),
        Input("tick", "n_intervals"),
        Input("soon", "n_intervals"),
        State("ticket", "data"),
        State({"panel": ALL, "of": ALL}, "id"),
        State({"panel": ALL, "of": ALL}, "className"),
        prevent_initial_call=True,
    )
    def fill(scope: Config | None, _tick: int | None, again: int | None, ticket: str | None, *rooms: Any) -> tuple[Any, ...]:
        names, shown = rooms
        try:
            # A refresh goes on with what the one before it began: a page that takes longer than that would never be there.
            made = answers.made(ticket, scope, LATER_S if ctx.triggered_id == "soon" else SOON_S) if scope else None
            if made is None:
                answers.forget(ticket)
                ticket = _begin(answers, scope, names, database, catalog)
                made = answers.made(ticket, scope or {}, SOON_S) or Made({}, True)
        except (DatabaseAway, TooSlow) as away:
            made = _all_broken(names, str(away))
        except Exception as bug:  # noqa: BLE001 - whatever it is: somebody waits for an answer
            _LOG.exception("panels cannot be asked for", extra={"action": "panel"})
            made = _all_broken(names, f"This cannot be shown ({type(bug).__name__}: {bug}). It tries again by itself.")
        changes, words = list(_changes(made.panels, names, shown)), trouble(made.panels)
        if made.is_all:
            return changes, words, None, no_update
        return changes, words or no_update, ticket, (again or 0) + 1


def _begin(answers: Answers, scope: Config | None, names: Sequence[Config], database: Database, catalog: Catalog) -> str | None:
    """Begin with the panels that a page has; None where it is no page any more."""
    board = catalog.boards().named(scope["board"]) if scope else None
    if scope is None or board is None:
        return None
    look = state(board, scope["search"], database.ask, zone_of(scope["zone"]), known=scope["known"]).look
    return answers.begin(scope, board, look, [name for name in names if name["of"] == board["uid"]])


def _all_broken(names: Sequence[Config], words: str) -> Made:
    return Made({(name["of"], name["panel"]): broken(words) for name in names}, True)


def _changes(made: Mapping[Place, Any], names: Sequence[Config], shown: Sequence[str]) -> Iterator[Config]:
    """Say of each room what is to be seen in it, where it shows something else: the class that tells so, a component or plain HTML."""
    for name, before in zip(names, shown, strict=True):
        panel = made.get((name["of"], name["panel"]))
        if panel is None:
            continue
        kind = "plain-one" if is_still(panel) else "picture-one" if is_picture(panel) else "other-one"
        seen = f"room {kind} seen-{crc32(to_json_plotly(panel).encode())}"
        if seen == before:
            continue
        if kind == "picture-one":
            panel.id, panel.children.id = {"picture": name["panel"], "of": name["of"]}, {"graph": name["panel"], "of": name["of"]}
        yield {**name, "seen": seen, **({"html": still(panel)} if kind == "plain-one" else {"component": panel})}
