"""A round: busy hours, the blows of a seed, and the comparison with the run that nobody disturbed."""

import time
from typing import NamedTuple

from tests.chaos.busy import Busy
from tests.chaos.left import Left, differences
from tests.chaos.plan import Blow, blows
from tests.chaos.stage import DRAIN_S, Ends, Stage, replaying, stage
from tests.e2e.processes import Running

SHORT = {"bridge": "bridge", "worker": "worker", "kafka": "Kafka", "database": "database", "mqtt": "mosquitto (SIGTERM)"}


class Hit(NamedTuple):
    """A blow that was struck: when, to whom, and how many readings were stored by then."""

    at_s: float
    victims: tuple[str, ...]
    n_stored: int

    def __str__(self) -> str:
        return f"{self.at_s:.1f} s {' + '.join(SHORT[name] for name in self.victims)} ({self.n_stored:,})"


class Outcome(NamedTuple):
    """What came of a round.

    Attributes:
        seed: of its plan.
        hits: the blows, in order.
        left: what it left behind.
        ends: how commands ended that nobody had killed.
        wrong: how that differs from the undisturbed run.
        seconds: from the first reading stored to the last visit final.
    """

    seed: int
    hits: list[Hit]
    left: Left
    ends: Ends
    wrong: list[str]
    seconds: float


def play(seed: int, busy: Busy, expected: Left, span_s: float) -> Outcome:
    """Play a round: `span_s` seconds of readings, with the blows of this seed in the middle of them."""
    with stage(busy) as running:
        replay, began = replaying(running, busy, span_s), time.monotonic()
        hits = [strike(running, replay, began, blow, len(busy.ids)) for blow in blows(seed, span_s)]
        assert replay.wait(DRAIN_S).code == 0, replay.err[-2000:]
        running.wait_until_done(busy)
        seconds = time.monotonic() - began
        left, ends = running.come_to_rest()
    return Outcome(seed, hits, left, ends, differences(left, expected) + ends.tracebacks, seconds)


def strike(running: Stage, replay: Running, began: float, blow: Blow, n_all: int) -> Hit:
    """Strike when it is time, and make sure that it is in the middle: readings are being sent, some are stored and not all."""
    time.sleep(max(0.0, began + blow.at_s - time.monotonic()))
    n_stored = running.n_stored()
    assert not replay.has_ended, "it was struck when all was sent"
    assert 0 < n_stored < n_all, f"it was struck when {n_stored} of {n_all} readings were stored"
    at_s = time.monotonic() - began
    for name in blow.victims:
        victim = running.programs[name]
        if blow.with_sigterm:
            victim.stop(blow.away_s)
        else:
            victim.kill(blow.away_s) if name in {"kafka", "database"} else victim.kill()
    return Hit(at_s, blow.victims, n_stored)
