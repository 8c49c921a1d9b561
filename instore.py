"""The `instore` command: parses and dispatches; the work is done in the folders.

What a command needs is imported when it runs, so that `--help` and a wrong setting answer at once.
"""

import json
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from benchmarks.command import bench
from dashboards.command import group as dashboards
from sensors import logs
from sensors.bridge_options import bridge_options
from sensors.urls import SettingError
from simulators.command import MOST_DAYS, Shell, date_option, disorder, mapping_option, people_option, scenario, store_option
from simulators.command import commands as recordings
from storage.command import commands as of_storage

F = TypeVar("F", bound=Callable[..., Any])

MESSAGES = Console(stderr=True, soft_wrap=True)
WRONG_SETTING, FAILED = 2, 1
LOOK_EVERY_S = 0.2
PATIENCE_S = 10.0


class _Instore(click.Group):
    """Turns our exceptions into one sentence and an exit code: 2 for a wrong setting, 1 for a failure."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # whoever read our output has seen enough
            ctx.exit(FAILED)
        except SettingError as wrong:
            _say(wrong, ctx)
            ctx.exit(WRONG_SETTING)
        except _failures() as failure:
            _say(failure, ctx)
            ctx.exit(FAILED)


def _say(problem: Exception, ctx: click.Context) -> None:
    if ctx.params["log_format"] == "json":
        logging.getLogger("instore").error("%s", problem, extra={"action": "failed"})
    else:
        MESSAGES.print(f"instore: {problem}", style="bold red", highlight=False, markup=False)


def _failures() -> tuple[type[Exception], ...]:
    from dashboards.publishing.errors import Conflicts, GrafanaAway
    from sensors.mqtt_client import BrokerAway
    from storage.cluster import PostgresError
    from storage.errors import DatabaseAway, SchemaMismatch

    return (OSError, BrokerAway, Conflicts, DatabaseAway, GrafanaAway, SchemaMismatch, PostgresError)


SERVERS = {
    "mqtt": "The MQTT broker, mqtt://[user:password@]host:1883 (mqtts:// for TLS)",
    "kafka": "Kafka, kafka://host:9092[,host:9092]",
    "database": "PostgreSQL or TimescaleDB, postgresql://[user:password@]host:5432/database",
}


def _url(part: str, unset: str = "that of the `instore up` that runs here") -> Callable[[F], F]:
    variable, what = f"INSTORE_{part.upper()}_URL", SERVERS[part]
    return click.option(f"--{part}-url", envvar=variable, show_envvar=True, help=f"{what}. Unset: {unset}.")


mqtt_url, kafka_url, database_url = _url("mqtt"), _url("kafka"), _url("database")
data_dir = click.option(
    "--data-dir",
    envvar="INSTORE_DATA_DIR",
    show_envvar=True,
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("~/.local/share/instore"),
    show_default=True,
    callback=lambda _ctx, _option, value: value.expanduser(),
    help="Where the embedded servers keep their data, and where other commands find them.",
)
metrics_port = click.option(
    "--metrics-port",
    envvar="INSTORE_METRICS_PORT",
    show_envvar=True,
    type=click.IntRange(0, 65_535),
    help="Show metrics and health on this port of 127.0.0.1; 0: any that is free.  [default: nowhere]",
)
readings_file = click.argument("readings", type=click.Path(path_type=Path))


@click.group(cls=_Instore, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="instore")
@click.option("-v", "--verbose", is_flag=True, help="Say more about what happens.")
@click.option(
    "--log-format",
    envvar="INSTORE_LOG_FORMAT",
    show_envvar=True,
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What is logged: lines for people, or one JSON object a line.",
)
def main(verbose: bool, log_format: logs.Form) -> None:
    """Turn what sensors in a store hear into the journeys of its visitors."""
    logs.configure(log_format, verbose=verbose)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: half a file is taken away; those that serve have their own


main.add_command(bench)


@main.command()
@data_dir
def up(data_dir: Path) -> None:
    """Run the embedded MQTT broker, Kafka and PostgreSQL until Ctrl-C.

    Prints one INSTORE_..._URL=value a line, then `ready`.
    """
    from simulators.stack import up as run

    stop = _stop_on_signals()
    with run(data_dir) as urls:
        for name, url in urls.settings().items():
            click.echo(f"{name}={url}")
        click.echo("ready")
        stop.wait()


@main.command()
@mqtt_url
@kafka_url
@data_dir
@bridge_options
@metrics_port
def bridge(mqtt_url: str | None, kafka_url: str | None, data_dir: Path, metrics_port: int | None, **given: Any) -> None:
    """Bring readings from MQTT to Kafka until SIGTERM or Ctrl-C."""
    from sensors.bridge import Settings, serve
    from sensors.bridge_settings import spool_folder

    found = _found(data_dir, mqtt=mqtt_url, kafka=kafka_url)
    given["spool_dir"] = given["spool_dir"] or spool_folder(data_dir, given["client_id"])
    settings = Settings.of(found["mqtt"], found["kafka"], **given)
    serve(replace(settings, listen=_listen(metrics_port, data_dir)))


@main.command()
@kafka_url
@database_url
@data_dir
@metrics_port
def worker(kafka_url: str | None, database_url: str | None, data_dir: Path, metrics_port: int | None) -> None:
    """Turn readings into visits, in Kafka and in the database, until SIGTERM or Ctrl-C."""
    from sensors.topics import ensure_topics
    from sensors.urls import kafka_servers
    from storage.check import check
    from stream.app import run

    found = _found(data_dir, kafka=kafka_url, database=database_url)
    servers = kafka_servers(found["kafka"])
    if problem := check(found["database"]).problem:
        raise SettingError(problem)
    ensure_topics(servers)
    run(servers, found["database"], _listen(metrics_port, data_dir))


@main.command()
@database_url
@data_dir
def migrate(database_url: str | None, data_dir: Path) -> None:
    """Bring the database's schema up to date; what is up to date stays as it is."""
    from storage.migrate import migrate as apply

    applied = apply(_found(data_dir, database=database_url)["database"])
    for name in applied:
        click.echo(f"applied {name}")
    if not applied:
        click.echo("up to date")


