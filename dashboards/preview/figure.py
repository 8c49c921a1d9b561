"""What all charts have in common: plotly's dicts with our looks, and a sentence for who cannot see them. Pure.

Colors of texts and lines are left to `assets/preview.css`, so that light and dark need no new figure.
"""

import math
import re
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.preview.anchors import aria
from dashboards.preview.fields import Config, Field
from dashboards.preview.look import Look

Figure = dict[str, Any]

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_TIME_STEPS = (1.0, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800)
_LONGEST_LABEL = 30
_WORDS = {"name", "text", "customdata", "x", "y", "ticktext", "categoryarray"}
"""What of traces and axes is told as it is."""

_ENTITY = re.compile(r"&(?=#?\w+;)")


def graph(data: Sequence[Figure], layout: Figure, summary: str) -> Component:
    """Draw traces; `summary` is what a screen reader says instead."""
    figure = {
        "data": [{key: plain(value) if key in _WORDS else value for key, value in trace.items()} for trace in data],
        "layout": _laid_out(layout),
    }
    picture = dcc.Graph(figure=figure, className="graph", config={"displayModeBar": False, "responsive": True}, animate=False)
    return html.Div(picture, className="picture", role="img", **aria(label=summary))


def plain(value: Any) -> Any:
    """Have Plotly show texts as they are: it takes `<b>` and links in them for markup, and names of sensors come from outside."""
    if isinstance(value, str):
        return _ENTITY.sub("&amp;", value).replace("<", "&lt;")
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def is_picture(part: Component) -> bool:
    """Tell whether `graph` made it."""
    return getattr(part, "className", None) == "picture"


def _laid_out(layout: Figure) -> Figure:
    axis = {"automargin": True, "fixedrange": True, "zeroline": False, "ticks": "", "showline": False}
    common: Figure = {
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8, "pad": 2},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": 12},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 1, "xanchor": "right", "itemsizing": "constant"},
        "hoverlabel": {"align": "left", "namelength": -1},
        "dragmode": False,
        "uirevision": "kept",
        "bargap": 0.2,
    }
    axes = {
        name: {**axis, **{key: plain(value) if key in _WORDS else value for key, value in layout[name].items()}}
        for name in layout
        if name[:5] in {"xaxis", "yaxis"}
    }
    return {**common, **layout, **axes}


def local(at: datetime, zone: tzinfo) -> str:
    """Write a time as plotly shows it: what the clock of the zone says."""
    return at.astimezone(zone).replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")


def time_axis(look: Look) -> Figure:
    """Make the axis of the time that is looked at."""
    return {
        "type": "date",
        "range": [local(look.scope.since, look.zone), local(look.scope.until, look.zone)],
        "showgrid": False,
        "tickangle": 0,
        "hoverformat": "%a %d %b %H:%M",
        "tickformatstops": [
            {"dtickrange": [None, 60000], "value": "%H:%M:%S"},
            {"dtickrange": [60000, 86400000], "value": "%H:%M\n%d %b"},
            {"dtickrange": [86400000, None], "value": "%a\n%d %b"},
        ],
    }


def value_axis(fields: Sequence[Field], most: float | None = None, least: float | None = None) -> Figure:
    """Make the axis of numbers: ticks that are round in the fields' unit, and say it.

    Args:
        fields: those on it; they have one unit.
        most: the most that is drawn, where that is not one of the values (stacks).
        least: the least.
    """
    first = fields[0]
    values = [value for field in fields for value in field.values if _is_number(value)]
    low = min(values, default=0.0) if least is None else least
    high = max(values, default=1.0) if most is None else most
    low, high = _widened(first.config, low, high)
    at = ticks(low, high, first.unit)
    return {"range": [low, high + (high - low) * 0.06], "tickvals": at, "ticktext": [first.text_of(float(f"{one:.10g}")) for one in at]}


def _widened(config: Config, low: float, high: float) -> tuple[float, float]:
    custom = config.get("custom") or {}
    low = min(low, _or(custom.get("axisSoftMin"), low))
    low, high = _or(config.get("min"), low), _or(config.get("max"), high)
    return (low, low + 1) if high <= low else (low, high)


def _or(value: Any, otherwise: float) -> float:
    return otherwise if value is None else float(value)


def ticks(low: float, high: float, unit: str | None, count: int = 4) -> list[float]:
    """Choose some round numbers from `low` to `high`; those of times are round in minutes and hours."""
    rough = (high - low) / count
    if unit == "s":
        step = next((one for one in _TIME_STEPS if one >= rough * 0.999), math.ceil(rough / 604800) * 604800.0)
    else:
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(one * power for one in _STEPS if one * power >= rough * 0.999)
    first = math.floor(low / step)
    return [at * step for at in range(first if first * step >= low else math.ceil(low / step), math.floor(high / step * 1.02) + 1)]


def cut(label: str, longest: int = _LONGEST_LABEL) -> str:
    """Shorten a label for an axis."""
    return label if len(label) <= longest else f"{label[: longest - 1]}…"


def summary_of(title: str, kind: str, fields: Sequence[Field]) -> str:
    """Say in a sentence what a chart shows: of each column the least, the most and the last."""
    return f"{title}: {kind}. " + ". ".join(map(_told, fields))


def _told(field: Field) -> str:
    values = [value for value in field.values if _is_number(value)]
    if not values:
        return f"{field.name}: nothing"
    least, most, last = (field.shown(value).text for value in (min(values), max(values), values[-1]))
    return f"{field.name}: from {least} to {most}, last {last}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)
