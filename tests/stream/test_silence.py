"""Sensors that fall silent: the logic itself, where settings change and time is long."""

import pickle

import pytest

from sensors.layout import Layout
from sensors.reading import MAX_TS, SECOND, Status
from stream.rules import SignalRules
from stream.silence import Sensors, ends
from tests.stream.make import at


def _beat(seconds: float, sensor: str = "gw") -> Status:
    return Status(id=f"{sensor}{seconds}", store_id="s1", sensor_id=sensor, ts=at(seconds), received_at=at(seconds), state="alive")


BARE = Layout(store_id="s1")


def _size_after(n_beats: int, rules: dict[str, float]) -> int:
    sensors = Sensors(SignalRules.of(rules), BARE)
    for number in range(n_beats):
        sensors.hear([_beat(10 * number)])
        sensors.pass_time(at(10 * number))
        assert not [silence for silence in sensors.take() if silence[2]]
    sensors.forget(at(10 * n_beats - 3600))
    return len(pickle.dumps(sensors))


@pytest.mark.parametrize(
    "rules", [{"sensor_silent_s.other": 0}, {"sensor_silent_s.other": 5}, {"sensor_silent_s": 0, "sensor_silent_s.gw": 60}]
)
def test_who_goes_on_being_heard_takes_no_more_memory(rules: dict[str, float]) -> None:
    """Whatever the thresholds of others: a day of heartbeats is remembered as two numbers."""
    assert _size_after(8640, rules) == pytest.approx(_size_after(20, rules), abs=50)


@pytest.mark.parametrize("off", [{"sensor_silent_s": 0}, {"sensor_silent_s.gw": 0}])
def test_who_was_heard_while_nobody_waited_for_it_was_not_silent(off: dict[str, float]) -> None:
    """A threshold is turned off for two hours and on again; the sensor was there all the time."""
    on = SignalRules.of({"sensor_silent_s": 1800})
    sensors = Sensors(on, BARE)
    for seconds in range(0, 14_400, 60):
        if seconds in {3600, 10_800}:
            sensors.replan(SignalRules.of(off) if seconds == 3600 else on, BARE)
        sensors.hear([_beat(seconds)])
        sensors.pass_time(at(seconds))
    assert not [silence for silence in sensors.take() if silence[2]]


def test_a_reading_of_the_last_day_of_all() -> None:
    """In a store with opening hours too, whose next opening nobody can name."""
    layout = Layout(store_id="s1", timezone="Pacific/Auckland", opening_hours={"mon": ["08:00", "20:00"]})
    sensors = Sensors(SignalRules(), layout)
    last = Status(id="x", store_id="s1", sensor_id="gw", ts=MAX_TS, received_at=MAX_TS, state="alive")
    sensors.hear([last])
    sensors.pass_time(MAX_TS + 3600 * SECOND)
    assert not list(sensors.take())


def test_the_ends_of_runs() -> None:
    """At the threshold it still is one run."""
    assert ends([], 10) == []
    assert ends([5, 5], 10) == [5]
    assert ends([30, 10, 20], 10) == [10, 30]
    assert ends([0, 10, 21, 31, 41], 10) == [0, 10, 21, 41]
