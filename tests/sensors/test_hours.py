"""When a store is open: by examples, and by somebody who looks at the clock on the wall once a minute."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sensors.hours import DAYS, clock_at, hours_on, longest_closure, open_at
from sensors.layout import Day, Layout
from sensors.reading import SECOND, to_datetime, to_micros

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
BERLIN = "Europe/Berlin"

ZONES = (
    "UTC",
    BERLIN,
    "America/New_York",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "America/Havana",
    "Pacific/Kiritimati",
)
"""North and south, a change by half an hour (Lord Howe), a change at midnight (Havana), the earliest of all clocks (Kiritimati)."""

FROM_EIGHT: dict[Day, list[str]] = {**{day: ["08:00", "20:00"] for day in DAYS}, "sun": []}
SIESTA: dict[Day, list[str]] = {day: ["09:00", "13:00", "16:00", "20:00"] for day in DAYS}
NIGHT: dict[Day, list[str]] = {**{day: [] for day in DAYS}, "fri": ["18:00", "24:00"], "sat": ["00:00", "02:00", "18:00", "24:00"]}
NEVER: dict[Day, list[str]] = {day: [] for day in DAYS}


def store(hours: dict[Day, list[str]], timezone: str = "UTC") -> Layout:
    """A store that is open then."""
    return Layout(store_id="s1", timezone=timezone, opening_hours=hours)


def on(local: str, timezone: str = "UTC", fold: int = 0) -> int:
    """A time on the wall in microseconds since 1970; of one that comes twice, the first or (1) the second."""
    return to_micros(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(timezone), fold=fold))


def is_open(layout: Layout, ts: int) -> bool:
    """Look at the wall: between an opening and a closing time of today, the first included, the last not."""
    local = to_datetime(ts).astimezone(ZoneInfo(layout.timezone))
    times = layout.opening_hours.get(DAYS[local.weekday()], ["00:00", "24:00"])
    return any(opens <= f"{local:%H:%M}" < closes for opens, closes in zip(times[::2], times[1::2], strict=True))


def looked_up(layout: Layout, ts: int) -> int | None:
    """Look now, and then whenever a minute begins, for a week and a day."""
    end = ts + 8 * DAY
    while ts < end:
        if is_open(layout, ts):
            return ts
        ts = (ts // MINUTE + 1) * MINUTE
    return None


def comes_once(layout: Layout, ts: int) -> bool:
    """Whether each opening and closing time of the days around is on the wall exactly once: no change of the clock skips or repeats it."""
    zone = ZoneInfo(layout.timezone)
    first = to_datetime(ts).astimezone(zone).date()
    for number in range(-1, 10):
        for clock in hours_on(layout, first + timedelta(days=number)):
            local = to_datetime(clock_at(layout, first + timedelta(days=number), clock)).astimezone(zone)
            if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset() or f"{local:%H:%M}" != clock.replace(
                "24:00", "00:00"
            ):
                return False
    return True


@st.composite
def hours_of_a_day(draw: st.DrawFn) -> list[str]:
    """Times that rise, in pairs; any minute, more often the full hour."""
    minutes = st.integers(0, 1440) | st.integers(0, 24).map(lambda hour: 60 * hour)
    times = sorted(draw(st.lists(minutes, max_size=6, unique=True)))
    return [f"{minute // 60:02}:{minute % 60:02}" for minute in times[: len(times) // 2 * 2]]


layouts = st.builds(store, st.dictionaries(st.sampled_from(DAYS), hours_of_a_day()), st.sampled_from(ZONES))
moments = st.integers(on("2025-12-20 00:00"), on("2027-01-10 00:00")) | st.builds(
    lambda day, minute, micros: day * DAY + minute * MINUTE + micros,
    st.integers(on("2026-01-01 00:00") // DAY, on("2026-12-31 00:00") // DAY),
    st.integers(0, 1439),
    st.integers(-1, 1),
)
changes = st.builds(
    lambda change, micros: change + micros,
    st.sampled_from([on(f"{day} 00:00") for day in ("2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01")]),
    st.integers(-3 * DAY, 2 * DAY),
)
"""Days on which some clock of `ZONES` is changed, and those before."""


@settings(deadline=None)
@given(layouts, moments | changes)
def test_open_as_the_clock_on_the_wall_says(layout: Layout, ts: int) -> None:
    """The first moment at which somebody who looks each minute finds it open; None if nobody ever does."""
    assume(comes_once(layout, ts))
    assert open_at(layout, ts) == looked_up(layout, ts)


@settings(deadline=None)
@given(layouts, moments | changes)
def test_no_wait_is_longer_than_the_longest_closure(layout: Layout, ts: int) -> None:
    """On whatever day, over whatever change of the clock; and once it is open, it is."""
    opens = open_at(layout, ts)
    if opens is None:
        assert all(not layout.opening_hours.get(day, ["all day"]) for day in DAYS)
    else:
        assert ts <= opens <= ts + longest_closure(layout)
        assert open_at(layout, opens) == opens


@given(layouts)
def test_the_longest_closure_is_the_longest_wait_and_an_hour(layout: Layout) -> None:
    """By a clock that is never changed, whoever comes just when it closes waits for the longest."""
    steady = store(dict(layout.opening_hours))
    monday = date(2026, 6, 1)
    closing = [
        clock_at(steady, monday + timedelta(days=number), clock)
        for number in range(7)
        for clock in hours_on(steady, monday + timedelta(days=number))[1::2]
    ]
    waits = [opens - ts for ts in closing if (opens := open_at(steady, ts)) is not None]
    longest = max(waits, default=0)
    assert longest_closure(steady) == (longest + HOUR if longest else 0)


@pytest.mark.parametrize(
    ("hours", "ts", "opens"),
    [
        ({}, "2026-11-22 03:00", "2026-11-22 03:00"),
        (FROM_EIGHT, "2026-11-20 07:59:59.999999", "2026-11-20 08:00"),
        (FROM_EIGHT, "2026-11-20 08:00", "2026-11-20 08:00"),
        (FROM_EIGHT, "2026-11-20 08:00:00.000001", "2026-11-20 08:00:00.000001"),
        (FROM_EIGHT, "2026-11-20 19:59:59.999999", "2026-11-20 19:59:59.999999"),
        (FROM_EIGHT, "2026-11-20 20:00", "2026-11-21 08:00"),
        (FROM_EIGHT, "2026-11-21 20:00", "2026-11-23 08:00"),
        (FROM_EIGHT, "2026-11-22 12:00", "2026-11-23 08:00"),
        (SIESTA, "2026-11-20 12:59:59.999999", "2026-11-20 12:59:59.999999"),
        (SIESTA, "2026-11-20 13:00", "2026-11-20 16:00"),
        (NIGHT, "2026-11-20 23:59:59.999999", "2026-11-20 23:59:59.999999"),
        (NIGHT, "2026-11-21 00:00", "2026-11-21 00:00"),
        (NIGHT, "2026-11-21 02:00", "2026-11-21 18:00"),
        (NIGHT, "2026-11-22 00:00", "2026-11-27 18:00"),
        ({"sun": []}, "2026-11-22 00:00", "2026-11-23 00:00"),
        ({**NEVER, "mon": ["08:00", "08:01"]}, "2026-11-23 08:01", "2026-11-30 08:00"),
    ],
)
def test_when_it_is_open_next(hours: dict[Day, list[str]], ts: str, opens: str) -> None:
    """The opening counts, the closing does not; a day left out is open all day."""
    assert open_at(store(hours), on(ts)) == on(opens)


def test_who_never_opens() -> None:
    """There is no next opening, and no closure that ends."""
    assert open_at(store(NEVER), on("2026-11-22 03:00")) is None
    assert longest_closure(store(NEVER)) == 0


@pytest.mark.parametrize(
    ("closes", "opens", "hours"),
    [
        ("2026-03-27 20:00", "2026-03-28 08:00", 12),
        ("2026-03-28 20:00", "2026-03-29 08:00", 11),
        ("2026-10-24 20:00", "2026-10-25 08:00", 13),
    ],
)
def test_a_night_in_which_the_clock_is_changed(closes: str, opens: str, hours: int) -> None:
    """From 8 to 8 by the clock: an hour less in spring, an hour more in autumn."""
    layout = store({day: ["08:00", "20:00"] for day in DAYS}, BERLIN)
    found = open_at(layout, on(closes, BERLIN))
    assert found == on(opens, BERLIN) == on(closes, BERLIN) + hours * HOUR
    assert longest_closure(layout) == 13 * HOUR


def test_an_opening_time_that_the_clock_skips() -> None:
    """Half past two does not come on 29 March: the store opens as long after midnight as on other days, at 3:30 by the new clock."""
    layout = store({day: ["02:30", "20:00"] for day in DAYS}, BERLIN)
    assert (
        open_at(layout, on("2026-03-29 00:00", BERLIN)) == on("2026-03-29 00:00", BERLIN) + 150 * MINUTE == on("2026-03-29 03:30", BERLIN)
    )


def test_a_closing_time_that_comes_twice() -> None:
    """On 25 October half past two comes twice: the store closes at the first."""
    layout = store({day: ["00:00", "02:30"] for day in DAYS}, BERLIN)
    assert open_at(layout, on("2026-10-25 02:29:59.999999", BERLIN)) == on("2026-10-25 02:29:59.999999", BERLIN)
    assert open_at(layout, on("2026-10-25 02:30", BERLIN)) == on("2026-10-26 00:00", BERLIN)
    assert open_at(layout, on("2026-10-25 02:29", BERLIN, fold=1)) == on("2026-10-26 00:00", BERLIN)


def test_all_day_has_no_hole_at_any_midnight() -> None:
    """Open all day but on one: whatever the clock does at midnight, as in Havana, no minute of the year is left out."""
    layout = store({"mon": ["00:00", "24:00"]}, "America/Havana")
    start = on("2026-01-01 00:00")
    assert all(open_at(layout, start + number * 15 * MINUTE) == start + number * 15 * MINUTE for number in range(365 * 96))


def test_a_clock_of_a_day_in_absolute_time() -> None:
    """24:00 is the next midnight, whether the day has 23 or 25 hours."""
    for day, length in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)):
        layout = store({}, BERLIN)
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)
        assert clock_at(layout, day, "00:00") == to_micros(midnight)
        assert clock_at(layout, day, "24:00") == to_micros(midnight) + length * HOUR
        assert clock_at(layout, day, "12:00") == to_micros(datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(BERLIN)))


def test_the_hours_of_a_calendar_day() -> None:
    """By the day of the week; one left out is open all day."""
    layout = store({"sat": ["10:00", "14:00"], "sun": []})
    found = [hours_on(layout, date(2026, 11, day)) for day in (20, 21, 22, 28)]
    assert found == [["00:00", "24:00"], ["10:00", "14:00"], [], ["10:00", "14:00"]]
