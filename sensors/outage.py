"""Servers that are away: when to try again, and saying so once."""

import logging

log = logging.getLogger("instore.bridge")


class Backoff:
    """When to try again: after 0.1 s, then twice as long each time, up to 5 s."""

    def __init__(self, first_s: float = 0.1, last_s: float = 5.0) -> None:
        self._first_s, self._last_s = first_s, last_s
        self._wait_s = first_s
        self._until = 0.0

    def is_over(self, now: float) -> bool:
        """Whether it is time to try again."""
        return now >= self._until

    def wait(self, now: float) -> None:
        """Take note of a failure."""
        self._until = now + self._wait_s
        self._wait_s = min(2 * self._wait_s, self._last_s)

    def reset(self) -> None:
        """Take note of a success."""
        self._wait_s = self._first_s


class Outage:
    """Something that is away for a while, which is said once at its beginning and once at its end.

    Args:
        part: what, as the `action` of the log's records says it.
    """

    def __init__(self, part: str) -> None:
        self._part = part
        self.is_on = False

    def begin(self, message: str) -> None:
        """Say that it is away, unless that was said already."""
        if not self.is_on:
            self.is_on = True
            log.warning(message, extra={"action": f"{self._part}_away"})

    def end(self, message: str) -> bool:
        """Say that it is back, if it was away; returns whether it was."""
        was_on, self.is_on = self.is_on, False
        if was_on:
            log.info(message, extra={"action": f"{self._part}_back"})
        return was_on
