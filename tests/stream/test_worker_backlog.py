"""The worker with a backlog, on a real database: who is written first, and that it goes on taking in records while it writes."""

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import pytest

from sensors.reading import KAFKA_ENCODER
from sensors.topics import READINGS
from stream import worker as worker_module
from stream.partition import Slice
from stream.worker import Worker
from tests.stream.kafka_log import HERE, LIVES, SOON_S, Log, feed, held_up, no_commits, until, visits
from tests.stream.make import dwell

pytestmark = pytest.mark.integration


class InOrder(Log):
    """Remembers which partitions were reported as covered, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.covers: list[int] = []

    async def covered(self, where: Slice, offset: int) -> None:
        """Remember it."""
        await super().covered(where, offset)
        self.covers.append(where.number)


def test_little_is_written_before_much(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A partition of which little waits does not wait for the transaction of the one with the backlog, whichever came first."""
    monkeypatch.setattr(worker_module, "LITTLE", 20)
    log = InOrder()

    async def work() -> None:
        worker = Worker(database_url, LIVES, log)
        for number, store, readings in ((1, "large", 300), (2, "small", 1), (0, "medium", 20)):
            batch = [dwell(second, "a", store=store) for second in range(readings)]
            await worker.accept(Slice(READINGS, number), 0, store.encode(), KAFKA_ENCODER.encode(batch))
        await worker.flush()

    asyncio.run(work())
    assert sorted(log.covers[:2]) == [0, 2]
    assert log.covers[2:] == [1]


def test_records_are_taken_in_while_a_flush_is_written(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database takes its time over a flush: as much again may wait meanwhile, and no more."""
    monkeypatch.setattr(worker_module, "MOST_BUFFERED", 10)
    log = Log()
    for second in range(30):
        log.put(dwell(second, "a"))

    async def work() -> None:
        worker = Worker(database_url, LIVES, log)
        for offset in range(10):
            await worker.accept(HERE, offset, *log.records[offset])
        behind = [worker.is_behind]
        with held_up(database_url):
            for offset in range(10, 20):
                await asyncio.wait_for(worker.accept(HERE, offset, *log.records[offset]), SOON_S)
            waiting = asyncio.ensure_future(worker.accept(HERE, 20, *log.records[20]))
            assert not (await asyncio.wait([waiting], timeout=1.0))[0]
            assert worker.n_buffered == 10
        assert await asyncio.wait_for(waiting, SOON_S)
        assert [*behind, worker.is_behind] == [False, True]
        for offset in range(21, 30):
            await asyncio.wait_for(worker.accept(HERE, offset, *log.records[offset]), SOON_S)
        await worker.flush()

    asyncio.run(work())
    assert [visit.n_readings for visit in visits(database_url)] == [30]


def _one_too_many(monkeypatch: pytest.MonkeyPatch) -> Log:
    """Two readings, for a worker that begins a flush to make room for the second."""
    monkeypatch.setattr(worker_module, "MOST_BUFFERED", 1)
    log = Log()
    log.put(dwell(0, "a"))
    log.put(dwell(1, "a"))
    return log


Step = Callable[[Worker, Log], Awaitable[object]]


@pytest.mark.parametrize(
    "then",
    [
        lambda worker, _: worker.flush(),
        lambda worker, _: worker.finish(),
        lambda worker, _: worker.open_all([HERE]),
        lambda worker, log: worker.accept(HERE, 0, *log.records[0]),
    ],
    ids=["flush", "finish", "open", "accept"],
)
def test_what_goes_wrong_with_a_flush_that_makes_room_comes_to_light(
    database_url: str, monkeypatch: pytest.MonkeyPatch, then: Step
) -> None:
    """Nobody waits for it, so whatever comes next says it, once; what it should have written is read again."""
    log = _one_too_many(monkeypatch)

    async def work() -> None:
        worker = Worker(database_url, LIVES, log)
        with no_commits(database_url):
            await feed(worker, log)
            await until(lambda: HERE not in worker.partitions)
            with pytest.raises(psycopg.errors.CheckViolation):
                await then(worker, log)
        await feed(worker, log, (await worker.open(HERE)).next_offset)
        await worker.finish()

    asyncio.run(work())
    assert [visit.n_readings for visit in visits(database_url)] == [2]


def test_a_worker_that_shall_end_says_what_goes_wrong_with_a_flush_under_way(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was begun to make room, and it is not over when the end comes."""
    log = _one_too_many(monkeypatch)

    async def work() -> None:
        worker = Worker(database_url, LIVES, log)
        with no_commits(database_url):
            with held_up(database_url):
                await feed(worker, log)
                end = asyncio.ensure_future(worker.finish())
                await asyncio.sleep(0.05)
            with pytest.raises(psycopg.errors.CheckViolation):
                await end

    asyncio.run(work())
    assert visits(database_url) == []
