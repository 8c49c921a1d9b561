"""Stores without end, busy at any hour, for demonstrations and to put load on a pipeline: at the pace of the clock."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from heapq import merge
from itertools import chain, count, islice
from queue import Empty, Full, Queue
from threading import Event, Thread

from msgspec import structs

from sensors.hours import DAYS
from sensors.layout import Layout
from sensors.reading import SECOND
from simulators.crowd import Crowd, crowd_of
from simulators.recordings.replay import Pace, Published, publish
from simulators.sensing.sense import HEARTBEAT, SCAN, Sensors
from simulators.shop.floor import floor_of
from simulators.shop.habits import HOUR, Habits
from simulators.shop.opening import Window
from simulators.simulate import play
from simulators.together import Numbered, copies

LIVE_WINDOW = 8 * HOUR
"""A live store plans so far ahead; to those who look at it, it never closes."""

VISITORS = Habits(shoppers=120)
"""Who comes where nobody says: so many in an hour."""

AT_ONCE = 100
"""Lines that are handed over at once."""

AHEAD = 20_000
"""Lines that are made before they are due: planning takes a quarter of a second now and then, and none of them may be late for that."""

LOOK_EVERY_S = 0.1
PLANNING_S = 1.0
"""So long a thread that plans is waited for at the end; a thousand stores take a minute, and nobody wants them any more."""

EARLY = SECOND
"""Publishing begins so long before its first line is due (microseconds), and waits for that by itself."""


def live(layout: Layout, seed: int, start: int, people: Habits = VISITORS, stores: int = 1) -> Iterator[bytes]:
    """Lines in order of arrival, the first soon after `start`.

    Args:
        layout: the store, or what each of them is like (`simulators.together.copies`); its opening hours are not looked at.
        seed: other seeds, other people.
        start: microseconds since 1970; with the time of now, `replay.publish` at speed 1 keeps pace with the clock.
        people: their figures; `shoppers` is how many come to each store in an hour, any hour.
        stores: how many. They begin within a minute, scan and plan ahead at different times: so they do not all plan at once, and sensors
            do not all speak at once.
    """
    many = people.shoppers * LIVE_WINDOW // HOUR
    habits = structs.replace(people, shoppers=many, weekday=(1.0,) * len(DAYS), weekday_hours=(1.0,) * 24)
    streams = []
    for number, one in enumerate(copies(layout, stores)):
        first = start // 1000 + LIVE_WINDOW * (number + 1) // stores
        begins = start // 1000 + HEARTBEAT * number // stores
        windows = _windows(chain((begins,), count(first, LIVE_WINDOW)))
        crowd = crowd_of(floor_of(one), habits, seed)
        streams.append(_lines(Sensors(crowd.floor, phase=SCAN * number // stores), crowd, windows, number))
    told = merge(*streams)
    return (line for at, _, line in told if at >= start // 1000)  # who works late in a short first window has come before


def publish_live(lines: Iterable[bytes], url: str, stop: Callable[[], bool], start: int = 0) -> Published:
    """Publish lines at the pace of the clock until told to stop; what is past by then at once.

    Args:
        lines: in order of arrival.
        url: of the broker.
        stop: asked often.
        start: microseconds since 1970. It is waited for here: what is far ahead, `publish` takes for a wrong clock and sends at once.

    Raises:
        SettingError: the URL is wrong.
        BrokerAway: the broker cannot be reached at the start.
    """
    with ahead(lines, stop=stop) as made:
        first = list(islice(made, 1))  # planning is over then
        while time.time_ns() // 1000 < start - EARLY and not stop():
            time.sleep(LOOK_EVERY_S)
        return publish(chain(first, made), url, Pace(speed=1.0, anchor=time.time_ns() // 1000, close=False), stop=stop)


@contextmanager
def ahead(lines: Iterable[bytes], most: int = AHEAD, stop: Callable[[], bool] = lambda: False) -> Iterator[Iterator[bytes]]:
    """Have a thread of its own make lines before they are wanted, so many at the most; it ends with the block.

    There are no more once it is to stop; what is being planned then is not waited for.
    """
    made: Queue[list[bytes]] = Queue(max(1, most // AT_ONCE))
    ended, failed = Event(), list[BaseException]()

    def put(some: list[bytes]) -> bool:
        while not ended.is_set():
            try:
                made.put(some, timeout=LOOK_EVERY_S)
            except Full:
                continue
            return True
        return False

    def make() -> None:
        coming = iter(lines)
        try:
            while put(some := list(islice(coming, AT_ONCE))) and some:
                pass
        except BaseException as error:  # noqa: BLE001 - it is told where the lines are read
            failed.append(error)
            put([])

    thread = Thread(target=make, name="ahead", daemon=True)
    thread.start()
    try:
        yield _taken(made, failed, stop)
    finally:
        ended.set()
        thread.join(PLANNING_S)


def _taken(made: Queue[list[bytes]], failed: list[BaseException], stop: Callable[[], bool]) -> Iterator[bytes]:
    """Read what was made until there is no more, or until it is to stop; then raise what went wrong."""
    while not stop():
        try:
            some = made.get(timeout=LOOK_EVERY_S)
        except Empty:
            continue
        if not some:
            break
        yield from some
    if failed:
        raise failed[0]


def _lines(sensors: Sensors, crowd: Crowd, windows: Iterable[Window], number: int) -> Iterator[Numbered]:
    for played in play(sensors, crowd, windows):
        for at, _, line in played.recorded:
            yield at, number, line


def _windows(begins: Iterable[int]) -> Iterator[Window]:
    """Windows from each time (epoch ms) to the next."""
    coming = iter(begins)
    at = next(coming)
    for until in coming:
        share = (until - at) / LIVE_WINDOW
        yield Window(f"live-{at}", opens=at, closes=until, fresh=False, shuts=False, weekday=0, timezone="UTC", share=share)
        at = until
