"""Panels of a picture: Grafana's canvas, whose parts have texts and colors of columns."""

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards.preview.colors import css
from dashboards.preview.drawing import Drawing
from dashboards.preview.fields import Config, Field

ELEMENTS = ("rectangle",)
"""Kinds of parts."""

_COLUMN_PX = 59
"""A column of the grid on a screen of usual width: letters are so large in relation to it."""


def canvas(drawing: Drawing) -> Component:
    """Draw the parts where they are placed; the picture grows and shrinks with the panel."""
    parts: Sequence[Config] = drawing.options["root"]["elements"]
    drawn = [_part(drawing, part) for part in parts]
    return html.Div(html.Div(drawn, className="plan"), className="plan-room") if drawn else drawing.nothing()


def is_scaled(part: Config) -> bool:
    """Whether a part grows with the panel: its sides are then in percent of the panel's."""
    return bool((part.get("constraint") or {}) == {"horizontal": "scale", "vertical": "scale"})


def _part(drawing: Drawing, part: Config) -> Component:
    config, ground = part["config"], _field(part["background"]["color"], drawing)
    words = _words(config["text"], drawing)
    style = {
        **{side: f"{float(part['placement'].get(side) or 0):.3f}%" for side in ("left", "right", "top", "bottom")},
        "backgroundColor": _color(part["background"]["color"], ground),
        **_letters(config, drawing),
    }
    return html.Div(
        html.Span(words) if words else None,
        className=f"part {config['align']}-{config['valign']}",
        style=style,
        title=f"{ground.name}: {ground.shown(ground.last).text}" if ground else None,
    )


def _words(text: Config, drawing: Drawing) -> str:
    if text["mode"] == "fixed":
        return str(text["fixed"])
    field = _field(text, drawing)
    return field.shown(field.last).text if field else ""


def _field(named: Config, drawing: Drawing) -> Field | None:
    return next((field for field in drawing.fields if field.name == named.get("field")), None)


def _color(color: Config, field: Field | None) -> str:
    """Take the color of a column's value, or one that is fixed."""
    return css((field.color_of(field.last) if field else None) or color["fixed"])


def _letters(config: Config, drawing: Drawing) -> dict[str, Any]:
    """Letters grow with the picture, and stay readable on a phone."""
    size, width = float(config["size"]), drawing.panel["gridPos"]["w"] * _COLUMN_PX
    return {"fontSize": f"clamp(9px, {size / width * 100:.3f}cqw, {size * 1.25:g}px)", "color": css(config["color"]["fixed"])}
