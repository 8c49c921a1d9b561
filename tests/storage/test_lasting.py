"""Storage that lasts: policies as they are set, late rows in what is compressed, and rows that are deleted when they are old."""

import json
import time
from collections import Counter
from typing import Any

import msgspec
import pytest

from sensors.reading import SECOND, to_datetime
from sensors.urls import SettingError
from storage import lasting, restore
from storage.connect import connect
from storage.lasting import Change
from storage.model import Count, Flush, Removed, Signal, StoredReading
from tests.databases import Database
from tests.storage.examples import DAY, HOUR, dwell, longer, payment, step, visit

pytestmark = pytest.mark.integration

TABLES = ["payment_items", "payments", "readings", "rejected_readings", "shelf_visits", "signals", "stays", "visits"]
AT_ONCE = "SELECT instore.retain_after(interval '0', %s)"
A_DAY = 24 * HOUR


def rows(database: Database, statement: str) -> list[tuple[Any, ...]]:
    """What a query gives."""
    with connect(database.url, "test") as connection:
        return connection.execute(statement.encode()).fetchall()


def jobs(database: Database) -> dict[str, str]:
    """After how long TimescaleDB's jobs compress which table."""
    found = rows(
        database, "SELECT hypertable_name, config::text FROM timescaledb_information.jobs WHERE proc_name LIKE 'policy_compression%'"
    )
    return {name: json.loads(config)["compress_after"] for name, config in found}


def compress(database: Database) -> int:
    """Compress all chunks of all tables, as the jobs do; return how many."""
    with connect(database.url, "test") as connection:
        for table in TABLES:
            connection.execute(
                "SELECT public.compress_chunk(one, true) FROM public.show_chunks(%s::regclass) AS one", (f"instore.{table}",)
            )
        found = connection.execute(
            "SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_schema = 'instore' AND is_compressed"
        ).fetchone()
    assert found is not None
    return int(found[0])


def change(database: Database, tables: list[str], wanted: Change) -> None:
    """Change settings as the command does."""
    with connect(database.url, "test") as connection:
        lasting.change(connection, tables, wanted)


def contents(database: Database) -> dict[str, list[str]]:
    """All rows of all tables but for the times at which they were stored."""
    found = {}
    for table in TABLES:
        statement = f"SELECT (to_jsonb(one) - 'stored_at' - 'updated_at')::text FROM instore.{table} AS one"  # noqa: S608 - our names
        texts = rows(database, statement)
        found[table] = sorted(row[0] for row in texts)
    return found


def test_tables_are_compressed_as_they_are_set(timescale_database: Database) -> None:
    """Each has its policy, which follows its setting; never is none; chunks made from then on span what is set."""
    settings = {one[0]: one[1] for one in rows(timescale_database, "SELECT table_name, compress_after::text FROM instore.table_settings")}
    assert sorted(settings) == TABLES
    assert jobs(timescale_database) == settings
    change(timescale_database, ["readings", "stays"], Change.of(None, "5d", "12h"))
    change(timescale_database, ["visits"], Change.of(None, "never", None))
    assert jobs(timescale_database) == {
        **{name: after for name, after in settings.items() if name != "visits"},
        "readings": "5 days",
        "stays": "5 days",
    }
    spans = rows(timescale_database, "SELECT hypertable_name, time_interval::text FROM timescaledb_information.dimensions ORDER BY 1")
    assert {name for name, span in spans if span == "12:00:00"} == {"readings", "stays"}


def test_the_job_compresses_what_is_old(timescale_database: Database) -> None:
    """Called as TimescaleDB calls it: a chunk that is older than the setting is compressed, a new one is not."""
    now = time.time_ns() // 1000
    timescale_database.write(Flush(advance=step(None, 1), readings=[dwell(1, at=now - 10 * A_DAY), dwell(2, at=now)]))
    [(job,)] = rows(
        timescale_database,
        "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name LIKE 'policy_compression%' AND hypertable_name = 'readings'",
    )
    with connect(timescale_database.url, "test") as connection:
        connection.execute(f"CALL public.run_job({int(job)})".encode())
    found = rows(
        timescale_database, "SELECT is_compressed FROM timescaledb_information.chunks WHERE hypertable_name = 'readings' ORDER BY range_end"
    )
    assert found == [(True,), (False,)]


