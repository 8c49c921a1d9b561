"""Staff: whole shifts, at the tills and on the floor, with breaks."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sensors.layout import Layout
from simulators.shop.floor import floor_of
from simulators.shop.habits import HOUR, MIN_STAY, MINUTE, Habits
from simulators.shop.scene import Scene
from simulators.shop.staff import TO_TILL, shifts
from simulators.shop.tills import Opening
from simulators.shop.walk import Stay, Walk
from tests.simulators.plans import BARE, SMALL, window_of

SEEDS = st.integers(0, 2**32)
LONG = structs.replace(SMALL, opening_hours={"fri": ["08:00", "18:00"]}, staff_devices=frozenset({"a", "b", "c", "d", "e", "f"}))


def work(seed: int, layout: Layout = LONG, second: tuple[Opening, ...] | None = None) -> list[Walk]:
    """The shifts of a day, on which the second lane is open at times, or always."""
    openings = {} if second is None else {"till-b": second}
    return shifts(Scene(Random(seed), floor_of(layout), Habits()), window_of(layout), openings)


@st.composite
def openings(draw: st.DrawFn) -> tuple[Opening, ...]:
    """When the second lane is open: up to a dozen times in the ten hours."""
    times = sorted(draw(st.sets(st.integers(0, 10 * HOUR), max_size=24)))
    opens = window_of(LONG).opens
    return tuple(Opening(opens + start, opens + end) for start, end in zip(times[::2], times[1::2], strict=False))


def at_second_till(walks: list[Walk]) -> list[Stay]:
    """When somebody sits there."""
    return [stay for walk in walks for stay in walk.stays if stay.zone_id == "till-b"]


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


@given(SEEDS, openings())
def test_nobody_sits_at_a_closed_till(seed: int, second: tuple[Opening, ...]) -> None:
    """However short it is open, and in whatever shift; shifts are as long, and breaks are taken as ever."""
    walks = work(seed, second=second)
    for stay in at_second_till(walks):
        assert any(one.start <= stay.start and stay.end <= one.end for one in second)
    for walk in walks:
        assert 5 * HOUR < walk.now - walk.began < 6.5 * HOUR
        assert sum(stay.zone_id == "back" for stay in walk.stays) >= 1
        assert all(stay.end - stay.start >= MIN_STAY for stay in walk.stays)


@given(SEEDS, st.integers(5 * MINUTE, 90 * MINUTE), st.integers(HOUR, 7 * HOUR))
def test_a_cashier_comes_when_the_till_is_opened(seed: int, length: int, after: int) -> None:
    """To the moment, from the shelves; and sits there until it is closed, or the other shift has come."""
    start = window_of(LONG).opens + after
    sat = at_second_till(work(seed, second=(Opening(start, start + length),)))
    assert min(stay.start for stay in sat) - start <= (0 if after < 4 * HOUR else TO_TILL)
    assert max(stay.end for stay in sat) == start + length
    assert sum(stay.end - stay.start for stay in sat) >= length - TO_TILL


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
