"""Many stores at once, in one stream: copies of one, each with people of its own, in the order in which what they say arrives.

A store's day is planned when it begins, and what is kept of it is small: a thousand stores need a thousand times the memory of the plan
of a day, however long they are simulated.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from heapq import merge
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import msgspec
from msgspec import structs

from sensors.files import written_whole
from sensors.layout import Layout
from sensors.recording import packed
from sensors.urls import SettingError
from simulators.recordings.simulated import as_recording
from simulators.sensing.faults import Arrival, Expected
from simulators.simulate import Day, Options, simulate
from simulators.truth.due import to_line as due_line
from simulators.truth.visits import to_line

PROGRESS_EVERY = 10_000
"""Readings between two reports of progress."""

PACKED = ".zst"
"""How the name of a recording ends."""

Progress = Callable[[float, int], None]
"""Told now and then how many open days of stores are done (of two windows a day, each is its share) and how many readings are written."""

Numbered = tuple[int, int, bytes]
"""When a line arrives (epoch ms), the number of its store, the line."""


class Files(NamedTuple):
    """Where a simulation is written, one thing a line; None: it is not.

    Attributes:
        out: readings, in order of arrival; under a name that ends in `.zst` a recording of their messages.
        truth: true visits, of each store in order of their beginning.
        signals: signals that are due.
        sold_out: what was not on its shelf, and when.
    """

    out: Path
    truth: Path
    signals: Path | None = None
    sold_out: Path | None = None


class Written(NamedTuple):
    """What `record` wrote: the lines and visits, and what must come of the lines behind the bridge."""

    lines: int
    visits: int
    expected: Expected


def copies(layout: Layout, stores: int) -> list[Layout]:
    """So many stores like this one, named `market-0001` and so on; one keeps its name."""
    if stores == 1:
        return [layout]
    return [structs.replace(layout, store_id=f"{layout.store_id}-{number:04d}") for number in range(1, stores + 1)]


def layout_file(folder: Path, layout: Layout) -> Path:
    """Where the plan of a store is written."""
    return folder / f"{quote(layout.store_id, safe='')}.json"


def write_layouts(folder: Path, layouts: Iterable[Layout]) -> None:
    """Write the plans of stores, a file each, named as the store: as `instore layout load` and `reconstruct --layout` read them.

    Args:
        folder: made where it is not there.
        layouts: the plans.

    Raises:
        SettingError: the folder cannot be made, for there is a file of its name or none that it could be in.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as wrong:
        raise SettingError(f"--layouts {folder}: this folder cannot be made ({wrong.strerror})") from wrong
    for layout in layouts:
        layout_file(folder, layout).write_bytes(msgspec.json.format(msgspec.json.encode(layout)) + b"\n")


def simulate_all(wanted: Options, stores: int, expected: Expected, watch: Callable[[Day], Day] = lambda day: day) -> Iterator[Arrival]:
    """Simulate so many stores at the same time.

    Args:
        wanted: what to simulate, of each.
        stores: how many.
        expected: counted up while the lines are read.
        watch: is given each day of each store before its lines, which it may have go by itself; it must not keep the day.

    Yields:
        The lines of all with their arrival, in its order.
    """
    streams = [
        _lines(structs.replace(wanted, layout=layout), number, expected, watch)
        for number, layout in enumerate(copies(wanted.layout, stores))
    ]
    return ((at, line) for at, _, line in merge(*streams))


def record(
    wanted: Options,
    files: Files,
    progress: Progress = lambda _days, _lines: None,
    watch: Callable[[Day], Day] = lambda day: day,
    *,
    stores: int = 1,
) -> Written:
    """Simulate into files, which are there when all is in them; `watch` may look at each day, and at its lines as they go by.

    Raises:
        SettingError: as `simulate`.
        OSError: a file cannot be written.
    """
    expected, visits, lines, done, begun = Expected(), 0, 0, 0.0, 0.0
    with ExitStack() as opened:
        out, truth, signals, sold = (opened.enter_context(written_whole(file or Path(os.devnull))) for file in files)

        def tell(day: Day) -> Day:
            nonlocal visits, done, begun
            done, begun = begun, begun + day.window.share
            visits += len(day.truths)
            progress(done, lines)
            truth.writelines(to_line(one) + b"\n" for one in day.truths)
            signals.writelines(due_line(one) + b"\n" for one in (day.due() if files.signals else ()))
            sold.writelines(msgspec.json.encode(one) + b"\n" for one in day.sold_out)
            return watch(day)

        def counted() -> Iterator[Arrival]:
            nonlocal lines
            for arrival in simulate_all(wanted, stores, expected, tell):
                yield arrival
                lines += 1
                if lines % PROGRESS_EVERY == 0:
                    progress(done, lines)

        if files.out.suffix.lower() == PACKED:
            opened.enter_context(packed(out)).writelines(as_recording(counted()))
        else:
            out.writelines(line + b"\n" for _, line in counted())
    progress(begun, lines)
    return Written(lines, visits, expected)


def _lines(wanted: Options, number: int, expected: Expected, watch: Callable[[Day], Day]) -> Iterator[Numbered]:
    for day in simulate(wanted, expected):
        arrivals = watch(day).arrivals
        del day  # while its lines are read, it need not be there
        for at, line in arrivals:
            yield at, number, line
