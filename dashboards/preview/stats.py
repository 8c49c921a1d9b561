"""Panels of one number, or of some beside each other."""

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards.preview.anchors import linked
from dashboards.preview.colors import css, ink_on
from dashboards.preview.drawing import Drawing
from dashboards.preview.fields import Config
from dashboards.preview.look import Row


def stat(drawing: Drawing) -> Component:
    """Draw the last number of each column, the largest that fit."""
    values = [Row(table, _last(field.values), field) for table in drawing.tables for field in table if field.is_number and field.values]
    if not values:
        return drawing.nothing()
    items = [_item(drawing, row, with_name=len(values) > 1) for row in values]
    return html.Div(items, className=f"stats of-{min(len(items), 6)}")


def _last(values: Sequence[Any]) -> int:
    return next((at for at in range(len(values) - 1, -1, -1) if values[at] is not None), len(values) - 1)


def _item(drawing: Drawing, row: Row, *, with_name: bool) -> Component:
    shown = row.field.shown(row.value)
    style, kind = _colored(drawing.options.get("colorMode"), shown.color)
    texts = [html.Span(row.field.name, className="stat-name")] if with_name else []
    texts.append(html.Span(shown.text, className="stat-value", style={"--length": str(max(len(shown.text), 3))}))
    return html.Div(linked(texts, row, drawing.look), className=f"stat {kind}", style=style)


def _colored(mode: str | None, color: str | None) -> tuple[Config, str]:
    if color is None:
        return {}, ""
    if mode == "background":
        return {"backgroundColor": css(color), "color": ink_on(color)}, "filled"
    return {"--color": css(color)}, "tinted"
