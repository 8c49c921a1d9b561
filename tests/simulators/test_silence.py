"""A sensor that says nothing for a while."""

from datetime import date

import pytest

from sensors.urls import SettingError
from simulators.floor import floor_of
from simulators.habits import MINUTE
from simulators.silence import AFTERMATH, Silence, Span, parse, sensors_of, spans, touches
from simulators.walk import Act, Paid, Passage, Walk
from tests.simulators.observer import millis
from tests.simulators.plans import FRIDAY, SMALL, options_of, run, said, window_of

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


def walk(zone: str, start: int, length: int = MINUTE) -> Walk:
    """Somebody in a zone, from so long after the silence began (milliseconds)."""
    one = Walk("shopper", QUARTER.start + start)
    one.stay(zone, length)
    return one


@pytest.mark.parametrize(
    ("zone", "start", "touched"),
    [
        ("entrance", 5 * MINUTE, True),
        ("fresh", 5 * MINUTE, False),
        ("entrance", -AFTERMATH - 2 * MINUTE, False),
        ("entrance", 15 * MINUTE + AFTERMATH, False),
        ("entrance", 15 * MINUTE + AFTERMATH - 1, True),
    ],
)
def test_a_silent_gateway_touches_those_in_its_zones(zone: str, start: int, touched: bool) -> None:
    """During the silence and a little before and after."""
    assert touches(FLOOR, QUARTER, walk(zone, start)) is touched


def test_a_silent_gate_touches_those_who_pass_it() -> None:
    """The other gate's shoppers are not touched."""
    one = walk("right", MINUTE)
    one.passages = [Passage(QUARTER.start, 1, "in", ())]
    assert touches(FLOOR, Span("gate-2", QUARTER.start, QUARTER.end), one)
    assert not touches(FLOOR, Span("gate-1", QUARTER.start, QUARTER.end), one)


def test_a_silent_shelf_or_till_touches_those_who_use_it() -> None:
    """And nobody else."""
    one = walk("right", MINUTE)
    one.acts = [Act(QUARTER.start, "left-1", "view", None, 1000)]
    one.payments = [Paid(QUARTER.start, "till-2", "r", (), FLOOR.prices["milk"], False)]
    touched = {sensor for sensor in sensors_of(FLOOR) if touches(FLOOR, Span(sensor, QUARTER.start, QUARTER.end), one)}
    assert touched == {"gw-rear", "sensor-left-1", "till-2"}
