"""A fuzz: messages that are nearly right, through decoding into Kafka's records, and these, changed again, into a worker's partitions."""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import NamedTuple, TextIO

from sensors.lanes import Record
from sensors.topics import READINGS, REJECTED, SIGHTINGS
from tests.fuzz.claims import Taken, check_message
from tests.fuzz.mutate import mutated
from tests.fuzz.seeds import NOW, seeds

ODD_KEYS = (None, b"", b"\xff", b"a\0b", b"x" * 5000)
ODD_TOPICS = (
    "",
    "instore/v1/s1/dwell",
    "instore/v1/s\0/dwell/gw-1",
    f"instore/v1/{'s' * 257}/dwell/gw-1",
    "instore/v1/\U0001f600/entry/\u2028",
)
RENEWED = 500
"""After so many messages the worker's partitions begin anew, so that one odd reading does not decide all that follows."""

KEPT = 400
"""Records that are kept to be changed."""


class Wrong(Exception):
    """Something does not hold; it says of which bytes."""


class Message(NamedTuple):
    """What is tried: `topic` is that of MQTT."""

    topic: str | None
    payload: bytes


def messages(rng: Random) -> Iterator[Message]:
    """Make messages for ever."""
    known = seeds()
    payloads = [seed.payload for seed in known]
    while True:
        seed = rng.choice(known)
        topic = seed.topic if rng.random() < 0.8 else rng.choice((None, *ODD_TOPICS, rng.choice(known).topic))
        yield Message(topic, mutated(rng, seed.payload, payloads))


class Fuzz:
    """Tries messages, and what comes of them.

    Args:
        seed: other seeds, other changes of records.
    """

    def __init__(self, seed: int) -> None:
        self.counts: Counter[str] = Counter()
        """What became of messages: `reading`, `sighting`, reasons; of records that were changed: `record taken`, `record refused`."""
        self._rng = Random(f"records/{seed}")
        self._records: list[Record] = []
        self.n_tried = 0
        self._taken = Taken(NOW)

    def try_message(self, message: Message) -> None:
        """Try a message, what comes of it, and a record that is nearly one.

        Raises:
            Wrong: something raised, or does not hold.
        """
        if self.n_tried % RENEWED == 0:
            self._taken = Taken(NOW)
        self.n_tried += 1
        try:
            counts, records = check_message(message.payload, message.topic, NOW)
            for record in records:
                self._try_own(record)
        except Exception as wrong:
            raise Wrong(f"{type(wrong).__name__}: {wrong}; of {message!r}") from wrong
        self.counts.update(counts)
        self._try_changed()

    def _try_own(self, record: Record) -> None:
        """A record of the bridge's own is never refused by the worker."""
        if record.topic == SIGHTINGS:
            return
        flush = self._taken.take(record.topic, record.key, record.value)
        assert "poison" not in {letter.reason for letter in flush.rejected}
        assert sum(count.received for count in flush.counts) == record.n_elements
        if len(self._records) < KEPT:
            self._records.append(record)
        elif self._rng.random() < 0.01:
            self._records[self._rng.randrange(KEPT)] = record

    def _try_changed(self) -> None:
        """What somebody else may write to our topics stops nobody."""
        if not self._records:
            return
        rng = self._rng
        record = rng.choice(self._records)
        value = mutated(rng, record.value, [rng.choice(self._records).value])
        topic = record.topic if rng.random() < 0.9 else rng.choice((READINGS, REJECTED))
        key = record.key if rng.random() < 0.9 else rng.choice(ODD_KEYS)
        try:
            flush = self._taken.take(topic, key, value)
        except Exception as wrong:
            raise Wrong(f"{type(wrong).__name__}: {wrong}; of the record {key!r}: {value!r} of {topic}") from wrong
        self.counts["record refused" if any(letter.reason == "poison" for letter in flush.rejected) else "record taken"] += 1


def report(fuzz: Fuzz, out: TextIO) -> None:
    """Print what became of messages."""
    out.write(f"{fuzz.n_tried} messages were tried; all that is claimed of them holds\n")
    out.writelines(f"{count:12}  {what}\n" for what, count in fuzz.counts.most_common())
