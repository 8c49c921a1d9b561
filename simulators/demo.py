"""Simulated days of a store through the whole pipeline, reconciled with what really happened; then the store goes on live.

Bridge and worker run as they would anywhere: as processes of their own, which find the servers by URL.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from msgspec import structs
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from dashboards.preview.server import serving
from sensors import child
from sensors.layout import Layout
from sensors.reading import SECOND, to_datetime
from simulators.day import print_addresses, print_days
from simulators.live import VISITORS, live, publish_live
from simulators.recordings import replay
from simulators.sensing.faults import Expected
from simulators.shop.opening import power, windows
from simulators.simulate import Options, simulate
from simulators.stack import Urls
from simulators.truth.due import Due
from simulators.truth.reconcile import Report, reconcile
from simulators.truth.signalled import Signalled, compare
from simulators.truth.visits import Truth, micros
from storage import layouts
from storage.accounts import Accounting
from storage.connect import session
from storage.reader import Reader
from stream.rules import Rules

STALLED_S = 60.0
"""When nothing has come on for so long, something is broken."""

MARGIN = 600 * SECOND
"""Before the first true visit and after the last, so that one too many would be found as well."""

LAST_SIGNALS = 7200 * SECOND
"""A visit's signals may come so long after it: until then, a basket that was left behind may still be paid."""

OPEN_SINCE = 1200 * SECOND
"""So long before now the live store has opened, at least."""

LOOK_EVERY_S = 0.2
_SUBSCRIBED = "subscribed to"
"""What the bridge says then, however it is logged."""

MOST_PROBLEMS = 10
MOST_SIGNALS = 10


class Recording(msgspec.Struct):
    """The days as simulated: the file of readings, the true visits, the signals due, and what must come of each reading."""

    file: Path
    truths: list[Truth]
    due: list[Due]
    expected: Expected
    n_lines: int


class Outcome(msgspec.Struct, kw_only=True):
    """How the days came out, beside what happened.

    Attributes:
        published: readings that were published, the closing ones included.
        closing: those that ended the days, one a store.
        accounting: what the database counted of them.
        rejected_by_reason: the rejected ones among them.
        report: the visits found, compared with those that were.
        signalled: the signals found, compared with those that were due.
        expected: what had to come of the readings of the days.
    """

    published: int
    closing: int
    accounting: Accounting
    rejected_by_reason: dict[str, int]
    report: Report
    signalled: Signalled
    expected: Expected

    @property
    def problems(self) -> list[str]:
        """A sentence for all that is not as it must be; none: everything is."""
        found = self.accounting
        pairs = [
            ("published", self.published, self.expected.received + self.closing),
            ("received", found.received, self.expected.received + self.closing),
            ("stored", found.stored, self.expected.stored + self.closing),
            ("duplicate", found.duplicate, self.expected.duplicate),
            ("rejected", self.rejected_by_reason, dict(self.expected.rejected)),
            ("not accounted for", found.difference, 0),
        ]
        counts = [f"{name}: {is_} instead of {ought}" for name, is_, ought in pairs if is_ != ought]
        return counts + self.report.differences + self.signalled.differences

    @property
    def figures(self) -> dict[str, int | dict[str, int]]:
        """What `--json` says."""
        return {
            "published": self.published,
            "received": self.accounting.received,
            "stored": self.accounting.stored,
            "duplicate": self.accounting.duplicate,
            "rejected": self.accounting.rejected,
            "rejected_by_reason": self.rejected_by_reason,
            "visits_expected": self.report.expected,
            "visits_found": self.report.found,
            "visits_equal": self.report.equal,
            "signals_expected": self.signalled.expected,
            "signals_found": self.signalled.found,
            "signals_equal": len(self.signalled.equal),
            "signals_open": self.signalled.open,
        }


