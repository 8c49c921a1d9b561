"""`instore bench worker`: the real `instore worker` with a backlog (P2), and two of them.

A chain's readings stand in Kafka, one store in each partition, as the bridge writes them under load. Workers start with an empty database
and read them all. The time runs from when each of them has its first reading until the last one is done; starting is not measured.
"""

import asyncio
from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from benchmarks.figure import Figure
from benchmarks.load import Load, fill, load
from benchmarks.report import Report
from benchmarks.running import Speed, alone, started, timed, wait_until
from benchmarks.servers import Given, Servers, database, forget_group, servers
from sensors.reading import KAFKA_BATCH, Reading
from sensors.topics import PARTITIONS, READINGS

READINGS_WANTED = 2_000_000
GOAL_A_SECOND = 400_000.0
GOAL_TWO = 1.4
"""Of issue 7."""

RECEIVED = "instore_worker_received"


class Options(NamedTuple):
    """What is measured: how many readings, of a store to which so many shoppers come, and where."""

    readings: int
    shoppers: int
    given: Given


def run(options: Options, report: Report) -> Iterator[Figure]:
    """Measure, one figure after the other."""
    with report.bar("simulating", 1):
        chain = load(options.readings, options.shoppers)
    with servers(options.given, with_mqtt=False) as where:
        with report.bar("filling", 1):
            fill(where.brokers, chain.records)
        limit = bare(where.brokers, chain.readings)
        ours = list(figures(where, chain, limit, report))
        yield from ours
        two = _database(where, chain, 2, report)
        yield Figure("P2/two", two.per_s, "readings/s", ours[0].value, f"two processes; limit: one; the goal is {GOAL_TWO} times")


def figures(where: Servers, chain: Load, limit: float, report: Report) -> Iterator[Figure]:
    """One worker: with its database, and with one that keeps nothing."""
    about = f"{chain.readings} readings of {len(chain.layouts)} stores; {where.about}"
    one = _database(where, chain, 1, report)
    yield Figure("P2", one.per_s, "readings/s", GOAL_A_SECOND, f"`instore worker`, one process, into the database; {about}")
    yield Figure("P2/bare", one.per_s, "readings/s", limit, "the same; limit: aiokafka, decoding, and a dictionary of devices")
    yield Figure("P2/cpu", one.per_cpu_s, "readings/s", None, "the same, for each second of CPU that the worker takes")
    alone = _nowhere(where, chain, report)
    yield Figure("P2/no_database", alone.per_s, "readings/s", GOAL_A_SECOND, "the worker with a database that keeps nothing")
    yield Figure("P2/no_database_bare", alone.per_s, "readings/s", limit, "the same; limit: as above")


def _database(where: Servers, chain: Load, workers: int, report: Report) -> Speed:
    """How fast so many workers are, with a new database."""
    with database(where.database, chain.layouts) as url:
        folder = where.folder / f"{workers}-workers"
        options = ("--kafka-url", where.kafka, "--database-url", url, "--data-dir", str(folder), "--metrics-port", "0")
        return _measured(where, chain, [["instore", "worker", *options]] * workers, report)


def _nowhere(where: Servers, chain: Load, report: Report) -> Speed:
    command = ["benchmarks.nowhere", where.kafka, str(where.folder / "1-nowhere"), str(len(chain.layouts))]
    return _measured(where, chain, [command], report)


def _measured(where: Servers, chain: Load, commands: list[list[str]], report: Report) -> Speed:
    folder = where.folder / f"{len(commands)}-{'workers' if commands[0][0] == 'instore' else 'nowhere'}"
    with report.bar("working", chain.readings) as advance, started(folder, *commands) as parts:
        wait_until(lambda: any(part.metrics().get(RECEIVED) for part in parts), "no worker has read anything")
        speed = timed(parts, RECEIVED, chain.readings, advance)
    forget_group(where.brokers)
    return speed


def bare(brokers: Sequence[str], readings: int) -> float:
    """How many readings a second aiokafka, decoding and a dictionary take alone, in a process of their own."""
    return readings / alone(_bare, list(brokers), readings)


def _bare(brokers: list[str], readings: int) -> float:
    return asyncio.run(_read(brokers, readings))


async def _read(brokers: list[str], readings: int) -> float:
    """Read all records once; return the seconds from the first to the last."""
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([TopicPartition(READINGS, number) for number in range(PARTITIONS)])
        began, done = perf_counter(), 0
        last: dict[str | None, Reading] = {}
        while done < readings:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                for record in records:
                    batch = KAFKA_BATCH.decode(record.value)
                    done += len(batch)
                    for reading in batch:
                        last[getattr(reading, "device_id", None)] = reading
        return perf_counter() - began
    finally:
        await consumer.stop()
