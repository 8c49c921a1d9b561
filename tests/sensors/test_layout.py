"""The layout file: what is read, what is refused, and on which line."""

import json
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sensors.layout import (
    Day,
    Layout,
    LayoutError,
    Product,
    SensorPlan,
    ShelfPlan,
    Zone,
    ZoneType,
    gate_zones,
    load,
    parse_layout,
    shelf_zones,
    till_zones,
    zone_types,
)
from stream.rules import Rules

DESIGN = """\
store_id: s1
name: Corner Market
timezone: Europe/Berlin
currency: EUR
opening_hours: {mon: ["08:00", "20:00"], sun: []}        # a missing day is open all day
zones:
  - {zone_id: dairy, name: Dairy, type: general, polygon: [[0, 0], [6, 0], [6, 4], [0, 4]], capacity: 12}
  - {zone_id: entrance, type: entrance}
  - {zone_id: checkout, type: checkout}
shelves:
  - {shelf_id: dairy-1, zone_id: dairy, level: 2, products: [{product_id: milk, name: Milk 1 l, price: "1.19", promoted: false}]}
gates: [{sensor_id: gate-1, zone_id: entrance}]
tills: [{sensor_id: till-1, zone_id: checkout}]
gateways: [{sensor_id: gw-1, x: 1.5, y: 2.0, zone_id: dairy}]
staff_devices: [badge-7]
rules: {presence_gap_s: 25, lateness_s: 120}
"""
"""The example of section 2 of the design, with the zones that it names."""

CORNER_MARKET = Layout(
    store_id="s1",
    name="Corner Market",
    timezone="Europe/Berlin",
    currency="EUR",
    opening_hours={"mon": ["08:00", "20:00"], "sun": []},
    zones=(
        Zone(zone_id="dairy", name="Dairy", polygon=((0, 0), (6, 0), (6, 4), (0, 4)), capacity=12),
        Zone(zone_id="entrance", type="entrance"),
        Zone(zone_id="checkout", type="checkout"),
    ),
    shelves=(
        ShelfPlan(
            shelf_id="dairy-1", zone_id="dairy", level=2, products=(Product(product_id="milk", name="Milk 1 l", price=Decimal("1.19")),)
        ),
    ),
    gates=(SensorPlan(sensor_id="gate-1", zone_id="entrance"),),
    tills=(SensorPlan(sensor_id="till-1", zone_id="checkout"),),
    gateways=(SensorPlan(sensor_id="gw-1", x=1.5, y=2.0, zone_id="dairy"),),
    staff_devices=frozenset({"badge-7"}),
    rules={"presence_gap_s": 25, "lateness_s": 120},
)


def plain(layout: Layout) -> dict[str, object]:
    """Turn a layout into what YAML and JSON can write."""
    built: dict[str, object] = msgspec.to_builtins(layout, builtin_types=())
    return built


def test_the_design_example_is_read() -> None:
    """Every field of section 2 arrives in the layout."""
    assert parse_layout(DESIGN, "s1.yaml", Rules.of) == CORNER_MARKET


def test_the_example_of_the_docs_is_read() -> None:
    """The layout in `docs/layout.md` is valid."""
    page = (Path(__file__).parents[2] / "docs" / "layout.md").read_text(encoding="utf-8").split("## ")[0]
    example = "\n".join(line[4:] for line in page.splitlines() if line.startswith("    "))
    assert parse_layout(example, "docs", Rules.of).name == "Corner Market"


def test_json_is_read_like_yaml() -> None:
    """JSON with tabs, escapes and characters beyond U+FFFF is the same layout."""
    layout = msgspec.structs.replace(CORNER_MARKET, name='Eck\t/"Markt" \U0001f600')
    for indent in (None, 2, "\t"):
        assert parse_layout(json.dumps(plain(layout), indent=indent), "s1.json") == layout


def test_a_store_id_alone_is_a_layout() -> None:
    """All that is left out has its default."""
    assert parse_layout("store_id: s1", "f.yaml") == Layout(store_id="s1")


