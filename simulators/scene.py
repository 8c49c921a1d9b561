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


def manner_of(scene: Scene, walk: Walk) -> Manner:
    """How this one shops."""
    return scene.habits.manners[walk.priority or "none"]
