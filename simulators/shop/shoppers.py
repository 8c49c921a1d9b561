"""What one shopper does between the entrance and the tills: a list of errands, a round through the zones, stops at shelves."""

from typing import NamedTuple

from sensors.layout import Product, ShelfPlan
from simulators.shop.doors import stroll
from simulators.shop.habits import MINUTE, SECOND, basket_size, chance, even, lognormal, pick
from simulators.shop.manners import Manner
from simulators.shop.scene import Scene, manner_of, rests_of
from simulators.shop.walk import Act, Walk

MIN_TRIP = 3 * MINUTE

STOP = 30 * SECOND
"""What one stop takes with its part of the way, for planning."""

IN_HAND = (2 * SECOND, 9 * SECOND)
"""How long a product is held that is put back."""

AGAIN = (2, 5)
"""So many stops later one comes back to a shelf."""

REVERSED, ZIGZAG = 1, 2


class Errand(NamedTuple):
    """A stop at a shelf: `units` of `product`; without a product a look only; without a shelf a look around in the zone, or a `stay`."""

    zone_id: str
    shelf: ShelfPlan | None = None
    product: Product | None = None
    units: int = 0
    stay: int = 0


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
    manner = manner_of(scene, walk)
    wanted = 0 if chance(rng, habits.browsers) else min(habits.max_basket, max(1, round(manner.basket * basket_size(rng, habits))))
    time_left = min(round(habits.max_trip_min * MINUTE), round(manner.trip * lognormal(rng, habits.trip_min, MINUTE)))
    if home_by is not None:
        time_left = max(MIN_TRIP, min(time_left, home_by - walk.now))
    time_is_over = walk.now + time_left
    rests = rests_of(scene)
    if rests and chance(rng, manner.asks):
        stroll(scene, walk, rng.choice(rests))
        walk.stay(walk.here, lognormal(rng, habits.ask_min, MINUTE))
    listed = _list(scene, manner, wanted, max(1, time_left // STOP)) + _places(scene)
    errands = _again(scene, manner, _round(scene, listed))
    taken_up = STOP * len(errands) + sum(errand.stay for errand in errands)
    spare = round(manner.dawdle * max(0, time_left - taken_up)) // len(errands)
    for errand in errands:
        if errand.stay and walk.now >= time_is_over:
            continue
        if walk.here != errand.zone_id:
            stroll(scene, walk, errand.zone_id)
        _do(scene, walk, errand, _time_for(scene, errand, even(rng, (spare // 3, spare * 5 // 3)), time_is_over - walk.now))
    return bool(walk.taken()) if floor.prices else wanted > 0


def _time_for(scene: Scene, errand: Errand, beside: int, left: int) -> int:
    """How long to be at a stop besides what is done at its shelf.

    Args:
        scene: the figures.
        errand: the stop.
        beside: the time that is to spare for it, in milliseconds.
        left: how much time is left; who goes to places keeps to it.
    """
    habits = scene.habits
    if errand.shelf is not None and habits.beside_min is not None:
        beside = min(beside, round(habits.beside_min * MINUTE))
    return min(errand.stay + beside, max(0, left)) if habits.places else beside


def _list(scene: Scene, manner: Manner, wanted: int, most: int) -> list[Errand]:
    """Stops for as many units as are wanted, `most` at the most, and looks that lead to nothing; at least one."""
    rng, floor, habits = scene
    shelves = [shelf for zone in floor.shop for shelf in floor.shelves[zone]]
    if not shelves:
        return [Errand(rng.choice(floor.shop)) for _ in range(min(most, max(wanted, 1)))]
    drawn_to = [(shelf, _draws(scene, manner, shelf)) for shelf in shelves]
    errands: list[Errand] = []
    looks = even(rng, manner.looks) + (0 if wanted else even(rng, habits.looks))
    while wanted > 0 and len(errands) < most:
        units = min(wanted, 1 + pick(rng, habits.units))
        errands.append(_stop(scene, manner, _shelf(scene, drawn_to, errands), units))
        wanted -= units
        glances = habits.glances * manner.glances
        looks += int(glances) + chance(rng, glances % 1)
    for _ in range(looks):
        errands.append(_stop(scene, manner, _shelf(scene, drawn_to, errands), 0))
    return errands


def _shelf(scene: Scene, drawn_to: list[tuple[ShelfPlan, float]], before: list[Errand]) -> ShelfPlan:
    """Where to stop: anywhere in the store, or where there is a stop `before`; rather at a shelf that one is drawn to."""
    if before and scene.habits.focus and chance(scene.rng, scene.habits.focus):
        here = {errand.zone_id for errand in before}
        drawn_to = [(shelf, drawn) for shelf, drawn in drawn_to if shelf.zone_id in here]
    return drawn_to[pick(scene.rng, tuple(drawn for _, drawn in drawn_to))][0]


def _places(scene: Scene) -> list[Errand]:
    """Where one goes besides shelves."""
    rng, _, habits = scene
    return [Errand(zone, stay=lognormal(rng, place.minutes, MINUTE)) for zone, place in habits.places.items() if chance(rng, place.share)]


def _draws(scene: Scene, manner: Manner, shelf: ShelfPlan) -> float:
    """How much more often than another one this shelf is gone to."""
    usual = manner.offers if any(product.promoted for product in shelf.products) else 1.0
    return (
        max((scene.floor.pulls.get(product.product_id, usual) for product in shelf.products), default=usual) if scene.floor.pulls else usual
    )


def _stop(scene: Scene, manner: Manner, shelf: ShelfPlan, units: int) -> Errand:
    """Decide what to take from a shelf."""
    if not shelf.products or units == 0:
        return Errand(shelf.zone_id, shelf)
    if chance(scene.rng, manner.cheapest):
        return Errand(shelf.zone_id, shelf, min(shelf.products, key=lambda product: scene.floor.prices[product.product_id]), units)
    pull, pulls = scene.habits.promoted_pull * manner.promoted_pull, scene.floor.pulls
    weights = tuple(pulls.get(product.product_id, pull if product.promoted else 1.0) for product in shelf.products)
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


def _again(scene: Scene, manner: Manner, errands: list[Errand]) -> list[Errand]:
    """Put second looks at a shelf some stops behind the first."""
    more = list(errands)
    for index in reversed(range(len(errands))):
        if errands[index].shelf is not None and chance(scene.rng, manner.returns):
            more.insert(index + even(scene.rng, AGAIN), Errand(errands[index].zone_id, errands[index].shelf))
    return more


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
    manner = manner_of(scene, walk)
    shelf = errand.shelf.shelf_id if errand.shelf else ""
    product = errand.product.product_id if errand.product else None
    look = max(1 * SECOND, round(manner.view * lognormal(rng, habits.view_s, SECOND)))
    at += look
    walk.acts.append(Act(at, shelf, "view", None, look))
    if errand.product is not None and chance(rng, manner.compares):
        at = _compare(scene, walk, errand, at)
    for _ in range(errand.units):
        at += even(rng, (800, 2500))
        walk.acts.append(Act(at, shelf, "pickup", product, None))
        if chance(rng, habits.regret * manner.regret):
            at += even(rng, IN_HAND)
            walk.acts.append(Act(at, shelf, "putback", product, None))
    return at


def _compare(scene: Scene, walk: Walk, errand: Errand, at: int) -> int:
    """Take one or two other products of the shelf into the hand, and put them back."""
    assert errand.shelf is not None
    others = [one.product_id for one in errand.shelf.products if one is not errand.product]
    for other in scene.rng.sample(others, min(len(others), even(scene.rng, (1, 2)))):
        at += even(scene.rng, (800, 2500))
        walk.acts.append(Act(at, errand.shelf.shelf_id, "pickup", other, None))
        at += even(scene.rng, IN_HAND)
        walk.acts.append(Act(at, errand.shelf.shelf_id, "putback", other, None))
    return at
