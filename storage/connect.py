"""How this folder connects to a database, with settings that notice a dead server."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict

from sensors.urls import SettingError
from storage.errors import DatabaseAway, sentence, translated

_DEFAULTS: dict[str, str | int] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""For libpq, in seconds (the last in milliseconds): a server that vanished is noticed within half a minute. A URL may say otherwise."""

_EXAMPLE = "postgresql://user:password@host:5432/database"


def connect(url: str, name: str) -> psycopg.Connection:
    """Open a connection in autocommit mode, whose times are in UTC, and which prepares no statements by itself.

    Its transactions see what others commit meanwhile, whatever the database's default: marks (migration 0011) count on it.

    Args:
        url: `postgresql://user:password@host:port/database`.
        name: what the server's `pg_stat_activity` shows.

    Raises:
        SettingError: the URL cannot be understood.
        DatabaseAway: no connection; one sentence says where to, and why, without the password.
    """
    settings = {**_DEFAULTS, "application_name": name, **parse(url)}
    try:
        connection = psycopg.connect(autocommit=True, prepare_threshold=None, **settings)  # type: ignore[arg-type]  # libpq's, by name
    except psycopg.OperationalError as away:
        raise DatabaseAway(f"PostgreSQL at {place(url)} cannot be used: {_reason(sentence(away))}") from away
    connection.execute("SET TIME ZONE 'UTC'; SET default_transaction_isolation = 'read committed'")
    return connection


@contextmanager
def session(url: str, name: str) -> Iterator[psycopg.Connection]:
    """Connect for as long as a block runs; the driver's errors come out of it as ours.

    Raises:
        SettingError: the URL cannot be understood.
        DatabaseAway: no connection, or it was lost.
    """
    with translated(), connect(url, name) as connection:
        yield connection


def parse(url: str) -> dict[str, str | int]:
    """Take a database URL apart, as libpq does.

    Raises:
        SettingError: it cannot be understood. The message does not repeat the URL, which may hold a password.
    """
    if not url.startswith(("postgresql://", "postgres://")):
        raise SettingError(f"the database URL must begin with postgresql://; write it like {_EXAMPLE}")
    try:
        parts = {key: value for key, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.ProgrammingError:
        hint = "special characters in a password are percent-encoded"
        raise SettingError(f"the database URL cannot be read; write it like {_EXAMPLE} ({hint})") from None  # the driver's may show it
    if not all(port.isdecimal() for port in str(parts.get("port", 0)).split(",")):
        raise SettingError(f"the port in the database URL must be a number; write it like {_EXAMPLE}")
    return parts


def place(url: str) -> str:
    """Name a database for people, without user and password: `host:port/database`."""
    parts = parse(url)
    return f"{parts.get('host', 'the local socket')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"


def _reason(message: str) -> str:
    """Leave out what the driver repeats: the place, and the first of its hints is enough. Say what it does not: which setting is wrong."""
    if message.endswith("certificate verify failed"):
        message += " (the server's certificate is not signed by the authority in sslrootcert: name the file of the one that signed it)"
    return re.sub(r'^connection failed: |connection to server at "[^"]*"(, port \d+)? failed: ', "", message)
