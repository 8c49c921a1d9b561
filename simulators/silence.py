"""A sensor that says nothing for a while: its readings of that time are never sent, and some visits can no longer be seen as they were."""

import re
from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from sensors.hours import clock_at
from sensors.urls import SettingError
from simulators.faults import Expected
from simulators.floor import Floor
from simulators.habits import MINUTE
from simulators.sense import Recorded, Sensors, shelf_sensor
from simulators.walk import Walk

AFTERMATH = 2 * MINUTE
"""So long before and after its silence, what a gateway should have heard still matters: silences join with scans that were missed."""

_FORM = re.compile(r"(?P<sensor>.+)@(?P<begin>[0-2]\d:[0-5]\d)-(?P<end>[0-2]\d:[0-5]\d)")


class Silence(msgspec.Struct, frozen=True):
    """A sensor is silent between two times of each day, in the store's local time (`HH:MM`)."""

    sensor_id: str
    begin: str
    end: str


class Span(msgspec.Struct, frozen=True):
    """A silence on one day, in epoch milliseconds."""

    sensor_id: str
    start: int
    end: int


def parse(text: str) -> Silence:
    """Read `gw-front@10:00-10:15`.

    Raises:
        SettingError: it is written otherwise, or ends before it begins.
    """
    match = _FORM.fullmatch(text)
    if match is None or not match["begin"] < match["end"] <= "24:00":
        raise SettingError(f"`{text}` is no silence: write SENSOR@HH:MM-HH:MM, as in gw-front@10:00-10:15")
    return Silence(match["sensor"], match["begin"], match["end"])


def spans(floor: Floor, silences: Iterable[Silence], day: date) -> list[Span]:
    """The silences of one calendar day.

    Raises:
        SettingError: the store has no such sensor.
    """
    known = sensors_of(floor)
    for silence in silences:
        if silence.sensor_id not in known:
            raise SettingError(
                f"store `{floor.layout.store_id}` has no sensor `{silence.sensor_id}` to silence; it has {', '.join(sorted(known))}"
            )
    return [Span(one.sensor_id, *(clock_at(floor.layout, day, clock) // 1000 for clock in (one.begin, one.end))) for one in silences]


def sensors_of(floor: Floor) -> set[str]:
    """The names of all sensors of a store."""
    plans = [*floor.layout.gates, *floor.layout.tills, *floor.layout.gateways]
    heard = {listener.sensor_id for listener in floor.listeners.values()}
    return {plan.sensor_id for plan in plans} | heard | {shelf_sensor(shelf.shelf_id) for shelf in floor.layout.shelves}


def hush(sensors: Sensors, silent: list[Span], recorded: Iterable[Recorded], expected: Expected) -> Iterator[Recorded]:
    """Drop the readings that silent sensors would have sent, and count them."""
    for reading in recorded:
        sensor = sensors.heads[reading[1]][1]
        if any(span.sensor_id == sensor and span.start <= reading[0] < span.end for span in silent):
            expected.silenced += 1
        else:
            yield reading


def touches(floor: Floor, span: Span, walk: Walk) -> bool:
    """Whether this silence may have changed what can be known of a walk."""
    start, end = span.start - AFTERMATH, span.end + AFTERMATH
    heard = {zone for zone, listener in floor.listeners.items() if listener.sensor_id == span.sensor_id}
    return (
        any(stay.zone_id in heard and stay.start < end and stay.end > start for stay in walk.stays)
        or any(floor.gates[one.gate][0] == span.sensor_id and start <= one.at < end for one in walk.passages)
        or any(shelf_sensor(act.shelf_id) == span.sensor_id and start <= act.at < end for act in walk.acts)
        or any(paid.till == span.sensor_id and start <= paid.at < end for paid in walk.payments)
    )
