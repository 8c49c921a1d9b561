"""`instore bench`: parses, and runs the benchmarks that are named."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from math import inf
from pathlib import Path

import click
from rich.console import Console

from sensors.urls import MqttUrl, SettingError, kafka_servers

NAMES = ("engine", "storage", "worker", "pipeline", "peers")


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--readings",
    type=click.IntRange(1_000),
    help="How many the database holds; for the engine, of one store; for workers, in Kafka."
    "  [default: 10000000; engine and peers: 100000; worker: 2000000]",
)
@click.option(
    "--stores",
    type=click.IntRange(1, 500),
    default=5,
    show_default=True,
    help="Of how many stores the database; the first one is the largest.",
)
@click.option(
    "--shoppers", type=click.IntRange(1), default=1_000, show_default=True, help="How many come to the first one on the mean day."
)
@click.option(
    "--database",
    metavar="URL",
    help="An empty PostgreSQL or TimescaleDB, or one that was filled here before; for workers, one beside which databases may be made."
    "  [default: an embedded one]",
)
@click.option("--kafka", metavar="URL", help="A Kafka without topics of instore, kafka://host:9092.  [default: an embedded one]")
@click.option("--mqtt", metavar="URL", help="An MQTT broker that nobody else uses, mqtt://host:1883.  [default: an embedded one]")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Where the embedded one is kept, to be measured again.")
@click.option(
    "--seconds",
    type=float,
    help="How long ingest is measured in each way; how long the pipeline is under load; 0.1 or more.  [default: 10; pipeline: 300]",
)
@click.option("--rate", type=float, help="Readings a second that the pipeline gets, 1 or more.  [default: as many as it takes]")
@click.option(
    "--samples", type=click.Path(path_type=Path, dir_okay=False), help="A file for what is seen of the pipeline each second, as JSON lines."
)
@click.option("--python", metavar="PATH", help="The Python that has the peers installed.  [default: ours]")
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
    kafka: str | None,
    mqtt: str | None,
    keep: Path | None,
    seconds: float | None,
    rate: float | None,
    samples: Path | None,
    python: str | None,
    plans: Path | None,
    as_json: bool,
) -> None:
    """Measure instore, and hold each figure against its limit: all that there is, or the benchmarks named.

    engine:    the journey engine alone: readings a second (P1), bytes an open visit (P7), whether time grows in proportion (P8)

    storage:   a database of many readings: queries of dashboards (P5), bytes a reading (P6), ingest while queries run

    worker:    the worker with a backlog in Kafka: readings a second (P2), and with two processes

    pipeline:  from MQTT to rows: readings a second (P3), how long a reading takes (P4), memory, and that nothing is lost

    peers:     Bytewax, Quix Streams and Faust's tables beside the worker, on the same readings
    """
    from benchmarks import engine, pipeline, storage, worker
    from benchmarks.fill import Wanted
    from benchmarks.peers import run as peers
    from benchmarks.report import Report, tell
    from benchmarks.servers import Given
    from storage.connect import parse

    if unknown := [name for name in names if name not in NAMES]:
        raise SettingError(f"there is no benchmark {unknown[0]}; there are: {', '.join(NAMES)}")
    if database is not None:
        parse(database)
    if database is not None and keep is not None:
        raise SettingError("--database and --keep do not go together: a database of yours is kept anyway")
    if mqtt is not None:
        MqttUrl.parse(mqtt)
    if kafka is not None:
        kafka_servers(kafka)
    _check_amount("--seconds", seconds, 0.1, "for the usual time")
    _check_amount("--rate", rate, 1, "for as many as it takes")
    for name, file in (("plans", plans), ("samples", samples)):
        if file is not None and not file.parent.is_dir():
            raise SettingError(f"--{name} {file}: there is no folder {file.parent}")
    given = Given(mqtt, kafka, database)
    report = Report(Console(stderr=True))
    runs = {
        "engine": lambda: engine.run(engine.Options(readings or engine.OF_A_STORE, shoppers), report),
        "storage": lambda: storage.run(
            storage.Options(Wanted(readings or storage.READINGS, stores, shoppers), database, keep, seconds or storage.SECONDS, plans),
            report,
        ),
        "worker": lambda: worker.run(worker.Options(readings or worker.READINGS_WANTED, shoppers, given), report),
        "pipeline": lambda: pipeline.run(pipeline.Options(seconds or pipeline.SECONDS, rate, shoppers, given, samples), report),
        "peers": lambda: peers.run(peers.Options(readings or peers.READINGS_WANTED, shoppers, given, python), report),
    }
    with _ended_cleanly():
        tell(chain.from_iterable(runs[name]() for name in names or NAMES), as_json=as_json)


def _check_amount(option: str, value: float | None, least: float, otherwise: str) -> None:
    """Refuse what is too little, and what is no number or has no end, which no limit of click's would.

    Raises:
        SettingError: it is such.
    """
    if value is not None and not least <= value < inf:
        raise SettingError(f"{option} {value:g}: give a number of {least:g} or more, or leave it out {otherwise}")


@contextmanager
def _ended_cleanly() -> Iterator[None]:
    """Let SIGTERM end what was started, as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
