"""The floor plan: rectangles that are the store's zones, placed inside the picture, each coloured by its own zone's field."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.pages import floor
from dashboards.pages.floor import Box, boxes_of, places_of
from dashboards.plans import Polygon, ZonePlan
from simulators.shop.floor import builtin

GROCERY = [ZonePlan(zone.zone_id, zone.name, zone.type, list(zone.polygon), zone.capacity) for zone in builtin("grocery").zones]


def area(polygon: Polygon) -> float:
    """A polygon's area, by the shoelace formula."""
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise([*polygon, polygon[0]]))) / 2


def shared(one: Box, other: Box) -> float:
    """The area that two rectangles have in common."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.top, other.top) - max(one.bottom, other.bottom)
    return max(width, 0) * max(height, 0)


@pytest.mark.parametrize("zone", GROCERY, ids=lambda zone: zone.zone_id)
def test_an_upright_zone_is_cut_exactly(zone: ZonePlan) -> None:
    """The rectangles of each zone of the grocery, corners and all, have its area and do not overlap."""
    boxes = boxes_of(zone.polygon)
    assert sum(box.area for box in boxes) == pytest.approx(area(zone.polygon))
    assert sum(shared(*pair) for pair in combinations(boxes, 2)) == 0


def test_zones_do_not_hide_each_other() -> None:
    """What is beside each other in the store is so in the picture; the foyer goes round the tills."""
    boxes = [box for zone in GROCERY for box in boxes_of(zone.polygon)]
    assert sum(shared(*pair) for pair in combinations(boxes, 2)) == 0
    assert len(boxes_of(next(zone.polygon for zone in GROCERY if zone.zone_id == "entrance"))) == 2


def test_a_slanting_zone_is_cut_into_steps() -> None:
    """A triangle's rectangles have its area, as each is as wide as the triangle at half its height."""
    triangle: Polygon = [(0, 0), (6, 0), (0, 6)]
    boxes = boxes_of(triangle)
    assert len(boxes) > 3
    assert sum(box.area for box in boxes) == pytest.approx(area(triangle))


@given(st.lists(st.floats(1, 50), min_size=2, max_size=12), st.floats(-20, 20))
def test_a_skyline_of_any_shape(heights: list[float], left: float) -> None:
    """Towers beside each other, one polygon: the rectangles have its area, whatever the heights."""
    tops = [(left + x, height) for number, height in enumerate(heights) for x in (number, number + 1)]
    polygon: Polygon = [(left, 0.0), *tops, (left + len(heights), 0.0)]
    boxes = boxes_of(polygon)
    assert sum(box.area for box in boxes) == pytest.approx(area(polygon))
    assert sum(shared(*pair) for pair in combinations(boxes, 2)) == pytest.approx(0)


def test_zones_without_a_place_stand_below() -> None:
    """A zone without a polygon is a tile under the plan; a store without any polygon is tiles alone."""
    attic, cellar = ZonePlan("attic", "Attic", "general", [], None), ZonePlan("cellar", "Cellar", "general", [], 4)
    places = places_of([*GROCERY, attic, cellar])
    lowest = min(box.bottom for zone in GROCERY for box in places[zone.zone_id])
    assert all(places[name][0].top <= lowest for name in ("attic", "cellar"))
    alone = places_of([attic, cellar])
    assert shared(alone["attic"][0], alone["cellar"][0]) == 0
    assert all(box.area > 0 for boxes in alone.values() for box in boxes)


def test_the_picture() -> None:
    """Every element is inside the panel; each zone has its name, its figure, and its colour from its own field, if it is to have one."""
    graded = [zone.zone_id for zone in GROCERY if zone.type != "staff"]
    panel = floor.floor("Plan", "About", "floor/people", GROCERY, graded).build()
    elements = panel.options.to_json()["root"].elements  # type: ignore[attr-defined]
    assert len({one.name for one in elements}) == len(elements)
    for one in elements:
        place = one.placement
        assert min(place.left, place.right, place.top, place.bottom) >= 0
        assert place.left + place.right < 100
        assert place.top + place.bottom < 100
    for zone in GROCERY:
        own = [one for one in elements if one.name.startswith(f"{zone.zone_id}: ")]
        assert [one.config["text"]["fixed"] for one in own if one.name.endswith("name")] == [zone.name]
        assert [one.config["text"]["field"] for one in own if one.name.endswith("figure")] == [zone.zone_id]
        assert {one.background.color.field for one in own} == ({zone.zone_id, None} if zone.zone_id in graded else {None})