def run(urls: Urls, options: Options, console: Console, stop: threading.Event, *, go_live: bool) -> Outcome | None:
    """Bring the days through the pipeline on these servers, reconcile and print; then go on live until told to stop.

    Returns:
        How the days came out; None where it was stopped before.

    Raises:
        ConnectionError: a process of the pipeline ended, or nothing came on any more.
    """
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="instore-demo-")))
        reader = Reader(urls.database)
        running.callback(reader.close)
        with session(urls.database, "instore demo") as connection:
            layouts.save(connection, options.layout, "the demo")
        before, reasons_before = reader.accounting(), reader.rejected_by_reason()
        pipeline = running.enter_context(_pipeline(urls, folder))
        with _bars(console) as bars:
            recording = _simulate(options, folder, bars)
            _wait_for_bridge(pipeline, folder, stop)
            published = _publish(urls, options.layout, recording, bars, stop)
            until = before.received + published.readings
            _wait_until_stored(reader, options.layout.store_id, until, bars, lambda: _shall_end(stop, pipeline, folder))
        if stop.is_set():
            console.print("stopped before all had come: nothing is compared")
            return None
        span = _span(recording)
        rejected = Counter(reader.rejected_by_reason())
        rejected.subtract(reasons_before)
        outcome = Outcome(
            published=published.readings,
            closing=len(published.closing),
            accounting=reader.accounting() - before,
            rejected_by_reason=dict(+rejected),
            report=reconcile(recording.truths, reader.visits(options.layout.store_id, *span)),
            signalled=compare(recording.due, reader.signals(options.layout.store_id, span[0], span[1] + LAST_SIGNALS)),
            expected=recording.expected,
        )
        _print_outcome(console, outcome, ZoneInfo(options.layout.timezone))
        print_days(console, reader.days(options.layout.store_id, *span))
        if go_live:
            shall_end = partial(_shall_end, stop, pipeline, folder)
            _go_live(urls, options, console, shall_end, max(published.closing.values(), default=0))
    return outcome


