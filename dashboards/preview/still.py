"""Parts of a page as plain HTML. Pure.

A whole page, so that its figures are seen before the application has begun in the browser; and panels, as the application's own way
to show parts takes the browser five times as long.
Charts are drawn by the browser: their places wait for it. No part has an id, as the application makes all of them once more.
"""

from collections.abc import Iterator
from html import escape
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

_KEPT = {
    "className": "class",
    "href": "href",
    "title": "title",
    "role": "role",
    "scope": "scope",
    "tabIndex": "tabindex",
    "target": "target",
    "rel": "rel",
}
_VOID = (dcc.Location, dcc.Store, dcc.Interval)
_DRAWN_LATER = dcc.Graph


def still(part: Any) -> str:
    """Write a component as HTML."""
    return "".join(_written(part))


def is_still(part: Any) -> bool:
    """Tell whether a component is all there as HTML: nothing in it is drawn by a script."""
    if isinstance(part, list | tuple):
        return all(map(is_still, part))
    return not isinstance(part, _DRAWN_LATER) and (not isinstance(part, Component) or is_still(getattr(part, "children", None)))


def _written(part: Any) -> Iterator[str]:
    if part is None or isinstance(part, _VOID):
        return
    if isinstance(part, list | tuple):
        for one in part:
            yield from _written(one)
    elif not isinstance(part, Component):
        yield escape(str(part))
    elif isinstance(part, _DRAWN_LATER):
        yield '<div class="waiting"></div>'
    elif isinstance(part, dcc.Dropdown):
        yield f'<span class="still picker">{escape(_picked(part))}</span>'
    elif isinstance(part, dcc.Input):
        yield f'<span class="still box">{escape(str(getattr(part, "value", None) or ""))}</span>'
    else:
        tag = "a" if isinstance(part, dcc.Link) else type(part).__name__.lower()
        assert isinstance(part, dcc.Link) or type(part).__module__.startswith(html.__name__), f"{type(part)} has no HTML"
        yield f"<{tag}{''.join(_attributes(part))}>"
        yield from _written(getattr(part, "children", None))
        yield f"</{tag}>"


def _attributes(part: Component) -> Iterator[str]:
    for name, value in part.to_plotly_json()["props"].items():  # type: ignore[no-untyped-call]
        if name == "style" and value:
            yield f' style="{escape(_style(value))}"'
        elif value is not None and (name in _KEPT or name.startswith("aria-")):
            yield f' {_KEPT.get(name, name)}="{escape(str(value))}"'


def _style(style: dict[str, Any]) -> str:
    return ";".join(f"{_dashed(name)}:{value}" for name, value in style.items())


def _dashed(name: str) -> str:
    """`gridColumn` is `grid-column` in CSS."""
    return name if name.startswith("--") else "".join(f"-{one.lower()}" if one.isupper() else one for one in name)


def _picked(dropdown: Any) -> str:
    values = dropdown.value if isinstance(dropdown.value, list) else [dropdown.value]
    return ", ".join(str(one["label"]) for one in dropdown.options if one["value"] in values)
