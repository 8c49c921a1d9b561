"""Readings for tests, with what does not matter filled in. Times are seconds after `START`."""

from decimal import Decimal
from itertools import count
from typing import Literal

from sensors.layout import Layout
from sensors.reading import SECOND, Dwell, Entry, Item, Payment, Shelf, Status
from stream.journey import Plan
from stream.rules import Rules

START = 1_700_000_000 * SECOND

_numbers = count()


def at(seconds: float) -> int:
    """Turn seconds after the start into microseconds since 1970."""
    return START + round(seconds * SECOND)


def entry(
    seconds: float, direction: Literal["in", "out"], device: str = "d1", *, store: str = "s1", sensor: str = "gate-1", name: str = ""
) -> Entry:
    """Make a passage through a gate."""
    ts = at(seconds)
    return Entry(
        id=name or f"e{next(_numbers)}", store_id=store, sensor_id=sensor, ts=ts, received_at=ts, device_id=device, direction=direction
    )


def dwell(seconds: float, zone: str, device: str = "d1", *, store: str = "s1", duration_s: float | None = None, name: str = "") -> Dwell:
    """Make a presence in a zone."""
    ts = at(seconds)
    return Dwell(
        id=name or f"w{next(_numbers)}",
        store_id=store,
        sensor_id="gw-1",
        ts=ts,
        received_at=ts,
        device_id=device,
        zone_id=zone,
        duration_s=duration_s,
    )


def shelf(seconds: float, action: Literal["view", "pickup", "putback"], product: str | None = "milk", device: str = "d1") -> Shelf:
    """Make a touch of the shelf `dairy-1`."""
    ts = at(seconds)
    return Shelf(
        id=f"s{next(_numbers)}",
        store_id="s1",
        sensor_id="shelf-1",
        ts=ts,
        received_at=ts,
        device_id=device,
        shelf_id="dairy-1",
        action=action,
        product_id=product,
    )


def payment(seconds: float, amount: str = "2.50", device: str | None = None, *, zone: str | None = "till", name: str = "") -> Payment:
    """Make a receipt of one line."""
    ts = at(seconds)
    number = next(_numbers)
    return Payment(
        id=name or f"p{number}",
        store_id="s1",
        sensor_id="till-1",
        ts=ts,
        received_at=ts,
        receipt_id=f"r{number}",
        amount=Decimal(amount),
        currency="EUR",
        items=[Item(product_id="milk", quantity=Decimal(1), unit_price=Decimal(amount))],
        device_id=device,
        zone_id=zone,
    )


def alive(seconds: float, *, store: str = "s1", received: float | None = None) -> Status:
    """Make a heartbeat."""
    received_at = at(seconds if received is None else received)
    return Status(id=f"h{next(_numbers)}", store_id=store, sensor_id="gate-1", ts=at(seconds), received_at=received_at, state="alive")


def plan(layout: Layout | None = None, **rules: float) -> Plan:
    """Make a plan with these rules; the others have their defaults."""
    return Plan(Rules.of(rules), layout or Layout(store_id="s1"))
