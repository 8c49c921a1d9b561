"""A walk as it is told, and one shopper's part in it: doors, errands."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.shop.doors import LINGER, SECOND_LOOK, come_in, enter, go_out, leave, stroll
from simulators.shop.floor import floor_of
from simulators.shop.habits import MIN_STAY, MINUTE, SECOND, Habits
from simulators.shop.scene import Scene
from simulators.shop.shoppers import shop
from simulators.shop.walk import Act, Stay, Walk
from tests.simulators.plans import BARE, CROWDED, SMALL

SEEDS = st.integers(0, 2**32)
NOON = 1_795_000_000_000


def scene(seed: int, habits: Habits = CROWDED) -> Scene:
    """The small store, with chance from a seed."""
    return Scene(Random(seed), floor_of(SMALL), habits)


def shopper(at: int = NOON) -> Walk:
    """Somebody in the entrance since a minute."""
    walk = Walk("shopper", at)
    walk.stay("entrance", MINUTE)
    return walk


def test_a_stay_has_a_least_length() -> None:
    """Whoever arrives in a zone stays until the sensors have seen it."""
    walk = Walk("shopper", NOON)
    walk.stay("a", 0)
    assert walk.stays == [Stay("a", NOON, NOON + MIN_STAY)]


def test_more_time_in_the_same_zone_is_the_same_stay() -> None:
    """And has no least length of its own."""
    walk = Walk("shopper", NOON)
    walk.stay("a", 20 * SECOND)
    walk.stay("a", 1 * SECOND)
    assert walk.stays == [Stay("a", NOON, NOON + 21 * SECOND)]


def test_stays_follow_each_other_without_a_hole() -> None:
    """The next one begins when the one before ends."""
    walk = Walk("shopper", NOON)
    walk.stay("a", 20 * SECOND)
    walk.stay("b", 30 * SECOND)
    assert walk.stays[1] == Stay("b", NOON + 20 * SECOND, NOON + 50 * SECOND)
    assert (walk.here, walk.now) == ("b", NOON + 50 * SECOND)


def act(action: str, product: str | None) -> Act:
    """Something done at a shelf."""
    return Act(NOON, "shelf", action, product, None)  # type: ignore[arg-type]


def test_taken_is_what_was_picked_up_and_not_put_back() -> None:
    """Per product, and never less than nothing; views and products without a name do not count."""
    walk = Walk("shopper", NOON)
    walk.acts = [act("pickup", "milk"), act("pickup", "milk"), act("putback", "milk"), act("pickup", "soap"), act("putback", "soap")]
    walk.acts += [act("view", "tea"), act("pickup", None)]
    assert walk.taken() == {"milk": 1}


@given(SEEDS)
def test_whoever_comes_in_stands_behind_a_gate(seed: int) -> None:
    """In its zone, from the moment of passing it; perhaps heard on the pavement before."""
    walk = Walk("shopper", NOON)
    enter(scene(seed), walk)
    (passage,) = walk.passages
    assert walk.here == "entrance"
    assert passage.direction == "in"
    assert passage.at == walk.stays[-1].start
    assert [stay.zone_id for stay in walk.stays] in (["entrance"], ["outside", "entrance"])


@given(SEEDS)
def test_a_gate_reports_the_exact_moment_or_nothing_or_twice(seed: int) -> None:
    """The second report comes while the shopper still stands behind the gate."""
    walk = Walk("shopper", NOON)
    enter(scene(seed), walk)
    (passage,) = walk.passages
    assert passage.reports in ((), (passage.at,)) or len(passage.reports) == 2
    assert all(passage.at <= report <= passage.at + SECOND_LOOK < passage.at + MIN_STAY for report in passage.reports)


@given(SEEDS)
def test_whoever_goes_out_leaves_through_a_gate(seed: int) -> None:
    """At the end of the last stay behind it."""
    walk = shopper()
    stroll(scene(seed), walk, "left")
    seen = go_out(scene(seed), walk)
    assert walk.here == "entrance"
    assert (walk.passages[-1].at, walk.passages[-1].direction) == (walk.now, "out")
    assert seen == bool(walk.passages[-1].reports)


@given(SEEDS)
def test_whoever_lingers_is_gone_before_the_grace_is_over(seed: int) -> None:
    """And was seen leaving; what is heard after the grace would be another visit."""
    habits = Habits(lingers=1.0, unseen=0.3)
    walk = shopper()
    leave(scene(seed, habits), walk, None)
    (out,) = walk.passages
    assert (walk.here == "outside") == bool(out.reports)
    assert walk.now - out.at <= LINGER[1] < floor_of(SMALL).timing.exit_grace


def test_nobody_lingers_where_there_is_no_grace() -> None:
    """Nor does a gate report twice: either would be a visit of its own."""
    layout = floor_of(type(SMALL)(store_id="s", zones=SMALL.zones, gates=SMALL.gates, rules={"exit_grace_s": 0}))
    for seed in range(50):
        walk = shopper()
        leave(Scene(Random(seed), layout, Habits(lingers=1.0, second_looks=1.0, unseen=0.0)), walk, None)
        assert walk.here == "entrance"
        assert walk.passages[-1].reports == (walk.now,)


def test_a_store_without_gates_is_left_through_the_entrance() -> None:
    """Unseen."""
    bare = floor_of(type(BARE)(store_id="s", zones=BARE.zones))
    walk = Walk("shopper", NOON)
    place = Scene(Random(1), bare, CROWDED)
    assert come_in(place, walk) == "in"
    walk.stay("a", MINUTE)
    assert not go_out(place, walk)
    assert (walk.here, walk.passages) == ("in", [])


@given(SEEDS)
def test_strolling_passes_through_every_zone_on_the_way(seed: int) -> None:
    """Long enough in each to be seen there."""
    walk = shopper()
    stroll(scene(seed), walk, "right")
    assert [stay.zone_id for stay in walk.stays] == ["entrance", "door", "fresh", "right"]
    assert all(stay.end - stay.start >= MIN_STAY for stay in walk.stays)


@given(SEEDS)
def test_what_is_done_at_a_shelf_happens_in_its_zone(seed: int) -> None:
    """Every view, with its whole length, pickup and put-back lies within a stay in the shelf's zone."""
    walk = shopper()
    shop(scene(seed), walk, None)
    zones = {shelf.shelf_id: shelf.zone_id for shelf in SMALL.shelves}
    assert walk.acts
    for one in walk.acts:
        begin = one.at - (one.duration_ms or 0)
        assert any(stay.zone_id == zones[one.shelf_id] and stay.start <= begin and one.at < stay.end for stay in walk.stays)


