"""The plan of a store as a picture: each zone where it is, coloured by a figure, with its name and the figure on it.

A query gives one row a zone: `zone` (its id), `value`, `max` (what `value` is measured against) and `unit` (how it is written). Grafana's
transformation "Rows to fields" makes a field of each row, named by the zone, with that `max` and `unit`; the colour is that of the
threshold at value / max, in percent, as a canvas element takes its field's colour. So in Grafana 9.3
(`features/transformers/rowsToFields`, `features/dimensions/color.ts`) and since.

Elements are rectangles: a polygon is cut into some. All are placed in percent of the panel, so that the picture fits any size.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from math import ceil
from typing import NamedTuple

from grafana_foundation_sdk.builders import canvas, common
from grafana_foundation_sdk.models.canvas import HorizontalConstraint, VerticalConstraint
from grafana_foundation_sdk.models.common import TextDimensionMode
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig

from dashboards import panels
from dashboards.palette import FAINT, INK
from dashboards.plans import Polygon, ZonePlan

_SLICES = 6
"""Rectangles that a slanting edge is made of."""

_GAP = 0.004
"""Between zones: a part of the picture's longer side."""

_TILES = 4
"""Zones without a place on the plan stand in so many columns beside each other."""


class Box(NamedTuple):
    """A rectangle in metres, y upwards."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def area(self) -> float:
        """Its area in square metres."""
        return (self.right - self.left) * (self.top - self.bottom)


def boxes_of(polygon: Polygon) -> list[Box]:
    """Cut a polygon into rectangles: exact where its edges are upright or level, in steps where they slant, to a micrometre."""
    polygon = [(round(x, 6), round(y, 6)) for x, y in polygon]
    found: list[Box] = []
    for bottom, top in pairwise(_levels(polygon)):
        crossings = sorted(_crossings(polygon, (bottom + top) / 2))
        for left, right in zip(crossings[::2], crossings[1::2], strict=True):
            below = next((box for box in found if (box.left, box.right, box.top) == (left, right, bottom)), None)
            if below:
                found.remove(below)
            found.append(Box(left, below.bottom if below else bottom, right, top))
    return found


def tiles(zones: Sequence[ZonePlan], under: Box) -> dict[str, Box]:
    """Places below a plan for zones that have none on it."""
    width = (under.right - under.left) / _TILES
    height = width / 3
    places = {}
    for number, zone in enumerate(zones):
        row, column = divmod(number, _TILES)
        top, left = under.bottom - height * row, under.left + width * column
        places[zone.zone_id] = Box(left, top - height, left + width, top)
    return places


def places_of(zones: Sequence[ZonePlan]) -> dict[str, list[Box]]:
    """The rectangles of each zone."""
    drawn = {zone.zone_id: boxes_of(zone.polygon) for zone in zones if zone.polygon}
    under = _around([box for boxes in drawn.values() for box in boxes]) if drawn else Box(0, 0, 40, 0)
    rest = tiles([zone for zone in zones if not zone.polygon], under)
    return drawn | {zone_id: [box] for zone_id, box in rest.items()}


def floor(title: str, about: str, query: str, zones: Sequence[ZonePlan], graded: Collection[str]) -> canvas.Panel:
    """Draw the plan: `query` gives a row a zone. Those of `graded` are coloured by it, the others are grey."""
    places = places_of(zones)
    whole = _around([box for boxes in places.values() for box in boxes])
    elements = [element for zone in zones for element in _zone(zone, places[zone.zone_id], whole, zone.zone_id in graded)]
    panel = panels.plan(title, about, query).with_transformation(_rows_to_fields())
    return panel.root(canvas.CanvasOptionsRoot().name("plan").elements(list(elements))).min(0).decimals(0).no_value("")


def height_of(zones: Sequence[ZonePlan], width: int) -> int:
    """How many rows of the grid a plan that is so many columns wide should have, to look as it is: between 7 and 16."""
    whole = _around([box for boxes in places_of(zones).values() for box in boxes])
    aspect = (whole.top - whole.bottom) / (whole.right - whole.left)
    return min(16, max(7, ceil(width * _COLUMN_PX * aspect / _ROW_PX) + 1))


_COLUMN_PX = 56
_ROW_PX = 38
"""Of Grafana's grid, on a screen that is 1,400 pixels wide."""


