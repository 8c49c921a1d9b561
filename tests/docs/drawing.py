"""The house style of the timelines in `docs/journeys.md`: colours, shapes, text, and a canvas on which marks stand at times.

Everything is rounded to a tenth of a pixel, so the same data give the same bytes. Colours are those of Okabe and Ito, which people who see
red and green alike can tell apart, and nothing is told by colour alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from typing import Literal

WIDTH = 760
LEFT, RIGHT = 104, 740
"""Where time begins and ends."""

FONT = 12.5
INK, SOFT, PALE, FAINT, PAPER = "#1f2328", "#59636e", "#8c959f", "#d1d9e0", "#ffffff"
ALARM, CALM = "#d55e00", "#0072b2"
LIVE = "#eaeef2"
"""The inside of a bar that is not final."""

ZONES = {"entrance": "#56b4e9", "dairy": "#e69f00", "bakery": "#cc79a7", "checkout": "#4cc3a0", "street": "#f0e442", "counter": "#f0e442"}
"""One colour a zone; the text on it is dark."""

SILENCE, GRACE = "url(#silence)", "url(#grace)"

SHAPES = {
    "in": "M-5-7 7 0-5 7Z",
    "out": "M5-7-7 0 5 7Z",
    "dwell": "M-5.5 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0-11 0Z",
    "shelf": "M-5-5H5V5H-5Z",
    "payment": "M0-7.5 7 0 0 7.5-7 0Z",
    "status": "M-1.5-6h3v4.5H6v3H1.5V6h-3V1.5H-6v-3h4.5Z",
    "flag": "M-1 8V-9H11L7-4.5 11 0H1V8Z",
}
"""Marks around 0, 0: a triangle in, one out, a circle, a square, a diamond, a plus, a flag."""

Anchor = Literal["start", "middle", "end"]

_CLASS = {"start": "", "middle": "m", "end": "e"}
_NARROW, _WIDE = set("fijltrI.,:;|!'()[] ·"), set("mwMW→…")

_HEAD = f"""<style>
text{{fill:{INK}}}.m{{text-anchor:middle}}.e{{text-anchor:end}}.s{{fill:{SOFT}}}.c{{fill:{CALM}}}.a{{fill:{ALARM}}}.p{{fill:{PAPER}}}.b{{font-weight:600}}
.h{{stroke:{PAPER};stroke-width:4;paint-order:stroke;stroke-linejoin:round}}path{{fill:none}}
</style>
<defs><pattern id="silence" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
<path d="M0 0V6" stroke="#a8b1bb" stroke-width="2"/></pattern>\
<pattern id="grace" width="5" height="5" patternUnits="userSpaceOnUse"><circle cx="2" cy="2" r="1" fill="{CALM}"/></pattern></defs>
"""
_INKS = {INK: "", SOFT: "s", CALM: "c", ALARM: "a", PAPER: "p"}


def text_width(text: str) -> float:
    """Say how wide a text is in pixels, rather too much than too little, in the usual sans-serif fonts."""
    return sum(0.33 if one in _NARROW else 0.95 if one in _WIDE else 0.7 if one.isupper() else 0.57 for one in text) * FONT


def clock(seconds: float) -> str:
    """Write seconds as minutes and seconds."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


@dataclass
class Canvas:
    """A picture that grows downwards.

    Attributes:
        until: the time at its right side, in seconds; at its left side it is 0.
        y: where the next row begins.
    """

    until: float
    y: float = 10
    _behind: list[str] = field(default_factory=list)
    _drawn: list[str] = field(default_factory=list)

    def x(self, seconds: float) -> float:
        """Say where a time is; one outside of the picture is at its side."""
        return LEFT + min(max(seconds / self.until, 0), 1) * (RIGHT - LEFT)

    def text(
        self, x: float, y: float, text: str, anchor: Anchor = "start", *, ink: str = INK, bold: bool = False, halo: bool = False
    ) -> None:
        """Write a line of text; with a halo it can be read on top of lines."""
        names = " ".join(name for name in (_CLASS[anchor], _INKS[ink], "b" if bold else "", "h" if halo else "") if name)
        look = f' class="{names}"' if names else ""
        self._drawn.append(f'<text x="{_n(x)}" y="{_n(y)}"{look}>{escape(text, quote=False)}</text>')

    def name(self, text: str, y: float, *, bold: bool = False) -> None:
        """Write what a row shows, at its left."""
        self.text(LEFT - 12, y, text, "end", ink=INK if bold else SOFT, bold=bold)

    def bar(
        self, start: float, end: float, height: float, *, fill: str, stroke: str = "", dashed: bool = False, least: float = 4
    ) -> tuple[float, float]:
        """Draw a bar from one time to another, wide enough to be seen; return where it begins and ends."""
        left, right = self.x(start), max(self.x(end), self.x(start) + least)
        dash = ' stroke-dasharray="4 3"' if dashed else ""
        line = f' stroke="{stroke}" stroke-width="1.5"{dash}' if stroke else ""
        place = f'x="{_n(left)}" y="{_n(self.y)}" width="{_n(right - left)}" height="{_n(height)}"'
        self._drawn.append(f'<rect {place} rx="2" fill="{fill}"{line}/>')
        return left, right

    def line(
        self, points: Iterable[tuple[float, float]], *, stroke: str = INK, width: float = 1.5, dash: str = "", behind: bool = False
    ) -> None:
        """Draw a line through points, in pixels."""
        way = "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        thick = f' stroke-width="{_n(width)}"' if width != 1 else ""
        (self._behind if behind else self._drawn).append(f'<path d="M{way}" stroke="{stroke}"{thick}{dashes}/>')

    def shape(self, name: str, x: float, y: float, *, fill: str = INK) -> None:
        """Draw one of `SHAPES` around a point."""
        self._drawn.append(f'<path transform="translate({_n(x)} {_n(y)})" d="{SHAPES[name]}" style="fill:{fill}"/>')

    def ring(self, x: float, y: float) -> None:
        """Draw a ring around a mark."""
        self._drawn.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="10" fill="none" stroke="{ALARM}" stroke-width="2"/>')

    def axis(self, step: float) -> None:
        """Draw the axis below everything, and faint lines of its ticks behind everything."""
        bottom = self.y + 2
        ticks = [step * n for n in range(int(self.until // step) + 1)]
        ways = "".join(f"M{_n(self.x(tick))} 8V{_n(bottom)}" for tick in ticks)
        self._behind.insert(0, f'<path d="{ways}" stroke="{LIVE}"/>')
        self.line([(LEFT, bottom), (RIGHT, bottom)], stroke=SOFT, width=1)
        for tick in ticks:
            self.text(self.x(tick), bottom + 16, clock(tick), "middle", ink=SOFT)
        self.text(LEFT - 24, bottom + 16, "min:s", "end", ink=SOFT)
        self.y = bottom + 26

    def svg(self, title: str, description: str) -> str:
        """Finish the picture."""
        height = _n(self.y)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img"'
            f' aria-labelledby="t d" font-family="Helvetica, Arial, Liberation Sans, sans-serif" font-size="{FONT}">\n'
            f'<title id="t">{escape(title, quote=False)}</title>\n<desc id="d">{escape(description, quote=False)}</desc>\n{_HEAD}'
            f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{_n(self.y - 1)}" rx="8" fill="{PAPER}" stroke="{FAINT}"/>\n'
            + "\n".join([*self._behind, *self._drawn])
            + "\n</svg>\n"
        )


def _n(number: float) -> str:
    return f"{round(number, 1) + 0:g}"