@given(SEEDS)
def test_nothing_is_put_back_that_was_not_taken(seed: int) -> None:
    """At no moment are there fewer units of a product in the basket than none."""
    walk = shopper()
    shop(scene(seed), walk, None)
    basket: dict[str | None, int] = {}
    for one in walk.acts:
        if one.action != "view":
            basket[one.product_id] = basket.get(one.product_id, 0) + (1 if one.action == "pickup" else -1)
            assert basket[one.product_id] >= 0
    assert [one.at for one in walk.acts] == sorted(one.at for one in walk.acts)


@given(SEEDS)
def test_whoever_has_something_in_the_basket_wants_to_pay(seed: int) -> None:
    """And whoever has not, does not."""
    walk = shopper()
    assert shop(scene(seed), walk, None) == bool(walk.taken())


def test_in_a_store_without_products_buyers_pay_all_the_same() -> None:
    """How many of them want to is a matter of the share of browsers alone."""
    place = Scene(Random(1), floor_of(BARE), Habits(browsers=0.5))
    wants = []
    for _ in range(300):
        walk = Walk("shopper", NOON)
        walk.stay("in", MINUTE)
        wants.append(shop(place, walk, None))
    assert 0.4 < sum(wants) / 300 < 0.6


@pytest.mark.parametrize("home_by", [NOON - MINUTE, NOON + 20 * MINUTE])
def test_shoppers_hurry_when_the_store_closes(home_by: int) -> None:
    """They skip what does not fit into their time; however late, they stay a few minutes at most."""
    for seed in range(100):
        walk = shopper()
        shop(scene(seed, Habits(basket=(4.0, 0.5))), walk, home_by)
        assert walk.now < max(home_by, NOON) + 20 * MINUTE


def test_nobody_shops_for_ever() -> None:
    """The tail of the distribution is cut off."""
    for seed in range(30):
        walk = shopper()
        shop(scene(seed, Habits(trip_min=(900.0, 0.1), basket=(0.5, 0.5))), walk, None)
        assert walk.now - NOON < 2 * Habits().max_trip_min * MINUTE
