"""What runs out and is filled again."""

from collections import Counter
from datetime import datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sensors.hours import DAYS
from sensors.reading import rfc3339
from simulators.crowd import crowd_of
from simulators.sensing.faults import Expected
from simulators.sensing.sense import Sensors
from simulators.shop.floor import floor_of
from simulators.shop.habits import HOUR, MINUTE, Habits
from simulators.shop.opening import Window
from simulators.shop.stock import Stock, sell, sold_out
from simulators.shop.walk import Act, Action, Walk
from simulators.simulate import play, simulate
from tests.simulators.plans import CROWDED, SMALL, options_of, run

NOON = 1_795_000_000_000
HABITS = Habits(stock=2, refill_min=(10.0, 0.0))

touches = st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["milk", "soap"]), st.booleans()), max_size=60)
"""When something is taken (minutes), what, and whether it is put back at once."""


def shopper(*acts: tuple[float, Action, str]) -> Walk:
    """Somebody who does this at one shelf, at so many minutes after noon."""
    walk = Walk("shopper", NOON)
    walk.acts = [Act(NOON + round(at * MINUTE), "shelf-1", action, product, None) for at, action, product in acts]
    return walk


def done(walk: Walk) -> list[tuple[float, str]]:
    """What was left of it."""
    return [((act.at - NOON) / MINUTE, act.action) for act in walk.acts]


def test_who_comes_when_all_is_sold_goes_without() -> None:
    """The third who wants one of two finds none; ten minutes after the last was taken there are two again."""
    stock, walks = Stock(HABITS), [shopper((at, "pickup", "milk")) for at in (0, 3, 5, 12.9, 13, 14, 15)]
    sell(stock, Random(1), walks)
    assert [len(walk.acts) for walk in walks] == [1, 1, 0, 0, 1, 1, 0]
    first, second = sold_out(stock, "s1")
    assert (first.store_id, first.shelf_id, first.product_id, first.missed, second.missed) == ("s1", "shelf-1", "milk", 2, 1)
    assert datetime.fromisoformat(first.since).timestamp() * 1000 == NOON + 3 * MINUTE
    assert datetime.fromisoformat(first.until).timestamp() * 1000 == NOON + 13 * MINUTE
    assert sold_out(stock, "s1") == []


def test_the_order_of_time_counts_and_not_that_of_coming() -> None:
    """Who came first may reach the shelf last."""
    late, early = shopper((9, "pickup", "milk")), shopper((1, "pickup", "milk"), (2, "pickup", "milk"))
    sell(Stock(HABITS), Random(1), [late, early])
    assert (late.acts, len(early.acts)) == ([], 2)


def test_what_is_put_back_can_be_taken() -> None:
    """By the next one; and what could not be taken is not put back either, while the look at the shelf was one."""
    walks = [
        shopper((0, "pickup", "milk"), (1, "pickup", "milk"), (3, "putback", "milk")),
        shopper((2, "view", "milk"), (2.1, "pickup", "milk"), (2.2, "putback", "milk")),
        shopper((4, "pickup", "milk")),
    ]
    walks[1].acts[0] = walks[1].acts[0]._replace(product_id=None)
    sell(Stock(HABITS), Random(1), walks)
    assert [done(walk) for walk in walks] == [[(0, "pickup"), (1, "pickup"), (3, "putback")], [(2, "view")], [(4, "pickup")]]


@given(touches, st.integers(1, 4))
def test_no_more_is_taken_than_there_was(wanted: list[tuple[int, str, bool]], units: int) -> None:
    """Between two fillings at most what a full shelf has; every wish is fulfilled or counted as missed."""
    stock = Stock(structs.replace(HABITS, stock=units))
    walks = []
    for number, (at, product, is_put_back) in enumerate(wanted):
        back: list[tuple[float, Action, str]] = [(at + 0.5, "putback", product)] if is_put_back else []
        walk = shopper((at, "pickup", product), *back)
        walk.acts = [act._replace(at=act.at + number) for act in walk.acts]
        walks.append(walk)
    sell(stock, Random(1), walks)
    gaps = sold_out(stock, "s1")
    taken = sum(any(act.action == "pickup" for act in walk.acts) for walk in walks)
    assert taken + sum(gap.missed for gap in gaps) == len(wanted)
    assert all(sum(walk.taken().values()) >= 0 for walk in walks)
    left: Counter[str] = Counter()
    for act in sorted((act for walk in walks for act in walk.acts), key=lambda one: one.at):
        fillings = sum(gap.product_id == act.product_id and datetime.fromisoformat(gap.until).timestamp() * 1000 <= act.at for gap in gaps)
        left[act.product_id or ""] += 1 if act.action == "pickup" else -1
        assert left[act.product_id or ""] <= units * (1 + fillings)