def test_null_is_as_good_as_left_out() -> None:
    """A field with nothing behind its colon has its default."""
    text = "store_id: s1\nname:\ncurrency: ~\nzones:\nopening_hours: null\nrules:\ntills: [{sensor_id: t, zone_id: , x: }]"
    assert parse_layout(text, "f.yaml") == Layout(store_id="s1", tills=(SensorPlan(sensor_id="t"),))


@pytest.mark.parametrize("written", ["1.10", '"1.10"', "'1.10'"])
def test_a_price_keeps_its_digits(written: str) -> None:
    """A price is exact, with or without quotes: it never was a float."""
    text = f"store_id: s\nzones: [{{zone_id: z}}]\nshelves: [{{shelf_id: a, zone_id: z, products: [{{product_id: p, price: {written}}}]}}]"
    price = parse_layout(text, "f.yaml").shelves[0].products[0].price
    assert str(price) == "1.10"


@pytest.mark.parametrize(
    ("written", "value"),
    [("1", 1), ("-2.5", -2.5), ("1e3", 1000.0), ("true", True), ("word", "word"), ('"1"', "1"), ('"no"', "no")],
)
def test_a_rule_is_any_scalar(written: str, value: object) -> None:
    """Rules keep their type: whoever knows a rule checks it."""
    rules = parse_layout(f"store_id: s\nrules: {{a_rule: {written}}}", "f.yaml").rules
    assert rules == {"a_rule": value}
    assert type(rules["a_rule"]) is type(value)


def test_the_lookups() -> None:
    """The engine asks four questions; a sensor without a zone is in no answer."""
    layout = msgspec.structs.replace(CORNER_MARKET, gates=(*CORNER_MARKET.gates, SensorPlan(sensor_id="gate-2")))
    assert shelf_zones(layout) == {"dairy-1": "dairy"}
    assert gate_zones(layout) == {"gate-1": "entrance"}
    assert till_zones(layout) == {"till-1": "checkout"}
    assert zone_types(layout) == {"dairy": "general", "entrance": "entrance", "checkout": "checkout"}


def test_hours_may_have_a_break_and_reach_midnight() -> None:
    """Several intervals are pairs in one list."""
    text = 'store_id: s\nopening_hours: {sat: ["00:00", "02:00", "18:00", "24:00"], fri: []}'
    assert parse_layout(text, "f.yaml").opening_hours == {"fri": [], "sat": ["00:00", "02:00", "18:00", "24:00"]}


def test_a_closed_ring_loses_its_last_corner() -> None:
    """GeoJSON repeats the first corner at the end; that is no fault."""
    text = "store_id: s\nzones: [{zone_id: a, polygon: [[0, 0], [1, 0], [0, 1], [0, 0]]}]"
    assert parse_layout(text, "f.yaml").zones[0].polygon == ((0, 0), (1, 0), (0, 1))


def test_load_reads_a_file(tmp_path: Path) -> None:
    """A file is UTF-8, with or without a byte order mark, and named in what is wrong with it."""
    path = tmp_path / "s1.yaml"
    path.write_text(DESIGN, encoding="utf-8-sig")
    assert load(path, Rules.of) == CORNER_MARKET
    path.write_bytes(b"store_id: s\nname: caf\xe9\n")
    with pytest.raises(LayoutError, match=r"s1\.yaml:2: this is not UTF-8 text: save the file as UTF-8"):
        load(path)
    with pytest.raises(LayoutError, match=r"none\.yaml:1: the file cannot be read \(No such file or directory\): give the path"):
        load(tmp_path / "none.yaml")


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
IDENTIFIER = TEXT.filter(bool) | st.sampled_from(
    ["no", "1", "1e3", "0o7", "null", "~", "2026-11-22", "<<", "=", "1_0", "08:00", "- a", "a: b"]
)
METRES = st.floats(-1000, 1000)


