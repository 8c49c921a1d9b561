"""Panels of lines and bars over time."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from dash.development.base_component import Component

from dashboards.preview.colors import css, faded
from dashboards.preview.drawing import Drawing
from dashboards.preview.fields import Config, Field
from dashboards.preview.figure import Figure, graph, local, summary_of, time_axis, value_axis

_SHAPES = {"linear": "linear", "smooth": "spline", "stepAfter": "hv", "stepBefore": "vh"}
_DASHES = {"solid": "solid", "dash": "dash", "dot": "dot"}

DRAW_STYLES = ("line", "bars", "points")


def timeseries(drawing: Drawing) -> Component:
    """Draw each column of numbers over the column of time."""
    lines = [(table[at], field) for table in drawing.tables for at in _times(table) for field in table if _is_line(field)]
    if not any(value is not None for _, field in lines for value in field.values):
        return drawing.nothing()
    units = list(dict.fromkeys(field.unit for _, field in lines))
    traces = [_trace(drawing, time, field, units.index(field.unit)) for time, field in lines]
    fields = [field for _, field in lines]
    return graph(traces, _layout(drawing, fields, units), summary_of(drawing.title, "over time", fields))


def _times(table: Sequence[Field]) -> list[int]:
    return [at for at, field in enumerate(table) if field.type == "time"][:1]


def _is_line(field: Field) -> bool:
    return field.type == "number" and not field.is_hidden


def _trace(drawing: Drawing, time: Field, field: Field, axis: int) -> Figure:
    custom = field.custom
    color = css(field.color)
    trace: Figure = {
        "name": field.title,
        "x": [local(at, drawing.look.zone) for at in time.values],
        "y": field.values,
        "customdata": [None if value is None else field.shown(value).text for value in field.values],
        "hovertemplate": "%{customdata}<extra>%{fullData.name}</extra>",
        "yaxis": "y" if axis == 0 else "y2",
    }
    style = custom.get("drawStyle") or "line"
    if style == "bars":
        return {**trace, **_bars(field, time, color)}
    return {**trace, **_line(custom, color, points=style == "points")}


def _line(custom: Config, color: str, *, points: bool) -> Figure:
    mode = "markers" if points else "lines+markers" if custom.get("showPoints") == "always" else "lines"
    dash = (custom.get("lineStyle") or {}).get("fill") or "solid"
    stacking = _stacking(custom)
    shape = _SHAPES[custom.get("lineInterpolation") or "linear"]
    line: Figure = {
        "type": "scatter",
        "mode": mode,
        "connectgaps": bool(custom.get("spanNulls")),
        "line": {"color": color, "width": custom.get("lineWidth", 1), "shape": shape, "dash": _DASHES[dash]},
        "marker": {"color": color, "size": custom.get("pointSize", 5)},
    }
    opacity = custom.get("fillOpacity") or 0
    if stacking:
        line |= {"stackgroup": stacking, "fillcolor": faded(color, opacity / 100)}
        if custom["stacking"]["mode"] == "percent":
            line["groupnorm"] = "fraction"
    elif opacity:
        line |= {"fill": "tozeroy", "fillcolor": faded(color, opacity / 100)}
    return line


def _bars(field: Field, time: Field, color: str) -> Figure:
    width = _narrowest(time.values)
    marker: Figure = {"color": color, "opacity": (field.custom.get("fillOpacity") or 80) / 100}
    if (field.config.get("color") or {}).get("mode") == "thresholds":
        marker["color"] = [css(field.color_of(value) or field.color) for value in field.values]
    bars: Figure = {"type": "bar", "marker": marker}
    if width is not None and (field.custom.get("barAlignment") or 0) and _stacking(field.custom):
        bars |= {"width": width * 0.85 * 1000, "offset": 0 if field.custom["barAlignment"] > 0 else -width * 850}
    return bars


def _narrowest(times: Sequence[datetime]) -> float | None:
    """The shortest time from one bar to the next, in seconds."""
    steps = [(second - first).total_seconds() for first, second in pairwise(times)]
    return min((step for step in steps if step > 0), default=None)


def _stacking(custom: Config) -> str | None:
    stacking = custom.get("stacking") or {}
    return str(stacking.get("group") or "A") if (stacking.get("mode") or "none") != "none" else None


def _layout(drawing: Drawing, fields: Sequence[Field], units: Sequence[str | None]) -> Figure:
    legend = drawing.options.get("legend") or {}
    stacked = any(_stacking(field.custom) for field in fields)
    layout: Figure = {
        "xaxis": time_axis(drawing.look),
        "showlegend": legend.get("showLegend", True) and len(fields) > 1,
        "hovermode": "x unified",
        "barmode": "stack" if stacked else "group",
        "shapes": [shape for field in fields[:1] for shape in _limits(field)],
    }
    for at in range(min(len(units), 2)):
        own = [field for field in fields if units.index(field.unit) == at or (at == 1 and field.unit != units[0])]
        stacks = any(_stacking(field.custom) for field in own)
        bars = any(field.custom.get("drawStyle") == "bars" for field in own)
        axis = value_axis(own, _highest(own) if stacks else None, 0.0 if stacks or bars else None)
        layout["yaxis" if at == 0 else "yaxis2"] = {**axis, **_side(own[0], at)} | (
            {"title": {"text": unit_title}} if (unit_title := own[0].custom.get("axisLabel")) else {}
        )
    return layout


def _side(field: Field, at: int) -> Figure:
    if at == 0:
        return {"side": "right" if field.custom.get("axisPlacement") == "right" else "left"}
    return {"side": "right", "overlaying": "y", "showgrid": False}


def _highest(fields: Sequence[Field]) -> float:
    """The most of a stack."""
    if any(field.custom.get("stacking", {}).get("mode") == "percent" for field in fields):
        return 1.0
    rows = zip(*(field.values for field in fields), strict=False)
    return max((sum(value for value in row if value is not None) for row in rows), default=1.0) or 1.0


def _limits(field: Field) -> list[Figure]:
    """Lines where thresholds are, if the panel shows them."""
    mode = ((field.custom.get("thresholdsStyle") or {}).get("mode")) or "off"
    if mode == "off":
        return []
    steps: list[Any] = (field.config.get("thresholds") or {}).get("steps") or []
    dash = "dash" if "dash" in mode else "solid"
    return [
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": step["value"],
            "y1": step["value"],
            "line": {"color": css(step["color"]), "width": 1.5, "dash": dash},
        }
        for step in steps
        if step.get("value") is not None
    ]
