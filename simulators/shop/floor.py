"""What the simulation needs of a store's layout: where one can walk, which sensor hears which zone, where one pays.

A layout says where sensors are; the simulation adds two conventions, both in `docs/simulator.md`:

- a gateway with a position is a **radio gateway**: it scans, and hears the zones that it is the nearest to;
- a gateway with a zone alone is a **presence sensor** of that zone: it reports a presence when that is over, with its length.
"""

from collections import deque
from collections.abc import Callable, Iterable
from decimal import Decimal
from importlib import resources
from importlib.resources.abc import Traversable
from typing import NamedTuple

import msgspec

from sensors.layout import Layout, Product, SensorPlan, ShelfPlan, Zone, parse_layout
from sensors.urls import SettingError
from simulators.shop.geometry import Point, adjacent, centroid, distance

MIN_PRESENCE_GAP_S = 25.0
"""Two misses in a row and a change of the gateway leave a device unheard for almost this long; a store's rule must bear it."""

MIN_VISIT_TIMEOUT_S = 60.0
"""No shorter silence may end a visit: presence sensors and scans need room."""

_SHOP = ("general", "interest")
_ASSUMED_GATEWAY = "gateway-1"
_PLAIN_RSSI_DBM = -62
_PLAIN_PRICE = Decimal("1.00")
_DOUBLE, _DOUBLING_DB = 2.0, 7.2


class Listener(NamedTuple):
    """The sensor that hears one zone. `rssi_dbm` is what it measures there on average; None for a presence sensor."""

    sensor_id: str
    rssi_dbm: int | None


class Lane(NamedTuple):
    """A checkout zone and its tills, served as one queue: first come, first served."""

    zone_id: str
    tills: tuple[str, ...]


class Timing(NamedTuple):
    """The store's own rules as far as shoppers must heed them, in milliseconds."""

    visit_timeout: int
    exit_grace: int
    bounce: int
    lateness: int


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """A store as its shoppers know it.

    Attributes:
        layout: what it was made from.
        gates: the gates and the zone that each opens into (the first entrance where the layout does not say).
        doorless: the zone where shoppers of a store without gates appear and vanish.
        shop: the zones of type general and interest, in the order of the usual round.
        shelves: the shelves of a zone.
        rests: the zones of type interest without a shelf: cafés, benches.
        lanes: one a checkout zone.
        outside: the zone of passers-by; None if there is none.
        staff_room: where staff take their breaks; None if there is none.
        listeners: the sensor that hears each zone.
        timing: the store's rules.
        prices: what each product on the shelves costs; 1.00 where the layout gives no price.
        ways: the shortest way between two zones, see `way`.
        pulls: how many times as often shoppers go to a shelf for a product, and choose it there, while a script has it on offer.
    """

    layout: Layout
    gates: tuple[tuple[str, str], ...]
    doorless: str
    shop: tuple[str, ...]
    shelves: dict[str, tuple[ShelfPlan, ...]]
    rests: tuple[str, ...]
    lanes: tuple[Lane, ...]
    outside: str | None
    staff_room: str | None
    listeners: dict[str, Listener]
    timing: Timing
    prices: dict[str, Decimal]
    ways: dict[tuple[str, str], tuple[str, ...]]
    pulls: dict[str, float] = {}

    def way(self, start: str, goal: str) -> tuple[str, ...]:
        """The zones to walk through from one to another, the goal included, the start not; straight there if no way is known."""
        return self.ways.get((start, goal), (goal,))


def builtin_names() -> list[str]:
    """The stores that come with the simulator."""
    folder = resources.files("simulators") / "stores"
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def builtin_file(name: str) -> Traversable:
    """The layout file of a store that comes with the simulator.

    Raises:
        SettingError: there is no such store; the message names those that there are.
    """
    folder = resources.files("simulators") / "stores"
    file = folder / f"{name}.yaml"
    if not file.is_file():
        raise SettingError(f"no store `{name}` comes with the simulator; there are: {', '.join(builtin_names())}")
    return file


def builtin(name: str) -> Layout:
    """The layout of a store that comes with the simulator.

    Raises:
        SettingError: there is no such store.
    """
    file = builtin_file(name)
    return parse_layout(file.read_text(encoding="utf-8"), file.name)


def floor_of(layout: Layout) -> Floor:
    """Prepare a layout for shoppers.

    Raises:
        SettingError: nobody could shop there: no zone to walk to, no entrance, a till without a zone, or rules that no scan can meet.
    """
    shop = _ids(layout, *_SHOP)
    if not shop:
        raise SettingError(
            f"the layout of store `{layout.store_id}` has no zone of type general or interest: shoppers would have nowhere to go; add one"
        )
    entrances = _ids(layout, "entrance") or tuple(gate.zone_id for gate in layout.gates if gate.zone_id)
    if not entrances:
        raise SettingError(
            f"the layout of store `{layout.store_id}` has no entrance: add a zone of type entrance, or a gate with its zone_id"
        )
    shelves = {zone: tuple(shelf for shelf in layout.shelves if shelf.zone_id == zone) for zone in shop}
    return Floor(
        layout=layout,
        gates=tuple((gate.sensor_id, gate.zone_id or entrances[0]) for gate in layout.gates),
        doorless=entrances[0],
        shop=shop,
        shelves=shelves,
        rests=tuple(zone for zone in _ids(layout, "interest") if not shelves[zone]),
        lanes=_lanes(layout),
        outside=next(iter(_ids(layout, "outside")), None),
        staff_room=next(iter(_ids(layout, "staff")), None),
        listeners={zone.zone_id: _listener(layout, zone) for zone in layout.zones},
        timing=_timing(layout),
        prices={product.product_id: _price(product) for here in shelves.values() for shelf in here for product in shelf.products},
        ways=_ways(layout.zones),
    )


