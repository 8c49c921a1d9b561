"""Panels of one number, or of some beside each other."""

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards.preview.anchors import linked
from dashboards.preview.colors import css, ink_on
from dashboards.preview.drawing import Drawing
from dashboards.preview.fields import Config
from dashboards.preview.look import Row
from dashboards.preview.reduced import reduced


def stat(drawing: Drawing) -> Component:
    """Draw the numbers, the largest that fit."""
    values = reduced(drawing)
    if not values:
        return drawing.nothing()
    mode = drawing.options.get("textMode") or "auto"
    with_name = mode in {"value_and_name", "name"} or (mode == "auto" and len(values) > 1)
    items = [_item(drawing, row, with_name=with_name, with_value=mode != "name") for row in values]
    direction = " upright" if drawing.options.get("orientation") == "horizontal" else ""
    return html.Div(items, className=f"stats of-{min(len(items), 6)}{direction}")


def _item(drawing: Drawing, row: Row, *, with_name: bool, with_value: bool) -> Component:
    shown = row.field.shown(row.value)
    style, kind = _colored(drawing.options, shown.color)
    texts: list[Any] = [html.Span(_name(row), className="stat-name")] if with_name else []
    if with_value:
        size = max(len(shown.text), 3)
        texts.append(html.Span(shown.text, className="stat-value", style={"--length": str(size)}))
    return html.Div(linked(texts, row, drawing.look), className=f"stat {kind}", style=style)


def _name(row: Row) -> str:
    texts = [field for field in row.fields if field.type == "string"]
    if len(row.field.values) > 1 and texts:
        return texts[0].shown(texts[0].values[row.at]).text
    return row.field.title


def _colored(options: Config, color: str | None) -> tuple[Config, str]:
    mode = options.get("colorMode") or "value"
    if color is None or mode == "none":
        return {}, ""
    if mode.startswith("background"):
        return {"backgroundColor": css(color), "color": ink_on(color)}, "filled"
    return {"--color": css(color)}, "tinted"
