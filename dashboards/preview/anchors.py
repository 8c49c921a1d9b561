"""What parts of pages have in common: links, to a page of ours without loading anything anew; names for screen readers."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.preview.fields import Config
from dashboards.preview.look import Look, Row, link


def linked(children: Any, row: Row, look: Look) -> Any:
    """Put children into the first link of a value, if it has one and a value."""
    links: Sequence[Config] = row.field.config.get("links") or ()
    if not links or row.value is None:
        return children
    return anchor(children, link(links[0]["url"], look, row), links[0].get("title"), new=bool(links[0].get("targetBlank")))


def anchor(children: Any, address: str, title: str | None = None, *, new: bool = False) -> Component:
    """Make a link; `title` says where to."""
    if address.startswith("/") and not address.startswith("//") and not new:
        return dcc.Link(children, href=address, title=title, className="link")
    return html.A(children, href=address, title=title, className="link", target="_blank", rel="noopener noreferrer")


def aria(**names: str) -> dict[str, Any]:
    """Make attributes for screen readers: `aria(label="...")`."""
    return {f"aria-{name}": value for name, value in names.items()}
