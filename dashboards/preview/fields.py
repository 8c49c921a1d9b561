"""What a panel's configuration makes of each column, as Grafana does: names, units, mappings, thresholds, colors, links. Pure.

Sources: Grafana's `packages/grafana-data/src/field/{fieldOverrides,displayProcessor,thresholds,scale,fieldColor}.ts` and
`utils/valueMappings.ts`.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from typing import Any, NamedTuple

from dashboards.frames import Column, ColumnType, Frame
from dashboards.preview import units

Config = dict[str, Any]

FALLBACK_COLOR = "#808080"


class Shown(NamedTuple):
    """A value for people: its text, its color (None: that of any text), and where it lies from the minimum (0) to the maximum (1)."""

    text: str
    color: str | None
    share: float | None = None


@dataclass(frozen=True)
class Field:
    """A column with what was configured for it."""

    name: str
    type: ColumnType
    values: list[Any]
    config: Config
    zone: tzinfo = UTC

    @property
    def custom(self) -> Config:
        """What its kind of panel configures."""
        return self.config.get("custom") or {}

    @property
    def unit(self) -> str | None:
        """Its unit, as Grafana calls it."""
        return self.config.get("unit")

    @property
    def is_hidden(self) -> bool:
        """Whether it is there only for others to refer to."""
        return bool(self.custom.get("hidden"))

    @property
    def is_number(self) -> bool:
        """Whether it has numbers that are to be seen."""
        return self.type == "number" and not self.is_hidden

    @property
    def last(self) -> Any:
        """Its last value that is not null."""
        return next((value for value in reversed(self.values) if value is not None), None)

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """Its least and most: as configured, else as its values are, else 0 to 100."""
        numbers = [value for value in self.values if isinstance(value, int | float) and not isinstance(value, bool)]
        low, high = self.config.get("min"), self.config.get("max")
        return (
            float(min(numbers, default=0.0) if low is None else low),
            float(max(numbers, default=100.0) if high is None else high),
        )

    def shown(self, value: Any) -> Shown:
        """Say a value as people see it."""
        mapped = _mapped(self.config.get("mappings") or (), value)
        color = self.color_of(value)
        if mapped is not None:
            text = mapped.get("text")
            return Shown(
                self.text_of(value) if text in {None, ""} else str(text),
                mapped.get("color") or color,
                self.share_of(value),
            )
        return Shown(self.text_of(value), color, self.share_of(value))

    def text_of(self, value: Any) -> str:
        """Say a value in its unit, without mappings; a time as the clock of the zone has it."""
        if value is None:
            return str(self.config.get("noValue") or "")
        if isinstance(value, bool):
            return "True" if value else "False"
        if isinstance(value, datetime):
            return f"{value.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"
        if isinstance(value, int | float):
            return units.written(float(value), self.unit, self.config.get("decimals"))
        return str(value)

    def share_of(self, value: Any) -> float | None:
        """Say where a number lies from the least to the most."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            return None
        low, high = self.bounds
        return 0.0 if high == low else (value - low) / (high - low)

    def color_of(self, value: Any) -> str | None:
        """Take the color of a value by the mode that was configured."""
        color = self.config.get("color") or {}
        if color.get("mode") == "fixed":
            return str(color["fixedColor"])
        return step_of(self.config.get("thresholds") or {}, value, self.share_of(value))

    @property
    def color(self) -> str:
        """The color of it as a whole: that of a line, or of bars."""
        return self.color_of(self.last) or FALLBACK_COLOR


def step_of(thresholds: Config, value: Any, share: float | None) -> str | None:
    """Take the color of the highest threshold that a number has reached."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        number = None
    else:
        number = (share or 0.0) * 100 if thresholds.get("mode") == "percentage" else value
    found = None
    for step in thresholds.get("steps") or ():
        at = step.get("value")
        if at is None or (number is not None and number >= at):
            found = step["color"]
    return found


def fields_of(frame: Frame, config: Config, zone: tzinfo = UTC) -> list[Field]:
    """Give each column what the panel configures: its defaults, then each override that is meant for it.

    Args:
        frame: the columns.
        config: the panel's `fieldConfig`.
        zone: for times.
    """
    return [Field(column.name, column.type, column.values, _configured(column, config), zone) for column in frame.columns]


def _configured(column: Column, config: Config) -> Config:
    defaults: Config = config.get("defaults") or {}
    own: Config = {**defaults, "custom": {**(defaults.get("custom") or {})}}
    for override in config.get("overrides") or ():
        if _matches(override["matcher"], column):
            for one in override["properties"]:
                _set(own, one["id"], one.get("value"))
    return own


def _set(own: Config, name: str, value: Any) -> None:
    if not name.startswith("custom."):
        own[name] = value
        return
    *path, last = name.removeprefix("custom.").split(".")
    inside = own["custom"]
    for part in path:
        inside[part] = {**(inside.get(part) or {})}
        inside = inside[part]
    inside[last] = value


MATCHERS = ("byName", "byRegexp", "byType")
"""Ways to mean columns."""


def _matches(matcher: Config, column: Column) -> bool:
    kind, options = matcher["id"], matcher.get("options")
    if kind == "byRegexp":
        return _regexp(str(options)).search(column.name) is not None
    return bool(options == (column.type if kind == "byType" else column.name))


def _regexp(text: str) -> re.Pattern[str]:
    return re.compile(text[1 : text.rindex("/")] if text.startswith("/") else text)


MAPPINGS = ("value", "special")
"""Kinds of mappings."""

SPECIAL = "null+nan"
"""What a special one may mean: no value, or none that is a number."""


def _mapped(mappings: Sequence[Config], value: Any) -> Config | None:
    """Find what is said instead of a value."""
    is_nothing = value is None or (isinstance(value, float) and math.isnan(value))
    for mapping in mappings:
        options = mapping["options"]
        found = options.get(_key(value)) if mapping["type"] == "value" else options["result"] if is_nothing else None
        if found is not None:
            return dict(found)
    return None


def _key(value: Any) -> str:
    """A value as a key of JavaScript's: 1.0 is 1."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
