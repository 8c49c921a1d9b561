"""What a worker says in hard times: a line at their beginning and one at their end, and none at each try."""

import logging
import time
from collections.abc import Sequence

from sensors.dead_letter import DeadLetter

log = logging.getLogger("instore.worker")

POISON_AGAIN_S = 600.0
"""Between two lines about records that are none of ours: whoever writes them goes on until somebody looks."""

_SHOWN = 200


class Outage:
    """Whether the database does what is asked of it. Several calls may wait for it at once, which is one outage."""

    def __init__(self) -> None:
        self._has_answered = False
        self._waiting: set[object] = set()
        self._since = 0.0

    @property
    def answers(self) -> bool:
        """Whether it has answered, and nothing waits to be asked again."""
        return self._has_answered and not self._waiting

    def failed(self, call: object, why: Exception) -> None:
        """Take note that a call has to be tried again."""
        if not self._waiting:
            self._since = time.monotonic()
            log.warning("waiting for the database: %s", why, extra={"action": "database_away"})
        self._waiting.add(call)

    def answered(self, call: object) -> None:
        """Take note that a call was answered."""
        self._has_answered = True
        if call in self._waiting:
            self.given_up(call)
            if not self._waiting:
                log.info("the database is back after %.1f s", time.monotonic() - self._since, extra={"action": "database_back"})

    def given_up(self, call: object) -> None:
        """Take note that nobody waits for a call any more."""
        self._waiting.discard(call)


class Poison:
    """Records of our topics that somebody else has written: the first is shown, later ones are counted."""

    def __init__(self) -> None:
        self._unsaid = 0
        self._said_at: float | None = None

    def stored(self, letters: Sequence[DeadLetter]) -> None:
        """Take note of dead letters that were stored; those of other reasons are the devices' affair."""
        poison = [letter for letter in letters if letter.reason == "poison"]
        if not poison:
            return
        self._unsaid += len(poison)
        now = time.monotonic()
        if self._said_at is not None and now < self._said_at + POISON_AGAIN_S:
            return
        log.warning(
            "Kafka records that no bridge of ours has written: %d, now in instore.rejected_readings (poison); the newest is %s: %s",
            self._unsaid,
            poison[-1].source,
            _short(poison[-1].detail),
            extra={"action": "poison", "records": self._unsaid},
        )
        self._unsaid, self._said_at = 0, now


def _short(detail: str) -> str:
    return detail if len(detail) <= _SHOWN else f"{detail[:_SHOWN]}..."
