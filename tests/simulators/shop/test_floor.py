"""What the simulation makes of a layout, and the grocery that comes with it."""

from itertools import combinations

import pytest
from msgspec import structs

from sensors.layout import Layout, SensorPlan, Zone
from sensors.urls import SettingError
from simulators.shop.floor import Lane, Listener, builtin, builtin_file, floor_of
from simulators.shop.geometry import adjacent, centroid
from stream.rules import Rules
from tests.simulators.plans import BARE, SMALL


def test_the_usual_round_is_the_order_of_the_layout() -> None:
    """Shoppers go to zones of type general and interest, in the order in which the layout has them."""
    assert floor_of(SMALL).shop == ("fresh", "left", "right", "door", "café")


def test_a_place_of_interest_without_a_shelf_is_a_place_to_rest() -> None:
    """The café is one; the zone with fruit is not."""
    assert floor_of(SMALL).rests == ("café",)


def test_tills_of_one_zone_are_one_lane() -> None:
    """Two tills in a zone serve one queue."""
    assert floor_of(SMALL).lanes == (Lane("till-a", ("till-1",)), Lane("till-b", ("till-2", "till-3")))


def test_ways_lead_along_the_plan() -> None:
    """One walks through what is open to all, the shortest way."""
    floor = floor_of(SMALL)
    assert floor.way("entrance", "left") == ("door", "fresh", "left")
    assert floor.way("left", "till-b") == ("fresh", "till-b")
    assert floor.way("till-b", "entrance") == ("entrance",)


def test_nobody_walks_through_tills_pavement_or_staff_room() -> None:
    """They are where ways end, or begin, but never on a way."""
    floor = floor_of(SMALL)
    closed = {"till-a", "till-b", "outside", "back"}
    assert all(closed.isdisjoint(way[:-1]) for way in floor.ways.values())


def test_without_a_plan_every_zone_is_next_to_every_other() -> None:
    """Where no way is known, one goes straight there."""
    assert floor_of(BARE).way("in", "pay") == ("pay",)


def test_a_gateway_with_a_position_hears_the_zones_it_is_nearest_to() -> None:
    """And measures less the farther they are."""
    listeners = floor_of(SMALL).listeners
    assert {zone: one.sensor_id for zone, one in listeners.items()} == {
        "outside": "gw-front",
        "entrance": "gw-front",
        "door": "gw-front",
        "till-a": "gw-front",
        "till-b": "gw-front",
        "fresh": "gw-rear",
        "left": "gw-rear",
        "right": "gw-rear",
        "café": "seats",
        "back": "back-door",
    }
    assert (listeners["door"].rssi_dbm or 0) < (listeners["entrance"].rssi_dbm or 0) < -50


def test_a_gateway_with_a_zone_alone_is_a_presence_sensor() -> None:
    """It measures no signal: it reports presences."""
    assert floor_of(SMALL).listeners["café"] == Listener("seats", None)


def test_a_gateway_without_a_plan_hears_its_own_zone_first() -> None:
    """Where zones have no polygon, a gateway that names one hears that one; the first hears the rest."""
    gateways = (SensorPlan(sensor_id="g1", x=0, y=0, zone_id="a"), SensorPlan(sensor_id="g2", x=9, y=9, zone_id="b"))
    listeners = floor_of(structs.replace(BARE, gateways=gateways)).listeners
    assert {zone: one.sensor_id for zone, one in listeners.items()} == {"in": "g1", "a": "g1", "b": "g2", "pay": "g1", "street": "g1"}


def test_without_gateways_one_is_assumed() -> None:
    """A store without gateways is heard all the same."""
    assert {one.sensor_id for one in floor_of(BARE).listeners.values()} == {"gateway-1"}


def test_a_gate_without_a_zone_opens_into_the_entrance() -> None:
    """People must come in somewhere."""
    assert floor_of(structs.replace(BARE, gates=(SensorPlan(sensor_id="gate"),))).gates == (("gate", "in"),)


def test_a_gate_with_a_zone_is_entrance_enough() -> None:
    """No zone of type entrance is needed where a gate says where it opens into."""
    zones = (Zone(zone_id="hall"), Zone(zone_id="street", type="outside"))
    floor = floor_of(Layout(store_id="s", zones=zones, gates=(SensorPlan(sensor_id="gate", zone_id="hall"),)))
    assert (floor.gates, floor.doorless) == ((("gate", "hall"),), "hall")


def test_prices_are_those_of_the_layout_or_one() -> None:
    """A product without a price costs 1.00."""
    assert {name: str(price) for name, price in floor_of(SMALL).prices.items()} == {
        "apples": "2.79",
        "milk": "1.19",
        "käse": "3.5",
        "soap": "1.00",
    }


