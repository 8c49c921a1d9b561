"""Migrations: once each, in order, whoever else migrates; and never over a database that was migrated otherwise."""

import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from sensors.urls import SettingError
from storage.connect import connect
from storage.errors import DatabaseAway, SchemaMismatch
from storage.migrate import SchemaStatus, migrate, status
from storage.sql import Migration, migrations
from tests.storage import relations

pytestmark = pytest.mark.integration

FIRST = Migration("0001_first", b"CREATE TABLE instore.first (a integer);")
SECOND = Migration("0002_second", b"CREATE TABLE instore.second (a integer); INSERT INTO instore.second VALUES (1);")
BROKEN = Migration("0003_broken", b"CREATE TABLE instore.third (a integer); SELECT 1 / 0;")


def ledger(url: str) -> list[tuple[Any, ...]]:
    """The ledger of a database."""
    with connect(url, "test") as connection:
        return connection.execute("SELECT name, sha256, applied_at FROM instore.schema_migrations ORDER BY 1").fetchall()


def test_all_files_are_applied_in_order(empty_database_url: str) -> None:
    """A fresh database gets every file of `migrations/`, and is then up to date."""
    folder = Path(migrate.__code__.co_filename).parent / "migrations"
    names = sorted(file.stem for file in folder.glob("*.sql"))
    assert status(empty_database_url) == SchemaStatus(applied=[], pending=names, changed=[])
    assert status(empty_database_url).state == "pending"
    assert migrate(empty_database_url) == names
    assert status(empty_database_url) == SchemaStatus(applied=names, pending=[], changed=[])
    assert status(empty_database_url).state == "up to date"


def test_a_second_run_changes_nothing(empty_database_url: str) -> None:
    """Neither the ledger nor the schema: no row of the catalog is written again."""
    migrate(empty_database_url)
    versions = (
        "SELECT oid, xmin::text FROM pg_class WHERE relnamespace = 'instore'::regnamespace"
        " UNION ALL SELECT objoid, xmin::text FROM pg_description"
        " UNION ALL SELECT attrelid, xmin::text FROM pg_attribute UNION ALL SELECT oid, xmin::text FROM pg_namespace ORDER BY 1, 2"
    )
    with connect(empty_database_url, "test") as connection:
        before = (ledger(empty_database_url), relations.relations(connection), connection.execute(versions).fetchall())
        assert migrate(empty_database_url) == []
        assert (ledger(empty_database_url), relations.relations(connection), connection.execute(versions).fetchall()) == before


def test_only_what_is_new_is_applied(empty_database_url: str) -> None:
    """A database that is behind gets the rest."""
    assert migrate(empty_database_url, [FIRST]) == ["0001_first"]
    before = ledger(empty_database_url)
    assert status(empty_database_url, [FIRST, SECOND]).pending == ["0002_second"]
    assert migrate(empty_database_url, [FIRST, SECOND]) == ["0002_second"]
    assert ledger(empty_database_url)[:1] == before


def test_a_changed_migration_is_refused(empty_database_url: str) -> None:
    """It is named, with what to do; what is pending is not applied either."""
    migrate(empty_database_url, [FIRST])
    changed = Migration(FIRST.name, FIRST.script + b" ")
    with pytest.raises(SchemaMismatch, match="migration 0001_first was changed after this database applied it: restore the file"):
        migrate(empty_database_url, [changed, SECOND])
    assert [row[0] for row in ledger(empty_database_url)] == ["0001_first"]
    found = status(empty_database_url, [changed, SECOND])
    assert (found.state, found.changed, found.pending) == ("changed", ["0001_first"], ["0002_second"])


def test_a_missing_migration_is_refused(empty_database_url: str) -> None:
    """A database from a newer version is left alone."""
    migrate(empty_database_url, [FIRST, SECOND])
    with pytest.raises(SchemaMismatch, match="has the migration 0002_second, which this version of instore does not know"):
        migrate(empty_database_url, [FIRST])


def test_a_migration_that_fails_leaves_nothing(empty_database_url: str) -> None:
    """Each is a transaction of its own: those before it stay, of itself nothing does, and it can be tried again."""
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty_database_url, [FIRST, SECOND, BROKEN])
    assert status(empty_database_url, [FIRST, SECOND, BROKEN]).pending == ["0003_broken"]
    with connect(empty_database_url, "test") as connection:
        assert connection.execute("SELECT to_regclass('instore.third')").fetchone() == (None,)
    mended = Migration(BROKEN.name, b"CREATE TABLE instore.third (a integer)")
    assert migrate(empty_database_url, [FIRST, SECOND, mended]) == ["0003_broken"]


def test_several_processes_may_migrate_at_once(empty_database_url: str) -> None:
    """Each migration is applied by exactly one of them, and all of them end well."""
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        done = pool.map(migrate, [empty_database_url] * 6)
    assert sorted(name for names in done for name in names) == [migration.name for migration in migrations()]
    assert status(empty_database_url).state == "up to date"


def test_who_holds_it_up_is_said(empty_database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """While somebody else holds the lock: who, and which process. Then it goes on."""
    lock = "SELECT pg_advisory_lock(hashtextextended('instore.schema_migrations', 0))"
    with connect(empty_database_url, "somebody else") as other, ThreadPoolExecutor() as beside:
        other.execute(lock)
        running = beside.submit(migrate, empty_database_url)
        while "waiting for somebody else" not in caplog.text:
            assert not running.done()
            time.sleep(0.02)
        assert f"process {other.info.backend_pid}" in caplog.text
        other.execute("SELECT pg_advisory_unlock_all()")
        assert running.result(timeout=60)


def test_a_user_without_the_right_to_create(empty_database_url: str) -> None:
    """What is missing is said in a sentence; nothing is made."""
    role = f"guest_{uuid4().hex}"
    with connect(empty_database_url, "test") as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'guest'").format(sql.Identifier(role)))
        parts = urlsplit(empty_database_url)
        url = parts._replace(netloc=f"{role}:guest@{parts.hostname}:{parts.port}").geturl()
        with pytest.raises(SettingError, match=r"lacks a right that migrations need; .*permission denied for database"):
            migrate(url)
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
    assert status(empty_database_url).applied == []


def test_no_database_there() -> None:
    """A database that cannot be reached is the world's fault."""
    with pytest.raises(DatabaseAway):
        migrate("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(DatabaseAway):
        status("postgresql://nobody@127.0.0.1:1/none")
