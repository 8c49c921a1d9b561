"""The worker on a real database: exactly once, whatever dies in between. Kafka is a list here; its own tests are end to end."""

import asyncio
import logging

import msgspec
import pytest

from sensors.layout import Layout, Zone
from sensors.reading import KAFKA_ENCODER
from sensors.topics import READINGS
from storage import layouts, rebuilds
from storage.connect import connect
from storage.model import Clock
from storage.reader import Reader
from stream import messages as messages_module
from stream import worker as worker_module
from stream.journey import Plan
from stream.partition import Slice
from stream.restart import restored
from stream.store import Store
from stream.worker import Worker
from tests.stream.kafka_log import HERE, LIVES, Log, feed, flush, run, scalar, visits
from tests.stream.make import alive, at, dwell, entry, payment

pytestmark = pytest.mark.integration


def test_records_become_rows_and_messages(database_url: str) -> None:
    """What goes in by Kafka is in the tables, on the topic, and acknowledged."""
    log = Log()
    log.put(entry(0, "in"), dwell(5, "a"), payment(6, device="d1"))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    [visit] = visits(database_url)
    assert (visit.n_readings, visit.converted, log.committed) == (2, True, 1)
    assert msgspec.json.decode(log.visits[visit.visit_id.encode()])["entered_at"] == at(0)
    assert scalar(database_url, "SELECT difference FROM instore.accounting_total") == 0


def test_a_worker_that_dies_before_the_flush_loses_nothing(database_url: str) -> None:
    """What was only in memory is read again."""
    log = Log()
    log.put(dwell(0, "a"))
    run(database_url, log, lambda worker: feed(worker, log))
    assert visits(database_url) == []
    log.put(dwell(5, "a"))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    assert [visit.n_readings for visit in visits(database_url)] == [2]


def test_what_came_before_the_first_visit_is_known_after_a_restart(database_url: str) -> None:
    """A payment finds the visit that is told to have begun before it, and its repetition is a duplicate, whoever has the partition."""
    log = Log()
    log.put(payment(0, device="d1", name="p"), dwell(30, "a", "d2"))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    log.put(payment(0, device="d1", name="p"), dwell(40, "a", duration_s=60))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    assert {visit.device_id: len(visit.payments) for visit in visits(database_url)} == {"d1": 1, "d2": 0}
    assert scalar(database_url, "SELECT count(*) FROM instore.readings WHERE id = 'p'") == 1
    assert scalar(database_url, "SELECT duplicate FROM instore.accounting_total") == 1


def test_a_worker_that_dies_between_the_database_and_kafka_does_nothing_twice(database_url: str) -> None:
    """The transaction is in, the topic and the acknowledgement are not: the next worker publishes, and skips what is covered."""
    log = Log()
    log.put(dwell(0, "a"), dwell(5, "a"))
    log.publishing = False
    with pytest.raises(ConnectionAbortedError):
        run(database_url, log, lambda worker: feed(worker, log), flush)
    assert (len(visits(database_url)), log.committed, log.visits) == (1, 0, {})
    log.publishing = True
    log.put(dwell(10, "b"))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    [visit] = visits(database_url)
    assert (visit.n_readings, visit.path) == (3, ["a", "b"])
    assert msgspec.json.decode(log.visits[visit.visit_id.encode()])["n_readings"] == 3
    assert scalar(database_url, "SELECT count(*) FROM instore.readings") == 3
    assert scalar(database_url, "SELECT received FROM instore.accounting_total") == 3


def test_a_tombstone_that_was_not_published_is_published_after_the_crash(database_url: str) -> None:
    """A visit whose start moved leaves no ghost on the topic."""
    log = Log()
    log.put(dwell(30, "a"))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    [ghost] = log.visits
    log.put(dwell(0, "a"))
    log.publishing = False
    with pytest.raises(ConnectionAbortedError):
        run(database_url, log, lambda worker: feed(worker, log), flush)
    log.publishing = True
    run(database_url, log, lambda worker: feed(worker, log), flush)
    assert ghost not in log.visits
    assert [visit.visit_id.encode() for visit in visits(database_url)] == list(log.visits)


