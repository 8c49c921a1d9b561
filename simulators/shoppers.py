"""What one shopper does between the entrance and the tills: a list of errands, a round through the zones, stops at shelves."""

from typing import NamedTuple

from sensors.layout import Product, ShelfPlan
from simulators.doors import stroll
from simulators.habits import MINUTE, SECOND, basket_size, chance, even, lognormal, pick
from simulators.scene import Scene
from simulators.walk import Act, Walk

MIN_TRIP, MAX_TRIP = 3 * MINUTE, 90 * MINUTE

STOP = 30 * SECOND
"""What one stop takes with its part of the way, for planning."""

REVERSED, ZIGZAG = 1, 2


class Errand(NamedTuple):
    """A stop at a shelf: `units` of `product`; without a product a look only; without a shelf a look around in the zone."""

    zone_id: str
    shelf: ShelfPlan | None = None
    product: Product | None = None
    units: int = 0


def shop(scene: Scene, walk: Walk, home_by: int | None) -> bool:
    """Do the errands: zone to zone, stop by stop, until nothing is left on the list.

    Args:
        scene: chance, the store, the figures.
        walk: a shopper in the entrance; told further.
        home_by: when the store wants its shoppers at the tills (epoch ms); None if it never closes.

    Returns:
        Whether there is something to pay.
    """
    rng, floor, habits = scene
    wanted = 0 if chance(rng, habits.browsers) else basket_size(rng, habits)
    time_left = min(MAX_TRIP, lognormal(rng, habits.trip_min, MINUTE))
    if home_by is not None:
        time_left = max(MIN_TRIP, min(time_left, home_by - walk.now))
    errands = _round(scene, _list(scene, wanted, max(1, time_left // STOP)))
    spare = max(0, time_left - STOP * len(errands)) // len(errands)
    for errand in errands:
        if walk.here != errand.zone_id:
            stroll(scene, walk, errand.zone_id)
        _do(scene, walk, errand, even(rng, (spare // 3, spare * 5 // 3)))
    return bool(walk.taken()) if floor.prices else wanted > 0


def _list(scene: Scene, wanted: int, most: int) -> list[Errand]:
    """Stops for as many units as are wanted, `most` at the most, and looks that lead to nothing; at least one."""
    rng, floor, habits = scene
    shelves = [shelf for zone in floor.shop for shelf in floor.shelves[zone]]
    if not shelves:
        return [Errand(rng.choice(floor.shop)) for _ in range(min(most, max(wanted, 1)))]
    errands: list[Errand] = []
    looks = 0 if wanted else even(rng, (1, 4))
    while wanted > 0 and len(errands) < most:
        units = min(wanted, 1 + pick(rng, habits.units))
        errands.append(_stop(scene, rng.choice(shelves), units))
        wanted -= units
        looks += chance(rng, habits.glances)
    return errands + [_stop(scene, rng.choice(shelves), 0) for _ in range(looks)]


def _stop(scene: Scene, shelf: ShelfPlan, units: int) -> Errand:
    if not shelf.products or units == 0:
        return Errand(shelf.zone_id, shelf)
    weights = tuple(scene.habits.promoted_pull if product.promoted else 1.0 for product in shelf.products)
    return Errand(shelf.zone_id, shelf, shelf.products[pick(scene.rng, weights)], units)


def _round(scene: Scene, errands: list[Errand]) -> list[Errand]:
    """The errands in the order of a round: the usual one, the reverse, or zigzag; those of a zone, and of a shelf, together."""
    order = list(scene.floor.shop)
    shape = pick(scene.rng, scene.habits.round_trip)
    if shape == REVERSED:
        order.reverse()
    elif shape == ZIGZAG:
        scene.rng.shuffle(order)
    place = {zone: index for index, zone in enumerate(order)}
    return sorted(errands, key=lambda errand: (place[errand.zone_id], errand.shelf.shelf_id if errand.shelf else ""))


def _do(scene: Scene, walk: Walk, errand: Errand, extra: int) -> None:
    """One stop in the zone where the walk is: go up to the shelf, look, take, perhaps put back."""
    at = walk.now + even(scene.rng, (2 * SECOND, 6 * SECOND)) + extra
    if errand.shelf is not None:
        at = _at_shelf(scene, walk, errand, at)
    walk.stay(walk.here, at + even(scene.rng, (1 * SECOND, 4 * SECOND)) - walk.now)


def _at_shelf(scene: Scene, walk: Walk, errand: Errand, at: int) -> int:
    """Tell what happens at the shelf from `at` on.

    Returns:
        When the shopper turns away.
    """
    rng, _, habits = scene
    shelf = errand.shelf.shelf_id if errand.shelf else ""
    product = errand.product.product_id if errand.product else None
    look = max(1 * SECOND, lognormal(rng, habits.view_s, SECOND))
    at += look
    walk.acts.append(Act(at, shelf, "view", None, look))
    for _ in range(errand.units):
        at += even(rng, (800, 2500))
        walk.acts.append(Act(at, shelf, "pickup", product, None))
        if chance(rng, habits.regret):
            at += even(rng, (2 * SECOND, 9 * SECOND))
            walk.acts.append(Act(at, shelf, "putback", product, None))
    return at
