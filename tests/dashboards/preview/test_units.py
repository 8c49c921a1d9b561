"""Units: numbers are written as Grafana's own tests and documentation say."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboards.preview import units

GRAFANAS = [
    ("currencyUSD", 2, 1532.82, "$1.53K"),
    ("currencyEUR", None, 24959.78, "€25.0K"),
    ("currencyEUR", None, 12.5, "€12.5"),
    ("currency:EUR", None, 444, "EUR444"),
    ("ms", 4, 0.0024, "0.0024 ms"),
    ("ms", 0, 100, "100 ms"),
    ("ms", 2, 1250, "1.25 s"),
    ("ms", 1, 10000086.123, "2.8 hour"),
    ("ms", 0, 1200, "1 s"),
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
    ("m", 1, 90, "1.5 hour"),
    ("percent", 0, 42.4, "42%"),
    ("percentunit", 1, 0.934, "93.4%"),
    ("none", None, 0.5, "0.500"),
    ("none", None, 7.25, "7.25"),
    ("none", None, 100, "100"),
    ("none", 1, 100, "100.0"),
    ("locale", None, 388970, "388,970"),
    ("suffix:people", None, 34, "34 people"),
    ("prefix:~", None, 34, "~34"),
    ("dthms", None, 5025, "01:23:45"),
    ("dtdurations", 1, 5025, "1 hour, 23 minutes"),
    ("dtdurations", None, 60, "1 minute"),
    ("bytes", 0, 2048, "2 KiB"),
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
    assert units.is_known("time:HH:mm")


def test_times_are_written_in_the_zone_of_the_clock() -> None:
    """Berlin is an hour ahead of UTC in winter."""
    ms = datetime(2026, 11, 21, 11, 5, 7, tzinfo=UTC).timestamp() * 1000
    berlin = ZoneInfo("Europe/Berlin")
    assert units.written(ms, "dateTimeAsIso", None, berlin) == "2026-11-21 12:05:07"
    assert units.written(ms, "time:ddd D MMM, HH:mm [h]", None, berlin) == "Sat 21 Nov, 12:05 h"


def test_today_needs_no_date() -> None:
    """The unit that says so leaves it out."""
    now = datetime.now(UTC)
    assert units.written(now.timestamp() * 1000, "dateTimeAsIsoNoDateIfToday", None) == f"{now:%H:%M:%S}"
    assert units.written((now - timedelta(days=2)).timestamp() * 1000, "dateTimeAsIsoNoDateIfToday", None)[:2] == "20"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "a few seconds ago"),
        (-60, "a minute ago"),
        (-300, "5 minutes ago"),
        (-3600, "an hour ago"),
        (-3 * 3600, "3 hours ago"),
        (-86400, "a day ago"),
        (-5 * 86400, "5 days ago"),
        (300, "in 5 minutes"),
    ],
)
def test_how_long_ago(seconds: float, said: str) -> None:
    """As moment.js says it."""
    assert units.from_now(seconds) == said
