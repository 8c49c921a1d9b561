"""Polygons: which are simple, and what is said of the others."""

import math
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.polygon import Point, fault

SIMPLE: dict[str, list[Point]] = {
    "triangle": [(0, 0), (1, 0), (0, 1)],
    "clockwise": [(0, 1), (1, 0), (0, 0)],
    "corner on a straight edge": [(0, 0), (1, 0), (2, 0), (2, 2), (0, 2)],
    "an L": [(0, 0), (4, 0), (4, 1), (1, 1), (1, 3), (0, 3)],
    "thin, in tenths": [(0.1, 0.1), (0.3, 0.3), (0.7, 0.7000000001), (0.2, 0.9)],
}

FAULTY: dict[str, tuple[list[Point], str]] = {
    "two corners": ([(0, 0), (1, 1)], "at least 3 corners, not 2"),
    "corner twice in a row": ([(0, 0), (1, 0), (1, 0), (0, 1)], r"the corner \[1, 0\] twice in a row"),
    "bow tie": ([(0, 0), (1, 1), (1, 0), (0, 1)], "crosses or touches itself"),
    "on one line": ([(0, 0), (1, 1), (2, 2)], "crosses or touches itself"),
    "spike": ([(0, 0), (4, 0), (4, 4), (4, 2), (0, 2)], "crosses or touches itself"),
    "spike at the first corner": ([(0, 0), (4, 0), (4, 4), (2, 0)], "crosses or touches itself"),
    "touches a corner": ([(0, 0), (2, 1), (4, 0), (4, 2), (2, 1), (0, 2)], "crosses or touches itself"),
    "touches an edge": ([(0, 0), (4, 0), (4, 4), (2, 0), (0, 4)], "crosses or touches itself"),
    "there and back": ([(0, 0), (1, 0), (0, 0), (0, 1)], "crosses or touches itself"),
}


@pytest.mark.parametrize("name", SIMPLE)
def test_a_simple_polygon_has_no_fault(name: str) -> None:
    """Either direction, corners on a straight edge, and dents are fine."""
    assert fault(SIMPLE[name]) is None


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_polygon_is_told(name: str) -> None:
    """Too few corners, repeated ones, and edges that meet elsewhere than in their common corner."""
    corners, message = FAULTY[name]
    said = fault(corners)
    assert said is not None
    assert re.search(message, said)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=7), st.integers(0, 6))
def test_the_beginning_and_the_direction_do_not_matter(corners: list[tuple[int, int]], turn: int) -> None:
    """A polygon is a ring: turned or reversed it is the same."""
    turned = corners[turn % len(corners) :] + corners[: turn % len(corners)]
    assert (fault(corners) is None) == (fault(turned) is None) == (fault(turned[::-1]) is None)


@given(st.lists(st.tuples(st.integers(-9, 9).filter(bool), st.integers(-9, 9).filter(bool)), min_size=3, max_size=9, unique=True))
def test_a_star_around_a_point_is_simple(corners: list[tuple[int, int]]) -> None:
    """Corners in the order of their angle around an inner point never cross, on whatever scale."""
    by_angle = {round(math.atan2(y, x), 9): (x, y) for x, y in corners}
    ring = [by_angle[angle] for angle in sorted(by_angle)]
    angles = [*sorted(by_angle), min(by_angle) + 2 * math.pi]
    if len(ring) >= 3 and max(later - earlier for earlier, later in pairwise(angles)) < math.pi - 1e-6:
        assert fault([(x / 10, y / 10) for x, y in ring]) is None
