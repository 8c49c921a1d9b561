"""One partition of a Kafka topic: what its records amount to until the next flush. Pure: the caller does all I/O and says what time it is.

A record is a batch of readings of one store. `accept` takes it into the store's journeys at once; `flush` hands over all that changed
since the last flush as one `Flush`, to be written in one transaction together with the offset that it covers.
"""

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from sensors.dead_letter import DeadLetter
from sensors.reading import KAFKA_BATCH, SECOND, Reading, rfc3339
from storage.model import Advance, Clock, Count, Flush, StoredReading
from stream.journey import NEVER, Plan
from stream.store import Store

HOUR = 3600 * SECOND

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""The escape of NUL in JSON; behind an escaped backslash the same letters are only text."""

_WRONG = (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError)
"""All that decoding raises at bytes that are not ours."""

_DEAD_LETTER = msgspec.json.Decoder(DeadLetter)


class Slice(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int


class Partition:
    """The stores of one partition of `instore.readings`, or the dead letters of one of `instore.rejected`.

    Args:
        topic: the topic.
        number: the partition.
        life: which life of the topic its offsets belong to.
        stored: the next offset that the database holds; None where it holds none.
        plan_of: gives the plan of a store.
    """

    def __init__(self, topic: str, number: int, life: str, stored: int | None, plan_of: Callable[[str], Plan]) -> None:
        self.topic = topic
        self.number = number
        self.life = life
        self.stores: dict[str, Store] = {}
        self.kept_since = 0
        """Readings since then are all kept; what is older cannot be told, and is refused."""
        self.next_offset = stored or 0
        self.flushed_at: datetime | None = None
        """When the last flush was written, by the database's clock; None: by nobody, or unknown."""
        self.stored = stored or 0
        """Records before this offset are stored; what is handed over may not be yet."""
        self._handed_over = stored
        self._plan_of = plan_of
        self._arrivals: dict[str, int] = {}
        self._advanced = False
        self._accepted: list[Reading] = []
        self._late: dict[str, list[Reading]] = {}
        self._settled: list[StoredReading] = []
        self._rejected: list[DeadLetter] = []
        self._received: Counter[tuple[str, int]] = Counter()
        self._duplicate: Counter[tuple[str, int]] = Counter()

    @property
    def n_buffered(self) -> int:
        """Readings and dead letters that wait for a flush."""
        return len(self._accepted) + len(self._settled) + len(self._rejected) + sum(map(len, self._late.values()))

    @property
    def asks_back(self) -> bool:
        """Whether something has happened that can only be told with what is stored: all that was told before has to be stored then."""
        return bool(self._late) or any(store.stirred() for store in self.stores.values())

    def take_late(self) -> dict[str, list[Reading]]:
        """Give out the late readings that wait, by store; what becomes of them comes back by `settle_late`."""
        late, self._late = self._late, {}
        return late

    def settle_late(self, store_id: str, late: list[Reading], stored: set[str]) -> list[Reading]:
        """Decide on late readings: which are duplicates, and which will be stored.

        Args:
            store_id: their store.
            late: as `take_late` gave them.
            stored: the ids among theirs that the database has.

        Returns:
            Those that are new: also among themselves, and beside what is not stored yet.
        """
        known = stored | {reading.id for reading in self.buffered(store_id)}
        new: list[Reading] = []
        for reading in late:
            if reading.id in known:
                self._duplicate[store_id, _hour(reading)] += 1
            else:
                known.add(reading.id)
                new.append(reading)
        self._settled += [StoredReading(reading, is_late=True) for reading in new]
        return new

    def refuse_late(self, store_id: str, late: list[Reading]) -> None:
        """Have late readings, which `settle_late` called new, not stored after all: what they belong to is not kept any more."""
        ids = {reading.id for reading in late}
        self._settled = [one for one in self._settled if one.reading.store_id != store_id or one.reading.id not in ids]
        self._refuse(late)

    def buffered(self, store_id: str) -> list[Reading]:
        """The readings of a store, on time, that the next flush will store."""
        return [reading for reading in self._accepted if reading.store_id == store_id]

    def accept_readings(self, offset: int, value: bytes, arrived_at: int, key: bytes | None) -> bool:
        """Take in a record of `instore.readings`; False: it is covered already.

        Args:
            offset: the record's offset.
            value: its bytes; what is no batch of readings becomes one dead letter.
            arrived_at: now, in microseconds since 1970.
            key: its key, the store.
        """
        if not self._advance(offset):
            return False
        try:
            batch = _decode(value, key)
        except _WRONG as wrong:
            self._poison(offset, value, f"no batch of readings: {wrong}", arrived_at, key)
            return True
        if not batch:
            return True
        received = [reading.received_at for reading in batch]
        if min(received) // HOUR == max(received) // HOUR:  # but for the batch in which an hour ends
            self._received[batch[0].store_id, _hour(batch[0])] += len(batch)
        else:
            self._received.update((reading.store_id, _hour(reading)) for reading in batch)
        self._add(batch[0].store_id, batch, arrived_at)
        return True

    def accept_dead_letter(self, offset: int, value: bytes, arrived_at: int, key: bytes | None = None) -> bool:
        """Take in a record of `instore.rejected`; False: it is covered already."""
        if not self._advance(offset):
            return False
        try:
            letter = _DEAD_LETTER.decode(value)
        except _WRONG as wrong:
            self._poison(offset, value, f"no dead letter: {wrong}", arrived_at, key)
            return True
        self._reject(letter)
        return True

    def pass_time(self, now: int) -> None:
        """Let time go on in stores that are silent: by as much as `now` is later than their last arrival.

        A store of which something waits to be written is not silent.
        """
        busy = {reading.store_id for reading in self._accepted} | set(self._late)
        for store_id, arrived_at in self._arrivals.items():
            if store_id not in busy:
                store = self.stores[store_id]
                store.pass_time(store.store_time + now - arrived_at)

    def adopt(self, store: Store, now: int) -> None:
        """Take over a store that was restored."""
        self.stores[store.store_id] = store
        self._arrivals[store.store_id] = now

    def retake(self, store: Store) -> None:
        """Go on with a store that was read back from the database; what waits to be written, it has to hear again."""
        waiting = self.buffered(store.store_id) + self._late.pop(store.store_id, [])
        self._accepted = [reading for reading in self._accepted if reading.store_id != store.store_id]
        self.stores[store.store_id] = store
        self._hear(store, waiting)

    def flush(self) -> Flush | None:
        """Hand over what changed since the last flush, or None where nothing did. No late readings may wait.

        When the flush before was written is for the caller to fill in: it may not be written yet.
        """
        assert not self._late
        flush = Flush(
            advance=Advance(self.topic, self.number, self.life, self._handed_over, self.next_offset),
            readings=[StoredReading(reading, is_late=False) for reading in self._accepted] + self._settled,
            rejected=self._rejected,
            counts=[Count(*key, received=self._received[key], duplicate=self._duplicate[key]) for key in sorted(self._received)],
        )
        heard = {count.store_id for count in flush.counts}
        for store_id, store in self.stores.items():
            changes = store.take()
            flush.visits += changes.visits
            flush.before |= changes.before
            flush.removed += changes.removed
            flush.payments += changes.payments
            flush.signals += changes.signals
            flush.signals_gone += changes.signals_gone
            is_new = store_id in heard or changes.visits or changes.removed or changes.signals or changes.signals_gone
            if is_new and store.store_time != NEVER:  # all that came may have been refused
                flush.clocks.append(Clock(store_id, store.store_time, store.told_by))
        if not (self._advanced or flush.visits or flush.removed or flush.payments or flush.signals or flush.signals_gone):
            return None
        self._handed_over, self._advanced = self.next_offset, False
        self._accepted, self._settled, self._rejected = [], [], []
        self._received, self._duplicate = Counter(), Counter()
        return flush

    def written(self, flush: Flush, at: datetime) -> None:
        """Take note that a flush is stored, and of the time that the database says."""
        self.flushed_at, self.stored = at, flush.advance.next_offset

    def _advance(self, offset: int) -> bool:
        if offset < self.next_offset:
            return False
        self.next_offset = offset + 1
        self._advanced = True
        return True

    def _add(self, store_id: str, batch: list[Reading], arrived_at: int) -> None:
        store = self.stores.get(store_id)
        if store is None:
            store = self.stores[store_id] = Store(store_id, self._plan_of(store_id))
        self._arrivals[store_id] = arrived_at
        self._hear(store, batch)

    def _hear(self, store: Store, readings: list[Reading]) -> None:
        if self.kept_since:
            self._refuse([reading for reading in readings if reading.ts < self.kept_since])
            readings = [reading for reading in readings if reading.ts >= self.kept_since]
        accepted, late, duplicates = store.add(readings)
        self._accepted += accepted
        if late:
            self._late.setdefault(store.store_id, []).extend(late)
        self._duplicate.update((store.store_id, _hour(reading)) for reading in duplicates)

    def _refuse(self, readings: list[Reading]) -> None:
        """Make dead letters of readings, which are counted as received already."""
        self._rejected += [_too_old(reading, self.topic, self.kept_since) for reading in readings]

    def _poison(self, offset: int, value: bytes, detail: str, arrived_at: int, key: bytes | None) -> None:
        source = f"kafka:{self.topic}/{self.number}/{offset}"
        store_id = key.decode(errors="replace").replace("\0", "") if key else None
        self._reject(
            DeadLetter(
                id=source, received_at=arrived_at, source=source, store_id=store_id or None, reason="poison", detail=detail, raw=value
            )
        )

    def _reject(self, letter: DeadLetter) -> None:
        self._rejected.append(letter)
        self._received[letter.store_id or "", letter.received_at // HOUR * HOUR] += 1


def _too_old(reading: Reading, topic: str, kept_since: int) -> DeadLetter:
    """Write the dead letter of a reading of a time that is no longer kept."""
    raw = msgspec.json.encode(reading)
    return DeadLetter(
        id=blake2b(raw, digest_size=16).hexdigest(),
        received_at=reading.received_at,
        source=f"kafka:{topic}",
        store_id=reading.store_id,
        sensor_id=reading.sensor_id,
        kind=str(reading.__struct_config__.tag),
        reason="too_old",
        detail=f"it is of {rfc3339(reading.ts)}, or changes a visit that began then, and readings are kept since {rfc3339(kept_since)}",
        raw=raw,
    )


def _hour(reading: Reading) -> int:
    return reading.received_at // HOUR * HOUR


def _decode(value: bytes, key: bytes | None) -> list[Reading]:
    """Decode a batch, which must be of the store that is its key: by that, order and state are kept."""
    if b"\\" in value and b"\\u0000" in value and _NUL.search(value):  # one byte is found faster, see `decode`
        raise ValueError("a text holds the NUL character, which no database can store")
    batch = KAFKA_BATCH.decode(value)
    store_ids = {reading.store_id for reading in batch}
    if batch and store_ids != {(key or b"").decode(errors="replace")}:
        raise ValueError(f"the key is {key!r}, the readings are of {', '.join(sorted(store_ids))}")
    return batch
