"""Panels of cells over time: the more, the stronger the color."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from dash.development.base_component import Component

from dashboards.preview.colors import faded
from dashboards.preview.drawing import Drawing
from dashboards.preview.figure import cut, graph, local, summary_of, time_axis

_STRONG = "#2F8FD0"
"""Between the two blues of the palette: seen on a light ground and on a dark one."""

_SCALE = [[0, faded(_STRONG, 0.06)], [0.25, faded(_STRONG, 0.35)], [1, faded(_STRONG, 1)]]


def heatmap(drawing: Drawing) -> Component:
    """Draw a row of cells for each column of numbers, the first at the bottom."""
    time = next((field for field in drawing.fields if field.type == "time"), None)
    numbers = drawing.numbers
    if time is None or not any(value is not None for field in numbers for value in field.values):
        return drawing.nothing()
    gap = drawing.options.get("cellGap", 1)
    step = min((second - first for first, second in pairwise(time.values) if second > first), default=timedelta(hours=1))
    times, places = _spaced(time.values, step)
    trace = {
        "type": "heatmap",
        "x": [local(at + step / 2, drawing.look.zone) for at in times],
        "y": [cut(field.name) for field in numbers],
        "z": [_at(places, field.values) for field in numbers],
        "customdata": [_at(places, ["" if value is None else field.shown(value).text for value in field.values]) for field in numbers],
        "hovertemplate": "%{y}, %{x|%a %H:%M}: %{customdata}<extra></extra>",
        "colorscale": _SCALE,
        "zmin": 0,
        "xgap": gap,
        "ygap": gap,
        "showscale": bool((drawing.options.get("legend") or {}).get("show", True)),
        "colorbar": {"thickness": 8, "outlinewidth": 0, "nticks": 4, "len": 1},
    }
    layout = {"xaxis": time_axis(drawing.look), "yaxis": {"type": "category", "showgrid": False}, "showlegend": False}
    return graph([trace], layout, summary_of(drawing.title, "cells over time, lowest row first", numbers))


def _spaced(times: Sequence[datetime], step: timedelta) -> tuple[list[datetime], list[int | None]]:
    """Put empty columns where times are left out: plotly makes cells as wide as the way to the next.

    Returns:
        The times, and for each which of the given ones it is; None: an empty one.
    """
    spaced: list[datetime] = []
    places: list[int | None] = []
    for place, at in enumerate(times):
        if spaced and at - spaced[-1] > step:
            fill = [spaced[-1] + step, at - step]
            spaced += fill
            places += [None, None]
        spaced.append(at)
        places.append(place)
    return spaced, places


def _at(places: Sequence[int | None], values: Sequence[Any]) -> list[Any]:
    return [None if place is None else values[place] for place in places]
