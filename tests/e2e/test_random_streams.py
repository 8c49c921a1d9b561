"""Many random streams at once on their way from MQTT to SQL, and a worker killed meanwhile: all is as section 4 says.

The oracle reads section 4 a second time and shares no code with the engine; here it is compared with what the running pipeline has made
of the same readings, value for value. `INSTORE_TEST_STREAMS=10000` before pytest tries so many, `INSTORE_TEST_FIRST_SEED` others.
"""

import logging
import random
import time

import psycopg
import pytest

from storage import layouts
from storage.connect import connect
from tests.e2e.conftest import Pipeline
from tests.e2e.oracle_rows import assert_accounted_for, assert_as_section_4_says, expected_accounts
from tests.e2e.processes import wait_until
from tests.streams import Account, Stream, ahead, arrived, hours_late, interleaved, random_wire, seeds, write_layouts, write_lines

log = logging.getLogger("instore.test")

SEEDS = seeds(150)

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300 + len(SEEDS))]

A_READING_S = 0.02
"""Far more than a reading takes."""

RECEIVED = "SELECT coalesce(sum(received), 0)::bigint FROM instore.ingest_counts WHERE starts_with(store_id, 'stream-')"
IS_FINAL = "SELECT NOT EXISTS (SELECT FROM instore.visits WHERE NOT is_final AND starts_with(store_id, 'stream-'))"
AHEAD = """
SELECT store_id, sum(rejected_future)::bigint
FROM instore.sensor_skew WHERE rejected_future > 0 AND starts_with(store_id, 'stream-') GROUP BY 1
"""


def _scalar(pipeline: Pipeline, statement: str) -> int:
    with psycopg.connect(pipeline.database_url) as connection:
        row = connection.execute(statement).fetchone()
    assert row is not None
    return int(row[0])


def _load_plans(pipeline: Pipeline, streams: list[Stream]) -> None:
    """Load the plans of all stores; those of the first stream as anybody would, from files."""
    files = write_layouts(pipeline.here.folder / "plans", streams[:1])
    pipeline.here.run_well("layout", "load", *files)
    with connect(pipeline.database_url, "test") as connection:
        for layout in (layout for stream in streams for layout in stream.layouts()):
            layouts.save(connection, layout, "test")


def _wait_for(pipeline: Pipeline, n_received: int) -> None:
    """Wait until so many readings have come to the database."""

    def has_come() -> bool:
        assert not pipeline.worker.has_ended, pipeline.worker.err[-3000:]
        return _scalar(pipeline, RECEIVED) >= n_received

    wait_until(has_come, f"{n_received} readings are received", 60 + n_received * A_READING_S, look_every_s=0.1)


def _run(pipeline: Pipeline, streams: list[Stream], n_received: int, kills: int) -> None:
    """Replay all streams mixed, kill the worker some times on the way, and wait until all is stored and final."""
    recording = pipeline.here.folder / "streams.jsonl"
    write_lines(recording, interleaved(random.Random(len(streams)), streams))
    replay = pipeline.here.start("replay", recording)
    for number in range(1, kills + 1):
        _wait_for(pipeline, number * n_received // (kills + 1))
        pipeline.worker.kill()
        assert _scalar(pipeline, RECEIVED) < n_received, "it was killed when all was done"
        pipeline.start_worker()
    assert replay.wait(60 + n_received * A_READING_S).code == 0
    _wait_for(pipeline, n_received)
    wait_until(lambda: bool(_scalar(pipeline, IS_FINAL)), "all visits are final", 60, 0.2)


def _with_the_last(account: Account) -> Account:
    """Add the one status with which `replay` ends."""
    return account._replace(received=account.received + 1, stored=account.stored + 1)


def _assert_wrong_clocks_are_seen(pipeline: Pipeline, streams: list[Stream]) -> None:
    """What came from the future was rejected, made nothing late, and stands in the view of clocks."""
    with psycopg.connect(pipeline.database_url) as connection:
        found: dict[str, int] = dict(connection.execute(AHEAD).fetchall())
    assert found == {store: n_ahead for stream in streams for store, n_ahead in ahead(stream).items()}


def test_random_streams_live(pipeline: Pipeline) -> None:
    """Every kind, disorder, duplicates, impostors, late by hours, durations, anonymous payments, stores with rules of their own."""
    began = time.monotonic()
    streams = [random_wire(seed, late=0.05) for seed in SEEDS]
    expected = {store: _with_the_last(account) for store, account in expected_accounts(streams).items()}
    n_received = sum(account.received for account in expected.values())
    _load_plans(pipeline, streams)
    loaded = time.monotonic()
    _run(pipeline, streams, n_received, kills=1 if len(streams) < 1000 else 2)
    stored = time.monotonic()
    assert_accounted_for(pipeline.database_url, streams, expected)
    _assert_wrong_clocks_are_seen(pipeline, streams)
    assert_as_section_4_says(pipeline.database_url, streams)
    n_late = sum(one.is_late for stream in streams for one in arrived(stream))
    by_hours = sum(hours > 1 for stream in streams for hours in hours_late(stream))
    log.info("%d streams of %d stores, seeds %d to %d", len(streams), len(expected), SEEDS[0], SEEDS[-1])
    log.info("%d late, %d by more than an hour", n_late, by_hours)
    for name in Account._fields:
        log.info("%d %s", sum(getattr(account, name) for account in expected.values()), name)
    log.info("%.0f s before, %.0f s in the pipeline, %.0f s to compare", loaded - began, stored - loaded, time.monotonic() - stored)
