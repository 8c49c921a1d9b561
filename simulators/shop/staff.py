"""The people who work in the store: registered devices, whole shifts, at the tills or on the floor, with breaks.

Whose till is not always open fills shelves, and sits there only while it is.
"""

from collections.abc import Mapping
from random import Random
from typing import NamedTuple

from simulators.shop.doors import STROLL, come_in, go_out, stroll
from simulators.shop.habits import MIN_STAY, MINUTE, even
from simulators.shop.opening import Window, power
from simulators.shop.scene import Scene
from simulators.shop.tills import Opening
from simulators.shop.walk import Walk

BEFORE = (20 * MINUTE, 30 * MINUTE)
"""How long before opening the early shift comes; never before sensors are switched on."""

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
TASKS = (5, 9)
"""In so many zones one fills shelves between two breaks."""

TO_TILL = 4 * MINUTE
"""Nobody begins another task this shortly before their till is opened: enough for the way there, from anywhere."""

LEAVES_BEFORE = 4 * MINUTE
"""Nobody begins another task this shortly before the end of the shift."""


class Shift(NamedTuple):
    """When somebody works, in epoch milliseconds, at which till (None: on the floor), and when that is open (None: always)."""

    begin: int
    end: int
    lane: str | None
    openings: tuple[Opening, ...] | None


def shifts(scene: Scene, window: Window, openings: Mapping[str, tuple[Opening, ...]]) -> list[Walk]:
    """A walk for every staff device: the even ones early, the odd ones late; the first of each shift sit at the tills.

    Args:
        scene: chance, the store, the figures.
        window: when the store is open.
        openings: when the lanes are open that are not always so, by their zone.
    """
    lanes = [lane.zone_id for lane in scene.floor.lanes]
    walks = []
    for index, device in enumerate(sorted(scene.floor.layout.staff_devices)):
        begin, end = _early(scene.rng, window) if index % 2 == 0 else _late(scene.rng, window)
        walk = Walk("staff", begin, device_id=device)
        lane = dict(enumerate(lanes)).get(index // 2)
        _work(scene, walk, Shift(begin, end, lane, None if lane is None else openings.get(lane)))
        walks.append(walk)
    return walks


def _early(rng: Random, window: Window) -> tuple[int, int]:
    begin = window.opens + (-even(rng, BEFORE) if window.fresh else even(rng, HURRY))
    return max(power(window)[0], begin), _middle(window) + HANDOVER


def _late(rng: Random, window: Window) -> tuple[int, int]:
    end = window.closes + (even(rng, AFTER) if window.shuts else -HANDOVER)
    return max(power(window)[0], _middle(window) - HANDOVER - even(rng, HURRY)), end


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
    """Until the next break: at the till, or filling shelves in some zones, and at the till whenever that is opened."""
    rng, floor, _ = scene
    if shift.lane is not None and shift.openings is None:
        _spend(scene, walk, shift, shift.lane, even(rng, AT_TILL))
        return
    for _ in range(even(rng, TASKS)):
        _spend(scene, walk, shift, rng.choice(floor.shop), even(rng, ON_FLOOR))


def _has_time(walk: Walk, shift: Shift) -> bool:
    return walk.now < shift.end - LEAVES_BEFORE


def _spend(scene: Scene, walk: Walk, shift: Shift, zone: str, length: int) -> None:
    """Go to a zone and be there for a while, but not beyond the end of the shift, and not when the own till is opened: that comes first."""
    while _has_time(walk, shift) and (opening := _next(walk, shift)) is not None and opening.start - walk.now <= TO_TILL:
        _sit(scene, walk, shift, opening)
    if _has_time(walk, shift):
        stroll(scene, walk, zone)
        opening = _next(walk, shift)
        until = shift.end if opening is None else min(shift.end, opening.start - TO_TILL)
        walk.stay(zone, max(0, min(length, until - walk.now)))


def _next(walk: Walk, shift: Shift) -> Opening | None:
    """When the own till is open now or next, if one comes there before it is closed."""
    return next((one for one in shift.openings or () if one.end - walk.now > TO_TILL), None)


def _sit(scene: Scene, walk: Walk, shift: Shift, opening: Opening) -> None:
    """Go to the own till, come there no sooner than it is opened, leave it when it is closed, or the shift is over."""
    rng, floor, _ = scene
    assert shift.lane is not None
    way = floor.way(walk.here, shift.lane)[:-1]
    steps = [even(rng, STROLL) for _ in way]
    walk.stay(walk.here, max(0, opening.start - sum(steps) - walk.now))
    for zone, step in zip(way, steps, strict=True):
        walk.stay(zone, step)
    if walk.now + MIN_STAY <= opening.end:
        walk.stay(shift.lane, min(opening.end, shift.end) - walk.now)
        stroll(scene, walk, rng.choice(floor.shop))
