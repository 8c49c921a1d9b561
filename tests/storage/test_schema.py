"""The schema: what the migrations make is what the documentation says, on plain PostgreSQL and on TimescaleDB."""

import re
from collections.abc import Iterator
from random import Random
from urllib.parse import urlsplit

import psycopg
import pytest

from sensors.reading import MAX_TEXT, SECOND
from storage.connect import connect
from storage.model import Flush
from storage.reading_rows import READING_COLUMNS, REJECTED_COLUMNS
from storage.sql import migrations
from storage.writer import Writer
from tests.databases import Database
from tests.storage import catalog, relations
from tests.storage.examples import DAY, dwell, payment, step, visit

pytestmark = pytest.mark.integration

DESIGN = {
    "visits": "visit_id store_id device_id entered_at left_at ended_by duration_s n_readings path basket_total currency converted bounced"
    " pass_by is_staff priority priority_scores is_final updated_at",
    "stays": "visit_id seq store_id device_id zone_id started_at ended_at dwell_s is_staff is_open is_first from_zone_id paid_at",
    "signals": "signal_id store_id at kind zone_id device_id visit_id value threshold message sensor_id since updated_at",
}
"""Columns as section 5 of the design has them, in its order."""

HYPERTABLES = ["payment_items", "payments", "readings", "rejected_readings", "shelf_visits", "signals", "stays", "visits"]


@pytest.fixture
def connection(any_database: Database) -> Iterator[psycopg.Connection]:
    """A connection to a migrated database of each sort."""
    with connect(any_database.url, "test") as connection:
        yield connection


@pytest.fixture
def timescale(timescale_database: Database) -> Iterator[psycopg.Connection]:
    """A connection to a migrated database with TimescaleDB."""
    with connect(timescale_database.url, "test") as connection:
        yield connection


def test_the_page_says_what_the_migrations_make(connection: psycopg.Connection) -> None:
    """The reference in docs/tables.md is the schema: every table, column, type, comment and index."""
    page = catalog.PAGE.read_text()
    written = page.split(catalog.BEGIN)[1].strip()
    assert written == catalog.reference(connection).strip(), "docs/tables.md is old: run `.venv/bin/python -m tests.storage.catalog`"


def test_everything_has_a_comment(connection: psycopg.Connection) -> None:
    """Every table, view, column and function says what it is; columns that count or measure say their unit."""
    for relation in (one for schema in relations.SCHEMAS for one in relations.relations(connection, schema)):
        assert relation.comment, relation.name
        for column in relation.columns:
            assert column.comment, f"{relation.name}.{column.name}"
            if column.name.endswith("_s"):
                assert "econds" in column.comment, f"{relation.name}.{column.name}"
            if column.name.endswith("_dbm"):
                assert "dBm" in column.comment
    assert all(comment for _, comment in relations.functions(connection))


def test_tables_are_those_of_the_design(connection: psycopg.Connection) -> None:
    """All of section 5 are there."""
    named = (
        "readings visits stays shelf_visits payments payment_items signals rejected_readings stores zones shelves products sensors"
        " ingest_offsets"
    )
    assert set(named.split()) <= {relation.name for relation in relations.relations(connection)}


@pytest.mark.parametrize("table", DESIGN)
def test_columns_are_those_of_the_design(connection: psycopg.Connection, table: str) -> None:
    """Names are public: SQL of other people relies on them."""
    found = {relation.name: [column.name for column in relation.columns] for relation in relations.relations(connection)}
    assert found[table] == DESIGN[table].split()


def test_copies_name_all_columns_of_their_tables(connection: psycopg.Connection) -> None:
    """What the writer copies is the whole table but `stored_at`, which the database fills in."""
    found = {relation.name: {column.name for column in relation.columns} for relation in relations.relations(connection)}
    assert found["readings"] == {*READING_COLUMNS, "stored_at"}
    assert found["rejected_readings"] == {*REJECTED_COLUMNS, "stored_at"}


def test_migrations_are_numbered_without_gaps() -> None:
    """Their order is that of their names."""
    names = [migration.name for migration in migrations()]
    assert [int(name.split("_")[0]) for name in names] == list(range(1, len(names) + 1))
    assert all(re.fullmatch(r"\d{4}_[a-z_]+", name) for name in names)


