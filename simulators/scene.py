"""What every step of a shopper needs: chance, the store, the figures."""

from random import Random
from typing import NamedTuple

from simulators.floor import Floor
from simulators.habits import Habits


class Scene(NamedTuple):
    """Where the people of one opening window come from."""

    rng: Random
    floor: Floor
    habits: Habits
