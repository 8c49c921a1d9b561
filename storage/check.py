"""What `instore doctor` asks of a database: can it be reached, which version is it, is the schema there."""

import msgspec
import psycopg

from storage import roles
from storage.connect import session
from storage.migrate import SchemaStatus, status_on
from storage.sql import migrations

OLDEST = 150_000
"""PostgreSQL 15, the oldest that has all we use, as the server counts versions."""


class DatabaseReport(msgspec.Struct, frozen=True):
    """What was found.

    Attributes:
        server_version: such as `18.6`.
        timescaledb: version of the TimescaleDB extension in this database; None where it is not.
        schema: how far the schema is.
        problem: one sentence on what is wrong and what to do; None where all is well.
        roles: the same of the roles, without which everything works for the owner; None also where the schema is not up to date.
    """

    server_version: str
    timescaledb: str | None
    schema: SchemaStatus
    problem: str | None
    roles: str | None


def check(url: str) -> DatabaseReport:
    """Look at a database, changing nothing.

    Raises:
        SettingError: the URL cannot be understood.
        DatabaseAway: it cannot be reached, or does not let us in; the message is one sentence that names it, without the password.
    """
    with session(url, "instore doctor") as connection:
        return _report(connection)


def _report(connection: psycopg.Connection) -> DatabaseReport:
    row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    version = connection.info.server_version
    schema = status_on(connection, migrations())
    return DatabaseReport(
        server_version=str(connection.info.parameter_status("server_version")).split()[0],
        timescaledb=None if row is None else str(row[0]),
        schema=schema,
        problem=(problem := _problem(version, schema)),
        roles=None if problem else roles.problem(connection),
    )


def _problem(version: int, schema: SchemaStatus) -> str | None:
    if version < OLDEST:
        return f"PostgreSQL {version // 10_000} is too old: instore needs 15 or newer"
    if schema.changed:
        return (
            f"this database was migrated by another version of instore ({schema.changed[0]} differs): use that version, or another database"
        )
    if schema.pending:
        return f"the schema is behind: run `instore migrate` ({', '.join(schema.pending)})"
    return None