def _rows_to_fields() -> DataTransformerConfig:
    handlers = {"zone": "field.name", "value": "field.value", "max": "max", "unit": "unit"}
    mappings = [{"fieldName": name, "handlerKey": handler} for name, handler in handlers.items()]
    return DataTransformerConfig(id_val="rowsToFields", options={"mappings": mappings})


def _zone(zone: ZonePlan, boxes: Sequence[Box], whole: Box, is_graded: bool) -> Iterator[canvas.CanvasElementOptions]:
    """A zone's rectangles, then its name and its figure on the largest of them."""
    color = common.ColorDimensionConfig().fixed(FAINT)
    if is_graded:
        color.field(zone.zone_id)
    gap = _GAP * max(whole.right - whole.left, whole.top - whole.bottom)
    for number, box in enumerate(boxes):
        yield _element(f"{zone.zone_id}: {number}", _inset(box, boxes, gap), whole).background(canvas.BackgroundConfig().color(color))
    largest = max(boxes, key=lambda box: box.area)
    middle = (largest.bottom + largest.top) / 2
    name = {"mode": TextDimensionMode.FIXED, "fixed": zone.name}
    figure = {"mode": TextDimensionMode.FIELD, "field": zone.zone_id, "fixed": ""}
    yield _element(f"{zone.zone_id}: name", largest._replace(bottom=middle), whole).config(_text(name, 12, "bottom"))
    yield _element(f"{zone.zone_id}: figure", largest._replace(top=middle), whole).config(_text(figure, 18, "top"))


def _text(text: dict[str, str], size_px: int, valign: str) -> dict[str, object]:
    return {"text": text, "color": {"fixed": INK}, "size": size_px, "align": "center", "valign": valign}


def _element(name: str, box: Box, whole: Box) -> canvas.CanvasElementOptions:
    """A rectangle with nothing on it yet."""
    width, height = whole.right - whole.left, whole.top - whole.bottom
    place = (
        canvas.Placement()
        .left(_percent(box.left - whole.left, width))
        .right(_percent(whole.right - box.right, width))
        .top(_percent(whole.top - box.top, height))
        .bottom(_percent(box.bottom - whole.bottom, height))
    )
    constraint = canvas.Constraint().horizontal(HorizontalConstraint.SCALE).vertical(VerticalConstraint.SCALE)
    transparent = canvas.BackgroundConfig().color(common.ColorDimensionConfig().fixed("transparent"))
    element = canvas.CanvasElementOptions().name(name).type("rectangle").constraint(constraint).placement(place)
    return element.background(transparent).config(_text({"mode": TextDimensionMode.FIXED, "fixed": ""}, 12, "middle"))


def _percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 3)


def _inset(box: Box, others: Sequence[Box], gap: float) -> Box:
    """Make a rectangle smaller by the gap, but not where another of the same zone goes on."""
    above = any(other.bottom == box.top and other.left < box.right and other.right > box.left for other in others)
    below = any(other.top == box.bottom and other.left < box.right and other.right > box.left for other in others)
    return Box(box.left + gap, box.bottom + gap * (not below), box.right - gap, box.top - gap * (not above))


def _around(boxes: Sequence[Box]) -> Box:
    return Box(
        *(min(sides) for sides in zip(*(box[:2] for box in boxes), strict=True)),
        *(max(sides) for sides in zip(*(box[2:] for box in boxes), strict=True)),
    )


def _levels(polygon: Polygon) -> list[float]:
    """Heights at which a polygon is cut: at its corners, and between where an edge slants."""
    levels = sorted({y for _, y in polygon})
    found = levels[:1]
    for low, high in pairwise(levels):
        n = _SLICES if _slants(polygon, (low + high) / 2) else 1
        found += [low + (high - low) * number / n for number in range(1, n)] + [high]
    return found


def _edges(polygon: Polygon) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    return pairwise([*polygon, polygon[0]])


def _slants(polygon: Polygon, y: float) -> bool:
    return any(x1 != x2 for (x1, y1), (x2, y2) in _edges(polygon) if min(y1, y2) < y < max(y1, y2))


def _crossings(polygon: Polygon, y: float) -> Iterator[float]:
    """Where a level line, which goes through no corner, crosses a polygon's edges."""
    for (x1, y1), (x2, y2) in _edges(polygon):
        if min(y1, y2) < y < max(y1, y2):
            yield x1 + (x2 - x1) * (y - y1) / (y2 - y1)
