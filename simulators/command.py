"""`instore record` and `instore replay`: parse, and have it done."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

Option = Callable[[Callable[..., None]], Callable[..., None]]


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
    for command in (_record(shell), _replay(shell)):
        yield click.command()(shell.mqtt_url(shell.data_dir(command)))


def _record(shell: Shell) -> Callable[..., None]:
    @click.option("--out", type=click.Path(path_type=Path), required=True, help="The recording; a file that does not exist yet.")
    @click.option(
        "--topic", "topics", multiple=True, metavar="FILTER", help="Which topics; may be given several times.  [default: instore/v1/#]"
    )
    @click.option("--seconds", type=click.FloatRange(0, min_open=True), help="Stop after so long.  [default: at Ctrl-C]")
    def record(out: Path, topics: tuple[str, ...], seconds: float | None, mqtt_url: str | None, data_dir: Path) -> None:
        """Record what is published at an MQTT broker until SIGTERM or Ctrl-C, as `instore replay` plays it.

        Whoever has the file knows which devices were where: only its owner can read it.
        """
        from sensors.topics import MQTT_FILTER
        from sensors.urls import SettingError
        from simulators import record as recorder

        if not out.parent.is_dir():
            raise SettingError(f"--out {out}: there is no folder {out.parent}")
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
    @click.option("--shift-to", metavar="TIME", help="Move all times so that it begins then, or `now`; its readings are new ones.")
    @click.option("--loop", is_flag=True, help="Again and again, each round later than the one before, until Ctrl-C.")
    @click.option(
        "--only", multiple=True, metavar="NAME=VALUE,...", help="Only this store, sensor, kind or topic: store=s1,kind=entry,payment."
    )
    @click.option("--from", "since", metavar="TIME", help="Only what came at this time or later; without offset UTC.")
    @click.option("--to", "until", metavar="TIME", help="Only what came before.")
    @click.option("--mapping", type=click.Path(path_type=Path), help="Which columns of a table (CSV, Parquet) are which fields; YAML.")
    @click.option("--qos", type=click.Choice(["0", "1", "2", "recorded"]), default="1", show_default=True, help="What to publish with.")
    @click.option("--keep-retained", is_flag=True, help="Have the broker keep what a broker had kept when it was recorded.")
    @click.option("--layout", "layouts", type=click.Path(path_type=Path), multiple=True, help="Plans of stores with rules of their own.")
    def replay(recording: Path, mqtt_url: str | None, data_dir: Path, mapping: Path | None, **wanted: Any) -> None:
        """Publish a RECORDING to MQTT, and at its end let every visit become final.

        It is one of `instore record` or `mosquitto_sub -F %j`, readings (JSON lines), or a table (CSV, Parquet).
        """
        from simulators.playing import Wanted, play
        from simulators.sources import open_source
        from simulators.table import Mapping
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