@main.group()
def layout() -> None:
    """A store's plan: zones, shelves, sensors, rules."""


@layout.command("load")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@database_url
@data_dir
def layout_load(files: tuple[Path, ...], database_url: str | None, data_dir: Path) -> None:
    """Check layout files and make them the newest of their stores."""
    from storage.connect import session
    from storage.layouts import save

    layouts = [_layout(file) for file in files]
    with session(_found(data_dir, database=database_url)["database"], "instore layout") as connection:
        for file, plan in zip(files, layouts, strict=True):
            click.echo(f"{plan.store_id}: version {save(connection, plan, str(file))}")


@layout.command("check")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
def layout_check(files: tuple[Path, ...]) -> None:
    """Check layout files without a database."""
    for file in files:
        plan = _layout(file)
        click.echo(f"{file}: store {plan.store_id}, {len(plan.zones)} zones, {len(plan.shelves)} shelves, {len(plan.tills)} tills")


@main.command()
@mqtt_url
@kafka_url
@database_url
@data_dir
def doctor(mqtt_url: str | None, kafka_url: str | None, database_url: str | None, data_dir: Path) -> None:
    """Say of each part whether it can be reached, which version it is, and what to do if something is not right.

    Bridges and workers are asked that run here with --metrics-port.
    """
    from sensors.targets import running
    from stream.doctor import examine

    found = _found(data_dir, mqtt=mqtt_url, kafka=kafka_url, database=database_url)
    marks = {"ok": "[green]ok[/]", "look": "[yellow]look[/]", "bad": "[bold red]bad[/]"}
    table = Table("part", "state", "found", box=None, pad_edge=False)
    worst = 0
    for finding in examine(found["mqtt"], found["kafka"], found["database"], running(data_dir)):
        table.add_row(finding.part, marks[finding.state], finding.found)
        worst = max(worst, FAILED if finding.state == "bad" else 0)
    Console(soft_wrap=True).print(table, highlight=False)
    sys.exit(worst)


@main.command()
@database_url
@data_dir
@click.option("--port", type=click.IntRange(0, 65_535), help="Where; 0: any that is free.  [default: 8050, or the next free one]")
def preview(database_url: str | None, data_dir: Path, port: int | None) -> None:
    """Show the dashboards in the browser of this machine, without a Grafana, until SIGTERM or Ctrl-C."""
    from dashboards.preview.server import serving
    from storage.connect import parse

    url = _found(data_dir, database=database_url)["database"]
    parse(url)
    stop = _stop_on_signals()
    with serving(url, port) as address:
        click.echo(address)
        stop.wait()


