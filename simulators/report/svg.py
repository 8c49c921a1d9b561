"""Bars, lines and points over two axes as SVG, with what is simulated in one colour and what is published in another. Pure.

Colours are those of Okabe and Ito, which people tell apart whatever their eyes see.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

SIMULATED, PUBLISHED, ALSO = "#0072B2", "#D55E00", "#CC79A7"
PALE, INK, WORDS, GRID = "#9CCBEA", "#1a1a1a", "#4d4d4d", "#e3e3e3"
WIDTH, HEIGHT = 560, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 16, 34, 46
_TICKS = 6
_LONGEST_LABEL = 12


@dataclass(slots=True)
class Chart:
    """A picture with two axes.

    Attributes:
        title: what it shows; for those who cannot see it.
        x: from and to, below; `y` beside, from 0.
        units: of both axes, in words.
        names: at the ticks below, instead of numbers.
        shares: the axis beside is in percent.
    """

    title: str
    x: tuple[float, float]
    y: float
    units: tuple[str, str]
    names: Sequence[tuple[float, str]] = ()
    shares: bool = True
    parts: list[str] = field(default_factory=list)
    legend: list[tuple[str, str, bool]] = field(default_factory=list)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a point is in the picture; what lies outside the axes is at their end."""
        begin, end = self.x
        across = min(1.0, max(0.0, (x - begin) / (end - begin)))
        up = min(1.0, max(0.0, y / self.y))
        return _LEFT + across * (WIDTH - _LEFT - _RIGHT), HEIGHT - _BOTTOM - up * (HEIGHT - _TOP - _BOTTOM)

    def bars(self, values: Iterable[tuple[float, float, float]], name: str, color: str = PALE) -> "Chart":
        """Columns: from, to, height."""
        for begin, end, value in values:
            (left, top), (right, bottom) = self.place(begin, value), self.place(end, 0)
            width, height = max(0.6, right - left - 1), max(0.0, bottom - top)
            self.parts.append(f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{color}"/>')
        self.legend.append((name, color, True))
        return self

    def line(self, points: Iterable[tuple[float, float]], name: str, color: str, *, dashed: bool = False) -> "Chart":
        """A line from left to right."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.place(*point) for point in points))
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2.2"{dash}/>')
        if name:
            self.legend.append((name, color, False))
        return self

    def points(self, points: Iterable[tuple[float, float]], name: str, color: str = PUBLISHED) -> "Chart":
        """Diamonds."""
        for x, y in (self.place(*point) for point in points):
            self.parts.append(f'<path d="M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z" fill="{color}" stroke="#ffffff"/>')
        self.legend.append((name, color, True))
        return self

    def upright(self, at: float, said: str, color: str = PUBLISHED, row: int = 0) -> "Chart":
        """A line across at a value of the axis below, with words beside it."""
        x, top = self.place(at, self.y)
        _, bottom = self.place(at, 0)
        to_left = x > WIDTH * 0.6
        text_x, anchor = (x - 5, "end") if to_left else (x + 5, "start")
        text_y, ends = top + 34 + 17 * row, f'x1="{x:.1f}" y1="{top:.1f}" x2="{x:.1f}" y2="{bottom:.1f}"'
        self.parts += [
            f'<line {ends} stroke="{color}" stroke-width="1.6" stroke-dasharray="5 4"/>',
            f'<text x="{text_x:.1f}" y="{text_y:.1f}" text-anchor="{anchor}" fill="{color}" class="halo">{escape(said)}</text>',
        ]
        return self

    def drawn(self) -> str:
        """The picture."""
        head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(self.title, quote=True)}">'
        return "\n".join([head, *self._axes(), *self.parts, *self._legend(), "</svg>"])

    def _axes(self) -> Iterable[str]:
        for tick in ticks(self.y):
            x, y = self.place(self.x[0], tick)
            said = f"{tick * 100:g} %" if self.shares else f"{tick:g}"
            yield f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{WIDTH - _RIGHT}" y2="{y:.1f}" stroke="{GRID}"/>'
            yield f'<text x="{x - 6:.1f}" y="{y + 4:.1f}" text-anchor="end" class="small">{said}</text>'
        for at, said in self.names or [(tick + self.x[0], f"{tick + self.x[0]:g}") for tick in ticks(self.x[1] - self.x[0])]:
            x, y = self.place(at, 0)
            yield f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="middle" class="small">{escape(said)}</text>'
        yield f'<text x="{WIDTH - _RIGHT}" y="{HEIGHT - 10}" text-anchor="end" class="small">{escape(self.units[0])}</text>'
        yield f'<text x="4" y="14" class="small">{escape(self.units[1])}</text>'

    def _legend(self) -> Iterable[str]:
        """Above on the right, from right to left."""
        x = float(WIDTH - _RIGHT)
        for name, color, filled in reversed(self.legend):
            x -= 6.6 * len(name)
            yield f'<text x="{x:.1f}" y="14" class="small">{escape(name)}</text>'
            height = 10 if filled else 3
            yield f'<rect x="{x - 17:.1f}" y="{10 - height / 2:.1f}" width="13" height="{height}" fill="{color}"/>'
            x -= 26


def ticks(most: float) -> list[float]:
    """Some round values from 0 to this one."""
    steps = (base * 10.0**power for power in range(-4, 9) for base in (1, 2, 5))
    step = next(step for step in steps if most / step <= _TICKS)
    return [round(step * number, 6) for number in range(int(most / step + 1e-9) + 1)]
