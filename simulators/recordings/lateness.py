"""How late messages are, as a distribution of bounded size. Pure."""

import math
from collections import Counter

_DIGITS = 2
"""Latenesses are told apart by so many digits: 12 ms from 13 ms, 0.12 ms from 0.13 ms."""

_TEN_MS = 0.01


class Lateness:
    """How much later than due each message was sent.

    Attributes:
        count: how many messages.
        largest_s: the latest of them, seconds.
    """

    def __init__(self) -> None:
        self.count = 0
        self.largest_s = 0.0
        self._by_s: Counter[float] = Counter()

    def add(self, late_s: float) -> None:
        """Count a message."""
        late_s = max(0.0, late_s)
        self.count += 1
        self.largest_s = max(self.largest_s, late_s)
        self._by_s[round(late_s, _DIGITS - 1 - math.floor(math.log10(late_s))) if late_s > 0 else 0.0] += 1

    def quantile(self, share: float) -> float:
        """The lateness (seconds, two digits) that this share of the messages did not exceed; 0 where there was none."""
        wanted, seen = share * self.count, 0
        for late_s, count in sorted(self._by_s.items()):
            seen += count
            if seen >= wanted:
                return late_s
        return 0.0

    def __str__(self) -> str:
        half, most = self.quantile(0.5), self.quantile(0.99)
        return f"sent later than due: half of the messages {_ms(half)} or less, 99% {_ms(most)} or less, at most {_ms(self.largest_s)}"


def _ms(seconds: float) -> str:
    """Milliseconds to two digits, as people write them."""
    return f"{seconds * 1000:.2g} ms" if seconds < _TEN_MS else f"{seconds * 1000:.0f} ms"
