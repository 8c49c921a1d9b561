"""The shell around the journeys: brings records from Kafka in, and flushes to the database, `instore.visits` and `instore.signals`.

Knows no Faust.

Exactly once, and how

1. All that a flush changes, and the offset up to which records are covered, go to the database in one transaction (`storage.writer`).
   The stored offset advances by compare-and-set, together with the time of the flush, as what time or a layout changes covers no record. So
   a worker that lost its partition without knowing can write nothing (`Fenced`). Should Kafka have left it to it, it reads it again.
2. What was written is published to `instore.visits`, and only then is Kafka told that the records are done. So Kafka's committed offset
   never passes the database's. Records that come again are at or below the stored offset, and are skipped.
3. A worker that takes over a partition reads the state back from `readings`, and publishes once more what the last flush had changed:
   its predecessor may have died between 1 and 2. `instore.visits` is compacted, so saying the same twice changes nothing; of
   `instore.signals` the newest message of a `signal_id` counts.
4. A worker that stood still between 1 and 2 may say old things after its successor said newer ones: `stream.amends` mends that.

Told ahead

While one flush is written and published, the next one is told; it is written when that is done, and falls with it. What is told from what
is stored (late readings, devices that wake, rebuilds, other layouts) waits until all that was told is stored.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import msgspec

from sensors.layout import Layout
from sensors.reading import Reading
from sensors.topics import REJECTED
from storage.model import Flush
from storage.rebuilds import Rebuild
from stream.database import Database
from stream.delivery import LATE_WORD_S, Delivery, Kafka
from stream.garbage import uncollected
from stream.gathering import Gathering
from stream.journey import Plan
from stream.partition import Partition, Slice
from stream.restart import Taken, restored, taken
from stream.store import Store
from stream.worker_metrics import Tally

log = logging.getLogger("instore.worker")

FLUSH_S = 0.25
"""From the beginning of a flush to that of the next; with the transaction itself (about 10 ms) a reading is in the database after half of
that, and soon after all of it."""

PAUSE_S = 0.01
"""Between the end of a flush that took longer and the next."""

MOST_BUFFERED = 20_000
"""Readings that may wait for a flush, all partitions together; then records have to wait. It bounds memory while the database is away.

