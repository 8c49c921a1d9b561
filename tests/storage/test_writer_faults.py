"""The writer when the world fails: another owner, a lost connection, a crash, several workers at once."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from msgspec import structs
from psycopg import sql

from storage import restore
from storage.connect import connect
from storage.errors import DatabaseAway, Fenced
from storage.model import Clock, Count, Flush
from storage.writer import Writer
from tests.storage.examples import DAY, HOUR, WRITTEN, dwell, payment, step, visit
from tests.storage.proxy import proxy

pytestmark = pytest.mark.integration

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
def admin(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection to see and to disturb."""
    with connect(database_url, "admin") as connection:
        yield connection


@pytest.fixture
def writer(database_url: str) -> Iterator[Writer]:
    """A writer."""
    with Writer(database_url) as writer:
        yield writer


def full_flush(expected: int | None, next_offset: int, number: int = 1) -> Flush:
    """A flush with something for every table."""
    paid = payment(number)
    return Flush(
        advance=step(expected, next_offset),
        readings=[dwell(number * 10 + i) for i in range(5)],
        visits=[visit(number, payments=(paid,))],
        payments=[(paid, visit(number).visit_id)],
        counts=[Count("s1", DAY, 6, 1)],
        clocks=[Clock("s1", DAY)],
    )


