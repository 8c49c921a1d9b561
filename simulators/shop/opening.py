"""When a store is open, in absolute time, and when its shoppers come."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sensors.hours import DAYS, clock_at, hours_on
from sensors.layout import Layout
from sensors.reading import to_datetime
from sensors.urls import SettingError
from simulators.shop.habits import HOUR, MINUTE, NEVER, SECOND, Habits, pick

LAST_ENTRY = 10 * MINUTE
"""Nobody comes in during the last minutes before closing."""

WARM_UP = 45 * MINUTE
"""Sensors are switched on so long before opening, and off so long after closing, where the time between is long enough for both."""


class Window(NamedTuple):
    """A time in which a store is open, in epoch milliseconds.

    Attributes:
        label: the day, and which of its windows.
        opens: when it begins.
        closes: when it ends.
        fresh: the store was closed right before.
        shuts: the store is closed right after. Where it is not, nobody is hurried out and no sensor is switched off.
        weekday: 0 is Monday.
        timezone: whose clock the hours of its shoppers go by.
        share: its part of the day's opening hours, from 0 to 1.
        warm_up: how long before opening sensors are switched on, where it is fresh (milliseconds).
        cool_down: how long after closing they are switched off, where it shuts.
        pause: how long it was closed before, where it is fresh.
    """

    label: str
    opens: int
    closes: int
    fresh: bool
    shuts: bool
    weekday: int
    timezone: str
    share: float
    warm_up: int = WARM_UP
    cool_down: int = WARM_UP
    pause: int = NEVER


def power(window: Window) -> tuple[int, int]:
    """When the sensors of a window are switched on and off; a store that stays open leaves them on."""
    return window.opens - (window.warm_up if window.fresh else 0), window.closes + (window.cool_down if window.shuts else 0)


def windows(layout: Layout, day: date) -> list[Window]:
    """The opening windows of a calendar day in the store's zone: none on a closed day, two with a siesta.

    A day that is missing in the opening hours is open from midnight to midnight.
    """
    spans = _spans(layout, day)
    begins = {opens for opens, _ in spans + _spans(layout, day + timedelta(days=1))}
    ends = {closes for _, closes in _spans(layout, day - timedelta(days=1)) + spans}
    total = sum(closes - opens for opens, closes in spans)
    pauses = [opens - max((end for end in ends if end <= opens), default=0) for opens, _ in spans]
    return [
        Window(
            label=f"{day:%Y%m%d}-{number}",
            opens=opens,
            closes=closes,
            fresh=opens not in ends,
            shuts=closes not in begins,
            weekday=day.weekday(),
            timezone=layout.timezone,
            share=(closes - opens) / total,
            warm_up=_half(pause),
            cool_down=_half(min((begin for begin in begins if begin >= closes), default=NEVER) - closes),
            pause=pause,
        )
        for number, ((opens, closes), pause) in enumerate(zip(spans, pauses, strict=True), 1)
    ]


def _half(pause: int) -> int:
    """How much of a pause a window takes for itself: where it is short, it leaves as much to its neighbour, and a minute between."""
    return max(0, min(WARM_UP, (pause - MINUTE) // 2))


def _spans(layout: Layout, day: date) -> list[tuple[int, int]]:
    times = [clock_at(layout, day, clock) // 1000 for clock in hours_on(layout, day)]
    return list(zip(times[::2], times[1::2], strict=True))


def nth_open_day(layout: Layout, start: date, days: int, *, back: bool = False) -> date:
    """The day on which the last of so many open days is.

    Args:
        layout: the store.
        start: the first day that counts, if the store is open on it.
        days: how many; 1 or more.
        back: go back from there, and not on.

    Raises:
        SettingError: the store is never open.
    """
    day, step, left = start, timedelta(days=-1 if back else 1), days
    for closed in range(len(DAYS)):
        if windows(layout, start + closed * step):
            break
    else:
        raise SettingError(
            f"store `{layout.store_id}` is closed on every day of the week: give it opening_hours, or leave a day out to open it all day"
        )
    while left := left - bool(windows(layout, day)):
        day += step
    return day


def arrivals(rng: Random, window: Window, habits: Habits) -> list[int]:
    """When the window's shoppers come, in order: by weekday and hour, a little more or less each day."""
    hours = habits.weekend_hours if window.weekday >= DAYS.index("sat") else habits.weekday_hours
    slots = list(_slots(window, hours))
    weights = tuple(weight for _, _, weight in slots)
    if not any(weights):
        return []
    wanted = round(habits.shoppers * window.share * habits.weekday[window.weekday] * (0.95 + 0.1 * rng.random()))
    chosen = (slots[pick(rng, weights)] for _ in range(wanted))
    return sorted(start + int(rng.random() * (end - start)) for start, end, _ in chosen)


def _slots(window: Window, hours: tuple[float, ...]) -> Iterator[tuple[int, int, float]]:
    """The hours of the clock that lie in a window, or begin or end in it (epoch ms), with their weights."""
    last = window.closes - LAST_ENTRY if window.shuts else window.closes
    zone, start = ZoneInfo(window.timezone), window.opens
    while start < last:
        clock = to_datetime(start * 1000).astimezone(zone)
        end = min(start + HOUR - (clock.minute * MINUTE + clock.second * SECOND + clock.microsecond // 1000), last)
        yield start, end, hours[clock.hour] * (end - start) / HOUR
        start = end
