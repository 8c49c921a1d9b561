"""Staff: whole shifts, at the tills and on the floor, with breaks."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sensors.layout import Layout
from simulators.floor import floor_of
from simulators.habits import HOUR, MIN_STAY, MINUTE, Habits
from simulators.scene import Scene
from simulators.staff import shifts
from simulators.walk import Walk
from tests.simulators.plans import BARE, SMALL, window_of

SEEDS = st.integers(0, 2**32)
LONG = structs.replace(SMALL, opening_hours={"fri": ["08:00", "18:00"]}, staff_devices=frozenset({"a", "b", "c", "d", "e", "f"}))


def work(seed: int, layout: Layout = LONG) -> list[Walk]:
    """The shifts of a day."""
    return shifts(Scene(Random(seed), floor_of(layout), Habits()), window_of(layout))


@given(SEEDS)
def test_everybody_works_half_the_day_and_a_little_more(seed: int) -> None:
    """The even badges early, from before opening; the odd ones late, until after closing."""
    window = window_of(LONG)
    for index, walk in enumerate(work(seed)):
        assert 5 * HOUR < walk.now - walk.began < 6.5 * HOUR
        if index % 2 == 0:
            assert window.opens - 30 * MINUTE <= walk.began < window.opens
        else:
            assert window.closes < walk.now < window.closes + 45 * MINUTE


@given(SEEDS)
def test_staff_come_and_go_through_a_gate(seed: int) -> None:
    """And are never anywhere for less time than it takes to be seen."""
    for walk in work(seed):
        assert [passage.direction for passage in walk.passages] == ["in", "out"]
        assert walk.stays[0].zone_id == walk.here == "entrance"
        assert all(stay.end - stay.start >= MIN_STAY for stay in walk.stays)


@given(SEEDS)
def test_staff_take_breaks_in_their_room(seed: int) -> None:
    """At least one a shift, besides changing at its beginning."""
    for walk in work(seed):
        assert sum(stay.zone_id == "back" for stay in walk.stays) >= 2


def test_the_first_of_a_shift_sit_at_the_tills() -> None:
    """Two lanes, two cashiers in each shift; the third fills shelves."""
    zones = [{stay.zone_id for stay in walk.stays} for walk in work(1)]
    assert ["till-a" in seen for seen in zones] == [True, True, False, False, False, False]
    assert ["till-b" in seen for seen in zones] == [False, False, True, True, False, False]
    assert all({"left", "right"} <= seen for seen in zones[4:])


def test_staff_of_a_store_without_a_staff_room() -> None:
    """They work without breaks."""
    layout = structs.replace(BARE, staff_devices=frozenset({"a", "b"}))
    assert all(walk.stays[0].zone_id == walk.here == "in" for walk in work(1, layout))


def test_a_store_that_never_closes_changes_shifts_within_its_day() -> None:
    """Late shifts end before the next day's early ones begin, so that no badge is in two shifts at once."""
    layout = structs.replace(BARE, staff_devices=frozenset({"a", "b"}))
    window = window_of(layout)
    early, late = work(1, layout)
    assert window.opens <= early.began < window.opens + 10 * MINUTE
    assert late.now < window.closes


def test_a_store_without_staff() -> None:
    """Nobody works there."""
    assert work(1, BARE) == []
