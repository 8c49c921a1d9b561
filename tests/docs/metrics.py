"""The tables of `docs/metrics.md`, from the definitions in the code.

`.venv/bin/python -m tests.docs.metrics` writes them anew.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from sensors import bridge_metrics
from sensors.metrics import BUILD, Figure
from stream import worker_metrics

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
BEGIN = "<!-- From here on written by `python -m tests.docs.metrics`, from the definitions in sensors/ and stream/. -->\n"

PARTS = {"Both": (BUILD,), "Bridge": bridge_metrics.FIGURES, "Worker": worker_metrics.FIGURES}


def reference() -> str:
    """Write the tables: one for each part."""
    return "\n".join(_table(part, figures) for part, figures in PARTS.items())


def _table(part: str, figures: Iterable[Figure]) -> str:
    head = [f"### {part}", "", "| metric | type | labels | meaning |", "|---|---|---|---|"]
    rows = [f"| `{one.shown}` | {one.sort} | {', '.join(f'`{label}`' for label in one.labels)} | {one.meaning} |" for one in figures]
    return "\n".join([*head, *rows, ""])


def main() -> None:
    """Write the tables of the page anew."""
    PAGE.write_text(PAGE.read_text().split(BEGIN)[0] + BEGIN + "\n" + reference())
    sys.stderr.write(f"wrote {PAGE}\n")


if __name__ == "__main__":
    main()
