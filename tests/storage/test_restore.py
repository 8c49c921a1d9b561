"""Reading back: what a worker finds after a crash is what was written before it."""

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, timedelta
from itertools import pairwise

import msgspec
import psycopg
import pytest

from sensors.reading import SECOND
from storage import restore
from storage.connect import connect
from storage.errors import DatabaseAway
from storage.model import Clock, Flush, Removed
from storage.reader import Reader
from storage.restore import StoredOffset
from storage.writer import Writer
from tests.storage.examples import DAY, TOPIC, dwell, payment, step, visit

pytestmark = pytest.mark.integration


LATER = DAY + 10**12
"""Behind all that these tests store."""


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection to read back with."""
    with connect(database_url, "test") as connection:
        yield connection


@pytest.fixture
def writer(database_url: str) -> Iterator[Writer]:
    """A writer."""
    with Writer(database_url) as writer:
        yield writer


def test_offsets_are_those_of_the_last_flush(writer: Writer, connection: psycopg.Connection) -> None:
    """By partition: life, offset, time, and the visits that the last flush removed; other topics are not in it."""
    gone = visit(1)
    writer.write(Flush(advance=step(None, 3), visits=[gone]))
    removed = writer.write(Flush(advance=step(3, 8), removed=[Removed(gone.visit_id, "s1", gone.entered_at)]))
    first = writer.write(Flush(advance=step(None, 5, partition=4, life="life-7")))
    writer.write(Flush(advance=step(None, 9, topic="instore.rejected")))
    assert restore.offsets(connection, TOPIC) == {
        0: StoredOffset("life-1", 8, removed, [gone.visit_id]),
        4: StoredOffset("life-7", 5, first, []),
    }
    assert restore.offsets(connection, TOPIC)[0].flushed_at.tzinfo is UTC
    writer.write(Flush(advance=step(8, 9)))
    assert restore.offsets(connection, TOPIC)[0].removed == []
    assert restore.offsets(connection, "instore.nothing") == {}


def test_clocks_are_those_of_the_partition(writer: Writer, connection: psycopg.Connection) -> None:
    """A store's time is found by the partition that its readings came by last, and by its id."""
    writer.write(Flush(advance=step(None, 1), clocks=[Clock("s2", DAY), Clock("s1", DAY + 1)]))
    writer.write(Flush(advance=step(None, 1, partition=3), clocks=[Clock("s3", DAY + 2)]))
    assert restore.clocks(connection, TOPIC, 0) == [Clock("s1", DAY + 1), Clock("s2", DAY)]
    writer.write(Flush(advance=step(1, 2, partition=3), clocks=[Clock("s2", DAY + 9)]))
    assert restore.clocks(connection, TOPIC, 0) == [Clock("s1", DAY + 1)]
    assert restore.clocks(connection, TOPIC, 3) == [Clock("s2", DAY + 9), Clock("s3", DAY + 2)]
    assert restore.clocks(connection, "instore.rejected", 0) == []
    assert restore.clock(connection, "s2") == Clock("s2", DAY + 9)
    writer.write(Flush(advance=step(2, 3, partition=3), clocks=[Clock("s2", DAY + 9, "plan")]))
    assert restore.clock(connection, "s2") == Clock("s2", DAY + 9, "plan")
    assert restore.clock(connection, "s9") is None


def test_readings_come_from_a_time_on_in_order(writer: Writer, connection: psycopg.Connection) -> None:
    """Of one store, late ones too, by `ts`; the time itself is included."""
    stored = [dwell(number, is_late=number % 2 == 0) for number in (5, 1, 4, 2, 3)]
    writer.write(Flush(advance=step(None, 1), readings=[*stored, dwell(3, "s2")]))
    [batch] = restore.readings_since(connection, "s1", DAY + 3 * SECOND)
    assert batch == [dwell(3), dwell(4, is_late=True), dwell(5)]
    assert list(restore.readings_since(connection, "s1", DAY + 5 * SECOND + 1)) == []
    assert list(restore.readings_since(connection, "s9", 0)) == []


def test_many_readings_come_in_bounded_memory(writer: Writer, connection: psycopg.Connection) -> None:
    """However many there are, only some thousand are in memory; an iterator left half way leaves no transaction open."""
    n = 60_000
    writer.write(Flush(advance=step(None, 1), readings=[dwell(number) for number in range(n)]))
    tracemalloc.start()
    sizes = []
    for batch in restore.readings_since(connection, "s1", 0):
        sizes.append(len(batch))
        del batch
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (sum(sizes), max(sizes)) == (n, restore.AT_ONCE)
    assert peak < 20_000_000
    half = restore.readings_since(connection, "s1", 0)
    assert next(half)[0] == dwell(0)
    half.close()  # type: ignore[attr-defined]
    assert connection.info.transaction_status is psycopg.pq.TransactionStatus.IDLE


