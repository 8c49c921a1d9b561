"""Stretches of time as people write them."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sensors.urls import SettingError


class Span(NamedTuple):
    """From a time until another, which is excluded; None: without end on that side."""

    since: datetime | None = None
    until: datetime | None = None


def moment(text: str, zones: Collection[str]) -> datetime:
    """Read a time; one without offset is a time of the store.

    Args:
        text: as it was written.
        zones: the time zones of the stores that it is about; without any, UTC.

    Raises:
        SettingError: it is no time, or another one in each of these zones.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise SettingError(f"{text} is no time; write 2026-11-22 or 2026-11-22T09:00, with an offset or in the store's own zone") from wrong
    if at.tzinfo:
        return at
    if len(zones) > 1:
        raise SettingError(f"{text} is another moment in each store ({', '.join(sorted(zones))}): name a --store, or give an offset")
    return at.replace(tzinfo=ZoneInfo(min(zones, default="UTC")))


def span(since: str | None, until: str | None, zones: Collection[str]) -> Span:
    """Read both ends as `moment` does.

    Raises:
        SettingError: as there, or the end is not after the beginning.
    """
    read = Span(*(None if text is None else moment(text, zones) for text in (since, until)))
    if read.since is not None and read.until is not None and read.since >= read.until:
        raise SettingError(f"from {since} to {until} is no time: the end must come after the beginning")
    return read
