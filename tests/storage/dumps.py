"""Backup and restore as docs/operations.md tells it: `pg_dump` and `pg_restore` of PostgreSQL's own, with what TimescaleDB asks for."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from psycopg import sql

from storage.cluster import programs
from storage.connect import connect, parse


@contextmanager
def beside(url: str) -> Iterator[str]:
    """Make an empty database on the same server; it is dropped in the end."""
    name = f"test_{uuid4().hex}"
    with connect(url, "test") as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def dump(url: str, file: Path) -> None:
    """Write all of a database into a file, while others work with it."""
    _run("pg_dump", url, "--format=custom", f"--file={file}")


def restore(file: Path, url: str) -> None:
    """Fill an empty database from a file; privileges are left to `instore migrate`."""
    with connect(url, "test") as connection:
        kept = subprocess.run([programs() / "pg_restore", "--list", file], check=True, capture_output=True, text=True)
        with_timescale = " EXTENSION - timescaledb" in kept.stdout
        if with_timescale:
            connection.execute("CREATE EXTENSION timescaledb")
            connection.execute("SELECT public.timescaledb_pre_restore()")
    _run("pg_restore", url, "--no-owner", "--no-privileges", "--exit-on-error", str(file))
    if with_timescale:
        with connect(url, "test") as connection:
            connection.execute("SELECT public.timescaledb_post_restore()")


def _run(program: str, url: str, *options: str) -> None:
    """Run one of the wheel's programs on a database; the password is in its environment, where other users do not see it."""
    place = parse(url)
    where = {"PGHOST": place["host"], "PGPORT": place["port"], "PGUSER": place["user"], "PGPASSWORD": place["password"]}
    environment = {**os.environ, **{name: str(value) for name, value in where.items()}}
    command = [str(programs() / program), f"--dbname={place['dbname']}", *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
