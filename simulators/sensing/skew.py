"""A clock that is wrong: what a sensor says at that time bears another time. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import partial

import msgspec

from sensors.hours import clock_at
from sensors.reading import to_datetime, to_micros
from simulators.sensing.sense import Recorded, Sensors
from simulators.sensing.silence import Span, check_sensor
from simulators.shop.floor import Floor
from simulators.shop.habits import SECOND

_TS = re.compile(rb'"ts":(?:(\d+)|"([^"]+)")')


class Skew(msgspec.Struct, frozen=True):
    """A clock that is wrong between two times of each day, in the store's local time (`HH:MM`).

    Attributes:
        sensor_id: whose.
        begin: when it jumps by `seconds`; `end` when it is set right.
        seconds: how far ahead it is from then on.
        ppm: by how many millionths it runs too fast besides.
    """

    sensor_id: str
    begin: str
    end: str
    seconds: float
    ppm: float


class Wrong(msgspec.Struct, frozen=True):
    """The same on one day, in epoch milliseconds; `offset` is in milliseconds."""

    sensor_id: str
    start: int
    end: int
    offset: int
    ppm: float

    def at(self, true: int) -> int:
        """What the clock shows."""
        return true + self.offset + round((true - self.start) * self.ppm / 1_000_000)

    @property
    def span(self) -> Span:
        """When what can be known of visits may be wrong by it, and by how much."""
        off = [self.at(moment) - moment for moment in (self.start, self.end)]
        return Span(self.sensor_id, self.start, self.end, speaks=True, ahead=max(0, *off), behind=-min(0, *off))


def wrongs(floor: Floor, skews: Sequence[Skew], day: date) -> list[Wrong]:
    """The wrong clocks of one calendar day.

    Raises:
        SettingError: the store has no such sensor.
    """
    found = []
    for skew in skews:
        check_sensor(floor, skew.sensor_id, f"whose clock is wrong at {skew.begin}")
        start, end = (clock_at(floor.layout, day, clock) // 1000 for clock in (skew.begin, skew.end))
        found.append(Wrong(skew.sensor_id, start, end, round(skew.seconds * SECOND), skew.ppm))
    return found


def mistime(sensors: Sensors, wrong: list[Wrong], recorded: Iterable[Recorded]) -> Iterator[Recorded]:
    """Have what sensors say while their clocks are wrong bear the time that these show."""
    for at, topic, line in recorded:
        sensor = sensors.heads[topic][1]
        clock = next((one for one in wrong if one.sensor_id == sensor and one.start <= at < one.end), None)
        yield at, topic, line if clock is None else _TS.sub(partial(_shown, clock), line, count=1)


def _shown(clock: Wrong, match: re.Match[bytes]) -> bytes:
    if match[1]:
        return b'"ts":%d' % clock.at(int(match[1]))
    true = datetime.fromisoformat(match[2].decode())
    shown = to_datetime(clock.at(to_micros(true) // 1000) * 1000).astimezone(true.tzinfo)
    return f'"ts":"{shown.isoformat(timespec="milliseconds")}"'.encode()
