"""How long a worker takes to go on where another one fell: `python -m benchmarks.recovery [--visits N] [--keep FOLDER]`.

A worker takes in readings of visits that all go on, several stores in each of several partitions, and ends without a goodbye. Another one,
in a process of its own, takes up the partitions, and flushes once. PostgreSQL is an embedded one; Kafka stands for nothing here, so it is
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
from stream.worker import Slice, Worker

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

    Beside the seconds those of the process itself on a core: without the database's, and whatever else the machine does.
    """

    opening_s: float
    opening_cpu_s: float
    first_flush_s: float
    first_flush_cpu_s: float
    open_visits: int
    messages: int
    peak_mib: float


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
    if step % TOUCH_EVERY == 0:
        shelf = layout.shelves[(visit + step) % len(layout.shelves)]
        product = shelf.products[visit % len(shelf.products)].product_id
        return Shelf(**who, sensor_id=shelf.shelf_id, shelf_id=shelf.shelf_id, action="pickup", product_id=product)  # type: ignore[arg-type]
    zone = layout.zones[(visit + step // 3) % len(layout.zones)]
    return Dwell(**who, sensor_id=f"gateway-{visit % 20}", zone_id=zone.zone_id, duration_s=10.0, rssi_dbm=-60.0)  # type: ignore[arg-type]


def restart(url: str) -> Took:
    """Take up all partitions, and flush."""
    return asyncio.run(_restart(url))


async def _restart(url: str) -> Took:
    kafka = NoKafka()
    worker = Worker(url, LIVES, kafka)
    began, began_cpu = perf_counter(), process_time()
    for number in range(PARTITIONS):
        await worker.open(Slice(READINGS, number))
    opened, opened_cpu = perf_counter(), process_time()
    n_published = kafka.messages
    await worker.flush()
    ended, ended_cpu = perf_counter(), process_time()
    n_open = sum(store.n_open_visits for partition in worker.partitions.values() for store in partition.stores.values())
    worker.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    times = (opened - began, opened_cpu - began_cpu, ended - opened, ended_cpu - opened_cpu)
    return Took(*times, n_open, kafka.messages - n_published, peak)


if __name__ == "__main__":
    main()
