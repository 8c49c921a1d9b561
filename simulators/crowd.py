"""Everybody who comes while a store is open: shoppers, staff and passers-by, as complete walks."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from random import Random

from simulators.script.events import Planned, enact, extra_arrivals, failures, with_offers
from simulators.shop.companions import companions, party_sizes
from simulators.shop.devices import Devices, hand_out
from simulators.shop.doors import enter, leave, stroll
from simulators.shop.floor import Floor
from simulators.shop.habits import MINUTE, SECOND, Habits, chance, lognormal, pick
from simulators.shop.manners import Priority
from simulators.shop.opening import Window, arrivals
from simulators.shop.scene import Scene, Told
from simulators.shop.shoppers import shop
from simulators.shop.staff import shifts
from simulators.shop.stock import Stock, begins_full, sell
from simulators.shop.tills import Queue, forget, openings, queues_of, serve
from simulators.shop.walk import Walk

LAST_CALL = 5 * MINUTE
"""Shoppers are asked to the tills so long before closing."""

PASSING_S = (24.0, 0.5)
"""Median seconds on the pavement of those who pass, and sigma of the lognormal [A]."""


@dataclass(slots=True)
class Crowd:
    """A store, what lasts from one day to the next: its queues, devices and shelves, and what shall happen there."""

    floor: Floor
    habits: Habits
    seed: int
    queues: list[Queue]
    devices: Devices
    stock: Stock
    planned: tuple[Planned, ...] = ()


def crowd_of(floor: Floor, habits: Habits, seed: int, planned: Iterable[Planned] = ()) -> Crowd:
    """A store on its first day."""
    known = tuple(planned)
    return Crowd(floor, habits, seed, queues_of(floor, failures(known)), Devices(), Stock(habits), known)


def come_and_go(crowd: Crowd, window: Window) -> list[Walk]:
    """All walks of one opening window, in the order in which they begin.

    The same seed, store and window give the same walks, given the same windows before.
    """
    scene = Scene(_chance(crowd, window), crowd.floor, crowd.habits)
    walks = _shoppers(scene, crowd, window)
    walks += _passers_by(scene, window, len(walks))
    walks += shifts(scene, window, openings(crowd.queues, crowd.habits))
    walks.sort(key=lambda walk: walk.began)
    return hand_out(scene, crowd.devices, walks)


def _chance(crowd: Crowd, window: Window, *of: str) -> Random:
    return Random("/".join((str(crowd.seed), crowd.floor.layout.store_id, window.label, *of)))


def _shoppers(scene: Scene, crowd: Crowd, window: Window) -> list[Walk]:
    """Those who come in: what each party does alone, then the shelves and the queues, where they meet, then the way out."""
    home_by = window.closes - LAST_CALL if window.shuts else None
    told = _come(scene, crowd, arrivals(scene.rng, window, scene.habits), home_by)
    more = Scene(_chance(crowd, window, "more"), crowd.floor, crowd.habits)
    told += _come(more, crowd, extra_arrivals(more.rng, crowd.planned, window), home_by)
    told += enact(scene, crowd.seed, crowd.planned, window)
    if begins_full(window):
        crowd.stock.fill()
    walks = [one.walk for one in told]
    sell(crowd.stock, _chance(crowd, window, "stock"), walks)
    forget(crowd.queues, window.opens)
    if crowd.queues:
        buyers = [one.walk for one in told if one.pays and (not crowd.floor.prices or one.walk.taken())]
        for walk in buyers:
            _to_the_tills(scene, walk)
        serve(scene, crowd.queues, buyers, window.label)
    for walk in walks:
        leave(scene, walk, home_by)
    along = Scene(_chance(crowd, window, "companions"), crowd.floor, crowd.habits)
    return walks + [companion for one in told for companion in companions(along, one.walk, one.size)]


def _come(scene: Scene, crowd: Crowd, times: list[int], home_by: int | None) -> list[Told]:
    """Parties of shoppers, who come at the times of their first ones."""
    told, coming = [], iter(times)
    for size in party_sizes(scene, len(times)):
        began, *_ = islice(coming, size)
        walk = Walk("shopper", began, has_own_tag=chance(scene.rng, scene.habits.own_tags), priority=_priority(scene))
        enter(scene, walk)
        shown = scene._replace(floor=with_offers(scene.floor, crowd.planned, began))
        told.append(Told(walk, shop(shown, walk, home_by), size))
    return told


def _priority(scene: Scene) -> Priority:
    """What one shopper values."""
    manners = scene.habits.manners
    return list(manners)[pick(scene.rng, tuple(manner.share for manner in manners.values()))]


def _to_the_tills(scene: Scene, walk: Walk) -> None:
    """Walk up to the lanes, but join none yet."""
    way = scene.floor.way(walk.here, walk.lane or scene.floor.lanes[0].zone_id)
    if len(way) > 1:
        stroll(scene, walk, way[-2])


def _passers_by(scene: Scene, window: Window, shoppers: int) -> list[Walk]:
    """Those who pass on the pavement while the store is open."""
    rng, floor, habits = scene
    if floor.outside is None:
        return []
    walks = [Walk("passer-by", rng.randrange(window.opens, window.closes)) for _ in range(round(shoppers * habits.passers_by))]
    for walk in walks:
        walk.stay(floor.outside, lognormal(rng, PASSING_S, SECOND))
    return walks
