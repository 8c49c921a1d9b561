"""Times in addresses are read as Grafana reads them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboards.preview.moments import NotATime, label, read

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 21, 11, 20, 30, tzinfo=UTC)
"""A Saturday, 12:20 in Berlin."""


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("now", "2026-11-21T12:20:30"),
        ("now-6h", "2026-11-21T06:20:30"),
        ("now-90m", "2026-11-21T10:50:30"),
        ("now+1d", "2026-11-22T12:20:30"),
        ("now/d", "2026-11-21T00:00:00"),
        ("now-1d/d", "2026-11-20T00:00:00"),
        ("now/w", "2026-11-16T00:00:00"),
        ("now/M", "2026-11-01T00:00:00"),
        ("now-1M", "2026-10-21T12:20:30"),
        ("now-1y/y", "2025-01-01T00:00:00"),
        ("2026-11-20 08:00", "2026-11-20T08:00:00"),
        ("2026-11-20T08:00:00Z", "2026-11-20T09:00:00"),
        ("1795259400000", "2026-11-21T12:10:00"),
    ],
)
def test_read(text: str, at: str) -> None:
    """What is relative goes by the clock of the person, what has no offset too."""
    assert read(text, NOW, BERLIN) == datetime.fromisoformat(at).replace(tzinfo=BERLIN)


def test_the_end_of_a_day_is_its_last_moment() -> None:
    """`now/d` to `now/d` is the whole day."""
    assert read("now/d", NOW, BERLIN, is_end=True) == datetime(2026, 11, 22, tzinfo=BERLIN) - timedelta(milliseconds=1)


def test_a_day_of_25_hours() -> None:
    """When clocks go back, `now-1d` is the same time of the day, and `now-24h` is not."""
    after = datetime(2026, 10, 25, 12, tzinfo=BERLIN)
    assert read("now-1d", after, BERLIN).hour == 12
    assert read("now-24h", after, BERLIN).hour == 13


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "now-",
        "now-6x",
        "now-99999y",
        "now-999999999999d",
        "99999999999999999",
        "2026-13-01",
        "0001-01-01",
        "9999-12-31",
    ],
)
def test_what_is_no_time(text: str) -> None:
    """It is said, with what to write."""
    with pytest.raises(NotATime, match="is no time: write now-6h"):
        read(text, NOW, BERLIN)


def test_ranges_in_words() -> None:
    """Presets have names; others say both ends."""
    assert label("now-6h", "now", UTC) == "Last 6 hours"
    assert label("1795259400000", "now", BERLIN) == "2026-11-21 12:10 to now"
