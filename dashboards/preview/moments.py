"""Times of a page: `now-6h`, `now/d`, milliseconds since 1970 or a date, as Grafana reads them in an address. Pure."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

PRESETS = (
    ("now-15m", "now", "Last 15 minutes"),
    ("now-1h", "now", "Last hour"),
    ("now-3h", "now", "Last 3 hours"),
    ("now-6h", "now", "Last 6 hours"),
    ("now-12h", "now", "Last 12 hours"),
    ("now-24h", "now", "Last 24 hours"),
    ("now/d", "now", "Today so far"),
    ("now-1d/d", "now-1d/d", "Yesterday"),
    ("now-7d", "now", "Last 7 days"),
    ("now-14d", "now", "Last 14 days"),
    ("now-30d", "now", "Last 30 days"),
    ("now-90d", "now", "Last 90 days"),
)
"""What is offered: from, to, in words."""

_NOW = re.compile(r"now((?:[+-]\d+[smhdwMy])*)(?:/([smhdwMy]))?")
_STEP = re.compile(r"([+-]\d+)([smhdwMy])")
_LENGTHS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


_YEARS = range(1970, 2200)
"""What lies outside is a slip, and some of it no database can compare."""


class NotATime(ValueError):
    """What stands where a time should; says what is wrong with it."""

    @classmethod
    def written(cls, text: str) -> "NotATime":
        """It cannot be read, or lies outside of all that there can be."""
        return cls(f"“{text}” is no time: write now-6h, now/d, or 2026-11-21 12:00")


def read(text: str, now: datetime, zone: tzinfo, *, is_end: bool = False) -> datetime:
    """Read a time.

    Args:
        text: as in an address.
        now: the present.
        zone: where days begin, and where a date without an offset is.
        is_end: `/d` means the end of the day.

    Raises:
        NotATime: it is none.
    """
    try:
        at = _read(text.strip(), now, zone, is_end=is_end)
        if at.year in _YEARS:
            return at
    except (ValueError, OverflowError, OSError):
        pass
    raise NotATime.written(text)


def _read(text: str, now: datetime, zone: tzinfo, *, is_end: bool) -> datetime:
    if found := _NOW.fullmatch(text):
        at = now.astimezone(zone)
        for count, unit in _STEP.findall(found[1]):
            at = _moved(at, int(count), unit)
        return _rounded(at, found[2], is_end=is_end) if found[2] else at
    if re.fullmatch(r"0|\d{9,14}", text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=zone)


def label(since: str, until: str, zone: tzinfo) -> str:
    """Say a range in words."""
    for first, last, words in PRESETS:
        if (since, until) == (first, last):
            return words
    return f"{_said(since, zone)} to {_said(until, zone)}"


def _said(text: str, zone: tzinfo) -> str:
    if text.startswith("now"):
        return text
    at = read(text, datetime.fromtimestamp(0, UTC), zone).astimezone(zone)
    return f"{at:%Y-%m-%d %H:%M}"


def _moved(at: datetime, count: int, unit: str) -> datetime:
    if unit in {"s", "m", "h"}:
        return (at.astimezone(UTC) + timedelta(**{_LENGTHS[unit]: count})).astimezone(at.tzinfo)
    if unit in {"d", "w"}:
        return at + timedelta(**{_LENGTHS[unit]: count})
    months = at.year * 12 + at.month - 1 + count * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, _days(year, month + 1)))


def _days(year: int, month: int) -> int:
    after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return (after - timedelta(days=1)).day


def _rounded(at: datetime, unit: str, *, is_end: bool) -> datetime:
    fields = {"y": 1, "M": 2, "d": 3, "w": 3, "h": 4, "m": 5, "s": 6}
    values = [at.year, at.month, at.day, at.hour, at.minute, at.second]
    kept = fields[unit]
    beginning = datetime(*[*values[:kept], *([1, 1, 1, 0, 0, 0][kept:])], tzinfo=at.tzinfo)  # type: ignore[misc,arg-type]
    if unit == "w":
        beginning -= timedelta(days=beginning.weekday())
    if not is_end:
        return beginning
    return _moved(beginning, 1, unit) - timedelta(milliseconds=1)
