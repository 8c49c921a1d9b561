"""The parts of a page: its frame, the places of its panels, what can be picked. Pure: what they show comes by callbacks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.board import Board
from dashboards.pages.visit import VISIT_PAGE
from dashboards.preview.anchors import aria
from dashboards.preview.catalog import Boards, Store
from dashboards.preview.fields import Config
from dashboards.preview.look import Look
from dashboards.preview.moments import PRESETS, label
from dashboards.preview.state import Choice, State, address, kept
from dashboards.variables import ALL

_NOW = "Store now"

_MOST_AT_A_GLANCE = 8
"""Options that one sees without looking for them."""

_WAITING = html.Div(className="waiting", role="status", **aria(label="loading"))


class Parts(NamedTuple):
    """What a page has in its frame: the navigation, what can be picked, the time, and panels or a message."""

    pages: Any
    pickers: Any
    times: Any
    content: Any


def frame(parts: Parts | None = None) -> Component:
    """Make what every page has; the rest comes by callbacks, unless it is given."""
    given = parts or Parts([], [], [], [_WAITING])
    return html.Div(
        [
            dcc.Location(id="where", refresh="callback-nav"),
            dcc.Store(id="asked"),
            dcc.Store(id="scope"),
            dcc.Store(id="ticket"),
            dcc.Store(id="made"),
            dcc.Interval(id="tick", interval=60_000),
            dcc.Interval(id="soon", interval=20, max_intervals=0),
            dcc.Interval(id="again", interval=3_000, disabled=True),
            html.A("Skip to the page", href="#content", className="skip"),
            html.Header(
                [
                    html.Div(
                        [html.Span("instore", className="brand"), html.Nav(given.pages, id="pages", **aria(label="Pages"))], className="bar"
                    ),
                    html.Div(
                        [
                            html.Div(
                                [html.Div(given.pickers, id="pickers", className="pickers"), html.Div(given.times, id="times")],
                                className="pickers all",
                            ),
                            html.Div(_buttons(), className="buttons"),
                        ],
                        className="bar tools",
                    ),
                ]
            ),
            html.P(id="trouble", className="problem trouble", role="alert"),
            html.Main(given.content, id="content", tabIndex=-1),
        ],
        className="page",
    )


def _buttons() -> list[Component]:
    return [
        html.Button("Live", id="live", className="live", title="Stop and go on asking for what is new", **aria(pressed="true")),
        html.Button("Theme", id="theme", title="Light, dark, or as the system"),
    ]


def pages(boards: Boards, board: Board | None, search: str) -> list[Component]:
    """Make the navigation: each page, with what is picked here as far as it can be picked there; of the stores' pages that of one."""
    here = boards.store(board["uid"]) if board else None
    return [*_to_store(boards, here, board, search), *(_to_page(one, board, here, search) for one in boards.pages)]


def _to_store(boards: Boards, here: Store | None, board: Board | None, search: str) -> Iterator[Component]:
    """Link to what is now in the store that is looked at, or else in the first."""
    if here:
        yield _current(_NOW, here.uid)
        return
    picked = parse_qs(search.removeprefix("?")).get("var-store", [])
    store = next((one for one in boards.stores if one.store_id in picked), next(iter(boards.stores), None))
    if store:
        yield _link(_NOW, store.uid, [_times(board, search, [])])


def _to_page(page: Board, board: Board | None, here: Store | None, search: str) -> Component:
    if page is board:
        return _current(page["title"], page["uid"])
    takes_store = any(one["name"] == "store" for one in (page.get("templating") or {}).get("list") or ())
    if here and takes_store:
        return _link(page["title"], page["uid"], [f"var-store={quote(here.store_id, safe='')}", _times(board, search, [])])
    return _link(page["title"], page["uid"], [_times(board, search, ["store"] if takes_store else [])])


def _times(board: Board | None, search: str, names: Sequence[str]) -> str:
    """Keep these variables and the times; a visit's page shows the time of that visit: no other page is about it."""
    return "" if board and board["uid"] == VISIT_PAGE else kept(search, names)


def _current(title: str, uid: str) -> Component:
    return html.A(title, href=f"/d/{quote(uid)}", className="here", **aria(current="page"))


def _link(title: str, uid: str, query: Sequence[str]) -> Component:
    written = "&".join(part for part in query if part)
    return dcc.Link(title, href=f"/d/{quote(uid)}" + (f"?{written}" if written else ""))


def pickers(boards: Boards, board: Board, found: State) -> list[Component]:
    """Make what can be picked: the store, and other variables."""
    here = boards.store(board["uid"])
    parts = [_stores(boards, here)] if here and len(boards.stores) > 1 else []
    return [*parts, *(_picker(choice) for choice in found.choices if not choice.is_hidden)]


