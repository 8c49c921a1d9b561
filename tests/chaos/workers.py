"""Workers that come, go, and stand still while readings flow."""

import signal
import time
from collections.abc import Callable
from typing import NamedTuple

import psycopg

from sensors.targets import running as targets
from sensors.topics import PARTITIONS
from tests.chaos.busy import Busy
from tests.chaos.left import Left, differences
from tests.chaos.stage import DRAIN_S, Stage, replaying, stage
from tests.e2e.processes import Running, wait_until
from tests.scrape import scrape

ALL = 2 * PARTITIONS
"""Of the two topics that a worker reads."""

TAKE_OVER_S = 120.0
"""How long others may take to have all partitions. A transaction that stands still is ended after 60 s, or by them after as long."""

_IN_FLUSH = """
SELECT EXISTS (
    SELECT FROM pg_stat_activity
    WHERE application_name = 'instore worker' AND state = 'idle in transaction' AND state_change < clock_timestamp() - interval '0.2 s'
)
"""


class Step(NamedTuple):
    """Something that was done to workers: when, what, how many readings were stored by then, and how long until all went on."""

    at_s: float
    what: str
    n_stored: int
    settled_s: float

    def __str__(self) -> str:
        return f"{self.at_s:.0f} s {self.what} ({self.n_stored:,}; {self.settled_s:.1f} s)"


class Story(NamedTuple):
    """What came of it; `fenced` says how many flushes were refused."""

    steps: list[Step]
    wrong: list[str]
    fenced: int
    seconds: float


class Scene:
    """Workers on a stage, and the steps that were taken.

    Args:
        running: the stage.
        replay: what sends the readings.
        n_all: how many there are.
    """

    def __init__(self, running: Stage, replay: Running, n_all: int) -> None:
        self.running, self.replay, self.n_all = running, replay, n_all
        self.steps: list[Step] = []
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    def wait_until(self, at_s: float) -> None:
        """Wait until so many seconds after the beginning."""
        time.sleep(max(0.0, at_s - self.seconds))

    def do(self, what: str, deed: Callable[[], object], *names: str) -> None:
        """Do something in the middle of the readings, and wait until these workers have all partitions and store again."""
        n_stored, at_s = self.running.n_stored(), self.seconds
        assert not self.replay.has_ended, f"it came when all was sent: {what}"
        assert 0 < n_stored < self.n_all
        deed()
        wait_until(lambda: _share(self.running, names), f"{names} share all partitions", TAKE_OVER_S, 0.1)
        taken_over = self.running.n_stored()

        def is_more_stored() -> bool:
            assert not self.replay.has_ended, (
                f"all was sent before more was stored than {taken_over:,} at {self.seconds:.0f} s, after {self.steps}"
            )
            return self.running.n_stored() > taken_over

        wait_until(is_more_stored, "more is stored", TAKE_OVER_S, 0.05)
        self.steps.append(Step(at_s, what, n_stored, self.seconds - at_s))

    def hurry(self, busy: Busy) -> None:
        """Send no more at that speed, but everything again at full speed; what came before comes twice."""
        assert self.replay.terminate().code == 0, self.replay.err[-2000:]
        self.replay = self.running.here.start("replay", busy.recording)

    def end(self, busy: Busy, expected: Left) -> Story:
        """Wait for the rest, and compare."""
        assert self.replay.wait(DRAIN_S).code == 0, self.replay.err[-2000:]
        self.running.wait_until_done(busy)
        seconds = self.seconds
        left, ends = self.running.come_to_rest()
        said = [life.said for command in self.running.commands for life in command.lives]
        fenced = sum(text.count("another worker has it") for text in said)
        return Story(self.steps, differences(left, expected) + ends.tracebacks, fenced, seconds)


def come_and_go(busy: Busy, expected: Left, span_s: float) -> Story:
    """One worker, three, two, one: two come, one is asked to end, one is killed for good."""
    with stage(busy, worker="worker-1") as running:
        scene = Scene(running, replaying(running, busy, span_s), len(busy.ids))
        programs = running.programs
        three = ("worker-1", "worker-2", "worker-3")
        scene.wait_until(0.05 * span_s)
        scene.do("1 worker becomes 3", lambda: [running.add(name, "worker") for name in three[1:]], *three)
        scene.wait_until(0.35 * span_s)
        scene.do("3 become 2 (SIGTERM)", programs["worker-2"].end, "worker-1", "worker-3")
        scene.wait_until(0.65 * span_s)
        scene.do("2 become 1 (kill -9)", programs["worker-1"].abandon, "worker-3")
        return scene.end(busy, expected)


def stand_still(busy: Busy, expected: Left, span_s: float, *, times: int, in_flush: bool = False) -> Story:
    """Of two workers one is stopped with SIGSTOP until the other has all, and goes on; some times.

    Args:
        busy: the stores.
        expected: what the undisturbed run left.
        span_s: how long readings are sent.
        times: how often.
        in_flush: stop it in the middle of a transaction, with the locks that it holds.
    """
    with stage(busy, worker="worker-1") as running:
        running.add("worker-2", "worker")
        wait_until(lambda: _share(running, ("worker-1", "worker-2")), "two workers share", TAKE_OVER_S, 0.1)
        scene = Scene(running, replaying(running, busy, span_s), len(busy.ids))
        for number in range(times):
            scene.wait_until((0.05 + 0.9 * number / times) * span_s)
            sleeper, other = ("worker-1", "worker-2") if number % 2 == 0 else ("worker-2", "worker-1")
            nap(scene, sleeper, other, in_flush=in_flush)
        return scene.end(busy, expected)


def nap(scene: Scene, sleeper: str, other: str, *, in_flush: bool = False) -> None:
    """Stop a worker until the other has everything, and let it go on."""
    where = "in a flush" if in_flush else "anywhere"
    scene.do(f"{sleeper} stands still, {where}", lambda: _stop(scene.running, sleeper, in_flush=in_flush), other)
    scene.do(f"{sleeper} wakes up", lambda: _send(scene.running, sleeper, signal.SIGCONT), sleeper, other)


def _stop(running: Stage, name: str, *, in_flush: bool) -> None:
    """Stop a worker; in the middle of a transaction if wanted: again and again until it is so."""

    def is_stopped() -> bool:
        _send(running, name, signal.SIGSTOP)
        if not in_flush:
            return True
        time.sleep(0.3)
        with psycopg.connect(running.database_url) as connection:
            if connection.execute(_IN_FLUSH).fetchone() == (True,):
                return True
        _send(running, name, signal.SIGCONT)
        return False

    wait_until(is_stopped, f"{name} is stopped in a flush", look_every_s=0.037)


def _send(running: Stage, name: str, what: signal.Signals) -> None:
    process = running.programs[name].running
    assert process is not None
    process.send(what)


def _share(running: Stage, names: tuple[str, ...]) -> bool:
    """Whether these workers have all partitions among them, and each has some."""
    given = [_partitions(running, name) for name in names]
    return all(given) and sum(given) == ALL


def _partitions(running: Stage, name: str) -> int:
    """How many partitions Kafka gave a worker; 0 also while it does not say."""
    process = running.programs[name].running
    found = [one for one in targets(running.here.folder / "data") if process is not None and one.pid == process.process.pid]
    try:
        return int(scrape(found[0].url).sum("instore_worker_partitions")) if found else 0
    except OSError:  # it ended just now
        return 0
