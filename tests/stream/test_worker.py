"""The worker on a real database: exactly once, whatever dies in between. Kafka is a list here; its own tests are end to end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec
import psycopg
import pytest

from sensors.layout import Layout, Zone
from sensors.reading import KAFKA_ENCODER, Reading
from sensors.topics import READINGS, REJECTED
from storage import layouts, rebuilds
from storage.connect import connect
from storage.model import Visit
from storage.reader import Reader
from stream import worker as worker_module
from stream.worker import Message, Slice, Worker
from tests.stream.make import alive, at, dwell, entry, payment

pytestmark = pytest.mark.integration

HERE = Slice(READINGS, 0)
LIVES = {READINGS: "cluster/one", REJECTED: "cluster/two"}


class Log:
    """A Kafka of one partition and of what was published: records by offset, and the compacted topic of visits."""

    def __init__(self) -> None:
        self.records: list[tuple[bytes, bytes]] = []
        self.first = 0
        self.visits: dict[bytes, bytes] = {}
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
        for key, value in messages:
            if value is None:
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


async def _feed(worker: Worker, log: Log, start: int | None = None) -> None:
    for offset in range(log.committed if start is None else start, len(log.records)):
        await worker.accept(HERE, offset, *log.records[offset])


def _run(url: str, log: Log, *steps: Callable[[Worker], Awaitable[None]]) -> None:
    """Let a worker take steps, and die without goodbye."""

    async def live() -> None:
        worker = Worker(url, LIVES, log)
        for step in steps:
            await step(worker)

    asyncio.run(live())


def _visits(url: str) -> list[Visit]:
    reader = Reader(url)
    try:
        return reader.visits()
    finally:
        reader.close()


def _scalar(url: str, statement: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return row[0]


async def _flush(worker: Worker) -> None:
    await worker.flush()


def test_records_become_rows_and_messages(database_url: str) -> None:
    """What goes in by Kafka is in the tables, on the topic, and acknowledged."""
    log = Log()
    log.put(entry(0, "in"), dwell(5, "a"), payment(6, device="d1"))
    _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    [visit] = _visits(database_url)
    assert (visit.n_readings, visit.converted, log.committed) == (2, True, 1)
    assert msgspec.json.decode(log.visits[visit.visit_id.encode()])["entered_at"] == at(0)
    assert _scalar(database_url, "SELECT difference FROM instore.accounting_total") == 0


def test_a_worker_that_dies_before_the_flush_loses_nothing(database_url: str) -> None:
    """What was only in memory is read again."""
    log = Log()
    log.put(dwell(0, "a"))
    _run(database_url, log, lambda worker: _feed(worker, log))
    assert _visits(database_url) == []
    log.put(dwell(5, "a"))
    _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    assert [visit.n_readings for visit in _visits(database_url)] == [2]


def test_what_came_before_the_first_visit_is_known_after_a_restart(database_url: str) -> None:
    """A payment finds the visit that is told to have begun before it, and its repetition is a duplicate, whoever has the partition."""
    log = Log()
    log.put(payment(0, device="d1", name="p"), dwell(30, "a", "d2"))
    _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    log.put(payment(0, device="d1", name="p"), dwell(40, "a", duration_s=60))
    _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    assert {visit.device_id: len(visit.payments) for visit in _visits(database_url)} == {"d1": 1, "d2": 0}
    assert _scalar(database_url, "SELECT count(*) FROM instore.readings WHERE id = 'p'") == 1
    assert _scalar(database_url, "SELECT duplicate FROM instore.accounting_total") == 1


def test_a_worker_that_dies_between_the_database_and_kafka_does_nothing_twice(database_url: str) -> None:
    """The transaction is in, the topic and the acknowledgement are not: the next worker publishes, and skips what is covered."""
    log = Log()
    log.put(dwell(0, "a"), dwell(5, "a"))
    log.publishing = False
    with pytest.raises(ConnectionAbortedError):
        _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    assert (len(_visits(database_url)), log.committed, log.visits) == (1, 0, {})
    log.publishing = True
    log.put(dwell(10, "b"))
    _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    [visit] = _visits(database_url)
    assert (visit.n_readings, visit.path) == (3, ["a", "b"])
    assert msgspec.json.decode(log.visits[visit.visit_id.encode()])["n_readings"] == 3
    assert _scalar(database_url, "SELECT count(*) FROM instore.readings") == 3
    assert _scalar(database_url, "SELECT received FROM instore.accounting_total") == 3


def test_a_tombstone_that_was_not_published_is_published_after_the_crash(database_url: str) -> None:
    """A visit whose start moved leaves no ghost on the topic."""
    log = Log()
    log.put(dwell(30, "a"))
    _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    [ghost] = log.visits
    log.put(dwell(0, "a"))
    log.publishing = False
    with pytest.raises(ConnectionAbortedError):
        _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    log.publishing = True
    _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    assert ghost not in log.visits
    assert [visit.visit_id.encode() for visit in _visits(database_url)] == list(log.visits)


def test_a_worker_that_lost_its_partition_writes_nothing_wrong(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """It wakes up with old state; another one has gone on; its flush is refused, and it takes the partition up anew from the database."""
    log = Log()
    log.put(dwell(0, "a"))

    async def both() -> None:
        sleeper, other = Worker(database_url, LIVES, log), Worker(database_url, LIVES, log)
        await _feed(sleeper, log)
        await _feed(other, log)
        log.put(dwell(5, "b"))
        await _feed(other, log, 1)
        await other.flush()
        with caplog.at_level(logging.WARNING, "instore.worker"):
            await sleeper.flush()
        assert [visit.path for visit in _visits(database_url)] == [["a", "b"]]
        log.put(dwell(10, "c"))
        await _feed(sleeper, log, 1)
        await sleeper.flush()

    asyncio.run(both())
    assert [(visit.path, visit.n_readings) for visit in _visits(database_url)] == [(["a", "b", "c"], 3)]
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
        await _feed(worker, log, 2)
        await worker.flush()

    asyncio.run(jump())
    assert [visit.n_readings for visit in _visits(database_url)] == [3]


def test_a_covered_record_is_acknowledged_at_once(database_url: str) -> None:
    """What the database has is done with, also when nothing new comes that would be flushed."""
    log = Log()
    log.put(dwell(0, "a"))
    _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    log.committed = 0
    _run(database_url, log, lambda worker: _feed(worker, log))
    assert log.committed == 1


def test_a_visit_too_large_for_kafka_is_in_the_database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One lost tag must not stop the worker: its visit is stored, and said to be missing on the topic."""
    monkeypatch.setattr(worker_module, "MAX_MESSAGE_BYTES", 2000)
    log = Log()
    log.put(*(dwell(second, f"z{second % 2}") for second in range(50)), dwell(0, "a", "small"))
    _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    assert sorted(len(visit.stays) for visit in _visits(database_url)) == [1, 50]
    assert [msgspec.json.decode(value)["device_id"] for value in log.visits.values()] == ["small"]


