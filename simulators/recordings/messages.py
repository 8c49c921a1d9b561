"""A recording as the MQTT messages that it stands for. Pure.

A recording holds one element of a message a line, in order of arrival. Neighbours of one topic are one message, an array, as a gateway
sends it. Lines are passed on byte for byte; they are only read as far as their topic and time. What a line is:

- a JSON object with `store_id`, `kind` and `sensor_id` belongs to the topic of these three;
- `{"topic": ..., "payload": ...}`, and nothing else, is a message recorded with its topic: the payload goes there as it is, a JSON text as
  the text that it says. It stands alone, and is how a message can be recorded that contradicts its own topic;
- anything else is the payload of a message alone. Its topic is made of what can be found in its text of `store_id`, `kind` and `sensor_id`;
  what cannot be found becomes the store of the line before, `unknown` and `recording`.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from sensors.event_time import parse
from sensors.reading import SECOND
from sensors.refused import Refused
from sensors.topics import mqtt_topic, place

MAX_READINGS = 100
"""No message holds more readings."""

MAX_BYTES = 1 << 16
"""No message of several readings is larger: brokers and bridges have limits."""

MAX_SPAN = SECOND
"""No message holds readings that are further apart (microseconds): two scans are two messages."""

OLDEST = 946_684_800 * SECOND
"""The year 2000: an earlier time is of a clock that nobody had set, as a gateway's is before it has asked for the time."""

NO_STORE, NO_KIND, NO_SENSOR = "unknown", "unknown", "recording"


class Message(NamedTuple):
    """What is published at once.

    Attributes:
        topic: where.
        payload: one reading, or an array of several.
        readings: how many.
        store_id: whose, by the topic.
        kind: which, by the topic.
        first_ts: the earliest time in it, microseconds since 1970; None where none can be read.
        last_ts: the latest one.
        size: bytes of the recording that it was made from, line feeds included.
        at: when it came, by the recorder's clock, microseconds since 1970; None where only its readings tell a time.
        due: the same by a clock that nobody sets; None as `at`.
        qos: with which quality of service it came.
        retain: the broker had kept it.
    """

    topic: str
    payload: bytes
    readings: int
    store_id: str
    kind: str
    first_ts: int | None
    last_ts: int | None
    size: int
    at: int | None = None
    due: int | None = None
    qos: int = 1
    retain: bool = False


class _Head(msgspec.Struct, gc=False):
    """As much of a reading as its topic and time need; the rest is checked to be JSON and left alone."""

    store_id: str
    kind: str
    sensor_id: str
    ts: object = None


class _Recorded(msgspec.Struct, forbid_unknown_fields=True):
    """A message recorded with its topic."""

    topic: str
    payload: msgspec.Raw


class _Line(NamedTuple):
    """A line, read as far as needed; `alone` where it may not share an array with others."""

    topic: str
    payload: bytes
    ts: int | None
    alone: bool
    size: int


_HEAD = msgspec.json.Decoder(_Head)
_RECORDED = msgspec.json.Decoder(_Recorded)
_FIELDS = {name: re.compile(rb'"' + name.encode() + rb'"\s*:\s*("(?:[^"\\]|\\.)*")') for name in ("store_id", "kind", "sensor_id")}
_NOT_IN_A_TOPIC = frozenset("+#\0")


def messages(lines: Iterable[bytes]) -> Iterator[Message]:
    """Put the lines of a recording together to messages.

    Args:
        lines: without line feeds; empty ones are left out.

    Yields:
        The messages, in the order of the lines.
    """
    batch: list[_Line] = []
    size = 0
    for line in _read(lines):
        if batch and not _joins(batch, size, line):
            yield _message(batch)
            batch, size = [], 0
        batch.append(line)
        size += len(line.payload)
    if batch:
        yield _message(batch)


def time_of(value: object) -> int | None:
    """The time that stands in `ts`, in microseconds since 1970; None if it is none."""
    try:
        return parse(value)
    except Refused:
        return None


def first_and_last(times: Iterable[int | None], latest: int | None = None) -> tuple[int | None, int | None]:
    """The ends of what the readings of a message tell.

    Times of clocks that nobody had set count only where there are no others, and so do those of clocks that are ahead.

    Args:
        times: microseconds since 1970; None where there is none.
        latest: no later one is believed; None: any is.
    """
    told = [ts for ts in times if ts is not None]
    told = [ts for ts in told if ts >= OLDEST] or told
    believed = [ts for ts in told if latest is None or ts <= latest] or told
    return min(believed, default=None), max(believed, default=None)


def _read(lines: Iterable[bytes]) -> Iterator[_Line]:
    store = NO_STORE
    for line in lines:
        if not line.strip():
            continue
        read = _reading(line) or _with_topic(line) or _anything(line, store)
        where = place(read.topic)
        store = where.store_id if where else store
        yield read


def _reading(line: bytes) -> _Line | None:
    """A JSON object that names its topic itself."""
    try:
        head = _HEAD.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    topic = mqtt_topic(head.store_id, head.kind, head.sensor_id)
    return _Line(topic, line, time_of(head.ts), False, len(line) + 1) if _is_topic(topic) else None


def _with_topic(line: bytes) -> _Line | None:
    """A message recorded with its topic."""
    try:
        recorded = _RECORDED.decode(line)
        payload = bytes(recorded.payload)
        text = msgspec.json.decode(payload) if payload.startswith(b'"') else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if not recorded.topic or not _NOT_IN_A_TOPIC.isdisjoint(recorded.topic):
        return None
    return _Line(recorded.topic, text.encode() if isinstance(text, str) else payload, None, True, len(line) + 1)


def _anything(line: bytes, store: str) -> _Line:
    """Whatever it is, somebody sent it: find out where to."""
    found = {name: _text(pattern.search(line)) for name, pattern in _FIELDS.items()}
    topic = mqtt_topic(found["store_id"] or store, found["kind"] or NO_KIND, found["sensor_id"] or NO_SENSOR)
    return _Line(topic if _is_topic(topic) else mqtt_topic(store, NO_KIND, NO_SENSOR), line, None, True, len(line) + 1)


def _text(match: re.Match[bytes] | None) -> str | None:
    try:
        return msgspec.json.decode(match[1], type=str) if match else None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _is_topic(topic: str) -> bool:
    """Whether one can publish there, and its parts are what they seem."""
    return _NOT_IN_A_TOPIC.isdisjoint(topic) and place(topic) is not None


def _joins(batch: list[_Line], size: int, line: _Line) -> bool:
    """Whether a line belongs to the same message as those before it."""
    first = batch[0]
    return (
        line.topic == first.topic
        and not line.alone
        and not first.alone
        and len(batch) < MAX_READINGS
        and size + len(line.payload) + len(batch) < MAX_BYTES
        and (line.ts is None or first.ts is None or abs(line.ts - first.ts) <= MAX_SPAN)
    )


def _message(batch: list[_Line]) -> Message:
    payload = batch[0].payload if len(batch) == 1 else b"[" + b",".join(line.payload for line in batch) + b"]"
    where = place(batch[0].topic)
    first_ts, last_ts = first_and_last(line.ts for line in batch)
    store_id, kind = (where.store_id, where.kind) if where else (NO_STORE, NO_KIND)
    return Message(batch[0].topic, payload, len(batch), store_id, kind, first_ts, last_ts, sum(line.size for line in batch))
