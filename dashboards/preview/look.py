"""What a person looks at, and what links become with it: variables, times, values of a row. Pure.

Sources: Grafana's documentation of variables' syntax and of data links; values in addresses are percent-encoded as it does.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any, NamedTuple
from urllib.parse import quote

from dashboards.expand import Scope
from dashboards.preview.fields import Field

_REFERENCE = re.compile(r"\$\{([^}]+)\}")
_OF_ROW = re.compile(r"__data\.fields\.(\w+)(?::percentencode)?")

_TIMES = "__url_time_range"


class Look(NamedTuple):
    """The scope of queries, and how people see it: the texts of what is picked, times as the address has them, the zone of clocks."""

    scope: Scope
    texts: Mapping[str, str]
    written: tuple[str, str]
    zone: tzinfo = UTC

    @property
    def address(self) -> str:
        """What an address says of it, without a question mark: variables and times."""
        return "&".join([*(f"var-{name}={quote(value, safe='')}" for name, values in self._plain() for value in values), self.times])

    @property
    def times(self) -> str:
        """From when to when, as in an address."""
        return f"from={quote(self.written[0], safe='')}&to={quote(self.written[1], safe='')}"

    def _plain(self) -> Sequence[tuple[str, Sequence[str]]]:
        return [(name, ("$__all",) if self.texts.get(name) == "All" else values) for name, values in self.scope.values.items()]


class Row(NamedTuple):
    """A value with the row that it stands in: what links to it may name."""

    fields: Sequence[Field]
    at: int
    field: Field

    @property
    def value(self) -> Any:
        """The value."""
        return self.field.values[self.at]


def link(template: str, look: Look, row: Row) -> str:
    """Fill in an address.

    Raises:
        ValueError: it names what the preview does not know.
    """
    return _REFERENCE.sub(lambda found: _in_address(found[1], look, row), template)


def unknown_in_address(template: str) -> Iterator[str]:
    """Name what an address refers to and the preview does not know."""
    for name in _REFERENCE.findall(template):
        if name != _TIMES and not _OF_ROW.fullmatch(name) and not name.endswith(":queryparam"):
            yield f"${{{name}}} in a link"
    if "$" in _REFERENCE.sub("", template):
        yield "$ without braces in a link"


def _in_address(name: str, look: Look, row: Row) -> str:
    if name == _TIMES:
        return look.times
    if found := _OF_ROW.fullmatch(name):
        field = next((field for field in row.fields if field.name == found[1]), None)
        return quote("" if field is None or field.values[row.at] is None else str(field.values[row.at]), safe="")
    plain, _, form = name.partition(":")
    if form != "queryparam" or plain not in look.scope.values:
        raise ValueError(f"${{{name}}} in a link is not known to the preview")
    return "&".join(f"var-{plain}={quote(value, safe='')}" for value in look.scope.values[plain])
