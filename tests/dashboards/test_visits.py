"""Visits: its figures are what really happened, from Monday to Friday and in the five days before."""

from collections import Counter
from datetime import datetime, timedelta
from statistics import median
from typing import cast

import pytest

from dashboards.pages.visits import visits
from sensors.reading import to_datetime
from simulators.truth.visits import BOUND_S, Truth, micros
from tests.dashboards.shop import BERLIN, MAIN, MONDAY, NOW, OTHER, SATURDAY, Row, Shop

pytestmark = pytest.mark.integration

BEFORE = MONDAY - (SATURDAY - MONDAY)
WIDEST_BIN_S = 300
"""Of the bins of durations between twenty minutes and half an hour, in one of which the median is."""


def _one(shop: Shop, title: str, store_id: str = MAIN) -> Row:
    [row] = shop.shown(visits(), title, shop.scope(MONDAY, SATURDAY, store=store_id))
    return row


def _share(some: int, of: int) -> object:
    return pytest.approx(some / of, abs=1e-12)


def test_footfall_and_its_change(shop: Shop) -> None:
    """As many visits as began, against those of the five days before."""
    now, before = (len(shop.story.visits(MAIN, *when)) for when in ((MONDAY, SATURDAY), (BEFORE, MONDAY)))
    assert now > 200 < before
    assert _one(shop, "How many came") == {"Visits": now, "Change": pytest.approx(now / before - 1, abs=1e-12)}


def test_a_store_without_a_period_before_has_no_change(shop: Shop) -> None:
    """Compared with the days before it opened, nothing is said rather than infinitely more."""
    opened = datetime(2026, 11, 7, tzinfo=BERLIN)
    [row] = shop.shown(visits(), "How many came", shop.scope(opened, store=OTHER))
    assert row["Visits"] > 50
    assert row["Change"] is None


def test_conversion(shop: Shop) -> None:
    """Of the visits that began, those with a receipt, now and before."""
    now, before = (shop.story.visits(MAIN, *when) for when in ((MONDAY, SATURDAY), (BEFORE, MONDAY)))
    expected = [_share(sum(one.converted for one in some), len(some)) for some in (now, before)]
    assert list(_one(shop, "How many of them bought").values()) == expected


def test_capture_rate(shop: Shop) -> None:
    """Of all who were there, those who did not only pass by."""
    passed = [one for one in shop.story.of(MAIN) if one.pass_by and MONDAY <= _began(one) < SATURDAY]
    came = len(shop.story.visits(MAIN, MONDAY, SATURDAY))
    assert passed
    assert _one(shop, "How many came in")["Came in"] == _share(came, came + len(passed))


def test_bounce_rate(shop: Shop) -> None:
    """Between those who surely were too short, and those who may have been."""
    some = shop.story.visits(MAIN, MONDAY, SATURDAY)
    least, most = sum(one.bounced is True for one in some), sum(one.bounced is not False for one in some)
    assert least <= round(_one(shop, "How many left at once")["Left at once"] * len(some)) <= most


def test_median_stay(shop: Shop) -> None:
    """The true one, as far as the bins of the histogram can say it."""
    true_s = median(_lasted_s(one) for one in shop.story.visits(MAIN, MONDAY, SATURDAY))
    assert 600 < true_s < 1800
    assert _one(shop, "How long they stay")["Median stay"] == pytest.approx(true_s, abs=WIDEST_BIN_S + BOUND_S)


def test_when_they_came(shop: Shop) -> None:
    """Each hour has the visits that began in it; the line before, those of five days earlier."""
    rows = shop.shown(visits(), "When they came", shop.scope(MONDAY, SATURDAY, by="hour"))
    now, before = (Counter(map(_hour, shop.story.visits(MAIN, *when))) for when in ((MONDAY, SATURDAY), (BEFORE, MONDAY)))
    assert {row["time"]: row["Visits"] for row in rows if row["Visits"]} == now
    moved = {row["time"] - (SATURDAY - MONDAY): row["Visits in the period before"] for row in rows}
    assert {hour: n for hour, n in moved.items() if n} == before


def test_how_long_visits_last_by_hour(shop: Shop) -> None:
    """All visits are in one cell of their hour, and not in a cell that is further off than a bound allows."""
    rows = shop.shown(visits(), "How long visits last, hour by hour", shop.scope(MONDAY, SATURDAY))
    some = shop.story.visits(MAIN, MONDAY, SATURDAY)
    cells = [name for name in rows[0] if name != "time"]
    assert {row["time"]: sum(cast("int", row[cell]) for cell in cells) for row in rows if any(row[cell] for cell in cells)} == Counter(
        map(_hour, some)
    )
    short = sum(row["under 2 min"] + row["2 to 5 min"] + row["5 to 10 min"] for row in rows)
    sure, maybe = (sum(_lasted_s(one) < 600 + late_s for one in some) for late_s in (0, 2 * BOUND_S))
    assert sure <= short <= maybe


