"""`instore bench`: parses, and runs the benchmarks that are named."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import click
from rich.console import Console

from sensors.urls import SettingError

NAMES = ("engine", "storage", "worker", "pipeline", "peers")


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--readings",
    type=click.IntRange(1_000),
    help="How many the database holds; for the engine, of one store.  [default: 10000000; engine: 100000]",
)
@click.option(
    "--stores", type=click.IntRange(1, 500), default=5, show_default=True, help="Of how many stores; the first one is the largest."
)
@click.option(
    "--shoppers", type=click.IntRange(1), default=1_000, show_default=True, help="How many come to the first one on the mean day."
)
@click.option(
    "--database", metavar="URL", help="An empty PostgreSQL or TimescaleDB, or one that was filled here before.  [default: an embedded one]"
)
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Where the embedded one is kept, to be measured again.")
@click.option("--seconds", type=click.FloatRange(0.1), default=10.0, show_default=True, help="How long ingest is measured in each way.")
@click.option(
    "--plans", type=click.Path(path_type=Path, dir_okay=False), help="A file for EXPLAIN (ANALYZE, BUFFERS) of the slowest three queries."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: name, value, unit, limit, ratio, about.")
def bench(
    names: tuple[str, ...],
    readings: int | None,
    stores: int,
    shoppers: int,
    database: str | None,
    keep: Path | None,
    seconds: float,
    plans: Path | None,
    as_json: bool,
) -> None:
    """Measure instore, and hold each figure against its limit: all that there is, or the benchmarks named.

    engine:    the journey engine alone: readings a second (P1), bytes an open visit (P7), whether time grows in proportion (P8)

    storage:   a database of many readings: queries of dashboards (P5), bytes a reading (P6), ingest while queries run
    """
    from benchmarks import engine, storage
    from benchmarks.fill import Wanted
    from benchmarks.report import Report, tell
    from storage.connect import parse

    if unknown := [name for name in names if name not in NAMES]:
        raise SettingError(f"there is no benchmark {unknown[0]}; there are: {', '.join(NAMES)}")
    if database is not None:
        parse(database)
    if database is not None and keep is not None:
        raise SettingError("--database and --keep do not go together: a database of yours is kept anyway")
    if plans is not None and not plans.parent.is_dir():
        raise SettingError(f"--plans {plans}: there is no folder {plans.parent}")
    report = Report(Console(stderr=True))
    runs = {
        "engine": lambda: engine.run(engine.Options(readings or engine.OF_A_STORE, shoppers), report),
        "storage": lambda: storage.run(
            storage.Options(Wanted(readings or storage.READINGS, stores, shoppers), database, keep, seconds, plans), report
        ),
    }
    with _ended_cleanly():
        tell(chain.from_iterable(runs[name]() for name in names or NAMES), as_json=as_json)


@contextmanager
def _ended_cleanly() -> Iterator[None]:
    """Let SIGTERM end what was started, as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