def test_all_is_cut_by_store_and_found_by_time(timescale_database: Database) -> None:
    """A late row takes apart rows of its own store only; and a visit, a device and a flush are found without reading all."""
    found = dict(
        rows(
            timescale_database,
            "SELECT DISTINCT ON (1) hypertable_name, string_agg(attname, ',' ORDER BY segmentby_column_index)"
            " FROM timescaledb_information.compression_settings WHERE segmentby_column_index IS NOT NULL GROUP BY 1",
        )
    )
    assert found == dict.fromkeys(TABLES, "store_id") | {"visits": "store_id,is_final"}
    keys = rows(
        timescale_database,
        "SELECT relname, pg_get_constraintdef(c.oid) FROM pg_constraint AS c INNER JOIN pg_class AS r ON r.oid = conrelid"
        " WHERE contype = 'p' AND connamespace = 'instore'::regnamespace",
    )
    assert all("store_id" in definition for name, definition in keys if name in TABLES)


def early() -> Flush:
    """An hour of a store: visits with stays, shelf visits and payments, and signals of them."""
    paid = {number: payment(number) for number in range(0, 60, 10)}
    told = [visit(number, n_stays=4, is_final=True, payments=(paid[number],) if number in paid else ()) for number in range(60)]
    return Flush(
        advance=step(None, 1),
        readings=[dwell(number) for number in range(200)] + [StoredReading(one, is_late=False) for one in paid.values()],
        visits=[*told, visit(500, "s2", is_final=True)],
        payments=[(one, visit(number).visit_id) for number, one in paid.items()],
        signals=[signal(number) for number in range(20)],
        counts=[Count("s1", DAY, 206, 0)],
    )


def late() -> Flush:
    """What late readings change of it: visits are shorter, longer, gone, new; payments change hands; signals are taken back."""
    gone = visit(10)
    moved = payment(20)
    return Flush(
        advance=step(1, 2),
        readings=[dwell(number, at=DAY + HOUR, is_late=True) for number in range(50)],
        visits=[
            visit(3, n_stays=2, is_final=True),
            visit(4, n_stays=7, is_final=True),
            msgspec.structs.replace(visit(5, n_stays=4, is_final=True), shelf_visits=()),
            visit(70, n_stays=3, is_final=True, payments=(moved,)),
            visit(20, n_stays=4, is_final=True),
        ],
        removed=[Removed(gone.visit_id, "s1", gone.entered_at)],
        payments=[(moved, visit(70).visit_id)],
        signals=[msgspec.structs.replace(signal(3), value=9.0), signal(30)],
        signals_gone=[signal(4)],
        counts=[Count("s1", DAY + HOUR, 50, 0)],
    )


def signal(number: int) -> Signal:
    """The signal with this number, a second after the one before."""
    at = DAY + number * SECOND
    return Signal(
        signal_id=visit(number).visit_id,
        store_id="s1",
        kind="long_dwell",
        since=at - SECOND,
        at=at,
        zone_id="zone-0",
        device_id="band-1",
        visit_id=visit(number).visit_id,
        sensor_id=None,
        value=1.0,
        threshold=0.5,
        message="Somebody stays long",
    )


@pytest.fixture
def plain_contents(plain_database_url: str) -> dict[str, list[str]]:
    """What both flushes leave in plain tables."""
    plain = Database(plain_database_url, "plain")
    plain.write(early())
    plain.write(late())
    return contents(plain)


def test_late_rows_in_compressed_chunks_make_the_same_tables(timescale_database: Database, plain_contents: dict[str, list[str]]) -> None:
    """Value for value what plain tables hold, before and after the chunks are compressed anew; figures and accounting agree too."""
    timescale_database.write(early())
    assert compress(timescale_database) >= len(TABLES) - 1
    timescale_database.write(late())
    assert contents(timescale_database) == plain_contents
    compress(timescale_database)
    assert contents(timescale_database) == plain_contents
    assert rows(timescale_database, "SELECT difference FROM instore.accounting_total") == [(0,)]


