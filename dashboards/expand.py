"""What Grafana makes of a query before it asks the database: variables first, in the browser, then macros, in its server. Pure.

Only what our queries use is known here; anything else with a dollar is refused, so that no query is tried here that Grafana would send
otherwise. Sources: Grafana's `pkg/tsdb/postgres/macros.go` and `formatRegistry` of 9.3, unchanged in newer ones as far as used here.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

Values = Mapping[str, tuple[str, ...]]
"""The values picked, by variable. Where all are picked, all of them, as Grafana gives them."""

_VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}")
_MACRO = re.compile(r"\$(__\w+)\(([^)]*)\)")
_DOLLAR = re.compile(r"\$\{?\w+\}?")


class Scope(NamedTuple):
    """What a person looks at: from when to when, and what they picked."""

    since: datetime
    until: datetime
    values: Values


class NotExpanded(ValueError):
    """A query holds a variable or a macro that is not known."""


def expand(sql: str, scope: Scope) -> str:
    """Return the SQL that reaches the database.

    Raises:
        NotExpanded: something in it is not known; says what.
    """
    text = _VARIABLE.sub(lambda found: _value(found[1], found[2], scope.values), sql)
    text = _MACRO.sub(lambda found: _macro(found[1], found[2].strip(), scope), text)
    left = _DOLLAR.search(_without_strings(text))
    if left:
        raise NotExpanded(f"{left[0]} is no variable of the dashboard, and no macro that is used here")
    return text


def variables_in(sql: str) -> set[str]:
    """Name the variables that a query, a title or a link uses, Grafana's own (`__value`, `__data`, ...) left out."""
    return {name for name in re.findall(r"\$\{?(\w+)", sql) if not name.startswith("__")}


def _value(name: str, form: str | None, values: Values) -> str:
    if name not in values:
        raise NotExpanded(f"${{{name}}} is no variable of the dashboard")
    given = () if values[name] == ("",) else values[name]  # so does Grafana: an empty text is nothing, not ''
    if form == "sqlstring":
        return ",".join("'" + value.replace("'", "''") + "'" for value in given)
    if form == "raw" and len(given) == 1:
        return given[0]
    raise NotExpanded(
        f"${{{name}:{form}}}: queries here write variables as ${{{name}:sqlstring}}, or as ${{{name}:raw}} where one is picked"
    )


def _macro(name: str, argument: str, scope: Scope) -> str:
    macros: dict[str, Callable[[], str]] = {
        "__timeFilter": lambda: f"{argument} BETWEEN '{_rfc3339(scope.since)}' AND '{_rfc3339(scope.until)}'",
        "__timeFrom": lambda: f"'{_rfc3339(scope.since)}'",
        "__timeTo": lambda: f"'{_rfc3339(scope.until)}'",
    }
    if name not in macros:
        raise NotExpanded(f"${name} is no macro that is used here; {', '.join(f'${one}' for one in macros)} are")
    return macros[name]()


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _without_strings(sql: str) -> str:
    return re.sub(r"'(?:[^']|'')*'", "''", sql)
