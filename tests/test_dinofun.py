"""The rows of the park are what they are said to be."""

from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from tests.dinofun import DISORDER_S, GATES, Row, rows
from tests.park import TIMEOUT_S

DAY_S = 86_400


@pytest.fixture(scope="module")
def park() -> list[Row]:
    """All rows."""
    return rows()


@pytest.fixture(scope="module")
def silences(park: list[Row]) -> list[int]:
    """How long visitors are not heard between two of their rows, in seconds."""
    times = defaultdict(set)
    for row in park:
        times[row.visitor].add(row.at_s)
    return [after - before for heard in times.values() for before, after in pairwise(sorted(heard))]


def test_the_same_rows_each_time() -> None:
    """They depend on the arguments alone."""
    assert rows(2_000) == rows(2_000) != rows(2_000, seed=1)


def test_the_form_is_that_of_the_files(park: list[Row]) -> None:
    """A time without zone, an id, a type, a cell; a month of one digit."""
    assert len(park) == 100_000
    assert {row.kind for row in park} == {"check-in", "movement"}
    assert {number for row in park for number in row.cell} == set(range(100))
    assert Row(8 * 3600 + 16, 941, "check-in", GATES["north"]).cells() == ["2014-6-06 08:00:16", "941", "check-in", "63", "99"]


def test_silences_are_short_or_very_long(silences: list[int]) -> None:
    """A row a second or two; rides, shows and nights; and a minute to the second, on which rules could stumble."""
    assert sum(silence <= 3 for silence in silences) > 0.9 * len(silences)
    assert sum(silence > 60 for silence in silences) > 1000
    assert sum(1800 < silence < TIMEOUT_S for silence in silences) > 100
    assert sum(silence > TIMEOUT_S for silence in silences) > 20
    assert {59, 60, 61} <= set(silences)


def test_many_are_heard_at_once_and_not_in_order(park: list[Row]) -> None:
    """Groups walk together; rows come late, and twice."""
    newest, behind = 0, []
    for row in park:
        newest = max(newest, row.at_s)
        behind.append(newest - row.at_s)
    assert max(Counter(row.at_s for row in park).values()) > 10
    assert sum(delay > 0 for delay in behind) > 10_000
    assert 300 < sum(delay > 2 * DISORDER_S for delay in behind) < 1000
    assert 100 < len(park) - len(set(park)) < 400


def test_some_come_again_on_another_day_and_at_another_gate(park: list[Row]) -> None:
    """Three days, some two hundred visitors."""
    days, gates = defaultdict(set), defaultdict(set)
    for row in park:
        days[row.visitor].add(row.at_s // DAY_S)
        if row.kind == "check-in" and row.cell in GATES.values():
            gates[row.visitor].add(row.cell)
    assert len(days) > 150
    assert set().union(*days.values()) == {0, 1, 2}
    assert sum(len(theirs) > 1 for theirs in days.values()) > 30
    assert sum(len(theirs) > 1 for theirs in gates.values()) > 30
