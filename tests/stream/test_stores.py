"""An ordinary Saturday of each store that comes with the simulator, through a partition in memory: the signals are those that were due."""

from datetime import date

import pytest

from simulators.shop.floor import builtin, builtin_names
from simulators.shop.people import people_of
from simulators.simulate import options
from simulators.truth.signalled import compare
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
