"""A sensor that says nothing for a while."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
from msgspec import structs

from sensors.decode import decode
from sensors.hours import DAYS, clock_at
from sensors.urls import SettingError
from simulators.script.mishaps import BatteryEnds, GoesSilent, Outage
from simulators.sensing.faults import Arrival, Expected
from simulators.sensing.silence import WILL_AFTER, Silence, Span, parse, sensors_of, spans
from simulators.shop.floor import floor_of
from simulators.shop.habits import MINUTE
from simulators.shop.opening import WARM_UP
from simulators.simulate import simulate
from simulators.truth.reconcile import reconcile
from simulators.truth.visits import Truth
from stream.reconstruct import reconstruct
from tests.simulators.observer import millis
from tests.simulators.plans import FRIDAY, SMALL, Said, options_of, run, said, window_of

FLOOR = floor_of(SMALL)
OPENS = window_of(SMALL).opens
QUARTER = Span("gw-front", OPENS + 15 * MINUTE, OPENS + 30 * MINUTE)


def test_a_silence_is_written_as_sensor_and_times() -> None:
    """The sensor's name may contain an @."""
    assert parse("gw-front@10:00-10:15") == Silence("gw-front", "10:00", "10:15")
    assert parse("gw@home@00:00-24:00") == Silence("gw@home", "00:00", "24:00")


@pytest.mark.parametrize(
    "text", ["gw-front", "gw@10:00", "gw@10:15-10:00", "gw@10:00-10:00", "@10:00-11:00", "gw@10:60-11:00", "gw@10:00-24:01"]
)
def test_what_is_no_silence_is_refused(text: str) -> None:
    """The sentence shows how to write one."""
    with pytest.raises(SettingError, match="is no silence: write SENSOR@HH:MM-HH:MM"):
        parse(text)


def test_a_silence_is_in_the_stores_own_time() -> None:
    """Each day anew, on the days on which the clock changes too."""
    (winter,) = spans(FLOOR, [Silence("gw-front", "10:15", "10:30")], FRIDAY)
    (summer,) = spans(FLOOR, [Silence("gw-front", "10:15", "10:30")], date(2026, 7, 3))
    assert winter == QUARTER
    assert (summer.start - winter.start) % (24 * 60 * MINUTE) == 23 * 60 * MINUTE


def test_a_sensor_that_is_not_there_cannot_be_silenced() -> None:
    """The sentence names those that are."""
    with pytest.raises(SettingError, match=r"no sensor `gw-9` to silence; it has back-door, gate-1, .*till-3"):
        spans(FLOOR, [Silence("gw-9", "10:00", "10:15")], FRIDAY)


def test_all_sensors_of_a_store_can_be_silenced() -> None:
    """Those of the layout, those of shelves, and one that is only assumed."""
    assert sensors_of(FLOOR) >= {"gate-1", "gw-front", "seats", "till-3", "sensor-left-1"}


def test_a_silent_sensor_says_nothing() -> None:
    """Not even that it lives; the readings that it would have sent are counted, and all others are sent."""
    truths, lines, expected = run(options_of(silences=(Silence("gw-front", "10:15", "10:30"),)))
    _, all_lines, _ = run(options_of())
    silent = [one for one in said(lines) if one.sensor_id == "gw-front" and QUARTER.start + 2000 <= millis(one.ts) < QUARTER.end - 2000]
    assert silent == []
    assert expected.silenced == len(all_lines) - len(lines) > 100
    assert expected.stored == expected.received == len(lines)
    assert 0 < sum(one.unreliable for one in truths) < len(truths)


def test_without_silence_every_truth_is_reliable() -> None:
    """Nothing is excused."""
    assert not any(one.unreliable for one in run(options_of())[0])


def of(lines: list[bytes], sensor: str) -> list[Said]:
    """What one sensor said."""
    return [one for one in said(lines) if one.sensor_id == sensor]


def test_a_broker_sends_the_last_will_of_a_sensor_without_power() -> None:
    """In the words that it left there on connecting, a minute and a half later; and the sensor says when it is back. All are counted."""
    plain, (_, lines, expected) = run(options_of())[1], run(options_of(events=(Outage(at="10:15", until="10:30", sensor="gw-front"),)))
    known = {one.id for one in said(plain)}
    added = [one for one in said(lines) if one.id not in known]
    assert [(one.sensor_id, one.kind, one.state) for one in added] == [("gw-front", "status", "offline"), ("gw-front", "status", "online")]
    assert [millis(one.ts) for one in added] == [window_of(SMALL).opens - WARM_UP, QUARTER.end]
    (will,) = (index for index, line in enumerate(lines) if b"-will-" in line)
    before, after = (millis(one.ts) for one in said([lines[will - 1], lines[will + 1]]))
    assert before - 3000 <= QUARTER.start + WILL_AFTER <= after + 3000
    mute = run(options_of(events=(GoesSilent(at="10:15", until="10:30", sensor="gw-front"),)))[1]
    assert set(lines) - set(plain) == {line for line in lines if b"-will-" in line or b"-back-" in line}
    assert [line for line in lines if line in set(plain)] == mute
    assert (expected.received, expected.silenced) == (len(lines), len(plain) - len(mute))


