"""A store's plan: zones, shelves, sensors, staff devices, and the store's own rules (section 2 of the design).

The structs are the plan; `parse_layout` and `load` read it from YAML or JSON and tell everything that is wrong with it, line by line
(how values are read: `sensors.layout_file`). The file is explained in `docs/layout.md`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args
from zoneinfo import available_timezones

import msgspec

from sensors import polygon
from sensors.layout_file import LayoutError, Problem, Report, Table, compose
from sensors.reading import Currency, Text

__all__ = [
    "Day",
    "Layout",
    "LayoutError",
    "Problem",
    "Product",
    "SensorPlan",
    "ShelfPlan",
    "Zone",
    "ZoneType",
    "gate_zones",
    "load",
    "parse_layout",
    "shelf_zones",
    "till_zones",
    "zone_types",
]

CheckRules = Callable[[Mapping[str, object]], object]
"""Says with a ValueError what is wrong with some of a store's rules: `stream.rules.Rules.of` is one."""

ZoneType = Literal["outside", "entrance", "general", "interest", "checkout", "staff"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Zone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the store. `polygon` in metres; `capacity` in people."""

    zone_id: Text
    name: str = ""
    type: ZoneType = "general"
    polygon: tuple[tuple[float, float], ...] = ()
    capacity: int | None = None


class Product(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product on a shelf; `price` in the store's currency."""

    product_id: Text
    name: str = ""
    price: Decimal | None = None
    promoted: bool = False


class ShelfPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A shelf, the zone it stands in, its level (1 is the lowest) and what lies on it."""

    shelf_id: Text
    zone_id: Text
    level: int | None = None
    products: tuple[Product, ...] = ()


class SensorPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A gate, till or gateway: where it is, by zone or by position in metres."""

    sensor_id: Text
    zone_id: Text | None = None
    x: float | None = None
    y: float | None = None


class Layout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The plan of one store. `Layout(store_id=...)` alone is the plan of a store of which nothing is known."""

    store_id: Text
    name: str = ""
    timezone: str = "UTC"
    currency: Currency | None = None
    opening_hours: dict[Day, list[str]] = {}
    zones: tuple[Zone, ...] = ()
    shelves: tuple[ShelfPlan, ...] = ()
    gates: tuple[SensorPlan, ...] = ()
    tills: tuple[SensorPlan, ...] = ()
    gateways: tuple[SensorPlan, ...] = ()
    staff_devices: frozenset[Text] = frozenset()
    rules: dict[str, bool | int | float | str] = {}


def shelf_zones(layout: Layout) -> dict[str, str]:
    """Say in which zone each shelf stands."""
    return {shelf.shelf_id: shelf.zone_id for shelf in layout.shelves}


def gate_zones(layout: Layout) -> dict[str, str]:
    """Say in which zone each gate stands, for the gates that have one."""
    return _sensor_zones(layout.gates)


def till_zones(layout: Layout) -> dict[str, str]:
    """Say in which zone each till stands, for the tills that have one."""
    return _sensor_zones(layout.tills)


def zone_types(layout: Layout) -> dict[str, ZoneType]:
    """Say of which type each zone is."""
    return {zone.zone_id: zone.type for zone in layout.zones}


def _sensor_zones(sensors: Iterable[SensorPlan]) -> dict[str, str]:
    return {sensor.sensor_id: sensor.zone_id for sensor in sensors if sensor.zone_id is not None}


def load(path: Path, check_rules: CheckRules | None = None) -> Layout:
    """Read a layout from a file; see `parse_layout`.

    Raises:
        LayoutError: the file cannot be read, or what it says cannot be used.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise LayoutError(str(path), [Problem(line, "this is not UTF-8 text: save the file as UTF-8")]) from None
    except OSError as error:
        raise LayoutError(str(path), [Problem(1, f"the file cannot be read ({error.strerror}): give the path of a layout")]) from None
    return parse_layout(text, str(path), check_rules)


def parse_layout(text: str, source: str, check_rules: CheckRules | None = None) -> Layout:
    """Read a layout from YAML or JSON and check it.

    Args:
        text: the YAML or JSON.
        source: what to call it in messages: the file's name.
        check_rules: is asked about all rules together, and about each if something is wrong; `Rules.of` as a rule. Without it any name
            passes.

    Raises:
        LayoutError: with all that is wrong, each with its line and with what to do.
    """
    report = Report(source)
    root = Table(compose(text, source), report, "layout", Layout.__struct_fields__)
    zone_lines: dict[str, int] = {}
    sensor_lines: dict[str, int] = {}
    zones = tuple(_zone(table, zone_lines) for table in root.tables("zones", "zone", "zone_id", Zone.__struct_fields__))
    layout = Layout(
        store_id=root.identifier("store_id"),
        name=root.text("name"),
        timezone=_timezone(root),
        currency=_currency(root),
        opening_hours=_opening_hours(root),
        zones=zones,
        shelves=_shelves(root, zone_lines),
        gates=_sensors(root, "gates", zone_lines, sensor_lines),
        tills=_sensors(root, "tills", zone_lines, sensor_lines),
        gateways=_sensors(root, "gateways", zone_lines, sensor_lines),
        staff_devices=frozenset(root.identifiers("staff_devices")),
        rules=_rules(root, check_rules, zone_lines),
    )
    report.finish()
    return layout


def _zone(table: Table, seen: dict[str, int]) -> Zone:
    return Zone(
        zone_id=table.unique("zone_id", seen),
        name=table.text("name"),
        type=table.choice("type", get_args(ZoneType), "general"),
        polygon=_polygon(table),
        capacity=table.whole("capacity"),
    )


_Known = dict[tuple[str, str], tuple[object, int]]
"""Of products that were read: (product_id, field) to its value, and its line."""


def _shelves(root: Table, zone_lines: Mapping[str, int]) -> tuple[ShelfPlan, ...]:
    seen: dict[str, int] = {}
    known: _Known = {}
    return tuple(
        ShelfPlan(
            shelf_id=table.unique("shelf_id", seen),
            zone_id=_known_zone(table, table.identifier("zone_id"), zone_lines) or "",
            level=table.whole("level"),
            products=_products(table, known),
        )
        for table in root.tables("shelves", "shelf", "shelf_id", ShelfPlan.__struct_fields__)
    )


def _products(shelf: Table, known: _Known) -> tuple[Product, ...]:
    """Read what lies on a shelf; `known` holds names and prices from the shelves before, and gets these."""
    seen: dict[str, int] = {}
    products = []
    for table in shelf.tables("products", "product", "product_id", Product.__struct_fields__):
        product = Product(
            product_id=table.unique("product_id", seen),
            name=table.text("name"),
            price=table.money("price"),
            promoted=table.flag("promoted", default=False),
        )
        _check_same(table, product.product_id, "name", product.name or None, known)
        _check_same(table, product.product_id, "price", product.price, known)
        products.append(product)
    return tuple(products)


def _check_same(table: Table, product_id: str, field: str, value: object, known: _Known) -> None:
    """Note where a product that lies on several shelves has several names or prices."""
    if value is None or not product_id:
        return
    first, line = known.setdefault((product_id, field), (value, table.line(field)))
    if value != first:
        table.note(field, f"its {field} is {first} in line {line} and {value} here: one product has one {field}, so correct one")


def _sensors(root: Table, name: str, zone_lines: Mapping[str, int], seen: dict[str, int]) -> tuple[SensorPlan, ...]:
    sensors = []
    for table in root.tables(name, name.removesuffix("s"), "sensor_id", SensorPlan.__struct_fields__):
        sensor = SensorPlan(
            sensor_id=table.unique("sensor_id", seen),
            zone_id=_known_zone(table, table.optional_identifier("zone_id"), zone_lines),
            x=table.number("x"),
            y=table.number("y"),
        )
        if (sensor.x is None) != (sensor.y is None):
            table.note("x", "a position needs both `x` and `y`: add the other one")
        elif name == "gateways" and sensor.zone_id is None and sensor.x is None:
            table.note("sensor_id", "nobody knows where it is: add `zone_id`, or `x` and `y` in metres")
        sensors.append(sensor)
    return tuple(sensors)


def _known_zone(table: Table, zone_id: str | None, zone_lines: Mapping[str, int]) -> str | None:
    """Note where a thing stands in a zone that is not there."""
    if zone_id and zone_id not in zone_lines:
        near = get_close_matches(zone_id, zone_lines, n=1)
        advice = f"did you mean '{near[0]}'?" if near else "add it under `zones`"
        table.note("zone_id", f"there is no zone '{zone_id}': {advice}")
    return zone_id


def _timezone(root: Table) -> str:
    name = root.text("timezone", "UTC")
    if name and name not in _timezones():
        near = get_close_matches(name, _timezones(), n=1)
        advice = f"did you mean '{near[0]}'?" if near else "use a name of the IANA database, such as 'Europe/Berlin'"
        root.note("timezone", f"there is no time zone '{name}': {advice}")
    return name


@cache
def _timezones() -> frozenset[str]:
    """List the time zones that have the same meaning on every machine."""
    return frozenset(available_timezones() - {"localtime", "Factory"})


def _currency(root: Table) -> str | None:
    currency = root.optional_identifier("currency")
    if currency is not None and not re.fullmatch("[A-Z]{3}", currency):
        root.note("currency", f"{currency!r} is no currency: use the three capital letters of ISO 4217, such as EUR")
    return currency


def _opening_hours(root: Table) -> dict[Day, list[str]]:
    days: tuple[Day, ...] = get_args(Day)
    table = root.table("opening_hours", days)
    return {} if table is None else {day: _hours(table, day) for day in days if day in table.names()}


def _hours(table: Table, day: Day) -> list[str]:
    """Read one day: pairs of opening and closing times, in order."""
    times = list(table.identifiers(day))
    if "" in times:
        return []  # said already
    if table.null(day):
        table.note(day, f"`{day}` is empty: write [] for a closed day, or leave the day out if it is open all day")
    elif any(not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]|24:00", time) for time in times):
        table.note(day, f'`{day}` needs times from "00:00" to "24:00", written like "08:00" in quotes')
    elif len(times) % 2:
        table.note(day, f"`{day}` needs pairs of times, opening and closing, not {len(times)} times")
    elif any(earlier >= later for earlier, later in pairwise(times)):
        table.note(day, f'`{day}` needs times that rise: past midnight, close at "24:00" and open the next day at "00:00"')
    return times


_NOT_BY_ZONE = {"priority", "sensor_silent_s"}
"""Behind the dot in the name of these rules stands no zone."""


def _rules(root: Table, check: CheckRules | None, zones: Mapping[str, int]) -> dict[str, bool | int | float | str]:
    table = root.table("rules", None)
    if table is None:
        return {}
    read = {name: table.scalar(name) for name in table.names()}
    rules = {name: value for name, value in read.items() if value is not None}
    for name in rules:
        base, _, zone = name.partition(".")
        if zone and zones and zone not in zones and base not in _NOT_BY_ZONE:
            near = get_close_matches(zone, zones, n=1)
            advice = f"did you mean `{base}.{near[0]}`?" if near else "name one of `zones`"
            table.note(name, f"`{name}`: there is no zone '{zone}': {advice}")
    if check is None:
        return rules
    fault = _fault(check, rules)
    if fault is not None:
        _note_faults(table, check, rules, fault)
    return rules


def _note_faults(table: Table, check: CheckRules, rules: Mapping[str, object], fault: str) -> None:
    """Note each rule that is wrong by itself, beside those that are not; else what is wrong with all together, at a rule that it names."""
    wrong = {name for name in rules if _fault(check, {name: rules[name]}) is not None}
    right = {name: value for name, value in rules.items() if name not in wrong}
    faults = [(name, said) for name in rules if name in wrong and (said := _fault(check, {**right, name: rules[name]})) is not None]
    named = next((name for name in rules if f"`{name}`" in fault), next(iter(rules)))
    for name, said in faults or [(named, fault)]:
        table.note(name, said)


def _fault(check: CheckRules, rules: Mapping[str, object]) -> str | None:
    """Ask `check` what is wrong with rules."""
    try:
        check(rules)
    except ValueError as error:
        return f"{error}"
    return None


def _polygon(table: Table) -> tuple[polygon.Point, ...]:
    """Read a polygon. The first corner repeated at the end, as GeoJSON has it, is taken off."""
    points = table.points("polygon")
    if len(points) > 1 and points[0] == points[-1]:
        points = points[:-1]
    wrong = polygon.fault(points) if points else None
    if wrong is not None:
        table.note("polygon", wrong)
    return tuple(points)
