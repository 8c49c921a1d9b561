"""Those who come with somebody: they walk along from zone to zone, look at this and that, and wait behind the tills while one pays.

A companion has a device of their own and is a visit of their own. They never stand in a lane: who pays is told by who is there longest.
"""

from collections.abc import Iterator

from simulators.shop.doors import pass_gate, stroll
from simulators.shop.habits import SECOND, chance, even, pick
from simulators.shop.scene import Scene
from simulators.shop.walk import Act, Stay, Walk

LAG = (2 * SECOND, 5 * SECOND)
"""So much later than the one before them each does everything."""


def party_sizes(scene: Scene, people: int) -> Iterator[int]:
    """How many come together, until so many people have come."""
    left = people
    while left > 0:
        size = min(left, 1 + pick(scene.rng, scene.habits.parties))
        yield size
        left -= size


def companions(scene: Scene, leader: Walk, size: int) -> list[Walk]:
    """The others of a party of this size; `leader` is told to the end."""
    lags, walks = 0, []
    for _ in range(size - 1):
        lags += even(scene.rng, LAG)
        walks.append(_follow(scene, leader, lags))
    return walks


def _follow(scene: Scene, leader: Walk, lag: int) -> Walk:
    walk = Walk(
        "shopper", leader.began + lag, has_own_tag=chance(scene.rng, scene.habits.own_tags), priority=leader.priority, leader=leader
    )
    before, after = _around_the_tills(scene, leader)
    for passage in leader.passages[:1]:
        pass_gate(scene, walk, passage.gate, "in", passage.at + lag)
    for stay in before:
        walk.stay(stay.zone_id, stay.end - stay.start)
    if after:
        stroll(scene, walk, after[0].zone_id)
        walk.stay(walk.here, max(0, after[0].end + lag - walk.now))
    for stay in after[1:]:
        walk.stay(stay.zone_id, stay.end - stay.start)
    for passage in leader.passages[1:]:
        pass_gate(scene, walk, passage.gate, "out", walk.now)
    looks = (act for act in leader.acts if act.action == "view" and chance(scene.rng, scene.habits.looks_along))
    walk.acts = [Act(act.at + lag, act.shelf_id, "view", None, act.duration_ms) for act in looks]
    return walk


def _around_the_tills(scene: Scene, leader: Walk) -> tuple[list[Stay], list[Stay]]:
    """Where the leader was in the store before and after queueing; all is before where they did not."""
    lanes = {lane.zone_id for lane in scene.floor.lanes}
    out = next((passage.at for passage in leader.passages if passage.direction == "out"), leader.now)
    stays = [stay for stay in leader.stays if stay.start < out]
    queued = [index for index, stay in enumerate(stays) if stay.zone_id in lanes]
    return (stays[: queued[0]], stays[queued[-1] + 1 :]) if queued else (stays, [])