def test_nothing_runs_out_where_it_is_not_wanted() -> None:
    """A stock of 0 is no stock at all."""
    stock, walks = Stock(Habits(stock=0)), [shopper((0, "pickup", "milk")) for _ in range(500)]
    sell(stock, Random(1), walks)
    assert all(walk.acts for walk in walks)
    assert sold_out(stock, "s1") == []


def test_a_simulated_day_tells_what_was_sold_out() -> None:
    """In the crowded store with few on the shelves; nobody takes it meanwhile, nobody has paid for what was not there."""
    [day] = simulate(options_of(habits=structs.replace(CROWDED, stock=3)), Expected())
    assert len(day.sold_out) > 3
    assert sum(gap.missed for gap in day.sold_out) > 3
    truths, _, _ = run(options_of(habits=structs.replace(CROWDED, stock=3)))
    full, _, _ = run(options_of(habits=structs.replace(CROWDED, stock=0)))
    assert sum(sum(truth.taken.values()) for truth in truths) < sum(sum(truth.taken.values()) for truth in full)


def test_shelves_are_full_in_the_morning() -> None:
    """Each day begins like the first."""
    wanted = options_of(habits=structs.replace(CROWDED, stock=3, refill_min=(100_000.0, 0.0)), days=2)
    first, second = simulate(wanted, Expected())
    list(first.lines)
    assert min(len(day.sold_out) for day in (first, second)) > 3
    assert all(gap.since >= second.truths[0].entered_at[:10] for gap in second.sold_out)


@pytest.mark.parametrize(("break_until", "is_filled"), [("11:50", False), ("15:20", False), ("15:30", True)])
def test_a_break_is_no_night(break_until: str, *, is_filled: bool) -> None:
    """What was sold out before a break of minutes is so after it, and told once; four hours are enough to fill all shelves."""
    hours = {day: ["10:00", "11:30", break_until, "17:00"] for day in DAYS}
    layout = structs.replace(SMALL, opening_hours=hours)
    wanted = options_of(layout, habits=structs.replace(CROWDED, stock=3, refill_min=(600.0, 0.0), shoppers=150))
    days = []
    for day in simulate(wanted, Expected()):
        days.append(day)
        list(day.lines)
    first, second = days
    told = {(gap.shelf_id, gap.product_id) for gap in first.sold_out}
    assert len(told) > 3 if is_filled else told == set()
    later = [gap for gap in second.sold_out if gap.since >= rfc3339(second.window.opens * 1000)]
    before = {(gap.shelf_id, gap.product_id) for gap in second.sold_out} - {(gap.shelf_id, gap.product_id) for gap in later}
    assert (len(before) == 0, bool(later)) == (is_filled, is_filled)
    taken = {(act.shelf_id, act.product_id) for walk in second.walks for act in walk.acts if act.action == "pickup"}
    assert not before & taken


def test_what_is_missed_in_the_next_window_is_counted_too() -> None:
    """It is told when the shelf is filled, and not before."""
    stock = Stock(HABITS)
    sell(stock, Random(1), [shopper((at, "pickup", "milk")) for at in (0, 3, 5)])
    assert sold_out(stock, "s1", NOON + 6 * MINUTE) == []
    sell(stock, Random(1), [shopper((at, "pickup", "milk")) for at in (7, 8, 14)])
    assert [one.missed for one in sold_out(stock, "s1", NOON + 14 * MINUTE)] == [3]
    assert sold_out(stock, "s1") == []


def test_a_store_that_never_closes_tells_all_that_was_missed() -> None:
    """Day after day, and in the end what is not filled yet; what one wanted and did not take is what was missed."""
    layout = structs.replace(SMALL, opening_hours={})
    wanted = options_of(layout, habits=structs.replace(CROWDED, stock=2, refill_min=(1000.0, 0.5), shoppers=200), days=3)
    days = []
    for day in simulate(wanted, Expected()):
        days.append(day.sold_out)
        list(day.lines)
    gaps = [gap for day in days for gap in day]
    assert len({(gap.shelf_id, gap.product_id, gap.since) for gap in gaps}) == len(gaps) > 5
    ends = ["2026-11-20T23:00", "2026-11-21T23:00"]
    assert [max(gap.until for gap in day) < end for day, end in zip(days, ends, strict=False)] == [True, True]
    assert any(gap.since < ends[0] for gap in days[1])
    assert max(gap.until for gap in days[2]) > "2026-11-22T23:00"


def test_a_live_store_keeps_nothing_of_what_was_sold_out() -> None:
    """But what is not filled yet."""
    crowd = crowd_of(floor_of(SMALL), structs.replace(CROWDED, stock=2), 1)
    hours = [
        Window(f"{n}", NOON + n * HOUR, NOON + (n + 1) * HOUR, fresh=False, shuts=False, weekday=0, timezone="UTC", share=1.0)
        for n in range(9)
    ]
    kept = []
    for played in play(Sensors(crowd.floor), crowd, hours):
        list(played.recorded)
        kept.append(len(crowd.stock.told))
    assert max(kept) < 8
    assert kept[-1] == 0
