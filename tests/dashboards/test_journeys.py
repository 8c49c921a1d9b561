"""Journeys: the ways that people really took from Monday to Friday, and the latest visits."""

from collections import Counter
from datetime import timedelta
from itertools import groupby, pairwise

import pytest

from dashboards.pages.journeys import journeys
from sensors.reading import to_datetime
from simulators.truth.visits import BOUND_S, Truth, micros
from tests.dashboards.shop import MAIN, MONDAY, SATURDAY, Row, Shop

pytestmark = pytest.mark.integration


def _shown(shop: Shop, title: str) -> list[Row]:
    return shop.shown(journeys(), title, shop.scope(MONDAY, SATURDAY))


@pytest.fixture
def came(shop: Shop) -> list[Truth]:
    """The true visits."""
    return shop.story.visits(MAIN, MONDAY, SATURDAY)


@pytest.fixture
def names(shop: Shop) -> dict[str, str]:
    """What zones are called."""
    return {zone.zone_id: zone.name for zone in shop.story.layouts[0].zones}


def test_the_most_usual_ways(shop: Shop, came: list[Truth], names: dict[str, str]) -> None:
    """Those that most people took, whichever till they went to."""
    tills = {zone for zone in names if zone.startswith("checkout")}
    ways = Counter(" > ".join(step for step, _ in groupby("Tills" if zone in tills else names[zone] for zone in one.path)) for one in came)
    rows = _shown(shop, "The most usual ways")
    assert {row["Way"]: row["Visits"] for row in rows} == {row["Way"]: ways[row["Way"]] for row in rows}
    assert [row["Visits"] for row in rows] == [n for _, n in ways.most_common(15)]
    assert rows[0]["Visits"] > 1
    assert all(row["Share"] == pytest.approx(row["Visits"] / len(came)) for row in rows)


def test_transitions(shop: Shop, came: list[Truth], names: dict[str, str]) -> None:
    """From zone to zone as people went, and which share of those who left a zone went there."""
    moves = Counter(move for one in came for move in pairwise(one.path))
    left = Counter(zone for one in came for zone in one.path)
    called = {name: zone for zone, name in names.items()}
    rows = [row for row in _shown(shop, "Where they go next") if row["From"] in called and row["To"] in called]
    assert len(rows) > 15
    for row in rows:
        way = called[row["From"]], called[row["To"]]
        assert row["Moves"] == moves[way]
        if way[0] not in {"outside", "entrance"}:  # passers-by are on the pavement too
            assert row["Of those who leave"] == pytest.approx(moves[way] / left[way[0]])


def test_what_a_visit_is_like(shop: Shop, came: list[Truth]) -> None:
    """How many zones, and how many bought."""
    [row] = _shown(shop, "What a visit is like")
    assert row["Visits that are over"] == len(came)
    assert row["Zones a visit"] == pytest.approx(sum(len(one.path) for one in came) / len(came))
    assert row["Ended with a purchase"] == pytest.approx(sum(one.converted for one in came) / len(came))


def test_time_to_pay(shop: Shop, came: list[Truth]) -> None:
    """Everybody who paid is counted once, before they left, and after they were in a zone of goods."""
    paid = [one for one in came if one.converted]
    assert sum(row["Visits"] for row in _shown(shop, "How long it takes to pay")) == len(paid)
    [row] = _shown(shop, "From the door to the receipt")
    lasted = sorted((micros(one.left_at) - micros(one.entered_at)) / 1e6 for one in paid)
    assert 0.5 * lasted[len(lasted) // 2] < row["Half paid within"] < lasted[len(lasted) // 2]
    assert row["Half paid within"] < row["Nine of ten within"] < lasted[9 * len(lasted) // 10]


def test_the_latest_visits(shop: Shop, came: list[Truth]) -> None:
    """The newest first, with what became of them; each where a gate saw it begin."""
    rows = {row["Came"]: row for row in _shown(shop, "The latest visits")}
    seen = [one for one in came[-50:] if one.entered_bound_s == 0 and to_datetime(micros(one.entered_at)) in rows]
    assert len(rows) == 50
    assert len(seen) > 35
    for one in seen:
        row = rows[to_datetime(micros(one.entered_at))]
        assert (row["Outcome"] == "bought") == one.converted
        assert row["Paid"] == pytest.approx(float(one.basket_total))
        assert row["Zones"] == len(one.path)
        assert int(row["from_ms"]) < 1000 * row["Came"].timestamp() < int(row["to_ms"])


def test_nothing_of_what_came_later(shop: Shop) -> None:
    """In the middle of a day: who was inside then has no way and no payment yet, and is no visit that is over."""
    moment = MONDAY + timedelta(days=2, hours=12, minutes=7)
    scope = shop.scope(MONDAY + timedelta(days=2), moment)
    rows = shop.shown(journeys(), "The latest visits", scope)
    inside = [row for row in rows if row["Outcome"] == "inside"]
    assert inside
    for row in rows:
        assert row["Came"] + timedelta(seconds=float(row["Stayed"])) <= moment + timedelta(milliseconds=1)
    assert {(row["Paid"], row["Zones"], row["Way"]) for row in inside} <= {(None, None, None), (None, None, "")}
    [shape] = shop.shown(journeys(), "What a visit is like", scope)
    over = [one for one in shop.story.visits(MAIN, scope.since, moment) if micros(one.left_at) <= moment.timestamp() * 1e6 - BOUND_S * 1e6]
    assert len(over) <= shape["Visits that are over"] <= len(over) + len(inside)
