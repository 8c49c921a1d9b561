"""What a worker tells while an earlier flush is being written, on a real database: order, what has to wait, and what has to go with it."""

import asyncio
import threading
from datetime import datetime
from itertools import count

import psycopg
import pytest

from sensors.layout import Layout, Zone
from sensors.reading import KAFKA_ENCODER, SECOND
from sensors.topics import READINGS
from storage import layouts, rebuilds
from storage.connect import connect
from storage.errors import DatabaseAway
from storage.model import Flush
from stream import worker as worker_module
from stream.messages import Message
from stream.partition import Slice
from stream.worker import Worker
from tests.stream.kafka_log import HERE, LIVES, SOON_S, Log, feed, held_up, run, scalar, until, visits
from tests.stream.make import alive, at, dwell, entry

pytestmark = pytest.mark.integration

HOUR = 3600


class Clock:
    """The worker's clock, which stands still but for what it is put on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._now = at(0)
        monkeypatch.setattr(worker_module, "_now", lambda: self._now)

    def put_on(self, hours: int) -> None:
        """Let time pass."""
        self._now += hours * HOUR * SECOND


class Held(Log):
    """A Kafka that takes its time over the first messages after it was told to."""

    def __init__(self) -> None:
        super().__init__()
        self.gate: asyncio.Event | None = None

    async def publish(self, messages: list[Message]) -> None:
        """Take messages, those first when it is time."""
        gate, self.gate = self.gate, None
        if gate is not None:
            await gate.wait()
        await super().publish(messages)


def waits(url: str) -> bool:
    """Whether a flush waits for the lock."""
    return scalar(url, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 1


async def begun(url: str, worker: Worker, log: Log) -> "asyncio.Future[None]":
    """Bring what there is, and begin a flush of it that cannot be committed yet."""
    await feed(worker, log, worker.partitions[HERE].next_offset if HERE in worker.partitions else 0)
    flush = asyncio.ensure_future(worker.flush())
    await until(lambda: waits(url))
    return flush


async def told(worker: Worker, log: Log) -> "asyncio.Future[None]":
    """Bring what is new, and begin a flush that is told while the one before is being written."""
    await feed(worker, log, worker.partitions[HERE].next_offset)
    flush = asyncio.ensure_future(worker.flush())
    await until(lambda: worker.n_buffered == 0)
    return flush


async def told_and_changed(url: str, worker: Worker, log: Log) -> None:
    """Have what is in Kafka told and stored; then the store gets a new layout, by which its device is staff."""
    await feed(worker, log)
    await worker.flush()
    with psycopg.connect(url) as owner:
        layouts.save(owner, Layout(store_id="s1", staff_devices=frozenset({"d1"})), "test")


async def read_again(worker: Worker, log: Log) -> None:
    """Take up what was taken out, as the worker does with all that Kafka has given it, and bring its records again."""
    await feed(worker, log, (await worker.open(HERE)).next_offset)
    await worker.flush()


def gated(worker: Worker, monkeypatch: pytest.MonkeyPatch, n_gates: int, wrong: Exception | None = None) -> list[threading.Event]:
    """Let the next flushes be written when their gates are opened; or the first go wrong so."""
    gates, write, numbers = [threading.Event() for _ in range(n_gates)], worker._database.writer.write, count()  # noqa: SLF001 - no database does so at our command

    def at_the_gate(*flushes: Flush) -> datetime:
        number = next(numbers)
        if number < n_gates:
            assert gates[number].wait(SOON_S)
        if number == 0 and wrong is not None:
            raise wrong
        return write(*flushes)

    monkeypatch.setattr(worker._database.writer, "write", at_the_gate)  # noqa: SLF001 - the same
    return gates


def test_a_flush_is_told_while_another_is_written(database_url: str) -> None:
    """Both are written, in their order; what was said last of the visit is what was told last."""
    log = Log()
    log.put(dwell(0, "a"))

    async def steps(worker: Worker) -> None:
        with held_up(database_url):
            first = await begun(database_url, worker, log)
            log.put(dwell(10, "b"))
            second = await told(worker, log)
            log.put(dwell(20, "c"))
            await feed(worker, log, 2)
            third = asyncio.ensure_future(worker.flush())
            await asyncio.sleep(0.05)
            assert worker.n_buffered == 1  # one is told ahead, and no more
            assert not any(flush.done() for flush in (first, second, third))
        await asyncio.gather(first, second, third)

    run(database_url, log, steps)
    [visit] = visits(database_url)
    assert (visit.path, visit.n_readings) == (["a", "b", "c"], 3)
    assert b'"n_readings":3' in log.visits[visit.visit_id.encode()]
    assert log.committed == 3


def test_what_was_told_ahead_falls_with_the_flush_before_it(database_url: str) -> None:
    """Another worker went on, so the first flush is refused; the next belongs to the same lost state, and is read again."""
    log = Log()
    log.put(dwell(0, "a"))

    async def steps(worker: Worker) -> None:
        await feed(worker, log)
        await worker.flush()
        log.put(dwell(10, "b"))
        log.put(dwell(20, "c"))
        other = Worker(database_url, LIVES, log)
        await other.open(HERE)
        await worker.accept(HERE, 1, *log.records[1])
        with held_up(database_url):
            theirs = asyncio.ensure_future(other_goes_on(other))
            await until(lambda: waits(database_url))
            ours: list[asyncio.Future[None]] = [asyncio.ensure_future(worker.flush())]
            await until(lambda: worker.n_buffered == 0)
            await worker.accept(HERE, 2, *log.records[2])
            ours.append(await told(worker, log))
        await asyncio.gather(theirs, *ours)
        assert worker.partitions == {}
        assert worker.tally.fenced == 1
        await read_again(worker, log)

    async def other_goes_on(other: Worker) -> None:
        await other.accept(HERE, 1, *log.records[1])
        await other.flush()

    run(database_url, log, steps)
    assert [(visit.path, visit.n_readings) for visit in visits(database_url)] == [(["a", "b", "c"], 3)]
    assert scalar(database_url, "SELECT count(*) FROM instore.readings") == 3
    assert scalar(database_url, "SELECT difference FROM instore.accounting_total") == 0


def test_what_was_told_ahead_falls_with_a_flush_that_went_wrong(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flush that covers no record ends a visit by time; nothing in the database says that it is missing when the next one comes."""
    clock, log = Clock(monkeypatch), Log()
    log.put(dwell(0, "a"))

    async def steps(worker: Worker) -> None:
        await feed(worker, log)
        await worker.flush()
        gates = gated(worker, monkeypatch, 1, ZeroDivisionError())
        clock.put_on(3)
        first = asyncio.ensure_future(worker.flush())
        await asyncio.sleep(0.05)
        log.put(dwell(5, "b", "d2"))
        second = await told(worker, log)
        gates[0].set()
        results = await asyncio.gather(first, second, return_exceptions=True)
        assert [type(one) for one in results] == [ZeroDivisionError, type(None)]
        assert worker.partitions == {}
        await read_again(worker, log)
        assert log.sought == [1]  # else what was told waits for the next record, which may never come
        clock.put_on(3)
        await worker.flush()

    run(database_url, log, steps)
    assert [(visit.device_id, visit.path, visit.is_final) for visit in visits(database_url)] == [("d1", ["a"], True), ("d2", ["b"], True)]


