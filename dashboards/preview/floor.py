"""Panels of a picture: Grafana's canvas, whose parts have texts and colors of columns."""

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards.preview.anchors import anchor
from dashboards.preview.colors import css
from dashboards.preview.drawing import Drawing
from dashboards.preview.fields import Config, Field, Shown
from dashboards.preview.look import link

ELEMENTS = ("rectangle", "text", "metric-value", "ellipse")
"""Kinds of parts."""

_SIZE = 12

_COLUMN_PX, _ROW_PX = 59, 38
"""A cell of the grid on a screen of usual width: letters are so large in relation to it."""


def canvas(drawing: Drawing) -> Component:
    """Draw the parts where they are placed; the picture grows and shrinks with the panel."""
    parts: Sequence[Config] = ((drawing.options.get("root") or {}).get("elements")) or ()
    if not parts:
        return drawing.nothing()
    at = drawing.panel["gridPos"]
    width, height = at["w"] * _COLUMN_PX, at["h"] * _ROW_PX
    pixels = [part for part in parts if not _is_scaled(part)]
    if pixels:
        width = max(_end(part, "left", "width") for part in pixels)
        height = max(_end(part, "top", "height") for part in pixels)
    drawn = [_part(drawing, part, width, height) for part in parts]
    style = {"aspectRatio": f"{width:g} / {height:g}", "--ratio": f"{width / height:.4f}", **_ground(drawing.options.get("root") or {})}
    return html.Div(html.Div(drawn, className="plan", style=style), className=f"plan-room {'' if pixels else 'scaled'}")


def _end(part: Config, side: str, length: str) -> float:
    placement = part.get("placement") or {}
    return float(placement.get(side) or 0) + float(placement.get(length) or 0)


def _is_scaled(part: Config) -> bool:
    """Whether it grows with the panel: its sides are then in percent of the panel's."""
    return bool((part.get("constraint") or {}).get("horizontal") == "scale")


def _placed(part: Config, width: float, height: float) -> Config:
    place = part.get("placement") or {}
    if _is_scaled(part):
        return {side: f"{float(place.get(side) or 0):.3f}%" for side in ("left", "right", "top", "bottom")}
    sides = (("left", width), ("top", height), ("width", width), ("height", height))
    return {side: f"{float(place.get(side) or 0) / of:.3%}" for side, of in sides}


def _part(drawing: Drawing, part: Config, width: float, height: float) -> Component:
    if part["type"] not in ELEMENTS:
        raise ValueError(f"the part {part['type']} of a canvas is not known to the preview")
    config = part.get("config") or {}
    style = {
        **_placed(part, width, height),
        **_ground(part, drawing),
        **_border(part, drawing, width),
        **_letters(config, drawing, width),
    }
    words: Any = _words(config, drawing)
    links = part.get("links") or config.get("links") or ()
    if links and words:
        words = anchor(words, link(links[0]["url"], drawing.look), links[0].get("title"))
    align = f"{config.get('align') or 'center'}-{config.get('valign') or 'middle'}"
    return html.Div(html.Span(words) if words else None, className=f"part {part['type']} {align}", style=style, title=_title(part, drawing))


def _title(part: Config, drawing: Drawing) -> str | None:
    found = _field((((part.get("background") or {}).get("color")) or {}).get("field"), drawing)
    return f"{found.title}: {found.shown(found.last).text}" if found else None


def _words(config: Config, drawing: Drawing) -> str:
    words = config.get("text") or {}
    if isinstance(words, str):
        return words
    if (words.get("mode") or "fixed") == "fixed":
        return str(words.get("fixed") or "")
    shown = _shown(words.get("field"), drawing)
    return shown.text if shown else ""


def _field(name: str | None, drawing: Drawing) -> Field | None:
    return next((field for field in drawing.fields if name and name in {field.title, field.name}), None)


def _shown(name: str | None, drawing: Drawing) -> Shown | None:
    field = _field(name, drawing)
    return field.shown(field.last) if field else None


def _color(config: Config | None, drawing: Drawing | None) -> str | None:
    """Take a color that is fixed, or that of a column's value."""
    if not config:
        return None
    if config.get("field") and drawing is not None:
        shown = _shown(config["field"], drawing)
        if shown is not None and shown.color:
            return css(shown.color)
    fixed = config.get("fixed")
    return css(fixed) if fixed else None


def _ground(part: Config, drawing: Drawing | None = None) -> Config:
    background = part.get("background") or {}
    color = _color(background.get("color"), drawing)
    style: Config = {"backgroundColor": color} if color else {}
    image = (background.get("image") or {}).get("fixed") or ""
    if image.startswith("data:"):  # nothing is loaded from elsewhere
        fit = "100% 100%" if background.get("size") in {"fill", None} else "contain"
        style |= {"backgroundImage": f'url("{image}")', "backgroundSize": fit, "backgroundRepeat": "no-repeat"}
    return style


def _border(part: Config, drawing: Drawing, width: float) -> Config:
    border = part.get("border") or {}
    color, thick = _color(border.get("color"), drawing), border.get("width") or 0
    return {"border": f"max(1px, {float(thick) / width * 100:.3f}cqw) solid {color}"} if color and thick else {}


def _letters(config: Config, drawing: Drawing, width: float) -> Config:
    """Letters grow with the picture, and stay readable on a phone."""
    size = float(config.get("size") or _SIZE)
    color = _color(config.get("color"), drawing)
    return {"fontSize": f"clamp(9px, {size / width * 100:.3f}cqw, {size * 1.25:g}px)", **({"color": color} if color else {})}