def test_a_worker_that_lost_its_partition_writes_nothing_wrong(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """It wakes up with old state; another one has gone on; its flush is refused, and it takes the partition up anew from the database."""
    log = Log()
    log.put(dwell(0, "a"))

    async def both() -> None:
        sleeper, other = Worker(database_url, LIVES, log), Worker(database_url, LIVES, log)
        await feed(sleeper, log)
        await feed(other, log)
        log.put(dwell(5, "b"))
        await feed(other, log, 1)
        await other.flush()
        with caplog.at_level(logging.WARNING, "instore.worker"):
            await sleeper.flush()
        assert [visit.path for visit in visits(database_url)] == [["a", "b"]]
        log.put(dwell(10, "c"))
        await feed(sleeper, log, 1)
        await sleeper.flush()

    asyncio.run(both())
    assert [(visit.path, visit.n_readings) for visit in visits(database_url)] == [(["a", "b", "c"], 3)]
    assert [record.action for record in caplog.records if hasattr(record, "action")] == ["fenced", "seek"]


def test_what_another_one_writes_while_a_partition_is_taken_up_is_not_passed_over(
    database_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The last owner was alive: it writes when its stores are read back already. So our first flush is refused, and all is read again."""
    log, last_words = Log(), [True]
    log.put(entry(0, "in"))
    run(database_url, log, lambda owner: feed(owner, log), flush)
    log.put(dwell(5, "a"))

    def restored_too_early(reader: Reader, plan: Plan, clock: Clock) -> Store:
        store = restored(reader, plan, clock)
        if last_words:
            last_words.clear()
            run(database_url, log, lambda owner: feed(owner, log), flush)
        return store

    async def go_on(worker: Worker) -> None:
        await worker.open(HERE)
        log.put(dwell(20, "b"))
        for _ in range(2):
            await feed(worker, log, 1)
            await worker.flush()

    monkeypatch.setattr(worker_module, "restored", restored_too_early)
    run(database_url, log, go_on)
    assert [(visit.path, visit.n_readings) for visit in visits(database_url)] == [(["a", "b"], 3)]
    assert scalar(database_url, "SELECT count(*) FROM instore.readings") == 3
    assert "fenced" in {record.action for record in caplog.records if hasattr(record, "action")}


def test_what_a_worker_had_read_of_a_partition_that_it_lost_and_still_has_is_read_again(database_url: str) -> None:
    """Another wrote in between, and is gone: nobody else reads the records that were only in memory, and none need follow them."""
    log = Log()
    log.put(dwell(0, "a"))
    log.put(dwell(5, "b"))

    async def both() -> None:
        worker, other = Worker(database_url, LIVES, log), Worker(database_url, LIVES, log)
        await other.accept(HERE, 0, *log.records[0])
        await feed(worker, log)
        await other.flush()
        await worker.flush()
        assert visits(database_url)[0].path == ["a"]
        await worker.open(HERE)  # as it does for all that Kafka has given it
        assert log.sought == [1]
        await worker.accept(HERE, 1, *log.records[1])
        await worker.flush()

    asyncio.run(both())
    assert visits(database_url)[0].path == ["a", "b"]


def test_of_two_partitions_the_lost_one_writes_nothing(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Both are written in one transaction; another worker has gone on with one of them, and the other loses nothing by it."""
    log, there = Log(), Slice(READINGS, 1)
    ours = KAFKA_ENCODER.encode([dwell(1, "b", store="s2")])
    log.put(dwell(0, "a"))

    async def both() -> None:
        sleeper, other = Worker(database_url, LIVES, log), Worker(database_url, LIVES, log)
        await feed(sleeper, log)
        await sleeper.accept(there, 0, b"s2", ours)
        log.put(dwell(5, "a"))
        await feed(other, log)
        await other.flush()
        with caplog.at_level(logging.WARNING, "instore.worker"):
            await sleeper.flush()
        assert set(sleeper.partitions) == {there}
        assert sleeper.tally.fenced == 1
        assert (sleeper.tally.received, sleeper.tally.offsets[there]) == (1, 1)

    asyncio.run(both())
    assert [(visit.store_id, visit.path) for visit in visits(database_url)] == [("s1", ["a"]), ("s2", ["b"])]
    assert scalar(database_url, "SELECT count(*) FROM instore.readings") == 3
    assert [record.action for record in caplog.records if hasattr(record, "action")] == ["fenced"]


def test_records_between_are_read_again_not_given_up(database_url: str) -> None:
    """Kafka dropped the oldest, and what comes lies further on: what is between is still there, so it is asked for."""
    log = Log()
    for second in range(5):
        log.put(dwell(second, "a"))
    log.first = 2

    async def jump() -> None:
        worker = Worker(database_url, LIVES, log)
        assert not await worker.accept(HERE, 4, *log.records[4])
        assert log.sought == [2]
        await feed(worker, log, 2)
        await worker.flush()

    asyncio.run(jump())
    assert [visit.n_readings for visit in visits(database_url)] == [3]


def test_a_covered_record_is_acknowledged_at_once(database_url: str) -> None:
    """What the database has is done with, also when nothing new comes that would be flushed."""
    log = Log()
    log.put(dwell(0, "a"))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    log.committed = 0
    run(database_url, log, lambda worker: feed(worker, log))
    assert log.committed == 1


def test_a_visit_too_large_for_kafka_is_in_the_database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One lost tag must not stop the worker: its visit is stored, and said to be missing on the topic."""
    monkeypatch.setattr(messages_module, "MAX_MESSAGE_BYTES", 2000)
    log = Log()
    log.put(*(dwell(second, f"z{second % 2}") for second in range(50)), dwell(0, "a", "small"))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    assert sorted(len(visit.stays) for visit in visits(database_url)) == [1, 50]
    assert [msgspec.json.decode(value)["device_id"] for value in log.visits.values()] == ["small"]


def test_another_plan_while_the_worker_was_down_is_told_at_its_start(database_url: str) -> None:
    """What is stored by the old rules and can still change is told by the new ones, and its former rows are gone."""
    log = Log()
    log.put(dwell(0, "a"), dwell(2000, "a"), dwell(2010, "a"))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    assert len(visits(database_url)) == 2
    with connect(database_url, "test") as connection:
        layouts.save(connection, Layout(store_id="s1", rules={"visit_timeout_s": 3600}), "test")
    log.put(alive(2011))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    [visit] = visits(database_url)
    assert (visit.entered_at, visit.left_at, visit.n_readings) == (at(0), at(2010), 3)
    assert list(log.visits) == [visit.visit_id.encode()]


def test_a_partition_that_comes_back_is_taken_up_anew(database_url: str) -> None:
    """Lost and won again, with another worker in between: its rows are what it goes on from."""
    log = Log()
    log.put(dwell(0, "a"))

    async def both() -> None:
        first, second = Worker(database_url, LIVES, log), Worker(database_url, LIVES, log)
        await feed(first, log)
        await first.flush()
        first.drop([HERE])
        log.put(dwell(5, "a"))
        await feed(second, log)
        await second.flush()
        second.drop([HERE])
        log.put(dwell(10, "a"))
        await feed(first, log)
        await first.flush()

    asyncio.run(both())
    assert [visit.n_readings for visit in visits(database_url)] == [3]


def test_a_record_of_a_partition_lost_meanwhile_is_passed_over(database_url: str) -> None:
    """A record that waited while the partition went away belongs to its next owner."""
    log = Log()
    log.put(dwell(0, "a"))

    async def lose_it() -> None:
        worker = Worker(database_url, LIVES, log)
        taking = asyncio.ensure_future(worker.accept(HERE, 0, *log.records[0]))
        await asyncio.sleep(0)
        worker.drop([HERE])
        await taking
        await worker.flush()

    asyncio.run(lose_it())
    assert visits(database_url) == []


def test_another_life_of_the_topic_begins_at_its_beginning(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """A memory-only broker was started again: its offsets begin at 0, and nothing new may be taken for known."""
    log = Log()
    log.put(dwell(0, "a"))
    log.put(dwell(5, "a"))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    reborn = Log()
    reborn.put(dwell(10, "b"))

    async def go_on() -> None:
        worker = Worker(database_url, {**LIVES, READINGS: "cluster/reborn"}, reborn)
        await feed(worker, reborn)
        await worker.flush()

    with caplog.at_level(logging.WARNING, "instore.worker"):
        asyncio.run(go_on())
    assert [visit.path for visit in visits(database_url)] == [["a", "b"]]
    assert "topic_changed" in {getattr(record, "action", None) for record in caplog.records}


def test_kafka_that_knows_more_than_the_database_is_read_again(database_url: str) -> None:
    """A database that was restored, or is a new one: Kafka's committed offset is worth nothing then."""
    log = Log()
    for second in range(3):
        log.put(dwell(second, "a"))

    async def begin_in_the_middle() -> None:
        worker = Worker(database_url, LIVES, log)
        await worker.accept(HERE, 2, *log.records[2])
        assert log.sought == [0]
        await feed(worker, log, 0)
        await worker.flush()

    asyncio.run(begin_in_the_middle())
    assert [visit.n_readings for visit in visits(database_url)] == [3]


def test_records_that_kafka_dropped_are_said_to_be_gone(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is lost silently: what nobody read in time is named, and the rest goes on."""
    log = Log()
    for second in range(3):
        log.put(dwell(second, "a"))
    log.first = 2
    with caplog.at_level(logging.ERROR, "instore.worker"):
        run(database_url, log, lambda worker: feed(worker, log, 2), flush)
    assert [visit.n_readings for visit in visits(database_url)] == [1]
    assert "0 to 1 are gone" in caplog.text


def test_poison_and_dead_letters_are_rows_and_stop_nobody(database_url: str) -> None:
    """What is no batch of readings is kept with its bytes, and the next record goes on."""
    log = Log()
    log.records.append((b"s1", b"\xff poison"))
    log.put(dwell(0, "a"))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    assert scalar(database_url, "SELECT raw FROM instore.rejected_readings WHERE reason = 'poison'") == b"\xff poison"
    assert len(visits(database_url)) == 1
    assert scalar(database_url, "SELECT difference FROM instore.accounting_total") == 0


@pytest.mark.parametrize(("key", "value"), [(b"s1", None), (b"s\0", KAFKA_ENCODER.encode([dwell(0, "a")])), (None, None)])
def test_a_record_without_a_value_and_a_key_that_no_store_can_have(database_url: str, key: bytes | None, value: bytes | None) -> None:
    """A tombstone on the topic of readings, or a key with NUL, is one dead letter, and the next record goes on."""
    log = Log()
    log.put(dwell(0, "a"))

    async def take(worker: Worker) -> None:
        assert await worker.accept(HERE, 0, key, value)
        assert await worker.accept(HERE, 1, *log.records[0])

    run(database_url, log, take, flush)
    assert scalar(database_url, "SELECT raw FROM instore.rejected_readings WHERE reason = 'poison'") == (value or b"")
    assert len(visits(database_url)) == 1
    assert scalar(database_url, "SELECT difference FROM instore.accounting_total") == 0


def test_late_readings_are_stored_once_and_marked(database_url: str) -> None:
    """Behind the lateness, even days behind: stored, marked, and a repetition of what is stored is a duplicate."""
    log = Log()
    log.put(dwell(0, "a", name="x"), alive(100_000))
    log.put(dwell(0, "a", name="x"), dwell(1, "a", name="late"))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    log.put(dwell(1, "a", name="late"))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    assert scalar(database_url, "SELECT string_agg(id, ' ') FROM instore.readings WHERE is_late") == "late"
    assert scalar(database_url, "SELECT duplicate FROM instore.accounting_total") == 2
    assert scalar(database_url, "SELECT difference FROM instore.accounting_total") == 0


def test_a_new_layout_is_followed_without_a_restart(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loaded while the worker runs: visits that are not final follow it within seconds."""
    monkeypatch.setattr(worker_module, "LOOK_EVERY_S", 0.0)
    log = Log()
    log.put(dwell(0, "street"))

    async def change() -> None:
        worker = Worker(database_url, LIVES, log)
        await feed(worker, log)
        await worker.flush()
        with connect(database_url, "test") as connection:
            layouts.save(connection, Layout(store_id="s1", zones=(Zone(zone_id="street", type="outside"),)), "test")
        await worker.flush()
        await worker.flush()

    asyncio.run(change())
    assert [visit.pass_by for visit in visits(database_url)] == [True]


def test_a_rebuild_is_carried_out_between_flushes(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for in the database, by anybody: visits long final follow today's layout, and their former rows are gone."""
    monkeypatch.setattr(worker_module, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(worker_module, "REBUILD_DEVICES", 2)
    log = Log()
    days = 300_000.0
    log.put(*(dwell(number + second, "street", f"d{number}") for number in range(5) for second in (0, 50, 100)), alive(days))

    async def rebuild() -> None:
        worker = Worker(database_url, LIVES, log)
        await feed(worker, log)
        await worker.flush()
        with connect(database_url, "test") as connection:
            layout = Layout(
                store_id="s1", zones=(Zone(zone_id="street", type="outside"),), rules={"presence_gap_s": 40, "visit_timeout_s": 45}
            )
            layouts.save(connection, layout, "test")
            number = rebuilds.ask(connection, "s1", at(0), at(1000))
            assert rebuilds.progress(connection, number) == (None, 0, False)
            for _ in range(6):
                await worker.flush()
            assert rebuilds.progress(connection, number) == (5, 5, True)

    asyncio.run(rebuild())
    found = visits(database_url)
    assert len(found) == 15
    assert all(visit.pass_by and visit.is_final and visit.duration_s == 0 for visit in found)
    assert sorted(visit.visit_id.encode() for visit in found) == sorted(log.visits)
    assert scalar(database_url, "SELECT count(*) FROM instore.stays") == 15


def test_late_readings_join_and_move_what_is_long_final(database_url: str) -> None:
    """A reading hours late joins two final visits, and the payment that nobody had finds its owner; tombstones are published."""
    log = Log()
    log.put(dwell(0, "a"), payment(1500), dwell(3000, "a"), alive(40_000))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    assert [visit.n_readings for visit in visits(database_url)] == [1, 1]
    log.put(dwell(1480, "till"), dwell(1520, "till"))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    [visit] = visits(database_url)
    assert (visit.path, visit.converted, visit.n_readings) == (["a", "till", "a"], True, 4)
    assert list(log.visits) == [visit.visit_id.encode()]
    assert scalar(database_url, "SELECT count(*) FROM instore.readings WHERE is_late") == 2


def test_a_store_that_moves_to_another_partition_takes_its_past_along(database_url: str) -> None:
    """More partitions, and the key falls into another one: the visit goes on."""
    log = Log()
    log.put(dwell(0, "a"))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    moved = [(b"s1", KAFKA_ENCODER.encode([dwell(5, "b")]))]

    async def go_on() -> None:
        worker = Worker(database_url, LIVES, log)
        await worker.accept(Slice(READINGS, 1), 0, *moved[0])
        await worker.flush()

    asyncio.run(go_on())
    assert [visit.path for visit in visits(database_url)] == [["a", "b"]]


def test_what_waits_for_the_database_is_bounded(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records wait for a flush when enough are waiting, so memory is bounded, and all come through."""
    monkeypatch.setattr(worker_module, "MOST_BUFFERED", 10)
    log = Log()
    for second in range(50):
        log.put(*(dwell(second + part / 10, "a") for part in range(4)))

    async def watch() -> None:
        worker = Worker(database_url, LIVES, log)
        for offset, record in enumerate(log.records):
            await worker.accept(HERE, offset, *record)
            assert worker.n_buffered < 10 + 4
        await worker.flush()

    asyncio.run(watch())
    assert [visit.n_readings for visit in visits(database_url)] == [200]


def test_a_restart_does_not_take_time_back(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A visit that silence made final stays final when the next worker knows only the readings, and nothing is written anew."""
    log = Log()
    log.put(dwell(0, "a"))
    now = worker_module._now()  # noqa: SLF001 - the worker's clock is what passes here

    async def wait(worker: Worker) -> None:
        monkeypatch.setattr(worker_module, "_now", lambda: now + 1862 * 1_000_000)
        await worker.flush()

    run(database_url, log, lambda worker: feed(worker, log), flush, wait)
    written_at = scalar(database_url, "SELECT updated_at FROM instore.visits WHERE is_final AND ended_by = 'timeout'")
    run(database_url, log, _open, flush)
    assert scalar(database_url, "SELECT updated_at FROM instore.visits WHERE is_final") == written_at


async def _open(worker: Worker) -> None:
    await worker.open(HERE)
