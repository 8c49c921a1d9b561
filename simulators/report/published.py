"""What is published about people in stores (`published.yaml`), held against what was simulated; and what is assumed (`assumed.yaml`)."""

from importlib import resources
from typing import TypeVar

import msgspec
import yaml

from simulators.report.claims import Assumption, Claim, Row, verdict_on
from simulators.report.measures import Measured

T = TypeVar("T", bound=Assumption)


def judge(found: Measured) -> list[Row]:
    """Hold the simulation against what is published of stores of its kind."""
    claims = [claim for claim in read("published.yaml", Claim) if found.tally.habits.kind in claim.kinds]
    return [Row(claim, value := claim.value(found), verdict_on(claim, value)) for claim in claims]


def assumed(found: Measured) -> list[tuple[Assumption, float | None]]:
    """Say what was simulated where nothing is published of stores of its kind."""
    return [(one, one.value(found)) for one in read("assumed.yaml", Assumption) if found.tally.habits.kind in one.kinds]


def read(file: str, of: type[T]) -> list[T]:
    """Read a file of this folder."""
    text = (resources.files("simulators.report") / file).read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), list[of])  # type: ignore[valid-type] # a type at run time
