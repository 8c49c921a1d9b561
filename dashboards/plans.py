"""What the dashboards need to know of each store before they are made: its name, its currency, and where its zones are."""

from typing import NamedTuple

import psycopg

from dashboards.sql import text_of

Polygon = list[tuple[float, float]]


class ZonePlan(NamedTuple):
    """A zone: `polygon` in metres, y upwards, empty where unknown; `capacity` in people, None where unknown."""

    zone_id: str
    name: str
    type: str
    polygon: Polygon
    capacity: int | None


class StorePlan(NamedTuple):
    """A store: `name` is its id where it has none; `currency` is None where unknown."""

    store_id: str
    name: str
    currency: str | None
    zones: list[ZonePlan]


def read(connection: psycopg.Connection) -> list[StorePlan]:
    """Read the plans of all stores, by name."""
    stores = connection.execute(text_of("plans/stores").encode()).fetchall()
    zones: dict[str, list[ZonePlan]] = {}
    for store_id, zone_id, name, kind, polygon, capacity in connection.execute(text_of("plans/zones").encode()).fetchall():
        corners = [(float(x), float(y)) for x, y in polygon]
        zones.setdefault(store_id, []).append(ZonePlan(zone_id, name, kind, corners, capacity))
    return [StorePlan(store_id, name, currency, zones.get(store_id, [])) for store_id, name, currency in stores]
