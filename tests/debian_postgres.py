"""Debian's PostgreSQL, of an older version than the embedded one and with TLS, which that cannot: started by a test, ended with it."""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import psycopg

from sensors.child import die_with_parent, free_port
from storage.cluster import let_through
from tests import needs

PASSWORD = "only-for-tests"  # noqa: S105 - of a server that lives as long as a test

START_S = 60.0

_HBA = "hostssl all all 127.0.0.1/32 scram-sha-256\n"
"""Nobody comes in without TLS."""


class Server(NamedTuple):
    """A server that is reached by TLS alone.

    Attributes:
        url: of its superuser, without any setting of TLS.
        ca: the certificate of the authority that its own is signed by.
        other_ca: that of another authority.
    """

    url: str
    ca: Path
    other_ca: Path

    def verified(self, ca: Path | None = None, host: str = "127.0.0.1") -> str:
        """The URL with which a client believes the server only by its certificate."""
        return f"{self.url.replace('127.0.0.1', host)}?sslmode=verify-full&sslrootcert={ca or self.ca}"


@contextmanager
def debian_postgres() -> Iterator[Server]:
    """Run it on 127.0.0.1; the test is skipped where Debian's PostgreSQL is not installed."""
    bins = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not bins:
        needs.missing("there is no /usr/lib/postgresql (Debian: apt-get install postgresql)")
    with TemporaryDirectory(prefix="instore-debian-") as name:
        folder, port = Path(name), free_port()
        _prepare(folder, bins[0])
        options = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        with (folder / "log").open("wb") as log:
            command = [str(bins[0] / "postgres"), "-D", str(folder / "data"), *options]
            process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=die_with_parent, **_as_nobody())  # noqa: PLW1509 - it takes no lock
        server = Server(f"postgresql://postgres:{PASSWORD}@127.0.0.1:{port}/postgres", folder / "ca.crt", folder / "other.crt")
        try:
            _wait(server, process, folder / "log")
            yield server
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(START_S)


def _prepare(folder: Path, programs: Path) -> None:
    """Make the cluster and its certificates, owned by whom the server runs as."""
    openssl = needs.program("openssl", "openssl")
    data, password = folder / "data", folder / "password"
    password.write_text(PASSWORD)
    for path in (folder, password):
        os.chown(path, _as_nobody().get("user", -1), -1)
    let_through(data)
    initdb = [str(programs / "initdb"), "-D", str(data), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={password}", "--no-sync"]
    subprocess.run([*initdb, "--encoding=UTF8", "--locale=C"], check=True, capture_output=True, **_as_nobody())
    for name in ("ca", "other"):
        _openssl(openssl, folder, f"req -x509 -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.crt -days 1 -subj /CN={name}")
    _openssl(openssl, folder, "req -newkey rsa:2048 -nodes -keyout data/server.key -out server.csr -subj /CN=server")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    _openssl(
        openssl, folder, "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 1 -extfile names -out data/server.crt"
    )
    (data / "server.key").chmod(0o600)
    for name in ("server.key", "server.crt"):
        os.chown(data / name, _as_nobody().get("user", -1), -1)
    (data / "pg_hba.conf").write_text(_HBA)
    with (data / "postgresql.conf").open("a") as settings:
        settings.write("ssl = on\nfsync = off\n")


def _openssl(program: str, folder: Path, arguments: str) -> None:
    subprocess.run([program, *arguments.split()], check=True, capture_output=True, cwd=folder)


def _as_nobody() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    environment = {"cwd": "/", "env": {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}}
    if os.geteuid():
        return environment
    user = pwd.getpwnam("nobody")
    return {**environment, "user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_S
    while True:
        try:
            psycopg.connect(server.url, sslmode="require").close()
        except psycopg.OperationalError:
            assert process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < end, log.read_text()[-2000:]
            time.sleep(0.05)
        else:
            return
