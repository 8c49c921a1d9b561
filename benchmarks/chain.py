"""A chain of simulated stores, heard as bridge and worker hear it, without brokers: messages are decoded, told by the engine, and flushed.

Same arguments, same flushes.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from heapq import merge
from random import Random
from typing import NamedTuple

import msgspec
from msgspec import structs

from sensors.decode import decode
from sensors.layout import Layout
from sensors.reading import KAFKA_ENCODER, SECOND
from sensors.topics import READINGS, REJECTED
from simulators.recordings.messages import Message, messages
from simulators.sensing.faults import Expected, Faults
from simulators.shop.habits import Habits
from simulators.simulate import Options, simulate
from storage.model import Flush
from stream.journey import Plan
from stream.partition import Partition

SMALL = 6
"""The first store is the flagship; each other one has a sixth of its shoppers."""

FAULTS = Faults(duplicates=0.002, disorder_s=2.0, malformed=0.0002)
"""Some of what happens everywhere, so that no table is empty."""

UNDER_WAY = 20_000, 400_000
"""So many microseconds a message is under way from the newest moment in it."""

FLUSH_READINGS = 5_000
"""Readings of one flush where nothing else is said: what a busy worker writes at once."""

QUIET = 3 * 3600 * SECOND
"""After the last message of some days: every visit is final by then."""

_LIFE = "instore bench"


class Arrival(NamedTuple):
    """A message and when it is received (microseconds since 1970)."""

    at: int
    message: Message


def layouts_of(plan: Layout, stores: int) -> list[Layout]:
    """The plans of the chain: the same store many times, as discounters build them."""
    return [structs.replace(plan, store_id=f"bench-{number}", name=f"Bench {number}") for number in range(1, stores + 1)]


def arrivals(layouts: Sequence[Layout], shoppers: int, first_day: date, days: int, seed: int) -> Iterator[Arrival]:
    """All messages of the stores in the order in which they are received.

    Args:
        layouts: the stores, the flagship first.
        shoppers: how many come to the flagship on the mean open day.
        first_day: the first calendar day, in the stores' zone.
        days: how many calendar days.
        seed: other seeds, other people.
    """
    sizes = [shoppers, *[max(1, shoppers // SMALL)] * (len(layouts) - 1)]
    wanted = [
        Options(layout=layout, first_day=first_day, days=days, seed=seed, habits=Habits(shoppers=size), faults=FAULTS)
        for layout, size in zip(layouts, sizes, strict=True)
    ]
    return merge(*map(_received, wanted), key=lambda arrival: arrival.at)


def _received(wanted: Options) -> Iterator[Arrival]:
    """The messages of one store; its time never goes back."""
    chance = Random(f"{wanted.seed}/{wanted.layout.store_id}/way")
    clock = 0
    lines = (line for day in simulate(wanted, Expected()) for line in day.lines)
    for message in messages(lines):
        clock = max(clock, (message.last_ts or 0) + chance.randint(*UNDER_WAY))
        yield Arrival(clock, message)


class Intake:
    """Takes messages in, and gives out what has to be written.

    Args:
        layouts: the plans of all stores that are heard.
        stored: the next offset of each topic that the database holds.
    """

    def __init__(self, layouts: Sequence[Layout], stored: Mapping[str, int]) -> None:
        plans = {layout.store_id: Plan.of(layout) for layout in layouts}
        self._readings, self._rejected = (
            Partition(topic, 0, _LIFE, stored.get(topic), plans.__getitem__) for topic in (READINGS, REJECTED)
        )
        self._now = 0

    @property
    def waiting(self) -> int:
        """Readings that were accepted and wait for a flush."""
        return self._readings.n_buffered

    def take(self, arrival: Arrival, most: int) -> int:
        """Take in a message, or no more than `most` of its readings; tell how many were accepted."""
        at, message = arrival
        self._now = at
        before = self.waiting
        decoded = decode(message.payload, topic=message.topic, received_at=at)
        if decoded.readings:
            batch = KAFKA_ENCODER.encode(decoded.readings[:most])
            self._readings.accept_readings(self._readings.next_offset, batch, at, message.store_id.encode())
        for letter in decoded.rejected:
            self._rejected.accept_dead_letter(self._rejected.next_offset, msgspec.json.encode(letter), at)
        return self.waiting - before

    def flush(self, quiet: int = 0) -> Iterator[Flush]:
        """Hand over what waits, after so many microseconds in which nothing came."""
        self._readings.pass_time(self._now + quiet)
        for partition in (self._readings, self._rejected):
            flush = partition.flush()
            if flush is not None:
                yield flush


def flushes(intake: Intake, arriving: Iterator[Arrival], most: int, *, at_once: int = FLUSH_READINGS, ends: bool = True) -> Iterator[Flush]:
    """Take in messages until no more come or `most` readings were accepted.

    Args:
        intake: where they are taken in.
        arriving: the messages; not one more is asked for than is needed.
        most: no more readings are accepted.
        at_once: readings of one flush.
        ends: every visit becomes final in the end; else those that go on stay open, as in the middle of a day.
    """
    accepted = 0
    while accepted < most and (arrival := next(arriving, None)) is not None:
        accepted += intake.take(arrival, most - accepted)
        if intake.waiting >= at_once:
            yield from intake.flush()
    yield from intake.flush()
    if ends:
        yield from intake.flush(QUIET)
