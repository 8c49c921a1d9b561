"""Busy hours through the worker alone, in one go, with a list for Kafka: what the undisturbed run leaves, within seconds."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Iterator

from sensors.decode import MAX_AHEAD, Decoded, decode
from sensors.layout import load
from sensors.reading import SECOND, Reading
from simulators.recordings.messages import messages
from simulators.recordings.replay import Pace, closings, read_lines
from storage import layouts
from storage.connect import connect
from stream.worker import Worker
from tests.chaos.busy import Busy
from tests.chaos.left import Left, left_in
from tests.stream.kafka_log import HERE, LIVES, Log

BATCH = 200


def in_one_go(database_url: str, busy: Busy) -> Left:
    """Bring all that is sent to a worker, and read what it leaves."""
    with connect(database_url, "test") as connection:
        for file in busy.layouts:
            layouts.save(connection, load(file), "test")
    log, dead_letters = Log(), set[tuple[str, bytes]]()
    batches: dict[str, list[Reading]] = defaultdict(list)
    for decoded in _decoded(busy):
        dead_letters.update((letter.reason, letter.raw) for letter in decoded.rejected)
        for reading in decoded.readings:
            batches[reading.store_id].append(reading)
            if len(batches[reading.store_id]) == BATCH:
                log.put(*batches.pop(reading.store_id))
    for rest in batches.values():
        log.put(*rest)
    asyncio.run(_work(database_url, log))
    visits = {key.decode(): json.loads(value) for key, value in log.visits.items()}
    left = left_in(database_url, visits, {str(one["signal_id"]): one for one in log.signals})
    return left._replace(dead_letters=frozenset(dead_letters))


async def _work(database_url: str, log: Log) -> None:
    worker = Worker(database_url, LIVES, log)
    for offset, record in enumerate(log.records):
        await worker.accept(HERE, offset, *record)
        if offset % 20 == 0:
            await worker.flush()
    await worker.flush()
    worker.close()


def _decoded(busy: Busy) -> Iterator[Decoded]:
    """Decode what `instore replay` sends, its last status of each store included, as the bridge does."""
    last: dict[str, int] = {}
    for message in messages(read_lines(busy.recording)):
        if message.last_ts is not None and message.last_ts <= time.time() * SECOND + MAX_AHEAD:
            last[message.store_id] = max(message.last_ts, last.get(message.store_id, 0))
        yield decode(message.payload, topic=message.topic, received_at=time.time_ns() // 1000)
    for message in closings(last, Pace()):
        yield decode(message.payload, topic=message.topic, received_at=time.time_ns() // 1000)
