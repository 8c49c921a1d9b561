"""A network that is cut for a while, or sensors that send now and then: what they say meanwhile waits, and comes late but whole. Pure.

Each sensor sends what it has kept in its own order, one sensor after the other: so nearly all of it is behind the store's time by then, and
visits that were told without it have to be told anew. They must be as if there had been no cut.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import msgspec

from sensors.hours import clock_at
from simulators.sensing.sense import Recorded, Sensors
from simulators.sensing.silence import check_sensor, sensors_of
from simulators.shop.floor import Floor
from simulators.shop.habits import SECOND


class Cut(msgspec.Struct, frozen=True):
    """Sensors are cut off between two times of each day, in the store's local time (`HH:MM`); none named: all of them.

    Those that send in batches get through every `every_s` seconds meanwhile.
    """

    sensors: tuple[str, ...]
    begin: str
    end: str
    every_s: int | None = None


class Held(msgspec.Struct, frozen=True):
    """A cut on one day, in epoch milliseconds."""

    sensors: frozenset[str]
    start: int
    end: int
    every: int | None = None

    def back(self, at: int) -> int:
        """When one gets through next."""
        return self.end if self.every is None else min(self.end, self.start + ((at - self.start) // self.every + 1) * self.every)


def held(floor: Floor, cuts: Sequence[Cut], day: date) -> list[Held]:
    """The cuts of one calendar day.

    Raises:
        SettingError: the store has no such sensor.
    """
    for cut in cuts:
        for sensor in sorted(cut.sensors):
            check_sensor(floor, sensor, f"to cut off at {cut.begin}")
    known = sensors_of(floor)
    moment = {clock: clock_at(floor.layout, day, clock) // 1000 for cut in cuts for clock in (cut.begin, cut.end)}
    return [_held(frozenset(cut.sensors or known), moment[cut.begin], moment[cut.end], cut.every_s) for cut in cuts]


def _held(sensors: frozenset[str], start: int, end: int, every_s: int | None) -> Held:
    return Held(sensors, start, end, None if every_s is None else every_s * SECOND)


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
            at = cut.back(at)
    return at


def _released(kept: tuple[int, str, int, int, bytes]) -> Recorded:
    until, _, _, topic, line = kept
    return until, topic, line
