"""What a benchmark says: one figure after the other, each beside the limit that it is held against. Pure."""

from typing import NamedTuple

import msgspec


class Figure(NamedTuple):
    """One measured value.

    Attributes:
        name: `P5` and the like, or `P5/` and the part of it that was measured.
        value: what was measured.
        unit: of `value` and `limit`.
        limit: the goal, or the bare limit measured in the same run; None where there is neither.
        about: what it is, for people.
    """

    name: str
    value: float
    unit: str
    limit: float | None
    about: str

    @property
    def ratio(self) -> float | None:
        """`value` for each `limit`; None without a limit, or with one of 0."""
        return self.value / self.limit if self.limit else None

    def line(self) -> bytes:
        """Write the figure for machines: an object of JSON."""
        rounded = {"value": _short(self.value), "unit": self.unit, "limit": _short(self.limit), "ratio": _short(self.ratio)}
        return msgspec.json.encode({"name": self.name, **rounded, "about": self.about})


def _short(value: float | None) -> float | None:
    """Six digits: nobody measures more."""
    return None if value is None else float(f"{value:.6g}")
