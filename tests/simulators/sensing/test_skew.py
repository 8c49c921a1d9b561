"""A clock that is wrong."""

from datetime import datetime, timedelta

import pytest

from sensors.urls import SettingError
from simulators.script.mishaps import WrongClock
from simulators.sensing.faults import Expected
from simulators.sensing.silence import Span
from simulators.sensing.skew import Skew, wrongs
from simulators.shop.floor import floor_of
from simulators.simulate import simulate
from tests.simulators.observer import millis
from tests.simulators.plans import FRIDAY, SMALL, options_of, run, said

FLOOR = floor_of(SMALL)


def times(*events: WrongClock) -> dict[str, tuple[str, int, str | int]]:
    """Of each reading: whose it is, its time (ms), and how that is written."""
    return {one.id: (one.sensor_id, millis(one.ts), one.ts) for one in said(run(options_of(events=events))[1])}


@pytest.mark.parametrize("sensor", ["gw-rear", "gate-1", "till-1", "sensor-left-1"])
def test_a_clock_jumps_and_is_set_right(sensor: str) -> None:
    """Of what one sensor says meanwhile all times are so much later, written as before; nothing else is different, nothing is lost."""
    right, wrong = times(), times(WrongClock(at="10:20", until="11:00", sensor=sensor, seconds=90))
    assert set(right) == set(wrong)
    moved = {name for name in right if right[name] != wrong[name]}
    assert len(moved) > 3
    for name in moved:
        assert wrong[name][0] == sensor
        assert wrong[name][1] - right[name][1] == 90_000
        assert type(wrong[name][2]) is type(right[name][2])
        if isinstance(right[name][2], str):
            before, after = (datetime.fromisoformat(str(one[name][2])) for one in (right, wrong))
            assert after - before == timedelta(seconds=90)
            assert after.tzinfo == before.tzinfo


def test_a_clock_that_runs_too_fast() -> None:
    """By 1000 millionths: after half an hour it is 1.8 s ahead."""
    right, wrong = times(), times(WrongClock(at="10:30", until="11:30", sensor="gw-rear", ppm=1000))
    offs = {right[name][1]: wrong[name][1] - right[name][1] for name in right if right[name][0] == "gw-rear"}
    assert offs[min(offs)] == 0
    (start,) = (one.start for one in wrongs(FLOOR, [Skew("gw-rear", "10:30", "11:30", 0.0, 1000.0)], FRIDAY))
    for at, off in offs.items():
        if start + 60_000 < at < start + 3_500_000:
            assert off == pytest.approx((at - start) / 1000, abs=1)


def test_visits_that_it_touches_are_not_compared() -> None:
    """As with a sensor that is silent: those who were there, by the true time or by the wrong one."""
    truths, _, _ = run(options_of(events=(WrongClock(at="10:30", until="10:40", sensor="gw-rear", seconds=-120),)))
    assert 0 < sum(truth.unreliable for truth in truths) < len(truths)
    (wrong,) = wrongs(FLOOR, [Skew("gw-rear", "10:30", "10:40", -120.0, 0.0)], FRIDAY)
    assert wrong.span == Span("gw-rear", wrong.start, wrong.end, speaks=True, behind=120_000)
    (fast,) = wrongs(FLOOR, [Skew("gw-rear", "10:30", "10:40", 1.0, 1000.0)], FRIDAY)
    assert (fast.span.ahead, fast.span.behind) == (1600, 0)


def test_no_signal_is_due_because_a_clock_is_wrong() -> None:
    """It is not silent."""
    [day] = simulate(options_of(events=(WrongClock(at="10:00", until="11:30", sensor="gw-rear", seconds=5),)), Expected())
    assert "sensor_silent" not in {due.kind for due in day.due()}


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            WrongClock(at="10:00", until="11:00", sensor="gw-9", seconds=5),
            "has no sensor `gw-9` whose clock is wrong at 10:00; it has back-door",
        ),
        (WrongClock(at="11:00", until="11:00", sensor="gw-rear", seconds=5), "what happens at 11:00 ends at 11:00"),
    ],
)
def test_what_cannot_be_is_refused(event: WrongClock, said: str) -> None:
    """In a sentence."""
    with pytest.raises(SettingError, match=said):
        run(options_of(events=(event,)))
