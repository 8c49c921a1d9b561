"""`python -m tests.chaos.plot LOOKS SVG`: draws the looks of a flood: memory, lag, and how old the newest readings of small stores were."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from tests.chaos.looks import Look

WIDTH, HEIGHT, LEFT, RIGHT, GAP = 720, 110, 64, 12, 46
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")


class Line(NamedTuple):
    """A line of a panel: its name, and a value for each look."""

    name: str
    values: Sequence[float]


def panels(looks: Sequence[Look]) -> Iterator[tuple[str, list[Line]]]:
    """What is drawn, one above the other."""
    parts = sorted({name for look in looks for name in look.memory})
    names = {name: name.split()[0] if sum(one.split()[0] == name.split()[0] for one in parts) == 1 else name for name in parts}
    yield "memory, MB", [Line(names[part], [look.memory.get(part, 0) / 1e6 for look in looks]) for part in parts]
    yield "lag, Kafka records", [Line("", [look.lag for look in looks])]
    yield (
        "readings, million",
        [Line("in Kafka", [look.n_bridge / 1e6 for look in looks]), Line("stored", [look.n_done / 1e6 for look in looks])],
    )


def drawn(looks: Sequence[Look]) -> str:
    """Draw them as SVG."""
    lines: list[str] = []
    top = GAP
    for title, content in panels(looks):
        lines += _panel(title, content, [look.at_s for look in looks], top)
        top += HEIGHT + GAP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" font-family="sans-serif" font-size="12" fill="#333">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{top}" fill="#fff"/>', *lines, "</svg>", ""])


def _panel(title: str, content: list[Line], times: Sequence[float], top: int) -> Iterator[str]:
    most = max(max(line.values) for line in content) * 1.05 or 1
    last = max(times)

    def point(at_s: float, value: float) -> str:
        return f"{LEFT + at_s / last * (WIDTH - LEFT - RIGHT):.1f},{top + HEIGHT * (1 - value / most):.1f}"

    yield f'<text x="{LEFT}" y="{top - 8}" font-weight="bold">{title}</text>'
    for share in (0, 0.5, 1):
        y = top + HEIGHT * (1 - share / 1.05)
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{share * most / 1.05:,.4g}</text>'
    for number, line in enumerate(content):
        way = " ".join(point(at_s, value) for at_s, value in zip(times, line.values, strict=True))
        yield f'<polyline points="{way}" fill="none" stroke="{COLORS[number]}" stroke-width="1.6"/>'
        yield f'<text x="{WIDTH - RIGHT - 100 * (len(content) - number)}" y="{top - 8}" fill="{COLORS[number]}">{line.name}</text>'
    for at_s in range(0, int(last) + 1, max(10, round(last / 60) * 10)):
        x = point(at_s, 0).partition(",")[0]
        yield f'<text x="{x}" y="{top + HEIGHT + 14}" text-anchor="middle" fill="#777">{at_s} s</text>'


def main() -> None:
    """Draw."""
    looks = [msgspec.json.decode(line, type=Look) for line in Path(sys.argv[1]).read_bytes().splitlines()]
    Path(sys.argv[2]).write_text(drawn(looks))


if __name__ == "__main__":
    main()
