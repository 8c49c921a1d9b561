"""A picture of the page, and the words with it. Pure."""

from typing import NamedTuple

from simulators.report.measures import Measured
from simulators.shop.habits import Kind

NOTHING = "nothing is known; what is shown is an assumption."


class Picture(NamedTuple):
    """A chart, and the words with it.

    Attributes:
        title: what it shows.
        drawn: SVG.
        about: what to know about what was simulated.
        source: of what is published, and drawn beside it.
    """

    title: str
    drawn: str
    about: str
    source: str


def is_of(found: Measured, kind: Kind) -> bool:
    """Whether the people are those of such a store."""
    return found.tally.habits.kind == kind
