"""Sensors that fall silent: the logic itself, where settings change and time is long."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@given(
    st.lists(st.tuples(st.sampled_from(["gw", "gate"]), st.integers(0, 4000)), max_size=60),
    st.sampled_from([{"sensor_silent_s": 300}, {"sensor_silent_s": 600, "sensor_silent_s.gate": 100}, {"sensor_silent_s.gw": 50}]),
)
def test_the_first_and_last_moment_of_each_piece_of_time_tell_the_same_silences(
    beats: list[tuple[str, int]], rules: dict[str, float]
) -> None:
    """As a restart reads them back: what was silent when, and what is silent next, is what all readings tell."""
    all_of_them, some = (Sensors(SignalRules.of(dict(rules)), Layout(store_id="s1")) for _ in range(2))
    all_of_them.hear(sorted((_beat(seconds, sensor) for sensor, seconds in beats), key=lambda one: one.ts))
    pieces: dict[tuple[str, int], list[int]] = {}
    for sensor, seconds in beats:
        pieces.setdefault((sensor, at(seconds) // some.least), []).append(at(seconds))
    for (sensor, _), times in sorted(pieces.items(), key=lambda one: one[1]):
        some.hear_late(sensor, min(times))
        some.hear_late(sensor, max(times))
    for now in range(0, 8001, 400):
        all_of_them.pass_time(at(now))
        some.pass_time(at(now))
    assert {one for one in some.take() if one[2]} == {one for one in all_of_them.take() if one[2]}
