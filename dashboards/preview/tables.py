"""Panels of tables: links, units, colored cells, cells with a bar."""

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards.preview.anchors import aria, linked
from dashboards.preview.colors import css, ink_on
from dashboards.preview.drawing import Drawing
from dashboards.preview.fields import Config, Field, Shown
from dashboards.preview.look import Row

MOST_ROWS = 200

_SHORT = 20
"""Texts of so many letters stay on one line."""

CELLS = ("auto", "color-background", "gauge", "basic")
"""Kinds of cells; the last is what a gauge is called before Grafana 9.5."""


def table(drawing: Drawing) -> Component:
    """Draw the rows of the first answer."""
    fields = [field for field in (drawing.tables[0] if drawing.tables else []) if not field.is_hidden]
    count = len(fields[0].values) if fields else 0
    if not count:
        return drawing.nothing()
    head = html.Tr([html.Th(field.name, className=_side(field), style=_width(field), scope="col") for field in fields])
    rows = [html.Tr([_cell(drawing, field, at) for field in fields]) for at in range(min(count, MOST_ROWS))]
    parts: list[Any] = [html.Table([html.Thead(head), html.Tbody(rows)])]
    if count > MOST_ROWS:
        parts.append(html.P(f"{MOST_ROWS} of {count} rows", className="nothing"))
    return html.Div(parts, className="table", tabIndex=0, role="region", **aria(label=drawing.title))


def _cell(drawing: Drawing, field: Field, at: int) -> Component:
    row = Row(drawing.tables[0], at, field)
    shown = field.shown(row.value)
    kind = kind_of(field.custom)
    style, classes = _looks(kind, shown)
    content: Any = linked(shown.text, row, drawing.look)
    if kind in {"gauge", "basic"} and shown.share is not None:
        content = html.Div([_bar(shown), html.Span(content)], className="cell-gauge", style=_color(shown))
    short = " short" if len(shown.text) <= _SHORT else ""
    return html.Td(content, className=f"{_side(field)} {classes}{short}", style=style or None)


def kind_of(custom: Config) -> str:
    """Name the kind of a column's cells: of Grafana 9.3, or of newer ones."""
    cell = custom.get("cellOptions") or {}
    if cell:
        return str(cell.get("type") or "auto")
    return str(custom.get("displayMode") or "auto")


def _looks(kind: str, shown: Shown) -> tuple[Config, str]:
    if kind != "color-background" or shown.color is None or not shown.text:
        return {}, ""
    return {"backgroundColor": css(shown.color), "color": ink_on(shown.color)}, "filled"


def _color(shown: Shown) -> Config:
    return {"--color": css(shown.color)} if shown.color else {}


def _bar(shown: Shown) -> Component:
    share = min(max(shown.share or 0.0, 0.0), 1.0)
    return html.Span(html.Span(className="gauge-fill", style={"width": f"{share:.1%}"}), className="gauge-track", **aria(hidden="true"))


def _side(field: Field) -> str:
    align = field.custom.get("align") or "auto"
    if align == "auto":
        return "right" if field.type == "number" and not field.config.get("mappings") else "left"
    return str(align)


def _width(field: Field) -> Config | None:
    width = field.custom.get("width")
    return {"width": f"{width}px"} if width else None
