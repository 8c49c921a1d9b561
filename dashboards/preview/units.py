"""Numbers as Grafana writes them, by unit and decimals.

Sources: Grafana's `packages/grafana-data/src/valueFormats/{valueFormats,dateTimeFormatters,symbolFormatters,categories}.ts`.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo

Format = Callable[[float, int | None], str]


class UnknownUnit(ValueError):
    """A unit that the preview does not know; Grafana would show its name behind the number."""

    def __init__(self, unit: str) -> None:
        super().__init__(f"the unit {unit} is not known to the preview: dashboards/preview/units.py lists those that are")


def written(value: float, unit: str | None, decimals: int | None, zone: tzinfo = UTC) -> str:
    """Write a number with its unit; times are milliseconds since 1970.

    Raises:
        UnknownUnit: it is not known.
    """
    if math.isinf(value) or math.isnan(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"
    if unit in TIMES or (unit or "").startswith("time:"):
        return _at(value, unit or "", zone)
    return _format(unit or "none")(value, decimals)


def is_known(unit: str) -> bool:
    """Tell whether a unit can be written."""
    return unit in FORMATS or unit in TIMES or unit.startswith(_BEGINNINGS)


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
    if colon and kind == "currency":
        return _currency(rest)
    raise UnknownUnit(unit)


def _scaled(suffixes: tuple[str, ...], factor: float = 1000, prefix: str = "") -> Format:
    def write(value: float, decimals: int | None) -> str:
        power = math.floor(math.log10(abs(value)) / math.log10(factor) + 1e-12) if value else 0
        power = min(max(power, 0), len(suffixes) - 1)
        return f"{prefix}{fixed(value / factor**power, decimals)}{suffixes[power]}"

    return write


def _currency(symbol: str) -> Format:
    return _scaled(("", "K", "M", "B", "T"), prefix=symbol)


def _plain(suffix: str = "", times: float = 1) -> Format:
    return lambda value, decimals: f"{fixed(value * times, decimals)}{suffix}"


def _grouped(value: float, decimals: int | None) -> str:
    return f"{round(value, 3 if decimals is None else decimals):,}".removesuffix(".0")


Steps = tuple[tuple[float, float, str], ...]
"""Below the first number, divide by the second and write the third behind."""

_MINUTE, _HOUR, _DAY, _WEEK, _YEAR = 60, 3600, 86400, 604800, 31536000

_SECONDS: Steps = (
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
_MILLISECONDS: Steps = (
    (1000, 1, " ms"),
    (60_000, 1000, " s"),
    (3_600_000, 60_000, " min"),
    (86_400_000, 3_600_000, " hour"),
    (31_536_000_000, 86_400_000, " day"),
    (math.inf, 31_536_000_000, " year"),
)
_MINUTES: Steps = (
    (60, 1, " min"),
    (1440, 60, " hour"),
    (10080, 1440, " day"),
    (604800, 10080, " week"),
    (math.inf, 5.25948e5, " year"),
)
_HOURS: Steps = ((24, 1, " hour"), (168, 24, " day"), (8760, 168, " week"), (math.inf, 8760, " year"))


def _lasting(steps: Steps) -> Format:
    def write(value: float, decimals: int | None) -> str:
        if value == 0:
            return "0" + next(suffix for _, by, suffix in steps if by == 1)
        by, suffix = next((by, suffix) for below, by, suffix in steps if abs(value) < below)
        return fixed(value / by, decimals) + suffix

    return write


_WORDS = (("year", _YEAR), ("month", 2592000), ("week", _WEEK), ("day", _DAY), ("hour", _HOUR), ("minute", _MINUTE), ("second", 1))


def _in_words(value: float, decimals: int | None) -> str:
    """Seconds as `1 hour, 23 minutes`: the largest part, and so many more."""
    if value == 0:
        return "0 seconds"
    if value < 0:
        return f"{_in_words(-value, decimals)} ago"
    parts: list[str] = []
    left = value
    for name, seconds in _WORDS:
        if (parts or left >= seconds) and len(parts) <= (decimals or 0):
            count = int(left // seconds)
            parts.append(f"{count} {name}{'' if count == 1 else 's'}")
            left %= seconds
    return ", ".join(parts) or fixed(value * 1000, 0) + " milliseconds"


def _clock(value: float, decimals: int | None) -> str:
    """Seconds as `01:23:45`."""
    if value < 0:
        return f"{_clock(-value, decimals)} ago"
    whole = math.floor(value)
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


FORMATS: Mapping[str, Format] = {
    "none": _plain(),
    "string": lambda value, _: f"{value:g}" if abs(value) < 1e6 else fixed(value),  # noqa: PLR2004 - %g would write an exponent
    "locale": _grouped,
    "short": _scaled(("", " K", " Mil", " Bil", " Tri", " Quadr", " Quint", " Sext", " Sept")),
    "sishort": _scaled(("", "k", "M", "G", "T", "P")),
    "percent": _plain("%"),
    "percentunit": _plain("%", 100),
    "s": _lasting(_SECONDS),
    "ms": _lasting(_MILLISECONDS),
    "m": _lasting(_MINUTES),
    "h": _lasting(_HOURS),
    "dtdurations": _in_words,
    "dthms": _clock,
    "lengthm": lambda value, decimals: f"{fixed(value, decimals)} m" if abs(value) < 1000 else f"{fixed(value / 1000, decimals)} km",  # noqa: PLR2004
    "areaM2": _plain(" m²"),
    "dBm": _plain(" dBm"),
    "bytes": _scaled((" B", " KiB", " MiB", " GiB", " TiB"), 1024),
    "decbytes": _scaled((" B", " kB", " MB", " GB", " TB")),
    "cps": _scaled((" c/s", "K c/s", "M c/s", "B c/s")),
    "rps": _scaled((" rd/s", "K rd/s", "M rd/s", "B rd/s")),
    "reqps": _scaled((" req/s", "K req/s", "M req/s", "B req/s")),
    "mps": _scaled((" msg/s", "K msg/s", "M msg/s", "B msg/s")),
    "currencyEUR": _currency("€"),
    "currencyUSD": _currency("$"),
    "currencyGBP": _currency("£"),
    "currencyJPY": _currency("¥"),
    "currencyCHF": _currency("CHF"),
}
"""By Grafana's id of a unit."""

