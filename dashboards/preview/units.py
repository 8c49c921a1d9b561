"""Numbers as Grafana writes them, by unit and decimals: those units that our dashboards use.

Sources: Grafana's `packages/grafana-data/src/valueFormats/{valueFormats,dateTimeFormatters,symbolFormatters,categories}.ts`.
"""

import math
from collections.abc import Callable, Mapping

Format = Callable[[float, int | None], str]


class UnknownUnit(ValueError):
    """A unit that the preview does not know; Grafana would show its name behind the number."""

    def __init__(self, unit: str) -> None:
        super().__init__(f"the unit {unit} is not known to the preview: dashboards/preview/units.py lists those that are")


def written(value: float, unit: str | None, decimals: int | None) -> str:
    """Write a number with its unit.

    Raises:
        UnknownUnit: it is not known.
    """
    if math.isinf(value) or math.isnan(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"
    return _format(unit or "none")(value, decimals)


def is_known(unit: str) -> bool:
    """Tell whether a unit can be written."""
    return unit in FORMATS or unit.startswith(_BEGINNINGS)


def fixed(value: float, decimals: int | None = None) -> str:
    """Write a number with so many decimals; None: as many as tell it, two or three figures, none for a whole number."""
    places = decimals_of(value) if decimals is None else max(0, decimals)
    factor = 10**places
    rounded = math.floor(value * factor + 0.5) / factor  # as JavaScript rounds
    return f"{rounded:.{places}f}" if rounded else f"{0:.{places}f}"


def decimals_of(value: float) -> int:
    """How many decimals a number gets where nobody says."""
    if value == math.floor(value):
        return 0
    decimals = -math.floor(math.log10(abs(value))) + 1
    norm = abs(value) * 10**decimals
    return max(0, decimals + 1 if norm > 2.25 else decimals)  # noqa: PLR2004 - Grafana's: 2.5 needs one more


def _format(unit: str) -> Format:
    if unit in FORMATS:
        return FORMATS[unit]
    kind, colon, rest = unit.partition(":")
    if colon and kind == "suffix":
        return lambda value, decimals: f"{fixed(value, decimals)} {rest}"
    if colon and kind == "prefix":
        return lambda value, decimals: f"{rest}{fixed(value, decimals)}"
    raise UnknownUnit(unit)


def _short(value: float, decimals: int | None) -> str:
    power = math.floor(math.log10(abs(value)) / 3 + 1e-12) if value else 0
    power = min(max(power, 0), len(_SHORT) - 1)
    return f"{fixed(value / 1000**power, decimals)}{_SHORT[power]}"


_SHORT = ("", " K", " Mil", " Bil", " Tri", " Quadr", " Quint", " Sext", " Sept")


def _grouped(value: float, decimals: int | None) -> str:
    return f"{round(value, 3 if decimals is None else decimals):,}".removesuffix(".0")


_MINUTE, _HOUR, _DAY, _WEEK, _YEAR = 60, 3600, 86400, 604800, 31536000

_SECONDS = (
    (1e-6, 1e-9, " ns"),
    (1e-3, 1e-6, " µs"),
    (1, 1e-3, " ms"),
    (_MINUTE, 1, " s"),
    (_HOUR, _MINUTE, " min"),
    (_DAY, _HOUR, " hour"),
    (_WEEK, _DAY, " day"),
    (_YEAR, _WEEK, " week"),
    (math.inf, 3.15569e7, " year"),
)
"""Below the first number, divide by the second and write the third behind."""


def _lasting(value: float, decimals: int | None) -> str:
    if value == 0:
        return "0 s"
    by, suffix = next((by, suffix) for below, by, suffix in _SECONDS if abs(value) < below)
    return fixed(value / by, decimals) + suffix


FORMATS: Mapping[str, Format] = {
    "none": fixed,
    "locale": _grouped,
    "short": _short,
    "percentunit": lambda value, decimals: f"{fixed(value * 100, decimals)}%",
    "s": _lasting,
}
"""By Grafana's id of a unit."""

_BEGINNINGS = ("suffix:", "prefix:")
