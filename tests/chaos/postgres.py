"""A PostgreSQL whose processes are all killed at once, as a machine that fails does, and which starts again on its folder.

It runs with the settings of the embedded one: `synchronous_commit` and `fsync` are on, so what it said to have committed it must have.
"""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import psycopg

from sensors.child import die_with_parent, free_port
from storage.cluster import USER, Cluster, programs
from storage.postgres import DATABASE, SETTINGS
from tests.e2e.processes import wait_until


class Postgres:
    """A server on a folder of its own.

    Args:
        folder: where it keeps its data; nobody else may use it.

    Attributes:
        url: of its database.
        log: the file with all that it has said.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._cluster = Cluster(folder.resolve())
        self._cluster.prepare()
        self._port = free_port()
        self._server = f"postgresql://{USER}:{self._cluster.password.read_text().strip()}@127.0.0.1:{self._port}"
        self.url = f"{self._server}/{DATABASE}"
        self.log = self._cluster.log

    def launch(self) -> subprocess.Popen[bytes]:
        """Start it, and wait for nothing."""
        settings = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        command = [str(programs() / "postgres"), "-D", str(self._cluster.data), "-p", str(self._port), *settings]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - it calls one system function and takes no lock
                **self._cluster.run_as(),
            )

    @property
    def is_ready(self) -> bool:
        """Whether it lets us in."""
        try:
            psycopg.connect(f"{self._server}/postgres", connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def make_database(self) -> None:
        """Make the database that `url` names."""
        with psycopg.connect(f"{self._server}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}".encode())

    def processes(self) -> list[int]:
        """Find all processes of it: they work in its folder."""
        return [int(process.name) for process in Path("/proc").glob("[0-9]*") if _works_in(process, self._cluster.data)]

    def kill(self) -> int:
        """End them all with SIGKILL, and tell how many that were."""
        killed = set[int]()

        def none_is_left() -> bool:
            left = self.processes()
            for pid in left:
                killed.add(pid)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return not left

        wait_until(none_is_left, "all processes of PostgreSQL are gone", 10)
        return len(killed)


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return (process / "cwd").readlink() == folder and (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:  # it has ended meanwhile
        return False
