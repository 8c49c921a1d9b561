"""What the people of simulated days did, counted as the days go by: no walk is kept. Pure.

Told from the walks themselves, which nobody's sensors have seen, so what is measured is the simulator and not the pipeline.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from sensors.layout import ShelfPlan
from sensors.reading import to_datetime
from simulators.shop.floor import Floor
from simulators.shop.geometry import area
from simulators.shop.habits import SECOND, Habits
from simulators.shop.opening import Window
from simulators.shop.walk import Walk

SATURDAY = 5


@dataclass(slots=True)
class Tally:
    """Counts of many visits. Shoppers are those who came in, staff and passers-by left out.

    Attributes:
        floor: the store.
        habits: the figures of its people.
        shoppers: how many visits of people who came in.
        parties: how many came alone, or led others, who pay nothing themselves.
        buyers: how many of them paid.
        quitters: how many stood in a queue, and left without having paid.
        passers_by: who only passed.
        days: how many shoppers came on each open calendar day.
        hours: how many came in each local hour, Monday to Friday; `weekend_hours` the same on Saturday and Sunday.
        length_s: how many were in the store for so many seconds, from gate to gate.
        units: how many bought so many units; of tills that say only the amount, nothing.
        wait_s: how many of those who paid had waited so many seconds in the queue.
        view_s: how many looks at a shelf took so many seconds.
        actions: pickups and put-backs.
        reach: how many saw so many percent of the floor on which one shops: a zone has as many parts as shelves, and one sees those before
            which one stops, or one part in passing.
        zone_reach: the same where a zone is seen whole by whoever enters it; `shelf_reach` of the shelves, of what is in between nothing.
        came: how many came to each zone.
        visits: of each tag that visitors bring along.
    """

    floor: Floor
    habits: Habits
    shoppers: int = 0
    parties: int = 0
    buyers: int = 0
    quitters: int = 0
    passers_by: int = 0
    days: Counter[str] = field(default_factory=Counter)
    hours: Counter[int] = field(default_factory=Counter)
    weekend_hours: Counter[int] = field(default_factory=Counter)
    length_s: Counter[int] = field(default_factory=Counter)
    units: Counter[int] = field(default_factory=Counter)
    wait_s: Counter[int] = field(default_factory=Counter)
    view_s: Counter[int] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    reach: Counter[int] = field(default_factory=Counter)
    zone_reach: Counter[int] = field(default_factory=Counter)
    shelf_reach: Counter[int] = field(default_factory=Counter)
    came: Counter[str] = field(default_factory=Counter)
    visits: Counter[str] = field(default_factory=Counter)

    def add(self, window: Window, walks: Iterable[Walk]) -> None:
        """Count everybody of an opening window."""
        zone = ZoneInfo(self.floor.layout.timezone)
        areas = {one.zone_id: area(one.polygon) for one in self.floor.layout.zones}
        self.days[f"{_local(window.opens, zone):%Y-%m-%d}"] += 0
        for walk in walks:
            if walk.role == "passer-by":
                self.passers_by += 1
            elif walk.role == "shopper":
                self._shopper(walk, _local(walk.began, zone))
                self._reached(walk, areas)

    def _shopper(self, walk: Walk, came: datetime) -> None:
        self.shoppers += 1
        self.parties += walk.leader is None
        self.days[f"{came:%Y-%m-%d}"] += 1
        hours = self.weekend_hours if came.weekday() >= SATURDAY else self.hours
        hours[came.hour] += 1
        self.length_s[length_of(walk) // SECOND] += 1
        if walk.has_own_tag:
            self.visits[walk.device_id] += 1
        for act in walk.acts:
            if act.action == "view":
                self.view_s[(act.duration_ms or 0) // SECOND] += 1
            else:
                self.actions[act.action] += 1
        self._till(walk)

    def _till(self, walk: Walk) -> None:
        lanes = {lane.zone_id for lane in self.floor.lanes}
        if walk.payments:
            self.buyers += 1
            if units := sum(walk.taken().values()):
                self.units[units] += 1
            self.wait_s[waited(self, walk) // SECOND] += 1
        elif any(stay.zone_id in lanes for stay in walk.stays):
            self.quitters += 1

    def _reached(self, walk: Walk, areas: dict[str, float]) -> None:
        """Of the zones to shop in, by their area; where the plan has no areas each zone is as large as any other."""
        came, shop = {stay.zone_id for stay in walk.stays}, self.floor.shop
        size = areas if all(areas[zone] for zone in shop) else dict.fromkeys(shop, 1.0)
        self.came.update(came)
        whole, touched = sum(size[zone] for zone in shop), {act.shelf_id for act in walk.acts}
        seen = {zone: _seen(self.floor.shelves[zone], touched) for zone in shop if zone in came}
        self.reach[round(100 * sum(size[zone] * part for zone, part in seen.items()) / whole)] += 1
        self.zone_reach[round(100 * sum(size[zone] for zone in seen) / whole)] += 1
        shelves = sum(map(len, self.floor.shelves.values()))
        if shelves:
            self.shelf_reach[round(100 * len(touched) / shelves)] += 1


def _seen(shelves: tuple[ShelfPlan, ...], touched: set[str]) -> float:
    """Which part of a zone somebody saw who came there: what lies before the shelves where they stopped, or as much in passing."""
    return max(1, sum(shelf.shelf_id in touched for shelf in shelves)) / max(1, len(shelves))


def length_of(walk: Walk) -> int:
    """How long somebody was in the store, from gate to gate (milliseconds); without gates, as long as they were there at all."""
    ends = {passage.direction: passage.at for passage in walk.passages}
    return ends.get("out", walk.now) - ends.get("in", walk.began)


def waited(tally: Tally, walk: Walk) -> int:
    """From joining the queue to the turn (milliseconds): the payment, less what serving so many units takes in the mean."""
    paid = walk.payments[0].at
    joined = next(stay.start for stay in walk.stays if stay.start <= paid < stay.end)
    served = sum(tally.habits.service_ms) // 2 + tally.habits.item_ms * sum(walk.taken().values())
    return max(0, paid - joined - served)


def _local(at: int, zone: tzinfo) -> datetime:
    return to_datetime(at * 1000).astimezone(zone)
