"""What publishing would change in a Grafana: found by looking alone, and shown before anything is done."""

import json
import re
from collections.abc import Callable
from difflib import unified_diff
from typing import Any, NamedTuple

_LINE_END = re.compile(r"(?<!\\)\\n")
"""As JSON has it in a text."""

_WHOLE = {"labels", "annotations"}
"""What is ours entirely: a key that we did not give does not belong there."""

_OF_GRAFANA = {"id", "version"}
"""What Grafana adds to a dashboard."""


class Change(NamedTuple):
    """One thing to create, change or remove.

    Attributes:
        what: it is, for people.
        before: what Grafana has; None where there is nothing.
        after: what it is to have; None where it is to have nothing.
        make: does it.
    """

    what: str
    before: Any
    after: Any
    make: Callable[[], object]

    @property
    def verb(self) -> str:
        """What is to be done."""
        return "create" if self.before is None else "remove" if self.after is None else "change"

    def diff(self) -> str:
        """Show the change, as `diff -u` does."""
        return "\n".join(unified_diff(_lines(self.before), _lines(self.after), "in Grafana", "here", lineterm="", n=2))


class Conflict(NamedTuple):
    """Something that is not ours stands where ours should be: it stays, and nothing at all is written."""

    why: str


Step = Change | Conflict


def bare(board: dict[str, Any]) -> dict[str, Any]:
    """Return a dashboard without what Grafana adds."""
    return {name: value for name, value in board.items() if name not in _OF_GRAFANA}


def alike(theirs: Any, ours: Any) -> Any:
    """Cut what Grafana has to what we speak of: it adds defaults, ids and times of its own."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return {name: value if name in _WHOLE else alike(value, ours[name]) for name, value in theirs.items() if name in ours}
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        return [alike(one, other) for one, other in zip(theirs, ours, strict=True)]
    return theirs


def _lines(value: Any) -> list[str]:
    """Write it for people: a text of several lines, a query, has them here too."""
    if value is None:
        return []
    return _LINE_END.sub("\n", json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)).splitlines()
