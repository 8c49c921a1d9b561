"""The floor plan: middles, and ways through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.shop.geometry import DOOR_M, Polygon, adjacent, centroid, distance
from tests.simulators.plans import box

metres = st.integers(-200, 200).map(lambda tenths: tenths / 10)


def test_the_middle_of_a_rectangle() -> None:
    """The middle of a rectangle lies where its diagonals cross."""
    assert centroid(box(2, 1, 6, 4)) == pytest.approx((4, 2.5))


def test_the_middle_of_an_l_is_its_centre_of_mass() -> None:
    """An L of a 2 by 1 bar and a 1 by 1 square: the mean of both middles, by area."""
    ell = ((0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 1.0), (1.0, 2.0), (0.0, 2.0))
    assert centroid(ell) == pytest.approx(((2 * 1 + 1 * 0.5) / 3, (2 * 0.5 + 1 * 1.5) / 3))


def test_the_middle_of_a_line_is_the_mean_of_its_corners() -> None:
    """A polygon without area has a middle, too."""
    assert centroid(((0.0, 0.0), (4.0, 0.0), (2.0, 0.0))) == pytest.approx((2, 0))


def test_distance() -> None:
    """Three and four make five."""
    assert distance((1, 1), (4, 5)) == pytest.approx(5)


def test_zones_that_share_a_wall_are_adjacent() -> None:
    """Two rectangles side by side."""
    assert adjacent(box(0, 0, 4, 4), box(4, 1, 8, 3))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(box(4, 4, 8, 8), id="a corner"),
        pytest.param(box(5, 0, 8, 4), id="a metre apart"),
        pytest.param(box(4, 3.5, 8, 8), id="half a metre of wall"),
    ],
)
def test_zones_without_a_way_through_are_not_adjacent(other: Polygon) -> None:
    """A corner, a distance, and a gap too narrow for anybody are no way through."""
    assert not adjacent(box(0, 0, 4, 4), other)


def test_a_door_of_exactly_the_least_width_is_a_way_through() -> None:
    """The least door is wide enough, a little less is not."""
    assert adjacent(box(0, 0, 4, 4), box(4, 0, 8, DOOR_M))
    assert not adjacent(box(0, 0, 4, 4), box(4, 0, 8, DOOR_M - 0.02))


def test_walls_that_are_not_parallel_to_the_axes() -> None:
    """A diagonal wall is shared like any other."""
    assert adjacent(((0.0, 0.0), (4.0, 4.0), (0.0, 4.0)), ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0)))


@given(metres, metres, metres, metres)
def test_adjacency_goes_both_ways_and_moves_with_the_plan(dx: float, dy: float, left: float, top: float) -> None:
    """Whoever can go there can come back, wherever the plan lies."""
    a, b = box(0, 0, 4, 4), box(left, 0, left + 3, max(top, 1))
    moved_a, moved_b = (tuple((x + dx, y + dy) for x, y in one) for one in (a, b))
    assert adjacent(a, b) == adjacent(b, a) == adjacent(moved_a, moved_b)


@given(metres, metres)
def test_the_middle_moves_with_the_plan(dx: float, dy: float) -> None:
    """A moved zone has a moved middle."""
    x, y = centroid(box(0, 0, 4, 2))
    assert centroid(tuple((a + dx, b + dy) for a, b in box(0, 0, 4, 2))) == pytest.approx((x + dx, y + dy))
