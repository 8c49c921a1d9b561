"""A network that is cut for a while: what sensors say meanwhile waits with them, and comes when it is back, late but whole. Pure.

Each sensor sends what it has kept in its own order, one sensor after the other: so nearly all of it is behind the store's time by then, and
visits that were told without it have to be told anew. They must be as if there had been no cut.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import msgspec

from sensors.hours import clock_at
from sensors.urls import SettingError
from simulators.floor import Floor
from simulators.sense import Recorded, Sensors
from simulators.silence import sensors_of


class Cut(msgspec.Struct, frozen=True):
    """Sensors are cut off between two times of each day, in the store's local time (`HH:MM`); none named: all of them."""

    sensors: tuple[str, ...]
    begin: str
    end: str


class Held(msgspec.Struct, frozen=True):
    """A cut on one day, in epoch milliseconds."""

    sensors: frozenset[str]
    start: int
    end: int


def held(floor: Floor, cuts: Sequence[Cut], day: date) -> list[Held]:
    """The cuts of one calendar day.

    Raises:
        SettingError: the store has no such sensor, or a cut ends before it begins.
    """
    known = sensors_of(floor)
    for cut in cuts:
        if cut.begin >= cut.end:
            raise SettingError(f"the cut at {cut.begin} ends at {cut.end}: it must end later, on the same day")
        if unknown := sorted(set(cut.sensors) - known):
            raise SettingError(
                f"store `{floor.layout.store_id}` has no sensor `{unknown[0]}` to cut off at {cut.begin}; it has {', '.join(sorted(known))}"
            )
    moment = {clock: clock_at(floor.layout, day, clock) // 1000 for cut in cuts for clock in (cut.begin, cut.end)}
    return [Held(frozenset(cut.sensors or known), moment[cut.begin], moment[cut.end]) for cut in cuts]


def hold(sensors: Sensors, cuts: list[Held], recorded: Iterable[Recorded]) -> Iterator[Recorded]:
    """Have what sensors say while they are cut off arrive at the end of it; no more is in memory than that."""
    waiting: list[tuple[int, str, int, int, bytes]] = []
    for number, (at, topic, line) in enumerate(recorded):
        while waiting and waiting[0][0] <= at:
            yield _released(heapq.heappop(waiting))
        sensor = sensors.heads[topic][1]
        until = _back(cuts, sensor, at)
        if until > at:
            heapq.heappush(waiting, (until, sensor, number, topic, line))
        else:
            yield at, topic, line
    while waiting:
        yield _released(heapq.heappop(waiting))


def _back(cuts: list[Held], sensor: str, at: int) -> int:
    """When the network is back for a sensor that speaks at a time: that time, where it is there; cuts may overlap."""
    for cut in sorted(cuts, key=lambda one: one.start):
        if sensor in cut.sensors and cut.start <= at < cut.end:
            at = cut.end
    return at


def _released(kept: tuple[int, str, int, int, bytes]) -> Recorded:
    until, _, _, topic, line = kept
    return until, topic, line
