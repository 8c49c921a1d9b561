"""The `instore` command as people run it: as processes, with settings in the environment, signals to end them, and nothing left behind."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

from sensors import child

LOOK_EVERY_S = 0.02
MARK = "INSTORE_TEST_MARK"
"""A variable that every process of a test inherits, so that those left behind can be found."""

_KEPT = {"INSTORE_CI"}


class Ended(NamedTuple):
    """A command that has ended: its exit code and what it said."""

    code: int
    out: str
    err: str


class Running:
    """A command that runs.

    Args:
        process: its process.
        out: the file with its standard output.
        err: the file with its standard error.
    """

    def __init__(self, process: subprocess.Popen[bytes], out: Path, err: Path) -> None:
        self.process = process
        self._out, self._err = out, err

    @property
    def out(self) -> str:
        """Its standard output so far."""
        return self._out.read_text(errors="replace")

    @property
    def err(self) -> str:
        """Its standard error so far."""
        return self._err.read_text(errors="replace")

    @property
    def has_ended(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def wait_for(self, text: str, timeout_s: float = 30) -> None:
        """Wait until it has said a text.

        Raises:
            AssertionError: it ended without, or did not say it in time.
        """
        end = time.monotonic() + timeout_s
        while text not in self.out and text not in self.err:
            assert not self.has_ended, f"it ended with {self.process.returncode} without saying {text!r}: {self.err[-3000:]}"
            assert time.monotonic() < end, f"it did not say {text!r} within {timeout_s:.0f} s: {self.err[-3000:]}"
            time.sleep(LOOK_EVERY_S)

    def send(self, what: signal.Signals) -> None:
        """Send a signal to the process alone."""
        self.process.send_signal(what)

    def press_ctrl_c(self) -> None:
        """Do what a terminal does: interrupt the whole process group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def kill(self) -> None:
        """End it with SIGKILL, as if the machine had failed."""
        self.process.kill()
        self.process.wait()

    def terminate(self, timeout_s: float = 30) -> Ended:
        """Ask it to end with SIGTERM, and wait until it has."""
        self.process.terminate()
        return self.wait(timeout_s)

    def wait(self, timeout_s: float = 60) -> Ended:
        """Wait until it has ended by itself.

        Raises:
            AssertionError: it still runs after this time.
        """
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it still runs after {timeout_s:.0f} s; it said: {self.err[-3000:]}") from None
        return Ended(code, self.out, self.err)


class Surroundings:
    """A folder and settings, and the commands that run in them.

    Args:
        folder: where commands run; data and temporary files stay inside.
        settings: further environment variables.
    """

    def __init__(self, folder: Path, settings: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True, exist_ok=True)
        self.mark = uuid4().hex
        kept = {name: value for name, value in os.environ.items() if not name.startswith("INSTORE_") or name in _KEPT}
        own = {MARK: self.mark, "TMPDIR": str(self.temporary), "INSTORE_DATA_DIR": str(folder / "data"), "COLUMNS": "200"}
        self.environment = {**kept, **own, **(settings or {})}
        self._running: list[Running] = []
        self._numbers = count()

    def start(self, *arguments: str | Path) -> Running:
        """Start a command in a process group of its own."""
        number = next(self._numbers)
        files = [self.folder / f"{number}-{arguments[0]}.{kind}" for kind in ("out", "err")]
        with files[0].open("wb") as out, files[1].open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "instore", *map(str, arguments)],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        running = Running(process, *files)
        self._running.append(running)
        return running

    def run(self, *arguments: str | Path, timeout_s: float = 60) -> Ended:
        """Run a command to its end."""
        return self.start(*arguments).wait(timeout_s)

    def run_well(self, *arguments: str | Path, timeout_s: float = 60) -> Ended:
        """Run a command that must succeed."""
        ended = self.run(*arguments, timeout_s=timeout_s)
        assert ended.code == 0, f"instore {' '.join(map(str, arguments))} exits with {ended.code}: {ended.err[-3000:]}"
        return ended

    def close(self) -> None:
        """End what still runs; each command is given the time to end its own servers."""
        for running in reversed(self._running):
            if not running.has_ended:
                child.stop(running.process, 20)

    def processes(self) -> list[str]:
        """Name the processes that were started here, by whomever, and still run (Linux only)."""
        return [name for name in map(self._named, Path("/proc").glob("[0-9]*")) if name]

    def _named(self, process: Path) -> str | None:
        """Give the command line of a process that carries our mark or works in our folder."""
        try:
            is_ours = f"{MARK}={self.mark}".encode() in (process / "environ").read_bytes().split(b"\0")
            works_here = (process / "cwd").readlink().is_relative_to(self.folder)
            return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode() if is_ours or works_here else None
        except OSError:  # it has ended meanwhile, or is another user's
            return None

    def strays(self) -> list[str]:
        """Name what commands have left in the folder that they ran in, besides what they were asked for."""
        known = {self.temporary, self.folder / "data"}
        return sorted(entry.name for entry in self.folder.iterdir() if entry not in known and entry.suffix not in {".out", ".err"})

    def temporary_files(self) -> list[str]:
        """Name what is left in the folder for temporary files."""
        return sorted(entry.name for entry in self.temporary.iterdir())


@contextmanager
def surroundings(folder: Path, settings: dict[str, str] | None = None) -> Iterator[Surroundings]:
    """Have a folder to run commands in; whatever still runs at the end is ended."""
    here = Surroundings(folder, settings)
    try:
        yield here
    finally:
        here.close()


def wait_until(is_so: Callable[[], bool], what: str, timeout_s: float = 60, look_every_s: float = LOOK_EVERY_S) -> None:
    """Wait until something is so.

    Raises:
        AssertionError: it was not so in time.
    """
    end = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < end, f"after {timeout_s:.0f} s it is still not so that {what}"
        time.sleep(look_every_s)


def not_ok(said: str, n_parts: int) -> list[str]:
    """The lines of a doctor about so many parts that are not ok; not one about the logins of tests beside this one, on the same server."""
    lines = said.splitlines()[1 : 1 + n_parts]
    assert len(lines) == n_parts, said
    return [line for line in lines if " ok " not in line and not re.match(r"roles +look +login_[0-9a-f]{32} reads without a limit", line)]


def urls_in(text: str) -> dict[str, str]:
    """Read the lines INSTORE_..._URL=value."""
    pairs = (line.partition("=") for line in text.splitlines() if line.startswith("INSTORE_"))
    return {name: value for name, _, value in pairs}


def port_of(url: str) -> int:
    """Read the port in a URL."""
    port = urlsplit(url).port
    assert port is not None
    return port
