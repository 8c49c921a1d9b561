"""A sensor that says nothing for a while: its readings of that time are never sent, and some visits can no longer be seen as they were."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from heapq import merge
from itertools import islice
from operator import itemgetter
from random import Random

import msgspec

from sensors.hours import clock_at
from sensors.urls import SettingError
from simulators.sensing.faults import Expected
from simulators.sensing.sense import Recorded, Sensors, is_open, shelf_sensor
from simulators.shop.floor import Floor
from simulators.shop.habits import HOUR, SECOND
from simulators.shop.opening import Window, power, windows

WILL_AFTER = 90 * SECOND
"""A broker misses a sensor after one and a half times the keep-alive of MQTT, a minute mostly, and sends its last will then."""

_FORM = re.compile(r"(?P<sensor>.+)@(?P<begin>[0-2]\d:[0-5]\d)-(?P<end>[0-2]\d:[0-5]\d)")


class Silence(msgspec.Struct, frozen=True):
    """A sensor is silent between two times of each day, in the store's local time (`HH:MM`).

    Attributes:
        sensor_id: which.
        begin: from when on; `end` until when.
        fades_h: for so many hours before that, ever less of what it says gets through.
        has_will: the broker sends its last will, and it says when it is back.
    """

    sensor_id: str
    begin: str
    end: str
    fades_h: float = 0.0
    has_will: bool = False


class Span(msgspec.Struct, frozen=True):
    """A silence on one day, in epoch milliseconds.

    Attributes:
        sensor_id: who is silent.
        start: from when on; `end` until when.
        fades: for so long before that, ever less gets through.
        connected: when it had connected to the broker; None: it has no last will there.
        speaks: it is not silent at all, but what it says is wrong: by so much `ahead` of its time, or `behind`, at most.
    """

    sensor_id: str
    start: int
    end: int
    fades: int = 0
    connected: int | None = None
    speaks: bool = False
    ahead: int = 0
    behind: int = 0

    def takes(self, rng: Random, at: int) -> bool:
        """Whether something that is said at a time does not get through."""
        if at < self.start:
            return self.start - self.fades <= at and rng.random() * self.fades < at - self.start + self.fades
        return at < self.end


Word = tuple[int, bool, Span]
"""What is said of a silence at a time (epoch ms): that the sensor is back, or its last will."""


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
    for silence in silences:
        check_sensor(floor, silence.sensor_id, "to silence")
    return [_span(floor, silence, day) for silence in silences]


def check_sensor(floor: Floor, sensor_id: str, to: str) -> None:
    """Refuse a sensor that the store does not have.

    Args:
        floor: the store.
        sensor_id: which is named.
        to: what shall happen to it, in the words of the sentence.

    Raises:
        SettingError: it is none; the sentence says which there are.
    """
    known = sensors_of(floor)
    if sensor_id not in known:
        raise SettingError(f"store `{floor.layout.store_id}` has no sensor `{sensor_id}` {to}; it has {', '.join(sorted(known))}")


def _span(floor: Floor, silence: Silence, day: date) -> Span:
    start, end = (clock_at(floor.layout, day, clock) // 1000 for clock in (silence.begin, silence.end))
    known = windows(floor.layout, day - timedelta(days=1)) + windows(floor.layout, day)  # sensors of an evening may be on after midnight
    on = next((power(window)[0] for window in known if power(window)[0] <= start < power(window)[1]), start)
    return Span(silence.sensor_id, start, end, round(silence.fades_h * HOUR), on if silence.has_will else None)


def sensors_of(floor: Floor) -> set[str]:
    """The names of all sensors of a store."""
    plans = [*floor.layout.gates, *floor.layout.tills, *floor.layout.gateways]
    heard = {listener.sensor_id for listener in floor.listeners.values()}
    return {plan.sensor_id for plan in plans} | heard | {shelf_sensor(shelf.shelf_id) for shelf in floor.layout.shelves}


def hush(rng: Random, sensors: Sensors, silent: list[Span], recorded: Iterable[Recorded], expected: Expected) -> Iterator[Recorded]:
    """Drop the readings that silent sensors would have sent, and count them.

    Args:
        rng: what gets through while a battery fades.
        sensors: whose topics the numbers are.
        silent: the silences.
        recorded: what sensors say, in order of arrival.
        expected: counted up.
    """
    for reading in recorded:
        sensor = sensors.heads[reading[1]][1]
        if any(span.sensor_id == sensor and span.takes(rng, reading[0]) for span in silent):
            expected.silenced += 1
        else:
            yield reading


def with_wills(
    sensors: Sensors, silent: list[Span], now: tuple[Window, int], waiting: list[Word], recorded: Iterable[Recorded]
) -> Iterator[Recorded]:
    """Add what brokers say of sensors that fall silent in a window, and what these say when they are back.

    Args:
        sensors: whose topics the numbers are.
        silent: the silences, of any time.
        now: the window, and when the next one's sensing begins (epoch ms).
        waiting: what is to be said after that; is kept there.
        recorded: what sensors say in the window, in order of arrival.
    """
    window, until = now
    coming = iter(recorded)
    first = list(islice(coming, 1))  # now the sensors have their numbers, in their own order
    words = waiting + [word for span in silent for word in _words(span, window)]
    waiting[:] = [word for word in words if word[0] >= until]
    wills = [_line(sensors, word) for word in sorted(words, key=itemgetter(0, 1)) if word[0] < until]
    yield from merge(first, coming, wills, key=lambda one: one[0])


def _words(span: Span, window: Window) -> Iterator[Word]:
    """What is said of an outage in a window: the last will where it begins, and that the sensor is back where it ends.

    Who is off when it begins has said so, and has left no will. Who is off when it ends says nothing until it is switched on, as ever.
    """
    on, off = power(window)
    if span.connected is None:
        return
    if on <= span.start < off:
        yield min(span.start + WILL_AFTER, span.end), False, span
    if on < span.end < off or (span.end == on and not window.fresh):
        yield span.end, True, span


def _line(sensors: Sensors, word: Word) -> Recorded:
    """The last will, in the words that were left with the broker on connecting, or what the sensor says when it is back."""
    at, is_back, span = word
    topic = sensors.topic("status", span.sensor_id)
    head, _ = sensors.heads[topic]
    if not is_back:
        return at, topic, f'{head}will-{span.start}","ts":{span.connected},"state":"offline"}}'.encode()
    state = "online" if is_open(sensors.openings_of(span.sensor_id), at) else "offline"
    return at, topic, f'{head}back-{at}","ts":{at},"state":"{state}"}}'.encode()
