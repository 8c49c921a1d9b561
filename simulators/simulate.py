"""Simulated days of a store: the recording of its sensors and the ground truth. Behind `instore simulate`, and the source of the demo.

Same options, same bytes: nothing here knows the time or the machine.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import partial
from itertools import chain, pairwise
from random import Random
from typing import NamedTuple

import msgspec
from msgspec import structs

from sensors.layout import Layout
from sensors.urls import SettingError
from simulators.crowd import Crowd, come_and_go, crowd_of
from simulators.script.events import Event, check_events, check_hours, plan, silences
from simulators.script.mishaps import cuts_of, skews_of
from simulators.sensing.cut import Held, held, hold
from simulators.sensing.faults import Arrival, Expected, Faults, afflict, check
from simulators.sensing.sense import Recorded, Sensors, readings
from simulators.sensing.silence import Silence, Span, Word, hush, spans, with_wills
from simulators.sensing.skew import Wrong, mistime, wrongs
from simulators.shop.floor import Floor, floor_of
from simulators.shop.habits import NEVER, Habits
from simulators.shop.opening import Window, nth_open_day, power, windows
from simulators.shop.people import check_places
from simulators.shop.stock import SoldOut, begins_full, sold_out
from simulators.shop.tills import openings
from simulators.shop.walk import Walk, packed
from simulators.truth.doubt import Doubt, doubts
from simulators.truth.due import Due, due_of
from simulators.truth.visits import Truth, doubted, truth_of

ONE_DAY = timedelta(days=1)


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
    """An opening window of the store. `arrivals` (or `lines`) must be read to its end before the next one is asked for.

    Attributes:
        window: when.
        truths: the visits that begin in it, in the order in which they begin.
        due: tells the signals that must be raised, or may be.
        sold_out: what was not on its shelf for a while, by when it ran out; told when it is filled, where the store stays open.
        arrivals: the recording, in order of arrival.
        walks: what everybody did.
    """

    window: Window
    truths: list[Truth]
    due: Callable[[], list[Due]]
    sold_out: list[SoldOut]
    arrivals: Iterator[Arrival]
    walks: list[Walk]

    @property
    def lines(self) -> Iterator[bytes]:
        """The recording without its times."""
        return (line for _, line in self.arrivals)


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
        first_day: the first day; without it the last `days` open days before `today`.
        days: how many open days; the closed ones between them come with them, and are empty.
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
    if first_day is None:
        first_day, last = nth_open_day(layout, today - ONE_DAY, days, back=True), today - ONE_DAY
    else:
        last = nth_open_day(layout, first_day, days)
    return Options(layout=layout, first_day=first_day, days=(last - first_day).days + 1, habits=habits)


class Played(NamedTuple):
    """Who came in a window, what the sensors say of them, when the next window's sensing begins (epoch ms), and what was sold out."""

    window: Window
    walks: list[Walk]
    recorded: Iterator[Recorded]
    until: int
    sold_out: list[SoldOut]


def simulate(wanted: Options, expected: Expected) -> Iterator[Day]:
    """Simulate day after day.

    Args:
        wanted: what to simulate.
        expected: counted up while the lines are read.

    Raises:
        SettingError: the layout cannot be simulated, a fault is none, or a script cannot be played there on these days.
    """
    floor = floor_of(wanted.layout)
    check(wanted.faults, floor.timing.lateness / 1000)
    check_places(floor, wanted.habits)
    days = [wanted.first_day + timedelta(days=number) for number in range(wanted.days)]
    check_events(floor, wanted.events)
    check_hours(floor, wanted.events, days)
    store = _Store(
        wanted,
        Sensors(floor),
        crowd_of(floor, wanted.habits, wanted.seed, plan(floor, wanted.events, days)),
        [span for day in days for span in spans(floor, wanted.silences + silences(wanted.events), day)],
        [cut for day in days for cut in held(floor, cuts_of(wanted.events), day)],
        [clock for day in days for clock in wrongs(floor, skews_of(wanted.events), day)],
        [],
    )
    played = play(store.sensors, store.crowd, (window for day in days for window in windows(wanted.layout, day)))
    return map(partial(_day, store, expected), played)  # keeps no day: many stores are told at once


class _Store(NamedTuple):
    """What is simulated, its sensors and people, what happens to sensors on all days, and what is to be said of that in later windows."""

    wanted: Options
    sensors: Sensors
    crowd: Crowd
    silent: list[Span]
    cuts: list[Held]
    wrong: list[Wrong]
    waiting: list[Word]


def _day(store: _Store, expected: Expected, played: Played) -> Day:
    """Tell one window, with what happens to its sensors and messages."""
    wanted, sensors, _, silent, cuts, wrong, waiting = store
    floor, (window, walks, heard, until, sold) = sensors.floor, played
    doubtful = silent + [clock.span for clock in wrong]
    unknown = doubts(floor, doubtful, walks)
    truths = [_told(floor, walk, found) for walk, found in zip(walks, unknown, strict=True)]
    due = partial(due_of, floor, window, walks, unknown, doubtful, plain=wanted.plain_people, is_last=until == NEVER)
    start = f"{wanted.seed}/{wanted.layout.store_id}/{window.label}"
    if wrong:
        heard = mistime(sensors, wrong, heard)
    if silent:
        heard = hush(Random(f"{start}/silence"), sensors, silent, heard, expected)
        heard = with_wills(sensors, silent, (window, until), waiting, heard)
    if cuts:
        heard = hold(sensors, cuts, heard)
    arrivals = afflict(Random(f"{start}/faults"), wanted.faults, heard, expected, floor.timing.lateness / 1000)
    return Day(window, truths, due, sold, arrivals, walks)


def play(sensors: Sensors, crowd: Crowd, open_windows: Iterable[Window]) -> Iterator[Played]:
    """Who comes in each window, and what the sensors say until the next one begins (after the last: until there is nothing more to say)."""
    for window, following in pairwise(chain(open_windows, (None,))):
        if window is not None:
            yield _play_one(sensors, crowd, window, following)


def _play_one(sensors: Sensors, crowd: Crowd, window: Window, following: Window | None) -> Played:
    walks = come_and_go(crowd, window)
    sensors.openings = openings(crowd.queues, crowd.habits)
    until = NEVER if following is None else power(following)[0]
    sold = sold_out(crowd.stock, crowd.floor.layout.store_id, NEVER if following is None or begins_full(following) else window.closes)
    return Played(window, walks, readings(sensors, packed(walks), window, until, crowd.seed), until, sold)


def _told(floor: Floor, walk: Walk, doubtful: list[Doubt]) -> Truth:
    truth = truth_of(floor, walk)
    return doubted(truth, [(doubt.start, doubt.end) for doubt in doubtful if doubt.strays]) if doubtful else truth
