"""Both periods are told to five minutes, whatever part of an hour they begin and end in; and each page tells the same."""

from datetime import datetime, timedelta

import pytest

from dashboards.board import Board
from dashboards.pages.chain import chain
from dashboards.pages.visits import visits
from dashboards.pages.zones import zones
from tests.dashboards.shop import BERLIN, MAIN, NOW, OPENED, Shop, rows_of

pytestmark = pytest.mark.integration

FRIDAY = datetime(2026, 11, 13, 12, 20, tzinfo=BERLIN)
"""In the middle of an hour in which people came."""

LENGTHS = [timedelta(minutes=25), timedelta(minutes=75), timedelta(hours=2), timedelta(days=3, minutes=35), timedelta(days=5)]

ZONES = """
    SELECT
        zone_id,
        coalesce(sum(visits) FILTER (WHERE bucket >= $__timeFrom()::timestamptz), 0) AS now,
        sum(visits) FILTER (WHERE bucket < $__timeFrom()::timestamptz) AS before
    FROM instore.zone_5m
    INNER JOIN instore.zones USING (store_id, zone_id)
    WHERE
        store_id = ${store:sqlstring}
        AND type NOT IN ('outside', 'staff')
        AND bucket >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz)
        AND bucket < $__timeTo()::timestamptz
    GROUP BY zone_id
"""

MOVES = """
    SELECT sum(moves) AS moves
    FROM instore.transition_5m
    WHERE store_id = ${store:sqlstring} AND bucket >= $__timeFrom()::timestamptz AND bucket < $__timeTo()::timestamptz
    GROUP BY from_zone_id, to_zone_id
    ORDER BY 1 DESC
    LIMIT 25
"""


def _true(shop: Shop, length: timedelta) -> tuple[int, float | None]:
    """The visits of the period, and their change."""
    now, before = (len(shop.story.visits(MAIN, until - length, until)) for until in (FRIDAY, FRIDAY - length))
    return now, now / before - 1 if before else None


@pytest.mark.parametrize("length", LENGTHS, ids=str)
@pytest.mark.parametrize(("page", "title"), [(visits(), "How many came"), (chain(), "The stores, ranked")], ids=["visits", "chain"])
def test_visits_and_their_change(shop: Shop, length: timedelta, page: Board, title: str) -> None:
    """As they really were, on both pages."""
    rows = shop.shown(page, title, shop.scope(FRIDAY - length, FRIDAY))
    [row] = [one for one in rows if one.get("store_id", MAIN) == MAIN]
    now, change = _true(shop, length)
    assert now > 0
    assert row["Visits"] == now
    assert row["Change"] == (None if change is None else pytest.approx(change))


@pytest.mark.parametrize("length", LENGTHS, ids=str)
def test_zones_and_moves(shop: Shop, length: timedelta) -> None:
    """As a sum over five minutes says it, though most of it comes from whole hours."""
    scope = shop.scope(FRIDAY - length, FRIDAY)
    names = {zone.zone_id: zone.name for zone in shop.story.layouts[0].zones}
    plain = rows_of(shop.ask_text(ZONES, scope))
    expected = {names[one["zone_id"]]: (one["now"], one["now"] / one["before"] - 1 if one["before"] else None) for one in plain}
    found = {row["Zone"]: (row["Visits"], row["Change"]) for row in shop.shown(zones(), "Each zone against the period before", scope)}
    assert found.keys() == expected.keys()
    for zone, (now, change) in expected.items():
        assert found[zone] == (now, None if change is None else pytest.approx(change))
    moves = [row["moves"] for row in rows_of(shop.ask_text(MOVES, scope))]
    assert moves == [row["Moves"] for row in shop.rows("journeys/transitions", scope)] != []


def test_nothing_is_told_of_a_period_before_the_store(shop: Shop) -> None:
    """Neither a change nor a figure of that period: it would be one of a few days only."""
    since = datetime.combine(OPENED[MAIN], datetime.min.time(), BERLIN) + timedelta(days=5)
    scope = shop.scope(since, NOW)
    for title in ("How many of them bought", "How many came in", "How many left at once", "How long they stay"):
        [row] = shop.shown(visits(), title, scope)
        assert row["Before"] is None
        assert set(row.values()) != {None}
    assert {row["Change"] for row in shop.shown(chain(), "The stores, ranked", scope)} == {None}
    for row in shop.shown(zones(), "Each zone against the period before", scope):
        assert row["Change"] is row["Median before"] is None
