"""How well the priority of a visit is found, on simulated shoppers of unseen seeds: a table, the confusion matrix, a picture, and the cost.

    .venv/bin/python -m benchmarks.priority [--picture docs/priority.svg] [--tuning] [--shoppers 1000]

The labels are the simulator's own, and the thresholds were tuned on other seeds of the same simulator: see `docs/priority.md`.
"""

import time
from datetime import date
from pathlib import Path

import click

from simulators.labelled import HELD_OUT_SEEDS, KINDS, TUNING_SEEDS, Agreement, Labelled, agreement, labelled
from simulators.shop.floor import builtin
from stream.facts import Catalog
from stream.priority import judge

SHARES = (0.25, 0.5, 0.75, 1.0)
FRIDAY = date(2026, 11, 20)
CELL, LEFT, TOP = 78, 150, 92
BAR, CHART = 58, 580
STYLE = 'font-family="sans-serif" font-size="14" fill="#1a1a1a"'
CAUTION = "A heuristic; labels are the simulator's own (benchmarks/priority.py)."


@click.command(help=__doc__)
@click.option("--picture", type=click.Path(path_type=Path), help="Write the confusion matrix as SVG.")
@click.option("--tuning", is_flag=True, help="Use the seeds that the thresholds were tuned on.")
@click.option("--shoppers", default=1000, show_default=True, help="Shoppers of each seed's day.")
def main(picture: Path | None, tuning: bool, shoppers: int) -> None:
    """Measure, print, draw."""
    layout = builtin("grocery")
    catalog = Catalog(layout)
    visits: dict[float, list[Labelled]] = {share: [] for share in SHARES}
    seeds = TUNING_SEEDS if tuning else HELD_OUT_SEEDS
    for seed in seeds:
        for share, some in labelled(layout, FRIDAY, seed, shoppers, SHARES).items():
            visits[share] += some
    found = {share: agreement(visits[share], catalog) for share in SHARES}
    print(f"{len(visits[1.0])} visits, seeds {', '.join(map(str, seeds))}; F1 of each kind, and their mean")
    print(f"{'after':>6}  " + "  ".join(f"{kind:>11}" for kind in KINDS) + f"  {'macro F1':>9}")
    for share, one in found.items():
        print(f"{share:>6.0%}  " + "  ".join(f"{f1:>11.3f}" for f1 in one.f1()) + f"  {one.macro_f1():>9.3f}")
    print("\nat the end: rows what the shopper values, columns what was judged")
    for kind, row in zip(KINDS, found[1.0].counts, strict=True):
        print(f"{kind:>11}  " + "  ".join(f"{count:>11}" for count in row))
    for share in SHARES:
        print(f"{_cost_us(visits[share], catalog):.0f} us a visit at {share:.0%}")
    if picture is not None:
        picture.write_text(draw(found, len(visits[1.0])), encoding="utf-8")


def _cost_us(visits: list[Labelled], catalog: Catalog) -> float:
    """Microseconds of CPU to judge a visit, the best of five runs."""
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        for visit in visits:
            judge(visit.stays, visit.shelf_visits, visit.payments, catalog)
        best = min(best, time.process_time() - began)
    return best / len(visits) * 1e6


def draw(found: dict[float, Agreement], n: int) -> str:
    """The confusion matrix at the end of the visits, and beside each kind its F1 on the way there, as SVG."""
    end = found[1.0]
    below = TOP + CELL * len(KINDS)
    width = CHART + BAR * len(found) + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {below + CELL + 30}" {STYLE}>',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="20" y="26" font-size="16" font-weight="bold">What {n} unseen simulated visits were judged as</text>',
        f'<text x="20" y="48" fill="#555555">at the end of the visit, percent of each row; macro F1 {end.macro_f1():.3f}</text>',
        f'<text x="{CHART}" y="26" font-size="16" font-weight="bold">F1 on the way</text>',
        f'<text x="{CHART}" y="48" fill="#555555">after this share of the visit</text>',
        f'<text x="20" y="{TOP - 10}" fill="#555555">label \\ judged</text>',
    ]
    for column, kind in enumerate(KINDS):
        parts.append(f'<text x="{_middle(column)}" y="{TOP - 10}" text-anchor="middle" font-size="13">{kind}</text>')
    for row, (kind, counts) in enumerate(zip(KINDS, end.counts, strict=True)):
        y = TOP + row * CELL
        parts.append(f'<text x="{LEFT - 12}" y="{y + CELL // 2 + 5}" text-anchor="end">{kind}</text>')
        for column, count in enumerate(counts):
            parts += _cell(column, y, count, count / max(1, sum(counts)))
    parts += _on_the_way(found, below)
    parts.append(f'<text x="20" y="{below + CELL + 10}" fill="#555555">{CAUTION}</text></svg>\n')
    return "\n".join(parts)


def _on_the_way(found: dict[float, Agreement], below: int) -> list[str]:
    """For each kind four bars in its row of the matrix, and below the rows those of macro F1."""
    parts = [f'<text x="{CHART - 12}" y="{below + CELL // 2 + 5}" text-anchor="end" font-weight="bold">macro F1, their mean</text>']
    for column, (share, one) in enumerate(found.items()):
        x = CHART + column * BAR
        parts.append(f'<text x="{x + BAR // 2}" y="{TOP - 10}" text-anchor="middle" font-size="13">{share:.0%}</text>')
        for row, f1 in enumerate(one.f1()):
            parts += _bar(x, TOP + row * CELL, f1, "#7a9cbc")
        parts += _bar(x, below, one.macro_f1(), "#11548c")
    return parts


def _bar(x: int, y: int, f1: float, fill: str) -> list[str]:
    """A bar on the lower edge of its row, with the figure above it; 1 would fill the row up to the figure."""
    height = round(f1 * (CELL - 30))
    return [
        f'<line x1="{x}" y1="{y + CELL - 4}" x2="{x + BAR}" y2="{y + CELL - 4}" stroke="#c8c8c8"/>',
        f'<rect x="{x + 8}" y="{y + CELL - 4 - height}" width="{BAR - 16}" height="{height}" fill="{fill}"/>',
        f'<text x="{x + BAR // 2}" y="{y + CELL - 9 - height}" text-anchor="middle" font-size="12">{f1:.2f}</text>',
    ]


def _cell(column: int, y: int, count: int, share: float) -> list[str]:
    """A square as dark as its share of the row, with the percent and the number of visits."""
    paper, ink = (255, 255, 255), (17, 84, 140)
    fill = "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(paper, ink, strict=True))
    text = "#ffffff" if share > 0.5 else "#1a1a1a"  # noqa: PLR2004 - half dark
    x = LEFT + column * CELL
    return [
        f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" fill="{fill}" stroke="#c8c8c8"/>',
        f'<text x="{_middle(column)}" y="{y + 38}" text-anchor="middle" font-size="17" fill="{text}">{share:.1%}</text>',
        f'<text x="{_middle(column)}" y="{y + 58}" text-anchor="middle" font-size="12" fill="{text}">{count}</text>',
    ]


def _middle(column: int) -> int:
    return LEFT + column * CELL + CELL // 2


if __name__ == "__main__":
    main()
