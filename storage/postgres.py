"""An embedded PostgreSQL: a real server out of a wheel, for the demo, for tests, and for one machine of one's own.

It listens on 127.0.0.1 only, asks for a password (or any user of the machine could run programs as its superuser), and ends with
the process that started it, however that ends: a shell beside the server waits for its own input to end, which happens when we say
so and when we die. A server that was killed recovers at the next start, as PostgreSQL does.
"""

import logging
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql

from sensors.child import free_port
from storage.cluster import USER, Cluster, PostgresError, locked, programs

_LOG = logging.getLogger("instore.storage")

DATABASE = "instore"

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "cluster_name": "instore",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Memory for two cores and a few gigabytes.
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "60",
    # Fewer checkpoints while a backlog comes in, so fewer whole pages in the log.
    "max_wal_size": "2GB",
    "min_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    # Nobody replicates an embedded server. What it has committed is on the disk all the same: synchronous_commit stays on.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # Solid-state disks; many short queries.
    "random_page_cost": "1.1",
    "jit": "off",
}
"""How the server runs; all else is PostgreSQL's default."""

START_S = 300.0
"""How long a start may take. A fresh one takes a second; recovery after a crash reads up to `max_wal_size`."""

STOP_S = 60.0
"""How long a clean stop may take before the server is ended the hard way."""

_SUPERVISOR = """
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
(read -r _ <&3; kill -INT $server) &
watch=$!
exec 3<&-
wait $server
status=$?
kill $watch 2>/dev/null
exit $status
"""
"""Runs the server until it ends, or until a line or the end comes on standard input: then it is told to stop at once but cleanly."""

_WORTH_ANOTHER_TRY = ("could not bind", "Address already in use", "pre-existing shared memory block")
"""What a server says that another port, or a moment, may help."""

_TRIES = 20


@contextmanager
def postgres(data_dir: Path) -> Iterator[str]:
    """Run an embedded PostgreSQL while the context lasts.

    Args:
        data_dir: where its data is kept; made where it is missing. A server started here again finds what it had, at the same port
            where that is free.

    Yields:
        The URL of its database, `postgresql://instore:PASSWORD@127.0.0.1:PORT/instore`, for any client.

    Raises:
        SettingError: the folder cannot be written, or another process runs a server on it.
        PostgresError: the server does not start.
    """
    with locked(data_dir.expanduser().resolve()) as cluster:
        cluster.prepare()
        _end_leftover(cluster.data)
        process, url = _start(cluster)
        try:
            _make_database(url)
            yield f"{url}/{DATABASE}"
        finally:
            _stop(process, cluster.data)


def _start(cluster: Cluster) -> tuple[subprocess.Popen[bytes], str]:
    """Start the server; return its supervisor and its URL without a database."""
    port = free_port(int(cluster.port.read_text()) if cluster.port.exists() else 0)
    password = cluster.password.read_text().strip()
    for _ in range(_TRIES):
        said_before = cluster.log.stat().st_size if cluster.log.exists() else 0
        process, url = _launch(cluster, port), f"postgresql://{USER}:{password}@127.0.0.1:{port}"
        if _answers(process, url):
            cluster.port.write_text(f"{port}\n")
            return process, url
        said = cluster.log.read_bytes()[said_before:].decode(errors="replace").strip()
        if not any(words in said for words in _WORTH_ANOTHER_TRY):
            break
        time.sleep(0.2)
        port = free_port()
    raise PostgresError(f"the embedded PostgreSQL does not start; it says: {said[-2000:]}")


def _launch(cluster: Cluster, port: int) -> subprocess.Popen[bytes]:
    """Start the server under its supervisor, in a session of its own: a Ctrl-C for us is none for it."""
    options = [f"-c{name}={value}" for name, value in SETTINGS.items()]
    server = [str(programs() / "postgres"), "-D", str(cluster.data), "-p", str(port), *options]
    with cluster.log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own command
            ["/bin/sh", "-c", _SUPERVISOR, "postgres", *server],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **cluster.run_as(),
        )


def _answers(process: subprocess.Popen[bytes], url: str) -> bool:
    """Wait until the server lets us in; False: it has ended."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        with suppress(psycopg.OperationalError):
            psycopg.connect(f"{url}/postgres", connect_timeout=5).close()
            return True
        time.sleep(0.02)
    return False


def _make_database(url: str) -> None:
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _stop(process: subprocess.Popen[bytes], data: Path) -> None:
    """Stop the server cleanly, or at any rate."""
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.write(b"\n")
        process.stdin.close()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        _LOG.warning("the embedded PostgreSQL did not stop within %.0f s; ending it", STOP_S, extra={"action": "kill_postgres"})
        _end_leftover(data, signal.SIGQUIT)
        process.kill()
        process.wait()


def _end_leftover(data: Path, how: signal.Signals = signal.SIGINT) -> None:
    """End a server that still runs on a cluster: whoever started it is gone, or has lost control of it."""
    lock = data / "postmaster.pid"
    if not lock.exists():
        return
    pid = int(lock.read_text().split("\n", 1)[0])
    if not _runs_on(pid, data):
        lock.unlink(missing_ok=True)  # after a crash; the number may belong to somebody else by now, which would confuse PostgreSQL
        return
    end = time.monotonic() + STOP_S
    while _runs_on(pid, data):
        with suppress(ProcessLookupError):
            os.kill(pid, how)
        if time.monotonic() > end:
            how = signal.SIGKILL
        time.sleep(0.1)


def _runs_on(pid: int, data: Path) -> bool:
    """Tell whether a process is a PostgreSQL server on this cluster, and not another that got the number of one."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cwd").readlink() == data  # a server works in its cluster
        except OSError:
            return False
    command = subprocess.run(["/bin/ps", "-o", "command=", "-p", str(pid)], check=False, capture_output=True, text=True)  # noqa: S603 - our own command
    return f"-D {data} " in command.stdout
