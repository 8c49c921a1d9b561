"""Simulated days of a store: the recording of its sensors and the ground truth. Behind `instore simulate`, and the source of the demo.

Same options, same bytes: nothing here knows the time or the machine.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from functools import partial
from itertools import chain, count, pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec
from msgspec import structs

from sensors.hours import DAYS
from sensors.layout import Layout
from sensors.urls import SettingError
from simulators.crowd import Crowd, come_and_go, crowd_of
from simulators.cut import held, hold
from simulators.due import Due, due_of
from simulators.due import to_line as due_line
from simulators.events import Event, check_events, plan, silences
from simulators.faults import Expected, Faults, afflict, check
from simulators.floor import Floor, floor_of
from simulators.habits import HOUR, Habits
from simulators.mishaps import cuts_of, skews_of
from simulators.opening import Window, last_open_days, windows
from simulators.people import check_places
from simulators.sense import Recorded, Sensors, power, readings
from simulators.silence import Silence, Span, hush, spans, touches, with_wills
from simulators.skew import mistime, wrongs
from simulators.stock import SoldOut, sold_out
from simulators.truth import Truth, to_line, truth_of
from simulators.walk import Walk

LIVE_WINDOW = 8 * HOUR
"""A live store plans so far ahead; to those who look at it, it never closes."""

NEVER = 1 << 62
"""Milliseconds: after all that is ever simulated."""

PROGRESS_EVERY = 10_000
"""Readings between two reports of progress."""

Progress = Callable[[int, int], None]
"""Told now and then how many of how many days are done and how many readings are written."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What to simulate.

    Attributes:
        layout: the store.
        first_day: the first calendar day, in the store's zone.
        days: how many calendar days; closed ones are empty.
        seed: other seeds, other people.
        habits: the figures of the shoppers.
        faults: what goes wrong on the way.
        silences: which sensors say nothing, and when.
        events: what happens on each day by a script; its silences come on top of the others.
        plain_people: no ordinary shopper shows a priority that could be told (`simulators.scenarios`).
    """

    layout: Layout
    first_day: date
    days: int = 1
    seed: int = 1
    habits: Habits = Habits()
    faults: Faults = Faults()
    silences: tuple[Silence, ...] = ()
    events: tuple[Event, ...] = ()
    plain_people: bool = False


class Day(NamedTuple):
    """An opening window of the store. `lines` must be read to its end before the next one is asked for.

    Attributes:
        window: when.
        truths: the visits that begin in it, in the order in which they begin.
        due: tells the signals that must be raised, or may be.
        sold_out: what was not on its shelf for a while, by when it ran out.
        lines: the recording, in order of arrival.
        walks: what everybody did.
    """

    window: Window
    truths: list[Truth]
    due: Callable[[], list[Due]]
    sold_out: list[SoldOut]
    lines: Iterator[bytes]
    walks: list[Walk]


def options(  # noqa: PLR0913 - as many as the command has
    layout: Layout,
    today: date,
    *,
    first_day: date | None = None,
    days: int = 1,
    shoppers: int | None = None,
    people: Habits | None = None,
) -> Options:
    """Options with the defaults of the command.

    Args:
        layout: the store.
        today: the calendar day now, in the store's zone.
        first_day: the first day; without it the last `days` open days before `today`, with the closed ones between them.
        days: how many.
        shoppers: how many come on the mean open day; without it as many as the figures of the people say.
        people: their figures; without them, those of the grocery.

    Raises:
        SettingError: no days, no shoppers, or a store that never opens.
    """
    if days < 1:
        raise SettingError(f"`days` must be 1 or more, not {days}")
    if shoppers is not None and shoppers < 1:
        raise SettingError(f"`shoppers` must be 1 or more, not {shoppers}")
    usual = people or Habits()
    habits = usual if shoppers is None else structs.replace(usual, shoppers=shoppers)
    if first_day is not None:
        return Options(layout=layout, first_day=first_day, days=days, habits=habits)
    start = last_open_days(layout, today, days)
    return Options(layout=layout, first_day=start, days=(today - start).days, habits=habits)


def simulate(wanted: Options, expected: Expected) -> Iterator[Day]:
    """Simulate day after day.

    Args:
        wanted: what to simulate.
        expected: counted up while the lines are read.

    Raises:
        SettingError: the layout cannot be simulated, or a fault is none.
    """
    floor = floor_of(wanted.layout)
    check(wanted.faults, floor.timing.lateness / 1000)
    check_places(floor, wanted.habits)
    days = [wanted.first_day + timedelta(days=number) for number in range(wanted.days)]
    check_events(floor, wanted.events)
    silent = [span for day in days for span in spans(floor, wanted.silences + silences(wanted.events), day)]
    cuts = [cut for day in days for cut in held(floor, cuts_of(wanted.events), day)]
    wrong = [clock for day in days for clock in wrongs(floor, skews_of(wanted.events), day)]
    doubtful = silent + [clock.span for clock in wrong]
    open_windows = [window for day in days for window in windows(wanted.layout, day)]
    sensors, crowd = Sensors(floor), crowd_of(floor, wanted.habits, wanted.seed, plan(floor, wanted.events, days))
    for window, walks, recorded in _windows(sensors, crowd, open_windows):
        truths = [_told(floor, walk, doubtful) for walk in walks]
        due = partial(due_of, floor, window, walks, doubtful, plain=wanted.plain_people)
        start = f"{wanted.seed}/{wanted.layout.store_id}/{window.label}"
        heard = mistime(sensors, wrong, recorded) if wrong else recorded
        if silent:
            heard = hush(Random(f"{start}/silence"), sensors, silent, heard, expected)
            heard = with_wills(sensors, silent, window, heard)
        heard = hold(sensors, cuts, heard) if cuts else heard
        lines = afflict(Random(f"{start}/faults"), wanted.faults, heard, expected, floor.timing.lateness / 1000)
        yield Day(window, truths, due, sold_out(crowd.stock, wanted.layout.store_id), lines, walks)


def live(layout: Layout, seed: int, start: int, shoppers_per_hour: int = 120, people: Habits | None = None) -> Iterator[bytes]:
    """A store without end, busy at any hour, for a demonstration: lines in order of arrival, the first soon after `start`.

    Args:
        layout: the store; its opening hours are not looked at.
        seed: other seeds, other people.
        start: microseconds since 1970; with the time of now, `replay.publish` at speed 1 keeps pace with the clock.
        shoppers_per_hour: how many come.
        people: their other figures; without them, those of the grocery.
    """
    many = shoppers_per_hour * LIVE_WINDOW // HOUR
    habits = structs.replace(people or Habits(), shoppers=many, weekday=(1.0,) * len(DAYS), weekday_hours=(1.0,) * 24)
    floor = floor_of(layout)
    begins = (start // 1000 + number * LIVE_WINDOW for number in count())
    endless = (
        Window(f"live-{at}", opens=at, closes=at + LIVE_WINDOW, fresh=False, shuts=False, weekday=0, hour=0, share=1.0) for at in begins
    )
    for _, _, recorded in _windows(Sensors(floor), crowd_of(floor, habits, seed), endless):
        for _, _, line in recorded:
            yield line


class Written(NamedTuple):
    """What `record` wrote: the lines and visits, and what must come of the lines behind the bridge."""

    lines: int
    visits: int
    expected: Expected


class Files(NamedTuple):
    """Where a simulation is written, one thing a line; None: it is not.

    Attributes:
        out: readings, in order of arrival.
        truth: true visits.
        signals: signals that are due.
        sold_out: what was not on its shelf, and when.
    """

    out: Path
    truth: Path
    signals: Path | None = None
    sold_out: Path | None = None


def record(
    wanted: Options,
    files: Files,
    progress: Progress = lambda _days, _lines: None,
    watch: Callable[[Iterator[Day]], Iterator[Day]] = lambda days: days,
) -> Written:
    """Simulate into files.

    The days go through `watch`, which may look at them.

    Raises:
        SettingError: as `simulate`.
        OSError: a file cannot be written.
    """
    expected, visits, lines = Expected(), 0, 0
    with ExitStack() as opened:
        out, truth, signals, sold = (opened.enter_context((file or Path(os.devnull)).open("wb")) for file in files)
        for number, day in enumerate(watch(simulate(wanted, expected))):
            truth.writelines(to_line(one) + b"\n" for one in day.truths)
            visits += len(day.truths)
            signals.writelines(due_line(one) + b"\n" for one in (day.due() if files.signals else ()))
            sold.writelines(msgspec.json.encode(one) + b"\n" for one in day.sold_out)
            for line in day.lines:
                out.write(line + b"\n")
                lines += 1
                if lines % PROGRESS_EVERY == 0:
                    progress(number, lines)
            progress(number + 1, lines)
    return Written(lines, visits, expected)


def _windows(sensors: Sensors, crowd: Crowd, open_windows: Iterable[Window]) -> Iterator[tuple[Window, list[Walk], Iterator[Recorded]]]:
    """Who comes in each window, and what the sensors say until the next one begins (after the last: until there is nothing more to say)."""
    for window, following in pairwise(chain(open_windows, (None,))):
        if window is not None:
            walks = come_and_go(crowd, window)
            until = NEVER if following is None else power(following)[0]
            yield window, walks, readings(sensors, walks, window, until, crowd.seed)


def _told(floor: Floor, walk: Walk, doubtful: list[Span]) -> Truth:
    truth = truth_of(floor, walk)
    return structs.replace(truth, unreliable=True) if any(touches(floor, span, walk) for span in doubtful) else truth
