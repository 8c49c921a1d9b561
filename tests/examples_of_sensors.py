"""Examples of `sensor_silent`, worked out by hand from `docs/signals.md`: half an hour without a word, when the store is open."""

from collections.abc import Mapping

from sensors.layout import Day
from sensors.reading import Reading
from tests.example_parts import US, at, dwell, enter, pay
from tests.signal_parts import Said, Setting, SignalExample, beat, clock, shop

HOUR = 3600
BERLIN = "Europe/Berlin"
ALL_WEEK: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

SUNDAYS: dict[Day, list[str]] = {day: ["08:00", "20:00"] for day in ALL_WEEK}
FROM_EIGHT: dict[Day, list[str]] = {**SUNDAYS, "sun": []}
"""Open from 8 to 20, closed on Sunday."""

SIESTA: dict[Day, list[str]] = {day: ["09:00", "13:00", "16:00", "20:00"] for day in ALL_WEEK}
NEVER: dict[Day, list[str]] = {day: [] for day in ALL_WEEK}
LATE: dict[Day, list[str]] = {**NEVER, "fri": ["18:00", "24:00"], "sat": ["00:00", "02:00"]}


def silent(last: float, until: float, sensor: str = "gw", limit: float = 1800, message: str = "") -> Said:
    """Expect a `sensor_silent`."""
    return Said("sensor_silent", (sensor,), at(last), at(until), round(until - last, 6), limit, None, message)


def heard(
    name: str,
    readings: list[Reading],
    *signals: Said,
    hours: Mapping[Day, list[str]] | None = None,
    timezone: str = "UTC",
    named: Mapping[str, Setting] | None = None,
    **rules: Setting,
) -> SignalExample:
    """Say when a sensor is silent; half an hour is too long, unless told."""
    layout = shop({"sensor_silent_s": 1800, **(named or {})}, hours=hours, timezone=timezone, **rules)
    return SignalExample(f"sensor_silent_{name}", readings, signals, layout)


THRESHOLD = [
    heard("heard_again_one_microsecond_before", beat("gw", 0, 1800 - US), silent(1800 - US, 3600 - US)),
    heard("heard_again_exactly_at_the_threshold", beat("gw", 0, 1800), silent(1800, 3600)),
    heard("heard_again_one_microsecond_after", beat("gw", 0, 1800 + US), silent(0, 1800), silent(1800 + US, 3600 + US)),
    heard("once_a_silence", beat("gw", 0, 9 * HOUR), silent(0, 1800), silent(9 * HOUR, 9 * HOUR + 1800)),
    heard(
        "in_words",
        beat("gate-1", 0),
        silent(0, 1800, "gate-1", message="Sensor gate-1 has said nothing for 30 min; look at its power and its network"),
    ),
    heard(
        "readings_of_any_kind_count",
        [enter(0, gate="gate"), dwell(10), pay(20, till="till-1"), *beat("till-2", 30)],
        *[silent(0, 1800, "gate"), silent(10, 1810), silent(20, 1820, "till-1"), silent(30, 1830, "till-2")],
    ),
    heard("each_for_itself", [*beat("a", 0, 1700), *beat("b", 0, 900)], silent(1700, 3500, "a"), silent(900, 2700, "b")),
    heard("never_heard_is_not_silent", beat("gw", 0), silent(0, 1800)),
    heard("a_replay_is_no_sensor", beat("replay", 0, 9 * HOUR)),
    heard(
        "by_sensor",
        [*beat("gate-1", 0), *beat("gw", 0)],
        *[silent(0, 600, "gate-1", 600), silent(0, 1800)],
        named={"sensor_silent_s.gate-1": 600},
    ),
    heard("turned_off", beat("gw", 0), sensor_silent_s=0),
    heard("turned_off_for_one", [*beat("a", 0), *beat("b", 0)], silent(0, 1800, "b"), sensor_silent_s__a=0),
    heard("turned_on_for_one", [*beat("a", 0), *beat("b", 0)], silent(0, 60, "b", 60), sensor_silent_s=0, sensor_silent_s__b=60),
]

SAT_1930, SAT_1945 = clock("2026-11-21 19:30"), clock("2026-11-21 19:45")
MON_0800 = clock("2026-11-23 08:00")
WED_1945, THU_0800 = clock("2026-11-18 19:45"), clock("2026-11-19 08:00")

