"""A network that is cut: nothing is lost, nothing overtakes in one sensor, and everything else is as it was."""

from itertools import groupby
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.urls import SettingError
from simulators.script.events import check_events
from simulators.script.mishaps import IsCutOff
from simulators.sensing.cut import Cut, Held, held, hold
from simulators.sensing.faults import Expected
from simulators.sensing.sense import Recorded, Sensors
from simulators.shop.floor import floor_of
from simulators.simulate import simulate
from simulators.truth.due import Due
from simulators.truth.visits import Truth
from tests.simulators.plans import FRIDAY, SMALL, options_of

FLOOR = floor_of(SMALL)
NAMES = ("a", "b", "c")
SOME = st.frozensets(st.sampled_from(NAMES), min_size=1)
CUTS = st.lists(st.builds(Held, SOME, st.integers(0, 50), st.integers(50, 100)), max_size=3)
ARRIVALS = st.lists(st.tuples(st.integers(0, 120), st.integers(0, len(NAMES) - 1)), max_size=40)


@given(CUTS, ARRIVALS)
def test_what_is_held_comes_at_the_end_of_the_cut(cuts: list[Held], arrivals: list[tuple[int, int]]) -> None:
    """All of it, each sensor in its own order, in order of arrival; who is not cut off, and all before and after, as they were."""
    sensors = Sensors(FLOOR)
    for name in NAMES:
        sensors.topic("status", name)
    sent: list[Recorded] = [(at, topic, b"%d" % number) for number, (at, topic) in enumerate(sorted(arrivals))]
    came = list(hold(sensors, cuts, sent))
    assert [at for at, _, _ in came] == sorted(at for at, _, _ in came)
    for topic, name in enumerate(NAMES):
        own = [one for one in sent if one[1] == topic]
        assert [line for _, there, line in came if there == topic] == [line for _, _, line in own]
        for at, _, line in own:
            [(arrived, _, _)] = [one for one in came if one[2] == line]
            assert not any(name in cut.sensors and cut.start <= arrived < cut.end for cut in cuts)
            is_cut_off = any(name in cut.sensors and cut.start <= at < cut.end for cut in cuts)
            assert arrived in ({cut.end for cut in cuts} if is_cut_off else {at})


@given(SOME, st.integers(0, 50), st.integers(50, 100), st.integers(1, 40), ARRIVALS)
def test_batches_come_every_so_often(names: frozenset[str], start: int, end: int, every: int, arrivals: list[tuple[int, int]]) -> None:
    """Each at the next time of sending, or at the end of it; all of it, each sensor in its own order."""
    sensors = Sensors(FLOOR)
    for name in NAMES:
        sensors.topic("status", name)
    sent: list[Recorded] = [(at, topic, b"%d" % number) for number, (at, topic) in enumerate(sorted(arrivals))]
    came = list(hold(sensors, [Held(names, start, end, every)], sent))
    assert sorted(line for _, _, line in came) == sorted(line for _, _, line in sent)
    for topic, name in enumerate(NAMES):
        own = [one for one in sent if one[1] == topic]
        assert [line for _, there, line in came if there == topic] == [line for _, _, line in own]
        for (at, _, _), (arrived, _, _) in zip(own, (one for one in came if one[1] == topic), strict=True):
            if name in names and start <= at < end:
                assert 0 < arrived - at <= every
                assert arrived == end or (arrived - start) % every == 0
            else:
                assert arrived == at


def test_one_sensor_after_the_other_sends_what_it_kept() -> None:
    """So most of it is behind the time of the store by then: that is what is to be tried."""
    sensors = Sensors(FLOOR)
    topics = [sensors.topic("status", name) for name in NAMES]
    sent: list[Recorded] = [(at, topic, b"%d" % at) for at in range(10) for topic in topics]
    came = list(hold(sensors, [Held(frozenset(NAMES), 0, 10)], sent))
    assert [(topic, len(list(group))) for topic, group in groupby(came, key=lambda one: one[1])] == [(topic, 10) for topic in topics]


def test_a_day_with_a_cut_has_the_readings_of_one_without() -> None:
    """Only their order differs; and so do the people, the truth and the signals that are due: not at all."""
    plain, cut = _day(), _day(IsCutOff(at="10:30", until="10:40", sensors=("gw-front", "gate-1")))
    assert sorted(cut.lines) == sorted(plain.lines)
    assert cut.lines != plain.lines
    assert cut._replace(lines=[]) == plain._replace(lines=[])


class _Day(NamedTuple):
    lines: list[bytes]
    truths: list[Truth]
    due: list[Due]
    expected: Expected


def _day(*events: IsCutOff) -> _Day:
    expected = Expected()
    [day] = simulate(options_of(events=events), expected)
    return _Day(list(day.lines), day.truths, day.due(), expected)


def test_a_cut_without_names_is_of_all_sensors() -> None:
    """Gates, tills, gateways, shelves."""
    [everything] = held(FLOOR, [Cut((), "10:00", "10:30")], FRIDAY)
    assert {"gate-1", "till-3", "gw-rear", "seats", "sensor-left-1"} <= everything.sensors
    assert everything.end - everything.start == 30 * 60_000


def test_a_cut_of_no_sensor_of_the_store_is_refused() -> None:
    """The sentence says what there is."""
    with pytest.raises(SettingError, match="has no sensor `gw-9` to cut off at 10:00; it has back-door, gate-1"):
        held(FLOOR, [Cut(("gw-9",), "10:00", "10:10")], FRIDAY)


def test_nobody_comes_because_of_a_cut() -> None:
    """It needs no zones and no products."""
    check_events(floor_of(SMALL), [IsCutOff(at="10:00", until="10:10")])
