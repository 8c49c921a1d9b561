"""What a published figure is, and a figure that nobody has published. Pure."""

from typing import Literal, NamedTuple

import msgspec

from simulators.report.measures import Measured
from simulators.report.named import MEASURES
from simulators.shop.habits import Kind

Verdict = Literal["within", "outside", "not known"]


class Assumption(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A figure that nobody has published.

    Attributes:
        kinds: of the stores of which that holds.
        name: what it is.
        unit: `%` of a share, `min`, `h`, `s`, `dB`, `x` for a factor, or nothing.
        measure: what is measured, by its name in `simulators.report.named`.
        of: of which minute, hour, size or the like.
    """

    kinds: frozenset[Kind]
    name: str
    unit: Literal["", "%", "min", "h", "s", "dB", "x"] = ""
    measure: str
    of: float = 0.0

    def value(self, found: Measured) -> float | None:
        """What was simulated; None where that is too little to tell."""
        return MEASURES[self.measure](found, self.of)


class Claim(Assumption, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A published figure.

    Attributes:
        said: what is published, in words.
        source: by whom.
        near: the figure, and how far one may be off.
        within: the least and the most instead, and `at` the figure to which the difference is told.
        note: what to know about it.
    """

    said: str
    source: str
    near: tuple[float, float] | None = None
    within: tuple[float, float] | None = None
    at: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be judged."""
        if (self.near is None) == (self.within is None) or (self.within is None) != (self.at is None):
            raise ValueError(f"`{self.name}` needs `near`, or `within` and `at`")

    @property
    def figure(self) -> float:
        """The published figure."""
        return self.near[0] if self.near else self.at or 0.0

    @property
    def limits(self) -> tuple[float, float]:
        """The least and the most that are within the tolerance."""
        if self.near is None:
            return self.within or (0.0, 0.0)
        return self.near[0] - self.near[1], self.near[0] + self.near[1]


class Row(NamedTuple):
    """A claim, what was simulated, and whether that is near enough."""

    claim: Claim
    value: float | None
    verdict: Verdict


def verdict_on(claim: Claim, value: float | None) -> Verdict:
    """Whether what was simulated is near enough."""
    if value is None:
        return "not known"
    low, high = claim.limits
    return "within" if low <= value <= high else "outside"
