"""Scenes of signals: of a visit, of a sensor, and of how many people are in a zone; and one of priority."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from msgspec import structs

from sensors.layout import Layout, SensorPlan, ShelfPlan, Zone
from sensors.reading import Reading
from tests.docs.rule_scenes import whole
from tests.docs.scenes import Frame, Scene, Shown
from tests.example_parts import alive, dwell, enter, leave, pay, shelf

BACK = "back-gate"
"""A gate that is in no zone."""

SIGNALS: frozenset[Shown] = frozenset({"signals"})

PLAN = Layout(
    store_id="s1",
    zones=(
        Zone(zone_id="entrance", name="Entrance", type="entrance"),
        Zone(zone_id="dairy", name="Dairy"),
        Zone(zone_id="bakery", name="Bakery", capacity=10),
        Zone(zone_id="counter", name="Cheese counter", type="interest"),
        Zone(zone_id="checkout", name="Checkout", type="checkout"),
    ),
    shelves=(ShelfPlan(shelf_id="dairy-1", zone_id="dairy"), ShelfPlan(shelf_id="bakery-1", zone_id="bakery")),
    gates=(SensorPlan(sensor_id="gate", zone_id="entrance"),),
    tills=(SensorPlan(sensor_id="till-1", zone_id="checkout"), SensorPlan(sensor_id="till-2", zone_id="checkout")),
)
"""The bakery has room for 10, two tills stand in one zone, and no shelf stands at the counter."""

OF_VISITS = [
    Scene(
        "long-dwell",
        "long_dwell: a stay of 15 minutes in the bakery",
        whole(enter(0), *(dwell(t, "bakery") for t in range(60, 1081, 60)), leave(1110, gate=BACK), is_end=False),
        until=1200,
        step=120,
        layout=PLAN,
        shows=SIGNALS,
    ),
    Scene(
        "abandoned-basket",
        "abandoned_basket: two products were taken, and nothing was paid",
        [
            Frame(
                [
                    *(enter(0), dwell(20), shelf(50, action="pickup", product="milk"), shelf(95, action="pickup", product="butter")),
                    *(
                        shelf(125, action="putback", product="butter"),
                        shelf(160, "bakery-1", "pickup", "bun"),
                        leave(190, gate=BACK),
                        alive(371),
                    ),
                ]
            )
        ],
        until=400,
        says=frozenset({"taken"}),
        layout=PLAN,
        shows=SIGNALS | {"grace", "time"},
    ),
    Scene(
        "sensor-silent",
        "sensor_silent: a sensor is not heard for 30 minutes",
        [Frame([alive(t) for t in (0, 300, 600, 900, 3480)])],
        until=3600,
        step=600,
        layout=PLAN,
        shows=SIGNALS,
        names={"": "sensor gw"},
    ),
]


@dataclass(frozen=True)
class Crowd:
    """A picture of how full a zone is.

    Attributes:
        scene: the readings, and what is told of them.
        zone: the zone.
        of: what is drawn over time: people, or their expected wait in minutes.
        most: the value at the upper side.
    """

    scene: Scene
    zone: str
    of: Literal["people", "queue"]
    most: int


def crowd(zone: str, *spans: tuple[int, int]) -> Iterator[Reading]:
    """Have people in a zone from one second to another, heard every 10 s, who then leave the store."""
    for number, (start, end) in enumerate(spans):
        yield from (dwell(t, zone, f"tag-{number}") for t in range(start, end, 10))
        yield leave(end, f"tag-{number}", gate=BACK)


def paid(till: str, *times: int) -> Iterator[Reading]:
    """Have a till take money."""
    return (structs.replace(pay(t), sensor_id=till) for t in times)


CROWDS = [
    Crowd(
        Scene(
            "zone-congested",
            "zone_congested and zone_cleared: the bakery has room for 10",
            whole(
                *crowd("bakery", *[(0, 330)] * 6, (10, 330), (30, 200), (45, 60), (80, 180), (110, 150), (215, 230)),
                is_end=False,
            ),
            until=300,
            layout=PLAN,
            shows=SIGNALS,
        ),
        zone="bakery",
        of="people",
        most=11,
    ),
    Crowd(
        Scene(
            "queue-long",
            "queue_long: the expected wait at the checkout",
            whole(
                *crowd("checkout", (10, 60), (20, 110), (35, 165), (50, 195), (70, 240), (90, 285), (105, 330), (120, 330), (135, 330)),
                *paid("till-1", 55, 105, 160, 190, 235, 280),
                *paid("till-2", 210, 255),
                is_end=False,
            ),
            until=300,
            layout=PLAN,
            shows=SIGNALS,
        ),
        zone="checkout",
        of="queue",
        most=6,
    ),
]

TWO_THINGS: list[Reading] = [
    *(enter(0), dwell(15, "dairy"), shelf(30, product="milk", lasting=5), shelf(45, action="pickup", product="milk")),
    *(shelf(75, "bakery-1", product="bun", lasting=5), shelf(90, "bakery-1", "pickup", "bun")),
]
"""What somebody does who takes two things without looking long."""

PRIORITIES = [
    Scene(
        "priority-changed",
        "priority_changed: a visitor in a hurry",
        [
            Frame([one])
            for one in (
                *TWO_THINGS,
                dwell(110),
                shelf(120, action="pickup", product="eggs"),
                dwell(150, "checkout"),
                dwell(200, "checkout"),
            )
        ],
        until=240,
        layout=PLAN,
        shows=SIGNALS,
    ),
    Scene(
        "priority",
        "What a visit says of its visitor, reading by reading",
        [
            Frame([one])
            for one in (
                *(*TWO_THINGS, *(dwell(t, "counter") for t in range(120, 301, 30)), dwell(330, "checkout")),
                *(pay(360, device="d1"), leave(375, gate=BACK)),
            )
        ],
        until=390,
        layout=PLAN,
    ),
]
"""Each reading is a frame: the priority is that of the visit so far. The second visitor is served at the counter and has a card."""
