"""Zones and shelves: its figures are what really happened from Monday to Friday."""

from collections import Counter
from datetime import timedelta

import psycopg
import pytest

from dashboards.expand import Scope, expand
from dashboards.frames import act_as_reader, ask
from dashboards.pages.zones import zones
from dashboards.sql import text_of
from sensors.reading import to_datetime
from simulators.truth.visits import Truth
from storage.model import Flush
from tests.dashboards.shop import MAIN, MONDAY, SATURDAY, Row, Shop
from tests.databases import Database
from tests.storage.examples import DAY, step, visit

pytestmark = pytest.mark.integration


def _shown(shop: Shop, title: str, **values: str | tuple[str, ...]) -> list[Row]:
    return shop.shown(zones(), title, shop.scope(MONDAY, SATURDAY, **values))


@pytest.fixture
def came(shop: Shop) -> list[Truth]:
    """The true visits."""
    return shop.story.visits(MAIN, MONDAY, SATURDAY)


def _names(shop: Shop, *but: str) -> dict[str, str]:
    return {zone.zone_id: zone.name for zone in shop.story.layouts[0].zones if zone.type not in but}


def test_how_many_reach_each_zone(shop: Shop, came: list[Truth]) -> None:
    """Visits whose way leads through the zone, of all."""
    reached = Counter(zone for one in came for zone in set(one.path))
    expected = {name: pytest.approx(reached[zone] / len(came)) for zone, name in _names(shop, "outside", "staff").items()}
    assert {row["Zone"]: row["Reached by"] for row in _shown(shop, "How many reach each zone")} == expected


def test_a_zone_that_is_picked_is_shown_alone(shop: Shop) -> None:
    """The variable zone counts for every panel of zones."""
    for title in ("How many reach each zone", "Slow zones and fast ones", "Each zone against the period before"):
        assert [row["Zone"] for row in _shown(shop, title, zone=("dairy",))] == ["Dairy & eggs"]


def test_dead_spots(shop: Shop, came: list[Truth]) -> None:
    """Of zones, those that less than half as many reach as the median; all places are ranked, the least reached first."""
    rows = _shown(shop, "Where nobody comes")
    reached = Counter(zone for one in came for zone in set(one.path))
    goods = {zone.name: reached[zone.zone_id] for zone in shop.story.layouts[0].zones if zone.type in {"general", "interest"}}
    counts = sorted(goods.values())
    usual = (counts[(len(counts) - 1) // 2] + counts[len(counts) // 2]) / 2
    for row in (one for one in rows if one["Kind"] == "Zone"):
        assert row["A hundred visits"] == pytest.approx(100 * goods[row["Place"]] / len(came))
        assert row["Against the median"] == pytest.approx(goods[row["Place"]] / usual)
    dead = {row["Place"] for row in rows if row["Kind"] == "Zone" and row["Mark"] == "dead spot"}
    assert dead == {name for name, n in goods.items() if n < usual / 2} != set()
    assert [row["Against the median"] for row in rows] == sorted(row["Against the median"] for row in rows)


def test_time_spent_in_each_zone(shop: Shop, came: list[Truth]) -> None:
    """All the time that customers were there, as far off as their sensors may be."""
    rows = {row["Zone"]: row for row in _shown(shop, "Each zone against the period before")}
    for zone, name in _names(shop, "outside", "staff").items():
        true_s, bound_s = (sum(getattr(one, what).get(zone, 0) for one in came) for what in ("dwell_s", "dwell_bound_s"))
        assert (rows[name]["Hours spent there"] or 0) == pytest.approx(true_s / 3600, abs=(bound_s + 1) / 3600)
        assert rows[name]["Visits"] == sum(zone in one.path for one in came)


def test_slow_zones_come_first(shop: Shop, came: list[Truth]) -> None:
    """The median of a stay lies below nine tenths', and all zones where somebody was are there."""
    rows = _shown(shop, "Slow zones and fast ones")
    been = {zone for one in came for zone in one.path}
    assert {row["Zone"] for row in rows} == {name for zone, name in _names(shop, "outside", "staff").items() if zone in been}
    assert [row["Median"] for row in rows] == sorted((row["Median"] for row in rows), reverse=True)
    assert all(0 < row["Median"] < row["90th percentile"] for row in rows)


def test_what_was_taken_of_each_product(shop: Shop, came: list[Truth]) -> None:
    """Picked up less put back is what left the shelf; nobody bought more than that or picked up more than once for each."""
    taken: Counter[str] = Counter()
    for one in came:
        taken.update(one.taken)
    names = {product.product_id: product.name for shelf in shop.story.layouts[0].shelves for product in shelf.products}
    rows = {row["Product"]: row for row in _shown(shop, "From a look to the receipt, by product")}
    compared = [product for product, name in names.items() if name in rows]
    assert len(compared) == 50
    for product in compared:
        row = rows[names[product]]
        assert row["Picked up"] - row["Put back"] == taken[product]
        assert row["Bought"] <= row["Picked up"]


def test_the_funnel_of_all_shelves_of_a_zone(shop: Shop, came: list[Truth]) -> None:
    """Over all zones together, looks and pickups are those that there were."""
    found: Counter[str] = Counter()
    for zone in _names(shop):
        for row in _shown(shop, "From a look to the receipt, by shelf", zone=(zone,)):
            assert row["Looked"] >= row["Looked 5 s or longer"]
            found.update({"view": row["Looked"], "pickup": row["Picked up"]})
    true = sum((Counter(one.shelf_actions) for one in came), Counter[str]())
    assert found == {action: true[action] for action in ("view", "pickup")}


def test_a_store_without_a_plan(plain_database: Database) -> None:
    """Its zones are those that are heard of: they can be picked, and have figures. Where none was heard of, nothing is shown."""
    some = [visit(number, "attic", number % 3 + 1, is_final=True) for number in range(6)]
    plain_database.write(Flush(advance=step(None, 1), visits=some))
    since = to_datetime(DAY)
    with psycopg.connect(plain_database.url, autocommit=True) as connection:
        act_as_reader(connection)
        for until, names in ((since + timedelta(hours=1), ["zone-0", "zone-1", "zone-2"]), (since - timedelta(days=3), [])):
            scope = Scope(until - timedelta(hours=1), until, {"store": ("attic",)})
            frame = ask(connection, expand(text_of("variables/zone"), scope))
            assert frame.columns[0].values == names
            picked = scope._replace(values={**scope.values, "zone": tuple(names)})
            for query in ("zones/reach", "zones/dwell", "zones/zones", "zones/dead_spots"):
                assert sorted(ask(connection, expand(text_of(query), picked)).columns[0].values) == names


def test_the_picker_offers_what_the_panels_show(shop: Shop) -> None:
    """All zones but those outside and of staff."""
    options = {row["__value"]: row["__text"] for row in shop.rows("variables/zone", shop.scope(MONDAY, SATURDAY))}
    assert options == _names(shop, "outside", "staff") != _names(shop)
