"""What a figure says to machines, and how numbers are written for people."""

import msgspec
import pytest

from benchmarks.figure import Figure
from benchmarks.report import number


def test_a_line_says_what_the_design_asks_for() -> None:
    """`name`, `value`, `unit`, `limit` and `ratio`, and a sentence for people."""
    line = msgspec.json.decode(Figure("P5", 50.0, "ms", 200.0, "a query").line())
    assert line == {"name": "P5", "value": 50.0, "unit": "ms", "limit": 200.0, "ratio": 0.25, "about": "a query"}


def test_without_a_limit_there_is_no_ratio() -> None:
    """What has no limit is not held against one."""
    line = msgspec.json.decode(Figure("fill", 1234567.89, "readings/s", None, "").line())
    assert (line["value"], line["limit"], line["ratio"]) == (1234570.0, None, None)


def test_a_limit_of_nothing_gives_no_ratio() -> None:
    """Nothing can be held against 0."""
    assert Figure("x", 1.0, "ms", 0.0, "").ratio is None


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (0.0, "0"), (0.012345, "0.0123"), (7.0, "7"), (12.34, "12.3"), (123.4, "123"), (1e7, "10,000,000")]
)
def test_numbers_for_people_have_three_digits(value: float | None, text: str) -> None:
    """Nobody reads more of a measurement; whole numbers are told whole."""
    assert number(value) == text
