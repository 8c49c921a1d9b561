"""People who come together."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from simulators.shop.habits import MIN_STAY, SECOND, Habits
from simulators.shop.walk import Walk
from tests.simulators.plans import BARE, CROWDED, SMALL, Played, play

SEEDS = st.integers(0, 2**32)
TOGETHER = structs.replace(CROWDED, shoppers=30, parties=(0.2, 0.4, 0.2, 0.2))
LANES = {"till-a", "till-b"}


def along(played: Played) -> list[Walk]:
    """Those who came with somebody."""
    return [walk for walk in played.shoppers() if walk.leader is not None]


@settings(max_examples=30)
@given(SEEDS)
def test_they_come_and_go_together(seed: int) -> None:
    """A few seconds after the one who leads; they leave the shop when that one has, or soon after."""
    found = along(play(seed=seed, habits=TOGETHER))
    assert found
    for walk in found:
        assert walk.leader is not None
        assert walk.leader.leader is None
        assert 2 * SECOND <= walk.began - walk.leader.began <= 15 * SECOND
        assert walk.passages[0].gate == walk.leader.passages[0].gate
        assert walk.passages[-1].at >= walk.leader.passages[-1].at
        assert walk.priority == walk.leader.priority


@settings(max_examples=30)
@given(SEEDS)
def test_one_pays_for_all(seed: int) -> None:
    """The others take nothing, pay nothing, and never stand in a lane; they look where that one looked."""
    for walk in along(play(seed=seed, habits=TOGETHER)):
        assert (walk.taken(), walk.payments) == ({}, [])
        assert not {stay.zone_id for stay in walk.stays} & LANES
        assert walk.leader is not None
        assert {act.shelf_id for act in walk.acts} <= {act.shelf_id for act in walk.leader.acts}


@settings(max_examples=30)
@given(SEEDS, st.sampled_from([SMALL, structs.replace(BARE, opening_hours=SMALL.opening_hours)]))
def test_they_are_somewhere_all_the_time(seed: int, layout: object) -> None:
    """Like everybody: no hole, no stay too short to be seen, each act in the zone of its shelf."""
    played = play(layout if layout is SMALL else structs.replace(BARE, opening_hours=SMALL.opening_hours), seed, TOGETHER)
    zones = {shelf.shelf_id: shelf.zone_id for shelf in played.floor.layout.shelves}
    for walk in along(played):
        assert all(a.end == b.start and a.zone_id != b.zone_id for a, b in pairwise(walk.stays))
        assert all(stay.end - stay.start >= MIN_STAY for stay in walk.stays)
        for act in walk.acts:
            assert zones[act.shelf_id] in {stay.zone_id for stay in walk.stays if stay.start <= act.at < stay.end}


def test_the_truth_names_the_party() -> None:
    """By the device of the one who leads; that one, and who comes alone, belongs to none."""
    played = play(habits=TOGETHER)
    for walk, truth in zip(played.walks, played.truths, strict=True):
        assert truth.party == (walk.leader.device_id if walk.leader else None)


def test_sizes_of_parties_are_those_of_the_figures() -> None:
    """And so many people come as are wanted, however they come."""
    played = play(seed=3, habits=structs.replace(TOGETHER, shoppers=2000, parties=(0.5, 0.0, 0.5)))
    leaders = [walk for walk in played.shoppers() if walk.leader is None]
    sizes = [1 + sum(walk.leader is leader for walk in along(played)) for leader in leaders]
    assert set(sizes) <= {1, 2, 3}
    assert sizes.count(2) <= 1  # the last party may be cut short
    assert abs(sizes.count(3) / len(sizes) - 0.5) < 0.06
    alone = play(seed=3, habits=structs.replace(TOGETHER, shoppers=2000, parties=(1.0,)))
    assert len(alone.shoppers()) == len(played.shoppers())


def test_everybody_may_come_alone() -> None:
    """Where the figures say so."""
    assert along(play(habits=Habits(shoppers=60, parties=(1.0,)))) == []
