"""Processes of a benchmark: starting the command as people do, asking it how far it is, and how much it takes."""

import multiprocessing
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import Popen
from typing import NamedTuple, TypeVar
from urllib.request import urlopen

from sensors import child
from sensors.targets import running

T = TypeVar("T")

START_S = 120.0
"""How long a part may take to start, or stand still; machines may be busy."""

LOOK_EVERY_S = 0.1
TICKS = os.sysconf("SC_CLK_TCK")
_SAMPLE = re.compile(rb"^([a-z_]+?)(?:_total)?(?:\{[^}]*\})? ([0-9.e+-]+)$", re.MULTILINE)


class Stuck(ConnectionError):
    """A process of the benchmark ended, or did not do what was waited for."""


class Part:
    """A process that can be looked at, an `instore worker` say.

    Args:
        process: that was started.
        folder: its data folder.
        log: the file of what it says.
    """

    def __init__(self, process: Popen[bytes], folder: Path, log: Path) -> None:
        self.process, self._folder, self._log = process, folder, log
        self._address = ""
        self.started_at = time.monotonic()

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.pid

    def metrics(self) -> dict[str, float]:
        """Ask it for its metrics: the sum of each over its labels; nothing while it starts.

        Raises:
            Stuck: it has ended.
        """
        if self.process.poll() is not None:
            raise Stuck(f"a process of the benchmark ended; it said: {self.said()}")
        found: dict[str, float] = {}
        with suppress(OSError):
            self._address = self._address or self._find()
            if self._address:
                with urlopen(self._address, timeout=10) as answer:  # noqa: S310 - http on 127.0.0.1
                    for name, value in _SAMPLE.findall(answer.read()):
                        found[name.decode()] = found.get(name.decode(), 0.0) + float(value)
        return found

    def said(self) -> str:
        """The end of what it said."""
        return self._log.read_text(errors="replace")[-2000:].strip()

    def cpu_s(self) -> float:
        """Seconds of CPU that it took so far."""
        return cpu_s(self.pid)

    def stop(self) -> None:
        """Have it end."""
        child.stop(self.process, 20)

    def _find(self) -> str:
        return next((f"{one.url}/metrics" for one in running(self._folder) if one.pid == self.pid), "")


@contextmanager
def started(folder: Path, *commands: Sequence[str]) -> Iterator[list[Part]]:
    """Run commands of ours, each as `python -m` and what is given, until the block ends; they can be looked at by way of `folder`."""
    folder.mkdir(exist_ok=True)
    parts: list[Part] = []
    try:
        for number, command in enumerate(commands):
            log = folder / f"{time.monotonic_ns()}-{number}.log"
            process = child.start([sys.executable, "-P", "-m", *command], log)
            parts.append(Part(process, folder, log))
        yield parts
    finally:
        for part in reversed(parts):
            part.stop()


def alone(call: Callable[..., T], *arguments: object) -> T:
    """Call a function of a module in a process of its own, which nothing has warmed."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(call, *arguments).result()


def wait_until(is_so: Callable[[], bool], what: str, timeout_s: float = START_S) -> None:
    """Wait until something is so.

    Raises:
        Stuck: it is not in time.
    """
    end = time.monotonic() + timeout_s
    while not is_so():
        if time.monotonic() > end:
            raise Stuck(f"after {timeout_s:.0f} s, {what}")
        time.sleep(LOOK_EVERY_S)


class Progress(NamedTuple):
    """How far some processes were at a moment (seconds of a clock that does not go back), and the CPU seconds that they had taken."""

    at: float
    done: tuple[float, ...]
    cpu_s: float


def progress(parts: Sequence[Part], metric: str) -> Progress:
    """Look how far processes are, each by a counter of its own."""
    done = tuple(part.metrics().get(metric, 0.0) for part in parts)
    return Progress(time.monotonic(), done, sum(part.cpu_s() for part in parts))


class Speed(NamedTuple):
    """How fast something was done: a second, and a second of CPU."""

    per_s: float
    per_cpu_s: float


def timed(parts: Sequence[Part], metric: str, total: float, advance: Callable[[float], None]) -> Speed:
    """Wait until processes have done so much together; return how fast they were since each had begun.

    Raises:
        Stuck: nothing went on for two minutes.
    """
    first: Progress | None = None
    before = now = progress(parts, metric)
    moved_at = now.at
    while sum(now.done) < total:
        time.sleep(LOOK_EVERY_S)
        before, now = now, progress(parts, metric)
        advance(sum(now.done))
        moved_at = now.at if now.done != before.done else moved_at
        first = first or (now if all(now.done) else None)
        if time.monotonic() > moved_at + START_S:
            raise Stuck(f"only {sum(now.done):.0f} of {total:.0f} were done; {parts[0].said()}")
    since = first if first is not None and first.at < now.at else before
    if since.at >= now.at:  # so few that all were done at the first look: since the processes were started
        since = Progress(min(part.started_at for part in parts), (), 0.0)
    done = total - sum(since.done)
    return Speed(done / (now.at - since.at), done / max(now.cpu_s - since.cpu_s, 1 / TICKS))


def cpu_s(pid: int) -> float:
    """Seconds of CPU of a process and of its children that have ended; 0 where it is gone."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / TICKS
    return 0.0


def proportional_kib(pid: int) -> int:
    """Memory of a process, its share of what it shares with others counted once (PSS); 0 where it is gone."""
    with suppress(OSError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return 0


def listener(port: int) -> int | None:
    """Find the process that listens on a port of this machine; None: none that we may see."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if any(str(one.readlink()) in inodes for one in (process / "fd").iterdir()):
                return int(process.name)
    return None


def children() -> dict[int, list[int]]:
    """All processes of this machine, by the one that started them."""
    found: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - it is looked at each second, and a Path for each costs more than the rest
        if name.isdigit():
            with suppress(OSError), open(f"/proc/{name}/stat", encoding="utf-8") as file:  # noqa: PTH123 - the same
                found.setdefault(int(file.read().rpartition(")")[2].split()[1]), []).append(int(name))
    return found


def family(pid: int, all_of_them: dict[int, list[int]]) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for one in found:
        found += all_of_them.get(one, [])
    return found
