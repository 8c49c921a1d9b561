"""Too many people in a zone or before a till: what the documented thresholds mean, and that the three tellings bound every observer."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from sensors.layout import Layout, SensorPlan, Zone
from simulators.truth.crowding import Limit, Moment, Span, Turn, limits_of, moments, tills_of, turns

LIMIT = Limit("zone_congested", "zone_cleared", (3, 1), (0, 0), 0, 0, 30)
QUEUE = Limit("queue_long", None, (0, 0), (300, 180), 45, 300, 20)
LATE = 15

LAYOUT = Layout(
    store_id="s1",
    zones=(
        Zone(zone_id="street", type="outside", capacity=1),
        Zone(zone_id="bakery", capacity=20),
        Zone(zone_id="aisle"),
        Zone(zone_id="tills", type="checkout", capacity=8),
    ),
    tills=(SensorPlan(sensor_id="till-1", zone_id="tills"),),
)


def test_what_is_too_much_by_default() -> None:
    """Nine tenths of the capacity, seven again; at tills 300 s of waiting as well; nothing on the street or where no capacity is known."""
    limits = limits_of(LAYOUT)
    assert set(limits) == {"bakery", "aisle", "tills"}
    assert [(limit.people, limit.lasting) for limit in limits["bakery"]] == [((18, 14), 30_000)]
    assert limits["aisle"] == []
    assert [limit.people for limit in limits["tills"]] == [(8, 5), (0, -1)]
    assert limits["tills"][1][3:] == ((300, 180), 45, 300_000, 20_000)


@pytest.mark.parametrize(
    ("rules", "zone", "people"),
    [
        ({"zone_congested_people.bakery": 9}, "bakery", (9, 7)),
        ({"zone_congested_people": 1}, "aisle", (1, 0)),
        ({"zone_congested_share.bakery": 0.5, "zone_cleared_share": 0.2}, "bakery", (10, 4)),
    ],
)
def test_rules_of_a_store_or_a_zone(rules: dict[str, float], zone: str, people: tuple[float, float]) -> None:
    """That of the zone counts before that of the store, and a number before a share."""
    limits = limits_of(structs.replace(LAYOUT, rules=rules))
    assert limits[zone][0].people == people


def test_thresholds_of_zero_are_none() -> None:
    """Nothing is watched then."""
    off: dict[str, bool | int | float | str] = {"zone_congested_share": 0, "queue_long_wait_s": 0}
    assert list(limits_of(structs.replace(LAYOUT, rules=off)).values()) == [[], [], []]


def test_a_queue_is_long_by_what_one_waits() -> None:
    """Seven with one till open wait 315 s, with two half of it; four wait 180 s, which is short again; without an open till as with one."""
    assert [QUEUE.is_much(people, tills) for people, tills in ((6, 1), (7, 1), (7, 0), (7, 2), (14, 2))] == [False, True, True, False, True]
    assert [QUEUE.is_little(people, 1) for people in (5, 4)] == [False, True]


def test_a_till_is_open_for_a_while_after_each_payment() -> None:
    """Payments that follow soon make it longer; the last moment still counts."""
    paid = [("a", 1000), ("a", 1250), ("b", 1100), ("a", 2000)]
    assert sorted(tills_of(paid, QUEUE)) == [(1000, 1551), (1100, 1401), (2000, 2301)]


def test_moments_count_people_and_tills() -> None:
    """Who leaves when another comes makes no difference; what takes no time is nothing."""
    found = moments([Span(0, 10), Span(10, 20), Span(5, 5)], [Span(15, 30)])
    assert found == [Moment(0, 1, 0), Moment(10, 1, 0), Moment(15, 1, 1), Moment(20, 0, 1), Moment(30, 0, 0)]


def test_too_much_has_to_last() -> None:
    """Three people for 31 ms are too many after 30; for 30 they are not; then one has to be there alone for as long."""
    long, short = ([Span(0, 100), Span(0, 100), Span(50, 50 + length)] for length in (31, 30))
    assert list(turns(LIMIT, *[moments(long, [])] * 3)) == [Turn(True, 80, 80, 80), Turn(False, 130, 130, 130)]
    assert list(turns(LIMIT, *[moments(short, [])] * 3)) == []


def test_what_only_the_most_find_may_be_found() -> None:
    """While they see it, and be gone when they see that there is room again; they find it, and the least do not."""
    least, most = [Span(0, 100)] * 2, [Span(0, 100)] * 3
    told = list(turns(LIMIT, moments(least, []), moments(least, []), moments(most, [])))
    assert told == [Turn(True, 30, 30, 99, sure=False), Turn(False, 130, 130, 130, sure=False)]
    assert [[turn.at for turn in turns(LIMIT, *[moments(seen, [])] * 3)] for seen in (most, least)] == [[30, 130], []]


def test_a_crowd_that_may_be_found_is_not_the_sure_one_that_follows_it() -> None:
    """Of the later one it is known when it was, whatever was seen before."""
    sure = [Span(1000, 1200)] * 3
    least, most = [Span(0, 100)] * 2, [Span(0, 100)] * 3
    told = list(
        turns(LIMIT, moments(least + sure, []), moments(least + [Span(1015, 1200)] * 3, []), moments(most + [Span(1000, 1215)] * 3, []))
    )
    assert told[:2] == [Turn(True, 30, 30, 99, sure=False), Turn(False, 130, 130, 130, sure=False)]
    assert told[2:] == [Turn(True, 1030, 1030, 1045), Turn(False, 1230, 1230, 1245)]


def test_room_that_only_the_least_see_may_be_found() -> None:
    """And be taken again while all still see too much."""
    crowd = [Span(0, 300)] * 2
    most, least = [*crowd, Span(0, 300), Span(0, 300)], [Span(0, 100)] * 2 + [Span(140, 300)] * 2 + [Span(0, 300)]
    told = list(turns(LIMIT, moments(most, []), moments(least, []), moments(most, [])))
    assert told == [
        Turn(True, 30, 30, 30),
        Turn(False, 130, 130, 139, sure=False),
        Turn(True, 160, 160, 170, sure=False),
        Turn(False, 330, 330, 330),
    ]


def test_what_turns_for_sure_may_have_turned_and_back_before() -> None:
    """Where not all see room in between: some find one crowd, some two; one is sure."""
    least = [Span(0, 300), *[Span(200, 300)] * 2]
    most = [Span(0, 300)] * 2 + [Span(0, 100), Span(200, 300)]
    told = list(turns(LIMIT, moments(least, []), moments(least, []), moments(most, [])))
    assert told == [
        Turn(True, 30, 30, 99, sure=False),
        Turn(False, 60, 60, 199, sure=False),
        Turn(True, 230, 230, 230, sure=False),
        Turn(True, 230, 30, 230),
        Turn(False, 330, 330, 330),
    ]


def _observed(rng: Random, spans: list[Span]) -> list[Span]:
    """See each come and go up to `LATE` late."""
    seen = [Span(start + rng.randint(0, LATE), end + rng.randint(0, LATE)) for start, end in spans]
    return [span for span in seen if span.start < span.end]


def _day(seed: int) -> tuple[Random, list[Span], list[Turn]]:
    """People who come and go, and the turns that are told of them."""
    rng = Random(seed)
    spans = [Span(at, at + rng.randint(16, 400)) for at in (rng.randint(0, 1500) for _ in range(rng.randint(2, 25)))]
    true, least, most = (moments([Span(start + x, end + y) for start, end in spans], []) for x, y in ((0, 0), (LATE, 0), (0, LATE)))
    return rng, spans, list(turns(LIMIT, true, least, most))


@settings(max_examples=500)
@given(st.integers(0, 2**32))
def test_whoever_sees_late_finds_what_is_sure_and_nothing_that_cannot_be(seed: int) -> None:
    """Every observer, whatever is seen how late: each sure turn in its time, and no other but where one may be."""
    rng, spans, told = _day(seed)
    for _ in range(5):
        seen = moments(_observed(rng, spans), [])
        found = list(turns(LIMIT, seen, seen, seen))
        for sure in (turn for turn in told if turn.sure):
            best = next(turn for turn in found if turn.raised == sure.raised and sure.earliest <= turn.at <= sure.latest)
            found.remove(best)
        may_be = [turn for turn in told if not turn.sure]
        assert all(any(may.raised == turn.raised and may.earliest <= turn.at <= may.latest for may in may_be) for turn in found)


@settings(max_examples=500)
@given(st.integers(0, 2**32))
def test_turns_are_told_in_order(seed: int) -> None:
    """Sure ones alternate, each after the one before; each when it was true, and after what may be before it."""
    _, _, told = _day(seed)
    sure = [turn for turn in told if turn.sure]
    assert [turn.raised for turn in sure] == [number % 2 == 0 for number in range(len(sure))]
    assert all(turn.earliest <= turn.at <= turn.latest for turn in told)
    assert all(a.latest < b.earliest for a, b in pairwise(sure))
    assert all(
        may.latest < turn.earliest or turn.earliest <= may.earliest <= may.latest <= turn.latest or turn.latest < may.earliest
        for may in told
        if not may.sure
        for turn in sure
    )


@given(st.integers(0, 2**32))
def test_who_sees_exactly_leaves_nothing_open(seed: int) -> None:
    """Then all is sure, at its moment."""
    _, spans, _ = _day(seed)
    there = moments(spans, [])
    assert all(turn.sure and turn.earliest == turn.at == turn.latest for turn in turns(LIMIT, there, there, there))


@settings(max_examples=300)
@given(st.integers(0, 2**32))
def test_what_may_be_is_found_by_some_and_not_by_others(seed: int) -> None:
    """Of the first that is open: it is found by those who see the most all day, or by those who see the least, and not by the others."""
    _, spans, told = _day(seed)
    first = next((turn for turn in told if not turn.sure), None)
    if first is None:
        return
    seen = [moments([Span(start + x, end + y) for start, end in spans], []) for x, y in ((0, LATE), (LATE, 0))]
    found = [[(turn.raised, turn.at) for turn in turns(LIMIT, there, there, there)] for there in seen]
    assert [(first.raised, first.at) in one for one in found].count(True) == 1
