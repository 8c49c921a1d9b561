"""What happens to sensors because a script says so: silence, outages, cut lines, batches, wrong clocks, empty batteries."""

from collections.abc import Iterable
from typing import Annotated

import msgspec

from simulators.script.happening import Lasting
from simulators.sensing.cut import Cut
from simulators.sensing.silence import Silence
from simulators.sensing.skew import Skew


class GoesSilent(Lasting, tag="silence", frozen=True, kw_only=True):
    """A sensor says nothing until another time of that day, and nobody notices but by that."""

    sensor: str


class Outage(Lasting, tag="outage", frozen=True, kw_only=True):
    """A sensor loses its power until another time of that day: the broker sends its last will, and it says when it is back."""

    sensor: str


class BatteryEnds(Lasting, tag="battery", frozen=True, kw_only=True):
    """A battery is empty from then on until it is changed; for some hours before, ever less of what the sensor says gets through."""

    sensor: str
    hours: Annotated[float, msgspec.Meta(ge=0, le=24)] = 2.0


class IsCutOff(Lasting, tag="cut", frozen=True, kw_only=True):
    """Sensors are cut off until another time of that day, and send then what they have kept; none named: all of the store."""

    sensors: tuple[str, ...] = ()


class Batches(Lasting, tag="batches", frozen=True, kw_only=True):
    """Sensors send only every so many seconds, all at once; none named: all of the store."""

    seconds: Annotated[int, msgspec.Meta(ge=1, le=3600)]
    sensors: tuple[str, ...] = ()


class WrongClock(Lasting, tag="wrong_clock", frozen=True, kw_only=True):
    """A sensor's clock jumps by so many seconds (below 0: back), and runs too fast by so many millionths, until it is set right."""

    sensor: str
    seconds: Annotated[float, msgspec.Meta(ge=-600, le=600)] = 0.0
    ppm: Annotated[float, msgspec.Meta(ge=-10_000, le=10_000)] = 0.0


Mishap = GoesSilent | Outage | BatteryEnds | IsCutOff | Batches | WrongClock


def silences_of(mishaps: Iterable[object]) -> tuple[Silence, ...]:
    """The silences among them."""
    return tuple(one for mishap in mishaps for one in _silences(mishap))


def cuts_of(mishaps: Iterable[object]) -> tuple[Cut, ...]:
    """The cuts among them, and the batches, which are cuts one after the other."""
    cuts = [Cut(one.sensors, one.at, one.until) for one in mishaps if isinstance(one, IsCutOff)]
    batches = [Cut(one.sensors, one.at, one.until, one.seconds) for one in mishaps if isinstance(one, Batches)]
    return tuple(cuts + batches)


def skews_of(mishaps: Iterable[object]) -> tuple[Skew, ...]:
    """The wrong clocks among them."""
    return tuple(Skew(one.sensor, one.at, one.until, one.seconds, one.ppm) for one in mishaps if isinstance(one, WrongClock))


def _silences(mishap: object) -> list[Silence]:
    match mishap:
        case GoesSilent():
            return [Silence(mishap.sensor, mishap.at, mishap.until)]
        case Outage():
            return [Silence(mishap.sensor, mishap.at, mishap.until, has_will=True)]
        case BatteryEnds():
            return [Silence(mishap.sensor, mishap.at, mishap.until, fades_h=mishap.hours)]
        case _:
            return []
