"""Coming in from the street and going back to it."""

from typing import Literal

from simulators.shop.habits import MINUTE, SECOND, chance, even, lognormal
from simulators.shop.scene import Scene, manner_of, rests_of
from simulators.shop.walk import Passage, Walk

STROLL = (16 * SECOND, 34 * SECOND)
"""Time to walk through a zone on the way to another."""

FOYER = (16 * SECOND, 45 * SECOND)
"""Time between the gate and the shop: a cart, a look at the list."""

APPROACH = (16 * SECOND, 60 * SECOND)
"""Time before the shop window, where a device is heard already."""

LINGER = (16 * SECOND, 80 * SECOND)
"""The same after leaving; it must be over before the exit's grace is, for what is heard later is a visit of its own."""

SECOND_LOOK = 8 * SECOND
"""A gate that reports a passage twice does so within this time, while the shopper is still behind it."""


def enter(scene: Scene, walk: Walk) -> None:
    """Come in from the street: perhaps heard there first, then through a gate into its zone."""
    rng, floor, habits = scene
    if floor.outside is not None and chance(rng, habits.approaches):
        walk.stay(floor.outside, even(rng, APPROACH))
    walk.stay(come_in(scene, walk), even(rng, FOYER))


def leave(scene: Scene, walk: Walk, home_by: int | None) -> None:
    """Go out to the street, after paying perhaps by way of the café; be heard there for a while or not."""
    rng, floor, habits = scene
    places = rests_of(scene)
    rests = walk.payments and not walk.scripted and places and chance(rng, habits.rests * manner_of(scene, walk).rests)
    rest = lognormal(rng, habits.rest_min, MINUTE) if rests else 0
    if rest and (home_by is None or walk.now + rest < home_by):
        stroll(scene, walk, rng.choice(places))
        walk.stay(walk.here, rest)
    seen = go_out(scene, walk)
    longest = min(LINGER[1], floor.timing.exit_grace - 2 * SECOND)
    if seen and floor.outside is not None and longest >= LINGER[0] and chance(rng, habits.lingers):
        walk.stay(floor.outside, even(rng, (LINGER[0], longest)))


def stroll(scene: Scene, walk: Walk, goal: str) -> None:
    """Walk to a zone; arrive there with the shortest stay."""
    for zone in scene.floor.way(walk.here, goal):
        walk.stay(zone, 0 if zone == goal else even(scene.rng, STROLL))


def come_in(scene: Scene, walk: Walk) -> str:
    """Pass one of the gates inwards, now.

    Returns:
        The zone behind it; in a store without gates, the entrance.
    """
    gates = scene.floor.gates
    if not gates:
        return scene.floor.doorless
    gate = scene.rng.randrange(len(gates))
    pass_gate(scene, walk, gate, "in", walk.now)
    return gates[gate][1]


def go_out(scene: Scene, walk: Walk) -> bool:
    """Walk to one of the gates and pass it.

    Returns:
        Whether the gate saw it.
    """
    gates = scene.floor.gates
    if not gates:
        stroll(scene, walk, scene.floor.doorless)
        return False
    gate = scene.rng.randrange(len(gates))
    if walk.here != gates[gate][1]:
        stroll(scene, walk, gates[gate][1])
    return pass_gate(scene, walk, gate, "out", walk.now)


def pass_gate(scene: Scene, walk: Walk, gate: int, direction: Literal["in", "out"], at: int) -> bool:
    """Pass a gate at a time.

    Returns:
        Whether the gate saw it; it sees everybody who goes out by a script.
    """
    within = SECOND_LOOK if direction == "in" else min(SECOND_LOOK, scene.floor.timing.exit_grace - 1)
    reports = _reports(scene, at, within)
    if walk.scripted and direction == "out":
        reports = (at,)
    walk.passages.append(Passage(at, gate, direction, reports))
    return bool(reports)


def _reports(scene: Scene, now: int, within: int) -> tuple[int, ...]:
    """When a gate reports somebody who passes now: once, or not at all, or twice."""
    if chance(scene.rng, scene.habits.unseen):
        return ()
    if within >= SECOND and chance(scene.rng, scene.habits.second_looks):
        return (now, now + even(scene.rng, (SECOND, within)))
    return (now,)