def _stores(boards: Boards, here: Store) -> Component:
    """Pick a store where each has a page of its own."""
    options = [{"value": one.uid, "label": one.name} for one in boards.stores]
    return _labelled("Store", dcc.Dropdown(options, here.uid, id={"go": "store"}, clearable=False, className="picker"), "store-now")


def _picker(choice: Choice) -> Component:
    name = {"var": choice.name}
    if choice.kind == "textbox":
        box: Component = dcc.Input(value=choice.picked[0], id=name, debounce=True, className="box")
        return _labelled(choice.label, box, choice.name)
    options = [{"value": ALL, "label": "All"}] if choice.has_all else []
    options += [{"value": value, "label": words} for value, words in choice.options]
    picked: Any = [ALL] if choice.is_all else list(choice.picked)
    value = picked if choice.is_multi else next(iter(picked), None)
    dropdown = dcc.Dropdown(
        options,
        value,
        id=name,
        multi=choice.is_multi,
        clearable=False,
        maxHeight=420,
        searchable=len(options) > _MOST_AT_A_GLANCE,
        className="picker",
    )
    return _labelled(choice.label, dropdown, choice.name)


def _labelled(words: str, part: Component, name: str) -> Component:
    named: dict[str, Any] = {"data-label": words}  # `preview.js` names the parts by it
    return html.Div([html.Span(words, className="label", id=f"label-{name}"), part], className="labelled", **named)


def times(board: Board, look: Look) -> Component:
    """Pick a time: a preset, or from when to when."""
    until = look.scope.until
    span = until - look.scope.since
    here = f"/d/{board['uid']}"

    def moved(by: int) -> str:
        since, to = (str(round((at + by * span).timestamp() * 1000)) for at in (look.scope.since, until))
        return here + address(look, (since, to))

    presets = [
        html.Li(dcc.Link(words, href=here + address(look, (since, to)), className="here" if look.written == (since, to) else None))
        for since, to, words in PRESETS
    ]
    own = [
        html.Label(["From", dcc.Input(value=look.written[0], id="since", n_submit=0)]),
        html.Label(["To", dcc.Input(value=look.written[1], id="until", n_submit=0)]),
        html.Button("Apply", id="apply", n_clicks=0),
        html.P("now-6h, now/d, or 2026-11-21 12:00", className="hint"),
    ]
    return html.Div(
        [
            dcc.Link("\u2039", href=moved(-1), title="Earlier", className="step"),
            html.Details(
                [
                    html.Summary([html.Span("Time: ", className="sr-only"), label(*look.written, look.zone)]),
                    html.Div([html.Ul(presets), html.Div(own, className="own")], className="menu"),
                ],
                className="times",
            ),
            dcc.Link("\u203a", href=moved(1), title="Later", className="step"),
        ],
        className="labelled time",
    )


def content(board: Board, problem: str | None, bodies: Mapping[int, Component] | None = None) -> list[Component]:
    """Make the places of a board's panels; what they show comes by callbacks of their own, unless it is given."""
    head: list[Component] = [
        html.Div([html.H1(board["title"]), html.P(board.get("description") or "", className="about")], className="head")
    ]
    if problem:
        head.append(html.P(problem, className="problem", role="alert"))
    panels = sorted(board.get("panels") or (), key=lambda panel: (panel["gridPos"]["y"], panel["gridPos"]["x"]))
    return [*head, html.Div([_place(board, panel, (bodies or {}).get(panel["id"])) for panel in panels], className="grid")]


def _place(board: Board, panel: Config, inside: Component | None) -> Component:
    at, number = panel["gridPos"], panel["id"]
    title = str(panel.get("title") or "")
    style = {
        "gridColumn": f"{at['x'] + 1} / span {at['w']}",
        "gridRow": f"{at['y'] + 1} / span {at['h']}",
        "--rows": str(at["h"]),
        "--columns": str(at["w"]),
    }
    name = {"panel": number, "of": board["uid"]}
    there: dict[str, Any] = {"data-panel": f"{board['uid']}/{number}"}
    # Plain HTML is put into the first by `preview.js`; the second is the application's.
    body = html.Div(
        [html.Div(inside, className="plain"), html.Div(_WAITING if inside is None else None, id=name, className="room")],
        className="body",
        **there,
    )
    return html.Section(
        [html.Div([html.H2(title), *_about(panel)], className="panel-head"), body],
        className=f"panel kind-{panel['type']}",
        style=style,
        **aria(label=title),
    )


def _about(panel: Config) -> list[Component]:
    """Say how a panel's figures are defined, on demand."""
    if not panel.get("description"):
        return []
    words = html.Div(panel["description"], className="note")
    return [html.Details([html.Summary("i", **aria(label=f"About: {panel.get('title')}")), words], className="info")]


def message(title: str, *lines: str) -> list[Component]:
    """Make a page that says something instead of figures."""
    return [html.Div([html.H1(title), *(html.P(line) for line in lines)], className="message", role="status")]
