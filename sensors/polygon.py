"""Polygons on the floor plan of a store."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

Point = tuple[float, float]
_Edge = tuple[Point, Point]


def fault(corners: Sequence[Point]) -> str | None:
    """Say what is wrong with a polygon and what to do, or None for a simple one.

    Args:
        corners: finite, in order, the first not repeated at the end.
    """
    if len(corners) < 3:  # noqa: PLR2004 - the least that has an inside
        return f"a polygon needs at least 3 corners, not {len(corners)}: add the others, or leave it out"
    edges = [(corner, corners[(index + 1) % len(corners)]) for index, corner in enumerate(corners)]
    for start, end in edges:
        if start == end:
            return f"the polygon names the corner {_shown(start)} twice in a row: remove one"
    for (first, one), (second, other) in combinations(enumerate(edges), 2):
        adjacent = second - first in {1, len(edges) - 1}
        if _fold_back(one, other) if adjacent else _meet(one, other):
            both = f"{_shown(one[0])}-{_shown(one[1])} and {_shown(other[0])}-{_shown(other[1])}"
            return f"the polygon crosses or touches itself where {both} meet: list the corners in order around the zone"
    return None


def _shown(point: Point) -> str:
    return f"[{point[0]:g}, {point[1]:g}]"


def _side(start: Point, end: Point, point: Point) -> Fraction:
    """Say on which side of a line a point is: left above 0, right below, exactly 0 on it. Exact, since floats would misjudge the last."""
    along = Fraction(end[0]) - Fraction(start[0]), Fraction(end[1]) - Fraction(start[1])
    out = Fraction(point[0]) - Fraction(start[0]), Fraction(point[1]) - Fraction(start[1])
    return along[0] * out[1] - along[1] * out[0]


def _fold_back(one: _Edge, other: _Edge) -> bool:
    """Whether two edges with a common corner share more than that corner."""
    return any(_on(end, one) for end in other if end not in one) or any(_on(end, other) for end in one if end not in other)


def _meet(one: _Edge, other: _Edge) -> bool:
    """Whether two edges share a point."""
    if not _boxes_meet(one, other):
        return False
    apart = _side(*one, other[0]) * _side(*one, other[1]) > 0 or _side(*other, one[0]) * _side(*other, one[1]) > 0
    return not apart


def _on(point: Point, edge: _Edge) -> bool:
    """Whether a point lies on an edge."""
    return _boxes_meet((point, point), edge) and _side(*edge, point) == 0


def _boxes_meet(one: _Edge, other: _Edge) -> bool:
    """Whether the upright rectangles around two edges share a point: without that the edges share none."""
    return all(
        max(min(one[0][axis], one[1][axis]), min(other[0][axis], other[1][axis]))
        <= min(max(one[0][axis], one[1][axis]), max(other[0][axis], other[1][axis]))
        for axis in (0, 1)
    )