@main.command()
@readings_file
@click.option("--out", type=click.Path(path_type=Path, allow_dash=True), required=True, help="Where the visits go; - is standard output.")
@click.option("--layout", "layouts", type=click.Path(path_type=Path), multiple=True, help="A store's plan; may be given several times.")
@click.option("--set", "rules", metavar="NAME=VALUE", multiple=True, help="A rule for all stores, say presence_gap_s=25.")
@mapping_option
def reconstruct(readings: Path, out: Path, layouts: tuple[Path, ...], rules: tuple[str, ...], mapping: Path | None) -> None:
    """Rebuild the visits of a file of READINGS, without brokers, with the same engine.

    It is JSON lines, a table (CSV, Parquet), or a recording of `instore record` or `mosquitto_sub -F %j`.
    """
    from sensors.files import check_apart, check_target, written_whole
    from stream.form import visit_line
    from stream.reading_files import read
    from stream.reconstruct import reconstruct as rebuild
    from stream.reconstruct import rules_of

    check_target("--out", out)
    check_apart({"--out": out}, {"READINGS": readings, "--mapping": mapping, **{f"--layout {file}": file for file in layouts}})
    settings = rules_of(rules, plans := [_layout(file) for file in layouts])
    unread: list[str] = []
    with _progress("reading", 1.0) as advance:
        now = time.time_ns() // 1000
        pieces = read(readings, now, advance, unread.append) if mapping is None else _mapped(readings, mapping, now, advance)
        result = rebuild(pieces, plans, settings)
    with written_whole(out) as file:
        file.writelines(map(visit_line, result.visits))
    rejected = ", ".join(f"{count} {reason}" for reason, count in result.rejected.items())
    counts = (
        f"{result.received} readings: {len(result.visits)} visits",
        f"{len(result.unattributed)} payments of nobody",
        f"{result.duplicate} duplicates",
        f"{sum(result.rejected.values())} rejected{f' ({rejected})' if rejected else ''}",
        f"{result.sightings} sightings left out",
    )
    for line in (", ".join(counts), *unread):
        MESSAGES.print(line, highlight=False, markup=False)


@main.command()
@click.option("--store", required=True, help="The store.")
@click.option("--from", "since", required=True, metavar="TIME", help="2026-11-22 or 2026-11-22T09:00; without offset in the store's zone.")
@click.option("--to", "until", required=True, metavar="TIME", help="The end, excluded.")
@database_url
@data_dir
def rebuild(store: str, since: str, until: str, database_url: str | None, data_dir: Path) -> None:
    """Tell a stretch of the past anew from its readings, after a rule or a layout changed; the worker carries it out while it works."""
    from sensors.reading import rfc3339, to_micros
    from storage.connect import session
    from storage.layouts import load
    from storage.rebuilds import ask, progress
    from storage.restore import clock, kept_since
    from storage.spans import moment

    with session(_found(data_dir, database=database_url)["database"], "instore rebuild") as connection:
        plan = load(connection, store)
        begin, end = (to_micros(moment(text, {plan.timezone} if plan else set())) for text in (since, until))
        if begin >= end:
            raise SettingError(f"--from {since} is not before --to {until}")
        if begin < (kept := kept_since(connection)):
            raise SettingError(f"--from {since} is too early: readings are kept since {rfc3339(kept)}")
        if plan is None and clock(connection, store) is None:
            raise SettingError(f"there is no store {store}: it has sent nothing and has no layout")
        number, asked_at = ask(connection, store, begin, end), time.monotonic()
        with _progress("rebuilding", 1) as advance:
            while not (state := progress(connection, number)).is_finished:
                advance(state.done, state.devices)
                time.sleep(LOOK_EVERY_S)
                if state.devices is None and time.monotonic() - asked_at > PATIENCE_S:
                    MESSAGES.print("no worker has taken this up yet: is `instore worker` running?", highlight=False)
                    asked_at = float("inf")
    click.echo(f"{state.devices} devices told anew")


