"""Too many people in a zone or before a till: what the documented thresholds mean, and that the three tellings bound every observer."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from sensors.layout import Layout, SensorPlan, Zone
from simulators.crowding import EVER, Limit, Moment, Span, Turn, limits_of, moments, tills_of, turns

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


def test_what_only_the_most_would_find_is_left_open() -> None:
    """From the moment at which they would."""
    least, most = [Span(0, 100)] * 2, [Span(0, 100)] * 3
    assert list(turns(LIMIT, moments(least, []), moments(least, []), moments(most, []))) == [Turn(True, 30, 30, None)]


def _observed(rng: Random, spans: list[Span]) -> list[Span]:
    """See each come and go up to `LATE` late."""
    seen = [Span(start + rng.randint(0, LATE), end + rng.randint(0, LATE)) for start, end in spans]
    return [span for span in seen if span.start < span.end]


@settings(max_examples=300)
@given(st.integers(0, 2**32))
def test_whoever_sees_late_finds_the_same_turns_within_the_bounds(seed: int) -> None:
    """Every observer, whatever is seen how late, finds each turn that is promised, in its time, and no other until they are left open."""
    rng = Random(seed)
    spans = [Span(at, at + rng.randint(16, 400)) for at in (rng.randint(0, 600) for _ in range(rng.randint(2, 12)))]
    most = moments([Span(start, end + LATE) for start, end in spans], [])
    least = moments([Span(start + LATE, end) for start, end in spans], [])
    promised = list(turns(LIMIT, moments(spans, []), least, most))
    for _ in range(5):
        seen = moments(_observed(rng, spans), [])
        found = list(turns(LIMIT, seen, seen, seen))
        sure = [turn for turn in promised if turn.latest is not None]
        assert [turn.raised for turn in found[: len(sure)]] == [turn.raised for turn in sure]
        assert all(ought.earliest <= is_.at <= (ought.latest or 0) for is_, ought in zip(found, sure, strict=False))
        rest = found[len(sure) :]
        assert not rest or promised[-1].latest is None
        assert all(turn.at >= promised[-1].earliest for turn in rest)


@given(st.integers(0, 2**32))
def test_turns_alternate(seed: int) -> None:
    """Too much, little, too much: each after the one before; the truth is within its bounds."""
    rng = Random(seed)
    spans = [Span(at, at + rng.randint(16, 100)) for at in (rng.randint(0, 3000) for _ in range(60))]
    there = [moments([Span(a + x, b + y) for a, b in spans], []) for x, y in ((0, 0), (LATE, 0), (0, LATE))]
    found = list(turns(LIMIT, *there))
    assert [turn.raised for turn in found] == [number % 2 == 0 for number in range(len(found))]
    assert all(turn.earliest <= turn.at <= (EVER if turn.latest is None else turn.latest) for turn in found)
    assert all(a.at < b.at for a, b in pairwise(found) if b.latest is not None)
