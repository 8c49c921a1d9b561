"""Panels of bars against a maximum."""

from dash import html
from dash.development.base_component import Component

from dashboards.preview.anchors import aria, linked
from dashboards.preview.colors import css
from dashboards.preview.drawing import Drawing
from dashboards.preview.look import Row

_MOST = 25
"""As in Grafana, where the panel says nothing."""


def bargauge(drawing: Drawing) -> Component:
    """Draw a bar for each row: its name, how far it is, and the value."""
    most = (drawing.options.get("reduceOptions") or {}).get("limit") or _MOST
    rows = [
        Row(table, at, field) for table in drawing.tables for field in table if field.is_number for at in range(len(field.values))[:most]
    ]
    if not rows:
        return drawing.nothing()
    # A list that scrolls must be reachable with the keyboard.
    return html.Ul([_bar(drawing, row) for row in rows], className="gauges", tabIndex=0, **aria(label=drawing.title))


def _bar(drawing: Drawing, row: Row) -> Component:
    shown = row.field.shown(row.value)
    share = min(max(shown.share or 0.0, 0.0), 1.0)
    color = {"--color": css(shown.color)} if shown.color else {}
    return html.Li(
        [
            html.Span(linked(name_of(row), row, drawing.look), className="gauge-name"),
            html.Span(html.Span(className="gauge-fill", style={"width": f"{share:.1%}"}), className="gauge-track", **aria(hidden="true")),
            html.Span(shown.text, className="gauge-value tinted"),
        ],
        style=color,
    )


def name_of(row: Row) -> str:
    """Name a value: by the text of its row, else by its column."""
    texts = [field for field in row.fields if field.type == "string" and not field.is_hidden]
    return texts[0].shown(texts[0].values[row.at]).text if texts else row.field.name
