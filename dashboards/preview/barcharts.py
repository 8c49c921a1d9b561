"""Panels of bars of things beside each other."""

from collections.abc import Sequence

from dash.development.base_component import Component

from dashboards.preview.colors import css, ink_on
from dashboards.preview.drawing import Drawing
from dashboards.preview.fields import Field
from dashboards.preview.figure import Figure, cut, graph, summary_of, value_axis

_ROW_PX, _COLUMN_PX, _HEAD_PX = 38, 59, 80
"""Of the grid on a screen of usual width, and of a panel's title and legend."""

_LETTER_PX, _LETTERS = 15, 3
"""How high letters are, and how many times wider than high a value is."""


def barchart(drawing: Drawing) -> Component:
    """Draw a bar for each row and column of numbers."""
    things, numbers = _things(drawing), drawing.numbers
    if things is None or not numbers or not things.values:
        return drawing.nothing()
    names = [cut(things.shown(value).text) for value in things.values]
    lying = _is_lying(drawing, names)
    stacking = drawing.options.get("stacking") or "none"
    with_texts = _has_room(drawing, len(names), len(numbers) if stacking == "none" else 1, lying=lying)
    traces = [_trace(names, field, _colors(drawing, field), lying=lying, with_texts=with_texts) for field in numbers]
    layout = _layout(drawing, numbers, names, lying=lying, stacking=stacking)
    (layout["xaxis"] if lying else layout["yaxis"])["showticklabels"] = not (lying and with_texts)
    return graph(traces, layout, _summary(drawing, things, numbers))


def _things(drawing: Drawing) -> Field | None:
    fields = drawing.tables[0] if drawing.tables else []
    named = drawing.options.get("xField")
    if named:
        return next((field for field in fields if named in {field.name, field.title}), None)
    return next((field for field in fields if field.type in {"string", "time"}), None)


def _is_lying(drawing: Drawing, names: Sequence[str]) -> bool:
    orientation = drawing.options.get("orientation") or "auto"
    if orientation == "auto":
        return len(names) > 12  # noqa: PLR2004 - more names than fit below upright bars
    return bool(orientation == "horizontal")


def _has_room(drawing: Drawing, n_things: int, n_beside: int, *, lying: bool) -> bool:
    """Whether values can be read on the bars: not where these are thinner than letters are high."""
    if (drawing.options.get("showValue") or "auto") == "never":
        return False
    at = drawing.panel["gridPos"]
    room_px = at["h"] * _ROW_PX - _HEAD_PX if lying else at["w"] * _COLUMN_PX / _LETTERS
    return bool(room_px / (n_things * n_beside) >= _LETTER_PX)


def _trace(names: Sequence[str], field: Field, colors: str | list[str], *, lying: bool, with_texts: bool) -> Figure:
    texts = [field.shown(value).text if value is not None else "" for value in field.values]
    at = list(range(len(names)))  # numbers, so that two things of one name stay two
    trace: Figure = {
        "type": "bar",
        "name": field.title,
        "orientation": "h" if lying else "v",
        "x": field.values if lying else at,
        "y": at if lying else field.values,
        "customdata": texts,
        "marker": {"color": colors, "opacity": (field.custom.get("fillOpacity") or 80) / 100},
        "hovertemplate": "%{customdata}<extra>%{fullData.name}</extra>",
        "cliponaxis": False,
    }
    if with_texts:
        trace |= {
            "text": texts,
            "textposition": "auto",
            "insidetextfont": {"color": ink_on(field.color)},
            "constraintext": "none",
            "textangle": 0,
        }
    return trace


def _colors(drawing: Drawing, field: Field) -> str | list[str]:
    named = drawing.options.get("colorByField")
    by = next((one for one in drawing.fields if named in {one.name, one.title}), None) if named else None
    if by is not None:
        return [css(by.shown(value).color or field.color) for value in by.values]
    if (field.config.get("color") or {}).get("mode") in {"fixed", "palette-classic"}:
        return css(field.color)
    return [css(field.color_of(value) or field.color) for value in field.values]


def _layout(drawing: Drawing, numbers: Sequence[Field], names: Sequence[str], *, lying: bool, stacking: str) -> Figure:
    legend = drawing.options.get("legend") or {}
    stacked = stacking != "none"
    most = max((sum(value or 0 for value in row) for row in zip(*(field.values for field in numbers), strict=True)), default=None)
    values = value_axis(numbers, 1.0 if stacking == "percent" else most if stacked else None, 0.0 if _is_above(numbers) else None)
    things: Figure = {"tickvals": list(range(len(names))), "ticktext": list(names), "showgrid": False, "range": [-0.5, len(names) - 0.5]}
    if lying:
        things["range"] = [len(names) - 0.5, -0.5]
    layout: Figure = {
        "xaxis": values if lying else things,
        "yaxis": things if lying else values,
        "showlegend": legend.get("showLegend", True) and len(numbers) > 1,
        "hovermode": "y unified" if lying else "x unified",
        "barmode": "stack" if stacked else "group",
        "bargap": 1 - (drawing.options.get("barWidth") or 0.8),
    }
    return layout | ({"barnorm": "fraction"} if stacking == "percent" else {})


def _is_above(numbers: Sequence[Field]) -> bool:
    return all(value is None or value >= 0 for field in numbers for value in field.values)


def _summary(drawing: Drawing, things: Field, numbers: Sequence[Field]) -> str:
    rows = [
        f"{things.shown(thing).text} {', '.join(field.shown(field.values[at]).text for field in numbers)}"
        for at, thing in enumerate(things.values[:30])
    ]
    return summary_of(drawing.title, "bars", numbers) + ". " + "; ".join(rows)
