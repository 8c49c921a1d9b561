"""The people who work in the store: registered devices, whole shifts, at the tills or on the floor, with breaks."""

from random import Random
from typing import NamedTuple

from simulators.doors import come_in, go_out, stroll
from simulators.habits import MINUTE, even
from simulators.opening import Window
from simulators.scene import Scene
from simulators.walk import Walk

BEFORE = (20 * MINUTE, 30 * MINUTE)
"""How long before opening the early shift comes."""

AFTER = (15 * MINUTE, 28 * MINUTE)
"""How long after closing the late shift goes."""

HURRY = (0, 5 * MINUTE)
"""Nobody comes at the same second as the others."""

HANDOVER = 15 * MINUTE
"""Early and late shift overlap by twice this."""

CHANGING = (2 * MINUTE, 5 * MINUTE)
AT_TILL = (60 * MINUTE, 110 * MINUTE)
ON_FLOOR = (3 * MINUTE, 18 * MINUTE)
BREAK = (10 * MINUTE, 25 * MINUTE)
LEAVES_BEFORE = 4 * MINUTE
"""Nobody begins another task this shortly before the end of the shift."""


class Shift(NamedTuple):
    """When somebody works, in epoch milliseconds, and at which till (None: on the floor)."""

    begin: int
    end: int
    lane: str | None


def shifts(scene: Scene, window: Window) -> list[Walk]:
    """A walk for every staff device: the even ones early, the odd ones late; the first of each shift sit at the tills."""
    lanes = [lane.zone_id for lane in scene.floor.lanes]
    walks = []
    for index, device in enumerate(sorted(scene.floor.layout.staff_devices)):
        begin, end = _early(scene.rng, window) if index % 2 == 0 else _late(scene.rng, window)
        walk = Walk("staff", begin, device_id=device)
        _work(scene, walk, Shift(begin, end, dict(enumerate(lanes)).get(index // 2)))
        walks.append(walk)
    return walks


def _early(rng: Random, window: Window) -> tuple[int, int]:
    begin = window.opens + (-even(rng, BEFORE) if window.fresh else even(rng, HURRY))
    return begin, _middle(window) + HANDOVER


def _late(rng: Random, window: Window) -> tuple[int, int]:
    end = window.closes + (even(rng, AFTER) if window.shuts else -HANDOVER)
    return _middle(window) - HANDOVER - even(rng, HURRY), end


def _middle(window: Window) -> int:
    return (window.opens + window.closes) // 2


def _work(scene: Scene, walk: Walk, shift: Shift) -> None:
    """A shift: coming, the staff room, tasks with breaks between them, going."""
    rng, floor, _ = scene
    walk.stay(come_in(scene, walk), 0)
    if floor.staff_room is not None:
        _spend(scene, walk, shift, floor.staff_room, even(rng, CHANGING))
    while _has_time(walk, shift):
        _task(scene, walk, shift)
        if floor.staff_room is not None:
            _spend(scene, walk, shift, floor.staff_room, even(rng, BREAK))
    go_out(scene, walk)


def _task(scene: Scene, walk: Walk, shift: Shift) -> None:
    """Until the next break: at the till, or filling shelves in some zones."""
    rng, floor, _ = scene
    if shift.lane is not None:
        _spend(scene, walk, shift, shift.lane, even(rng, AT_TILL))
        return
    for _ in range(even(rng, (5, 9))):
        _spend(scene, walk, shift, rng.choice(floor.shop), even(rng, ON_FLOOR))


def _has_time(walk: Walk, shift: Shift) -> bool:
    return walk.now < shift.end - LEAVES_BEFORE


def _spend(scene: Scene, walk: Walk, shift: Shift, zone: str, length: int) -> None:
    """Go to a zone and be there for a while, but not beyond the end of the shift."""
    if _has_time(walk, shift):
        stroll(scene, walk, zone)
        walk.stay(zone, max(0, min(length, shift.end - walk.now)))
