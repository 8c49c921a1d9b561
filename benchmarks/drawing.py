"""Bars and lines as SVG, in the style of our other pictures. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

STYLE = 'font-family="sans-serif" font-size="14" fill="#1a1a1a"'
WIDTH = 860
INK, PALE, OTHER, GREY, GOAL = "#11548c", "#b9cbdc", "#8a8a8a", "#555555", "#b3261e"
"""Ours, a limit, others, words, a goal."""

COLORS = "#11548c", "#b3261e", "#3a7d44", "#8a5a00", "#6a4c93", "#555555"

_LEFT, _RIGHT, _TOP = 250, 110, 82
_ROW = 34
_PLOT = 230
_AXIS = 56


class Bar(NamedTuple):
    """A value, its name, what is said behind it, and its color."""

    name: str
    value: float
    said: str
    color: str = INK


class Line(NamedTuple):
    """Points from left to right, and their name."""

    name: str
    points: Sequence[tuple[float, float]]


class Mark(NamedTuple):
    """A value of the axis that is worth a line across: a goal."""

    value: float
    said: str


Marks = tuple[Sequence[Mark], Sequence[Mark]]
"""Upright ones and level ones."""


def bars(title: str, about: str, rows: Sequence[Bar], goal: Mark | None = None) -> str:
    """Values beside each other, from 0."""
    longest = max([row.value for row in rows] + ([goal.value] if goal else []))
    height = _TOP + _ROW * len(rows) + (34 if goal else 14)
    parts = _head(title, about, height)
    for number, row in enumerate(rows):
        y = _TOP + _ROW * number
        width = row.value / longest * (WIDTH - _LEFT - _RIGHT)
        parts += [
            f'<text x="{_LEFT - 12}" y="{y + 19}" text-anchor="end">{_text(row.name)}</text>',
            f'<rect x="{_LEFT}" y="{y + 3}" width="{max(1.0, width):.1f}" height="{_ROW - 10}" fill="{row.color}"/>',
            f'<text x="{_LEFT + width + 8:.1f}" y="{y + 19}" font-size="13">{_text(row.said)}</text>',
        ]
    if goal:
        x, below = _LEFT + goal.value / longest * (WIDTH - _LEFT - _RIGHT), _TOP + _ROW * len(rows)
        parts += [
            f'<line x1="{x:.1f}" y1="{_TOP - 4}" x2="{x:.1f}" y2="{below}" stroke="{GOAL}" stroke-dasharray="4 3"/>',
            f'<text x="{x:.1f}" y="{below + 18}" text-anchor="middle" fill="{GOAL}">{_text(goal.said)}</text>',
        ]
    return "\n".join([*parts, "</svg>\n"])


def lines(
    title: str, about: str, of: Sequence[Line], units: tuple[str, str], marks: tuple[Sequence[Mark], Sequence[Mark]] = ((), ())
) -> str:
    """Lines over a common axis, both from 0.

    Args:
        title: what is seen.
        about: how it was made.
        of: the lines.
        units: what stands at the axis below and at the one beside.
        marks: lines across.
    """
    far = max([x for line in of for x, _ in line.points] + [mark.value for mark in marks[0]])
    high = max([y for line in of for _, y in line.points] + [mark.value for mark in marks[1]]) * 1.08
    wide = WIDTH - _AXIS - 170
    parts = _head(title, about, _TOP + _PLOT + 46)

    def place(x: float, y: float) -> tuple[float, float]:
        return _AXIS + 20 + x / far * wide, _TOP + _PLOT - y / high * _PLOT

    for tick in _ticks(high):
        x, y = place(0, tick)
        parts.append(f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{x + wide:.1f}" y2="{y:.1f}" stroke="#e3e3e3"/>')
        parts.append(f'<text x="{x - 8:.1f}" y="{y + 5:.1f}" text-anchor="end" font-size="12" fill="{GREY}">{_short(tick)}</text>')
    for tick in _ticks(far):
        x, y = place(tick, 0)
        parts.append(f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle" font-size="12" fill="{GREY}">{_short(tick)}</text>')
    parts.append(f'<text x="{_AXIS + 20}" y="{_TOP - 8}" font-size="12" fill="{GREY}">{_text(units[1])}</text>')
    end = place(far, 0)
    parts.append(f'<text x="{end[0]:.1f}" y="{end[1] + 36:.1f}" text-anchor="end" font-size="12" fill="{GREY}">{_text(units[0])}</text>')
    for upright, some in zip((True, False), marks, strict=True):
        for place_no, mark in enumerate(some):
            (x1, y1), (x2, y2) = (
                (place(mark.value, 0), place(mark.value, high)) if upright else (place(0, mark.value), place(far, mark.value))
            )
            parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{GOAL}" stroke-dasharray="4 3"/>')
            at = (x2 + 5, y2 + 12 + 16 * place_no) if upright else (x2 + 6, y2 + 4)
            parts.append(f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" font-size="12" fill="{GOAL}">{_text(mark.said)}</text>')
    for number, line in enumerate(of):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in line.points))
        color = COLORS[number % len(COLORS)]
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        if len(of) > 1:
            parts.append(f'<text x="{WIDTH - 140}" y="{_TOP + 30 + 22 * number}" font-size="13" fill="{color}">{_text(line.name)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _head(title: str, about: str, height: int) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {STYLE}>',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="20" y="26" font-size="16" font-weight="bold">{_text(title)}</text>',
        f'<text x="20" y="46" font-size="13" fill="{GREY}">{_text(about)}</text>',
    ]


def _ticks(most: float) -> list[float]:
    """Some round values from 0 to this one."""
    step = next(base * 10**power for power in range(-3, 12) for base in (1, 2, 5) if most / (base * 10**power) <= 6)  # noqa: PLR2004 - six lines are enough
    return [step * number for number in range(int(most / step) + 1)]


def _text(said: str) -> str:
    """Text as it may stand in SVG."""
    return said.replace("&", "&amp;").replace("<", "&lt;")


def _short(value: float) -> str:
    return f"{value / 1000:g} k" if value >= 1000 else f"{value:g}"  # noqa: PLR2004 - thousands
