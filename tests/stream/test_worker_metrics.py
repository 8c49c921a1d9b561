"""What a worker counts and shows, with a real database under it."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from sensors.dead_letter import DeadLetter
from sensors.topics import READINGS, REJECTED
from storage.model import Advance, Clock, Flush
from stream.partition import Slice
from stream.worker import Worker
from stream.worker_metrics import MOST_STORES, State, Tally, WorkerMetrics
from tests.scrape import Scrape, shown
from tests.stream.kafka_log import HERE, LIVES, Log, feed, flush, run, scalar
from tests.stream.make import START, alive, dwell, entry, payment

LETTERS = Slice(REJECTED, 0)


def state(**changed: Any) -> State:
    """A worker that is well and has one partition, but for what is said."""
    well = State(
        beat_at=time.monotonic(),
        flush_began_at=None,
        kafka=True,
        database=True,
        assigned=frozenset([HERE]),
        taken_up=frozenset([HERE]),
        ends={},
        stores=1,
        open_visits=0,
        buffered=0,
        buffered_limit=20_000,
    )
    return well._replace(**changed)


def shown_of(tally: Tally, **changed: Any) -> Scrape:
    """What a worker would show that has counted so."""
    return shown("worker", WorkerMetrics(tally, lambda: state(**changed)))


def conditions(**changed: Any) -> Mapping[str, bool]:
    """What it has of what it needs, without what it has."""
    return {name: has for name, has in WorkerMetrics(Tally(), lambda: state(**changed)).conditions().items() if not has}


def _letter(reason: str) -> bytes:
    return msgspec.json.encode(DeadLetter(id=reason, received_at=START, source="t", reason=reason, detail="", raw=b""))


@pytest.mark.integration
def test_counts_are_those_of_the_database(database_url: str) -> None:
    """Each kind, what came twice, late, or broken: received is stored, duplicate and rejected, here as there."""
    log, told = Log(), []
    log.put(entry(0, "in"), dwell(5, "a", name="once"), payment(6, device="d1"), alive(400))
    log.put(dwell(5, "a", name="once"), dwell(20, "a", "d2"), dwell(21, "a", "d2"))
    log.records.append((b"s1", b"no readings"))

    async def letters(worker: Worker) -> None:
        for offset, reason in enumerate(["future", "future", "somebody's own"]):
            await worker.accept(LETTERS, offset, None, _letter(reason))

    async def look(worker: Worker) -> None:
        told.append(shown_of(worker.tally))

    run(database_url, log, lambda worker: feed(worker, log), letters, look, flush, look)
    before, after = told
    assert before.value("instore_worker_received_total") == 0
    assert after.by("instore_worker_stored_readings_total", "kind") == {"entry": 1, "dwell": 3, "payment": 1, "status": 1}
    assert after.by("instore_worker_rejected_total", "reason") == {"future": 2, "poison": 1, "other": 1}
    assert after.value("instore_worker_received_total") == scalar(database_url, "SELECT received FROM instore.accounting_total") == 11
    assert after.value("instore_worker_duplicate_readings_total") == 1
    assert after.value("instore_worker_late_readings_total") == 2
    assert after.value("instore_worker_flush_seconds_count", step="write") == 1
    assert after.value("instore_worker_delay_seconds_count") == 1


@pytest.mark.integration
def test_a_flush_that_is_refused_counts_nothing(database_url: str) -> None:
    """Another worker has the partition: what it writes is its own to count, so that the sum over workers is what the database has."""
    log = Log()
    log.put(dwell(0, "a"))

    async def both() -> None:
        sleeper, other = Worker(database_url, LIVES, log), Worker(database_url, LIVES, log)
        for worker in (sleeper, other):
            await feed(worker, log)
        await other.flush()
        await sleeper.flush()
        told = [shown_of(worker.tally) for worker in (sleeper, other)]
        assert [one.value("instore_worker_received_total") for one in told] == [0, 1]
        assert [one.value("instore_worker_fenced_total") for one in told] == [1, 0]

    asyncio.run(both())


@pytest.mark.integration
def test_records_that_kafka_dropped_are_counted(database_url: str) -> None:
    """Three records are gone before anybody read them."""
    log = Log()
    for second in range(5):
        log.put(dwell(second, "a"))
    log.first = 3

    async def jump(worker: Worker) -> None:
        await worker.accept(HERE, 3, *log.records[3])
        assert shown_of(worker.tally).value("instore_worker_lost_records_total") == 3

    run(database_url, log, jump)


@pytest.mark.integration
def test_lag_ends_where_the_database_has_arrived(database_url: str) -> None:
    """A record that was taken in and is not committed is still behind; a partition that is lost is shown no more."""
    log = Log()
    for second in range(3):
        log.put(dwell(second, "a"))
    ends = {HERE: 5, Slice(READINGS, 7): 9}

    async def look(worker: Worker) -> None:
        await feed(worker, log)
        assert shown_of(worker.tally, ends=ends).by("instore_worker_lag_records", "partition") == {"0": 5}
        await worker.flush()
        assert shown_of(worker.tally, ends=ends).by("instore_worker_lag_records", "partition") == {"0": 2}
        assert shown_of(worker.tally, ends={HERE: 1}).value("instore_worker_lag_records", topic=READINGS, partition="0") == 0
        worker.drop([HERE])
        assert shown_of(worker.tally, ends=ends).by("instore_worker_lag_records", "partition") == {}

    run(database_url, log, look)


@pytest.mark.integration
def test_open_visits_are_those_of_the_database(database_url: str) -> None:
    """Two go on, one has ended; the next worker reads back the same."""
    log = Log()
    log.put(entry(0, "in"), entry(9, "out"), dwell(5, "a", "d2"), dwell(6, "a", "d3"))
    found: list[int] = []

    async def count(worker: Worker) -> None:
        await worker.open(HERE)
        found.append(sum(store.n_open_visits for partition in worker.partitions.values() for store in partition.stores.values()))

    run(database_url, log, lambda worker: feed(worker, log), flush, count)
    run(database_url, log, count)
    assert found == [2, 2]
    assert scalar(database_url, "SELECT count(*) FROM instore.visits WHERE ended_by IS NULL") == 2


def _heard(ages_s: Mapping[str, float]) -> Tally:
    """A tally of one partition whose stores were last heard so many seconds ago."""
    tally, now = Tally(), time.time_ns() // 1000
    tally.opened(HERE, 0, {})
    clocks = [Clock(store_id, now - int(age_s * 1_000_000)) for store_id, age_s in ages_s.items()]
    tally.written([(HERE, Flush(advance=Advance(*HERE, "life", None, 1), clocks=clocks))], 0.01, now)
    return tally


def test_a_chain_of_a_thousand_stores_has_a_hundred_series() -> None:
    """Those furthest behind among those that live; the histogram has them all."""
    of_chain = {f"s{number:04d}": 10.0 + number for number in range(1000)}
    told = shown_of(_heard({**of_chain, "closed": 90_000.0}))
    ages = told.by("instore_worker_store_freshness_seconds", "store")
    assert sorted(ages) == [f"s{number:04d}" for number in range(1000 - MOST_STORES, 1000)]
    assert ages["s0999"] == pytest.approx(1009, abs=5)
    counts = told.by("instore_worker_freshness_seconds_bucket", "le")
    assert counts["+Inf"] == 1001
    assert counts["604800.0"] == 1001
    assert counts["86400.0"] == 1000
    assert 45 <= counts["60.0"] <= 51


def test_a_store_that_is_heard_again_is_fresh() -> None:
    """Its age is that of the newest reading, whatever was said before; a clock ahead of ours makes it 0, not negative."""
    tally = _heard({"s1": 500, "s2": -30})
    now = time.time_ns() // 1000
    tally.written([(HERE, Flush(advance=Advance(*HERE, "life", 1, 2), clocks=[Clock("s1", now)]))], 0.01, now)
    told = shown_of(tally)
    assert told.value("instore_worker_store_freshness_seconds", store="s1") < 5
    assert told.value("instore_worker_store_freshness_seconds", store="s2") == 0


def test_what_a_worker_needs_to_be_ready() -> None:
    """Each thing by itself; a worker to which Kafka gave no partition, because there are more workers than partitions, is ready too."""
    assert conditions() == {}
    assert conditions(assigned=frozenset(), taken_up=frozenset()) == {}
    assert conditions(kafka=False) == {"kafka": False}
    assert conditions(database=False) == {"database": False}
    assert conditions(assigned=None) == {"partitions": False}
    assert conditions(taken_up=frozenset()) == {"partitions": False}
    assert conditions(flush_began_at=time.monotonic() - 5) == {}
    assert conditions(flush_began_at=time.monotonic() - 31) == {"writing": False}


def test_a_worker_whose_event_loop_stands_still_is_not_alive() -> None:
    """A minute without a sign."""
    assert WorkerMetrics(Tally(), state).is_alive()
    assert not WorkerMetrics(Tally(), lambda: state(beat_at=time.monotonic() - 61)).is_alive()
