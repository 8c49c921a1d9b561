"""When a store is open, and when its shoppers come."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sensors.hours import DAYS
from sensors.layout import Layout
from sensors.urls import SettingError
from simulators.shop.habits import HOUR, MINUTE, Habits
from simulators.shop.opening import LAST_ENTRY, WARM_UP, arrivals, nth_open_day, power, windows
from tests.simulators.plans import FRIDAY, SMALL, window_of

SUNDAY = date(2026, 11, 22)
ALWAYS = Layout(store_id="s", timezone="Europe/Berlin")


def local(ms: int) -> str:
    """A time in Berlin, to the minute."""
    return datetime.fromtimestamp(ms / 1000, ZoneInfo("Europe/Berlin")).strftime("%a %H:%M")


def test_a_day_has_a_window_in_the_stores_own_time() -> None:
    """Ten in Berlin is nine in UTC in November."""
    window = window_of(SMALL)
    assert (local(window.opens), local(window.closes)) == ("Fri 10:00", "Fri 11:30")
    assert window.opens == int(datetime(2026, 11, 20, 9, tzinfo=UTC).timestamp()) * 1000
    assert (window.fresh, window.shuts, window.weekday, window.timezone, window.share) == (True, True, 4, "Europe/Berlin", 1.0)


def test_a_closed_day_has_none() -> None:
    """An empty list of hours means closed."""
    assert windows(SMALL, SUNDAY) == []


def test_a_missing_day_is_open_all_day_and_runs_into_the_next() -> None:
    """From midnight to midnight; nothing is switched off between."""
    (window,) = windows(ALWAYS, FRIDAY)
    assert (local(window.opens), local(window.closes)) == ("Fri 00:00", "Sat 00:00")
    assert not window.fresh
    assert not window.shuts
    assert windows(ALWAYS, SUNDAY)[0].opens - window.closes == 24 * HOUR


def test_a_siesta_makes_two_windows() -> None:
    """Each with its part of the day and a name of its own."""
    first, second = windows(structs.replace(ALWAYS, opening_hours={"fri": ["08:00", "12:00", "14:00", "20:00"]}), FRIDAY)
    assert (local(first.opens), local(first.closes)) == ("Fri 08:00", "Fri 12:00")
    assert (local(second.opens), local(second.closes)) == ("Fri 14:00", "Fri 20:00")
    assert (first.share, second.share) == (0.4, 0.6)
    assert first.label != second.label


@given(st.integers(0, 200))
def test_sensors_of_two_windows_are_not_switched_on_at_once(pause: int) -> None:
    """A long pause has 45 minutes at both ends; a short one is halved, with a minute between."""
    closes, opens = (f"{minute // 60:02d}:{minute % 60:02d}" for minute in (720, 720 + pause))
    hours = ["08:00", closes, opens, "20:00"] if pause else ["08:00", "20:00"]
    first, *second = windows(structs.replace(ALWAYS, opening_hours={"fri": hours}), FRIDAY)
    if second:
        off, on = power(first)[1], power(second[0])[0]
        assert first.closes <= off < on <= second[0].opens
        assert (off - first.closes, second[0].opens - on) == (min(WARM_UP, (pause - 1) * MINUTE // 2),) * 2


def test_a_store_open_past_midnight_does_not_shut_there() -> None:
    """Closing at 24:00 and opening at 00:00 is no closing."""
    layout = structs.replace(ALWAYS, opening_hours={"fri": ["18:00", "24:00"], "sat": ["00:00", "03:00", "18:00", "24:00"]})
    (friday,) = windows(layout, FRIDAY)
    night, evening = windows(layout, date(2026, 11, 21))
    assert (friday.fresh, friday.shuts) == (True, False)
    assert (night.fresh, night.shuts) == (False, True)
    assert (evening.fresh, evening.shuts) == (True, False)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_days_on_which_the_clock_changes(day: date, hours: int) -> None:
    """Midnight to midnight is 23 or 25 hours then."""
    (window,) = windows(ALWAYS, day)
    assert window.closes - window.opens == hours * HOUR


def test_the_last_open_day_before_today() -> None:
    """On a Monday it is Saturday, for Sunday is closed."""
    assert nth_open_day(SMALL, date(2026, 11, 22), 1, back=True) == date(2026, 11, 21)


def test_several_open_days_skip_the_closed_ones_between_them() -> None:
    """Three open days before Tuesday are Monday, Saturday and Friday; as many from that Friday on end on Monday. There is no end to it."""
    assert nth_open_day(SMALL, date(2026, 11, 23), 3, back=True) == FRIDAY
    assert nth_open_day(SMALL, FRIDAY, 3) == date(2026, 11, 23)
    assert nth_open_day(SMALL, date(2026, 11, 22), 1) == date(2026, 11, 23)
    assert nth_open_day(SMALL, FRIDAY, 1 + 6 * 520) == FRIDAY + timedelta(days=7 * 520)


def test_a_store_that_never_opens_is_refused() -> None:
    """There is no last open day."""
    never = structs.replace(ALWAYS, opening_hours={day: [] for day in DAYS})
    with pytest.raises(SettingError, match="closed on every day"):
        nth_open_day(never, FRIDAY, 1)


@given(st.integers(0, 2**32), st.integers(1, 300))
def test_shoppers_come_while_the_store_is_open(seed: int, shoppers: int) -> None:
    """In order, and not in the last minutes; about as many as asked for."""
    window = window_of(SMALL)
    times = arrivals(Random(seed), window, Habits(shoppers=shoppers, weekday=(1.0,) * 7))
    assert times == sorted(times)
    assert all(window.opens <= time < window.closes - LAST_ENTRY for time in times)
    assert 0.95 * shoppers - 1 <= len(times) <= 1.05 * shoppers + 1


def test_shoppers_come_at_the_peaks() -> None:
    """More at noon than in the morning, as the weights say; the hours are those of the store's own time."""
    window = window_of(structs.replace(SMALL, opening_hours={}))
    times = arrivals(Random(1), window, Habits(shoppers=5000))
    hours = [(time - window.opens) // HOUR for time in times]
    assert hours.count(11) / hours.count(8) == pytest.approx(16 / 4, rel=0.25)


@pytest.mark.parametrize(("day", "missing"), [(date(2026, 3, 29), 1), (date(2026, 10, 25), 2)])
def test_hours_are_those_of_the_clock(day: date, missing: int) -> None:
    """From half past eight on, and on days on which the clock changes: nobody comes in an hour of no weight, and at noon they come."""
    peak = tuple(1.0 if hour == 12 else 0.0 for hour in range(24))
    layouts = (ALWAYS, structs.replace(ALWAYS, opening_hours={"sun": ["08:30", "20:00"]}))
    for layout in layouts:
        (window,) = windows(layout, day)
        times = arrivals(Random(1), window, Habits(shoppers=200, weekend_hours=peak))
        assert len(times) > 100
        assert {local(time)[4:6] for time in times} == {"12"}
    some = tuple(float(hour != missing) for hour in range(24))
    hours = {local(time)[4:6] for time in arrivals(Random(1), windows(ALWAYS, day)[0], Habits(shoppers=5000, weekend_hours=some))}
    assert hours == {f"{hour:02d}" for hour in range(24) if hour != missing and (hour, missing) != (2, 1)}


def test_nobody_comes_where_no_hour_has_weight() -> None:
    """Not all in the last one."""
    nights = tuple(float(hour < 6) for hour in range(24))
    assert arrivals(Random(1), window_of(SMALL), Habits(weekday_hours=nights)) == []


def test_saturdays_are_fuller_than_mondays() -> None:
    """By the factor of their weekdays."""
    layout = structs.replace(SMALL, opening_hours={})
    monday, saturday = (window_of(layout, day) for day in (date(2026, 11, 16), date(2026, 11, 21)))
    counts = [len(arrivals(Random(1), window, Habits(shoppers=2000))) for window in (monday, saturday)]
    assert counts[1] / counts[0] == pytest.approx(1.28 / 0.91, rel=0.12)


def test_each_window_of_a_day_gets_its_part_of_the_shoppers() -> None:
    """Four of ten open hours, four tenths of the shoppers."""
    layout = structs.replace(SMALL, opening_hours={"fri": ["08:00", "12:00", "14:00", "20:00"]})
    counts = [len(arrivals(Random(1), window, Habits(shoppers=1000))) for window in windows(layout, FRIDAY)]
    assert counts[0] == pytest.approx(400, rel=0.06)
    assert counts[1] == pytest.approx(600, rel=0.06)


def test_a_window_too_short_to_come_in_stays_empty() -> None:
    """Nobody comes in during the last minutes, and here there are no others."""
    window = window_of(SMALL)._replace(closes=window_of(SMALL).opens + 5 * MINUTE)
    assert arrivals(Random(1), window, Habits()) == []
