"""Panels of what was the case from when to when."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from dash.development.base_component import Component

from dashboards.preview.colors import css, ink_on
from dashboards.preview.drawing import Drawing
from dashboards.preview.fields import FALLBACK_COLOR, Field
from dashboards.preview.figure import Figure, cut, graph, local, time_axis


class Span(NamedTuple):
    """What was the case in a lane from when to when."""

    lane: Field
    value: Any
    since: datetime
    until: datetime


def state_timeline(drawing: Drawing) -> Component:
    """Draw a lane for each column but that of time: a value counts until the next, null is nothing."""
    spans = list(_spans(drawing))
    if not spans:
        return drawing.nothing()
    lanes = list(dict.fromkeys(span.lane.name for span in spans))
    looks = list(dict.fromkeys(map(_look, spans)))
    traces = [_trace(drawing, [span for span in spans if _look(span) == look], look) for look in looks]
    layout = {
        "xaxis": time_axis(drawing.look),
        "yaxis": {"type": "category", "autorange": "reversed", "showgrid": False, "categoryorder": "array", "categoryarray": lanes},
        "barmode": "overlay",
        "bargap": 1 - (drawing.options.get("rowHeight") or 0.9),
        "showlegend": False,
        "hovermode": "closest",
    }
    return graph(traces, layout, _summary(drawing, spans))


def _spans(drawing: Drawing) -> Iterator[Span]:
    for table in drawing.tables:
        time = next((field for field in table if field.type == "time"), None)
        if time is None:
            continue
        for lane in table:
            if lane.type != "time" and not lane.is_hidden:
                yield from _of_lane(time, lane, drawing)


def _of_lane(time: Field, lane: Field, drawing: Drawing) -> Iterator[Span]:
    ends = [*time.values[1:], drawing.look.scope.until][: len(time.values)]
    for since, until, value in zip(time.values, ends, lane.values, strict=True):
        if value is not None:
            yield Span(lane, value, since, max(since, until))


def _look(span: Span) -> tuple[str, str]:
    shown = span.lane.shown(span.value)
    return shown.text, shown.color or FALLBACK_COLOR


def _trace(drawing: Drawing, spans: list[Span], look: tuple[str, str]) -> Figure:
    zone, (label, color) = drawing.look.zone, (look[0], css(look[1]))
    return {
        "type": "bar",
        "orientation": "h",
        "name": cut(label),
        "y": [span.lane.name for span in spans],
        "base": [local(span.since, zone) for span in spans],
        "x": [(span.until - span.since).total_seconds() * 1000 for span in spans],
        "marker": {"color": color, "opacity": 0.9},
        "text": [label for _ in spans],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "constraintext": "inside",
        "insidetextfont": {"color": ink_on(color)},
        "customdata": [_from_to(span, drawing) for span in spans],
        "hovertemplate": "<b>%{fullData.name}</b><br>%{customdata}<extra></extra>",
    }


def _from_to(span: Span, drawing: Drawing) -> str:
    zone = drawing.look.zone
    seconds = round((span.until - span.since).total_seconds())
    lasting = f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"  # noqa: PLR2004 - of a minute
    return f"{span.since.astimezone(zone):%H:%M:%S} to {span.until.astimezone(zone):%H:%M:%S}, {lasting}"


def _summary(drawing: Drawing, spans: list[Span]) -> str:
    told = [f"{span.lane.name} {span.lane.shown(span.value).text} {_from_to(span, drawing)}" for span in spans[:40]]
    return f"{drawing.title}: what was the case from when to when. " + "; ".join(told)