def _ids(layout: Layout, *types: str) -> tuple[str, ...]:
    return tuple(zone.zone_id for zone in layout.zones if zone.type in types)


def _price(product: Product) -> Decimal:
    return _PLAIN_PRICE if product.price is None else product.price


def _lanes(layout: Layout) -> tuple[Lane, ...]:
    """The checkout zones with their tills, in the order of the tills."""
    tills: dict[str, list[str]] = {}
    for till in layout.tills:
        if till.zone_id is None:
            raise SettingError(f"till `{till.sensor_id}` of store `{layout.store_id}` has no zone_id: say in which zone its queue stands")
        tills.setdefault(till.zone_id, []).append(till.sensor_id)
    return tuple(Lane(zone, tuple(sensors)) for zone, sensors in tills.items())


def _timing(layout: Layout) -> Timing:
    """The store's rules in milliseconds; the defaults are those of section 4 of the design, written down here again on purpose."""
    defaults: dict[str, float] = {"visit_timeout_s": 1800, "exit_grace_s": 120, "bounce_s": 120, "lateness_s": 60, "presence_gap_s": 60}
    rules = {name: float(layout.rules.get(name, default)) for name, default in defaults.items()}
    for name, least in (("presence_gap_s", MIN_PRESENCE_GAP_S), ("visit_timeout_s", MIN_VISIT_TIMEOUT_S)):
        if rules[name] < least:
            raise SettingError(
                f"`{name}` of store `{layout.store_id}` is {rules[name]:g}, and the simulated gateways may hear nothing "
                f"for {MIN_PRESENCE_GAP_S:g} s; set it to {least:g} or more"
            )
    return Timing(*(round(rules[name] * 1000) for name in ("visit_timeout_s", "exit_grace_s", "bounce_s", "lateness_s")))


def _listener(layout: Layout, zone: Zone) -> Listener:
    """Which gateway hears a zone: its own presence sensor, else the nearest radio gateway, else one that is assumed."""
    presence = [plan for plan in layout.gateways if _place(plan) is None and plan.zone_id == zone.zone_id]
    if presence:
        return Listener(presence[0].sensor_id, None)
    radios = [plan for plan in layout.gateways if _place(plan) is not None]
    if not radios:
        return Listener(_ASSUMED_GATEWAY, _PLAIN_RSSI_DBM)
    if not zone.polygon:
        own = [plan for plan in radios if plan.zone_id == zone.zone_id]
        return Listener((own or radios)[0].sensor_id, _PLAIN_RSSI_DBM)
    middle = centroid(zone.polygon)
    nearest = min(radios, key=lambda plan: (distance(middle, _place(plan) or middle), plan.sensor_id))
    return Listener(nearest.sensor_id, _rssi_dbm(distance(middle, _place(nearest) or middle)))


def _place(plan: SensorPlan) -> Point | None:
    return None if plan.x is None or plan.y is None else (plan.x, plan.y)


def _rssi_dbm(metres: float) -> int:
    """What a gateway measures at a distance: -59 dBm at 1 m, path-loss exponent 2.4 (`docs/simulator.md`), by doublings of the distance.

    24 dB a decade are 7.2 dB a doubling. Counting doublings instead of calling `log10` gives the same whole number on every machine.
    """
    loss, reach = 0.0, max(metres, 1.0)
    while reach > _DOUBLE:
        loss, reach = loss + _DOUBLING_DB, reach / _DOUBLE
    return round(-59 - loss - _DOUBLING_DB * (reach - 1))


def _ways(zones: Iterable[Zone]) -> dict[tuple[str, str], tuple[str, ...]]:
    """The shortest way between any two zones. Tills, pavement and staff room are ends of a way, never a passage."""
    plan = [zone for zone in zones if zone.polygon]
    doors = {a.zone_id: [b.zone_id for b in plan if b is not a and adjacent(a.polygon, b.polygon)] for a in plan}
    open_to_all = {zone.zone_id for zone in plan if zone.type in {*_SHOP, "entrance"}}
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for start in doors:
        for goal, way in _search(start, doors, open_to_all.__contains__):
            found[start, goal] = way
    return found


def _search(start: str, doors: dict[str, list[str]], passable: Callable[[str], bool]) -> list[tuple[str, tuple[str, ...]]]:
    """Breadth first from `start`; neighbours in the order of the layout, so that the way is always the same one."""
    reached: dict[str, tuple[str, ...]] = {start: ()}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        if here != start and not passable(here):
            continue
        for door in doors[here]:
            if door not in reached:
                reached[door] = (*reached[here], door)
                queue.append(door)
    return [(goal, way) for goal, way in reached.items() if goal != start]
