"""Who carries which device."""

import re
from collections import defaultdict
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from simulators.shop.devices import REST, Devices, hand_out
from simulators.shop.floor import floor_of
from simulators.shop.habits import HOUR, MINUTE, Habits
from simulators.shop.manners import MANNERS, Priority
from simulators.shop.scene import Scene
from simulators.shop.walk import Role, Walk
from tests.simulators.plans import SMALL

NOON = 1_795_000_000_000
APART = floor_of(SMALL).timing.visit_timeout + REST

visits = st.lists(st.tuples(st.integers(0, 9 * 60), st.integers(1, 90), st.booleans()), max_size=40)
"""When somebody comes (minutes), for how long, and whether with a tag of their own."""


def give(walks: list[Walk], devices: Devices | None = None, habits: Habits | None = None) -> list[Walk]:
    """Hand out devices."""
    ordered = sorted(walks, key=lambda walk: walk.began)
    return hand_out(Scene(Random(1), floor_of(SMALL), habits or Habits(shoppers=3)), Devices() if devices is None else devices, ordered)


def visit(begin_min: int, length_min: int, own: bool = False, role: Role = "shopper", device: str = "") -> Walk:
    """Somebody in the store."""
    walk = Walk(role, NOON + begin_min * MINUTE, has_own_tag=own, device_id=device)
    walk.stay("left", length_min * MINUTE)
    return walk


@given(visits)
def test_no_device_is_in_two_visits_that_could_run_into_each_other(given_visits: list[tuple[int, int, bool]]) -> None:
    """It comes again only when its last visit must have ended for everybody, even if nobody saw it leave."""
    last: dict[str, int] = {}
    for walk in give([visit(*one) for one in given_visits]):
        assert walk.began >= last.get(walk.device_id, 0) + APART or walk.device_id not in last
        last[walk.device_id] = walk.now


def test_a_band_goes_to_the_next_visitor() -> None:
    """As soon as it may; until then, another one is given out."""
    first, second, third = give([visit(0, 10), visit(20, 10), visit(60, 10)])
    assert first.device_id != second.device_id
    assert third.device_id == first.device_id


def test_people_with_a_tag_come_again() -> None:
    """On the same day and on others."""
    devices = Devices()
    today = give([visit(hour * 60, 10, own=True) for hour in range(9)], devices)
    tomorrow = give([visit(24 * 60 + hour * 60, 10, own=True) for hour in range(9)], devices)
    assert len({walk.device_id for walk in today}) < 9
    assert {walk.device_id for walk in today} & {walk.device_id for walk in tomorrow}


@given(st.integers(1, 12), st.lists(st.tuples(st.sampled_from(sorted(MANNERS)), st.integers(0, 600)), max_size=60))
def test_who_comes_again_shops_as_before(shoppers: int, comings: list[tuple[Priority, int]]) -> None:
    """However few have a tag, and however many of them are there at once: a tag is of one kind of shoppers."""
    walks = [visit(minute, 10, own=True) for _, minute in comings]
    for walk, (kind, _) in zip(walks, comings, strict=True):
        walk.priority = kind
    kinds: defaultdict[str, set[str | None]] = defaultdict(set)
    for walk in give(walks, habits=Habits(shoppers=shoppers)):
        kinds[walk.device_id].add(walk.priority)
    assert all(len(ways) == 1 for ways in kinds.values())


def test_bands_and_tags_can_be_told_apart() -> None:
    """By their names."""
    band, tag = give([visit(0, 10), visit(1, 10, own=True)])
    assert band.device_id == "band-0001"
    assert re.fullmatch(r"tag-\d{5}", tag.device_id)


def test_who_passes_by_has_a_random_address() -> None:
    """A locally administered one, as phones have, and never the same twice."""
    names = [walk.device_id for walk in give([visit(minute, 1, role="passer-by") for minute in range(200)])]
    assert all(re.fullmatch(r"[0-9a-f][26ae](:[0-9a-f]{2}){5}", name) for name in names)
    assert len(set(names)) == 200


def test_staff_keep_their_badges() -> None:
    """They bring them along."""
    (walk,) = give([visit(0, 60, role="staff", device="badge-1")])
    assert walk.device_id == "badge-1"


def test_a_shift_right_after_another_is_not_worked() -> None:
    """The same badge cannot come again at once; later it can."""
    devices = Devices()
    shifts = [visit(begin, 60, role="staff", device="badge-1") for begin in (0, 70, 120)]
    assert give(shifts, devices) == [shifts[0], shifts[2]]


def test_a_store_with_a_crowd_has_many_bands() -> None:
    """As many as are out at a time."""
    walks = give([visit(0, 10) for _ in range(30)] + [visit(5 * HOUR // MINUTE, 10) for _ in range(30)])
    assert len({walk.device_id for walk in walks}) == 30
