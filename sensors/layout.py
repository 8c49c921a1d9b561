"""A store's plan: zones, shelves, sensors, staff devices, and the store's own rules (section 2 of the design)."""

from decimal import Decimal
from typing import Literal

import msgspec

from sensors.reading import Currency, Text

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
