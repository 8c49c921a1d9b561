"""Brings what was told of partitions to the database, and then to `instore.visits` and `instore.signals`.

`stream.worker` says in which order, and why that is exactly once.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Protocol

import msgspec

from storage.errors import Fenced
from storage.model import Flush
from stream.amends import amended
from stream.database import Database
from stream.messages import Message, flush_messages
from stream.partition import Partition, Slice
from stream.saying import Poison
from stream.worker_metrics import Tally

log = logging.getLogger("instore.worker")

LATE_WORD_S = 1.0
"""Words that come so long after what they are about may come after those of another worker, which has taken over meanwhile."""


class Kafka(Protocol):
    """What the worker needs of Kafka."""

    async def publish(self, messages: list[Message]) -> None:
        """Send messages; return when Kafka has them."""

    async def covered(self, where: Slice, offset: int) -> None:
        """Take note that records of that partition before the offset are done."""

    async def earliest(self, where: Slice) -> int:
        """Return the offset of the oldest record that the partition still has."""

    async def seek(self, where: Slice, offset: int) -> None:
        """Read the partition again from this offset."""


class Delivery:
    """Delivers flushes, those of several partitions at once.

    Args:
        database: where they are written.
        kafka: where they are published.
        tally: counts them.
        partitions: those that are taken up; one of which a flush is refused or goes wrong is taken out.
        let_go: partitions to be read again, as Kafka has not taken them from us; those that are taken out come in.
    """

    def __init__(self, database: Database, kafka: Kafka, tally: Tally, partitions: dict[Slice, Partition], let_go: set[Slice]) -> None:
        self._database, self._kafka, self._tally = database, kafka, tally
        self._partitions, self._let_go = partitions, let_go
        self._poison = Poison()
        self.began_at: float | None = None
        """When the delivery under way began, None: none is; by the clock that does not go back."""

    @contextmanager
    def all_or_none(self, partitions: Mapping[Slice, Partition]) -> Iterator[None]:
        """Take partitions out when something goes wrong with what is told of them: memory goes on from it, and it will not be stored."""
        try:
            yield
        except BaseException:
            for where, partition in partitions.items():
                self._take_out(where, partition)
            raise

    async def deliver(self, told: dict[Slice, Flush], partitions: Mapping[Slice, Partition]) -> None:
        """Write in one transaction what was told of partitions, publish it, and report what it covers.

        What was told of a partition that is not ours any more falls: the flush before it may have been refused.
        """
        flushes = {where: flush for where, flush in told.items() if self._partitions.get(where) is partitions[where]}
        self.began_at = began_at = time.monotonic()
        try:
            with self.all_or_none({where: partitions[where] for where in told}):
                flushes = await self._write(flushes, partitions)
                await self._publish(flushes.values())
        finally:
            self.began_at = None
        is_late = time.monotonic() - began_at > LATE_WORD_S
        for where, flush in flushes.items():
            if is_late or self._partitions.get(where) is not partitions[where]:
                await self.amend(where, flush, partitions[where].flushed_at)
            await self._kafka.covered(where, flush.advance.next_offset)

    def _take_out(self, where: Slice, partition: Partition) -> None:
        """Forget a partition, if it is still ours; it is read again from where the database is."""
        if self._partitions.get(where) is partition:
            del self._partitions[where]
            self._let_go.add(where)

    async def _publish(self, flushes: Iterable[Flush]) -> None:
        if messages := [message for flush in flushes for message in flush_messages(flush)]:
            began = time.monotonic()
            await self._kafka.publish(messages)
            self._tally.published(time.monotonic() - began)

    async def _write(self, flushes: dict[Slice, Flush], partitions: Mapping[Slice, Partition]) -> dict[Slice, Flush]:
        """Write flushes of these partitions; return those that the database has now, without those of partitions that others have."""
        done: dict[Slice, Flush] = {}
        for where, flush in flushes.items():
            flush.advance = msgspec.structs.replace(flush.advance, expected_at=partitions[where].flushed_at)
        while flushes:
            began = time.monotonic()
            try:
                at = await self._database.ask(partial(self._database.writer.write, *flushes.values()))
            except Fenced as fenced:
                for where in [where for where, flush in flushes.items() if flush.advance in fenced.steps]:
                    flush = flushes.pop(where)
                    self._tally.fenced += 1
                    wrote_at = await self._database.ask(partial(self._database.writer.wrote, flush.advance))
                    if wrote_at is not None:
                        self._tally.reached(where, flush)
                        partitions[where].written(flush, wrote_at)
                        done[where] = flush
                    else:
                        log.warning("%s/%d: %s", *where, fenced, extra={"action": "fenced", "partition": where.number})
                        self._take_out(where, partitions[where])
            else:
                self._tally.written(flushes.items(), time.monotonic() - began, time.time_ns() // 1000)
                for where, flush in flushes.items():
                    partitions[where].written(flush, at)
                done |= flushes
                break
        for flush in done.values():
            self._poison.stored(flush.rejected)
        return done

    async def amend(self, where: Slice, said: Flush, at: datetime | None) -> None:
        """Where another worker went on since a flush of that time, say what is stored now of the same things, until that was said last."""
        if at is not None and await self._database.ask(partial(self._database.writer.holds, said.advance, at)):
            return
        log.warning("%s/%d: another worker went on meanwhile; saying again what is stored", *where, extra={"action": "amended"})
        while (now := await self._database.ask(partial(amended, self._database.reader, said))) != said:
            await self._kafka.publish(flush_messages(now))
            said = now