def _go_live(urls: Urls, options: Options, console: Console, shall_end: Callable[[], bool], ended: int) -> None:
    """Let the store go on, at the pace of the clock, until it shall end; from when its days had `ended` on (microseconds since 1970)."""
    with serving(urls.database) as preview:
        print_addresses(console, urls, preview)
        since = open_since(options.layout, time.time_ns() // 1000, ended)
        opened = to_datetime(since).astimezone(ZoneInfo(options.layout.timezone))
        console.print(
            f"\n[bold]The store goes on live; Ctrl-C ends it.[/] What happened since {opened:%H:%M} comes first.", highlight=False
        )
        people = structs.replace(options.habits, shoppers=VISITORS.shoppers)
        publish_live(live(options.layout, options.seed, since, people), urls.mqtt, shall_end)


def open_since(layout: Layout, now: int, ended: int = 0) -> int:
    """When the live store began: when sensors are switched on by its plan, for from the opening on they are missed; else a while ago.

    But not before the days have ended: a store that never closes would have people of both on the same devices, and tell them late.

    Args:
        layout: the store's.
        now: microseconds since 1970.
        ended: the time that ended the days that were published, after which every visit of theirs was final.
    """
    today = to_datetime(now).astimezone(ZoneInfo(layout.timezone)).date()
    return max(ended, min([now - OPEN_SINCE, *(power(window)[0] * 1000 for window in windows(layout, today))]))


def _span(recording: Recording) -> tuple[int, int]:
    """The time that the days fill, a little more on both sides for what was only seen from outside."""
    begins, ends = [micros(truth.entered_at) for truth in recording.truths], [micros(truth.left_at) for truth in recording.truths]
    return min(begins, default=0) - MARGIN, max(ends, default=0) + MARGIN


@contextmanager
def _pipeline(urls: Urls, folder: Path) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Run bridge and worker; what they say stands in files of the folder."""
    processes: dict[str, subprocess.Popen[bytes]] = {}
    own_spool = str(folder / "spool")  # not that of a bridge in earnest: what is in it is not for our Kafka
    environment = {**os.environ, **urls.settings(), "INSTORE_SPOOL_DIR": own_spool}
    try:
        for name in ("bridge", "worker"):
            processes[name] = child.start([sys.executable, "-P", "-m", "instore", name], folder / f"{name}.log", environment)
        yield processes
    finally:
        for process in processes.values():
            child.stop(process)


def _wait_for_bridge(pipeline: dict[str, subprocess.Popen[bytes]], folder: Path, stop: threading.Event) -> None:
    """Wait until the MQTT broker keeps messages for the bridge: what is published before that is nobody's.

    Raises:
        ConnectionError: the bridge has ended, or is not subscribed after a minute.
    """
    log, end = folder / "bridge.log", time.monotonic() + STALLED_S
    while _SUBSCRIBED not in (said := log.read_text(errors="replace")) and not _shall_end(stop, pipeline, folder):
        if time.monotonic() > end:
            raise ConnectionError(f"the bridge does not subscribe; it said: {said[-1000:]}")
        time.sleep(LOOK_EVERY_S)


def _bars(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description:<12}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console)


def _simulate(options: Options, folder: Path, bars: Progress) -> Recording:
    """Simulate the days into a file."""
    recording = Recording(folder / "readings.jsonl", [], [], Expected(), 0)
    bar = bars.add_task("simulating", total=options.days)
    with recording.file.open("wb") as file:
        for day in simulate(options, recording.expected):
            recording.truths += day.truths
            recording.due += day.due()
            for line in day.lines:
                file.write(line + b"\n")
                recording.n_lines += 1
            bars.update(bar, advance=day.window.share)
    bars.update(bar, completed=options.days)
    return recording


def _publish(urls: Urls, layout: Layout, recording: Recording, bars: Progress, stop: threading.Event) -> replay.Published:
    """Publish the days over MQTT, as fast as the broker takes them."""
    bar = bars.add_task("publishing", total=recording.n_lines)
    pace = replay.Pace(rules=lambda _: Rules.of(layout.rules))
    lines = replay.read_lines(recording.file)
    published = replay.publish(lines, urls.mqtt, pace, progress=lambda done, _: bars.update(bar, completed=done), stop=stop.is_set)
    bars.update(bar, completed=published.readings - len(published.closing))
    return published


def _wait_until_stored(reader: Reader, store_id: str, until: int, bars: Progress, stop: Callable[[], bool]) -> None:
    """Wait until so many readings have come out at the end, and every visit of the store is final.

    Raises:
        ConnectionError: nothing has come on for a minute.
    """
    bar = bars.add_task("storing", total=until)
    seen, moved_at = (-1, -1), time.monotonic()
    while not stop():
        progress = reader.progress(store_id)
        bars.update(bar, completed=progress[0])
        if progress[0] >= until and progress[1] == 0:
            return
        if progress != seen:
            seen, moved_at = progress, time.monotonic()
        elif time.monotonic() - moved_at > STALLED_S:
            raise ConnectionError(f"only {progress[0]} of {until} readings have come, {progress[1]} visits are open, and nothing moves")
        time.sleep(LOOK_EVERY_S)


def _shall_end(stop: threading.Event, pipeline: dict[str, subprocess.Popen[bytes]], folder: Path) -> bool:
    """Whether somebody asked for the end; complain if a process of the pipeline is no more.

    Raises:
        ConnectionError: with its last words.
    """
    for name, process in pipeline.items():
        if process.poll() is not None:
            raise ConnectionError(f"the {name} has ended; it said: {(folder / f'{name}.log').read_text(errors='replace')[-1000:]}")
    return stop.is_set()


def _print_outcome(console: Console, outcome: Outcome, zone: ZoneInfo) -> None:
    """Print the accounting, how many visits are as they were and how many signals as they had to be, and the first things that are not."""
    found, report, signalled = outcome.accounting, outcome.report, outcome.signalled
    console.print(f"\n{outcome.published} readings published: {found.received} received = ", end="")
    console.print(f"{found.stored} stored + {found.duplicate} duplicate + {found.rejected} rejected")
    for reason, count in outcome.rejected_by_reason.items():
        console.print(f"  rejected {count} {reason}")
    problems = outcome.problems
    mark = "[bold red]NOT as they were[/]" if problems else "[bold green]as they were[/]"
    console.print(f"{report.expected} true visits, {report.found} found, {report.equal} equal: {mark}")
    free = f"; {signalled.open} more, which may be raised or not" if signalled.open else ""
    console.print(f"{signalled.expected} signals were due, {signalled.found} found, {len(signalled.equal)} equal{free}")
    if len(signalled.equal) <= MOST_SIGNALS:
        for one in signalled.equal:
            console.print(f"  {to_datetime(one.signal.at).astimezone(zone):%H:%M} {one.signal.message}", highlight=False, markup=False)
    for problem in problems[:MOST_PROBLEMS]:
        console.print(f"  {problem}", highlight=False, markup=False)
    if len(problems) > MOST_PROBLEMS:
        console.print(f"  and {len(problems) - MOST_PROBLEMS} more")
