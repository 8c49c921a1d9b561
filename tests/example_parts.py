"""Short names for writing examples of section 4 by hand: readings, expected visits, and a small store where they happen.

Times are seconds after `BASE`, and exact to the microsecond. Ids of readings are made of device, kind and time where none is given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from sensors.layout import Layout, SensorPlan, ShelfPlan, Zone
from sensors.reading import SECOND, Dwell, Entry, Payment, Reading, Shelf, Status
from stream.rules import Rules
from tests.oracle import ExpectedShelfVisit, ExpectedStay, ExpectedVisit

BASE = 1_700_000_000 * SECOND
"""When the examples happen: some day in November 2023."""

US = 0.000_001
"""One microsecond in seconds."""

STORE = Layout(
    store_id="s1",
    zones=(
        Zone(zone_id="street", type="outside"),
        Zone(zone_id="parking", type="outside"),
        Zone(zone_id="entrance", type="entrance"),
        Zone(zone_id="dairy"),
        Zone(zone_id="bakery", type="interest"),
        Zone(zone_id="checkout", type="checkout"),
    ),
    shelves=(ShelfPlan(shelf_id="dairy-1", zone_id="dairy"), ShelfPlan(shelf_id="bakery-1", zone_id="bakery")),
    gates=(SensorPlan(sensor_id="gate-e", zone_id="entrance"), SensorPlan(sensor_id="gate")),
    tills=(SensorPlan(sensor_id="till", zone_id="checkout"), SensorPlan(sensor_id="till-lost")),
    staff_devices=frozenset({"badge"}),
)
"""Where the examples happen. `gate` and `till-lost` have no zone; shelf `loose` and zone `attic` are in no layout."""


@dataclass(frozen=True)
class Example:
    """A set of readings and what section 4 makes of it, worked out by hand.

    Attributes:
        name: `rule_N_...`; a boundary says on which side it is.
        readings: in an order in which they may have arrived, on time or not.
        visits: by store, device and time.
        unattributed: (store_id, id) of payments that belong to no visit, by store and time.
        layouts: by store_id.
        rules: by store_id.
    """

    name: str
    readings: Sequence[Reading]
    visits: Sequence[ExpectedVisit]
    unattributed: Sequence[tuple[str, str]] = ()
    layouts: Mapping[str, Layout] = field(default_factory=lambda: {"s1": STORE})
    rules: Mapping[str, Rules] = field(default_factory=dict)

    @property
    def rule(self) -> int:
        """The number of the rule that it is about."""
        return int(self.name.split("_")[1])


def at(seconds: float) -> int:
    """Turn seconds after `BASE` into microseconds since 1970."""
    return BASE + round(seconds * SECOND)


def enter(t: float, device: str = "d1", *, zone: str | None = None, gate: str = "gate", named: str | None = None) -> Entry:
    """Make an entry/in; the gate has no zone unless told."""
    return _entry("in", t, device, zone=zone, gate=gate, named=named or f"{device}-in-{t}")


def leave(t: float, device: str = "d1", *, zone: str | None = None, gate: str = "gate", named: str | None = None) -> Entry:
    """Make an entry/out; the gate has no zone unless told."""
    return _entry("out", t, device, zone=zone, gate=gate, named=named or f"{device}-out-{t}")


def _entry(direction: Literal["in", "out"], t: float, device: str, *, zone: str | None, gate: str, named: str) -> Entry:
    return Entry(
        id=named,
        store_id="s1",
        sensor_id=gate,
        ts=at(t),
        received_at=at(t),
        device_id=device,
        direction=direction,
        zone_id=zone,
    )


def dwell(
    t: float,
    zone: str = "dairy",
    device: str = "d1",
    *,
    lasting: float | None = None,
    named: str | None = None,
    store: str = "s1",
) -> Dwell:
    """Make a dwell reading; `lasting` is its duration_s."""
    return Dwell(
        id=named or f"{device}-dwell-{t}",
        store_id=store,
        sensor_id="gw",
        ts=at(t),
        received_at=at(t),
        device_id=device,
        zone_id=zone,
        duration_s=lasting,
    )


def shelf(
    t: float,
    shelf_id: str = "dairy-1",
    action: Literal["view", "pickup", "putback"] = "view",
    product: str | None = None,
    *,
    zone: str | None = None,
    lasting: float | None = None,
    named: str | None = None,
) -> Shelf:
    """Make a shelf reading of device `d1`."""
    return Shelf(
        id=named or f"shelf-{t}",
        store_id="s1",
        sensor_id=f"camera-{shelf_id}",
        ts=at(t),
        received_at=at(t),
        device_id="d1",
        shelf_id=shelf_id,
        action=action,
        product_id=product,
        zone_id=zone,
        duration_s=lasting,
    )


def pay(
    t: float,
    amount: str = "9.99",
    *,
    device: str | None = None,
    zone: str | None = None,
    till: str = "till",
    currency: str = "EUR",
    named: str | None = None,
) -> Payment:
    """Make a payment, anonymous unless told."""
    return Payment(
        id=named or f"pay-{t}",
        store_id="s1",
        sensor_id=till,
        ts=at(t),
        received_at=at(t),
        receipt_id=f"receipt-{t}",
        amount=Decimal(amount),
        currency=currency,
        device_id=device,
        zone_id=zone,
    )


def alive(t: float, *, named: str | None = None) -> Status:
    """Make a heartbeat."""
    return Status(id=named or f"alive-{t}", store_id="s1", sensor_id="gw", ts=at(t), received_at=at(t), state="alive")


def look(
    t: float,
    shelf_id: str = "dairy-1",
    action: str = "view",
    product: str | None = None,
    *,
    zone: str | None = "dairy",
    lasting: float | None = None,
) -> ExpectedShelfVisit:
    """Expect a shelf visit, of the reading that `shelf` makes of the same."""
    return ExpectedShelfVisit(f"shelf-{t}", at(t), shelf_id, action, product, zone, lasting)


def visit(
    entered: float,
    left: float,
    ended_by: Literal["exit", "timeout"],
    n_readings: int,
    stays: Sequence[tuple[str, float, float]] = (),
    *,
    device: str = "d1",
    looks: Sequence[ExpectedShelfVisit] = (),
    taken: Mapping[str, int] | None = None,
    payments: Sequence[str] = (),
    total: str | None = "0",
    bounced: bool = True,
    pass_by: bool = False,
    is_staff: bool = False,
    store: str = "s1",
) -> ExpectedVisit:
    """Expect a visit; one that says nothing else is short and buys nothing."""
    return ExpectedVisit(
        store_id=store,
        device_id=device,
        entered_at=at(entered),
        left_at=at(left),
        ended_by=ended_by,
        n_readings=n_readings,
        stays=tuple(ExpectedStay(zone, at(start), at(end)) for zone, start, end in stays),
        shelf_visits=tuple(looks),
        taken=tuple(sorted((taken or {}).items())),
        payments=tuple(payments),
        basket_total=None if total is None else Decimal(total),
        bounced=bounced,
        pass_by=pass_by,
        is_staff=is_staff,
    )
