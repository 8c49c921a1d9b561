"""The sensors of a benchmark: a process that publishes simulated days of a chain over MQTT, lap after lap, no faster than allowed.

A gateway sends what it heard in `SPAN` as one message. Each store sends the same days; a further lap is the same, later and with other ids.
All that is done while it is measured is to replace some bytes.
"""

import multiprocessing
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from multiprocessing.sharedctypes import Synchronized
from typing import NamedTuple

import msgspec

from benchmarks.chain import arrivals, layouts_of
from benchmarks.mqtt_line import Line
from benchmarks.running import Stuck
from sensors.event_time import parse
from sensors.reading import SECOND
from sensors.topics import mqtt_topic
from sensors.urls import MqttUrl
from simulators.recordings.messages import Message
from simulators.shop.floor import builtin

SPAN = 10 * SECOND
"""A gateway sends as one message what it heard in so long (microseconds of the store's time)."""

MOST_READINGS = 100
"""No message holds more readings."""

DAYS_AGO = 400
"""The first day, so that laps end before today."""

_SEED = 1
_WAIT_S = 0.002
_STORE = b"bench-1"
_LATER = 100_000_000
"""A lap is so many milliseconds later than the one before, 28 h: only the first five digits of a time change."""

_TOKEN = re.compile(rb'"id":"[^"]*-([0-9a-f]{8})-\d+"')
_TEXT_TIME = re.compile(rb'"ts":"(\d{4}-[^"]+(?:Z|[+-]\d\d:\d\d))"')
_TIME = re.compile(rb'"ts":(\d{5})\d{8}\b')


class Template(NamedTuple):
    """A message of the first store on the first lap: its kind and sensor, its payload, and how many readings it has."""

    kind: str
    sensor_id: str
    payload: bytes
    n_readings: int


class Day(NamedTuple):
    """What a store sends in a lap, the part of its ids and the beginnings of its times that each lap replaces (largest first)."""

    templates: list[Template]
    token: bytes
    times: list[int]

    @property
    def readings(self) -> int:
        """How many there are."""
        return sum(template.n_readings for template in self.templates)

    def lap(self, number: int, stores: int) -> Iterator[tuple[str, bytes, int]]:
        """The messages of all stores in a lap: topic, payload and how many readings."""
        changes = [(b'"ts":%d' % time, b'"ts":%d' % (time + number)) for time in self.times] if number else []
        changes.append((b"-%b-" % self.token, b"-%b%04x-" % (self.token[:4], number)))
        for template in self.templates:
            payload = template.payload
            for old, new in changes:
                payload = payload.replace(old, new)
            for store in range(1, stores + 1):
                store_id = f"bench-{store}"
                of_store = payload.replace(b'"%b"' % _STORE, b'"%b"' % store_id.encode())
                yield mqtt_topic(store_id, template.kind, template.sensor_id), of_store, template.n_readings


def day(shoppers: int, first_day: date | None = None) -> Day:
    """Simulate a day of one store, as its gateways send it."""
    first_day = first_day or (datetime.now(UTC) - timedelta(days=DAYS_AGO)).date()
    [layout] = layouts_of(builtin("grocery"), 1)
    messages = (_with_numbers(arrival.message) for arrival in arrivals([layout], shoppers, first_day, 1, _SEED))
    templates = list(gathered(messages))
    tokens = {token for template in templates for token in _TOKEN.findall(template.payload)}
    times = {int(time) for template in templates for time in _TIME.findall(template.payload)}
    [token] = tokens
    return Day(templates, token, sorted(times, reverse=True))


def _with_numbers(message: Message) -> Message:
    """Write times that are text as milliseconds, as other sensors do: so that a lap can make them later."""
    return message._replace(payload=_TEXT_TIME.sub(lambda found: b'"ts":%d' % (parse(found[1].decode()) // 1000), message.payload))


def gathered(messages: Iterator[Message]) -> Iterator[Template]:
    """Join the messages of a sensor that are near each other; broken ones stay alone."""
    waiting: dict[tuple[str, str], list[Message]] = {}
    for message in messages:
        sensor_id = message.topic.rpartition("/")[2]
        if message.last_ts is None or not _is_whole(message.payload):
            yield Template(message.kind, sensor_id, message.payload, message.readings)
            continue
        for where in [where for where, joined in waiting.items() if message.last_ts >= (joined[0].last_ts or 0) + SPAN]:
            yield _joined(waiting.pop(where), where[1])
        joined = waiting.setdefault((message.kind, sensor_id), [])
        if sum(one.readings for one in joined) + message.readings > MOST_READINGS:
            yield _joined(joined, sensor_id)
            joined.clear()
        joined.append(message)
    for (_, sensor_id), joined in waiting.items():
        yield _joined(joined, sensor_id)


def _joined(joined: list[Message], sensor_id: str) -> Template:
    bodies = [one.payload[1:-1] if one.payload.startswith(b"[") else one.payload for one in joined]
    return Template(joined[0].kind, sensor_id, b"[%b]" % b",".join(bodies), sum(one.readings for one in joined))


def _is_whole(payload: bytes) -> bool:
    try:
        return isinstance(msgspec.json.decode(payload), dict | list)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False


class Publisher:
    """A publisher that runs in a process of its own.

    Args:
        allowed: so many readings may be published; set it to a larger number for more.
        published: so many were.
        pid: its process.
    """

    def __init__(self, allowed: "Synchronized[float]", published: "Synchronized[float]", pid: int) -> None:
        self._allowed, self._published, self.pid = allowed, published, pid

    @property
    def published(self) -> float:
        """Readings that were published since the start."""
        return self._published.value

    def allow(self, readings: float) -> None:
        """Let it publish so many since the start, and no more."""
        self._allowed.value = readings


@contextmanager
def publishing(url: str, shoppers: int, stores: int, wait: Callable[[Callable[[], bool], str], None]) -> Iterator[Publisher]:
    """Have a publisher until the block ends; it publishes nothing before it is allowed to.

    Args:
        url: the MQTT broker.
        shoppers: who come to each store a day.
        stores: how many.
        wait: waits until something is so.
    """
    spawn = multiprocessing.get_context("spawn")
    allowed, published = spawn.Value("d", 0.0), spawn.Value("d", -1.0)
    process = spawn.Process(target=_publish, args=(url, shoppers, stores, allowed, published), daemon=True)
    process.start()
    try:
        wait(lambda: published.value >= 0 or not process.is_alive(), "the publisher is not ready")
        if published.value < 0:
            raise Stuck(f"the publisher cannot use the MQTT broker at {MqttUrl.parse(url)}")
        yield Publisher(allowed, published, process.pid or 0)
    finally:
        process.terminate()
        process.join()


def _publish(url: str, shoppers: int, stores: int, allowed: "Synchronized[float]", published: "Synchronized[float]") -> None:
    """Publish until it is ended."""
    of_day = day(shoppers)
    line = Line(MqttUrl.parse(url))
    done = published.value = 0.0
    for number in count():
        for topic, payload, n_readings in of_day.lap(number, stores):
            while done + n_readings > allowed.value:
                line.turn(_WAIT_S)
            line.send(topic, payload)
            done += n_readings
            published.value = done
