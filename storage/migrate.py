"""Brings a database's schema up to date: each file of `migrations/` once, in order, each in a transaction of its own; then the roles.

Every transaction takes one advisory lock first and then looks at the ledger `instore.schema_migrations`: so any number of
processes may migrate at once, also through a connection pooler. An applied file must stay as it was; a change is a new file.
"""

import hashlib
import logging
from collections.abc import Sequence
from typing import Literal

import msgspec
import psycopg

from sensors.urls import SettingError
from storage import roles
from storage.connect import connect
from storage.errors import Denied, SchemaMismatch, translated
from storage.sql import Migration, migrations, query

_LOG = logging.getLogger("instore.storage")

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('instore.schema_migrations', 0))"
_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('instore.schema_migrations', 0))"

_SEARCH_PATH = "SET search_path TO public, instore"
"""Where an extension goes that a migration makes. By default a user named `instore` would have it in our own schema."""


class SchemaStatus(msgspec.Struct, frozen=True):
    """Where a database stands, by names of migrations.

    Attributes:
        applied: those in its ledger.
        pending: those still to be applied.
        changed: those applied whose file is now another, or gone.
    """

    applied: list[str]
    pending: list[str]
    changed: list[str]

    @property
    def state(self) -> Literal["up to date", "pending", "changed"]:
        """The status in a word or two."""
        if self.changed:
            return "changed"
        return "pending" if self.pending else "up to date"


def migrate(url: str, files: Sequence[Migration] | None = None) -> list[str]:
    """Apply what is pending, and give the roles their rights.

    A ledger could not say of roles that they are as they should be: they belong to the server, a restored dump lacks them, and a user
    may not be allowed to make them. So they are looked at each time.

    Args:
        url: the database.
        files: the migrations; those of this folder where none are given.

    Returns:
        The names of the migrations applied, in order; empty where the schema was up to date.

    Raises:
        SchemaMismatch: a migration that was applied has changed since, or is missing. Nothing was applied.
        SettingError: the URL cannot be understood, or its user may not create what is to be created.
        DatabaseAway: the database cannot be reached.
    """
    files = migrations() if files is None else files
    done: list[str] = []
    try:
        with translated(), connect(url, "instore migrate") as connection:
            connection.execute(_SEARCH_PATH)
            while name := _apply_next(connection, files):
                _LOG.info("applied %s", name, extra={"action": "migrate", "migration": name})
                done.append(name)
            _settle_roles(connection)
    except Denied as denied:
        what = "the database user lacks a right that migrations need; grant it, or use another user"
        raise SettingError(f"{what}: {denied.reason}") from denied
    return done


def status(url: str, files: Sequence[Migration] | None = None) -> SchemaStatus:
    """Look how far a database is migrated, changing nothing.

    Raises:
        DatabaseAway: the database cannot be reached.
    """
    with translated(), connect(url, "instore migrate") as connection:
        return status_on(connection, migrations() if files is None else files)


def status_on(connection: psycopg.Connection, files: Sequence[Migration]) -> SchemaStatus:
    """Compare the ledger, if there is one, with the files."""
    there = connection.execute("SELECT to_regclass('instore.schema_migrations') IS NOT NULL").fetchone()
    return _compare(_ledger(connection) if there == (True,) else {}, files)


def _lock(connection: psycopg.Connection) -> None:
    """Have nobody else migrate this database until the transaction ends; say for whom we wait."""
    if connection.execute(_TRY_LOCK).fetchone() == (True,):
        return
    for pid, user, name in connection.execute(query("who_migrates")).fetchall():
        _LOG.warning(
            "waiting for %s, which holds the lock of migrations (user %s, process %d)",
            name or "a session",
            user,
            pid,
            extra={"action": "migrate"},
        )
    connection.execute(_LOCK)


def _settle_roles(connection: psycopg.Connection) -> None:
    """Make the roles right as far as we may; say what is left to do."""
    with connection.transaction():
        _lock(connection)
        roles.settle(connection)
    if problem := roles.problem(connection):
        _LOG.warning("%s", problem, extra={"action": "roles"})


def _apply_next(connection: psycopg.Connection, files: Sequence[Migration]) -> str | None:
    """Apply the first pending migration, alone in its transaction; None where there is none."""
    with connection.transaction():
        _lock(connection)
        if not status_on(connection, files).applied:
            connection.execute(query("create_ledger"))
        found = _compare(_ledger(connection), files)
        if found.changed:
            raise SchemaMismatch(_mismatch(found.changed, files))
        if not found.pending:
            return None
        chosen = next(file for file in files if file.name == found.pending[0])
        connection.execute(chosen.script)
        connection.execute("INSERT INTO instore.schema_migrations (name, sha256) VALUES (%s, %s)", (chosen.name, _digest(chosen)))
        return chosen.name


def _ledger(connection: psycopg.Connection) -> dict[str, str]:
    """The applied migrations and their digests."""
    rows = connection.execute("SELECT name, sha256 FROM instore.schema_migrations ORDER BY name").fetchall()
    return {str(name): str(digest) for name, digest in rows}


def _compare(ledger: dict[str, str], files: Sequence[Migration]) -> SchemaStatus:
    ours = {file.name: _digest(file) for file in files}
    return SchemaStatus(
        applied=sorted(ledger),
        pending=[name for name in ours if name not in ledger],
        changed=[name for name, digest in ledger.items() if ours.get(name) != digest],
    )


def _mismatch(changed: list[str], files: Sequence[Migration]) -> str:
    """Say of the first mismatch what to do about it."""
    name = changed[0]
    if name in {file.name for file in files}:
        return f"migration {name} was changed after this database applied it: restore the file and put the change into a new migration"
    return (
        f"this database has the migration {name}, which this version of instore does not know: install the version that made it, or newer"
    )


def _digest(migration: Migration) -> str:
    return hashlib.sha256(migration.script).hexdigest()
