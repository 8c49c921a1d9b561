"""Who may do what: the roles that `migrate` makes, and how a login gets one of them.

The roles are groups without login and without password. They belong to the server, not to a database, and several databases may use
them; a user who may not make roles migrates all the same, and `problem` says what is left to do.
"""

import logging
from typing import Literal

from psycopg import Connection, errors, sql

from sensors.urls import SettingError
from storage.errors import sentence, translated
from storage.sql import query

_LOG = logging.getLogger("instore.storage")

Role = Literal["writer", "analyst", "grafana"]

NAMES: dict[Role, str] = {"writer": "instore_writer", "analyst": "instore_analyst", "grafana": "instore_grafana"}
"""What the roles are called in the database."""

TIMEOUT_S: dict[Role, int] = {"writer": 0, "analyst": 60, "grafana": 30}
"""After how many seconds a statement is given up where nobody says otherwise; 0: never."""

_IDLE_S = 300
"""A reader who leaves a transaction open keeps the server from cleaning up: after so long it is ended."""

_READS = "instore_analysis, instore, public"
"""Where readers' names without a schema are looked for: tables without devices first."""


def settle(connection: Connection) -> None:
    """Make the roles, and give them what they may do and no more, as far as this user can; `problem` says what is left.

    Call it in a transaction in which nobody else migrates this database.
    """
    connection.execute(query("create_roles"))
    try:
        with connection.transaction():
            for statement in changes(connection):
                connection.execute(statement.encode())
    except errors.InsufficientPrivilege as error:
        _LOG.debug("cannot give roles their rights: %s", sentence(error), extra={"action": "roles"})


def changes(connection: Connection) -> list[str]:
    """The statements that are missing for every role to have its rights and no others; changes nothing."""
    return [str(statement) for (statement,) in connection.execute(query("privilege_changes"))]


def problem(connection: Connection) -> str | None:
    """Say in a sentence what is wrong with the roles and what to do; None where all is well."""
    there = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", (list(NAMES.values()),))}
    missing = [name for name in NAMES.values() if name not in there]
    if missing:
        statements = " ".join(f"CREATE ROLE {name};" for name in missing)
        return f"roles are missing: have somebody who may make roles run `{statements}` and then run `instore migrate` again"
    if left := changes(connection):
        return f"roles have not the rights that they should have ({left[0]}, ...): run `instore migrate` as the owner of the tables"
    loose = _without_limits(connection)
    return f"{loose[0]} reads without a limit of time: run `instore grant {loose[1]} {loose[0]}`" if loose else None


@translated()
def grant(connection: Connection, role: Role, login: str, timeout_s: int | None = None) -> None:
    """Make a login a member of a role, and set what PostgreSQL takes from the login alone: limits of time, read-only, the search path.

    What is set counts for this database only, from the login's next connection on.

    Args:
        connection: of somebody who may: a superuser, or who has made the roles and the login.
        role: which.
        login: its name; it must be there.
        timeout_s: after how many seconds its statements are given up; 0: never; None: as usual for the role.

    Raises:
        SettingError: there is no such login, or it could see devices all the same, or we may not do this.
    """
    found = connection.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", (login,)).fetchone()
    if found is None or not found[0]:
        raise SettingError(
            f'there is no login {login}: make it with CREATE ROLE "{login}" LOGIN, and give it a password with \\password in psql'
        )
    _refuse_another(connection, role, login)
    try:
        with connection.transaction():
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(NAMES[role]), sql.Identifier(login)))
            for name, value in _settings(role, TIMEOUT_S[role] if timeout_s is None else timeout_s).items():
                connection.execute(_set(connection, login, name, value))
            if role != "writer":
                _refuse_more(connection, login)
    except (errors.InsufficientPrivilege, errors.UndefinedObject) as error:
        raise SettingError(
            f"{login} cannot be made {role}: {error.diag.message_primary}; who has made the role, or a superuser, can do it, and `instore"
            " doctor` says whether the roles are there"
        ) from error


def _settings(role: Role, timeout_s: int) -> dict[str, str | None]:
    """What a login of a role is set to; None: as the server has it."""
    reads = role != "writer"
    return {
        "statement_timeout": f"{timeout_s}s" if timeout_s or reads else None,
        "idle_in_transaction_session_timeout": f"{_IDLE_S}s" if reads else None,
        "default_transaction_read_only": "on" if role == "grafana" else None,
        "search_path": _READS if reads else None,
    }


def _set(connection: Connection, login: str, name: str, value: str | None) -> sql.Composed:
    whose = sql.SQL("ALTER ROLE {} IN DATABASE {} ").format(sql.Identifier(login), sql.Identifier(connection.info.dbname))
    if value is None:
        return whose + sql.SQL("RESET {}").format(sql.Identifier(name))
    words = sql.SQL(", ").join(map(sql.Literal, value.split(", ")))
    return whose + sql.SQL("SET {} = {}").format(sql.Identifier(name), words)


def _refuse_another(connection: Connection, role: Role, login: str) -> None:
    """Refuse a login that has another role already: it would have the rights of both, and the limits of one."""
    others = [name for name in NAMES.values() if name != NAMES[role]]
    row = connection.execute(query("roles_of_login"), {"login": login, "roles": others}).fetchone()
    if row is not None:
        raise SettingError(f"{login} has the role {row[0]} already: run `REVOKE {row[0]} FROM {login}` first, or use a login of its own")


def _refuse_more(connection: Connection, login: str) -> None:
    """Refuse a login that has other rights to devices: a superuser, the owner, a writer."""
    if connection.execute(query("sees_devices"), {"login": login}).fetchone() == (True,):
        raise SettingError(f"{login} sees devices by other rights that it has (superuser, owner, writer): use a login of its own")


def _without_limits(connection: Connection) -> tuple[str, str] | None:
    """Find a login that reads and has no limit of time in this database: its name and role."""
    row = connection.execute(query("readers_without_limits")).fetchone()
    return None if row is None else (str(row[0]), str(row[1]))
