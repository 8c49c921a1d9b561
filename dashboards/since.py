"""Times as dashboards write them: `now-24h`, `now/d`, `now-7d/d`."""

import re
from datetime import datetime, timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_FORM = re.compile(r"now(?:-(\d+)([smhdw]))?(/d)?")


def begin(text: str, now: datetime) -> datetime:
    """Return the time that a dashboard's `from` means; `/d` is the beginning of that day, in the time zone of `now`.

    Raises:
        ValueError: it is none of those.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"{text} is no time like now-24h or now/d")
    count, unit, day = found.groups()
    at = now - timedelta(**{_UNITS[unit]: int(count)}) if count else now
    return at.replace(hour=0, minute=0, second=0, microsecond=0) if day else at
