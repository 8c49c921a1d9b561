"""Queues: what makes it certain who paid."""

from decimal import Decimal
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from simulators.floor import floor_of
from simulators.habits import MIN_STAY, MINUTE, SECOND, Habits
from simulators.scene import Scene
from simulators.tills import SPACING, STEP_UP, Queue, check_out, queues_of
from simulators.walk import Act, Line, Stay, Walk
from tests.simulators.plans import BARE, CROWDED, SMALL

NOON = 1_795_000_000_000
LANES = {lane.zone_id for lane in floor_of(SMALL).lanes}

rushes = st.lists(st.integers(0, 40 * MINUTE), min_size=1, max_size=60).map(sorted)
"""When shoppers are ready to pay: up to sixty in forty minutes, at two lanes."""


def buyer(ready: int, units: int = 1) -> Walk:
    """Somebody before the tills with some milk."""
    walk = Walk("shopper", NOON + ready - MINUTE)
    walk.stay("fresh", MINUTE)
    walk.acts = [Act(NOON + ready - SECOND, "left-1", "pickup", "milk", None) for _ in range(units)]
    return walk


def rush(seed: int, ready: list[int], habits: Habits = CROWDED) -> tuple[list[Walk], list[Queue]]:
    """Let them queue."""
    floor = floor_of(SMALL)
    walks, queues = [buyer(at, 1 + at % 7) for at in ready], queues_of(floor)
    for walk in walks:
        check_out(Scene(Random(f"{seed}/{walk.began}"), floor, habits), queues, walk, "day")
    return walks, queues


def in_lane(walk: Walk) -> Stay:
    """The stay in the queue."""
    (stay,) = [stay for stay in walk.stays if stay.zone_id in LANES]
    return stay


def by_lane(walks: list[Walk]) -> list[list[Walk]]:
    """Who queued in each lane, in the order of joining."""
    return [
        sorted((walk for walk in walks if in_lane(walk).zone_id == lane), key=lambda walk: in_lane(walk).start) for lane in sorted(LANES)
    ]


@given(st.integers(0, 99), rushes)
def test_two_join_a_lane_far_enough_apart(seed: int, ready: list[int]) -> None:
    """So that who came first is seen first."""
    for lane in by_lane(rush(seed, ready)[0]):
        assert all(in_lane(b).start - in_lane(a).start >= SPACING for a, b in pairwise(lane))


@given(st.integers(0, 99), rushes)
def test_they_pay_in_the_order_in_which_they_came(seed: int, ready: list[int]) -> None:
    """First come, first served, in each lane."""
    for lane in by_lane(rush(seed, ready)[0]):
        paid = [walk.payments[0].at for walk in lane if walk.payments]
        assert paid == sorted(paid)


@given(st.integers(0, 99), rushes)
def test_at_a_payment_the_payer_is_there_longest(seed: int, ready: list[int]) -> None:
    """Everybody who came before has left, and has been seen gone: those who paid, and those who gave up."""
    for lane in by_lane(rush(seed, ready)[0]):
        for index, walk in enumerate(lane):
            for paid in walk.payments:
                assert in_lane(walk).start + MIN_STAY < paid.at
                assert paid.at + MIN_STAY <= in_lane(walk).end
                assert all(in_lane(before).end + SPACING <= paid.at for before in lane[:index])


@given(st.integers(0, 99), rushes)
def test_whoever_gives_up_pays_nothing_and_was_there_long_enough_to_be_seen(seed: int, ready: list[int]) -> None:
    """A stay in the lane, and no receipt."""
    for walk in rush(seed, ready)[0]:
        assert len(walk.payments) <= 1
        assert in_lane(walk).end - in_lane(walk).start >= MIN_STAY


def test_somebody_gives_up_in_a_rush() -> None:
    """Sixty at once are too many for two lanes; the others are all served."""
    walks, _ = rush(1, [0] * 60, Habits(patience_min=(6.0, 0.2)))
    quitters = [walk for walk in walks if not walk.payments]
    assert 20 < len(quitters) < 58


def test_the_shorter_queue_is_chosen() -> None:
    """Two who come together go to different lanes."""
    walks, _ = rush(1, [0, 0])
    assert {in_lane(walk).zone_id for walk in walks} == LANES


def test_at_an_empty_lane_the_belt_is_loaded_first() -> None:
    """Then comes the service, and three seconds an item."""
    (walk,), _ = rush(1, [0])
    wait = walk.payments[0].at - NOON - STEP_UP - CROWDED.item_ms
    assert CROWDED.service_ms[0] <= wait <= CROWDED.service_ms[1]


def test_a_receipt_lists_what_was_taken_at_its_price() -> None:
    """And its total is their sum."""
    (walk,), _ = rush(1, [3])
    (paid,) = walk.payments
    assert paid.lines == (Line("milk", 4, Decimal("1.19")),)
    assert paid.total == Decimal("4.76")


def test_receipts_have_numbers_of_their_own() -> None:
    """Across tills and days."""
    walks, _ = rush(1, [minute * MINUTE for minute in range(30)], Habits())
    receipts = [paid.receipt_id for walk in walks for paid in walk.payments]
    assert len(set(receipts)) == len(receipts) == 30
    assert all("-day-" in receipt for receipt in receipts)


def test_tills_of_one_lane_take_turns() -> None:
    """The lane with two tills uses both."""
    walks, _ = rush(1, [minute * MINUTE for minute in range(30)], Habits())
    assert {paid.till for walk in walks for paid in walk.payments} == {"till-1", "till-2", "till-3"}


def test_without_products_a_receipt_has_an_amount_alone() -> None:
    """Nothing is known of what was bought."""
    floor = floor_of(BARE)
    walk = buyer(0)
    walk.acts = []
    check_out(Scene(Random(1), floor, Habits()), queues_of(floor), walk, "day")
    (paid,) = walk.payments
    assert paid.lines == ()
    assert paid.total > 0