OPENING = [
    heard("at_night_waits_for_the_opening", beat("gw", WED_1945), silent(WED_1945, THU_0800), hours=FROM_EIGHT),
    heard("on_sunday_waits_for_monday", beat("gw", SAT_1945), silent(SAT_1945, MON_0800), hours=FROM_EIGHT),
    heard("at_closing_time_waits_too", beat("gw", SAT_1930), silent(SAT_1930, MON_0800), hours=FROM_EIGHT),
    heard("just_before_closing_time", beat("gw", SAT_1930 - US), silent(SAT_1930 - US, SAT_1930 + 1800 - US), hours=FROM_EIGHT),
    heard(
        "heard_before_the_opening",
        beat("gw", WED_1945, THU_0800 - US),
        silent(THU_0800 - US, THU_0800 + 1800 - US),
        hours=FROM_EIGHT,
    ),
    heard("heard_at_the_opening", beat("gw", WED_1945, THU_0800), silent(THU_0800, THU_0800 + 1800), hours=FROM_EIGHT),
    heard(
        "heard_just_after_the_opening",
        beat("gw", WED_1945, THU_0800 + US),
        *[silent(WED_1945, THU_0800), silent(THU_0800 + US, THU_0800 + 1800 + US)],
        hours=FROM_EIGHT,
    ),
    heard("due_just_before_the_opening", beat("gw", THU_0800 - 1800 - US), silent(THU_0800 - 1800 - US, THU_0800), hours=FROM_EIGHT),
    heard("due_at_the_opening", beat("gw", THU_0800 - 1800), silent(THU_0800 - 1800, THU_0800), hours=FROM_EIGHT),
    heard("due_just_after_the_opening", beat("gw", THU_0800 - 1800 + US), silent(THU_0800 - 1800 + US, THU_0800 + US), hours=FROM_EIGHT),
    heard(
        "in_the_siesta",
        beat("gw", clock("2026-11-18 12:45")),
        silent(clock("2026-11-18 12:45"), clock("2026-11-18 16:00")),
        hours=SIESTA,
    ),
    heard(
        "before_the_siesta",
        beat("gw", clock("2026-11-18 12:15")),
        silent(clock("2026-11-18 12:15"), clock("2026-11-18 12:45")),
        hours=SIESTA,
    ),
    heard(
        "after_midnight",
        beat("gw", clock("2026-11-20 23:45")),
        silent(clock("2026-11-20 23:45"), clock("2026-11-21 00:15")),
        hours=LATE,
    ),
    heard(
        "until_next_week",
        beat("gw", clock("2026-11-21 01:45")),
        silent(clock("2026-11-21 01:45"), clock("2026-11-27 18:00")),
        hours=LATE,
    ),
    heard("of_a_store_that_never_opens", beat("gw", 0, 9 * HOUR), hours=NEVER),
    heard(
        "on_a_day_left_out_is_open_all_day",
        beat("gw", clock("2026-11-22 00:00")),
        silent(clock("2026-11-22 00:00"), clock("2026-11-22 00:30")),
        hours={"mon": []},
    ),
]


def berlin(name: str, last: str, opens: str, hours_s: float, hours: Mapping[Day, list[str]] = SUNDAYS) -> SignalExample:
    """Fall silent at one time on the wall of Berlin, and have it said at another one."""
    start, end = clock(last, BERLIN), clock(opens, BERLIN)
    assert end - start == hours_s
    return heard(name, beat("gw", start), silent(start, end), hours=hours, timezone=BERLIN)


CLOCK_CHANGES = [
    berlin("over_a_night_of_berlin", "2026-03-27 19:45", "2026-03-28 08:00", 12.25 * HOUR),
    berlin("over_the_night_of_spring", "2026-03-28 19:45", "2026-03-29 08:00", 11.25 * HOUR),
    berlin("over_the_night_of_autumn", "2026-10-24 19:45", "2026-10-25 08:00", 13.25 * HOUR),
    berlin("over_a_closed_sunday_of_spring", "2026-03-28 19:45", "2026-03-30 08:00", 35.25 * HOUR, FROM_EIGHT),
    berlin("over_a_closed_sunday_of_autumn", "2026-10-24 19:45", "2026-10-26 08:00", 37.25 * HOUR, FROM_EIGHT),
    heard(
        "while_the_clock_goes_forward_in_an_open_store",
        beat("gw", clock("2026-03-29 01:45", BERLIN)),
        silent(clock("2026-03-29 01:45", BERLIN), clock("2026-03-29 03:15", BERLIN)),
        timezone=BERLIN,
    ),
]

EXAMPLES = [*THRESHOLD, *OPENING, *CLOCK_CHANGES]
