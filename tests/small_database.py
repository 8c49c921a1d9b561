"""A database on a disk of its own that is soon full, on the tests' server: its tables, not the server's log."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from psycopg import sql

from tests import needs

SIZE = 48 << 20
"""Bytes of the disk: an empty database of ours takes some 12 MB of it."""

ROOM = 1 << 19
"""Bytes that are left when the disk is filled: some readings still fit."""


class SmallDatabase(NamedTuple):
    """A migrated database, and the disk that it is on."""

    url: str
    disk: Path

    @contextmanager
    def filled(self) -> Iterator[None]:
        """Have the disk nearly full for as long as a block runs."""
        ballast = self.disk / "ballast"
        free = os.statvfs(self.disk)
        ballast.write_bytes(bytes(free.f_bavail * free.f_frsize - ROOM))
        try:
            yield
        finally:
            ballast.unlink()


@contextmanager
def small_database(server_url: str, template: str) -> Iterator[SmallDatabase]:
    """Make a database by a template; the test is skipped where no disk can be mounted, or the server is on another machine."""
    name = f"small_{uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection, tempfile.TemporaryDirectory(prefix="instore-small-") as folder:
        Path(folder).chmod(0o755)
        with needs.small_disk(Path(folder) / "disk", SIZE) as disk:
            _give(disk, connection)
            _make(connection, name, disk, template)
            try:
                yield SmallDatabase(urlsplit(server_url)._replace(path=f"/{name}").geturl(), disk)
            finally:
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
                connection.execute(sql.SQL("DROP TABLESPACE {}").format(sql.Identifier(name)))


def _make(connection: psycopg.Connection, name: str, disk: Path, template: str) -> None:
    place = {"name": sql.Identifier(name), "folder": sql.Literal(str(disk / "tables")), "template": sql.Identifier(template)}
    connection.execute(sql.SQL("CREATE TABLESPACE {name} LOCATION {folder}").format(**place))
    connection.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {template} TABLESPACE {name}").format(**place))


def _give(disk: Path, connection: psycopg.Connection) -> None:
    """Give a folder on the disk to whoever runs the server."""
    row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    if not (data := Path(row[0])).is_dir():
        needs.missing(f"the server's data are not on this machine ({data})")
    (disk / "tables").mkdir(mode=0o700)
    disk.chmod(0o755)
    os.chown(disk / "tables", data.stat().st_uid, data.stat().st_gid)
