"""An ordinary Saturday of each store that comes with the simulator, through a partition in memory: the signals are those that were due."""

from datetime import date

import pytest
from msgspec import structs

from simulators.sensing.silence import parse
from simulators.shop.floor import builtin, builtin_names
from simulators.shop.people import people_of
from simulators.simulate import options
from simulators.truth.signalled import compare
from tests.simulators.plans import CROWDED, options_of
from tests.stream.test_saturday import live

A_SATURDAY = date(2026, 11, 14)


@pytest.mark.parametrize("name", builtin_names())
def test_all_signals_that_are_sure_are_found_and_none_that_nothing_caused(name: str) -> None:
    """By the rules of the store; and every visit is as it was."""
    day = live(options(builtin(name), A_SATURDAY, first_day=A_SATURDAY, people=people_of(name), shoppers=200))
    found = compare(day.due, day.rows.signals.values())
    assert found.differences == []
    assert len(found.equal) == found.expected > 0
    assert day.report.differences == []
    assert day.report.equal == day.report.expected > 200


@pytest.mark.parametrize(
    "silence", ["gate-1@09:20-10:40", "gate-1@09:50-11:00", "sensor-left-1@09:17-10:45", "gw-front@08:00-10:30", "till-1@09:16-09:59"]
)
def test_a_silence_that_begins_before_opening_is_found_as_it_is_told(silence: str) -> None:
    """From the moment at which sensors are switched on."""
    day = live(options_of(silences=(parse(silence),), days=2))
    silent = [one for one in day.rows.signals.values() if one.kind == "sensor_silent"]
    found = compare((one for one in day.due if one.kind == "sensor_silent"), silent)
    assert found.differences == []
    assert len(silent) == {"gw-front@08:00-10:30": 1, "till-1@09:16-09:59": 0}.get(silence, 2)


@pytest.mark.parametrize(
    "silence", ["till-1@10:15-11:00", "gw-front@10:20-10:45", "gw-rear@10:20-10:45", "sensor-left-1@10:10-11:20", "gate-1@10:10-11:20"]
)
def test_whose_sensors_were_silent_raises_nothing_that_is_not_told(silence: str) -> None:
    """A payment that was not heard makes an abandoned basket, which may be found then."""
    day = live(options_of(silences=(parse(silence),), habits=structs.replace(CROWDED, shoppers=150)))
    assert compare(day.due, day.rows.signals.values()).differences == []
