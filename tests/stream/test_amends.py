"""A worker that stands still between the commit of a flush and its words: what its successor said stays the last word."""

import asyncio

import msgspec

from stream.delivery import LATE_WORD_S
from stream.messages import Message
from stream.worker import Worker
from tests.stream.kafka_log import HERE, LIVES, Log
from tests.stream.make import dwell


class StandingStill(Log):
    """The same Kafka, reached by a worker that stands still before it speaks.

    Args:
        log: where its words go in the end.
    """

    def __init__(self, log: Log) -> None:
        super().__init__()
        self.log, self.n_said = log, 0
        self.stopped, self.woken = asyncio.Event(), asyncio.Event()

    async def publish(self, messages: list[Message]) -> None:
        """Say it when it is woken."""
        self.stopped.set()
        await self.woken.wait()
        self.n_said += 1
        await self.log.publish(messages)


async def _taken_over(url: str, log: Log) -> tuple[dict[bytes, bytes], dict[bytes, bytes]]:
    """Let a worker stop after its commit, another go on, and the first wake up; give the words after the second, and after the first."""
    sleeper, second = Worker(url, LIVES, still := StandingStill(log)), Worker(url, LIVES, log)
    await sleeper.accept(HERE, 0, *log.records[0])
    flush = asyncio.ensure_future(sleeper.flush())
    await still.stopped.wait()
    if len(log.records) > 1:
        await second.accept(HERE, 1, *log.records[1])
    else:
        (await second.open(HERE)).stores["s1"].close()
    await second.flush()
    newest = dict(log.visits)
    await asyncio.sleep(LATE_WORD_S)
    still.woken.set()
    await flush
    sleeper.close()
    second.close()
    return newest, log.visits


def test_the_successor_has_the_last_word(database_url: str) -> None:
    """The first says the visit as it was, last of all; it looks again, and says it as it is."""
    log = Log()
    log.put(dwell(0, "a"))
    log.put(dwell(10, "a"))
    newest, last = asyncio.run(_taken_over(database_url, log))
    assert [msgspec.json.decode(visit)["n_readings"] for visit in newest.values()] == [2]
    assert last == newest


def test_a_successor_that_read_nothing_has_the_last_word(database_url: str) -> None:
    """Time made the visit final: no record was covered by that, and the offset is where the first has left it."""
    log = Log()
    log.put(dwell(0, "a"))
    newest, last = asyncio.run(_taken_over(database_url, log))
    assert [msgspec.json.decode(visit)["is_final"] for visit in newest.values()] == [True]
    assert last == newest


def test_a_visit_that_is_no_more_is_taken_back(database_url: str) -> None:
    """What the second worker heard began earlier: the visit has another id now, and the old one must not come to life again."""
    log = Log()
    log.put(dwell(50, "a"))
    log.put(dwell(20, "a"))
    newest, last = asyncio.run(_taken_over(database_url, log))
    assert len(newest) == 1
    assert last == newest


def test_slow_and_alone(database_url: str) -> None:
    """A worker that was only slow says everything once."""
    log = Log()
    log.put(dwell(0, "a"))

    async def live() -> int:
        worker = Worker(database_url, LIVES, still := StandingStill(log))
        await worker.accept(HERE, 0, *log.records[0])
        flush = asyncio.ensure_future(worker.flush())
        await still.stopped.wait()
        await asyncio.sleep(LATE_WORD_S)
        still.woken.set()
        await flush
        worker.close()
        return still.n_said

    assert asyncio.run(live()) == 1
    assert len(log.visits) == 1
