"""Layouts: kept whole, spread over tables, a new version for each change."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensors.layout import Layout, Product, SensorPlan, ShelfPlan, Zone
from sensors.urls import SettingError
from storage import layouts
from storage.connect import connect
from storage.model import Flush
from storage.writer import Writer
from tests.storage import strategies
from tests.storage.examples import dwell, step

pytestmark = pytest.mark.integration

MILK = Product(product_id="milk", name="Milk 1 l", price=Decimal("1.19"))
LAYOUT = Layout(
    store_id="s1",
    name="Corner Market",
    timezone="Europe/Berlin",
    currency="EUR",
    opening_hours={"mon": ["08:00", "20:00"], "sun": []},
    zones=(
        Zone(zone_id="dairy", name="Dairy", polygon=((0, 0), (6, 0), (6, 4.25), (0, 4)), capacity=12),
        Zone(zone_id="door", type="entrance"),
    ),
    shelves=(ShelfPlan(shelf_id="dairy-1", zone_id="dairy", level=2, products=(MILK,)),),
    gates=(SensorPlan(sensor_id="gate-1", zone_id="door"),),
    tills=(SensorPlan(sensor_id="till-1", zone_id="dairy"),),
    gateways=(SensorPlan(sensor_id="gw-1", x=1.5, y=2.0),),
    staff_devices=frozenset({"badge-7", "badge-1"}),
    rules={"presence_gap_s": 25, "lateness_s": 120.0, "quiet": True, "word": "x"},
)


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection."""
    with connect(database_url, "test") as connection:
        yield connection


def rows(connection: psycopg.Connection, statement: str) -> list[tuple[Any, ...]]:
    """What a query gives."""
    return connection.execute(statement.encode()).fetchall()