@pytest.mark.parametrize(
    ("outage", "words"),
    [
        (("11:20", "13:00"), [("11:21:30", "offline")]),
        (("11:20", "24:00"), [("11:21:30", "offline")]),
        (("09:00", "10:15"), [("10:15:00", "online")]),
        (("09:00", "13:00"), []),
        (("00:00", "09:15"), []),
        (("12:20", "13:00"), []),
        (("10:15", "10:16"), [("10:16:00", "offline"), ("10:16:00", "online")]),
    ],
)
def test_an_outage_while_sensors_are_off(outage: tuple[str, str], words: list[tuple[str, str]]) -> None:
    """They are on from 09:15 to 12:15. Who is off already has left no will, and who is to be off says nothing when power is back."""
    begin, end = outage
    truths, came, days = list[Truth](), list[Arrival](), [FRIDAY, FRIDAY + timedelta(days=1)]
    for day in simulate(options_of(events=(Outage(at=begin, until=end, sensor="gw-front"),), days=2), Expected()):
        truths += day.truths
        came += day.arrivals
    lines = [line for _, line in came]
    added = [(at, line) for at, line in came if b"-will-" in line or b"-back-" in line]
    told = [(at, one.state) for (at, _), one in zip(added, said(line for _, line in added), strict=True)]
    assert told == [(_millis_on(on, clock), state) for on in days for clock, state in words]
    others = [one for one in of(lines, "gw-front") if one.kind == "status" and "-will-" not in one.id]
    away = [(clock_at(SMALL, on, begin) // 1000, clock_at(SMALL, on, end) // 1000) for on in days]
    assert not any(start <= millis(one.ts) < stop for one in others for start, stop in away)
    assert not any(before.state == after.state == "online" for before, after in pairwise(others))
    found = reconstruct((decode(line, topic=None, received_at=4_000_000_000_000_000) for line in lines), [SMALL]).visits
    assert reconcile(truths, found).differences == []


def _millis_on(day: date, clock: str) -> int:
    hours, minutes, seconds = map(int, clock.split(":"))
    return clock_at(SMALL, day, f"{hours:02}:{minutes:02}") // 1000 + seconds * 1000


def test_a_sensor_that_is_on_after_midnight_connected_the_day_before() -> None:
    """Its last will says so."""
    layout = structs.replace(SMALL, opening_hours={day: ["18:00", "23:50"] for day in DAYS})
    (span,) = spans(floor_of(layout), [Silence("gw-front", "00:10", "00:20", has_will=True)], FRIDAY)
    assert span.connected == clock_at(layout, FRIDAY - timedelta(days=1), "17:15") // 1000


def test_a_short_break_is_one_silence_and_one_day() -> None:
    """A store that closes for a few minutes: no will and no id twice, all in order of time, and every visit as it was."""
    hours = {day: ["10:00", "11:30", "11:50", "13:30"] for day in DAYS}
    layout = structs.replace(SMALL, opening_hours=hours)
    truths, lines, _ = run(options_of(layout, events=(Outage(at="11:35", until="12:10", sensor="seats"),), days=2))
    ids = Counter(one.id for one in said(lines))
    assert max(ids.values()) == 1
    assert sum(b"-will-" in line for line in lines) == 2
    times = [millis(one.ts) for line, one in zip(lines, said(lines), strict=True) if b"-will-" not in line]
    assert all(later - earlier > -2000 for earlier, later in pairwise(times))
    found = reconstruct((decode(line, topic=None, received_at=4_000_000_000_000_000) for line in lines), [layout]).visits
    report = reconcile(truths, found)
    assert report.differences == []
    assert report.equal > 100


def test_a_till_that_is_back_says_whether_it_is_open() -> None:
    """As it would have said last, had it been heard all the time."""
    plain, back = of(run(options_of())[1], "till-2"), {}
    for until in ("10:20", "11:28"):
        lines = run(options_of(events=(Outage(at="10:10", until=until, sensor="till-2"),)))[1]
        (one,) = said([line for line in lines if b"-back-" in line])
        last = max((word for word in plain if word.state and millis(word.ts) <= millis(one.ts)), key=lambda word: millis(word.ts))
        assert (one.state == "offline") == (last.state == "offline")
        back[until] = one.state
    assert set(back.values()) == {"online", "offline"}


def test_a_battery_fades_and_ends() -> None:
    """Of each quarter of the hour before the end less gets through than of the one before, and nothing after it."""
    plain, lines = run(options_of())[1], run(options_of(events=(BatteryEnds(at="11:15", until="24:00", sensor="gw-rear", hours=1),)))[1]
    end = QUARTER.start + 60 * MINUTE
    quarters = [(end - minutes * MINUTE, end - (minutes - 15) * MINUTE) for minutes in (75, 60, 45, 30, 15, 0)]
    heard = [
        sum(start <= millis(one.ts) < stop for one in of(lines, "gw-rear"))
        / max(1, sum(start <= millis(one.ts) < stop for one in of(plain, "gw-rear")))
        for start, stop in quarters
    ]
    assert heard[0] == 1
    assert heard[-1] == 0
    assert heard == sorted(heard, reverse=True)
    assert 0.7 < heard[1] < 0.95
    assert 0.02 < heard[4] < 0.3
    assert set(lines) < set(plain)