def reads_as_number(text: str) -> bool:
    """Whether a bare `text` is a number to us, as to YAML 1.2; PyYAML, of YAML 1.1, leaves the quotes of some away (0E0)."""
    try:
        float(text)
    except ValueError:
        return False
    return True


RULE_TEXT = TEXT.filter(lambda text: not reads_as_number(text))


def sensors(zones: list[str], taken: str) -> st.SearchStrategy[list[SensorPlan]]:
    """Sensors whose identifiers begin with `taken`, so that no two kinds share one."""
    zone = st.sampled_from(zones)
    at_a_place = st.builds(SensorPlan, sensor_id=IDENTIFIER.map(taken.__add__), zone_id=st.none() | zone, x=METRES, y=METRES)
    in_a_zone = st.builds(SensorPlan, sensor_id=IDENTIFIER.map(taken.__add__), zone_id=zone)
    return st.lists(at_a_place | in_a_zone, max_size=3, unique_by=lambda sensor: sensor.sensor_id)


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Valid layouts with hard names."""
    zones = draw(st.lists(IDENTIFIER.filter(lambda name: len(name) < 250), min_size=1, max_size=4, unique=True))
    days: list[Day] = ["mon", "wed", "sun"]
    types: list[ZoneType] = ["outside", "interest", "checkout"]
    money = st.decimals(0, 10**9, places=draw(st.integers(0, 4)))
    catalogue = draw(st.lists(st.builds(Product, product_id=IDENTIFIER, name=TEXT, price=money, promoted=st.booleans()), max_size=4))
    catalogue = list({product.product_id: product for product in catalogue}.values())
    shelf = st.builds(
        ShelfPlan,
        shelf_id=IDENTIFIER,
        zone_id=st.sampled_from(zones),
        level=st.none() | st.integers(1, 9),
        products=st.lists(st.sampled_from(catalogue), unique_by=id).map(tuple) if catalogue else st.just(()),
    )
    square: tuple[tuple[float, float], ...] = ((0.1, 0.0), (1.7, 1e-7), (1.0, 1e16), (0.0, 2.5))
    return Layout(
        store_id=draw(IDENTIFIER),
        name=draw(TEXT),
        timezone=draw(st.sampled_from(["UTC", "Europe/Berlin"])),
        currency=draw(st.none() | st.just("EUR")),
        opening_hours=draw(st.dictionaries(st.sampled_from(days), st.sampled_from([[], ["08:00", "20:00"]]))),
        zones=tuple(Zone(zone_id=zone, type=draw(st.sampled_from(types)), polygon=draw(st.sampled_from([(), square]))) for zone in zones),
        shelves=tuple(draw(st.lists(shelf, max_size=3, unique_by=lambda shelf: shelf.shelf_id))),
        gates=tuple(draw(sensors(zones, "gate"))),
        tills=tuple(draw(sensors(zones, "till"))),
        gateways=tuple(draw(sensors(zones, "gw"))),
        staff_devices=draw(st.frozensets(IDENTIFIER, max_size=3)),
        rules=draw(
            st.dictionaries(
                IDENTIFIER.filter(lambda name: "." not in name),
                st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | RULE_TEXT,
            )
        ),
    )


@given(layouts())
def test_what_is_written_is_read(layout: Layout) -> None:
    """A layout written as YAML or JSON by the usual libraries is read back the same."""
    assert parse_layout(yaml.safe_dump(plain(layout), sort_keys=False), "f.yaml") == layout
    assert parse_layout(json.dumps(plain(layout)), "f.json") == layout


@given(st.text(max_size=60) | st.lists(st.sampled_from(DESIGN.split(" ")), max_size=30).map(" ".join))
def test_any_text_is_a_layout_or_an_error_with_lines(text: str) -> None:
    """Nothing but `LayoutError` comes out of a bad file."""
    try:
        parse_layout(text, "f.yaml")
    except LayoutError as error:
        lines = {problem.line for problem in error.problems}
    else:
        lines = {1}
    assert lines
    assert lines <= set(range(1, text.count("\n") + 3))
