"""The worker on a real database with random streams of many stores, and it dies often: what is stored is as section 4 says.

Kafka is a list here, so that workers may die at any record and the next one is there at once; with a real one see `tests/e2e`.
"""

import asyncio
import random
from contextlib import closing
from itertools import islice

import pytest

from storage import layouts
from storage.connect import connect
from storage.refresh import Refresher
from stream.worker import Worker
from tests.e2e.oracle_rows import assert_accounted_for, assert_as_section_4_says, expected_accounts
from tests.storage import figures
from tests.stream.kafka_log import HERE, LIVES, Log
from tests.streams import Account, Stream, interleaved, random_wire, seeds

pytestmark = pytest.mark.integration

SEEDS = seeds(25)
DEATHS = 20
"""About how many workers die."""

LOOKS = 5
"""About how often the figures are looked at while all this goes on."""


def _records(rng: random.Random, streams: list[Stream]) -> Log:
    """Put all readings into records, each some readings of one store, mixed but each store's in order."""
    log = Log()
    lines = (line.reading for line in interleaved(rng, streams) if line.reading is not None)
    while some := list(islice(lines, 200)):
        for store_id in dict.fromkeys(reading.store_id for reading in some):
            own = [reading for reading in some if reading.store_id == store_id]
            cut = rng.randint(1, len(own))
            for batch in filter(None, (own[:cut], own[cut:])):
                log.put(*batch)
    return log


async def _work(url: str, log: Log, rng: random.Random) -> None:
    """Take in all records; a worker that dies leaves what it has not flushed to the next. Figures are kept now and then, some of them.

    Flushes are waited for or not: the next is told meanwhile, and a worker may die while one is being written.
    """
    worker, refresher, offset, deaths = Worker(url, LIVES, log), Refresher(url), 0, 0
    under_way: list[asyncio.Future[None]] = []
    while offset < len(log.records):
        is_taken = await worker.accept(HERE, offset, *log.records[offset])
        offset = offset + 1 if is_taken else (await worker.open(HERE)).next_offset  # as Kafka is asked to read it again
        if rng.random() < 0.2:
            under_way.append(asyncio.ensure_future(worker.flush()))
            await asyncio.sleep(rng.choice((0, 0, 0.005)))
        if rng.random() < 0.1:
            await asyncio.gather(*under_way)
            refresher.refresh(settled_s=0, at_most=rng.randint(1, 100))
        if rng.random() < LOOKS / len(log.records):
            await asyncio.gather(*under_way)
            figures.assert_true(url)
        if rng.random() < DEATHS / len(log.records):
            for flush in under_way:
                flush.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
            worker.close()
            worker, deaths, under_way = Worker(url, LIVES, log), deaths + 1, []
            offset = (await worker.open(HERE)).next_offset
        if offset == len(log.records):
            await asyncio.gather(*under_way)
            await worker.flush()
            offset = (await worker.open(HERE)).next_offset  # it was refused, if the transaction of a dead one ended late
    worker.close()
    refresher.close()
    assert deaths > 0


def test_workers_that_die_make_the_visits_of_section_4(database_url: str) -> None:
    """Streams with everything in them, also late by hours; every value of every row is that of the oracle, and all is accounted for."""
    streams, rng = [random_wire(seed) for seed in SEEDS], random.Random(SEEDS[0])
    with connect(database_url, "test") as connection:
        for layout in (layout for stream in streams for layout in stream.layouts()):
            layouts.save(connection, layout, "test")
    asyncio.run(_work(database_url, _records(rng, streams), rng))
    sent = expected_accounts(streams).items()
    accepted = {store: Account(one.received - one.rejected, one.stored, one.duplicate, 0) for store, one in sent}
    assert_accounted_for(database_url, streams, accepted)
    assert_as_section_4_says(database_url, streams)
    figures.assert_true(database_url)
    with closing(Refresher(database_url)) as refresher:
        while refresher.refresh(settled_s=0):
            pass
    figures.assert_true(database_url)
