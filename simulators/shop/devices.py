"""Who carries which device: bands that the store gives to one visitor after the other, and tags of people who come again."""

import heapq
import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, chain, count
from random import Random

from simulators.shop.habits import MINUTE
from simulators.shop.scene import Scene
from simulators.shop.walk import Walk

REST = 10 * MINUTE
"""A device comes back this much later than the silence that ends a visit: one visit never runs into the next."""


@dataclass(slots=True)
class Devices:
    """What the store's desk remembers: from when on each band, tag and badge may be in the store again (epoch ms)."""

    bands: list[tuple[int, str]] = field(default_factory=list)
    bands_made: int = 0
    tags: dict[int, int] = field(default_factory=dict)
    badges: dict[str, int] = field(default_factory=dict)


def hand_out(scene: Scene, devices: Devices, walks: list[Walk]) -> list[Walk]:
    """Give every walk its device. Walks come in the order in which they begin; staff have theirs already.

    Returns:
        The walks, without shifts of staff who have only just left.
    """
    tired = set()
    for index, walk in enumerate(walks):
        rest_until = walk.now + scene.floor.timing.visit_timeout + REST
        if walk.role == "staff" and devices.badges.get(walk.device_id, walk.began) > walk.began:
            tired.add(index)
        elif walk.role == "staff":
            devices.badges[walk.device_id] = rest_until
        elif walk.role == "passer-by":
            walk.device_id = _random_mac(scene.rng)
        elif walk.role == "shopper" and walk.has_own_tag:
            walk.device_id = _tag(scene, devices, walk, rest_until)
        elif walk.role == "shopper":
            walk.device_id = _band(devices, walk.began, rest_until)
    return [walk for index, walk in enumerate(walks) if index not in tired]


def _band(devices: Devices, now: int, rest_until: int) -> str:
    """The band that lies on the desk for longest, or a new one."""
    if devices.bands and devices.bands[0][0] <= now:
        _, band = devices.bands[0]
        heapq.heapreplace(devices.bands, (rest_until, band))
        return band
    devices.bands_made += 1
    band = f"band-{devices.bands_made:04d}"
    heapq.heappush(devices.bands, (rest_until, band))
    return band


def _tag(scene: Scene, devices: Devices, walk: Walk, rest_until: int) -> str:
    """Somebody who has a tag, shops in this manner, and is not here nor has just been; some come more often than others."""
    first, end = _holders(scene, walk)
    wanted: Iterable[int] = ()
    if first < end:
        shares = _frequencies(end - first)
        drawn = first + bisect_right(shares, scene.rng.randrange(shares[-1]))
        wanted = chain(range(drawn, end), range(first, drawn))
    holder = next(holder for holder in chain(wanted, _others(scene, walk)) if devices.tags.get(holder, walk.began) <= walk.began)
    devices.tags[holder] = rest_until
    return f"tag-{holder:05d}"


def _others(scene: Scene, walk: Walk) -> Iterable[int]:
    """Who of this manner may come when all of its range are here or have just been: numbers behind all ranges, the kinds by turns."""
    kinds = list(scene.habits.manners)
    return count(_number_of_holders(scene) + (0 if walk.priority is None else kinds.index(walk.priority)), len(kinds))


@lru_cache
def _frequencies(holders: int) -> list[int]:
    """How often each of so many people comes, summed up, in thousandths of the mean: exponentially spread, the most frequent first.

    Visits of a year are then spread as a negative binomial of shape 1, Ehrenberg's law of repeat buying with an assumed shape [A].
    """
    return list(accumulate(max(1, round(-1000 * math.log((number + 0.5) / holders))) for number in range(holders)))


def _holders(scene: Scene, walk: Walk) -> tuple[int, int]:
    """Which holders of tags shop like this: each kind has a range of numbers, so that people keep to their ways when they come again."""
    holders = _number_of_holders(scene)
    if walk.priority is None:
        return 0, holders
    manners = scene.habits.manners
    shares, here = [manner.share for manner in manners.values()], list(manners).index(walk.priority)
    first, end = (round(holders * math.fsum(shares[:index]) / math.fsum(shares)) for index in (here, here + 1))
    return first, end


def _number_of_holders(scene: Scene) -> int:
    return max(1, round(scene.habits.shoppers * scene.habits.tag_holders))


def _random_mac(rng: Random) -> str:
    """A phone's random address, never met again: locally administered, as those are."""
    octets = [rng.getrandbits(8) & 0xFC | 0x02, *(rng.getrandbits(8) for _ in range(5))]
    return ":".join(f"{octet:02x}" for octet in octets)
