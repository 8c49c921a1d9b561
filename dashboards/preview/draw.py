"""Panels by their kind: from its JSON and the answers to its queries to what the browser draws.

Only what our dashboards ask for is drawn. What a panel asks for beyond that is named, and the panel shows that instead of something else.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from dash.development.base_component import Component

from dashboards.board import Board
from dashboards.frames import Frame
from dashboards.preview import units
from dashboards.preview.barcharts import barchart
from dashboards.preview.charts import DRAW_STYLES, SHAPES, timeseries
from dashboards.preview.colors import is_known
from dashboards.preview.drawing import Drawing, drawing
from dashboards.preview.fields import MAPPINGS, MATCHERS, SPECIAL, Config
from dashboards.preview.floor import ELEMENTS, canvas, is_scaled
from dashboards.preview.gauges import bargauge
from dashboards.preview.heat import heatmap
from dashboards.preview.look import Look, unknown_in_address
from dashboards.preview.states import state_timeline
from dashboards.preview.stats import stat
from dashboards.preview.tables import CELLS, kind_of, table
from dashboards.preview.transform import HANDLERS, KNOWN

KINDS: Mapping[str, Callable[[Drawing], Component]] = {
    "stat": stat,
    "timeseries": timeseries,
    "barchart": barchart,
    "bargauge": bargauge,
    "table": table,
    "heatmap": heatmap,
    "state-timeline": state_timeline,
    "canvas": canvas,
}
"""By Grafana's id of a kind of panel."""

_OPTIONS: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "stat": {"colorMode": ("value", "background"), "textMode": ("auto",), "orientation": ("auto",), "graphMode": ("none",)},
    "barchart": {"orientation": ("horizontal",), "stacking": ("none",), "xField": (None,), "colorByField": (None,)},
    "bargauge": {"orientation": ("horizontal",)},
    "table": {"showHeader": (True,), "sortBy": (None,)},
    "heatmap": {"calculate": (False,)},
    "state-timeline": {"mergeValues": (False,)},
}
"""What options of a kind may say, where only some of it is drawn."""

_CUSTOM: Mapping[str, Sequence[Any]] = {
    "drawStyle": (None, *DRAW_STYLES),
    "lineInterpolation": (None, *SHAPES),
    "lineStyle": (None,),
    "spanNulls": (None, False),
    "axisPlacement": (None, "auto"),
    "thresholdsStyle": (None,),
    "hideFrom": (None,),
}
"""The same of what a kind configures for columns."""


class NotDrawn(ValueError):
    """A panel asks for something that the preview does not know; says what."""


def draw(panel: Config, frames: Sequence[Frame], look: Look) -> Component:
    """Draw a panel.

    Raises:
        NotDrawn: it has something that the preview does not know.
    """
    if problems := list(dict.fromkeys(unknown_in(panel))):
        raise NotDrawn(", ".join(problems))
    return KINDS[panel["type"]](drawing(panel, frames, look))


def unknown(board: Board) -> Iterator[str]:
    """Say of each panel of a board what the preview does not draw."""
    for panel in board.get("panels") or ():
        for what in unknown_in(panel):
            yield f"{board['title']}, {panel.get('title')}: {what}"


def unknown_in(panel: Config) -> Iterator[str]:
    """Say what of a panel the preview does not draw."""
    if panel["type"] not in KINDS:
        yield f"kind {panel['type']}"
        return
    if "$" in (panel.get("title") or ""):
        yield "a variable in its title"
    for name in ("repeat", "links"):
        if panel.get(name):
            yield f"{name} of a panel"
    yield from _unknown_options(panel["type"], panel.get("options") or {})
    yield from _unknown_steps(panel.get("transformations") or ())
    config = panel.get("fieldConfig") or {}
    yield from _unknown_properties(config.get("defaults") or {})
    for override in config.get("overrides") or ():
        if override["matcher"]["id"] not in MATCHERS:
            yield f"override {override['matcher']['id']}"
        yield from _unknown_properties(_nested(override["properties"]))


def _unknown_options(kind: str, options: Config) -> Iterator[str]:
    for name, known in _OPTIONS.get(kind, {}).items():
        if name in options and options[name] not in known:
            yield f"{name} {options[name]}"
    reduce = options.get("reduceOptions") or {}
    if reduce.get("fields") or reduce.get("calcs", ["lastNotNull"]) != ["lastNotNull"]:
        yield f"reduction {reduce.get('fields') or ', '.join(reduce['calcs'])}"
    if reduce and bool(reduce.get("values")) != (kind == "bargauge"):
        yield "reduction of each row" if reduce.get("values") else "reduction of each column"
    for part in (options.get("root") or {}).get("elements") or ():
        if part["type"] not in ELEMENTS:
            yield f"part {part['type']} of a canvas"
        elif not is_scaled(part):
            yield "part of a canvas that does not grow with it"


def _unknown_steps(steps: Sequence[Config]) -> Iterator[str]:
    for step in steps:
        if step["id"] not in KNOWN:
            yield f"transformation {step['id']}"
            continue
        for one in (step.get("options") or {}).get("mappings") or ():
            if one["handlerKey"] not in HANDLERS:
                yield f"handler {one['handlerKey']}"


def _nested(properties: Sequence[Config]) -> Config:
    own: Config = {"custom": {}}
    for one in properties:
        inside = own["custom"] if one["id"].startswith("custom.") else own
        inside[one["id"].removeprefix("custom.")] = one.get("value")
    return own


def _unknown_properties(config: Config) -> Iterator[str]:
    if (unit := config.get("unit")) and not units.is_known(unit):
        yield f"unit {unit}"
    if "displayName" in config:
        yield "displayName"
    mode = (config.get("color") or {}).get("mode")
    if mode and mode not in {"fixed", "thresholds"}:
        yield f"color mode {mode}"
    yield from (f"color {color}" for color in _colors(config) if not is_known(color))
    yield from _unknown_words(config)
    yield from _unknown_custom(config.get("custom") or {})


def _unknown_words(config: Config) -> Iterator[str]:
    for one in config.get("links") or ():
        yield from unknown_in_address(one["url"])
    for mapping in config.get("mappings") or ():
        kind = mapping["type"]
        if kind not in MAPPINGS or (kind == "special" and mapping["options"]["match"] != SPECIAL):
            yield f"mapping {kind}"


def _unknown_custom(custom: Config) -> Iterator[str]:
    if (cell := kind_of(custom)) not in CELLS:
        yield f"cell {cell}"
    if (stacking := (custom.get("stacking") or {}).get("mode") or "none") not in {"none", "normal"}:
        yield f"stacking {stacking}"
    for name, known in _CUSTOM.items():
        if custom.get(name) not in known:
            yield f"{name} {custom[name]}"


def _colors(config: Config) -> Iterator[str]:
    if fixed := (config.get("color") or {}).get("fixedColor"):
        yield fixed
    for step in (config.get("thresholds") or {}).get("steps") or ():
        yield step["color"]