def test_weekdays(shop: Shop) -> None:
    """Over two whole weeks but for Saturday: each day's visits; a Sunday without any is left out."""
    since = MONDAY - timedelta(days=7)
    rows = shop.shown(visits(), "Which days are busy", shop.scope(MONDAY, SATURDAY + timedelta(days=2)))
    true = Counter(_began(one).strftime("%A") for one in shop.story.visits(MAIN, MONDAY, SATURDAY))
    before = Counter(_began(one).strftime("%A") for one in shop.story.visits(MAIN, since, MONDAY))
    found = {row["Weekday"]: (row["Visits a day"], row["In the days before"]) for row in rows}
    assert set(found) == {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
    for day in true:
        assert found[day][0] == pytest.approx(true[day])
        assert found[day][1] == pytest.approx(before[day])


def test_days_before_the_first_are_none(shop: Shop) -> None:
    """Over more time than there is, a day's visits are still those of a day."""
    all_of_it = shop.story.visits(MAIN, NOW - timedelta(days=90), SATURDAY)
    first = min(map(_began, all_of_it)).date()
    days = Counter((first + timedelta(days=at)).strftime("%A") for at in range((SATURDAY.date() - first).days))
    true = Counter(_began(one).strftime("%A") for one in all_of_it)
    rows = shop.shown(visits(), "Which days are busy", shop.scope(SATURDAY - timedelta(days=90), SATURDAY))
    found = {row["Weekday"]: row["Visits a day"] for row in rows}
    assert found["Monday"] == pytest.approx(true["Monday"] / days["Monday"])
    assert found["Friday"] == pytest.approx(true["Friday"] / days["Friday"])


def test_a_part_of_a_day_is_no_day(shop: Shop) -> None:
    """From a Thursday afternoon to a Saturday noon: all of Thursday and Friday, and none of Saturday; in one afternoon, no day at all."""
    thursday = SATURDAY - timedelta(days=2)
    part = shop.scope(thursday + timedelta(hours=13), NOW)
    rows = {row["Weekday"]: row for row in shop.shown(visits(), "Which days are busy", part)}
    true = Counter(_began(one).strftime("%A") for one in shop.story.visits(MAIN, thursday - timedelta(days=2), SATURDAY))
    assert {day: row["Visits a day"] for day, row in rows.items()} == {
        "Tuesday": None,
        "Wednesday": None,
        "Thursday": true["Thursday"],
        "Friday": true["Friday"],
    }
    assert [rows[day]["In the days before"] for day in ("Tuesday", "Wednesday")] == [true["Tuesday"], true["Wednesday"]]
    [now, before] = shop.shown(visits(), "Weekdays against the weekend", part)
    assert (now["Visits a day"], before["Visits a day"]) == (
        (true["Thursday"] + true["Friday"]) / 2,
        (true["Tuesday"] + true["Wednesday"]) / 2,
    )
    afternoon = shop.scope(thursday + timedelta(hours=13), thursday + timedelta(hours=14))
    assert [shop.shown(visits(), title, afternoon) for title in ("Which days are busy", "Weekdays against the weekend")] == [[], []]


def test_the_end_of_a_day_is_its_last_second(shop: Shop) -> None:
    """What Grafana calls yesterday ends a thousandth of a second before midnight, and is a whole day."""
    rows = shop.shown(visits(), "Which days are busy", shop.scope(SATURDAY - timedelta(days=1), SATURDAY - timedelta(milliseconds=1)))
    assert [row["Weekday"] for row in rows] == ["Thursday", "Friday"]


def test_weekdays_against_the_weekend(shop: Shop) -> None:
    """Visits a day from Monday to Friday, and how many of them bought."""
    [row, *_] = shop.shown(visits(), "Weekdays against the weekend", shop.scope(MONDAY, SATURDAY))
    some = shop.story.visits(MAIN, MONDAY, SATURDAY)
    assert row["Days"] == "Monday to Friday"
    assert row["Visits a day"] == pytest.approx(len(some) / 5)
    assert row["Conversion"] == _share(sum(one.converted for one in some), len(some))


def test_who_comes_again(shop: Shop) -> None:
    """A visitor whose tag was there before is a returning one."""
    rows = shop.shown(visits(), "Who is new, who comes again", shop.scope(MONDAY, SATURDAY))
    seen: set[str] = set()
    true: Counter[str] = Counter()
    for one in shop.story.visits(MAIN, NOW - timedelta(days=28), SATURDAY):
        if _began(one) >= MONDAY:
            true["Returning" if one.device_id in seen else "New"] += 1
        seen.add(one.device_id)
    assert min(true["New"], true["Returning"]) > 5
    assert {row["Visitors"]: row["Visits"] for row in rows} == true
    assert sum(row["Share"] for row in rows) == pytest.approx(1)


def _began(one: Truth) -> datetime:
    return to_datetime(micros(one.entered_at)).astimezone(BERLIN)


def _hour(one: Truth) -> datetime:
    return _began(one).replace(minute=0, second=0, microsecond=0)


def _lasted_s(one: Truth) -> float:
    return (micros(one.left_at) - micros(one.entered_at)) / 1e6