def test_another_plan_while_the_worker_was_down_is_told_at_its_start(database_url: str) -> None:
    """What is stored by the old rules and can still change is told by the new ones, and its former rows are gone."""
    log = Log()
    log.put(dwell(0, "a"), dwell(2000, "a"), dwell(2010, "a"))
    _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    assert len(_visits(database_url)) == 2
    with connect(database_url, "test") as connection:
        layouts.save(connection, Layout(store_id="s1", rules={"visit_timeout_s": 3600}), "test")
    log.put(alive(2011))
    _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    [visit] = _visits(database_url)
    assert (visit.entered_at, visit.left_at, visit.n_readings) == (at(0), at(2010), 3)
    assert list(log.visits) == [visit.visit_id.encode()]


def test_a_partition_that_comes_back_is_taken_up_anew(database_url: str) -> None:
    """Lost and won again, with another worker in between: its rows are what it goes on from."""
    log = Log()
    log.put(dwell(0, "a"))

    async def both() -> None:
        first, second = Worker(database_url, LIVES, log), Worker(database_url, LIVES, log)
        await _feed(first, log)
        await first.flush()
        first.drop([HERE])
        log.put(dwell(5, "a"))
        await _feed(second, log)
        await second.flush()
        second.drop([HERE])
        log.put(dwell(10, "a"))
        await _feed(first, log)
        await first.flush()

    asyncio.run(both())
    assert [visit.n_readings for visit in _visits(database_url)] == [3]


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
    assert _visits(database_url) == []


