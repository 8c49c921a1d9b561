"""Has pm4py open the event log, and holds its counts against ours: `make mining`.

pm4py is under the AGPL and brings 300 MB with it, so it is no dependency of ours and not on CI: what it counted on the fortnight of
`tests.docs.market` is kept in a file, against which the tests hold our counts each time.
"""

import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pandas as pd

from storage.export import FORMS, Wanted, export
from storage.migrate import migrate
from storage.postgres import postgres
from tests.docs.conftest import fill

COUNTED = Path(__file__).with_name("pm4py_counts.json")

Way = tuple[str, ...]


class Counts(msgspec.Struct):
    """What there is in an event log, sorted.

    Attributes:
        variants: each different way through a visit, and how many visits went it.
        steps: each pair of events of which one directly follows the other, and how often.
        first: with which events visits begin.
        last: with which they end.
    """

    variants: list[tuple[Way, int]]
    steps: list[tuple[Way, int]]
    first: list[tuple[Way, int]]
    last: list[tuple[Way, int]]


def counted(events: pd.DataFrame) -> Counts:
    """Count without pm4py, in the order of the rows."""
    ways = [tuple(map(str, way)) for way in events.groupby("case:concept:name", sort=False)["concept:name"].agg(tuple)]
    return Counts(
        variants=_sorted(Counter(ways)),
        steps=_sorted(Counter(step for way in ways for step in pairwise(way))),
        first=_sorted(Counter((way[0],) for way in ways)),
        last=_sorted(Counter((way[-1],) for way in ways)),
    )


def counted_by_pm4py(file: Path) -> Counts:
    """Open an exported event log as pm4py's pages say, rename nothing, and have pm4py count."""
    import pm4py  # noqa: PLC0415  # not installed but by `make mining`

    log = pm4py.format_dataframe(pd.read_csv(file)) if file.suffix == ".csv" else pd.read_parquet(file)
    steps, first, last = pm4py.discover_dfg(log)
    return Counts(
        variants=_sorted(pm4py.get_variants(log)),
        steps=_sorted(steps),
        first=_sorted({(one,): visits for one, visits in first.items()}),
        last=_sorted({(one,): visits for one, visits in last.items()}),
    )


def _sorted(counts: dict[Way, int]) -> list[tuple[Way, int]]:
    return sorted((tuple(map(str, way)), int(number)) for way, number in counts.items())


def main() -> None:
    """Compare on both forms of file, and keep what pm4py counted."""
    with TemporaryDirectory() as folder, postgres(Path(folder) / "postgres") as url:
        migrate(url)
        fill(url)
        files = [Path(folder) / f"events.{form}" for form in FORMS]
        for file, form in zip(files, FORMS, strict=True):
            export(url, Wanted("events"), file, form)
        theirs = [counted_by_pm4py(file) for file in files]
        ours = counted(pd.read_parquet(files[0]))
    assert theirs == [ours, ours], (theirs, ours)
    COUNTED.write_bytes(msgspec.json.format(msgspec.json.encode(ours), indent=1) + b"\n")
    sys.stderr.write(f"pm4py counts the same: {len(ours.variants)} ways, {len(ours.steps)} steps; wrote {COUNTED}\n")


if __name__ == "__main__":
    main()
