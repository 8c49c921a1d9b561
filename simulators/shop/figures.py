"""What figures of people may be: a file with a wrong one is refused with a sentence, and not found out by what comes of it. Pure."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

_DAY_MIN = 24 * 60

Share = Annotated[float, Meta(ge=0, le=1)]
Factor = Annotated[float, Meta(ge=0, le=1000)]
Pull = Annotated[float, Meta(gt=0, le=1000)]
Weight = Annotated[float, Meta(ge=0, le=1_000_000)]
People = Annotated[int, Meta(ge=1, le=1_000_000)]
Units = Annotated[int, Meta(ge=0, le=10_000)]
Minutes = Annotated[float, Meta(ge=0, le=_DAY_MIN)]
Length = Annotated[float, Meta(gt=0, le=_DAY_MIN)]
"""Of time, in the unit that the figure's name says; none at all is no length."""

MedianSigma = tuple[Length, Annotated[float, Meta(ge=0, le=3)]]


def check_ends(name: str, ends: tuple[int, int]) -> None:
    """Refuse an even spread whose ends are the wrong way round.

    Raises:
        ValueError: they are.
    """
    if ends[0] > ends[1]:
        raise ValueError(f"`{name}` is {list(ends)}: the first, the least, must not be above the second, the most")


def check_weights(name: str, weights: Sequence[float]) -> None:
    """Refuse weights by which nothing can be chosen.

    Raises:
        ValueError: none is above 0.
    """
    if not any(weight > 0 for weight in weights):
        raise ValueError(f"`{name}` is {list(weights)}: at least one must be above 0")


def check_length(name: str, figures: Sequence[float], length: int, what: str) -> None:
    """Refuse a row of figures of another length.

    Raises:
        ValueError: it has another one.
    """
    if len(figures) != length:
        raise ValueError(f"`{name}` has {len(figures)} figures, and needs {length}, one for {what}")
