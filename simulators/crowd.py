"""Everybody who comes while a store is open: shoppers, staff and passers-by, as complete walks."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from simulators.devices import Devices, hand_out
from simulators.doors import enter, leave, stroll
from simulators.events import Planned, enact
from simulators.floor import Floor
from simulators.habits import MINUTE, SECOND, Habits, chance, lognormal, pick
from simulators.manners import Priority
from simulators.opening import Window, arrivals
from simulators.scene import Scene
from simulators.shoppers import shop
from simulators.staff import shifts
from simulators.tills import Queue, check_out, queues_of
from simulators.walk import Walk

LAST_CALL = 5 * MINUTE
"""Shoppers are asked to the tills so long before closing."""

PASSING_S = (24.0, 0.5)
"""Median seconds on the pavement of those who pass, and sigma of the lognormal [A]."""


@dataclass(slots=True)
class Crowd:
    """A store, what lasts from one day to the next, its queues and its devices, and what shall happen there."""

    floor: Floor
    habits: Habits
    seed: int
    queues: list[Queue]
    devices: Devices
    planned: tuple[Planned, ...] = ()


def crowd_of(floor: Floor, habits: Habits, seed: int, planned: Iterable[Planned] = ()) -> Crowd:
    """A store on its first day."""
    return Crowd(floor, habits, seed, queues_of(floor), Devices(), tuple(planned))


def come_and_go(crowd: Crowd, window: Window) -> list[Walk]:
    """All walks of one opening window, in the order in which they begin.

    The same seed, store and window give the same walks, given the same windows before.
    """
    scene = Scene(Random(f"{crowd.seed}/{crowd.floor.layout.store_id}/{window.label}"), crowd.floor, crowd.habits)
    walks = _shoppers(scene, crowd, window)
    walks += _passers_by(scene, window, len(walks))
    walks += shifts(scene, window)
    walks.sort(key=lambda walk: walk.began)
    return hand_out(scene, crowd.devices, walks)


def _shoppers(scene: Scene, crowd: Crowd, window: Window) -> list[Walk]:
    """Those who come in: first what each does alone, then the queues, where they meet, then the way out."""
    walks, buyers = [], []
    home_by = window.closes - LAST_CALL if window.shuts else None
    for began in arrivals(scene.rng, window, scene.habits):
        walk = Walk("shopper", began, has_own_tag=chance(scene.rng, scene.habits.own_tags), priority=_priority(scene))
        walks.append(walk)
        enter(scene, walk)
        if shop(scene, walk, home_by) and crowd.queues:
            _to_the_tills(scene, walk)
            buyers.append(walk)
    for walk, pays in enact(scene, crowd.seed, crowd.planned, window):
        walks.append(walk)
        if pays and crowd.queues:
            _to_the_tills(scene, walk)
            buyers.append(walk)
    for walk in sorted(buyers, key=lambda buyer: buyer.now):
        check_out(scene, crowd.queues, walk, window.label)
    for walk in walks:
        leave(scene, walk, home_by)
    return walks


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
