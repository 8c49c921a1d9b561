"""A worker whose Kafka is a list, on a real database: what its tests share."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import LiteralString

import msgspec
import psycopg

from sensors.reading import KAFKA_ENCODER, Reading
from sensors.topics import READINGS, REJECTED, SIGNALS
from storage.model import Visit
from storage.reader import Reader
from stream.messages import Message
from stream.partition import Slice
from stream.worker import Worker

HERE = Slice(READINGS, 0)
LIVES = {READINGS: "cluster/one", REJECTED: "cluster/two"}
SOON_S = 20.0


class Log:
    """A Kafka of one partition and of what was published: records by offset, and the compacted topic of visits."""

    def __init__(self) -> None:
        self.records: list[tuple[bytes, bytes]] = []
        self.first = 0
        self.visits: dict[bytes, bytes] = {}
        self.signals: list[dict[str, object]] = []
        self.committed = 0
        self.sought: list[int] = []
        self.publishing = True

    def put(self, *readings: Reading) -> None:
        """Append a record."""
        self.records.append((readings[0].store_id.encode(), KAFKA_ENCODER.encode(readings)))

    async def publish(self, messages: list[Message]) -> None:
        """Keep the newest of each visit; a tombstone takes it away."""
        if not self.publishing:
            raise ConnectionAbortedError("the worker dies here")
        for topic, key, value in messages:
            if topic == SIGNALS:
                assert value is not None
                self.signals.append(msgspec.json.decode(value))
            elif value is None:
                self.visits.pop(key, None)
            else:
                self.visits[key] = value

    async def covered(self, where: Slice, offset: int) -> None:
        """Remember what is committed of the partition."""
        if where == HERE:
            self.committed = offset

    async def earliest(self, where: Slice) -> int:
        """The oldest record that is still there."""
        assert where == HERE
        return self.first

    async def seek(self, where: Slice, offset: int) -> None:
        """Remember what was asked for."""
        assert where == HERE
        self.sought.append(offset)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""

    async def look() -> None:
        while not condition():  # noqa: ASYNC110 - it is said by no event
            await asyncio.sleep(0.005)

    await asyncio.wait_for(look(), SOON_S)


async def feed(worker: Worker, log: Log, start: int | None = None) -> None:
    """Bring the records that are not committed yet to a worker."""
    for offset in range(log.committed if start is None else start, len(log.records)):
        await worker.accept(HERE, offset, *log.records[offset])


def run(url: str, log: Log, *steps: Callable[[Worker], Awaitable[None]]) -> None:
    """Let a worker take steps, and die without goodbye."""

    async def live() -> None:
        worker = Worker(url, LIVES, log)
        for step in steps:
            await step(worker)

    asyncio.run(live())


def visits(url: str) -> list[Visit]:
    """Return the visits that are stored."""
    reader = Reader(url)
    try:
        return reader.visits()
    finally:
        reader.close()


def scalar(url: str, statement: str) -> object:
    """Return the first value that a statement gives."""
    with psycopg.connect(url) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return row[0]


@contextmanager
def held_up(url: str, table: LiteralString = "ingest_counts") -> Iterator[None]:
    """Let no flush be committed meanwhile; or, where the readings are locked, no late reading be looked up."""
    with psycopg.connect(url) as other:
        other.execute(f"LOCK TABLE instore.{table}")
        yield


@contextmanager
def no_commits(url: str) -> Iterator[None]:
    """Have the database refuse what every flush writes."""
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("ALTER TABLE instore.ingest_counts ADD CONSTRAINT never CHECK (false) NOT VALID")
        yield
        owner.execute("ALTER TABLE instore.ingest_counts DROP CONSTRAINT never")


async def flush(worker: Worker) -> None:
    """Take the step of a flush."""
    await worker.flush()
