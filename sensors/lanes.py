"""How readings are batched into Kafka records, and when an MQTT message may be acknowledged. Pure: no I/O, no clock.

Two rules, after Nagle's algorithm:

1. **A store has at most one record under way to each topic.** What comes meanwhile waits and becomes the next record. So the order within
   a store survives whatever Kafka's client does, and a record that failed can be sent again without overtaking anything.
2. **While anything is under way, nothing else is sent for up to 50 ms; and as long as messages keep coming, rounds of records are 20 ms
   apart.** A record costs us, Kafka and the worker as much as some dozen readings, so under load records grow, up to 1,000 readings. A
   reading that comes alone goes at once. And a broker that sends only so many messages ahead never waits for a batch to fill: a round
   comes early where nothing followed for 2 ms, where a full record may wait, or half as many messages as ever waited.

Dead letters have no order: each is a record of its own.

An MQTT message is acknowledged when Kafka has every record that came of it, and not before the messages that came before it:
MQTT wants acknowledgements in order of arrival, and some brokers insist.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from sensors.dead_letter import DeadLetter
from sensors.decode import Decoded
from sensors.reading import KAFKA_ENCODER, Reading, Sighting
from sensors.topics import READINGS, REJECTED, SIGHTINGS

MAX_RECORD_READINGS = 1_000
"""Readings in a record, at most."""

MAX_RECORD_BYTES = 1 << 19
"""Bytes in a record, at most, except for a reading that is larger alone; Kafka takes 1 MiB where nobody configured otherwise."""

HOLD_S = 0.05
"""How long records wait for others that are under way."""

ROUND_S = 0.02
"""From one round of records to the next, where messages keep coming and little waits."""

QUIET_S = 0.002
"""Where no message has come for so long, none is waited for: it is all that there is, or all that the broker sends ahead."""

FEW_MESSAGES = 10
"""So many messages wait no longer: mosquitto sends twice as many ahead where nobody configured otherwise."""


@dataclass(slots=True)
class Delivery:
    """An MQTT message on its way through: its number and QoS there, how large it is, and what of it Kafka does not have yet."""

    mid: int
    qos: int
    n_bytes: int
    n_elements: int = 0
    open: int = 0


@dataclass(slots=True)
class Record:
    """One Kafka record. `covers` are the deliveries that wait for it, one entry for each part of theirs."""

    topic: str
    key: bytes | None
    value: bytes
    n_elements: int
    covers: list[Delivery]


@dataclass(slots=True)
class _Part:
    delivery: Delivery
    n_elements: int
    body: bytes


@dataclass(slots=True)
class _Lane:
    """What waits for one topic and store, and whether a record of it is under way."""

    topic: str
    key: bytes
    waiting: deque[_Part] = field(default_factory=deque)
    busy: bool = False


class Lanes:
    """Everything between MQTT and Kafka. Times are seconds of any clock that does not go back."""

    def __init__(self) -> None:
        self.held_elements = 0
        """Readings, sightings and dead letters of deliveries that Kafka does not have completely."""
        self.held_bytes = 0
        """The bytes of the payloads of these deliveries."""
        self.under_way: dict[int, Record] = {}
        """Records that were given out and are not done, by identity, in order of their giving out."""
        self._lanes: dict[tuple[str, bytes], _Lane] = {}
        self._ready: dict[tuple[str, bytes], _Lane] = {}
        self._loose: list[Record] = []
        self._given_out = -math.inf
        self._unacknowledged: deque[Delivery] = deque()
        self._most_waited = 0
        self._has_come, self._came_at = False, -math.inf

    def add(self, delivery: Delivery, decoded: Decoded) -> None:
        """Take in what an MQTT message contained."""
        readings, sightings, rejected = decoded
        for topic, things in ((READINGS, readings), (SIGHTINGS, sightings)):
            if things:
                for key, part in _parts(delivery, things):
                    self._queue(topic, key, part)
        if rejected:
            self._loose.extend(_letter(delivery, letter) for letter in rejected)
            delivery.open += len(rejected)
        self._has_come = True
        delivery.n_elements = len(readings) + len(sightings) + len(rejected)
        self._unacknowledged.append(delivery)
        if delivery.open:
            self.held_elements += delivery.n_elements
            self.held_bytes += delivery.n_bytes

    def add_record(self, delivery: Delivery, topic: str, key: bytes | None, value: bytes) -> None:
        """Take in what was a record already, with `delivery.n_elements`: its readings may go on together with others of their store."""
        if key is None or topic == REJECTED:
            self._loose.append(Record(topic, key, value, delivery.n_elements, [delivery]))
            delivery.open += 1
        else:
            self._queue(topic, key, _Part(delivery, delivery.n_elements, value[1:-1]))
        self._unacknowledged.append(delivery)
        self.held_elements += delivery.n_elements
        self.held_bytes += delivery.n_bytes

    def due_in_s(self, now: float) -> float:
        """In how many seconds `ready` gives out records, if nothing more happens; infinite: it has none."""
        if self._has_come:
            self._came_at, self._has_come = now, False
        if not (self._loose or self._ready):
            return math.inf
        if self.under_way:
            return self._given_out + HOLD_S - now
        if self.held_elements >= MAX_RECORD_READINGS or len(self._unacknowledged) >= max(FEW_MESSAGES, self._most_waited // 2):
            return 0.0
        return min(self._given_out + ROUND_S, self._came_at + QUIET_S) - now

    def ready(self, now: float) -> list[Record]:
        """Give out the records that can be sent now; each must be given back to `done` when Kafka has it."""
        return self.give_out(now) if self.due_in_s(now) <= 0.0 else []

    def give_out(self, now: float) -> list[Record]:
        """Give out records though others could join them."""
        self._given_out = now
        self._most_waited = max(self._most_waited, len(self._unacknowledged))
        records = self._loose
        self._loose = []
        records.extend(_next_record(lane) for lane in self._ready.values())
        self._ready.clear()
        self.under_way.update((id(record), record) for record in records)
        return records

    def done(self, record: Record) -> None:
        """Take note that Kafka has a record."""
        del self.under_way[id(record)]
        for delivery in record.covers:
            delivery.open -= 1
            if not delivery.open:
                self.held_elements -= delivery.n_elements
                self.held_bytes -= delivery.n_bytes
        if record.key is None or (where := (record.topic, record.key)) not in self._lanes:
            return
        lane = self._lanes[where]
        lane.busy = False
        if lane.waiting:
            self._ready[where] = lane
        else:
            del self._lanes[where]

    def settled(self) -> Iterator[Delivery]:
        """Give out, in order of arrival, the deliveries that can be acknowledged."""
        while self._unacknowledged and not self._unacknowledged[0].open:
            yield self._unacknowledged.popleft()

    def forget_deliveries(self) -> int:
        """Acknowledge nothing of what came so far: the connection on which it came is gone. Its readings go to Kafka all the same.

        Returns:
            How many deliveries will not be acknowledged; the broker sends them again.
        """
        n_forgotten = len(self._unacknowledged)
        self._unacknowledged.clear()
        self._most_waited = 0
        return n_forgotten

    @property
    def empty(self) -> bool:
        """Whether Kafka has everything."""
        return not (self.under_way or self._loose or self._lanes)

    def _queue(self, topic: str, key: bytes, part: _Part) -> None:
        part.delivery.open += 1
        where = (topic, key)
        lane = self._lanes.get(where)
        if lane is None:
            lane = self._lanes[where] = _Lane(topic, key)
        lane.waiting.append(part)
        if not lane.busy:
            self._ready[where] = lane


def _next_record(lane: _Lane) -> Record:
    """Take from a lane what fits into a record."""
    taken = [lane.waiting.popleft()]
    n_elements, n_bytes = taken[0].n_elements, len(taken[0].body)
    while lane.waiting:
        n_elements += lane.waiting[0].n_elements
        n_bytes += len(lane.waiting[0].body) + 1
        if n_elements > MAX_RECORD_READINGS or n_bytes > MAX_RECORD_BYTES:
            break
        taken.append(lane.waiting.popleft())
    lane.busy = True
    value = b"[%b]" % b",".join([part.body for part in taken])
    return Record(lane.topic, lane.key, value, sum(part.n_elements for part in taken), [part.delivery for part in taken])


def _parts(delivery: Delivery, things: Sequence[Reading | Sighting]) -> list[tuple[bytes, _Part]]:
    """Cut what a message contained by store, and into pieces that fit into a record."""
    stores: dict[str, list[Reading | Sighting]] = {}
    for thing in things:
        stores.setdefault(thing.store_id, []).append(thing)
    return [
        (store_id.encode(), _Part(delivery, n_elements, body))
        for store_id, of_store in stores.items()
        for body, n_elements in _bodies(of_store)
    ]


def _bodies(things: list[Reading | Sighting]) -> list[tuple[bytes, int]]:
    """Encode readings as the inside of one JSON array, or of several where they do not fit into one record."""
    body = KAFKA_ENCODER.encode(things)[1:-1] if len(things) <= MAX_RECORD_READINGS else b""
    if len(things) > 1 and (not body or len(body) > MAX_RECORD_BYTES):
        half = len(things) // 2
        return _bodies(things[:half]) + _bodies(things[half:])
    return [(body, len(things))]


def _letter(delivery: Delivery, letter: DeadLetter) -> Record:
    key = None if letter.store_id is None else letter.store_id.encode()
    return Record(REJECTED, key, msgspec.json.encode(letter), 1, [delivery])
