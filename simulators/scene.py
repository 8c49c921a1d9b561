"""What every step of a shopper needs: chance, the store, the figures."""

from random import Random
from typing import NamedTuple

from simulators.floor import Floor
from simulators.habits import Habits
from simulators.manners import Manner
from simulators.walk import Walk


class Scene(NamedTuple):
    """Where the people of one opening window come from."""

    rng: Random
    floor: Floor
    habits: Habits


def rests_of(scene: Scene) -> tuple[str, ...]:
    """The zones to sit down in or to ask: of interest, without a shelf, and nothing that people come for itself."""
    return tuple(zone for zone in scene.floor.rests if zone not in scene.habits.places)


def manner_of(scene: Scene, walk: Walk) -> Manner:
    """How this one shops."""
    return scene.habits.manners[walk.priority or "none"]