@pytest.mark.parametrize(
    ("visits", "horizon", "floor"),
    [
        ([], DAY, DAY),
        ([visit(2)], LATER, visit(2).entered_at),
        ([visit(2)], DAY, DAY),
        ([visit(2, is_final=True)], DAY, DAY),
        ([visit(2, is_final=True)], visit(2).left_at, visit(2).entered_at),
        ([visit(2, is_final=True)], visit(2).left_at + 1, visit(2).left_at + 1),
        ([visit(1, is_final=True), visit(2), visit(3)], LATER, visit(2).entered_at),
        ([visit(1), visit(2, is_final=True)], visit(2).left_at, visit(1).entered_at),
        ([visit(2), visit(1, is_final=True)], visit(1).left_at, visit(1).entered_at),
        ([visit(1, store_id="s2"), visit(3)], LATER, visit(3).entered_at),
    ],
)
def test_the_live_floor_is_where_the_oldest_changeable_visit_began(
    writer: Writer, connection: psycopg.Connection, visits: list[msgspec.Struct], horizon: int, floor: int
) -> None:
    """Not final, or ended at the horizon or later: the earliest beginning of those; the horizon where there is none, or none so early."""
    writer.write(msgspec.convert({"advance": step(None, 1), "visits": visits}, Flush))
    assert restore.live_floor(connection, "s1", horizon) == floor


def test_live_visits_are_those_that_may_still_change(writer: Writer, connection: psycopg.Connection) -> None:
    """Whole, with all that hangs on them, by device and beginning; of one store, and not what was over before."""
    paid = payment(60 * 3)
    over, ended, bought = visit(1, is_final=True), visit(2, is_final=True), visit(3, payments=(paid,))
    others = [visit(7), visit(4, store_id="s2")]
    writer.write(Flush(advance=step(None, 1), visits=[over, bought, ended, *others], payments=[(paid, bought.visit_id)]))
    assert ended.stays
    assert ended.shelf_visits
    in_order = sorted([ended, bought, others[0]], key=lambda one: (one.device_id, one.entered_at))
    assert restore.live_visits(connection, "s1", ended.left_at) == in_order
    assert restore.live_visits(connection, "s1", over.left_at) == sorted([over, *in_order], key=lambda one: (one.device_id, one.entered_at))
    assert restore.live_visits(connection, "s9", 0) == []


def test_ids_and_sensors_come_from_a_time_on(writer: Writer, connection: psycopg.Connection) -> None:
    """All ids; of sensors the first and the last moment in each piece of time are enough, and no gap longer than that is missing."""
    heard = [0, 1, 2, 3, 4, 9, 10, 30, 31]
    writer.write(Flush(advance=step(None, 1), readings=[*(dwell(number) for number in heard), dwell(3, "s2")]))
    sensor, times = dwell(0).reading.sensor_id, [dwell(number).reading.ts for number in heard]
    assert sorted(restore.ids_since(connection, "s1", times[3])) == sorted(dwell(number).reading.id for number in heard[3:])
    assert restore.ids_since(connection, "s9", 0) == []
    assert restore.sensors_since(connection, "s1", times[3], 1) == [(sensor, ts) for ts in times[3:]]
    within = 6 * SECOND
    found = restore.sensors_since(connection, "s1", 0, within)
    assert {ts for _, ts in found} < {*times}
    assert _gaps([ts for _, ts in found], within) == _gaps(times, within) == [(times[6], times[7])]
    assert restore.sensors_since(connection, "s9", 0, within) == []


def _gaps(times: list[int], within: int) -> list[tuple[int, int]]:
    return [(before, after) for before, after in pairwise(times) if after - before > within]


def test_visits_that_are_known_are_not_read_again(writer: Writer, connection: psycopg.Connection) -> None:
    """Of the last flush: what the caller knows comes as it knows it, in the same order."""
    at = writer.write(Flush(advance=step(None, 1), visits=[visit(1), visit(2), visit(3)]))
    mine = msgspec.structs.replace(visit(2), n_readings=99)
    stored = restore.visits_changed_at(connection, ["s1"], at)
    assert restore.visits_changed_at(connection, ["s1"], at, {mine.visit_id: mine}) == [
        mine if one.visit_id == mine.visit_id else one for one in stored
    ]


