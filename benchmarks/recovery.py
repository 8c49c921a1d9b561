"""How long a worker takes to go on where another one fell: `python -m benchmarks.recovery [--visits N] [--keep FOLDER]`.

A worker takes in readings of visits that all go on, several stores in each of several partitions, and ends without a goodbye. Another one,
in a process of its own, takes up the partitions, and flushes once. Then a reading of each visit comes, which wakes them, and one more,
which finds them awake; a database that is kept has these then. PostgreSQL is an embedded one; Kafka stands for nothing here, so it is
left away: records are handed to the worker as Kafka would.
"""

import argparse
import asyncio
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

from msgspec import structs

import stream.worker
from benchmarks.chain import layouts_of
from benchmarks.running import alone
from sensors.layout import Layout
from sensors.reading import KAFKA_ENCODER, SECOND, Dwell, Entry, Reading, Shelf
from sensors.topics import READINGS, REJECTED
from simulators.shop.floor import builtin
from storage.connect import session
from storage.layouts import save
from storage.migrate import migrate
from storage.postgres import postgres
from stream.messages import Message
from stream.partition import Slice
from stream.worker import MOST_BUFFERED, Worker

START = 1_750_000_000 * SECOND
LIVES = {READINGS: "bench", REJECTED: "bench"}
PARTITIONS = 4
STORES = 8
STEP = 30 * SECOND
"""Between two readings of a visit; visits begin in the first of these steps."""

TOUCH_EVERY = 4
"""So many readings, one is of a shelf."""

BATCH = 1_000


class Took(NamedTuple):
    """What a restart took: until all partitions are taken up, and for the first flush; how much that published, and memory.

    Beside the seconds those of the process itself on a core: without the database's, and whatever else the machine does. And what a reading
    of each visit took then, and what the next one.
    """

    opening_s: float
    opening_cpu_s: float
    first_flush_s: float
    first_flush_cpu_s: float
    open_visits: int
    messages: int
    peak_mib: float
    waking_s: float
    awake_s: float


class NoKafka:
    """Takes all that is published, and has nothing."""

    def __init__(self) -> None:
        self.messages = 0

    async def publish(self, messages: list[Message]) -> None:
        """Count them."""
        self.messages += len(messages)

    async def covered(self, where: Slice, offset: int) -> None:
        """Nobody asks."""

    async def earliest(self, where: Slice) -> int:  # noqa: ARG002 - no record was ever dropped
        """The first one."""
        return 0

    async def seek(self, where: Slice, offset: int) -> None:
        """Records come in order."""


def main() -> None:
    """Fill a database unless that is done, and restart a worker."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--visits", type=int, default=100_000)
    options.add_argument("--readings", type=int, default=20, help="of each visit")
    options.add_argument("--keep", type=Path, help="a folder of the database, to be filled and used again")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, postgres(given.keep or Path(folder)) as url:
        migrate(url)
        with session(url, "instore bench") as connection:
            is_filled = connection.execute("SELECT count(*) FROM instore.visits").fetchall() != [(0,)]
        if not is_filled:
            print(alone(fill, url, given.visits // STORES, given.readings))  # noqa: T201
        print(alone(restart, url))  # noqa: T201


def fill(url: str, visits: int, readings: int) -> str:
    """Have a worker take in the beginning of so many visits to each store."""
    layouts = layouts_of(builtin("grocery"), STORES)
    with session(url, "instore bench") as connection:
        for layout in layouts:
            save(connection, layout, "instore bench")
    return asyncio.run(_fill(url, layouts, visits, readings))


async def _fill(url: str, layouts: list[Layout], visits: int, readings: int) -> str:
    stream.worker.MOST_BUFFERED = visits * readings  # so a visit is written once, and not with each of its readings
    began = perf_counter()
    worker = Worker(url, LIVES, NoKafka())
    offsets = dict.fromkeys((Slice(READINGS, number) for number in range(PARTITIONS)), 0)
    for place, layout in enumerate(layouts):
        where = Slice(READINGS, place % PARTITIONS)
        for step in range(readings):
            for batch in _batches(layout, step, visits):
                await worker.accept(where, offsets[where], layout.store_id.encode(), KAFKA_ENCODER.encode(batch))
                offsets[where] += 1
        await worker.flush()
    worker.close()
    return f"filled in {perf_counter() - began:.0f} s"


def _batches(layout: Layout, step: int, visits: int) -> Iterator[list[Reading]]:
    for first in range(0, visits, BATCH):
        yield [_reading(layout, step, visit, visits) for visit in range(first, min(first + BATCH, visits))]


def _reading(layout: Layout, step: int, visit: int, visits: int) -> Reading:
    """One reading of a visit: who comes in walks through the zones, and takes something from a shelf now and then."""
    ts = START + step * STEP + visit * STEP // visits
    who = {"store_id": layout.store_id, "device_id": f"device-{visit}", "id": f"{visit}-{step}", "ts": ts, "received_at": ts}
    if step == 0:
        return Entry(**who, sensor_id=layout.gates[0].sensor_id, direction="in")  # type: ignore[arg-type]
    zone = layout.zones[(visit + step // 3) % len(layout.zones)]
    shelves = [shelf for shelf in layout.shelves if shelf.zone_id == zone.zone_id]
    if step % TOUCH_EVERY == 0 and shelves:
        shelf = shelves[(visit + step) % len(shelves)]
        product = shelf.products[visit % len(shelf.products)].product_id
        return Shelf(**who, sensor_id=shelf.shelf_id, shelf_id=shelf.shelf_id, action="pickup", product_id=product)  # type: ignore[arg-type]
    return Dwell(**who, sensor_id=f"gateway-{visit % 20}", zone_id=zone.zone_id, duration_s=10.0, rssi_dbm=-60.0)  # type: ignore[arg-type]


def restart(url: str) -> Took:
    """Take up all partitions, and flush."""
    return asyncio.run(_restart(url))


async def _restart(url: str) -> Took:
    kafka = NoKafka()
    worker = Worker(url, LIVES, kafka)
    began, began_cpu = perf_counter(), process_time()
    await worker.open_all([Slice(READINGS, number) for number in range(PARTITIONS)])
    opened, opened_cpu = perf_counter(), process_time()
    await worker.flush()
    n_published = kafka.messages
    ended, ended_cpu = perf_counter(), process_time()
    n_open = sum(store.n_open_visits for partition in worker.partitions.values() for store in partition.stores.values())
    layouts = layouts_of(builtin("grocery"), STORES)
    waking_s, awake_s = [await _go_on(worker, layouts, n_open // STORES) for _ in range(2)]
    worker.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    times = (opened - began, opened_cpu - began_cpu, ended - opened, ended_cpu - opened_cpu)
    return Took(*times, n_open, n_published, peak, waking_s, awake_s)


async def _go_on(worker: Worker, layouts: list[Layout], visits: int) -> float:
    """Take in a reading of each visit, as many at a time as a worker with a backlog does; return how long that took."""
    began = perf_counter()
    n = 0
    for place, layout in enumerate(layouts):
        where = Slice(READINGS, place % PARTITIONS)
        partition = worker.partitions[where]
        last = partition.stores[layout.store_id].store_time
        for batch in _batches(layout, 1, visits):
            later = [structs.replace(one, id=f"{one.id}/{last}", ts=last + STEP, received_at=last + STEP) for one in batch]
            await worker.accept(where, partition.next_offset, layout.store_id.encode(), KAFKA_ENCODER.encode(later))
            n += len(later)
            if n % MOST_BUFFERED == 0:
                await worker.flush()
    await worker.flush()
    return perf_counter() - began


if __name__ == "__main__":
    main()