As many again may be in the flush that is being written, and in the one that is told meanwhile.
"""

LITTLE = 4_000
"""Partitions of which no more readings wait are written together."""

BEHIND_S = 60.0
"""A worker is behind for so long after records had to wait: one flush of a slow database takes some of it."""

LOOK_EVERY_S = 2.0
"""Between two looks for newer layouts, and for rebuilds that are asked for."""

REBUILD_DEVICES = 100
"""Devices that are told anew in one transaction."""

SEEK_AGAIN_S = 10.0
"""Records that were under way when we asked to read again are passed over for so long."""


class Rebuilding(NamedTuple):
    """A rebuild under way: in which partition, what was asked for, all its devices, and the steps that are left."""

    where: Slice
    asked: Rebuild
    devices: list[str]
    steps: Iterator[tuple[list[str], tuple[int, int]]]


class Worker:
    """Turns records into rows.

    Args:
        database_url: where they go.
        lives: which life of each topic is read, by topic.
        kafka: where records come from and visits go.
    """

    def __init__(self, database_url: str, lives: dict[str, str], kafka: Kafka) -> None:
        self.tally = Tally()
        self._lives = lives
        self._kafka = kafka
        self._database = Database(database_url)
        self._partitions: dict[Slice, Partition] = {}
        self._epochs: Counter[Slice] = Counter()
        self._let_go: set[Slice] = set()
        """Partitions of which a flush was refused or went wrong, though Kafka has not taken them from us."""
        self._delivery = Delivery(self._database, kafka, self.tally, self._partitions, self._let_go)
        self._sought: dict[Slice, tuple[float, int]] = {}
        """When, and from which offset, a partition was last asked to be read again."""
        self._plans: dict[str, Plan] = {}
        self._versions: dict[str, int | None] = {}
        self._looked_at = 0.0
        self._looking = asyncio.Lock()
        self._rebuilding: Rebuilding | None = None
        self._telling = asyncio.Lock()
        self._delivering = asyncio.Lock()
        """Held from the beginning of a transaction until its words are published. Whoever tells takes it, so flushes keep their order."""
        self._emptying: asyncio.Future[None] | None = None
        self._behind_at = time.monotonic() - BEHIND_S
        self._room = asyncio.Event()
        self._opening = asyncio.Lock()
        self._still = asyncio.Lock()

    @property
    def n_buffered(self) -> int:
        """Readings and dead letters that wait for a flush."""
        return sum(partition.n_buffered for partition in self._partitions.values())

    @property
    def flush_began_at(self) -> float | None:
        """When the flush that is being written and published began, None: none is; by the clock that does not go back."""
        return self._delivery.began_at

    @property
    def database_answers(self) -> bool:
        """Whether the database does what is asked of it."""
        return self._database.answers

    @property
    def is_behind(self) -> bool:
        """Whether lately more came than could be written, and records had to wait."""
        return time.monotonic() - self._behind_at < BEHIND_S

    @property
    def partitions(self) -> dict[Slice, Partition]:
        """The partitions that are taken up."""
        return dict(self._partitions)

    async def accept(self, where: Slice, offset: int, key: bytes | None, value: bytes | None) -> bool:
        """Take in one record; waits while too much is waiting to be written.

        Args:
            where: its partition.
            offset: where it stands there.
            key: its key; whoever writes to our topics may leave it out.
            value: its bytes; none where somebody has written a tombstone.

        Returns:
            Whether the record is done with: taken in, or covered already. Else it will come again.
        """
        epoch = self._epochs[where]
        while self.n_buffered >= MOST_BUFFERED:
            await self._make_room()
        partition = await self.open(where)
        if offset > partition.next_offset and not await self._bridge_gap(where, partition, offset):
            return False
        store_id = key.decode(errors="replace") if key else ""
        if where.topic != REJECTED and store_id not in partition.stores and "\0" not in store_id and offset >= partition.next_offset:
            await self._adopt(partition, store_id)  # no store has such a name, and a database could not be asked for it
        async with self._still:
            if epoch != self._epochs[where] or self._partitions.get(where) is not partition:
                return False  # the partition was lost meanwhile; whoever has it now reads this record again
            accept = partition.accept_dead_letter if where.topic == REJECTED else partition.accept_readings
            is_new = accept(offset, value or b"", _now(), key)
        if not is_new and offset < partition.stored:
            await self._kafka.covered(where, offset + 1)
        return True

    async def open(self, where: Slice) -> Partition:
        """Take up a partition where its last owner left off, unless that is done."""
        while where not in self._partitions:
            await self.open_all([where])
        return self._partitions[where]

    async def open_all(self, slices: Iterable[Slice]) -> None:
        """Take up partitions, all at once, but for those that are taken up already, or are lost meanwhile.

        Raises:
            Exception: what went wrong with a flush that was begun to make room; its partitions are among those to be taken up.
        """
        self._look_at_emptying()
        async with self._opening:
            missing = {where: self._epochs[where] for where in slices if where not in self._partitions}
            if not missing:
                return
            began = time.monotonic()
            for one in await self._database.ask(lambda: self._restore(missing)):
                await self._take_up(one, began, missing[one.where])

    async def _take_up(self, one: Taken, began: float, epoch: int) -> None:
        """Go on with a partition that was read back, and say once more what its last owner may not have said."""
        where, partition, messages, last = one
        if messages:
            await self._kafka.publish(messages)
        if last is not None and (epoch != self._epochs[where] or time.monotonic() - began > LATE_WORD_S):
            await self._delivery.amend(where, last, partition.flushed_at)
        if epoch == self._epochs[where]:
            self._partitions[where] = partition
            if where in self._let_go:  # what we had of it is gone, and if it is ours, nobody else reads it again
                self._let_go.discard(where)
                await self._seek(where, partition.next_offset)
            self.tally.opened(where, partition.stored, {store_id: store.store_time for store_id, store in partition.stores.items()})

    def drop(self, slices: Iterable[Slice]) -> None:
        """Forget partitions that belong to others now; what was not flushed will be read again by them."""
        for where in slices:
            self._partitions.pop(where, None)
            self._let_go.discard(where)
            self.tally.dropped(where)
            self._epochs[where] += 1

    async def flush(self) -> None:
        """Write all that changed, publish it, and report what it covers.

        Partitions of which little waits come first: they are written before the backlog of a large store, not with it. It may be called
        while another is under way: what it writes is told while the other is being written.

        Raises:
            Exception: what went wrong with it, or with the last one that was begun to make room.
        """
        self._look_at_emptying()
        await self._flush()

    async def _flush(self) -> None:
        for are_large in (False, True):
            async with self._telling:
                partitions = {where: one for where, one in self._partitions.items() if (one.n_buffered > LITTLE) is are_large}
                told = await self._tell(partitions)
            if told:
                await self._deliver(told, partitions)
        if not self._looking.locked():  # else another flush does it
            async with self._looking:
                await self._look()

    async def finish(self) -> None:
        """Flush, and return when all that was told is written and published, also by flushes that began before.

        Raises:
            Exception: what went wrong with any of these.
        """
        await self._flush()
        await self._delivered()
        self._look_at_emptying()

    async def _make_room(self) -> None:
        """Begin a flush, and return when it has taken over what waits: the next records are taken in while it is being written."""
        self._behind_at = time.monotonic()
        self._room.clear()
        self._look_at_emptying()
        if self._emptying is None:
            self._emptying = asyncio.ensure_future(self._flush())
            self._emptying.add_done_callback(lambda _: self._room.set())
        await self._room.wait()

    def _look_at_emptying(self) -> None:
        """Have what went wrong with a flush that nobody waits for come to light."""
        if self._emptying is not None and self._emptying.done():
            done, self._emptying = self._emptying, None
            if not done.cancelled():
                done.result()

    async def _look(self) -> None:
        """Look now and then for what is asked of us besides, and do some of it."""
        if time.monotonic() - self._looked_at > LOOK_EVERY_S:
            self._looked_at = time.monotonic()
            await self._refresh_kept()
            await self._refresh_layouts()
            await self._take_up_rebuild()
        if self._rebuilding is not None:
            await self._step_rebuild(self._rebuilding)

    def close(self) -> None:
        """Let go of the database; what was not flushed will be read again."""
        self._database.close()

    async def _flush_one(self, where: Slice, partition: Partition) -> None:
        """Flush a partition, for whoever tells: then all that was told of it is stored."""
        if told := await self._tell({where: partition}):
            await self._deliver(told, {where: partition})
        else:
            await self._delivered()

    async def _tell(self, partitions: Mapping[Slice, Partition]) -> dict[Slice, Flush]:
        """Take over what changed in partitions; where anything did, it is the caller's turn then to `_deliver` it."""
        with self._delivery.all_or_none(partitions):
            handed_over = {where: await self._hand_over(partition) for where, partition in partitions.items()}
            if self.n_buffered < MOST_BUFFERED:
                self._room.set()
            told = {where: flush for where, flush in handed_over.items() if flush is not None}
            if told:
                await self._delivering.acquire()
        return told

    async def _deliver(self, told: dict[Slice, Flush], partitions: Mapping[Slice, Partition]) -> None:
        """Deliver what was told, and end the turn."""
        try:
            await self._delivery.deliver(told, partitions)
        finally:
            self._delivering.release()

    async def _delivered(self) -> None:
        """Wait until what was told before is stored and published; for whoever tells, that is all then."""
        async with self._delivering:
            pass

    async def _hand_over(self, partition: Partition) -> Flush | None:
        partition.pass_time(_now())
        while True:
            async with self._still:  # what is read back must be as old as what is in memory
                if not partition.asks_back or not self._delivering.locked():
                    return await self._told(partition)
            await self._delivered()

    async def _told(self, partition: Partition) -> Flush | None:
        """Take over what changed, with what comes of late readings and of devices that wake."""
        for store_id, late in partition.take_late().items():
            await self._settle_late(partition, store_id, late)
        for store_id, store in list(partition.stores.items()):  # another may be adopted meanwhile
            if stirred := store.stirred():
                store.wake(await self._database.ask(partial(self._gathering(partition, store_id).asleep, stirred)))
        return partition.flush()

    async def _settle_late(self, partition: Partition, store_id: str, late: list[Reading]) -> None:
        """Store late readings that are none of those stored before, and tell their devices anew."""
        known = await self._database.ask(
            lambda: self._database.writer.existing_ids({store_id: [(reading.id, reading.ts) for reading in late]})
        )
        new = partition.settle_late(store_id, late, known[store_id])
        if new:
            partition.kept_since = await self._database.ask(self._database.reader.kept_since)
            recalled = await self._database.ask(partial(self._gathering(partition, store_id).late, new))
            partition.refuse_late(store_id, recalled.untold)
            partition.stores[store_id].recall(recalled)

    def _gathering(self, partition: Partition, store_id: str) -> Gathering:
        return Gathering(self._database.reader, partition.stores[store_id], partition.buffered(store_id), partition.kept_since)

    async def _refresh_kept(self) -> None:
        """Learn since when readings are kept: older ones are refused from now on, and deleted when every worker knows."""
        kept_since = await self._database.ask(self._database.reader.kept_since)
        for partition in self._partitions.values():
            partition.kept_since = kept_since

    async def _take_up_rebuild(self) -> None:
        """Look for a rebuild that is asked for, unless one is under way."""
        if self._rebuilding is not None:
            return
        stores = {store_id: where for where, partition in self._partitions.items() for store_id in partition.stores}
        asked = await self._database.ask(lambda: self._database.reader.next_rebuild(list(stores)))
        if asked is not None:
            devices = await self._database.ask(lambda: self._database.reader.devices_between(*asked[1:]))
            log.info("rebuilding %s: %d devices", asked.store_id, len(devices), extra={"action": "rebuild", "store": asked.store_id})
            self._rebuilding = Rebuilding(stores[asked.store_id], asked, devices, rebuild_steps(asked, devices))

    async def _step_rebuild(self, rebuilding: Rebuilding) -> None:
        """Tell some devices anew, and write what that changes; one step a flush, so that others wait for no more than that."""
        where, asked, devices, steps = rebuilding
        partition = self._partitions.get(where)
        step = next(steps, None)
        self._rebuilding = None  # done, or lost before this step is: then its next owner, who may be us, begins again
        if step is None or partition is None or asked.store_id not in partition.stores:
            return
        some, paid = step
        async with self._telling:
            await self._flush_one(where, partition)
            async with self._still:
                gathering = self._gathering(partition, asked.store_id)
                recalled = await self._database.ask(partial(gathering.since, max(asked.since, partition.kept_since), some, paid))
                partition.stores[asked.store_id].recall(recalled)
                partition.stores[asked.store_id].let_go()
            await self._flush_one(where, partition)
        if self._partitions.get(where) is partition:
            done = len(devices) if paid[1] == asked.until else devices.index(some[-1]) + 1
            await self._database.ask(partial(self._database.reader.advance_rebuild, asked.rebuild_id, len(devices), done))
            self._rebuilding = rebuilding

    async def _bridge_gap(self, where: Slice, partition: Partition, offset: int) -> bool:
        """Decide what a record means that does not follow on the last one covered; tell whether to take it.

        Mostly Kafka was told more than the database holds (which was restored, or is a new one), or another worker wrote a flush that
        we did not know of: read again from where the database ends. Or Kafka dropped records before anybody read them: go on with the
        oldest that it still has, and say so.
        """
        sought_at, target = self._sought.get(where, (-SEEK_AGAIN_S, 0))
        if offset != target and time.monotonic() - sought_at < SEEK_AGAIN_S:
            return False  # it was under way when we asked to read again
        target = max(await self._kafka.earliest(where), partition.next_offset)
        if offset > target:
            await self._seek(where, target)
            return False
        log.error(
            "%s/%d: the records %d to %d are gone: Kafka dropped them before they were read",
            *where,
            partition.next_offset,
            offset - 1,
            extra={"action": "records_gone"},
        )
        self.tally.lost += offset - partition.next_offset
        return True

    async def _seek(self, where: Slice, target: int) -> None:
        self._sought[where] = (time.monotonic(), target)
        log.warning("%s/%d: reading again from offset %d", *where, target, extra={"action": "seek"})
        await self._kafka.seek(where, target)

    def _restore(self, slices: Collection[Slice]) -> list[Taken]:
        """Read back what the last owners of partitions had reached.

        The offsets first: should one of them be alive and write meanwhile, our first flush is refused, and all is read again.
        """
        offsets = {topic: self._database.reader.offsets(topic) for topic in {where.topic for where in slices}}
        clocks = [(where, clock) for where in slices for clock in self._database.reader.clocks(*where)]
        plans = [self._plan(clock.store_id) for _, clock in clocks]
        with uncollected():
            stores = self._database.at_once(restored, plans, [clock for _, clock in clocks])
            own = {where: [store for (of, _), store in zip(clocks, stores, strict=True) if of == where] for where in slices}
            return [
                taken(
                    self._database.reader, where, self._lives[where.topic], offsets[where.topic].get(where.number), own[where], self._plan
                )
                for where in slices
            ]

    def _retaken(self, store_id: str) -> Store:
        clock = self._database.reader.clock(store_id)
        plan = self._plan(store_id)
        return Store(store_id, plan) if clock is None else restored(self._database.reader, plan, clock)

    async def _adopt(self, partition: Partition, store_id: str) -> None:
        """Take over a store that is new here; it may have a past, in another partition."""
        clock = await self._database.ask(lambda: self._database.reader.clock(store_id))
        await self._database.ask(lambda: self._load_plan(store_id))
        if clock is not None and store_id not in partition.stores:
            store = await self._database.ask(lambda: restored(self._database.reader, self._plan(store_id), clock))
            partition.adopt(store, _now())

    def _plan(self, store_id: str) -> Plan:
        """Return a store's plan; one that was not loaded is loaded now (in the database thread), or is bare."""
        if store_id not in self._plans:
            self._load_plan(store_id)
        return self._plans[store_id]

    def _load_plan(self, store_id: str) -> None:
        version = self._database.reader.layout_versions().get(store_id)  # first: a newer layout than that is only loaded once more
        layout = self._database.reader.layout(store_id) or Layout(store_id=store_id)
        try:
            self._plans[store_id] = Plan.of(layout)
        except ValueError as wrong:
            log.warning("store %s: its layout's rules are not used: %s", store_id, wrong, extra={"action": "bad_rules", "store": store_id})
            self._plans[store_id] = Plan.of(msgspec.structs.replace(layout, rules={}))
        self._versions[store_id] = version

    async def _refresh_layouts(self) -> None:
        """Take up the stores whose layout changed anew, by the new one: so it says what a restart would say."""
        versions = await self._database.ask(self._database.reader.layout_versions)
        for where, partition in list(self._partitions.items()):
            for store_id, store in list(partition.stores.items()):
                if versions.get(store_id) != self._versions.get(store_id):
                    await self._database.ask(partial(self._load_plan, store_id))
                if store.plan is not self._plans[store_id]:  # it may have been read back by the old one just before
                    async with self._telling:
                        await self._flush_one(where, partition)
                        async with self._still:
                            partition.retake(await self._database.ask(partial(self._retaken, store_id)))
                    log.info("store %s has a new layout", store_id, extra={"action": "layout", "store": store_id})


def rebuild_steps(asked: Rebuild, devices: list[str]) -> Iterator[tuple[list[str], tuple[int, int]]]:
    """Cut a rebuild into steps: some devices each, and a stretch of the time whose payments are looked at."""
    n_steps = max(1, -(-len(devices) // REBUILD_DEVICES))
    cuts = [asked.since + (asked.until - asked.since) * step // n_steps for step in range(n_steps + 1)]
    for step, paid in enumerate(pairwise(cuts)):
        yield devices[step * REBUILD_DEVICES : (step + 1) * REBUILD_DEVICES], paid


def _now() -> int:
    return time.time_ns() // 1000
