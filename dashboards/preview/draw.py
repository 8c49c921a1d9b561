"""Panels by their kind: from its JSON and the answers to its queries to what the browser draws."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.board import Board
from dashboards.frames import Frame
from dashboards.preview import units
from dashboards.preview.barcharts import barchart
from dashboards.preview.charts import DRAW_STYLES, timeseries
from dashboards.preview.colors import CONTINUOUS, is_known
from dashboards.preview.drawing import Drawing, drawing
from dashboards.preview.fields import MAPPINGS, MATCHERS, Config
from dashboards.preview.floor import ELEMENTS, canvas
from dashboards.preview.gauges import bargauge
from dashboards.preview.heat import heatmap
from dashboards.preview.look import Look, text
from dashboards.preview.states import state_timeline
from dashboards.preview.stats import stat
from dashboards.preview.tables import CELLS, kind_of, table
from dashboards.preview.transform import KNOWN


def prose(drawn: Drawing) -> Component:
    """Draw a text: Markdown, or HTML."""
    content = text(drawn.options.get("content") or "", drawn.look)
    is_html = drawn.options.get("mode") == "html"
    return html.Div(dcc.Markdown(content, dangerously_allow_html=is_html, link_target="_self"), className="prose")


KINDS: Mapping[str, Callable[[Drawing], Component]] = {
    "stat": stat,
    "timeseries": timeseries,
    "barchart": barchart,
    "bargauge": bargauge,
    "table": table,
    "heatmap": heatmap,
    "state-timeline": state_timeline,
    "canvas": canvas,
    "text": prose,
}
"""By Grafana's id of a kind of panel."""


def draw(panel: Config, frames: Sequence[Frame], look: Look) -> Component:
    """Draw a panel.

    Raises:
        ValueError: it has something that the preview does not know; says what.
    """
    if panel["type"] not in KINDS:
        raise ValueError(f"panels of the kind {panel['type']} are not known to the preview")
    return KINDS[panel["type"]](drawing(panel, frames, look))


def unknown(board: Board) -> Iterator[str]:
    """Say of each panel of a board what the preview would not draw as Grafana does."""
    for panel in board.get("panels") or ():
        for what in _unknown_in(panel):
            yield f"{board['title']}, {panel.get('title')}: {what}"


def _unknown_in(panel: Config) -> Iterator[str]:
    if "$" in (panel.get("title") or ""):
        yield "a variable in its title"
    if panel["type"] not in KINDS:
        yield f"kind {panel['type']}"
    for step in panel.get("transformations") or ():
        if step["id"] not in KNOWN:
            yield f"transformation {step['id']}"
    for part in ((panel.get("options") or {}).get("root") or {}).get("elements") or ():
        if part["type"] not in ELEMENTS:
            yield f"part {part['type']} of a canvas"
    if panel.get("repeat"):
        yield "repetition"
    config = panel.get("fieldConfig") or {}
    yield from _unknown_properties(config.get("defaults") or {})
    for override in config.get("overrides") or ():
        if override["matcher"]["id"] not in MATCHERS:
            yield f"override {override['matcher']['id']}"
        yield from _unknown_properties(_nested(override["properties"]))


def _nested(properties: Sequence[Config]) -> Config:
    own: Config = {"custom": {}}
    for one in properties:
        inside = own["custom"] if one["id"].startswith("custom.") else own
        inside[one["id"].removeprefix("custom.")] = one.get("value")
    return own


def _unknown_properties(config: Config) -> Iterator[str]:
    custom: dict[str, Any] = config.get("custom") or {}
    if (unit := config.get("unit")) and not units.is_known(unit):
        yield f"unit {unit}"
    mode = (config.get("color") or {}).get("mode")
    if mode and mode not in {"fixed", "thresholds", "palette-classic", *CONTINUOUS}:
        yield f"color mode {mode}"
    for color in _colors(config):
        if not is_known(color):
            yield f"color {color}"
    for mapping in config.get("mappings") or ():
        if mapping["type"] not in MAPPINGS:
            yield f"mapping {mapping['type']}"
    if (cell := kind_of(custom)) not in CELLS:
        yield f"cell {cell}"
    if (style := custom.get("drawStyle") or "line") not in DRAW_STYLES:
        yield f"style {style}"


def _colors(config: Config) -> Iterator[str]:
    if fixed := (config.get("color") or {}).get("fixedColor"):
        yield fixed
    for step in (config.get("thresholds") or {}).get("steps") or ():
        yield step["color"]
