"""`instore simulate`, `instore record` and `instore replay`: parse, and have it done."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import pairwise
from math import isfinite
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

Option = Callable[[Callable[..., None]], Callable[..., None]]

scenario = click.option(
    "--scenario",
    metavar="NAME",
    help="A scripted day, or a YAML file of yours: flash-crowd, gateway-outage, network-cut, promotion, quiet, rush-hour, saturday, "
    "till-failure, worn-sensors. It is one day, with people of its own.",
)
store_option = click.option("--store", metavar="NAME", help="grocery, fashion, home, theme-park, or a layout of yours.  [default: grocery]")
date_option = click.option(
    "--date", "first_day", metavar="YYYY-MM-DD", help="The first day, or the next one open.  [default: the last open days before today]"
)
people_option = click.option(
    "--people",
    metavar="NAME",
    help="How its people behave: as those of a store that comes with it, or a YAML file. Not with --scenario.  [default: the store's]",
)
disorder = click.option(
    "--disorder",
    type=float,
    default=0.0,
    help="Messages arrive up to this many seconds late: at most 50, and 4 less than the store's `lateness_s`, so that none is too late.",
)

mapping_option = click.option(
    "--mapping", type=click.Path(path_type=Path), help="Which columns of a table (CSV, Parquet) are which fields; YAML."
)

MOST_DAYS, MOST_SHOPPERS = 3660, 1_000_000
"""Ten years, and more people a day than any store has: beyond, it is a slip, which would run out of memory before it says anything."""

PLANNED = 3
"""Stores that are planned to see how long it takes: the first one warms up, and on a busy machine any may take several times as long."""


class Shell(NamedTuple):
    """What all commands share.

    Attributes:
        mqtt_url: the option of this name.
        data_dir: the same.
        find: completes addresses of servers by those of the `instore up` that runs on a data folder.
        layout: reads a store's plan.
        stop_on_signals: makes an event that SIGTERM and Ctrl-C set.
        progress: shows a bar; yields what to call with how much is done, and of how much.
        messages: where people are told things.
    """

    mqtt_url: Option
    data_dir: Option
    find: Callable[..., dict[str, str]]
    layout: Callable[[Path], Any]
    stop_on_signals: Callable[[], Event]
    progress: Callable[[str, float], AbstractContextManager[Callable[..., None]]]
    messages: Console


def commands(shell: Shell) -> Iterator[click.Command]:
    """Make the commands."""
    for command in (_simulate(shell), _record(shell), _replay(shell)):
        yield click.command()(shell.mqtt_url(shell.data_dir(command)))


def _simulate(shell: Shell) -> Callable[..., None]:
    @click.option(
        "--out",
        type=click.Path(path_type=Path),
        help="Where the readings go, one a line, in order of arrival; FILE.zst: a recording, as `instore record` makes it.",
    )
    @click.option("--truth", type=click.Path(path_type=Path), help="Where the true visits go, one a line.")
    @click.option("--signals", type=click.Path(path_type=Path), help="Where the signals that are due go, one a line.")
    @click.option("--sold-out", type=click.Path(path_type=Path), help="Where goes what was sold out, one product and time a line.")
    @click.option(
        "--layouts",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="A folder for the stores' plans, for `instore layout load DIR/*.json`.",
    )
    @click.option(
        "--report", type=click.Path(path_type=Path), help="Where a page goes that holds the people against published figures (HTML)."
    )
    @scenario
    @store_option
    @people_option
    @click.option("--days", type=click.IntRange(1, MOST_DAYS), default=1, show_default=True, help="How many open days.")
    @date_option
    @click.option("--seed", type=int, default=1, show_default=True, help="Other seeds, other people.")
    @click.option(
        "--stores", type=click.IntRange(1, 9999), default=1, show_default=True, help="How many such stores, each with its own people."
    )
    @click.option("--live", is_flag=True, help="Publish to MQTT what sensors say right now, at the pace of the clock, until Ctrl-C.")
    @click.option("--shoppers", type=click.IntRange(1, MOST_SHOPPERS), help="How many come on a mean day; with --live in an hour.")
    @click.option("--duplicates", type=float, default=0.0, help="Share of messages that arrive twice, 0 to 1.")
    @disorder
    @click.option("--malformed", type=float, default=0.0, help="Broken messages on top, as a share of the readings.")
    @click.option("--silence", "silences", multiple=True, metavar="SENSOR@HH:MM-HH:MM", help="A sensor that says nothing for a while.")
    def simulate(
        store: str | None, people: str | None, days: int, report: Path | None, mqtt_url: str | None, data_dir: Path, **wanted: Any
    ) -> None:
        """Simulate days of a store: what its sensors say, what really happened, and how like real people that is."""
        from sensors.urls import SettingError
        from simulators.flags import options_of, store_of

        stores, live, layouts = wanted.pop("stores"), wanted.pop("live"), wanted.pop("layouts")
        read = {"--store": store, "--people": people, "--scenario": wanted["scenario"]}
        inputs = {name: Path(file) for name, file in read.items() if file is not None and Path(file).is_file()}
        if live:
            given = {"report": report, "days": days if days > 1 else None, **wanted}
            _refuse(**{name: given[name] or None for name in given.keys() - {"seed", "shoppers"}})
            chosen = store_of(store, people, None, shell.layout)
            url = shell.find(data_dir, mqtt=mqtt_url)["mqtt"]
            _go_live(shell, url, chosen, stores, layouts, inputs, wanted)
            return
        files = _files(report, inputs, **{name: wanted.pop(name) for name in ("out", "truth", "signals", "sold_out")})
        if report is not None and stores > 1:
            raise SettingError("--report is about the people of one store: it does not go with --stores")
        chosen = store_of(store, people, wanted["scenario"], shell.layout)
        options = options_of(plan=chosen.plan, people=chosen.people, days=days, **wanted)
        _write_layouts(shell, layouts, inputs, options.layout, stores)
        _to_files(shell, options, files, report, stores)

    return simulate


def _write_layouts(shell: Shell, folder: Path | None, inputs: Mapping[str, Path], layout: Any, stores: int) -> None:
    """Write the plans of all stores, where that is wanted, and say what they are for."""
    from sensors.files import check_apart
    from simulators.together import copies, layout_file, write_layouts

    if folder is not None:
        plans = copies(layout, stores)
        for one in plans:
            check_apart({f"--layouts {folder}": layout_file(folder, one)}, inputs)
        write_layouts(folder, plans)
        said = f"{'the plan of a store' if stores == 1 else f'plans of {stores} stores'} in {folder}: `instore layout load {folder}/*.json`"
        shell.messages.print(said, highlight=False, markup=False)


def _to_files(shell: Shell, options: Any, files: Any, report: Path | None, stores: int) -> None:
    """Simulate into files, and make the page on the way if it is wanted."""
    from simulators.report.making import Report, report_on
    from simulators.together import record

    page = None if report is None else Report.of(options)
    with shell.progress("simulating", options.days) as advance:
        if files is None:
            html = report_on(options, advance)
        else:
            watched = {} if page is None else {"watch": page.watch}
            written = record(options, files, lambda done, _: advance(done / stores), stores=stores, **watched)
            html = "" if page is None else page.html()
    if files is not None:
        shell.messages.print(f"{written.lines} readings in {files.out}, {written.visits} true visits in {files.truth}", highlight=False)
    if report is not None:
        report.write_text(html, encoding="utf-8")
        shell.messages.print(f"a page about the simulated people in {report}", highlight=False)


def _refuse(**said: object) -> None:
    """Refuse options that make no sense live.

    Raises:
        SettingError: one was given.
    """
    from sensors.urls import SettingError

    for name, value in said.items():
        if value is not None:
            flag = {"first_day": "date", "silences": "silence"}.get(name, name.replace("_", "-"))
            raise SettingError(f"--live publishes what happens now: it does not go with --{flag}")


def _go_live(
    shell: Shell, url: str, chosen: Any, stores: int, layouts: Path | None, inputs: Mapping[str, Path], wanted: dict[str, Any]
) -> None:
    """Publish at the pace of the clock until told to stop, and say how late messages were."""
    from msgspec import structs

    from sensors.mqtt_client import check
    from sensors.urls import MqttUrl
    from simulators.live import VISITORS, live, publish_live
    from simulators.shop.floor import builtin

    check(MqttUrl.parse(url))  # before planning, which takes a minute for many stores
    stop, plan = shell.stop_on_signals(), chosen.plan or builtin("grocery")
    people = structs.replace(chosen.people or VISITORS, shoppers=wanted["shoppers"] or VISITORS.shoppers)
    _write_layouts(shell, layouts, inputs, structs.replace(plan, opening_hours={}), stores)  # they never close
    times = [time.monotonic()]
    for _ in range(PLANNED):
        next(live(plan, wanted["seed"], 0, people))
        times.append(time.monotonic())
    one_s = min(after - before for before, after in pairwise(times))
    planning_s = 1 + 1.5 * one_s * (stores + 1) / 2  # of all stores, which plan for half of a window on average
    who = "the store is" if stores == 1 else f"{stores} stores are"
    said = f"{who} planned in some {planning_s:.0f} s; the first readings come within a minute then, and go on until Ctrl-C"
    shell.messages.print(said, highlight=False)
    start = time.time_ns() // 1000 + round(planning_s * 1e6)
    done = publish_live(live(plan, wanted["seed"], start, people, stores), url, stop.is_set, start)
    if not done.messages:
        shell.messages.print("stopped before the first reading was due: nothing was published", highlight=False)
        return
    past = f"; {done.past} of before all stores were planned, at once" if done.past else ""
    shell.messages.print(f"{done.readings} readings in {done.messages} messages{past}; {done.lateness}", highlight=False)


def _files(report: Path | None, inputs: Mapping[str, Path], **said: Path | None) -> Any:
    """Where a simulation shall be written; None where nothing but the page is wanted.

    Raises:
        SettingError: only some of it was said, a file cannot be written, or two are one.
    """
    from sensors.files import check_apart, check_target
    from sensors.urls import SettingError
    from simulators.together import Files

    out, truth = said["out"], said["truth"]
    if (out is None) != (truth is None) or (out is None and (report is None or any(said.values()))):
        raise SettingError("say where it shall go: --out and --truth together, or --report; --signals and --sold-out go with the first two")
    named = {f"--{name.replace('_', '-')}": file for name, file in {**said, "report": report}.items()}
    for name, file in named.items():
        if file is not None:
            check_target(name, file)
    check_apart(named, inputs)
    if out is not None and out.suffix.lower() == ".gz":
        raise SettingError(f"--out {out}: a recording is packed as .zst; end the name so, or in .jsonl for plain lines")
    return None if out is None or truth is None else Files(out, truth, said["signals"], said["sold_out"])


def _record(shell: Shell) -> Callable[..., None]:
    @click.option("--out", type=click.Path(path_type=Path), required=True, help="The recording; a file that does not exist yet.")
    @click.option(
        "--topic",
        "topics",
        multiple=True,
        metavar="FILTER",
        help="Which topics; may be given several times, but none may hear all that another does.  [default: instore/v1/#]",
    )
    @click.option("--seconds", type=click.FloatRange(0, min_open=True), help="Stop after so long.  [default: at Ctrl-C]")
    def record(out: Path, topics: tuple[str, ...], seconds: float | None, mqtt_url: str | None, data_dir: Path) -> None:
        """Record what is published at an MQTT broker until SIGTERM or Ctrl-C, as `instore replay` plays it.

        Whoever has the file knows which devices were where: only its owner can read it.
        """
        from sensors.topics import MQTT_FILTER
        from sensors.urls import SettingError
        from simulators.recordings import record as recorder

        if not out.parent.is_dir():
            raise SettingError(f"--out {out}: there is no folder {out.parent}")
        if seconds is not None and not isfinite(seconds):
            raise SettingError(f"--seconds {seconds}: give a number, or leave it out to record until Ctrl-C")
        url = shell.find(data_dir, mqtt=mqtt_url)["mqtt"]
        stop, end = shell.stop_on_signals(), None if seconds is None else time.monotonic() + seconds
        with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=shell.messages, transient=True) as bars:
            bar = bars.add_task("recording")
            done = recorder.record(
                url,
                out,
                topics or (MQTT_FILTER,),
                stop=lambda: stop.is_set() or (end is not None and time.monotonic() >= end),
                progress=lambda now: bars.update(bar, description=f"recording: {now.messages:,} messages, {now.size:,} bytes"),
            )
        shell.messages.print(f"{out}: {done}", highlight=False, markup=False)

    return record


def _replay(shell: Shell) -> Callable[..., None]:
    @click.argument("recording", type=click.Path(path_type=Path))
    @click.option("--speed", default="max", show_default=True, help="Times the speed at which it was recorded, or `max`.")
    @click.option(
        "--shift-to",
        metavar="TIME",
        help="Move all times so that the first reading is then. `now`: it begins now; faster than speed 1, it ends now.",
    )
    @click.option(
        "--loop", is_flag=True, help="Again and again, each round later than the one before; until one would be in the future, or Ctrl-C."
    )
    @click.option(
        "--only", multiple=True, metavar="NAME=VALUE,...", help="Only this store, sensor, kind or topic: store=s1,kind=entry,payment."
    )
    @click.option("--from", "since", metavar="TIME", help="Only what came at this time or later; without offset UTC.")
    @click.option("--to", "until", metavar="TIME", help="Only what came before.")
    @mapping_option
    @click.option("--qos", type=click.Choice(["0", "1", "2", "recorded"]), default="1", show_default=True, help="What to publish with.")
    @click.option("--keep-retained", is_flag=True, help="Have the broker keep what a broker had kept when it was recorded.")
    @click.option("--layout", "layouts", type=click.Path(path_type=Path), multiple=True, help="Plans of stores with rules of their own.")
    def replay(recording: Path, mqtt_url: str | None, data_dir: Path, mapping: Path | None, **wanted: Any) -> None:
        """Publish a RECORDING to MQTT, and at its end let every visit become final.

        It is one of `instore record` or `mosquitto_sub -F %j`, readings (JSON lines), or a table (CSV, Parquet).
        """
        from simulators.recordings.playing import Wanted, play
        from simulators.recordings.sources import open_source
        from simulators.recordings.table import Mapping
        from stream.rules import Rules

        rules = {plan.store_id: Rules.of(plan.rules) for plan in map(shell.layout, wanted.pop("layouts"))}
        source = open_source(recording, None if mapping is None else Mapping.load(mapping))
        asked = Wanted.of(**wanted)
        url = shell.find(data_dir, mqtt=mqtt_url)["mqtt"]
        stop = shell.stop_on_signals()
        with shell.progress("replaying", source.size) as advance:
            played = play(source, url, asked, rules=lambda store: rules.get(store, Rules()), advance=advance, stop=stop.is_set)
        for line in played.told(recording):
            shell.messages.print(line, highlight=False, markup=False)

    return replay
