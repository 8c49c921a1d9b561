"""What a person looks at, and what texts and links become with it: variables, times, values of a row. Pure.

Sources: Grafana's documentation of variables' syntax and of data links; values in addresses are percent-encoded as it does.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any, NamedTuple
from urllib.parse import quote

from dashboards.expand import Scope
from dashboards.preview.fields import Field

_REFERENCE = re.compile(r"\$\{([^}]+)\}|\$(\w+)")
_OF_ROW = re.compile(r"""__data\.fields(?:\.([^."'\]]+)|\[["']?(.+?)["']?\])(?:\.(text|numeric|time))?""")


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


def text(template: str, look: Look) -> str:
    """Fill in a title or another text."""
    return _REFERENCE.sub(lambda found: _variable(found[1] or found[2], look) or found[0], template)


def link(template: str, look: Look, row: Row | None = None) -> str:
    """Fill in an address."""
    return _REFERENCE.sub(lambda found: _in_address(found[1] or found[2], look, row), template)


def _variable(name: str, look: Look) -> str | None:
    plain, _, form = name.partition(":")
    if plain not in look.scope.values:
        return None
    if form in {"raw", "csv"}:
        return ",".join(look.scope.values[plain])
    return look.texts.get(plain) or " + ".join(look.scope.values[plain])


def _in_address(name: str, look: Look, row: Row | None) -> str:
    own = {
        "__from": lambda: str(round(look.scope.since.timestamp() * 1000)),
        "__to": lambda: str(round(look.scope.until.timestamp() * 1000)),
        "__url_time_range": lambda: look.times,
        "__all_variables": lambda: look.address.removesuffix(f"&{look.times}").removesuffix(look.times),
    }
    if name in own:
        return own[name]()
    if name.startswith("__"):
        return quote(_of_row(name.removesuffix(":percentencode"), row), safe="")
    plain, _, form = name.partition(":")
    values = look.scope.values.get(plain, ())
    if form == "queryparam":
        return "&".join(f"var-{plain}={quote(value, safe='')}" for value in values)
    return quote(",".join(values), safe="")


def _of_row(name: str, row: Row | None) -> str:
    if row is None:
        return ""
    if name in {"__value.raw", "__value.numeric"}:
        return _raw(row.value)
    if name == "__value.text":
        return row.field.shown(row.value).text
    if name in {"__field.name", "__series.name"}:
        return row.field.title
    found = _OF_ROW.fullmatch(name)
    if found is None:
        raise ValueError(f"${{{name}}} is not known to the preview")
    field = _named(row.fields, found[1] or found[2])
    value = field.values[row.at] if field else None
    return field.shown(value).text if field and found[3] == "text" else _raw(value)


def _named(fields: Sequence[Field], name: str) -> Field | None:
    if name.isdecimal() and int(name) < len(fields):
        return fields[int(name)]
    return next((field for field in fields if name in {field.name, field.title}), None)


def _raw(value: Any) -> str:
    if value is None:
        return ""
    if hasattr(value, "timestamp"):
        return str(round(value.timestamp() * 1000))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
