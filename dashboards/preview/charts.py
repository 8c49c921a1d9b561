"""Panels of lines and bars over time."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from dash.development.base_component import Component

from dashboards.preview.colors import css, faded
from dashboards.preview.drawing import Drawing
from dashboards.preview.fields import Config, Field
from dashboards.preview.figure import Figure, graph, local, summary_of, time_axis, value_axis

SHAPES = {"linear": "linear", "stepAfter": "hv"}
"""Of lines, by Grafana's name."""

DRAW_STYLES = ("line", "bars")


def timeseries(drawing: Drawing) -> Component:
    """Draw each column of numbers over the column of time."""
    lines = [(time, field) for table in drawing.tables for time in _times(table) for field in table if field.is_number]
    fields = [field for _, field in lines]
    if not any(value is not None for field in fields for value in field.values):
        return drawing.nothing()
    return graph(
        [_trace(drawing, time, field) for time, field in lines],
        _layout(drawing, fields),
        summary_of(drawing.title, "over time", fields),
    )


def _times(table: Sequence[Field]) -> list[Field]:
    return [field for field in table if field.type == "time"][:1]


def _trace(drawing: Drawing, time: Field, field: Field) -> Figure:
    color = css(field.color)
    trace: Figure = {
        "name": field.name,
        "x": [local(at, drawing.look.zone) for at in time.values],
        "y": field.values,
        "customdata": [None if value is None else field.shown(value).text for value in field.values],
        "hovertemplate": "%{customdata}<extra>%{fullData.name}</extra>",
    }
    if field.custom.get("drawStyle") == "bars":
        return {**trace, **_bars(field, time, color)}
    return {**trace, **_line(field.custom, color)}


def _line(custom: Config, color: str) -> Figure:
    shape = SHAPES[custom.get("lineInterpolation") or "linear"]
    line: Figure = {
        "type": "scatter",
        "mode": "lines+markers" if custom.get("showPoints") == "always" else "lines",
        "connectgaps": False,
        "line": {"color": color, "width": custom.get("lineWidth", 1), "shape": shape},
        "marker": {"color": color, "size": custom.get("pointSize", 5)},
    }
    opacity = custom.get("fillOpacity") or 0
    return line | ({"fill": "tozeroy", "fillcolor": faded(color, opacity / 100)} if opacity else {})


def _bars(field: Field, time: Field, color: str) -> Figure:
    width = _narrowest(time.values)
    bars: Figure = {"type": "bar", "marker": {"color": color, "opacity": (field.custom.get("fillOpacity") or 80) / 100}}
    if width is not None and field.custom.get("barAlignment") and _is_stacked(field):
        bars |= {"width": width * 0.85 * 1000, "offset": 0 if field.custom["barAlignment"] > 0 else -width * 850}
    return bars


def _narrowest(times: Sequence[datetime]) -> float | None:
    """The shortest time from one bar to the next, in seconds."""
    steps = [(second - first).total_seconds() for first, second in pairwise(times)]
    return min((step for step in steps if step > 0), default=None)


def _is_stacked(field: Field) -> bool:
    return bool((field.custom.get("stacking") or {}).get("mode") == "normal")


def _layout(drawing: Drawing, fields: Sequence[Field]) -> Figure:
    is_stacked = any(map(_is_stacked, fields))
    from_zero = is_stacked or any(field.custom.get("drawStyle") == "bars" for field in fields)
    return {
        "xaxis": time_axis(drawing.look),
        "yaxis": value_axis(fields, _highest(fields) if is_stacked else None, 0.0 if from_zero else None),
        "showlegend": len(fields) > 1,
        "hovermode": "x unified",
        "barmode": "stack" if is_stacked else "group",
    }


def _highest(fields: Sequence[Field]) -> float:
    """The most of a stack."""
    rows = zip(*(field.values for field in fields), strict=False)
    return max((sum(value for value in row if value is not None) for row in rows), default=1.0) or 1.0