@pytest.mark.parametrize(("page", "least"), [("tables.md", 9), ("rollups.md", 7)])
def test_every_query_of_the_page_runs(connection: psycopg.Connection, page: str, least: int) -> None:
    """What a newcomer copies from the pages works."""
    queries = re.findall(r"```sql\n(.*?)```", catalog.PAGE.with_name(page).read_text(), re.DOTALL)
    assert len(queries) >= least
    for text in queries:
        connection.execute(text.encode())


def test_the_queries_of_the_page_find_what_they_say(any_database: Database) -> None:
    """On a day with one bought basket, each of them has something to show the day after."""
    paid = payment(1)
    bought = visit(1, is_final=True, payments=(paid,))
    any_database.write(Flush(advance=step(None, 1), readings=[dwell(1)], visits=[bought, visit(2)], payments=[(paid, bought.visit_id)]))
    queries = re.findall(r"```sql\n(.*?)```", catalog.PAGE.read_text(), re.DOTALL)
    day_after = f"to_timestamp({DAY // SECOND + 86_400})"
    with connect(any_database.url, "test") as connection:
        found = [connection.execute(text.replace("now()", day_after).encode()).fetchall() for text in queries]
    conversion, zones, ways, inside, products, turnover, device, rejected, _, clocks = found
    assert [row[2:] for row in conversion] == [(2, 50, 35.0)]  # between the edges 30 and 40
    assert sorted(row[:2] for row in zones) == [("zone-0", 2), ("zone-1", 2), ("zone-2", 2)]
    assert ways == [("zone-0 > zone-1 > zone-2", 1)]
    assert inside == [("s1", "zone-2", 1)]
    assert products == [("milk", 2, 0, 1)]
    assert [row[0] for row in turnover] == ["bread", "milk"]
    assert len(device) == 1
    assert rejected == clocks == []


def test_the_extension_stands_in_a_schema_of_its_own(timescale: psycopg.Connection) -> None:
    """Whatever the user is called: to drop our schema must not drop TimescaleDB, and its functions are no part of our catalog."""
    found = timescale.execute("SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    assert found == ("public",)


def test_time_stamped_tables_are_hypertables(timescale: psycopg.Connection) -> None:
    """Where TimescaleDB is there; by day for readings, by week for the rest."""
    statement = (
        "SELECT hypertable_name, extract(day FROM time_interval)::int FROM timescaledb_information.dimensions"
        " WHERE hypertable_schema = 'instore' ORDER BY 1"
    )
    assert timescale.execute(statement).fetchall() == [(name, 1 if name == "readings" else 7) for name in HYPERTABLES]


def test_without_timescaledb_they_are_plain(template_name: str, postgres_url: str) -> None:
    """The same names, without chunks; nothing is created behind the owner's back."""
    with connect(urlsplit(postgres_url)._replace(path=f"/{template_name}").geturl(), "test") as connection:
        if connection.execute("SELECT FROM pg_extension WHERE extname = 'timescaledb'").fetchone():
            pytest.skip("the server of INSTORE_TEST_DATABASE_URL has TimescaleDB")
        kinds = connection.execute("SELECT DISTINCT relkind::text FROM pg_class WHERE relnamespace = 'instore'::regnamespace").fetchall()
        assert set(kinds) <= {("i",), ("r",), ("v",), ("S",)}


def test_ids_of_the_greatest_length_fit_into_every_key(database_url: str) -> None:
    """256 characters of four bytes each, which no compression makes shorter, in every column of every index."""
    rng = Random(1)
    long = "".join(chr(rng.randrange(0x10000, 0x110000)) for _ in range(MAX_TEXT))
    paid = payment(1)
    paid.id = paid.store_id = long
    one = visit(1, store_id=long, payments=(paid,))
    reading = dwell(1, long)
    reading.reading.id = long
    with Writer(database_url) as writer:
        flush = Flush(advance=step(None, 1), readings=[reading], visits=[one], payments=[(paid, one.visit_id)])
        assert writer.write(flush)
        assert writer.existing_ids({long: [(long, DAY + 1_000_000)]}) == {long: {long}}