def test_a_visit_goes_on_in_what_is_compressed(timescale_database: Database) -> None:
    """It is found there, and so is its stay; the one beside it stays as it was."""
    before, beside = visit(1), visit(2)
    timescale_database.write(Flush(advance=step(None, 1), visits=[before, beside]))
    assert compress(timescale_database) > 0
    now = longer(before, 5 * SECOND)
    timescale_database.write(Flush(advance=step(1, 2), visits=[now], before={now.visit_id: before}))
    with connect(timescale_database.url, "test") as connection:
        assert sorted(restore.visits(connection, "s1"), key=lambda one: one.entered_at) == [now, beside]
    assert rows(
        timescale_database, "SELECT max(duration_s), max(dwell_s) FROM instore.visits INNER JOIN instore.stays USING (visit_id)"
    ) == [(35.0, 15.0)]


def test_what_is_compressed_comes_back_as_it_was(timescale_database: Database) -> None:
    """A worker that takes up a store finds readings, visits and ids in compressed chunks."""
    timescale_database.write(early())
    compress(timescale_database)
    with connect(timescale_database.url, "test") as connection:
        [batch] = restore.readings_since(connection, "s1", DAY)
        assert [one.reading.id for one in batch if one.reading.id.startswith("r")] == [f"r{number}" for number in range(200)]
        assert restore.existing_ids(connection, "s1", [("r7", dwell(7).reading.ts), ("r7", dwell(8).reading.ts), ("x", DAY)]) == {"r7"}
        assert [one.visit_id for one in restore.visits(connection, "s1")] == [visit(number).visit_id for number in range(60)]
        assert restore.live_floor(connection, "s1", visit(58).left_at) == visit(58).entered_at
        live = sorted(restore.visits(connection, "s1"), key=lambda one: (one.device_id, one.entered_at))
        assert restore.live_visits(connection, "s1", DAY) == live
        assert any(one.stays and one.shelf_visits for one in live)
        assert sorted(restore.ids_since(connection, "s1", DAY)) == sorted(one.reading.id for one in batch)
        heard = {(one.reading.sensor_id, one.reading.ts) for one in batch}
        assert set(restore.sensors_since(connection, "s1", DAY, 1)) == heard


