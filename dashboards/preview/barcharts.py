"""Panels of bars of things below each other."""

from collections.abc import Sequence

from dash.development.base_component import Component

from dashboards.preview.colors import css, ink_on
from dashboards.preview.drawing import Drawing
from dashboards.preview.fields import Field
from dashboards.preview.figure import Figure, cut, graph, summary_of, value_axis

_ROW_PX, _HEAD_PX = 38, 80
"""Of the grid on a screen of usual width, and of a panel's title and legend."""

_LETTER_PX = 15
"""How high letters are."""


def barchart(drawing: Drawing) -> Component:
    """Draw a bar for each row and column of numbers."""
    things, numbers = next((field for field in drawing.fields if field.type == "string"), None), drawing.numbers
    if things is None or not numbers or not things.values:
        return drawing.nothing()
    names = [cut(things.shown(value).text) for value in things.values]
    with_texts = _has_room(drawing, len(names) * len(numbers))
    traces = [_trace(field, with_texts=with_texts) for field in numbers]
    return graph(traces, _layout(drawing, numbers, names, with_texts=with_texts), _summary(drawing, things, numbers))


def _has_room(drawing: Drawing, n_bars: int) -> bool:
    """Whether values can be read on the bars: not where these are thinner than letters are high."""
    room_px = drawing.panel["gridPos"]["h"] * _ROW_PX - _HEAD_PX
    return bool(drawing.options.get("showValue") != "never" and room_px / n_bars >= _LETTER_PX)


def _trace(field: Field, *, with_texts: bool) -> Figure:
    texts = [field.shown(value).text if value is not None else "" for value in field.values]
    color = css(field.color)
    trace: Figure = {
        "type": "bar",
        "name": field.name,
        "orientation": "h",
        "x": field.values,
        "y": list(range(len(field.values))),  # numbers, so that two things of one name stay two
        "customdata": texts,
        "marker": {"color": color, "opacity": (field.custom.get("fillOpacity") or 80) / 100},
        "hovertemplate": "%{customdata}<extra>%{fullData.name}</extra>",
        "cliponaxis": False,
    }
    if with_texts:
        trace |= {
            "text": texts,
            "textposition": "auto",
            "insidetextfont": {"color": ink_on(color)},
            "constraintext": "none",
            "textangle": 0,
        }
    return trace


def _layout(drawing: Drawing, numbers: Sequence[Field], names: Sequence[str], *, with_texts: bool) -> Figure:
    least = 0.0 if all(value is None or value >= 0 for field in numbers for value in field.values) else None
    return {
        "xaxis": {**value_axis(numbers, None, least), "showticklabels": not with_texts},
        "yaxis": {"tickvals": list(range(len(names))), "ticktext": list(names), "showgrid": False, "range": [len(names) - 0.5, -0.5]},
        "showlegend": len(numbers) > 1,
        "hovermode": "y unified",
        "barmode": "group",
        "bargap": 1 - (drawing.options.get("barWidth") or 0.8),
    }


def _summary(drawing: Drawing, things: Field, numbers: Sequence[Field]) -> str:
    rows = [
        f"{things.shown(thing).text} {', '.join(field.shown(field.values[at]).text for field in numbers)}"
        for at, thing in enumerate(things.values[:30])
    ]
    return summary_of(drawing.title, "bars", numbers) + ". " + "; ".join(rows)
