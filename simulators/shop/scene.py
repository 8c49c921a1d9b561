"""What every step of a shopper needs: chance, the store, the figures."""

from random import Random
from typing import NamedTuple

from simulators.shop.floor import Floor
from simulators.shop.habits import Habits
from simulators.shop.manners import Manner
from simulators.shop.walk import Walk


class Scene(NamedTuple):
    """Where the people of one opening window come from."""

    rng: Random
    floor: Floor
    habits: Habits


def rests_of(scene: Scene) -> tuple[str, ...]:
    """The zones to sit down in or to ask: of interest, without a shelf, and nothing that people come for itself."""
    return tuple(zone for zone in scene.floor.rests if zone not in scene.habits.places)


class Told(NamedTuple):
    """Somebody who came in, told until the tills or the way out, whether they pay, and how many are of their party."""

    walk: Walk
    pays: bool
    size: int = 1


def manner_of(scene: Scene, walk: Walk) -> Manner:
    """How this one shops; who comes by a script may be of a kind that nobody else is of."""
    manners = scene.habits.manners
    return manners.get(walk.priority or "none", manners["none"])
