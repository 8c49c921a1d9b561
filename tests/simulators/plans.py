"""Stores for the tests of the simulator: a small one with everything in it, and how to simulate a day there."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import msgspec
from msgspec import structs

from sensors.hours import DAYS
from sensors.layout import Layout, Product, SensorPlan, ShelfPlan, Zone
from simulators.crowd import come_and_go, crowd_of
from simulators.sensing.faults import Expected
from simulators.sensing.sense import Sensors, readings
from simulators.shop.floor import Floor, floor_of
from simulators.shop.habits import NEVER, Habits
from simulators.shop.opening import Window, windows
from simulators.shop.tills import Opening, openings
from simulators.shop.walk import Walk
from simulators.simulate import Options, simulate
from simulators.truth.visits import Truth, truth_of

FRIDAY = date(2026, 11, 20)

Corner = tuple[float, float]


def box(left: float, bottom: float, right: float, top: float) -> tuple[Corner, ...]:
    """A rectangle in metres."""
    return (left, bottom), (right, bottom), (right, top), (left, top)


SMALL = Layout(
    store_id="small",
    timezone="Europe/Berlin",
    currency="EUR",
    opening_hours={day: ["10:00", "11:30"] for day in DAYS if day != "sun"} | {"sun": []},
    zones=(
        Zone(zone_id="outside", type="outside", polygon=box(0, 0, 20, 3)),
        Zone(zone_id="entrance", type="entrance", polygon=box(0, 3, 20, 6)),
        Zone(zone_id="fresh", type="interest", polygon=box(0, 9, 20, 12)),
        Zone(zone_id="left", polygon=box(0, 12, 10, 18)),
        Zone(zone_id="right", polygon=box(10, 12, 20, 18)),
        Zone(zone_id="door", polygon=box(0, 6, 4, 9)),
        Zone(zone_id="café", type="interest", polygon=box(16, 6, 20, 9)),
        Zone(zone_id="till-a", type="checkout", polygon=box(4, 6, 10, 9)),
        Zone(zone_id="till-b", type="checkout", polygon=box(10, 6, 16, 9)),
        Zone(zone_id="back", type="staff", polygon=box(0, 18, 20, 20)),
    ),
    shelves=(
        ShelfPlan(shelf_id="fresh-1", zone_id="fresh", products=(Product(product_id="apples", price=Decimal("2.79")),)),
        ShelfPlan(
            shelf_id="left-1",
            zone_id="left",
            products=(Product(product_id="milk", price=Decimal("1.19"), promoted=True), Product(product_id="käse", price=Decimal("3.5"))),
        ),
        ShelfPlan(shelf_id="right-1", zone_id="right", products=(Product(product_id="soap"),)),
        ShelfPlan(shelf_id="right-2", zone_id="right"),
    ),
    gates=(SensorPlan(sensor_id="gate-1", zone_id="entrance"), SensorPlan(sensor_id="gate-2", zone_id="entrance")),
    tills=(
        SensorPlan(sensor_id="till-1", zone_id="till-a"),
        SensorPlan(sensor_id="till-2", zone_id="till-b"),
        SensorPlan(sensor_id="till-3", zone_id="till-b"),
    ),
    gateways=(
        SensorPlan(sensor_id="gw-front", x=10, y=4),
        SensorPlan(sensor_id="gw-rear", x=10, y=14),
        SensorPlan(sensor_id="seats", zone_id="café"),
        SensorPlan(sensor_id="back-door", zone_id="back"),
    ),
    staff_devices=frozenset({"badge-1", "badge-2"}),
)
"""A shop with two lanes (one of them with two tills), a café and a staff room with presence sensors, open for an hour and a half."""

BARE = Layout(
    store_id="bare",
    zones=(
        Zone(zone_id="in", type="entrance"),
        Zone(zone_id="a"),
        Zone(zone_id="b"),
        Zone(zone_id="pay", type="checkout"),
        Zone(zone_id="street", type="outside"),
    ),
    gates=(SensorPlan(sensor_id="gate", zone_id="in"),),
    tills=(SensorPlan(sensor_id="till", zone_id="pay"),),
)
"""A store of which little is known: no plan, no gateways, no shelves, always open."""

CROWDED = Habits(
    shoppers=60,
    trip_min=(6.0, 0.5),
    hurried=0.2,
    hurried_min=(1.0, 0.4),
    rests=0.2,
    unseen=0.1,
    second_looks=0.1,
    regret=0.2,
    browsers=0.15,
    parties=(0.5, 0.3, 0.1, 0.1),
    stock=12,
    refill_min=(10.0, 0.5),
    till_opens_min=1.0,
    till_closes_min=3.0,
)
"""Everything that is rare happens often, and the tills are busy."""


def window_of(layout: Layout, day: date = FRIDAY) -> Window:
    """The opening window of a day that has one."""
    (window,) = windows(layout, day)
    return window


class Played(NamedTuple):
    """One opening window, played to its end."""

    floor: Floor
    window: Window
    walks: list[Walk]
    truths: list[Truth]
    lines: list[bytes]
    openings: dict[str, tuple[Opening, ...]]

    def sensors(self) -> Sensors:
        """The sensors once more, with nothing said yet."""
        return Sensors(self.floor, openings=self.openings)

    def shoppers(self) -> list[Walk]:
        """The walks of those who came in to look or buy."""
        return [walk for walk in self.walks if walk.role == "shopper"]


def play(layout: Layout = SMALL, seed: int = 1, habits: Habits = CROWDED) -> Played:
    """Simulate one opening window."""
    floor, window = floor_of(layout), window_of(layout)
    crowd = crowd_of(floor, habits, seed)
    walks = come_and_go(crowd, window)
    played = Played(floor, window, walks, [truth_of(floor, walk) for walk in walks], [], openings(crowd.queues, habits))
    played.lines.extend(line for _, _, line in readings(played.sensors(), walks, window, NEVER, seed))
    return played


def options_of(layout: Layout = SMALL, **changes: object) -> Options:
    """Options for a day in a crowded store."""
    return structs.replace(Options(layout=layout, first_day=FRIDAY, habits=CROWDED), **changes)


def run(wanted: Options) -> tuple[list[Truth], list[bytes], Expected]:
    """Simulate all days of some options."""
    expected = Expected()
    truths: list[Truth] = []
    lines: list[bytes] = []
    for day in simulate(wanted, expected):
        truths += day.truths
        lines += day.lines
    return truths, lines, expected


class Said(msgspec.Struct, kw_only=True):
    """A reading as it stands in a recording."""

    id: str
    kind: str
    store_id: str
    sensor_id: str
    ts: int | str
    device_id: str | None = None
    zone_id: str | None = None
    direction: str | None = None
    duration_s: float = 0.0
    shelf_id: str | None = None
    action: str | None = None
    product_id: str | None = None
    receipt_id: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    items: list[dict[str, str]] = []
    state: str | None = None
    rssi_dbm: int | None = None


_SAID = msgspec.json.Decoder(Said)


def said(lines: Iterable[bytes]) -> Iterator[Said]:
    """Read the lines of a recording that has nothing broken in it."""
    return map(_SAID.decode, lines)
