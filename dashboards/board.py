"""A dashboard from its panels: where each stands, what all dashboards have in common, and its JSON."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DashboardLinkType, GridPos, Panel, VariableModel

Board = dict[str, Any]
"""A dashboard as Grafana has it: its JSON."""

TAG = "instore"
"""All our dashboards have it. What has it not is not ours."""

PAGES, STORES = "instore-page", "instore-store"
"""By these they link to each other: pages on which a store is picked, and pages that belong to one store."""

SCHEMA_VERSION = 37
"""That of Grafana 9.3: a newer one brings it up to its own, an older one would not know what it reads."""

WIDTH = 24
"""Columns of the grid."""


class Page(NamedTuple):
    """What a dashboard is.

    Attributes:
        uid: its address in Grafana, the same for ever: `/d/UID`.
        title: its name.
        about: what it answers, for whom.
        since: the beginning of the time that it shows at first, as Grafana writes it.
        refresh: how often it asks again.
        links: by which of the two tags others link to it; None: only what is about it does.
    """

    uid: str
    title: str
    about: str
    since: str = "now-24h"
    refresh: str = "1m"
    links: str | None = PAGES


Place = Builder[Panel] | Sequence[Builder[Panel]]
"""A panel on a line, or several of one width below each other."""


def board(page: Page, lines: Sequence[Sequence[Place]], variables: Sequence[Builder[VariableModel]] = ()) -> Board:
    """Make a dashboard of its panels, line by line (each has its width and height), and of what can be picked."""
    made = (
        dashboard.Dashboard(page.title)
        .uid(page.uid)
        .description(page.about)
        .tags([TAG, page.links] if page.links else [TAG])
        .timezone("browser")
        .time(page.since, "now")
        .refresh(page.refresh)
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .link(_to_pages())
        .link(_to_stores())
    )
    for variable in variables:
        made.with_variable(variable)
    model = made.build()
    model.schema_version = SCHEMA_VERSION
    model.panels = list(_placed(lines))
    for one in (model.templating and model.templating.list_val) or ():
        one.id_val = one.name  # Grafana looks a variable up by its id, and the SDK gives all of them the same one
    return json.loads(json.dumps(model, cls=JSONEncoder))  # type: ignore[no-any-return]


def _to_pages() -> dashboard.DashboardLink:
    """Link to the pages on which something can be picked, with what is picked here."""
    return dashboard.DashboardLink("instore").type(DashboardLinkType.DASHBOARDS).tags([PAGES]).include_vars(True).keep_time(True)


def _to_stores() -> dashboard.DashboardLink:
    """Link to the stores' own pages, without what is picked here: a variable in an address overrules even a constant."""
    link = dashboard.DashboardLink("Store now").type(DashboardLinkType.DASHBOARDS).tags([STORES])
    return link.as_dropdown(True).include_vars(False).keep_time(False)


def _placed(lines: Sequence[Sequence[Place]]) -> list[Panel]:
    """Put panels on the grid: each line below the lowest panel of the one before."""
    panels: list[Panel] = []
    top = 0
    for line in lines:
        left, bottom = 0, top
        for place in line:
            column = [panel.build() for panel in (place if isinstance(place, Sequence) else [place])]
            bottom = max(bottom, _stack(column, left, top))
            left += max(_size(panel)[0] for panel in column)
            panels += column
        assert left <= WIDTH, f"the line with {panels[-1].title} is {left} columns wide"
        top = bottom
    for number, panel in enumerate(panels, 1):
        panel.id_val = number
    return panels


def _stack(column: Sequence[Panel], left: int, top: int) -> int:
    """Put panels below each other, and return where the last one ends."""
    for panel in column:
        width, height = _size(panel)
        panel.grid_pos = GridPos(x=left, y=top, w=width, h=height)
        top += height
    return top


def _size(panel: Panel) -> tuple[int, int]:
    assert panel.grid_pos is not None, f"{panel.title} has no size: panels.size gives it one"
    return panel.grid_pos.w, panel.grid_pos.h
