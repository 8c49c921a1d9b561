"""The pictures of `docs/performance.md`, drawn from what the benchmarks wrote.

instore bench worker peers pipeline --json --samples samples.jsonl ... > figures.jsonl
python -m benchmarks.pictures figures.jsonl samples.jsonl --out docs
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click
import msgspec

from benchmarks.drawing import INK, OTHER, PALE, Bar, Line, Mark, bars, lines
from benchmarks.freshness import percentile
from benchmarks.pipeline import GOAL_A_SECOND, GOAL_P50_MS, GOAL_P99_MS, WARM_UP
from benchmarks.sampling import Sample
from benchmarks.worker import GOAL_A_SECOND as GOAL_WORKER

SMOOTH_S = 5.0
"""The speed at a moment is that of so long before it."""

PEERS = {
    "peers/instore/no_database": "instore, keeping nothing",
    "peers/instore": "instore, with its database",
    "peers/bytewax": "Bytewax, session windows",
    "peers/quix": "Quix Streams, session windows",
    "peers/faust": "Faust, a table",
}
WORKERS = {
    "P2": "one worker, with its database",
    "P2/two": "two workers, with the database",
    "P2/no_database": "one worker, keeping nothing",
}


class Measured(msgspec.Struct):
    """A figure as it stands in a file."""

    name: str
    value: float
    unit: str
    about: str
    limit: float | None = None


@click.command(help=__doc__)
@click.argument("figures", type=click.Path(path_type=Path, exists=True))
@click.argument("samples", type=click.Path(path_type=Path, exists=True))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False, exists=True), required=True, help="The folder for the pictures.")
def main(figures: Path, samples: Path, out: Path) -> None:
    """Draw."""
    found = [msgspec.json.decode(line, type=Measured) for line in figures.read_bytes().splitlines()]
    seen, fresh = read(samples)
    for name, picture in pictures({one.name: one for one in found}, seen, fresh):
        (out / f"performance-{name}.svg").write_text(picture, encoding="utf-8")


def read(file: Path) -> tuple[list[Sample], list[float]]:
    """Samples, and how many milliseconds each probe took."""
    samples: list[Sample] = []
    fresh: list[float] = []
    for line in file.read_bytes().splitlines():
        if line.startswith(b'{"row_ms"'):
            fresh += msgspec.json.decode(line, type=dict[str, list[float]])["row_ms"]
        else:
            samples.append(msgspec.json.decode(line, type=Sample))
    return samples, fresh


def pictures(found: Mapping[str, Measured], samples: Sequence[Sample], fresh: Sequence[float]) -> Iterator[tuple[str, str]]:
    """Draw all: name and SVG."""
    if "P2" in found:
        goal = Mark(GOAL_WORKER, f"the goal, {GOAL_WORKER / 1000:.0f} k")
        yield "worker", bars("A worker with a backlog in Kafka", "readings a second", _bars(found, WORKERS, "P2/bare"), goal)
    if "peers/instore" in found:
        about = "readings a second; the same readings, the same Kafka, one process each"
        yield "peers", bars("The same job by other stream processors", about, _bars(found, PEERS, "peers/instore/bare"))
    if samples:
        yield "pipeline", _speed(samples)
        yield "memory", _memory(samples)
    if fresh:
        yield "freshness", _freshness(fresh)


def _bars(found: Mapping[str, Measured], names: Mapping[str, str], limit: str) -> list[Bar]:
    """Our figures, and the bare limit below."""
    rows = [
        Bar(said, found[name].value, f"{found[name].value:,.0f}", INK if "worker" in said or "instore" in said else OTHER)
        for name, said in names.items()
        if name in found
    ]
    if (bare := found[limit].limit) is not None:
        rows.append(Bar("bare: aiokafka and decoding", bare, f"{bare:,.0f}", PALE))
    return rows


def _speed(samples: Sequence[Sample]) -> str:
    """How many readings a second became rows."""
    began = samples[0].at_s
    points = []
    for sample in samples:
        before = next(one for one in samples if one.at_s >= sample.at_s - SMOOTH_S)
        if sample.at_s > before.at_s:
            points.append((sample.at_s - began, (sample.stored - before.stored) / (sample.at_s - before.at_s)))
    first = next(one for one in samples if one.at_s >= began + WARM_UP * (samples[-1].at_s - began))
    mean = (samples[-1].stored - first.stored) / (samples[-1].at_s - first.at_s)
    about = f"readings a second, over the last {SMOOTH_S:.0f} s; {mean:,.0f} in the mean"
    marks = [Mark(GOAL_A_SECOND, f"the goal, {GOAL_A_SECOND / 1000:.0f} k")]
    return lines("From MQTT to rows, all on two cores", about, [Line("rows", points)], ("seconds", "readings/s"), ((), marks))


def _memory(samples: Sequence[Sample]) -> str:
    """How much each part takes."""
    began = samples[0].at_s
    parts = [part for part in samples[-1].mib if part not in {"bench", "publisher"}]
    of = [Line(part, [(sample.at_s - began, sample.mib.get(part, 0.0)) for sample in samples]) for part in parts]
    return lines("Memory meanwhile", "what processes share is counted once", of, ("seconds", "MiB"))


def _freshness(fresh: Sequence[float]) -> str:
    """Which share of readings was visible after how long."""
    points = [(percentile(fresh, share / 100), float(share)) for share in range(101)]
    marks = [Mark(GOAL_P50_MS, "p50 goal"), Mark(GOAL_P99_MS, "p99 goal")]
    about = f"{len(fresh)} readings beside 5,000 a second; percent visible after so long"
    return lines("From publishing to a visible row", about, [Line("rows", points)], ("milliseconds", "percent"), (marks, ()))


if __name__ == "__main__":
    main()