def test_what_was_told_ahead_falls_when_nobody_waits_for_it_any_more(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It covered no record, so nothing in the database would say that it is missing."""
    clock, log = Clock(monkeypatch), Log()
    log.put(dwell(0, "a"))

    async def steps(worker: Worker) -> None:
        with held_up(database_url):
            first = await begun(database_url, worker, log)
            clock.put_on(3)
            second = asyncio.ensure_future(worker.flush())
            await asyncio.sleep(0.05)
            second.cancel()
            await asyncio.wait([second])
        await first
        await worker.open(HERE)
        log.put(dwell(5, "b", "d2"))
        await feed(worker, log, 1)
        await worker.flush()
        clock.put_on(3)
        await worker.flush()

    run(database_url, log, steps)
    assert [(visit.device_id, visit.is_final) for visit in visits(database_url)] == [("d1", True), ("d2", True)]


def test_late_readings_of_a_flush_that_is_given_up_are_read_again(database_url: str) -> None:
    """A worker that shall end waits for its last flush for some seconds; another that waited behind it may be written all the same."""
    log = Log()
    log.put(dwell(10, "a"), dwell(2 * HOUR, "z", "other"))

    async def steps(worker: Worker) -> None:
        await feed(worker, log)
        await worker.flush()
        log.put(dwell(20, "b"))
        await feed(worker, log, 1)
        with held_up(database_url, "readings"):
            last = asyncio.ensure_future(worker.flush())
            await until(lambda: waits(database_url))
            behind = asyncio.ensure_future(worker.flush())
            await asyncio.sleep(0.05)
            last.cancel()
            await asyncio.wait([last])
        await behind
        await read_again(worker, log)

    run(database_url, log, steps)
    assert {visit.device_id: visit.path for visit in visits(database_url)} == {"d1": ["a", "b"], "other": ["z"]}
    assert scalar(database_url, "SELECT difference FROM instore.accounting_total") == 0
    assert log.sought == [1]


def test_late_readings_wait_until_what_was_told_is_stored(database_url: str) -> None:
    """They are told from what is stored: a flush that is being written belongs to that, and records are taken in meanwhile."""
    log = Log()
    log.put(entry(0, "in"), dwell(10, "a"), dwell(2 * HOUR, "z", "other"))

    async def steps(worker: Worker) -> None:
        await feed(worker, log)
        await worker.flush()
        log.put(dwell(2 * HOUR + 1, "b", "d2"), dwell(20, "b"))  # the second is late by two hours
        await feed(worker, log, 1)
        with held_up(database_url):
            late = asyncio.ensure_future(worker.flush())
            await until(lambda: waits(database_url))
            log.put(dwell(30, "c"))  # of the very visit that is being written
            await feed(worker, log, 2)
            later = asyncio.ensure_future(worker.flush())
            await asyncio.sleep(0.05)
            assert worker.n_buffered == 1
            log.put(dwell(2 * HOUR + 3, "b", "d2"))
            await asyncio.wait_for(feed(worker, log, 3), SOON_S)
        await asyncio.gather(late, later)
        await worker.flush()

    run(database_url, log, steps)
    found = {visit.device_id: (visit.path, visit.n_readings) for visit in visits(database_url)}
    assert found == {"d1": (["a", "b", "c"], 4), "other": (["z"], 1), "d2": (["b"], 2)}


def test_a_new_layout_waits_until_what_was_told_is_stored(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is read back by its new plan: nothing that was told by the old one may be missing there."""
    monkeypatch.setattr(worker_module, "LOOK_EVERY_S", 0.0)
    log = Log()
    log.put(entry(0, "in"), dwell(10, "a"))

    async def steps(worker: Worker) -> None:
        await told_and_changed(database_url, worker, log)
        gates = gated(worker, monkeypatch, 2)
        log.put(dwell(20, "b"))
        await feed(worker, log, 1)
        first = asyncio.ensure_future(worker.flush())
        await until(lambda: worker.n_buffered == 0)
        log.put(dwell(30, "c"))
        await feed(worker, log, 2)
        gates[0].set()  # now the first looks for newer layouts, and flushes the partition for that
        await until(lambda: worker.n_buffered == 0)
        log.put(dwell(40, "d"))
        await feed(worker, log, 3)
        second = asyncio.ensure_future(worker.flush())
        await asyncio.sleep(0.05)
        gates[1].set()
        await asyncio.gather(first, second)
        log.put(dwell(50, "e"))
        await feed(worker, log, 4)
        await worker.flush()

    run(database_url, log, steps)
    assert [(visit.path, visit.n_readings, visit.is_staff) for visit in visits(database_url)] == [(["a", "b", "c", "d", "e"], 6, True)]


def test_a_new_layout_waits_also_where_nothing_new_is_to_be_told(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database went away while it wrote: the store must not be read back before that is tried again."""
    monkeypatch.setattr(worker_module, "LOOK_EVERY_S", 0.0)
    log = Log()
    log.put(entry(0, "in"), dwell(10, "a"))

    async def steps(worker: Worker) -> None:
        await told_and_changed(database_url, worker, log)
        gates = gated(worker, monkeypatch, 1, DatabaseAway("for a moment"))
        log.put(dwell(20, "b"))
        first = await told(worker, log)
        second = asyncio.ensure_future(worker.flush())
        await asyncio.sleep(0.05)
        gates[0].set()
        await asyncio.gather(first, second)
        log.put(dwell(30, "c"))
        await feed(worker, log, 2)
        await worker.flush()

    run(database_url, log, steps)
    assert [(visit.path, visit.n_readings, visit.is_staff) for visit in visits(database_url)] == [(["a", "b", "c"], 4, True)]


def test_nothing_is_written_before_what_was_written_is_published(database_url: str) -> None:
    """Who takes over says the last flush once more, so the one before must have been said."""
    log = Held()
    log.put(dwell(0, "a"))

    async def steps(worker: Worker) -> None:
        await feed(worker, log)
        gate = log.gate = asyncio.Event()
        first = asyncio.ensure_future(worker.flush())
        await until(lambda: log.gate is None)
        log.put(dwell(10, "b"))
        second = await told(worker, log)
        await asyncio.sleep(0.1)
        assert visits(database_url)[0].path == ["a"]
        assert log.committed == 0
        gate.set()
        await asyncio.gather(first, second)

    run(database_url, log, steps)
    assert visits(database_url)[0].path == ["a", "b"]
    assert log.committed == 2


def test_a_record_that_comes_again_while_it_is_written_is_not_done_with(database_url: str) -> None:
    """Kafka is told of it when the database has it: who takes over would not read it again."""
    log = Log()
    log.put(dwell(0, "a"))

    async def steps(worker: Worker) -> None:
        with held_up(database_url):
            first = await begun(database_url, worker, log)
            assert await worker.accept(HERE, 0, *log.records[0])
            assert log.committed == 0
        await first
        assert log.committed == 1

    run(database_url, log, steps)


def test_a_step_of_a_rebuild_that_was_refused_is_taken_again(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another worker went on, and the partition came back before the next step: no device is passed over."""
    monkeypatch.setattr(worker_module, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(worker_module, "REBUILD_DEVICES", 1)
    log = Log()
    log.put(*(dwell(number, "street", f"d{number}") for number in range(3)), alive(100 * HOUR))

    async def steps(worker: Worker) -> None:
        await feed(worker, log)
        await worker.flush()
        with connect(database_url, "test") as connection:
            layouts.save(connection, Layout(store_id="s1", zones=(Zone(zone_id="street", type="outside"),)), "test")
            number = rebuilds.ask(connection, "s1", at(0), at(1000))
            await worker.flush()
            assert rebuilds.progress(connection, number) == (3, 1, False)
            log.put(alive(100 * HOUR + 1))
            with monkeypatch.context() as patch:
                patch.setattr(worker_module, "LOOK_EVERY_S", float("inf"))
                other = Worker(database_url, LIVES, log)
                await feed(other, log, (await other.open(HERE)).next_offset)
                await other.flush()
            await worker.flush()
            assert worker.partitions == {}
            await worker.open(HERE)
            for _ in range(5):
                await worker.flush()
            assert rebuilds.progress(connection, number) == (3, 3, True)

    run(database_url, log, steps)
    assert [visit.pass_by for visit in visits(database_url)] == [True] * 3


def test_a_partition_that_comes_back_while_layouts_are_looked_at_follows_the_new_one(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was read back by the layout of before, just before the new one was loaded for what we had of it until then."""
    monkeypatch.setattr(worker_module, "LOOK_EVERY_S", 0.0)
    log, there = Held(), Slice(READINGS, 1)

    async def bring(worker: Worker, offset: int) -> None:
        for where, store in ((HERE, "s1"), (there, "s2")):
            await worker.accept(where, offset, store.encode(), KAFKA_ENCODER.encode([dwell(offset, "a", store=store)]))

    async def steps(worker: Worker) -> None:
        await bring(worker, 0)
        await worker.flush()
        with connect(database_url, "test") as connection:
            for store in ("s1", "s2"):
                layouts.save(connection, Layout(store_id=store, staff_devices=frozenset({"d1"})), "test")
        await bring(worker, 1)
        gate = log.gate = asyncio.Event()
        first = asyncio.ensure_future(worker.flush())
        await until(lambda: log.gate is None)
        second = asyncio.ensure_future(worker.flush())  # it has nothing to write, and looks for layouts: the first store has to wait
        await asyncio.sleep(0.1)
        worker.drop([there])
        await worker.open(there)
        gate.set()
        await asyncio.gather(first, second)
        await bring(worker, 2)
        await worker.flush()
        await worker.flush()

    run(database_url, log, steps)
    assert [(visit.store_id, visit.n_readings, visit.is_staff) for visit in visits(database_url)] == [("s1", 3, True), ("s2", 3, True)]


def test_a_worker_that_shall_end_finishes_what_is_being_written(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left to tell, but the flush under way is not to be cut off."""
    monkeypatch.setattr(worker_module, "LOOK_EVERY_S", float("inf"))
    log = Log()
    log.put(dwell(0, "a"))

    async def steps(worker: Worker) -> None:
        with held_up(database_url):
            await begun(database_url, worker, log)
            last = asyncio.ensure_future(worker.finish())
            await asyncio.sleep(0.05)
            assert not last.done()
        await last
        assert log.committed == 1

    run(database_url, log, steps)
    assert len(log.visits) == 1
