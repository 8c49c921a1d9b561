"""Keeps the plans of the stores: every version whole, and the newest spread over `stores`, `zones`, `shelves`, `products`, `sensors`."""

from collections.abc import Iterator

import msgspec
import psycopg

from sensors.layout import Layout, Product
from sensors.urls import SettingError
from storage.errors import translated
from storage.sql import query

_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(Layout).decode


@translated()
def save(connection: psycopg.Connection, layout: Layout, source: str) -> int:
    """Make a plan the newest of its store; the same plan as the newest changes nothing.

    Args:
        connection: to a migrated database.
        layout: the plan, checked (`sensors.layout_file`).
        source: where it came from, usually a file name.

    Returns:
        Its version in that store, counted from 1.

    Raises:
        SettingError: it holds a character that the database cannot.
        DatabaseAway: try again later.
    """
    try:
        with connection.transaction():
            connection.execute(query("insert_stores"), {"store_ids": [layout.store_id]})
            [(version, stored)] = connection.execute(query("lock_layout"), {"store_id": layout.store_id}).fetchall()
            if stored is not None and _canonical(stored) == _canonical(_encode(layout)):
                return int(version)
            return _replace(connection, layout, source, int(version or 0) + 1)
    except psycopg.DataError as error:
        raise SettingError(f"the layout of store {layout.store_id} cannot be stored: {error.diag.message_primary or error}") from error


@translated()
def load(connection: psycopg.Connection, store_id: str) -> Layout | None:
    """Read the newest plan of a store; None where it has none."""
    row = connection.execute("SELECT layout::text FROM instore.stores WHERE store_id = %s", (store_id,)).fetchone()
    return None if row is None or row[0] is None else _decode(row[0])


@translated()
def versions(connection: psycopg.Connection) -> dict[str, int]:
    """Tell the version of the newest plan of each store that has one."""
    rows = connection.execute("SELECT store_id, layout_version FROM instore.stores WHERE layout_version IS NOT NULL").fetchall()
    return {str(store_id): int(version) for store_id, version in rows}


def _replace(connection: psycopg.Connection, layout: Layout, source: str, version: int) -> int:
    """Write a new version everywhere; what the old one had and this one has not goes."""
    scope = {"store_id": layout.store_id, "version": version, "source": source, "layout": _text(layout)}
    connection.execute(query("insert_layout"), scope)
    connection.execute(query("update_store"), scope)
    for table, rows in (
        ("zones", [msgspec.structs.asdict(zone) for zone in layout.zones]),
        ("shelves", [msgspec.structs.asdict(shelf) for shelf in layout.shelves]),
        ("products", list(_products(layout))),
        ("sensors", list(_sensors(layout))),
    ):
        connection.execute(query(f"replace_{table}"), {"store_id": layout.store_id, "rows": _text(rows)})
    return version


def _products(layout: Layout) -> Iterator[dict[str, object]]:
    """One row a product: as its first shelf describes it, on offer if any shelf says so."""
    found: dict[str, list[tuple[str, Product]]] = {}
    for shelf in layout.shelves:
        for product in shelf.products:
            found.setdefault(product.product_id, []).append((shelf.shelf_id, product))
    for product_id, places in found.items():
        yield {
            "product_id": product_id,
            "name": next((product.name for _, product in places if product.name), ""),
            "price": next((product.price for _, product in places if product.price is not None), None),
            "promoted": any(product.promoted for _, product in places),
            "shelf_ids": [shelf_id for shelf_id, _ in places],
        }


def _sensors(layout: Layout) -> Iterator[dict[str, object]]:
    for kind, plans in (("gate", layout.gates), ("till", layout.tills), ("gateway", layout.gateways)):
        for plan in plans:
            yield {**msgspec.structs.asdict(plan), "type": kind}


def _canonical(plan: str | bytes) -> bytes:
    """Write a plan in one of the many ways that say the same: sets and keys in order, numbers of one type."""
    return _encode(_decode(plan))


def _text(value: object) -> str:
    return _encode(value).decode()
