"""What goes wrong between a sensor and the store's server, on purpose and counted: repetitions, disorder, broken messages.

All of it happens to the stream of arriving messages, behind the sensors. A message is what one sensor sent at once: neighbours in the
recording with the same arrival and topic. Repetition and disorder stay within `MAX_DELAY_S`, so that no reading comes later than a store's
`lateness_s`: the visits must come out as if nothing had happened. Broken messages come on top, as broken copies of good ones.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from random import Random

import msgspec

from sensors.reading import rfc3339
from sensors.topics import mqtt_topic
from sensors.urls import SettingError
from simulators.sensing.sense import Recorded
from simulators.shop.habits import SECOND

MAX_DELAY_S = 50.0
"""No message arrives later than this after its due time, however often it is delayed or repeated."""

SLACK_S = 4.0
"""What arrives undisturbed is up to this much behind the newest reading of its store (seconds): scans send when they are over."""


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """What to do to a recording.

    Attributes:
        duplicates: the share of messages that arrive a second time, from 0 to 1.
        disorder_s: every message is delayed by 0 to this many seconds, each on its own.
        malformed: broken copies, as a share of the readings, from 0 to 1.
    """

    duplicates: float = 0.0
    disorder_s: float = 0.0
    malformed: float = 0.0


@dataclass(slots=True)
class Expected:
    """What must come out behind the bridge: `received = stored + duplicate + rejected`.

    `rejected` counts by reason, in the names of `sensors.decode`. `silenced` readings were never sent.
    """

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    silenced: int = 0
    rejected: Counter[str] = field(default_factory=Counter)


def check(faults: Faults, lateness_s: float) -> None:
    """Refuse faults that a store with this lateness could not undo.

    Raises:
        SettingError: a share that is none, or a delay beyond what the store waits for.
    """
    for name, share in (("duplicates", faults.duplicates), ("malformed", faults.malformed)):
        if not 0 <= share <= 1:
            raise SettingError(f"`{name}` is a share from 0 to 1, not {share:g}")
    most = max_delay_s(lateness_s)
    if not 0 <= faults.disorder_s <= most:
        raise SettingError(
            f"`disorder` must be from 0 to {most:g} seconds, not {faults.disorder_s:g}: later readings than that would be late"
        )
    if faults.duplicates and most < 1:
        raise SettingError(f"`lateness_s` of {lateness_s:g} leaves no time for duplicates: give the store at least {SLACK_S + 1:g}")


def max_delay_s(lateness_s: float) -> float:
    """How long a message may be delayed so that a store with this lateness still takes it as on time."""
    return max(0.0, min(MAX_DELAY_S, lateness_s - SLACK_S))


Arrival = tuple[int, bytes]
"""A line of a recording, and when it arrives (epoch ms)."""


def afflict(rng: Random, faults: Faults, recorded: Iterable[Recorded], expected: Expected, lateness_s: float = 60.0) -> Iterator[Arrival]:
    """Let the faults happen to a stream of readings in order of arrival.

    Args:
        rng: where chance comes from.
        faults: what to do.
        recorded: the readings as they would arrive undisturbed.
        expected: counted up while the stream is read.
        lateness_s: the store's.

    Yields:
        The lines of the recording with their times, in the order in which they arrive now.
    """
    for at, line in _in_time(rng, faults, recorded, expected, max_delay_s(lateness_s)):
        expected.received += 1
        yield at, line
        if faults.malformed and rng.random() < faults.malformed:
            broken, reason = break_line(rng, line)
            expected.received += 1
            expected.rejected[reason] += 1
            yield at, broken


def _in_time(rng: Random, faults: Faults, recorded: Iterable[Recorded], expected: Expected, most_s: float) -> Iterator[Arrival]:
    """Delay and repeat messages. No more are in memory than arrive within the longest delay."""
    if not faults.duplicates and not faults.disorder_s:
        for at, _, line in recorded:
            expected.stored += 1
            yield at, line
        return
    waiting: list[tuple[int, int, list[bytes]]] = []
    most, number = round(most_s * SECOND), 0
    for (due, _), readings in groupby(recorded, key=lambda one: one[:2]):
        while waiting and waiting[0][0] <= due:
            yield from _arrived(heapq.heappop(waiting))
        lines = [line for _, _, line in readings]
        expected.stored += len(lines)
        delay = rng.randint(0, round(faults.disorder_s * SECOND))
        heapq.heappush(waiting, (due + delay, number, lines))
        if rng.random() < faults.duplicates:
            expected.duplicate += len(lines)
            heapq.heappush(waiting, (due + rng.randint(delay, max(delay, most)), number + 1, lines))
        number += 2
    while waiting:
        yield from _arrived(heapq.heappop(waiting))


def _arrived(message: tuple[int, int, list[bytes]]) -> Iterator[Arrival]:
    at, _, lines = message
    return ((at, line) for line in lines)


REQUIRED = {
    "entry": ("device_id", "direction"),
    "dwell": ("device_id", "zone_id"),
    "shelf": ("device_id", "shelf_id", "action"),
    "payment": ("receipt_id", "amount", "currency"),
    "status": ("state",),
}
"""Fields that a reading of each kind cannot be without, besides those of all kinds (section 2 of the design)."""

_Object = dict[str, object]


def break_line(rng: Random, line: bytes) -> tuple[bytes, str]:
    """A broken copy of a reading, and the reason for which it must be refused."""
    reason = rng.choice(tuple(BREAKS))
    return BREAKS[reason](rng, line), reason


def _cut(rng: Random, line: bytes) -> bytes:
    """The connection broke in the middle of the message, behind the names at its beginning."""
    text = line.decode()
    return text[: rng.randrange(text.index(',"ts":'), len(text))].encode()


def _without_field(rng: Random, line: bytes) -> bytes:
    reading = _copy(line)
    del reading[rng.choice(REQUIRED[str(reading["kind"])])]
    return msgspec.json.encode(reading)


def _wrong_type(rng: Random, line: bytes) -> bytes:
    """A list where text belongs."""
    reading = _copy(line)
    name = rng.choice(REQUIRED[str(reading["kind"])])
    return msgspec.json.encode(reading | {name: [reading[name]]})


def _unknown_kind(_: Random, line: bytes) -> bytes:
    return msgspec.json.encode(_copy(line) | {"kind": "teleport"})


def _without_zone(_: Random, line: bytes) -> bytes:
    """A clock that does not say where it hangs."""
    reading = _copy(line)
    ts = reading["ts"]
    local = rfc3339(ts * 1000) if isinstance(ts, int) else str(ts)
    return msgspec.json.encode(reading | {"ts": local[:23]})


def _elsewhere(_: Random, line: bytes) -> bytes:
    """A message that names another sensor than its topic does: recorded with its topic, see `simulators.recordings.messages`."""
    reading = _copy(line)
    topic = mqtt_topic(str(reading["store_id"]), str(reading["kind"]), str(reading["sensor_id"]))
    return msgspec.json.encode({"topic": topic, "payload": reading | {"sensor_id": f"{reading['sensor_id']}-moved"}})


def _copy(line: bytes) -> _Object:
    """The reading with an id of its own: it is no repetition of the good one."""
    reading: _Object = msgspec.json.decode(line, type=dict[str, object])
    return reading | {"id": f"{reading['id']}-broken"}


BREAKS: dict[str, Callable[[Random, bytes], bytes]] = {
    "not_json": _cut,
    "missing_field": _without_field,
    "wrong_type": _wrong_type,
    "unknown_kind": _unknown_kind,
    "no_time_zone": _without_zone,
    "topic_mismatch": _elsewhere,
}
"""The ways of being wrong, by the reason for which a reading is refused."""
