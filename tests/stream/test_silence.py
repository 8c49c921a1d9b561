"""Sensors that fall silent: the logic itself, where settings change and time is long."""

import pickle

import pytest

from sensors.layout import Layout
from sensors.reading import MAX_TS, SECOND, Status
from stream.rules import SignalRules
from stream.silence import Sensors
from tests.stream.make import at


def _beat(seconds: float, sensor: str = "gw") -> Status:
    return Status(id=f"{sensor}{seconds}", store_id="s1", sensor_id=sensor, ts=at(seconds), received_at=at(seconds), state="alive")


def _sensors(layout: Layout = Layout(store_id="s1"), **rules: float) -> Sensors:  # noqa: B008 - frozen
    return Sensors(_rules(**rules), layout)


def _rules(**rules: float) -> SignalRules:
    return SignalRules.of({name.replace("__", "."): value for name, value in rules.items()})


def _size_after(n_beats: int, **rules: float) -> int:
    sensors = _sensors(**rules)
    for number in range(n_beats):
        sensors.hear([_beat(10 * number)])
        sensors.pass_time(at(10 * number))
        assert not [silence for silence in sensors.take() if silence[2]]
    sensors.forget(at(10 * n_beats - 3600))
    return len(pickle.dumps(sensors))


@pytest.mark.parametrize(
    "rules", [{"sensor_silent_s__other": 0}, {"sensor_silent_s__other": 5}, {"sensor_silent_s": 0, "sensor_silent_s__gw": 60}]
)
def test_who_goes_on_being_heard_takes_no_more_memory(rules: dict[str, float]) -> None:
    """Whatever the thresholds of others: a day of heartbeats is remembered as two numbers."""
    assert _size_after(8640, **rules) == pytest.approx(_size_after(20, **rules), abs=50)


@pytest.mark.parametrize("off", [{"sensor_silent_s": 0}, {"sensor_silent_s__gw": 0}])
def test_who_was_heard_while_nobody_waited_for_it_was_not_silent(off: dict[str, float]) -> None:
    """A threshold is turned off for two hours and on again; the sensor was there all the time."""
    sensors = _sensors(sensor_silent_s=1800)
    for seconds in range(0, 14_400, 60):
        if seconds in {3600, 10_800}:
            sensors.replan(_rules(**(off if seconds == 3600 else {"sensor_silent_s": 1800})), Layout(store_id="s1"))
        sensors.hear([_beat(seconds)])
        sensors.pass_time(at(seconds))
    assert not [silence for silence in sensors.take() if silence[2]]


def test_a_reading_of_the_last_day_of_all() -> None:
    """In a store with opening hours too, whose next opening nobody can name."""
    sensors = _sensors(Layout(store_id="s1", timezone="Pacific/Auckland", opening_hours={"mon": ["08:00", "20:00"]}))
    last = Status(id="x", store_id="s1", sensor_id="gw", ts=MAX_TS, received_at=MAX_TS, state="alive")
    sensors.hear([last])
    sensors.pass_time(MAX_TS + 3600 * SECOND)
    assert not list(sensors.take())
