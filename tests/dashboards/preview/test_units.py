"""Units: numbers are written as Grafana's own tests and documentation say."""

import pytest

from dashboards.preview import units

GRAFANAS = [
    ("short", None, 999, "999"),
    ("short", None, 1000, "1 K"),
    ("short", 2, 98765, "98.77 K"),
    ("short", 2, 9876543, "9.88 Mil"),
    ("s", None, 0, "0 s"),
    ("s", 0, 45, "45 s"),
    ("s", 1, 90, "1.5 min"),
    ("s", 1, 5400, "1.5 hour"),
    ("s", 1, 259200, "3.0 day"),
    ("s", 0, 0.25, "250 ms"),
    ("percentunit", 1, 0.934, "93.4%"),
    ("none", None, 0.5, "0.500"),
    ("none", None, 7.25, "7.25"),
    ("none", None, 100, "100"),
    ("none", 1, 100, "100.0"),
    ("locale", None, 388970, "388,970"),
    ("suffix:people", None, 34, "34 people"),
    ("prefix:~", None, 34, "~34"),
]


@pytest.mark.parametrize(("unit", "decimals", "value", "written"), GRAFANAS)
def test_as_grafana(unit: str, decimals: int | None, value: float, written: str) -> None:
    """Each unit that is used, below and above where it changes its suffix."""
    assert units.written(value, unit, decimals) == written


@pytest.mark.parametrize(
    ("value", "decimals", "written"),
    [
        (100.37, 1, "100.4"),
        (100.63, 1, "100.6"),
        (100.4, 2, "100.40"),
        (100.4, None, "100"),
        (100.5, None, "101"),
        (186.123, -2, "186"),
        (0, 2, "0.00"),
        (-3.25, 1, "-3.2"),
    ],
)
def test_decimals(value: float, decimals: int | None, written: str) -> None:
    """Given ones are kept, and where none are given as many as tell the number; halves go up, as in JavaScript."""
    assert units.fixed(value, decimals) == written


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_said(value: float) -> None:
    """A division by zero in a query is not the end of a panel."""
    assert units.written(value, "short", None) in {"NaN", "∞", "-∞"}


def test_an_unknown_unit_is_an_error() -> None:
    """Grafana would write its name behind the number; here it is a mistake of ours."""
    with pytest.raises(units.UnknownUnit, match="the unit furlongs is not known"):
        units.written(1, "furlongs", None)
    assert not units.is_known("furlongs")
    assert units.is_known("suffix: of 10")
