"""Logins for tests: made with a password of their own on the server of a database, and removed in the end."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from uuid import uuid4

from psycopg import sql

from storage import roles
from storage.connect import connect
from storage.roles import Role


@contextmanager
def login(url: str, *options: str) -> Iterator[str]:
    """Make a login that has no right of its own.

    Args:
        url: a database, as its superuser.
        options: of CREATE ROLE, say `CREATEROLE`.

    Yields:
        The URL of the same database as that login.
    """
    name, password = f"login_{uuid4().hex}", secrets.token_hex(8)
    with connect(url, "test") as connection:
        what = sql.SQL(" ".join(("CREATE ROLE {} LOGIN PASSWORD {}", *options)))
        connection.execute(what.format(sql.Identifier(name), sql.Literal(password)))
        try:
            yield as_user(url, name, password)
        finally:
            connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@contextmanager
def member(url: str, role: Role, timeout_s: int | None = None) -> Iterator[str]:
    """Make a login and let it act in one of our roles; yields its URL."""
    with login(url) as mine:
        with connect(url, "test") as connection:
            roles.grant(connection, role, name_of(mine), timeout_s)
        yield mine


def as_user(url: str, name: str, password: str) -> str:
    """The same database for another user."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{name}:{password}@{parts.hostname}:{parts.port}").geturl()


def name_of(url: str) -> str:
    """The user of a URL."""
    return urlsplit(url).username or ""