def contents(admin: psycopg.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables that a flush writes to."""
    return {
        name: admin.execute(sql.SQL("SELECT * FROM instore.{} ORDER BY 1, 2").format(sql.Identifier(name))).fetchall() for name in WRITTEN
    }


def test_of_several_partitions_the_one_that_moved_is_named(writer: Writer, admin: psycopg.Connection) -> None:
    """All are written, or none; without the one that another worker has, the others are."""
    writer.write(Flush(advance=step(None, 7, partition=1)))
    before = contents(admin)
    flushes = [structs.replace(full_flush(None, 1, number), advance=step(None, 1, partition=number)) for number in range(3)]
    with pytest.raises(Fenced) as fenced:
        writer.write(*flushes)
    assert fenced.value.steps == [flushes[1].advance]
    assert contents(admin) == before
    at = writer.write(flushes[0], flushes[2])
    found = restore.offsets(admin, "instore.readings")
    assert {number: (one.next_offset, one.flushed_at == at) for number, one in found.items()} == {0: (1, True), 1: (7, False), 2: (1, True)}
    assert len(contents(admin)["readings"]) == len(flushes[0].readings) + len(flushes[2].readings)


@pytest.mark.parametrize(
    ("stored", "expected", "said"),
    [
        (None, 5, "believed to stand at 5, but is not stored at all"),
        (7, None, "believed not to be stored yet, but stands at 7"),
        (7, 6, "believed to stand at 6, but stands at 7"),
        (7, 8, "believed to stand at 8, but stands at 7"),
    ],
)
def test_a_worker_without_its_partition_writes_nothing(
    writer: Writer, admin: psycopg.Connection, stored: int | None, expected: int | None, said: str
) -> None:
    """The stored offset is not what the worker believes: another has moved it. The sentence says so, and no row is written."""
    if stored is not None:
        writer.write(Flush(advance=step(None, stored)))
    before = contents(admin)
    with pytest.raises(Fenced, match=f"partition 0 of instore.readings was {said}: another worker has it"):
        writer.write(full_flush(expected, 20))
    assert contents(admin) == before


def test_a_fenced_writer_goes_on_with_its_other_partitions(writer: Writer, admin: psycopg.Connection) -> None:
    """Being fenced in one partition costs neither the connection nor another partition."""
    with pytest.raises(Fenced):
        writer.write(Flush(advance=step(3, 4)))
    writer.write(Flush(advance=step(None, 4, partition=1)))
    assert set(restore.offsets(admin, "instore.readings")) == {1}


def test_a_new_life_of_the_topic_begins_again(writer: Writer, admin: psycopg.Connection) -> None:
    """A topic that was made anew starts at 0 again; an offset of its former life counts as none, and who believes in it is fenced."""
    writer.write(Flush(advance=step(None, 5000)))
    writer.write(Flush(advance=step(None, 10, life="life-2")))
    stored = restore.offsets(admin, "instore.readings")[0]
    assert (stored.life, stored.next_offset) == ("life-2", 10)
    with pytest.raises(Fenced, match="to stand at 5000, but stands at 10 of another life of the topic"):
        writer.write(Flush(advance=step(5000, 5001)))
    with pytest.raises(Fenced, match="to stand at 10, but stands at 10 of another life of the topic"):
        writer.write(Flush(advance=step(10, 11)))


def test_two_first_flushes_of_a_partition_cannot_both_be(database_url: str, admin: psycopg.Connection) -> None:
    """Two workers take up a new partition at the same moment: one writes, the other is fenced."""
    barrier = threading.Barrier(2)

    def first_flush(number: int) -> bool:
        with Writer(database_url) as writer:
            writer.holds(step(None, 1), LONG_AGO)  # connects
            barrier.wait()
            try:
                writer.write(full_flush(None, 1, number))
            except Fenced:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(first_flush, [1, 2])) == [False, True]
    assert len(contents(admin)["visits"]) == 1


def test_a_crash_in_the_middle_leaves_nothing(database_url: str, writer: Writer, admin: psycopg.Connection) -> None:
    """The server ends the connection after most of the flush was sent: none of it is there, and the next try writes it once."""
    writer.write(full_flush(None, 1, 1))
    before = contents(admin)
    outcome: list[Exception] = []

    def write() -> None:
        try:
            writer.write(full_flush(1, 2, 2))
        except DatabaseAway as away:
            outcome.append(away)

    with connect(database_url, "blocker") as blocker, blocker.transaction():
        blocker.execute("LOCK TABLE instore.ingest_counts")  # the last that a flush writes to
        thread = threading.Thread(target=write)
        thread.start()
        kill_waiting(admin)
        thread.join()
    assert "terminating connection" in str(outcome[0])
    assert contents(admin) == before
    writer.write(full_flush(1, 2, 2))
    assert [len(contents(admin)[name]) for name in ("readings", "visits")] == [10, 2]


def kill_waiting(admin: psycopg.Connection) -> None:
    """End the writer's connection as soon as it waits for a lock."""
    statement = "SELECT pid FROM pg_stat_activity WHERE application_name = 'instore worker' AND wait_event_type = 'Lock'"
    while not (found := admin.execute(statement).fetchall()):
        time.sleep(0.01)
    admin.execute("SELECT pg_terminate_backend(%s)", found[0])


def test_an_answer_lost_after_the_commit_is_not_written_twice(database_url: str, admin: psycopg.Connection) -> None:
    """The commit was done, and nobody heard: the same flush again finds itself stored, returns its time, and doubles nothing."""
    with proxy(database_url) as between, closing(Writer(between.url)) as writer:
        writer.write(full_flush(None, 1, 1))
        between.cut_after_commit.set()
        with pytest.raises(DatabaseAway):
            writer.write(full_flush(1, 2, 2))
        while not writer.wrote(step(1, 2)):
            time.sleep(0.01)
        before = contents(admin)
        assert writer.write(full_flush(1, 2, 2)) == restore.offsets(admin, "instore.readings")[0].flushed_at
        assert contents(admin) == before
        assert len(before["readings"]) == 10
        writer.write(full_flush(2, 3, 3))


def test_a_lost_commit_is_not_taken_for_that_of_another(database_url: str, writer: Writer, admin: psycopg.Connection) -> None:
    """Whoever took the partition over may stand at the same offset: that was another flush, and ours is fenced."""
    writer.write(Flush(advance=step(None, 1)))
    admin.execute("ALTER TABLE instore.ingest_counts ADD CONSTRAINT never CHECK (false)")  # the commit cannot come
    with pytest.raises(psycopg.errors.CheckViolation):
        writer.write(full_flush(1, 2))
    with Writer(database_url) as other:
        other.write(Flush(advance=step(1, 2)))
    with pytest.raises(Fenced):
        writer.write(full_flush(1, 2))


def test_a_database_that_is_away_says_so_and_is_found_again(writer: Writer, admin: psycopg.Connection) -> None:
    """After a lost connection the next write opens a fresh one."""
    writer.write(Flush(advance=step(None, 1)))
    admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'instore worker'")
    with pytest.raises(DatabaseAway):
        writer.write(Flush(advance=step(1, 2)))
    at = writer.write(Flush(advance=step(1, 2)))
    assert writer.holds(step(1, 2), at)
    assert not writer.holds(step(1, 2), LONG_AGO)
    assert not writer.holds(step(1, 3), at)
    assert not writer.holds(step(1, 2, life="life-2"), at)
    assert not writer.holds(step(1, 2, partition=5), at)
    assert writer.wrote(step(1, 2)) is None  # its end was seen


def test_a_flush_of_another_that_covered_no_record_is_seen(writer: Writer, database_url: str) -> None:
    """Visits become final, layouts change, months are rebuilt: the offset stays, and still the partition is another worker's."""
    at = writer.write(full_flush(None, 1))
    with Writer(database_url) as other:
        then = other.write(Flush(advance=step(1, 1)))
    assert not writer.holds(step(None, 1), at)
    believing = structs.replace(step(1, 2), expected_at=at)
    with pytest.raises(Fenced, match="but stands at 1, written again at "):
        writer.write(Flush(advance=believing))
    writer.write(Flush(advance=structs.replace(believing, expected_at=then)))


def test_of_two_partitions_in_a_lost_commit_another_worker_took_one(database_url: str, admin: psycopg.Connection) -> None:
    """Both were written, and nobody heard; the second try is refused, and tells which of them is as we left it."""
    first, second = (structs.replace(full_flush(None, 1, number), advance=step(None, 1, partition=number)) for number in (0, 1))
    with proxy(database_url) as between, closing(Writer(between.url)) as writer:
        writer.holds(step(None, 1), LONG_AGO)  # connects
        between.cut_after_commit.set()
        with pytest.raises(DatabaseAway):
            writer.write(first, second)
        while not writer.wrote(second.advance):
            time.sleep(0.01)
        with Writer(database_url) as other:
            other.write(Flush(advance=step(1, 1, partition=0)))
        before = contents(admin)
        with pytest.raises(Fenced) as fenced:
            writer.write(first, second)
        assert fenced.value.steps == [first.advance, second.advance]
        assert writer.wrote(first.advance) is None
        assert writer.wrote(second.advance) == restore.offsets(admin, "instore.readings")[1].flushed_at
        assert contents(admin) == before


def test_nobody_there_at_all() -> None:
    """No server at the address: every call says `DatabaseAway`."""
    writer = Writer("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(DatabaseAway, match="Connection refused"):
        writer.write(Flush(advance=step(None, 1)))
    with pytest.raises(DatabaseAway):
        writer.holds(step(None, 1), LONG_AGO)
    with pytest.raises(DatabaseAway):
        writer.existing_ids({"s1": [("a", 1)]})


def test_late_duplicates_are_found(writer: Writer) -> None:
    """Asked with their times, stored ids are told from new ones, each in its own store."""
    writer.write(Flush(advance=step(None, 1), readings=[dwell(1, "s1"), dwell(2, "s1"), dwell(3, "s2")]))
    asked = {store_id: [(f"r{n}", dwell(n).reading.ts) for n in range(1, 5)] for store_id in ("s1", "s2", "s3")}
    assert writer.existing_ids(asked) == {"s1": {"r1", "r2"}, "s2": {"r3"}, "s3": set()}
    assert writer.existing_ids({}) == {}
    assert writer.existing_ids({"s1": []}) == {"s1": set()}


def test_workers_of_many_partitions_do_not_stand_in_each_others_way(database_url: str, admin: psycopg.Connection) -> None:
    """Eight writers with stores and counts in common, named in all orders: none is fenced, none deadlocks, no count is lost."""
    n_writers, n_flushes = 8, 12

    def work(partition: int) -> None:
        common = [f"s{(partition * 5 + i) % 7}" for i in range(7)]
        with Writer(database_url) as writer:
            for number in range(n_flushes):
                flush = Flush(
                    advance=step(number or None, number + 1, partition=partition),
                    readings=[dwell(number, store_id) for store_id in common],
                    counts=[Count(store_id, DAY + hour * HOUR, 1, 0) for store_id in (*common, "") for hour in (1, 0)],
                )
                writer.write(flush)

    with ThreadPoolExecutor(n_writers) as pool:
        list(pool.map(work, range(n_writers)))
    assert admin.execute("SELECT DISTINCT received FROM instore.ingest_counts").fetchall() == [(n_writers * n_flushes,)]
    assert admin.execute("SELECT count(*) FROM instore.readings").fetchall() == [(n_writers * n_flushes * 7,)]


def stand_still(sleeper: psycopg.Connection, woken: threading.Event) -> None:
    """Take the partition, begin a COPY, and send nothing until woken."""
    sleeper.execute("SET idle_in_transaction_session_timeout = '1s'")
    with sleeper.transaction():
        sleeper.execute("UPDATE instore.ingest_offsets SET next_offset = 9")
        with sleeper.cursor() as cursor, cursor.copy("COPY instore.stores (store_id) FROM STDIN") as copied:
            copied.write_row(("s9",))
            woken.wait()


def test_who_stands_still_in_a_copy_is_ended(database_url: str, admin: psycopg.Connection) -> None:
    """The server waits for the rest of a COPY for ever, whatever its limits: whoever needs the partition ends that connection."""
    with Writer(database_url) as owner:
        owner.write(Flush(advance=step(None, 1)))
    woken = threading.Event()
    with connect(database_url, "instore worker") as sleeper, ThreadPoolExecutor(1) as pool, Writer(database_url, patience_s=1) as writer:
        stopped = pool.submit(stand_still, sleeper, woken)
        time.sleep(2)
        with pytest.raises(DatabaseAway, match="lock timeout"):
            writer.write(full_flush(1, 2))
        writer.write(full_flush(1, 2))
        woken.set()
        with pytest.raises(psycopg.OperationalError, match="terminating connection"):
            stopped.result()
    assert restore.offsets(admin, "instore.readings")[0].next_offset == 2
    assert len(contents(admin)["visits"]) == 1


def test_who_is_at_work_is_not_ended(database_url: str) -> None:
    """A lock is waited for in vain, but its holder is no worker that stands still: neither a person in psql nor a worker that computes."""
    with Writer(database_url) as owner:
        owner.write(Flush(advance=step(None, 1)))
    with connect(database_url, "psql") as person, Writer(database_url, patience_s=1) as writer, person.transaction():
        person.execute("UPDATE instore.ingest_offsets SET next_offset = 9")
        with pytest.raises(DatabaseAway, match="lock timeout"):
            writer.write(full_flush(1, 2))
        assert person.execute("SELECT 1").fetchone() == (1,)
    with connect(database_url, "instore worker") as other, ThreadPoolExecutor(1) as pool, Writer(database_url, patience_s=1) as writer:
        busy = pool.submit(other.execute, "WITH held AS (SELECT FROM instore.ingest_offsets FOR UPDATE) SELECT pg_sleep(3) FROM held")
        time.sleep(1.5)
        with pytest.raises(DatabaseAway, match="lock timeout"):
            writer.write(full_flush(9, 10))
        assert busy.result().fetchone() is not None
