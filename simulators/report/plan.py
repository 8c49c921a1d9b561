"""The plan of the store, each zone in the colour of how many trips came there. Pure."""

from html import escape
from itertools import pairwise

from simulators.report.picture import Picture
from simulators.report.tally import Tally
from simulators.shop.geometry import Polygon

WIDTH = 1150
_SHADES = "#F2F7FB", "#D3E9F7", "#A6D5F2", "#56B4E9", "#2E8FCB"
_INK = "#111217"
_LETTER, _LINE = 6.4, 13


def plan(tally: Tally) -> Picture | None:
    """Draw it; None where the store has no plan."""
    zones = [zone for zone in tally.floor.layout.zones if zone.polygon]
    if not zones or not tally.shoppers:
        return None
    xs, ys = zip(*(corner for zone in zones for corner in zone.polygon), strict=True)
    scale = (WIDTH - 2) / (max(xs) - min(xs))
    height = (max(ys) - min(ys)) * scale + 2
    parts = [f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="Plan of the store">']
    words = []
    for zone in zones:
        corners = tuple(((x - min(xs)) * scale + 1, (max(ys) - y) * scale + 1) for x, y in zone.polygon)
        share = tally.came[zone.zone_id] / tally.shoppers
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
        shade = _SHADES[min(len(_SHADES) - 1, int(share * len(_SHADES)))]
        parts.append(f'<polygon points="{path}" fill="{shade}" stroke="#6f7f8f"/>')
        words += _words(corners, zone.name or zone.zone_id, f"{share:.0%}")
    for gateway in tally.floor.layout.gateways:
        if gateway.x is not None and gateway.y is not None:
            x, y = (gateway.x - min(xs)) * scale + 1, (max(ys) - gateway.y) * scale + 1
            parts.append(f'<path d="M{x:.1f} {y - 6:.1f}l5 9h-10z" fill="#D55E00"/>')
    about = "Share of the trips that came to each zone, on the way to another one or to stay. Triangles are radio gateways."
    return Picture("The plan", "\n".join([*parts, *words, "</svg>"]), about, "")


def _words(corners: Polygon, name: str, share: str) -> list[str]:
    """The name, cut or turned to fit its zone, and the share below it."""
    box = _widest(corners)
    left, top, right, bottom = box
    turned = (right - left) < _LETTER * len(name) and (bottom - top) > (right - left)
    room = (bottom - top) if turned else (right - left)
    fits = name if _LETTER * len(name) <= room else name[: max(1, int(room / _LETTER) - 1)] + "…"
    x, y = (left + right) / 2, (top + bottom) / 2
    turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
    lines = (
        [(y - 3, fits), (y + _LINE - 1, share)] if (right - left if turned else bottom - top) > 2 * _LINE else [(y + 4, f"{fits} {share}")]
    )
    return [
        f'<text x="{x:.1f}" y="{at:.1f}" text-anchor="middle" fill="{_INK}" class="small halo"{turn}>{escape(said)}</text>'
        for at, said in lines
    ]


def _widest(corners: Polygon) -> tuple[float, float, float, float]:
    """A rectangle inside a polygon of level and upright edges, to write in: the largest between neighbouring heights, or its box."""
    xs, ys = zip(*corners, strict=True)
    levels = sorted(set(ys))
    best = (min(xs), min(ys), max(xs), max(ys))
    largest = 0.0
    for number, top in enumerate(levels):
        for bottom in levels[number + 1 :]:
            ends = [_across(corners, y) for y in levels_between(levels, top, bottom)]
            left, right = max(begin for begin, _ in ends), min(end for _, end in ends)
            if (right - left) * (bottom - top) > largest:
                largest, best = (right - left) * (bottom - top), (left, top, right, bottom)
    return best


def levels_between(levels: list[float], top: float, bottom: float) -> list[float]:
    """The middles of the bands between two heights."""
    inside = [level for level in levels if top <= level <= bottom]
    return [(a + b) / 2 for a, b in pairwise(inside)]


def _across(corners: Polygon, y: float) -> tuple[float, float]:
    """From where to where a polygon reaches at a height, its first stretch."""
    edges = zip(corners, corners[1:] + corners[:1], strict=True)
    found = sorted(x1 + (x2 - x1) * (y - y1) / (y2 - y1) for (x1, y1), (x2, y2) in edges if min(y1, y2) < y < max(y1, y2))
    return found[0], found[1]
