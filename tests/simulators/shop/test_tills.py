"""Queues: what makes it certain who paid."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from simulators.shop.floor import floor_of
from simulators.shop.habits import MIN_STAY, MINUTE, SECOND, Habits
from simulators.shop.scene import Scene
from simulators.shop.tills import SPACING, STEP_UP, Failure, Queue, forget, openings, queues_of, serve
from simulators.shop.walk import Act, Line, Stay, Walk
from tests.simulators.plans import BARE, CROWDED, SMALL

NOON = 1_795_000_000_000
LANES = {lane.zone_id for lane in floor_of(SMALL).lanes}

ALL_OPEN = Habits(till_opens_min=0)

rushes = st.lists(st.integers(0, 40 * MINUTE), min_size=1, max_size=60).map(sorted)
"""When shoppers are ready to pay: up to sixty in forty minutes, at two lanes."""

failing = st.lists(
    st.builds(
        lambda till, start, length: Failure(till, NOON + start, NOON + start + length),
        st.sampled_from(["till-1", "till-2", "till-3"]),
        st.integers(0, 50 * MINUTE),
        st.integers(MINUTE, 40 * MINUTE),
    ),
    max_size=3,
)
"""When tills fail, all of them at once perhaps."""


def buyer(ready: int, units: int = 1) -> Walk:
    """Somebody before the tills with some milk."""
    walk = Walk("shopper", NOON + ready - MINUTE)
    walk.stay("fresh", MINUTE)
    walk.acts = [Act(NOON + ready - SECOND, "left-1", "pickup", "milk", None) for _ in range(units)]
    return walk


def rush(seed: int, ready: list[int], habits: Habits = CROWDED, failures: Iterable[Failure] = ()) -> tuple[list[Walk], list[Queue]]:
    """Let them queue."""
    floor = floor_of(SMALL)
    walks, queues = [buyer(at, 1 + at % 7) for at in ready], queues_of(floor, failures)
    serve(Scene(Random(seed), floor, habits), queues, walks, "day")
    return walks, queues


def in_lane(walk: Walk) -> Stay:
    """The last stay in a queue."""
    return [stay for stay in walk.stays if stay.zone_id in LANES][-1]


def by_lane(walks: list[Walk]) -> list[list[tuple[Stay, Walk]]]:
    """Who queued in each lane, in the order of joining; where a till fails, one may come to several."""
    return [
        sorted(((stay, walk) for walk in walks for stay in walk.stays if stay.zone_id == lane), key=lambda one: one[0].start)
        for lane in sorted(LANES)
    ]


@given(st.integers(0, 99), rushes, failing)
def test_two_join_a_lane_far_enough_apart(seed: int, ready: list[int], failures: list[Failure]) -> None:
    """So that who came first is seen first."""
    for lane in by_lane(rush(seed, ready, failures=failures)[0]):
        assert all(b.start - a.start >= SPACING for (a, _), (b, _) in pairwise(lane))


@given(st.integers(0, 99), rushes, failing)
def test_they_pay_in_the_order_in_which_they_came(seed: int, ready: list[int], failures: list[Failure]) -> None:
    """First come, first served, in each lane."""
    for lane in by_lane(rush(seed, ready, failures=failures)[0]):
        paid = [walk.payments[0].at for stay, walk in lane if walk.payments and stay == in_lane(walk)]
        assert paid == sorted(paid)


@given(st.integers(0, 99), rushes, failing)
def test_at_a_payment_the_payer_is_there_longest(seed: int, ready: list[int], failures: list[Failure]) -> None:
    """Everybody who came before has left, and has been seen gone: those who paid, those who gave up, and those whose till failed."""
    _payers_are_there_longest(rush(seed, ready, failures=failures)[0])


@given(st.integers(0, 99), rushes, failing)
def test_so_it_is_where_serving_is_quick_and_packing_slow(seed: int, ready: list[int], failures: list[Failure]) -> None:
    """As short as is allowed, with nothing between: the next one waits until who paid is gone."""
    quick = structs.replace(CROWDED, service_ms=(MIN_STAY, MIN_STAY), item_ms=0, packing_ms=(MIN_STAY, 2 * MINUTE), next_ms=(0, 0))
    _payers_are_there_longest(rush(seed, ready, quick, failures)[0])


def _payers_are_there_longest(walks: list[Walk]) -> None:
    for lane in by_lane(walks):
        for index, (stay, walk) in enumerate(lane):
            for paid in walk.payments if stay == in_lane(walk) else ():
                assert stay.start + MIN_STAY < paid.at
                assert paid.at + MIN_STAY <= stay.end
                assert all(before.end + SPACING <= paid.at for before, _ in lane[:index])


@given(st.integers(0, 99), rushes, failing)
def test_a_till_that_fails_takes_no_payment(seed: int, ready: list[int], failures: list[Failure]) -> None:
    """Nor does another one of its lane; who waited there pays elsewhere, later, or gives up: everybody comes to an end."""
    walks, queues = rush(seed, ready, failures=failures)
    lanes = {till: queue.failures for queue in queues for till in queue.lane.tills}
    for walk in walks:
        assert all(not one.start <= paid.at < one.end for paid in walk.payments for one in lanes[paid.till])
        assert in_lane(walk).end - in_lane(walk).start >= MIN_STAY


def test_who_waits_at_a_till_that_fails_goes_to_the_other() -> None:
    """Back to where they came from first; the lane that is left serves all."""
    walks, _ = rush(1, [0] * 10, ALL_OPEN, [Failure("till-1", NOON + 3 * MINUTE, NOON + 60 * MINUTE)])
    moved = [walk for walk in walks if sum(stay.zone_id in LANES for stay in walk.stays) == 2]
    assert len(moved) >= 2
    for walk in moved:
        assert [stay.zone_id for stay in walk.stays] == ["fresh", "till-a", "fresh", "till-b"]
        assert walk.stays[1].end == NOON + 3 * MINUTE
    assert all(walk.payments for walk in walks)


@given(st.integers(0, 99), rushes)
def test_lanes_open_when_they_are_needed(seed: int, ready: list[int]) -> None:
    """Where the second serves, somebody stood at the first, or another had just been served at the second."""
    walks, _ = rush(seed, ready, Habits(till_opens_min=3.0))
    first, second = by_lane(walks)
    assert first
    for index, (stay, _) in enumerate(second):
        waiting = [one for one, walk in first if one.start <= stay.start < one.end]
        assert waiting or (index > 0 and stay.start - second[index - 1][0].end < Habits().till_closes_min * MINUTE)


def test_a_lane_is_closed_when_nobody_needs_it() -> None:
    """The last of a rush is long served: who comes then goes to the first lane."""
    walks, _ = rush(1, [0] * 12 + [60 * MINUTE, 62 * MINUTE], Habits(till_opens_min=2.0))
    assert {in_lane(walk).zone_id for walk in walks[:12]} == LANES
    assert [in_lane(walk).zone_id for walk in walks[12:]] == ["till-a", "till-a"]


@given(st.integers(0, 99), rushes, failing)
def test_what_is_paid_is_paid_at_an_open_till(seed: int, ready: list[int], failures: list[Failure]) -> None:
    """Also by those who want that lane and no other; it is never opened while it is open, and closes some time after the last payment."""
    habits = structs.replace(CROWDED, till_opens_min=2.0)
    floor = floor_of(SMALL)
    walks, queues = [buyer(at, 1 + at % 7) for at in ready], queues_of(floor, failures)
    for walk in walks[::5]:
        walk.lane = "till-b"
    serve(Scene(Random(seed), floor, habits), queues, walks, "day")
    opened = openings(queues, habits)
    assert opened.keys() == {"till-b"}
    for one, other in pairwise(opened["till-b"]):
        assert one.end < other.start
    paid = sorted(walk.payments[0].at for walk in walks if walk.payments and walk.payments[0].till != "till-1")
    for at in paid:
        (there,) = (one for one in opened["till-b"] if one.start <= at < one.end)
        assert there.end >= at + habits.till_closes_min * MINUTE
    if not failures:
        assert all(
            one.end - one.start == habits.till_closes_min * MINUTE or any(one.start < at < one.end for at in paid)
            for one in opened["till-b"]
        )


def test_what_is_over_is_forgotten() -> None:
    """A store that never closes remembers only when its lanes are open now; where all are open, nothing is to be remembered."""
    _, queues = rush(1, [0] * 12 + [60 * MINUTE] * 12, CROWDED)
    (early, late) = openings(queues, CROWDED)["till-b"]
    forget(queues, early.end)
    assert openings(queues, CROWDED) == {"till-b": (late,)}
    assert openings(rush(1, [0] * 12, ALL_OPEN)[1], ALL_OPEN) == {}


@given(st.integers(0, 99), rushes)
def test_who_gives_up_was_there_long_enough_to_be_seen(seed: int, ready: list[int]) -> None:
    """Like everybody else."""
    for walk in rush(seed, ready)[0]:
        assert in_lane(walk).end - in_lane(walk).start >= MIN_STAY


def test_somebody_gives_up_in_a_rush() -> None:
    """Sixty at once are too many for two lanes; the others are all served."""
    walks, _ = rush(1, [0] * 60, Habits(patience_min=(6.0, 0.2)))
    quitters = [walk for walk in walks if not walk.payments]
    assert 20 < len(quitters) < 58


def test_the_shorter_queue_is_chosen() -> None:
    """Two who come together go to different lanes, where all are open."""
    walks, _ = rush(1, [0, 0], ALL_OPEN)
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
    walks, _ = rush(1, [minute * MINUTE for minute in range(30)], ALL_OPEN)
    assert {paid.till for walk in walks for paid in walk.payments} == {"till-1", "till-2", "till-3"}


def test_without_products_a_receipt_has_an_amount_alone() -> None:
    """Nothing is known of what was bought."""
    floor = floor_of(BARE)
    walk = buyer(0)
    walk.acts = []
    serve(Scene(Random(1), floor, Habits()), queues_of(floor), [walk], "day")
    (paid,) = walk.payments
    assert paid.lines == ()
    assert paid.total > 0
