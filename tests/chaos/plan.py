"""Which programs are hit in a round, how, and when: all by a seed, so that a round can be run again. Pure."""

import random
from typing import NamedTuple

MORTAL = ("bridge", "worker", "kafka", "database")
"""What is killed with SIGKILL."""

FIRST, LAST = 0.05, 0.9
"""As shares of the time in which readings are sent: when the first blow may come, and the last."""

LONGEST_AWAY_S = 3.0
"""How long a server may stay away."""


class Blow(NamedTuple):
    """A blow to one program, or to several at once.

    Attributes:
        at_s: seconds after the first reading was stored.
        victims: names of programs.
        with_sigterm: they are asked to end; otherwise they are killed.
        away_s: how long servers stay away; commands start again at once.
    """

    at_s: float
    victims: tuple[str, ...]
    with_sigterm: bool
    away_s: float


def blows(seed: int, span_s: float) -> list[Blow]:
    """Plan a round: each mortal program killed once alone, some of them once together, and the MQTT broker restarted once.

    Args:
        seed: of the round.
        span_s: how long readings are sent.
    """
    rng = random.Random(seed)
    together = tuple(rng.sample(MORTAL, rng.randint(2, len(MORTAL))))
    victims = [*((name,) for name in MORTAL), together, ("mqtt",)]
    rng.shuffle(victims)
    times = sorted(rng.uniform(FIRST, LAST) * span_s for _ in victims)
    return [Blow(at_s, who, who == ("mqtt",), rng.uniform(0, LONGEST_AWAY_S)) for at_s, who in zip(times, victims, strict=True)]