def test_a_layout_comes_back_equal(connection: psycopg.Connection) -> None:
    """The whole plan is kept, and given back as it was."""
    assert layouts.save(connection, LAYOUT, "corner.yaml") == 1
    assert layouts.load(connection, "s1") == LAYOUT
    assert layouts.versions(connection) == {"s1": 1}


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
metres = st.floats(-1e6, 1e6)
prices = st.one_of(st.none(), st.decimals(0, 10**9, places=4))
products = st.builds(Product, product_id=strategies.text, name=names, price=prices, promoted=st.booleans())
sensor_plans = st.builds(SensorPlan, sensor_id=strategies.text, zone_id=strategies.maybe_text, x=st.one_of(st.none(), metres))
zones = st.builds(
    Zone,
    zone_id=strategies.text,
    name=names,
    polygon=st.lists(st.tuples(metres, metres), max_size=3).map(tuple),
    capacity=st.integers(0, 10**6),
)
shelves = st.builds(
    ShelfPlan,
    shelf_id=strategies.text,
    zone_id=strategies.text,
    products=st.lists(products, max_size=2, unique_by=lambda p: p.product_id).map(tuple),
)
plans = st.builds(
    Layout,
    store_id=st.just("s1"),
    name=names,
    currency=st.one_of(st.none(), strategies.currencies),
    zones=st.lists(zones, max_size=3, unique_by=lambda zone: zone.zone_id).map(tuple),
    shelves=st.lists(shelves, max_size=3, unique_by=lambda shelf: shelf.shelf_id).map(tuple),
    gateways=st.lists(sensor_plans, max_size=3, unique_by=lambda sensor: sensor.sensor_id).map(tuple),
    staff_devices=st.frozensets(strategies.text, max_size=3),
    rules=st.dictionaries(st.sampled_from("abc"), st.one_of(st.booleans(), st.integers(0, 10**6), st.floats(0, 1e6), names)),
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(plan=plans)
def test_any_layout_comes_back_equal(connection: psycopg.Connection, plan: Layout) -> None:
    """Whatever a plan says survives, and saving what was loaded is no new version."""
    version = layouts.save(connection, plan, "a")
    back = layouts.load(connection, "s1")
    assert back == plan
    assert layouts.save(connection, back, "b") == version
    assert {row[0] for row in rows(connection, "SELECT zone_id FROM instore.zones")} == {zone.zone_id for zone in plan.zones}


def test_the_same_layout_again_changes_nothing(connection: psycopg.Connection) -> None:
    """Not a version, not a row."""
    layouts.save(connection, LAYOUT, "corner.yaml")
    before = rows(connection, "SELECT xmin::text FROM instore.zones UNION ALL SELECT xmin::text FROM instore.stores")
    assert layouts.save(connection, LAYOUT, "elsewhere.yaml") == 1
    assert rows(connection, "SELECT xmin::text FROM instore.zones UNION ALL SELECT xmin::text FROM instore.stores") == before
    assert rows(connection, "SELECT version, source FROM instore.layouts") == [(1, "corner.yaml")]


def test_a_changed_layout_is_a_new_version(connection: psycopg.Connection) -> None:
    """What it no longer has goes from the tables of the present, and stays in the old version."""
    layouts.save(connection, LAYOUT, "corner.yaml")
    bread = Product(product_id="bread")
    shelf = msgspec.structs.replace(LAYOUT.shelves[0], products=(bread,))
    changed = msgspec.structs.replace(LAYOUT, zones=LAYOUT.zones[:1], shelves=(shelf,), tills=(), name="Corner")
    assert layouts.save(connection, changed, "corner.yaml") == 2
    assert layouts.load(connection, "s1") == changed
    assert rows(connection, "SELECT name, layout_version FROM instore.stores") == [("Corner", 2)]
    assert rows(connection, "SELECT zone_id FROM instore.zones") == [("dairy",)]
    assert rows(connection, "SELECT product_id FROM instore.products") == [("bread",)]
    assert rows(connection, "SELECT sensor_id FROM instore.sensors ORDER BY 1") == [("gate-1",), ("gw-1",)]
    assert rows(connection, "SELECT version, jsonb_array_length(layout -> 'zones') FROM instore.layouts ORDER BY 1") == [(1, 2), (2, 1)]
    assert layouts.save(connection, LAYOUT, "corner.yaml") == 3


def test_one_becoming_true_is_a_change(connection: psycopg.Connection) -> None:
    """1, 1.0 and true are different settings, though Python calls them equal."""
    for version, value in enumerate((1, 1.0, True), 1):
        assert layouts.save(connection, msgspec.structs.replace(LAYOUT, rules={"x": value}), "corner.yaml") == version


def test_the_tables_hold_what_the_plan_says(connection: psycopg.Connection) -> None:
    """Zones, shelves, products and sensors are rows, for SQL to join with."""
    layouts.save(connection, LAYOUT, "corner.yaml")
    assert rows(connection, "SELECT name, timezone, currency, opening_hours ->> 'sun' FROM instore.stores") == [
        ("Corner Market", "Europe/Berlin", "EUR", "[]")
    ]
    assert rows(connection, "SELECT zone_id, name, type, polygon ->> 2, capacity FROM instore.zones ORDER BY 1") == [
        ("dairy", "Dairy", "general", "[6, 4.25]", 12),
        ("door", "", "entrance", None, None),
    ]
    assert rows(connection, "SELECT shelf_id, zone_id, level FROM instore.shelves") == [("dairy-1", "dairy", 2)]
    assert rows(connection, "SELECT product_id, name, price::text, promoted, shelf_ids FROM instore.products") == [
        ("milk", "Milk 1 l", "1.1900", False, ["dairy-1"])
    ]
    assert rows(connection, "SELECT sensor_id, type, zone_id, x, y FROM instore.sensors ORDER BY 1") == [
        ("gate-1", "gate", "door", None, None),
        ("gw-1", "gateway", None, 1.5, 2.0),
        ("till-1", "till", "dairy", None, None),
    ]


def test_a_product_on_two_shelves_is_one_row(connection: psycopg.Connection) -> None:
    """A join by product must not double rows: the first name and price known, on offer if any shelf says so."""
    shelves = (
        ShelfPlan(shelf_id="a", zone_id="dairy", products=(Product(product_id="milk"),)),
        ShelfPlan(shelf_id="b", zone_id="dairy", products=(msgspec.structs.replace(MILK, promoted=True),)),
    )
    layouts.save(connection, msgspec.structs.replace(LAYOUT, shelves=shelves), "corner.yaml")
    assert rows(connection, "SELECT name, price::text, promoted, shelf_ids FROM instore.products") == [
        ("Milk 1 l", "1.1900", True, ["a", "b"])
    ]


def test_a_store_seen_before_gets_its_layout(connection: psycopg.Connection, database_url: str) -> None:
    """A store known by readings has no layout; one is given to it later, and when it was first seen stays."""
    with Writer(database_url) as writer:
        at = writer.write(Flush(advance=step(None, 1), readings=[dwell(1)]))
    assert layouts.load(connection, "s1") is None
    assert layouts.load(connection, "s9") is None
    assert layouts.versions(connection) == {}
    layouts.save(connection, LAYOUT, "corner.yaml")
    assert rows(connection, "SELECT first_seen_at FROM instore.stores") == [(at,)]


def test_two_at_once_make_two_versions(database_url: str) -> None:
    """Two people load two plans at the same moment: one waits for the other."""

    def save(name: str) -> int:
        with connect(database_url, "test") as connection:
            return layouts.save(connection, msgspec.structs.replace(LAYOUT, name=name), name)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(save, "abcd")) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "plan",
    [
        msgspec.structs.replace(LAYOUT, name="a\0b"),
        msgspec.structs.replace(LAYOUT, zones=(Zone(zone_id="z", capacity=10**12),)),
        msgspec.structs.replace(
            LAYOUT, shelves=(ShelfPlan(shelf_id="s", zone_id="z", products=(Product(product_id="p", price=Decimal("1e15")),)),)
        ),
    ],
)
def test_what_no_column_can_hold_is_said(connection: psycopg.Connection, plan: Layout) -> None:
    """A character or number that the database cannot hold is an error of the setting, and changes nothing."""
    with pytest.raises(SettingError, match="the layout of store s1 cannot be stored"):
        layouts.save(connection, plan, "corner.yaml")
    assert layouts.versions(connection) == {}
