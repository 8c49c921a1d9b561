"""Short names for writing examples of signals by hand: what is said, a small shop where it happens, and people in it.

Readings are made by `tests.example_parts`; times are seconds after its `BASE`, a Tuesday, 22:13:20 UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from sensors.layout import Day, Layout, Product, SensorPlan, ShelfPlan, Zone
from sensors.reading import SECOND, Reading, Status
from storage.model import Signal, SignalKind
from stream.rules import Rules
from tests.example_parts import BASE, at, dwell, leave

Setting = bool | int | float | str

SHOP = Layout(
    store_id="s1",
    zones=(
        Zone(zone_id="street", name="Street", type="outside", capacity=10),
        Zone(zone_id="entrance", name="Entrance", type="entrance"),
        Zone(zone_id="dairy", name="Dairy", capacity=10),
        Zone(zone_id="bakery", name="Bakery", capacity=10),
        Zone(zone_id="wine", name="Wine", capacity=4),
        Zone(zone_id="cellar", name="Cellar"),
        Zone(zone_id="kiosk", name="Kiosk"),
        Zone(zone_id="desk", name="Desk", type="interest"),
        Zone(zone_id="tills", name="Checkout 2", type="checkout"),
        Zone(zone_id="office", name="Office", type="staff", capacity=10),
    ),
    shelves=tuple(
        ShelfPlan(
            shelf_id=f"{product}-{number}", zone_id="dairy", products=(Product(product_id=product, price=Decimal(2), promoted=offer),)
        )
        for product, offer in (("milk", True), ("cream", False))
        for number in (1, 2)
    ),
    gates=(SensorPlan(sensor_id="gate-e", zone_id="entrance"), SensorPlan(sensor_id="gate")),
    tills=(
        *(SensorPlan(sensor_id=f"till-{number}", zone_id="tills") for number in (1, 2)),
        SensorPlan(sensor_id="till-k", zone_id="kiosk"),
    ),
    staff_devices=frozenset({"badge"}),
)
"""In the dairy, milk is on offer and stands on two shelves, cream is not and stands on two others. Zone `attic` is in no layout."""


def shop(
    named: Mapping[str, Setting] | None = None, *, hours: Mapping[Day, list[str]] | None = None, timezone: str = "UTC", **rules: Setting
) -> Layout:
    """Give the shop rules, `__` standing for the dot of a zone or sensor; silent sensors are told where an example asks for them."""
    more = {name.replace("__", "."): value for name, value in rules.items()}
    return msgspec.structs.replace(
        SHOP, timezone=timezone, opening_hours=dict(hours or {}), rules={"sensor_silent_s": 0, **(named or {}), **more}
    )


DEFAULTS = Rules()

QUIET = shop()
"""The shop with all signals as they are by default, but those of sensors."""


class Said(NamedTuple):
    """What an example expects of a signal.

    Attributes:
        kind: what it is.
        subject: the zone; the sensor; the device; device and zone of a `long_dwell`, device and priority of a `priority_changed`.
        since: when its cause began; with the subject it makes the id.
        at: when it became true.
        value: what was measured.
        threshold: the limit.
        zone: where, if anywhere.
        message: the sentence; empty where the example is not about it.
    """

    kind: SignalKind
    subject: tuple[str, ...]
    since: int
    at: int
    value: float
    threshold: float
    zone: str | None
    message: str = ""


def found(signal: Signal) -> Said:
    """Bring a signal into the form in which the examples expect it."""
    about: dict[SignalKind, tuple[str | None, ...]] = {
        "long_dwell": (signal.device_id, signal.zone_id),
        "abandoned_basket": (signal.device_id,),
        "priority_changed": (signal.device_id, signal.message.partition("(")[2].partition(")")[0]),
        "sensor_silent": (signal.sensor_id,),
    }
    subject = tuple(part for part in about.get(signal.kind, (signal.zone_id,)) if part is not None)
    return Said(signal.kind, subject, signal.since, signal.at, signal.value, signal.threshold, signal.zone_id or None, signal.message)


def agrees(said: Sequence[Said], want: Sequence[Said]) -> bool:
    """Compare in the order of time; messages only where an example has one."""
    have, expected = sorted(said, key=_by_time), sorted(want, key=_by_time)
    if len(have) != len(expected):
        return False
    return all(one if other.message else one._replace(message="") == other for one, other in zip(have, expected, strict=True))


def _by_time(said: Said) -> tuple[int, str, tuple[str, ...], int]:
    return said.at, said.kind, said.subject, said.since


@dataclass(frozen=True)
class SignalExample:
    """A set of readings and all that is said of them, worked out by hand from `docs/signals.md`.

    Attributes:
        name: the kind and a case; a boundary says on which side it is.
        readings: in no order.
        signals: in no order.
        layout: the store, with the thresholds of signals.
        rules: how readings become visits.
    """

    name: str
    readings: Sequence[Reading]
    signals: Sequence[Said] = ()
    layout: Layout = QUIET
    rules: Rules = DEFAULTS


def inside(device: str, start: float, end: float, zone: str = "dairy") -> list[Reading]:
    """Have somebody in a zone from one moment until another, and gone by the gate then."""
    return [dwell(end, zone, device, lasting=end - start), leave(end, device)]


def people(number: int, start: float, end: float, zone: str = "dairy", *, first: int = 1) -> list[Reading]:
    """Have people in a zone from one moment until another: devices `p1`, `p2` and so on."""
    return [reading for one in range(first, first + number) for reading in inside(f"p{one}", start, end, zone)]


def beat(sensor: str, *times: float) -> list[Reading]:
    """Make heartbeats of a sensor."""
    return [Status(id=f"{sensor}-beat-{t}", store_id="s1", sensor_id=sensor, ts=at(t), received_at=at(t), state="alive") for t in times]


def clock(local: str, timezone: str = "UTC") -> float:
    """Turn a time on the wall (`2026-03-28 19:45`) into seconds after `BASE`."""
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(timezone)).timestamp() - BASE // SECOND
