"""When a store is open, by its layout: clocks of its time zone, as absolute times. Pure."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar, get_args
from zoneinfo import ZoneInfo

from sensors.layout import Day, Layout
from sensors.reading import MAX_TS, SECOND, to_datetime, to_micros

DAYS: tuple[Day, ...] = get_args(Day)
"""Monday first, as `date.weekday` counts."""

ALL_DAY = ["00:00", "24:00"]
WEEK = 7
_DAY_MINUTES = 1440

_LAST = MAX_TS - (WEEK + 2) * _DAY_MINUTES * 60 * SECOND
"""A week further on, in whatever time zone, is behind the last day that a calendar has."""

T = TypeVar("T")


def hours_on(layout: Layout, day: date) -> list[str]:
    """The clock times of a calendar day, opening and closing in turn; a day that the layout leaves out is open all day."""
    return layout.opening_hours.get(DAYS[day.weekday()], ALL_DAY)


def clock_at(layout: Layout, day: date, clock: str) -> int:
    """A local time of day (`HH:MM`) in microseconds since 1970; `24:00` is the next midnight."""
    return _clock_at(layout.timezone, day, clock)


def open_at(layout: Layout, ts: int) -> int | None:
    """The first moment from `ts` on at which the store is open: `ts` itself, or its next opening; None: it never opens.

    Args:
        layout: the store.
        ts: microseconds since 1970.
    """
    if not layout.opening_hours:
        return ts
    if ts > _LAST:
        return None
    first = to_datetime(ts).astimezone(ZoneInfo(layout.timezone)).date()
    for number in range(WEEK + 1):
        for opens, closes in _spans(layout, first + timedelta(days=number)):
            if ts < closes:
                return max(ts, opens)
    return None


def longest_closure(layout: Layout) -> int:
    """The longest time in a week for which the store is closed, in microseconds, with an hour for a clock that is changed; 0: never."""
    times = sorted(
        (number * _DAY_MINUTES + _minutes(opens), number * _DAY_MINUTES + _minutes(closes))
        for number in range(2 * WEEK)
        for opens, closes in _pairs(layout.opening_hours.get(DAYS[number % WEEK], ALL_DAY))
    )
    longest = max((later[0] - earlier[1] for earlier, later in pairwise(times)), default=0)
    return (longest + 60) * 60 * SECOND if longest else 0


@lru_cache(maxsize=1 << 12)  # the hours of some days are asked for again and again, each time for 10 us
def _clock_at(timezone: str, day: date, clock: str) -> int:
    hour, minute = (int(part) for part in clock.split(":"))
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone))
    return to_micros(midnight + timedelta(days=hour // 24, hours=hour % 24, minutes=minute))


def _spans(layout: Layout, day: date) -> Iterator[tuple[int, int]]:
    return _pairs([clock_at(layout, day, clock) for clock in hours_on(layout, day)])


def _pairs(times: list[T]) -> Iterator[tuple[T, T]]:
    return zip(times[::2], times[1::2], strict=True)


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])