def test_the_rules_of_the_store_are_heeded() -> None:
    """What shoppers must know of the rules comes from the layout, in milliseconds."""
    rules: dict[str, bool | int | float | str] = {"visit_timeout_s": 600, "exit_grace_s": 0, "bounce_s": 30.5, "lateness_s": 10}
    assert floor_of(structs.replace(BARE, rules=rules)).timing == (600_000, 0, 30_500, 10_000)


def test_the_rules_that_are_assumed_are_the_engines_defaults() -> None:
    """The simulator wrote them down again; they must not drift apart."""
    rules = Rules()
    seconds = (rules.visit_timeout_s, rules.exit_grace_s, rules.bounce_s, rules.lateness_s)
    assert floor_of(BARE).timing == tuple(1000 * one for one in seconds)


@pytest.mark.parametrize(
    ("layout", "sentence"),
    [
        (Layout(store_id="s"), "no zone of type general or interest"),
        (Layout(store_id="s", zones=(Zone(zone_id="a"),)), "no entrance"),
        (structs.replace(BARE, tills=(SensorPlan(sensor_id="till"),)), "till `till` of store `bare` has no zone_id"),
        (structs.replace(BARE, rules={"presence_gap_s": 24}), "`presence_gap_s` of store `bare` is 24"),
        (structs.replace(BARE, rules={"visit_timeout_s": 59}), "`visit_timeout_s` of store `bare` is 59"),
    ],
)
def test_a_store_where_nobody_could_shop_is_refused(layout: Layout, sentence: str) -> None:
    """The sentence says what is missing."""
    with pytest.raises(SettingError, match=sentence):
        floor_of(layout)


def test_rules_that_scans_just_meet_are_taken() -> None:
    """The boundaries themselves are fine."""
    floor_of(structs.replace(BARE, rules={"presence_gap_s": 25, "visit_timeout_s": 60}))


def test_a_store_that_does_not_come_with_the_simulator() -> None:
    """The sentence names those that do."""
    with pytest.raises(SettingError, match=r"no store `casino` comes with the simulator; there are: .*grocery"):
        builtin_file("casino")


GROCERY = builtin("grocery")


def test_the_grocery_has_what_the_issue_asks_for() -> None:
    """Zones, gates, shelves with products and prices, a lane for each of four tills, a staff room."""
    floor = floor_of(GROCERY)
    assert len(GROCERY.zones) >= 10
    assert len(GROCERY.gates) == 2
    assert [len(lane.tills) for lane in floor.lanes] == [1, 1, 1, 1]
    assert floor.staff_room
    assert floor.outside
    assert floor.rests
    assert len(GROCERY.shelves) >= 24
    assert all(len(shelf.products) >= 3 for shelf in GROCERY.shelves)
    assert all(product.price and product.name for shelf in GROCERY.shelves for product in shelf.products)
    assert any(product.promoted for shelf in GROCERY.shelves for product in shelf.products)


def test_the_zones_of_the_grocery_do_not_overlap_and_fill_the_house() -> None:
    """Their areas add up to that of the plot: 40 m by 28 m; and no middle lies in another zone's box."""
    assert sum(_area(zone) for zone in GROCERY.zones) == pytest.approx(40 * 28)


def _area(zone: Zone) -> float:
    corners = zone.polygon
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True))) / 2


def test_one_can_walk_everywhere_in_the_grocery() -> None:
    """From the foyer to each zone and back, along the plan."""
    floor = floor_of(GROCERY)
    others = [zone.zone_id for zone in GROCERY.zones if zone.zone_id != "entrance"]
    assert all(("entrance", zone) in floor.ways and (zone, "entrance") in floor.ways for zone in others)


def test_each_till_of_the_grocery_lies_between_shop_and_foyer() -> None:
    """From the shop into the lane, from the lane into the foyer."""
    plan = {zone.zone_id: zone.polygon for zone in GROCERY.zones}
    for lane in floor_of(GROCERY).lanes:
        assert adjacent(plan[lane.zone_id], plan["seasonal"])
        assert adjacent(plan[lane.zone_id], plan["entrance"])


def test_the_gateways_of_the_grocery_each_hear_several_zones() -> None:
    """A gateway reports several zones in one message."""
    floor = floor_of(GROCERY)
    heard = [one.sensor_id for one in floor.listeners.values() if one.rssi_dbm is not None]
    assert {sensor: heard.count(sensor) for sensor in heard} == {"gw-front": 6, "gw-middle": 7, "gw-back": 3}


def test_product_names_and_shelves_of_the_grocery_are_unique() -> None:
    """No product lies on two shelves, so that a receipt says where its products came from."""
    products = [product.product_id for shelf in GROCERY.shelves for product in shelf.products]
    assert len(products) == len(set(products))


def test_no_two_middles_of_the_grocery_are_near_each_other() -> None:
    """The zones can be told apart by where they are."""
    middles = [centroid(zone.polygon) for zone in GROCERY.zones]
    assert all(abs(a[0] - b[0]) + abs(a[1] - b[1]) > 2 for a, b in combinations(middles, 2))
