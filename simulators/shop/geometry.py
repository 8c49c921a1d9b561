"""Plane geometry of a floor plan: where a zone's middle is, and which zones share a wall to walk through."""

from math import fsum

Point = tuple[float, float]
Polygon = tuple[Point, ...]

DOOR_M = 0.8
"""Two zones that touch along less than this (metres) have no way through."""

_TOUCH_M = 0.01
"""Corners drawn by hand may miss each other by this much (metres)."""


def centroid(polygon: Polygon) -> Point:
    """The middle of a polygon, by the shoelace formula; of a polygon without area, the mean of its corners."""
    twice_area = x = y = 0.0
    for (x1, y1), (x2, y2) in _edges(polygon):
        cross = x1 * y2 - x2 * y1
        twice_area += cross
        x += (x1 + x2) * cross
        y += (y1 + y2) * cross
    if abs(twice_area) < _TOUCH_M**2:
        return fsum(p[0] for p in polygon) / len(polygon), fsum(p[1] for p in polygon) / len(polygon)
    return x / (3 * twice_area), y / (3 * twice_area)


def area(polygon: Polygon) -> float:
    """Square metres, by the shoelace formula; 0 without a polygon."""
    return abs(fsum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in _edges(polygon))) / 2


def distance(a: Point, b: Point) -> float:
    """Metres between two points. `**` instead of `hypot`: the square root is exact on every machine."""
    return float(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)


def adjacent(a: Polygon, b: Polygon) -> bool:
    """Whether two zones touch along at least `DOOR_M`, to the millimetre: where a plan lies must not decide by its last bit."""
    return any(round(_shared(*one, *other), 3) >= DOOR_M for one in _edges(a) for other in _edges(b))


def _edges(polygon: Polygon) -> list[tuple[Point, Point]]:
    return list(zip(polygon, polygon[1:] + polygon[:1], strict=True))


def _shared(a: Point, b: Point, c: Point, d: Point) -> float:
    """Metres that the edges a-b and c-d have in common; 0 unless they lie on one line."""
    length = distance(a, b)
    if length < _TOUCH_M:
        return 0.0
    ux, uy = (b[0] - a[0]) / length, (b[1] - a[1]) / length
    if any(abs((p[0] - a[0]) * uy - (p[1] - a[1]) * ux) > _TOUCH_M for p in (c, d)):
        return 0.0
    along = sorted((p[0] - a[0]) * ux + (p[1] - a[1]) * uy for p in (c, d))
    return max(0.0, min(length, along[1]) - max(0.0, along[0]))