def test_another_life_of_the_topic_begins_at_its_beginning(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """A memory-only broker was started again: its offsets begin at 0, and nothing new may be taken for known."""
    log = Log()
    log.put(dwell(0, "a"))
    log.put(dwell(5, "a"))
    _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    reborn = Log()
    reborn.put(dwell(10, "b"))

    async def go_on() -> None:
        worker = Worker(database_url, {**LIVES, READINGS: "cluster/reborn"}, reborn)
        await _feed(worker, reborn)
        await worker.flush()

    with caplog.at_level(logging.WARNING, "instore.worker"):
        asyncio.run(go_on())
    assert [visit.path for visit in _visits(database_url)] == [["a", "b"]]
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
        await _feed(worker, log, 0)
        await worker.flush()

    asyncio.run(begin_in_the_middle())
    assert [visit.n_readings for visit in _visits(database_url)] == [3]


def test_records_that_kafka_dropped_are_said_to_be_gone(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is lost silently: what nobody read in time is named, and the rest goes on."""
    log = Log()
    for second in range(3):
        log.put(dwell(second, "a"))
    log.first = 2
    with caplog.at_level(logging.ERROR, "instore.worker"):
        _run(database_url, log, lambda worker: _feed(worker, log, 2), _flush)
    assert [visit.n_readings for visit in _visits(database_url)] == [1]
    assert "0 to 1 are gone" in caplog.text


def test_poison_and_dead_letters_are_rows_and_stop_nobody(database_url: str) -> None:
    """What is no batch of readings is kept with its bytes, and the next record goes on."""
    log = Log()
    log.records.append((b"s1", b"\xff poison"))
    log.put(dwell(0, "a"))
    _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    assert _scalar(database_url, "SELECT raw FROM instore.rejected_readings WHERE reason = 'poison'") == b"\xff poison"
    assert len(_visits(database_url)) == 1
    assert _scalar(database_url, "SELECT difference FROM instore.accounting_total") == 0


def test_late_readings_are_stored_once_and_marked(database_url: str) -> None:
    """Behind the lateness, even days behind: stored, marked, and a repetition of what is stored is a duplicate."""
    log = Log()
    log.put(dwell(0, "a", name="x"), alive(100_000))
    log.put(dwell(0, "a", name="x"), dwell(1, "a", name="late"))
    _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    log.put(dwell(1, "a", name="late"))
    _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    assert _scalar(database_url, "SELECT string_agg(id, ' ') FROM instore.readings WHERE is_late") == "late"
    assert _scalar(database_url, "SELECT duplicate FROM instore.accounting_total") == 2
    assert _scalar(database_url, "SELECT difference FROM instore.accounting_total") == 0


def test_a_new_layout_is_followed_without_a_restart(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loaded while the worker runs: visits that are not final follow it within seconds."""
    monkeypatch.setattr(worker_module, "LOOK_EVERY_S", 0.0)
    log = Log()
    log.put(dwell(0, "street"))

    async def change() -> None:
        worker = Worker(database_url, LIVES, log)
        await _feed(worker, log)
        await worker.flush()
        with connect(database_url, "test") as connection:
            layouts.save(connection, Layout(store_id="s1", zones=(Zone(zone_id="street", type="outside"),)), "test")
        await worker.flush()
        await worker.flush()

    asyncio.run(change())
    assert [visit.pass_by for visit in _visits(database_url)] == [True]


def test_a_rebuild_is_carried_out_between_flushes(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for in the database, by anybody: visits long final follow today's layout, and their former rows are gone."""
    monkeypatch.setattr(worker_module, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(worker_module, "REBUILD_DEVICES", 2)
    log = Log()
    days = 300_000.0
    log.put(*(dwell(number + second, "street", f"d{number}") for number in range(5) for second in (0, 50, 100)), alive(days))

    async def rebuild() -> None:
        worker = Worker(database_url, LIVES, log)
        await _feed(worker, log)
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
    found = _visits(database_url)
    assert len(found) == 15
    assert all(visit.pass_by and visit.is_final and visit.duration_s == 0 for visit in found)
    assert sorted(visit.visit_id.encode() for visit in found) == sorted(log.visits)
    assert _scalar(database_url, "SELECT count(*) FROM instore.stays") == 15


def test_late_readings_join_and_move_what_is_long_final(database_url: str) -> None:
    """A reading hours late joins two final visits, and the payment that nobody had finds its owner; tombstones are published."""
    log = Log()
    log.put(dwell(0, "a"), payment(1500), dwell(3000, "a"), alive(40_000))
    _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    assert [visit.n_readings for visit in _visits(database_url)] == [1, 1]
    log.put(dwell(1480, "till"), dwell(1520, "till"))
    _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    [visit] = _visits(database_url)
    assert (visit.path, visit.converted, visit.n_readings) == (["a", "till", "a"], True, 4)
    assert list(log.visits) == [visit.visit_id.encode()]
    assert _scalar(database_url, "SELECT count(*) FROM instore.readings WHERE is_late") == 2


def test_a_store_that_moves_to_another_partition_takes_its_past_along(database_url: str) -> None:
    """More partitions, and the key falls into another one: the visit goes on."""
    log = Log()
    log.put(dwell(0, "a"))
    _run(database_url, log, lambda worker: _feed(worker, log), _flush)
    moved = [(b"s1", KAFKA_ENCODER.encode([dwell(5, "b")]))]

    async def go_on() -> None:
        worker = Worker(database_url, LIVES, log)
        await worker.accept(Slice(READINGS, 1), 0, *moved[0])
        await worker.flush()

    asyncio.run(go_on())
    assert [visit.path for visit in _visits(database_url)] == [["a", "b"]]


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
    assert [visit.n_readings for visit in _visits(database_url)] == [200]