@pytest.fixture
def aged(any_database: Database) -> Database:
    """A database with readings, visits and payments of 60 days ago and of an hour ago, of two stores."""
    now = time.time_ns() // 1000
    old, new = now - 60 * A_DAY, now - HOUR
    stays = [_shifted(number, old - HOUR if number < 20 else new - HOUR) for number in range(22)]
    readings = [dwell(number, store_id, at) for store_id in ("s1", "s2") for at in (old, new) for number in range(20)]
    paid = payment(1, at=old)
    hours = [(one.reading.store_id, one.reading.received_at // HOUR * HOUR) for one in readings]
    counts = [Count(*hour, received=number, duplicate=0) for hour, number in Counter(hours).items()]
    any_database.write(
        Flush(
            advance=step(None, 1),
            readings=readings,
            visits=stays,
            payments=[(paid, stays[0].visit_id)],
            counts=counts,
        )
    )
    return any_database


def _shifted(number: int, to: int) -> Any:
    """A visit with this number that began at another time."""
    one, by = visit(number, n_stays=2, is_final=True), to - DAY
    stays = tuple(msgspec.structs.replace(stay, started_at=stay.started_at + by, ended_at=stay.ended_at + by) for stay in one.stays)
    seen = tuple(msgspec.structs.replace(shelf, ts=shelf.ts + by) for shelf in one.shelf_visits)
    return msgspec.structs.replace(one, entered_at=one.entered_at + by, left_at=one.left_at + by, stays=stays, shelf_visits=seen)


def retain(database: Database, at_most: int = 10_000) -> int:
    """Delete what is old, without waiting for workers to learn of it; how many rows or chunks."""
    with connect(database.url, "test") as connection:
        found = connection.execute(AT_ONCE, (at_most,)).fetchone()
    assert found is not None
    return int(found[0])


def refresh(database: Database) -> None:
    """Keep all figures that are marked."""
    with connect(database.url, "test") as connection:
        while connection.execute("SELECT instore.refresh()").fetchone() != (0,):
            pass


def count(database: Database, table: str) -> int:
    """How many rows a table has."""
    return int(rows(database, f"SELECT count(*) FROM instore.{table}")[0][0])  # noqa: S608 - our names


def test_nothing_is_deleted_unless_told_so(aged: Database) -> None:
    """For ever is the default, however often it is looked for what is old."""
    refresh(aged)
    assert [retain(aged) for _ in range(3)] == [0, 0, 0]
    assert count(aged, "readings") == 80


def test_old_rows_go_in_bounded_steps_and_figures_stay(aged: Database) -> None:
    """First it is said since when rows are kept, then older ones go; what was counted of them is counted still."""
    refresh(aged)
    before = rows(aged, "SELECT store_id, hour, stored FROM instore.accounting ORDER BY 1, 2")
    footfall = rows(aged, "SELECT store_id, bucket, entered, exited FROM instore.footfall_day ORDER BY 1, 2")
    change(aged, [], Change.of("30d", None, None))
    assert retain(aged, 7) == 0
    assert count(aged, "readings") == 80
    steps = []
    while done := retain(aged, 7):
        steps.append(done)
    assert steps
    if aged.sort == "plain":
        assert max(steps) <= 7 * len(TABLES)
        assert len(steps) >= 40 / 7
    assert {table: count(aged, table) for table in ("readings", "visits", "stays", "shelf_visits", "payments", "payment_items")} == {
        "readings": 40,
        "visits": 2,
        "stays": 4,
        "shelf_visits": 2,
        "payments": 0,
        "payment_items": 0,
    }
    assert rows(aged, "SELECT store_id, hour, stored FROM instore.accounting ORDER BY 1, 2") == before
    assert rows(aged, "SELECT difference FROM instore.accounting_total") == [(0,)]
    assert rows(aged, "SELECT store_id, bucket, entered, exited FROM instore.footfall_day ORDER BY 1, 2") == footfall


def test_nothing_is_deleted_before_its_figures_are_kept(aged: Database) -> None:
    """While a mark of old rows waits, nothing is announced and nothing goes."""
    change(aged, [], Change.of("30d", None, None))
    assert [retain(aged), retain(aged)] == [0, 0]
    assert count(aged, "readings") == 80
    assert rows(aged, "SELECT DISTINCT kept_since FROM instore.table_settings") == [(None,)]


def test_what_an_open_visit_needs_is_kept(aged: Database) -> None:
    """However long ago it began: its readings are read back when a worker takes up the store."""
    refresh(aged)
    with connect(aged.url, "test") as connection:
        connection.execute("UPDATE instore.visits SET is_final = false WHERE visit_id = %s", (visit(0).visit_id,))
    change(aged, [], Change.of("30d", None, None))
    assert [retain(aged), retain(aged)] == [0, 0]
    assert count(aged, "readings") == 80


def test_workers_are_given_time_to_learn_what_is_kept(aged: Database) -> None:
    """As it is called: what was announced just now is not deleted yet; minutes later it is."""
    refresh(aged)
    change(aged, ["readings"], Change.of("30d", None, None))
    with connect(aged.url, "test") as connection:
        calls = [connection.execute("SELECT instore.retain()").fetchone() for _ in range(3)]
        assert calls == [(0,)] * 3
        assert abs(restore.kept_since(connection) - (time.time_ns() // 1000 - 30 * A_DAY)) < HOUR
        connection.execute("UPDATE instore.table_settings SET announced_at = announced_at - interval '10 minutes'")
        connection.execute("CALL instore.retain_all()")
    assert count(aged, "readings") == 40


def test_a_setting_is_taken_back_while_nothing_is_gone(aged: Database) -> None:
    """Kept longer again before anything was deleted, all is kept; afterwards, what is gone stays gone."""
    refresh(aged)
    change(aged, [], Change.of("30d", None, None))
    assert retain(aged) == 0
    assert rows(aged, "SELECT DISTINCT kept_since IS NULL FROM instore.table_settings") == [(False,)]
    change(aged, [], Change.of("forever", None, None))
    assert rows(aged, "SELECT DISTINCT kept_since FROM instore.table_settings") == [(None,)]
    assert [retain(aged), retain(aged)] == [0, 0]
    assert count(aged, "readings") == 80
    change(aged, ["readings"], Change.of("30d", None, None))
    assert (retain(aged), retain(aged) > 0) == (0, True)
    gone = rows(aged, "SELECT kept_since FROM instore.table_settings WHERE table_name = 'readings'")
    change(aged, ["readings"], Change.of("4000d", None, None))
    assert rows(aged, "SELECT kept_since FROM instore.table_settings WHERE table_name = 'readings'") == gone != [(None,)]


def test_timescaledb_calls_it_by_itself(timescale_database: Database) -> None:
    """Its job is there once, and can be run as the scheduler runs it."""
    with connect(timescale_database.url, "test") as connection:
        connection.execute("SELECT instore.apply_table_settings()")
        [(job,)] = connection.execute("SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = 'retain_all'").fetchall()
        connection.execute(f"CALL public.run_job({int(job)})".encode())


@pytest.mark.parametrize(
    ("tables", "wanted", "sentence"),
    [
        ([], Change.of("3d", None, None), "kept for 7 days at least"),
        ([], Change.of(None, "12h", None), "compressed after 1 day at the earliest"),
        (["stays"], Change.of(None, None, "400d"), "between 1 hour and 1 year"),
        (["stays"], Change.of("30d", None, None), "readings would be kept longer than stays"),
        (["stay"], Change.of("30d", None, None), "there is no table stay with settings"),
    ],
)
def test_a_wrong_setting_is_said(database_url: str, tables: list[str], wanted: Change, sentence: str) -> None:
    """What is wrong and what is possible; nothing is changed."""
    with connect(database_url, "test") as connection:
        before = lasting.settings(connection)
        with pytest.raises(SettingError, match=sentence):
            lasting.change(connection, tables, wanted)
        assert lasting.settings(connection) == before


@pytest.mark.parametrize("text", ["", "7", "d", "1w", "-1d", "1.5d", "123456d"])
def test_a_time_is_days_or_hours(text: str) -> None:
    """Anything else is refused with an example."""
    with pytest.raises(SettingError, match="write days or hours, like 400d or 12h"):
        Change.of(text, None, None)


def test_settings_are_shown_as_they_are_given(plain_database_url: str) -> None:
    """So that what is read can be typed again."""
    with connect(plain_database_url, "test") as connection:
        lasting.change(connection, ["readings"], Change.of("400d", "never", "36h"))
        connection.execute("UPDATE instore.table_settings SET kept_since = %s", (to_datetime(DAY),))
        [one] = lasting.settings(connection, ["readings"])
    assert one.shown() == ["readings", "400d", f"{to_datetime(DAY):%Y-%m-%d %H:%M} UTC", "never", "36h"]


def test_a_late_flush_takes_apart_its_own_store_only(timescale_database: Database) -> None:
    """Rows of other stores stay compressed: workers of other stores are in nobody's way."""
    timescale_database.write(early())
    compress(timescale_database)
    timescale_database.write(late())
    with connect(timescale_database.url, "test") as connection:
        loose = [
            connection.execute(f"SELECT DISTINCT store_id FROM ONLY {chunk}".encode()).fetchall()  # noqa: S608 - TimescaleDB's names
            for (chunk,) in connection.execute("SELECT public.show_chunks('instore.visits')::text").fetchall()
        ]
    assert {row[0] for found in loose for row in found} == {"s1"}