def test_existing_ids_are_found_by_id_and_time(writer: Writer, connection: psycopg.Connection) -> None:
    """An id is found where the store has it at one of the times asked for; ids may hold anything."""
    odd = msgspec.structs.replace(dwell(1).reading, id="{'\"\\,NULL}")
    writer.write(Flush(advance=step(None, 1), readings=[dwell(2), msgspec.structs.replace(dwell(1), reading=odd)]))
    assert restore.existing_ids(connection, "s1", [(odd.id, odd.ts), ("r2", dwell(2).reading.ts), ("r3", dwell(2).reading.ts)]) == {
        odd.id,
        "r2",
    }
    assert restore.existing_ids(connection, "s1", [("r2", dwell(2).reading.ts + 1)]) == set()
    assert restore.existing_ids(connection, "s2", [("r2", dwell(2).reading.ts)]) == set()
    assert restore.existing_ids(connection, "s1", []) == set()


def test_visits_changed_at_a_flush_are_those_it_wrote_last(writer: Writer, connection: psycopg.Connection) -> None:
    """What the last flush wrote is found whole by its time; what another flush wrote since, or another store has, is not."""
    paid = payment(121)
    first = writer.write(Flush(advance=step(None, 1), visits=[visit(1), visit(2), visit(3, "s2")]))
    changed = visit(2, n_stays=5, payments=(paid,))
    second = writer.write(Flush(advance=step(1, 2), visits=[changed], payments=[(paid, changed.visit_id)]))
    assert restore.visits_changed_at(connection, ["s1"], first) == [visit(1)]
    assert restore.visits_changed_at(connection, ["s1", "s2"], first) == [visit(1), visit(3, "s2")]
    assert restore.visits_changed_at(connection, ["s1", "s2"], second) == [changed]
    assert restore.visits_changed_at(connection, ["s1"], second + timedelta(microseconds=1)) == []
    assert restore.visits_changed_at(connection, [], second) == []


def test_visits_are_found_by_store_and_beginning(writer: Writer, connection: psycopg.Connection) -> None:
    """[since, until) of `entered_at`; without a store, all of them by store and beginning."""
    written = [visit(3), visit(1), visit(2, "s2")]
    writer.write(Flush(advance=step(None, 1), visits=written))
    assert restore.visits(connection) == [visit(1), visit(3), visit(2, "s2")]
    assert restore.visits(connection, "s1", since=visit(1).entered_at, until=visit(3).entered_at) == [visit(1)]
    assert restore.visits(connection, "s1", since=visit(1).entered_at + 1) == [visit(3)]
    assert restore.visits(connection, since=visit(2).entered_at) == [visit(3), visit(2, "s2")]


def test_many_visits_are_put_together_right(writer: Writer, connection: psycopg.Connection) -> None:
    """More visits than are read at once: each gets its own stays, shelf visits and payments."""
    paid = {number: payment(60 * number) for number in range(0, 2500, 50)}
    written = [visit(number, payments=(paid[number],) if number in paid else ()) for number in range(2500)]
    writer.write(Flush(advance=step(None, 1), visits=written, payments=[(each, visit(n).visit_id) for n, each in paid.items()]))
    assert restore.visits(connection) == written


def test_a_lost_connection_is_the_worlds_fault(connection: psycopg.Connection, database_url: str) -> None:
    """Whatever is read: a lost connection is `DatabaseAway`, no error of the driver."""
    with connect(database_url, "admin") as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
    with pytest.raises(DatabaseAway):
        restore.offsets(connection, TOPIC)
    with pytest.raises(DatabaseAway):
        next(restore.readings_since(connection, "s1", 0))


def test_a_reader_comes_back_after_the_connection_was_lost(writer: Writer, database_url: str) -> None:
    """The reader says `DatabaseAway` once, and then reads over a fresh connection."""
    writer.write(Flush(advance=step(None, 1), readings=[dwell(1)], visits=[visit(1)], clocks=[Clock("s1", DAY)]))
    reader = Reader(database_url)
    at = reader.offsets(TOPIC)[0].flushed_at
    with connect(database_url, "admin") as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%(reads)' AND datname = current_database()"
        )
    with pytest.raises(DatabaseAway):
        reader.clocks(TOPIC, 0)
    assert reader.clocks(TOPIC, 0) == [reader.clock("s1")] == [Clock("s1", DAY)]
    assert reader.live_floor("s1", LATER) == visit(1).entered_at
    assert list(reader.readings_since("s1", 0)) == [[dwell(1)]]
    assert reader.visits_changed_at(["s1"], at) == [visit(1)]
    assert reader.layout("s1") is None
    assert reader.layout_versions() == {}
    reader.close()
