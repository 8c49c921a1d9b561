"""What runs in the browser: the page around the application, its callbacks there, and what it may load (nothing from elsewhere)."""

import base64
import hashlib
from collections.abc import Iterator
from importlib import resources
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State

ASSETS = resources.files("dashboards").joinpath("preview", "assets")

_THEME = """document.documentElement.dataset.theme=localStorage.getItem("instore-theme")||"auto";"""
"""Before anything is painted: the wrong theme must not flash up."""

INDEX = f"""<!DOCTYPE html>
<html lang="en">
  <head>
    {{%metas%}}
    <title>{{%title%}}</title>
    <link rel="icon" href="data:,">
    <script>{_THEME}</script>
    {{%css%}}
  </head>
  <body>
    {{%app_entry%}}
    <footer>
      {{%config%}}
      {{%scripts%}}
      {{%renderer%}}
    </footer>
  </body>
</html>"""

Callback = tuple[ClientsideFunction, Any, Any, Any]


def in_browser() -> Iterator[Callback]:
    """Name the callbacks that `assets/preview.js` answers without asking the server."""
    yield _function("asked"), Output("asked", "data"), [Input("where", "pathname"), Input("where", "search")], []
    yield (
        _function("picked"),
        [Output("where", "search", allow_duplicate=True), Output({"var": ALL}, "value")],
        [Input({"var": ALL}, "value")],
        [State({"var": ALL}, "id"), State("where", "search"), State("scope", "data")],
    )
    yield _function("went"), Output("where", "href"), [Input({"go": ALL}, "value")], [State("where", "pathname")]
    yield (
        _function("timed"),
        Output("where", "search", allow_duplicate=True),
        [Input("apply", "n_clicks"), Input("since", "n_submit"), Input("until", "n_submit")],
        [State("since", "value"), State("until", "value"), State("where", "search")],
    )
    yield (
        _function("lived"),
        [Output("tick", "disabled"), Output("live", "children"), Output("live", "aria-pressed")],
        [Input("live", "n_clicks"), Input("scope", "data")],
        [],
    )
    room = {"panel": ALL, "of": ALL}
    yield (
        _function("filled"),
        [Output(room, "children"), Output(room, "className"), Output(room, "data-html")],
        [Input("made", "data")],
        [State(room, "id"), State(room, "className"), State({"graph": ALL, "of": ALL}, "id")],
    )
    yield _function("themed"), Output("theme", "children"), [Input("theme", "n_clicks"), Input("scope", "data")], []


def _function(name: str) -> ClientsideFunction:
    return ClientsideFunction("instore", name)


def policy(app: Dash) -> str:
    """Say what the browser may load: from here alone."""
    digest = base64.b64encode(hashlib.sha256(_THEME.encode()).digest()).decode()
    hashes = " ".join(f"'{one.strip(chr(39))}'" for one in [*app.csp_hashes(), f"sha256-{digest}"])
    return (
        f"default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
    )