@main.command()
@_url("mqtt", "an embedded one")
@_url("kafka", "an embedded one")
@_url("database", "an embedded one")
@scenario
@store_option
@people_option
@click.option("--once", is_flag=True, help="End after the days: reconcile, print, and fail on a difference.")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=1, show_default=True, help="How many open days.")
@date_option
@click.option("--seed", type=int, default=1, show_default=True, help="Other seeds, other people.")
@click.option("--duplicates", type=float, default=0.0, help="Share of messages that arrive twice, 0 to 1.")
@disorder
@click.option("--malformed", type=float, default=0.0, help="Broken messages on top, as a share of the readings.")
@click.option(
    "--json", "as_json", is_flag=True, help="The last line of standard output is one JSON object; all else goes to standard error."
)
def demo(
    mqtt_url: str | None,
    kafka_url: str | None,
    database_url: str | None,
    store: str | None,
    people: str | None,
    once: bool,
    as_json: bool,
    **wanted: Any,
) -> None:
    """Run a simulated store through the whole pipeline, prove that nothing was lost, then go on live until Ctrl-C."""
    from simulators.demo import run
    from simulators.flags import check_over, options_of, store_of
    from simulators.stack import up as stack

    _check_urls(mqtt_url, kafka_url, database_url)
    chosen = store_of(store, people, wanted["scenario"], _layout)
    options = options_of(plan=chosen.plan, people=chosen.people, **wanted)
    check_over(options)
    stop = _stop_on_signals()
    console = MESSAGES if as_json else Console(soft_wrap=True)
    started = time.monotonic()
    with stack(None, mqtt_url, kafka_url, database_url) as urls:
        outcome = run(urls, options, console, stop, go_live=not once)
    if outcome is None:
        sys.exit(FAILED)
    if as_json:
        click.echo(json.dumps({**outcome.figures, "seconds": round(time.monotonic() - started, 1)}))
    sys.exit(FAILED if outcome.problems else 0)


def _found(data_dir: Path, **given: str | None) -> dict[str, str]:
    """Complete the URLs of parts by those of the `instore up` that runs on the data folder."""
    running: dict[str, str] = {}
    if None in given.values():  # else nobody need wait until Kafka's client and the database's are imported
        from simulators.stack import find

        running = find(data_dir)
    urls: dict[str, str] = {}
    for part, url in given.items():
        variable = f"INSTORE_{part.upper()}_URL"
        urls[part] = url or running.get(variable, "")
        if not urls[part]:
            raise SettingError(
                f"{variable} is not set, and no `instore up` runs on {data_dir}: set it, give --{part}-url, or start `instore up`"
            )
    return urls


def _listen(port: int | None, data_dir: Path) -> Any:
    """Say where a part is to be looked at, if anywhere."""
    from sensors.endpoint import Listen

    return None if port is None else Listen(port, data_dir)


def _layout(file: Path) -> Any:
    from sensors.layout import load
    from stream.rules import Rules

    try:
        return load(file, Rules.of)
    except (ValueError, OSError) as wrong:
        raise SettingError(str(wrong)) from wrong


def _mapped(table: Path, mapping: Path, now: int, advance: Callable[[float], None]) -> Any:
    """Read a table by a mapping, as a bridge would read what `instore replay` makes of it."""
    from simulators.recordings.sources import decoded, open_source
    from simulators.recordings.table import Mapping

    return decoded(open_source(table, Mapping.load(mapping)), now, advance)


def _check_urls(mqtt_url: str | None, kafka_url: str | None, database_url: str | None) -> None:
    """Refuse a wrong URL before anything is started."""
    from sensors.urls import MqttUrl, kafka_servers
    from storage.connect import parse

    for url, check in ((mqtt_url, MqttUrl.parse), (kafka_url, kafka_servers), (database_url, parse)):
        if url is not None:
            check(url)


def _stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and Ctrl-C set."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    return stop


@contextmanager
def _progress(what: str, total: float) -> Iterator[Callable[..., None]]:
    """Show a bar on standard error; yields what to call with how much is done, and of how much if that has changed."""
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with Progress(*columns, console=MESSAGES, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done, of=None: progress.update(task, completed=done, total=of)


main.add_command(dashboards(database_url, data_dir, _found))
of_simulators = recordings(Shell(mqtt_url, data_dir, _found, _layout, _stop_on_signals, _progress, MESSAGES))
for command in (*of_storage(database_url, data_dir, _found, _progress), *of_simulators):
    main.add_command(command)

if __name__ == "__main__":
    main()
