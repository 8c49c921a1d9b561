"""What the demo says of a day that came out, or did not."""

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from sensors.layout import Day, Layout
from simulators.demo import Outcome, open_since
from simulators.sensing.faults import Expected
from simulators.truth.reconcile import Report
from simulators.truth.signalled import Signalled
from storage.accounts import Accounting

WELL = Outcome(
    published=104,
    closing=1,
    accounting=Accounting(received=104, stored=99, duplicate=3, rejected=2, difference=0, hours_off=0),
    rejected_by_reason={"not_json": 2},
    report=Report(),
    signalled=Signalled(),
    expected=Expected(received=103, stored=98, duplicate=3, rejected=Counter(not_json=2)),
)
"""A hundred and three readings, of which two are broken and three repeated, and the one that ends the day."""


def test_a_day_that_came_out() -> None:
    """There is nothing to say."""
    assert WELL.problems == []


@pytest.mark.parametrize("lost_on_the_way", [False, True])
def test_a_reading_that_is_lost(*, lost_on_the_way: bool) -> None:
    """It is missed wherever it was lost: before it was published, when all that follows agrees, and after."""
    counted = structs.replace(WELL.accounting, received=103, stored=98)
    lost = structs.replace(WELL, published=WELL.published if lost_on_the_way else 103, accounting=counted)
    said = ["received: 103 instead of 104", "stored: 98 instead of 99"]
    assert lost.problems == (said if lost_on_the_way else ["published: 103 instead of 104", *said])


def test_a_day_that_was_not_ended() -> None:
    """The reading that ends it is counted by itself: its absence does not stand for a lost one."""
    counted = structs.replace(WELL.accounting, received=103, stored=98)
    assert structs.replace(WELL, published=103, closing=0, accounting=counted).problems == []
    assert len(structs.replace(WELL, closing=0).problems) == 3


HOURS: dict[Day, list[str]] = {"fri": ["09:00", "12:30", "14:00", "19:00"], "sat": []}


@pytest.mark.parametrize(
    ("now", "since"),
    [
        ("2026-11-27 16:00", "2026-11-27 08:15"),
        ("2026-11-27 23:00", "2026-11-27 08:15"),
        ("2026-11-27 08:30", "2026-11-27 08:10"),
        ("2026-11-27 03:00", "2026-11-27 02:40"),
        ("2026-11-28 16:00", "2026-11-28 15:40"),
    ],
)
def test_the_live_store_has_been_open_since_its_plan_says_so(now: str, since: str) -> None:
    """Its sensors are switched on in time; where it is closed, it opened twenty minutes ago all the same."""
    layout = Layout(store_id="deli", timezone="Europe/Rome", opening_hours=HOURS)
    assert open_since(layout, _micros(now)) == _micros(since)


@pytest.mark.parametrize(
    ("hours", "ended", "since"),
    [
        ({}, "2026-11-27 00:33", "2026-11-27 00:33"),
        ({}, "2026-11-27 15:55", "2026-11-27 15:55"),
        ({}, "2026-11-26 00:33", "2026-11-27 00:00"),
        (HOURS, "2026-11-26 20:18", "2026-11-27 08:15"),
    ],
)
def test_the_live_store_begins_when_its_days_have_ended(hours: dict[Day, list[str]], ended: str, since: str) -> None:
    """One that is always open would begin at midnight, when people of the day before are still there."""
    layout = Layout(store_id="deli", timezone="Europe/Rome", opening_hours=hours)
    assert open_since(layout, _micros("2026-11-27 16:00"), _micros(ended)) == _micros(since)


def _micros(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Rome")).timestamp() * 1e6)
