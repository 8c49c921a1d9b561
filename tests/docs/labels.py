"""Rows of bars and marks whose labels never overlap: a label stands where there is room, as near as can be."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tests.docs.drawing import ALARM, CALM, FAINT, GRACE, INK, LEFT, PAPER, RIGHT, SILENCE, SOFT, Canvas, text_width

LEVEL = 16
"""Pixels from one line of labels to the next."""

MARK, BAR = 18, 22
"""How high a row of marks is, and one of bars."""


class Label(NamedTuple):
    """A text that belongs to a place."""

    x: float
    text: str


class Item(NamedTuple):
    """A bar, in seconds, with its label: inside where it fits, else below."""

    start: float
    end: float
    label: str
    fill: str
    ink: str = INK
    stroke: str = ""
    dashed: bool = False


class Mark(NamedTuple):
    """A mark at a time in seconds, one of `SHAPES`, with its label above."""

    ts: float
    shape: str
    label: str
    ink: str = INK
    ringed: bool = False


def draw_bars(canvas: Canvas, name: str, items: Iterable[Item]) -> None:
    """Draw a row of bars."""
    below: list[tuple[Label, str]] = []
    for item in sorted(items, key=lambda item: (item.start, item.end)):
        left, right = canvas.bar(item.start, item.end, BAR, fill=item.fill, stroke=item.stroke, dashed=item.dashed)
        middle = (left + right) / 2
        if text_width(item.label) + 6 <= right - left:
            is_patterned = item.fill in {SILENCE, GRACE}
            canvas.text(middle, canvas.y + 15.5, item.label, "middle", ink=item.ink, halo=is_patterned)
        elif item.label:
            below.append((Label(middle, item.label), INK if item.ink == PAPER else item.ink))
    levels = stagger([label for label, _ in below])
    foot = canvas.y + BAR
    for (label, _), level in zip(below, levels, strict=True):
        canvas.line([(label.x, foot), (label.x, foot + 3 + level * LEVEL)], stroke=SOFT, width=1)
    for (label, ink), level in zip(below, levels, strict=True):
        canvas.text(inside(label), foot + 14 + level * LEVEL, label.text, "middle", ink=ink, halo=True)
    canvas.name(name, canvas.y + 15.5)
    canvas.y += BAR + 5 + (max(levels) * LEVEL + LEVEL if levels else 0)


def draw_marks(canvas: Canvas, name: str, marks: Sequence[Mark], *, bold: bool = False) -> float:
    """Draw a row of marks on a line; a label that repeats that of the last such mark is left out. Return where the line is."""
    last: dict[str, str] = {}
    shown = []
    for mark in marks:
        if mark.label != last.get(mark.shape):
            shown.append(mark)
        last[mark.shape] = mark.label
    labels = [Label(canvas.x(mark.ts), mark.label) for mark in shown]
    levels = stagger(labels)
    height = max(levels, default=0) * LEVEL + LEVEL
    middle = canvas.y + height + MARK / 2
    canvas.line([(LEFT, middle), (RIGHT, middle)], stroke=FAINT, width=1)
    for label, level in zip(labels, levels, strict=True):
        if level:
            canvas.line([(label.x, canvas.y + height - level * LEVEL), (label.x, middle)], stroke=SOFT, width=1)
    for mark, label, level in zip(shown, labels, levels, strict=True):
        ink = mark.ink if mark.ink in {CALM, ALARM} else INK
        canvas.text(inside(label), canvas.y + height - level * LEVEL - 4, label.text, "middle", ink=ink, halo=True)
    for mark in marks:
        canvas.shape(mark.shape, canvas.x(mark.ts), middle, fill=mark.ink)
        if mark.ringed:
            canvas.ring(canvas.x(mark.ts), middle)
    canvas.name(name, middle + 4, bold=bold)
    canvas.y += height + MARK + 4
    return middle


def stagger(labels: Sequence[Label]) -> list[int]:
    """Say on which line each label has room, the first being the nearest."""
    ends: list[float] = []
    levels = []
    for label in labels:
        half = text_width(label.text) / 2
        left = inside(label) - half
        level = next((n for n, end in enumerate(ends) if left > end + 6), len(ends))
        ends[level : level + 1] = [left + 2 * half]
        levels.append(level)
    return levels


def inside(label: Label) -> float:
    """Move a label as far as it must to be inside the picture."""
    half = text_width(label.text) / 2
    return min(max(label.x, 8 + half), RIGHT + 6 - half)