TIMES = ("dateTimeAsIso", "dateTimeAsIsoNoDateIfToday", "dateTimeAsLocal", "dateTimeAsLocalNoDateIfToday", "dateTimeFromNow")
"""Units of a time."""

_BEGINNINGS = ("suffix:", "prefix:", "currency:", "time:")


def _at(ms: float, unit: str, zone: tzinfo) -> str:
    at = datetime.fromtimestamp(ms / 1000, zone)
    if unit.startswith("time:"):
        return moment(at, unit.removeprefix("time:"))
    now = datetime.now(zone)
    if unit == "dateTimeFromNow":
        return from_now((at - now).total_seconds())
    short = unit.endswith("NoDateIfToday") and at.date() == now.date()
    return f"{at:%H:%M:%S}" if short else f"{at:%Y-%m-%d %H:%M:%S}"


_TOKENS: Mapping[str, Callable[[datetime], str]] = {
    "YYYY": lambda at: f"{at:%Y}",
    "YY": lambda at: f"{at:%y}",
    "MMMM": lambda at: f"{at:%B}",
    "MMM": lambda at: f"{at:%b}",
    "MM": lambda at: f"{at:%m}",
    "M": lambda at: str(at.month),
    "DD": lambda at: f"{at:%d}",
    "D": lambda at: str(at.day),
    "dddd": lambda at: f"{at:%A}",
    "ddd": lambda at: f"{at:%a}",
    "HH": lambda at: f"{at:%H}",
    "H": lambda at: str(at.hour),
    "hh": lambda at: f"{at:%I}",
    "h": lambda at: str(int(f"{at:%I}")),
    "mm": lambda at: f"{at:%M}",
    "ss": lambda at: f"{at:%S}",
    "SSS": lambda at: f"{at.microsecond // 1000:03d}",
    "a": lambda at: f"{at:%p}".lower(),
    "A": lambda at: f"{at:%p}",
}
_MOMENT = re.compile(r"\[([^\]]*)\]|" + "|".join(sorted(_TOKENS, key=len, reverse=True)))


def moment(at: datetime, form: str) -> str:
    """Write a time in the form of moment.js, as far as our dashboards need: `ddd HH:mm`."""
    return _MOMENT.sub(lambda found: _TOKENS[found[0]](at) if found[0] in _TOKENS else found[1], form)


_AGO = ((45, 1, "a few seconds", ""), (90, 60, "a minute", ""), (2700, 60, "", "minutes"), (5400, 3600, "an hour", ""))
_LONGER = ((79200, 3600, "", "hours"), (129600, 86400, "a day", ""), (2246400, 86400, "", "days"), (3974400, 2592000, "a month", ""))


def from_now(seconds: float) -> str:
    """Say how long ago, or in how long, as moment.js does: `5 minutes ago`."""
    for below, by, one, many in (*_AGO, *_LONGER, (math.inf, 2592000, "", "months")):
        if abs(seconds) < below:
            text = one or f"{round(abs(seconds) / by)} {many}"
            return f"in {text}" if seconds > 0 else f"{text} ago"
    raise AssertionError
