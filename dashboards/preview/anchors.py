"""What parts of pages have in common: links, to a page of ours without loading anything anew; names for screen readers."""

from collections.abc import Sequence
from typing import Any

from dash import dcc

from dashboards.preview.fields import Config
from dashboards.preview.look import Look, Row, link


def linked(children: Any, row: Row, look: Look) -> Any:
    """Put children into the link of a value, if it has one and a value."""
    links: Sequence[Config] = row.field.config.get("links") or ()
    if not links or row.value is None:
        return children
    return dcc.Link(children, href=link(links[0]["url"], look, row), title=links[0]["title"], className="link")


def aria(**names: str) -> dict[str, Any]:
    """Make attributes for screen readers: `aria(label="...")`."""
    return {f"aria-{name}": value for name, value in names.items()}
