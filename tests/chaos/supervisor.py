"""What systemd or Kubernetes would be: it keeps a program running, whatever that ends with, and remembers each of its lives."""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from tests.e2e.processes import Running, wait_until

AGAIN_S = 0.1
"""Between the end of a program and its next start, where nobody wants it to stay away for longer."""

STOP_S = 60.0


class Life(NamedTuple):
    """One run of a program, from its start to its end.

    Attributes:
        code: what it ended with; negative: by a signal.
        was_killed: by us; otherwise it ended by itself.
        said: all that it said on standard error.
    """

    code: int
    was_killed: bool
    said: str

    @property
    def last_words(self) -> str:
        """The last line that it said."""
        return (self.said.strip().splitlines() or [""])[-1]


class Supervised:
    """A program that is started again whenever it ends. A thread of its own does that.

    Args:
        name: what people call it.
        begin: starts it.
        kill: ends it, and all processes that belong to it, with SIGKILL; where nobody says, the one process that was started.
    """

    def __init__(self, name: str, begin: Callable[[], Running], kill: Callable[[], object] | None = None) -> None:
        self.name = name
        self.lives: list[Life] = []
        self.running: Running | None = None
        self._begin, self._kill = begin, kill
        self._away_s = AGAIN_S
        self._is_killed = self._is_ending = False
        self._thread = threading.Thread(target=self._supervise, name=name, daemon=True)
        self._thread.start()

    @property
    def is_up(self) -> bool:
        """Whether its process runs."""
        return self.running is not None and not self.running.has_ended

    @property
    def said(self) -> str:
        """What its present life has said so far."""
        return self.running.err if self.running is not None else ""

    def kill(self, away_s: float = AGAIN_S) -> None:
        """End it with SIGKILL; it starts again after so many seconds."""
        running = self._mark(away_s)
        if self._kill is not None:
            self._kill()
        else:
            running.process.kill()

    def stop(self, away_s: float = AGAIN_S) -> None:
        """Ask it to end, with SIGTERM; it starts again after so many seconds."""
        self._mark(away_s).process.terminate()

    def end(self) -> Life:
        """Ask it to end, with SIGTERM, and let it be; tell how its last life was."""
        self._is_ending = True
        if self.is_up and self.running is not None:
            self.running.process.terminate()
        self._thread.join(STOP_S)
        assert not self._thread.is_alive(), f"{self.name} does not end within {STOP_S:.0f} s; it said: {self.said[-2000:]}"
        return self.lives[-1]

    def abandon(self) -> None:
        """End it with SIGKILL for good."""
        self._is_ending = self._is_killed = True
        if self.running is not None:
            self.running.process.kill()
            if self._kill is not None:
                self._kill()
        self._thread.join(STOP_S)

    def _mark(self, away_s: float) -> Running:
        wait_until(lambda: self.is_up, f"{self.name} runs, to be ended")
        assert self.running is not None
        self._is_killed, self._away_s = True, away_s
        return self.running

    def _supervise(self) -> None:
        while not self._is_ending:
            self.running = self._begin()
            code = self.running.process.wait()
            self.lives.append(Life(code, self._is_killed, self.running.err))
            away_s, self._away_s, self._is_killed = self._away_s, AGAIN_S, False
            _sleep_unless(lambda: self._is_ending, away_s)


def _sleep_unless(is_over: Callable[[], bool], wait_s: float) -> None:
    end = time.monotonic() + wait_s
    while time.monotonic() < end and not is_over():
        time.sleep(0.02)
