"""The course of a visit: counted on step by step it is what it is from its beginning; what it announces, by examples."""

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from sensors.layout import Layout, Product, ShelfPlan, Zone
from sensors.reading import SECOND, Payment
from storage.model import Facts, ShelfVisit, Stay
from stream.course import Change, Course
from stream.facts import Catalog
from stream.journey import Span
from stream.priority import DEFAULT, Judge, Judgement, Part, Settings
from tests.strategies import RANDOMS
from tests.stream.make import at, payment

ZONES = ("dairy", "wine", "desk", "till")
LAYOUT = Layout(
    store_id="s1",
    zones=(Zone(zone_id="dairy"), Zone(zone_id="wine"), Zone(zone_id="desk", type="interest"), Zone(zone_id="till", type="checkout")),
    shelves=tuple(
        ShelfPlan(
            shelf_id=f"{zone}-{number}",
            zone_id=zone,
            products=(
                Product(product_id="dear", price=Decimal(3)),
                Product(product_id="cheap", price=Decimal(1)),
                Product(product_id="offer", price=Decimal(2), promoted=number == 1),
            ),
        )
        for zone in ("dairy", "wine")
        for number in (1, 2)
    ),
)
CATALOG = Catalog(LAYOUT)

QUICK = structs.replace(DEFAULT, least_s=0, least_touches=0, changed_score=0.3, hold_s=20)
"""Thresholds that random visits reach; `NOTHING_SAID` announces nothing."""

NOTHING_SAID = structs.replace(QUICK, changed_score=0)


class Told(NamedTuple):
    """A visit with its payments: what a course is about."""

    span: Span
    payments: tuple[Payment, ...]

    def until(self, ts: int) -> "Told":
        """What was known of it at a moment: stays that had begun, as far as they went, and what had happened."""
        stays = tuple(Stay(one.zone_id, one.started_at, min(one.ended_at, ts)) for one in self.span.stays if one.started_at <= ts)
        touches = tuple(one for one in self.span.shelf_visits if one.ts <= ts)
        return told(stays, touches, tuple(one for one in self.payments if one.ts <= ts))


def told(stays: Sequence[Stay], touches: Sequence[ShelfVisit] = (), payments: Sequence[Payment] = ()) -> Told:
    """Put a visit together."""
    begin, end = (stays[0].started_at, stays[-1].ended_at) if stays else (at(0), at(0))
    touches = sorted(touches, key=lambda touch: (touch.ts, touch.reading_id))
    return Told(Span(begin, end, None, 1, tuple(stays), tuple(touches), False), tuple(sorted(payments, key=lambda one: (one.ts, one.id))))


def touch(ts: int, name: str, rng: random.Random) -> ShelfVisit:
    """Touch some shelf."""
    action = rng.choice(("view", "pickup", "pickup", "putback"))
    product = None if action == "view" else rng.choice(("dear", "cheap", "offer"))
    shelf_id = f"{rng.choice(('dairy', 'wine'))}-{rng.choice((1, 2))}"
    return ShelfVisit(name, ts, shelf_id, action, product, None, rng.choice((None, 3.0, 12.0)) if action == "view" else None)  # type: ignore[arg-type]


def moment(rng: random.Random, stays: Sequence[Stay]) -> int:
    """Some moment of a visit, often the very one at which the shopper moved on."""
    times = [ts for stay in stays for ts in (stay.started_at, stay.ended_at)]
    return rng.choice(times) if rng.random() < 0.4 else rng.randint(times[0], times[-1])


def random_visit(rng: random.Random) -> Told:
    """Stays one after the other, now and then with a silence between or of a moment only, with touches and payments anywhere."""
    stays: list[Stay] = []
    now = at(0)
    for _ in range(rng.randint(1, 8)):
        end = now + rng.choice((0, 1, 7, 20, 45)) * SECOND
        stays.append(Stay(rng.choice(ZONES), now, end))
        now = end + rng.choice((0, 0, 0, 61)) * SECOND
    touches = [touch(moment(rng, stays), f"t{number}", rng) for number in range(rng.randint(0, 10))]
    payments = [paid(moment(rng, stays), f"p{number}", rng) for number in range(rng.choice((0, 0, 1, 2)))]
    return told(stays, touches, payments)


def paid(ts: int, name: str, rng: random.Random) -> Payment:
    """Pay, with a card or without."""
    return structs.replace(payment(0, device=rng.choice((None, "d1")), name=name), ts=ts)


def anew(visit: Told, chosen: Settings, *, is_over: bool) -> tuple[Judgement, tuple[Change, ...]]:
    """Count a visit from its beginning."""
    course = Course(CATALOG, Judge(chosen))
    return course.go_on(*visit, is_over=is_over), course.changes


def counted_on(course: Course, visit: Told, *, is_over: bool) -> tuple[Judgement, tuple[Change, ...]]:
    """Count a visit on, which must be what was counted and more."""
    assert course.fits(*visit)
    return course.go_on(*visit, is_over=is_over), course.changes


SETTINGS = st.sampled_from((QUICK, NOTHING_SAID, structs.replace(QUICK, hold_s=0), DEFAULT))


@settings(max_examples=300, deadline=None)
@given(RANDOMS, SETTINGS)
def test_step_by_step_is_as_from_the_beginning(rng: random.Random, chosen: Settings) -> None:
    """Cut anywhere, said to be over or not each time: judged and announced as if it were counted for the first time."""
    visit, course = random_visit(rng), Course(CATALOG, Judge(chosen))
    end = visit.span.left_at
    for ts in [*sorted(moment(rng, visit.span.stays) for _ in range(rng.randint(0, 6))), end, end]:
        so_far, is_over = visit.until(ts), rng.random() < 0.4
        assert counted_on(course, so_far, is_over=is_over) == anew(so_far, chosen, is_over=is_over)
    assert counted_on(course, visit, is_over=True) == anew(visit, chosen, is_over=True)


@settings(max_examples=300, deadline=None)
@given(RANDOMS, SETTINGS)
def test_whatever_fits_may_be_counted_on(rng: random.Random, chosen: Settings) -> None:
    """A visit that came out in another way either does not fit, or is the same as from its beginning."""
    visit, course = random_visit(rng), Course(CATALOG, Judge(chosen))
    course.go_on(*visit.until(moment(rng, visit.span.stays)), is_over=False)
    other = changed(visit, rng).until(moment(rng, visit.span.stays))
    if other.span.stays and course.fits(*other):
        assert counted_on(course, other, is_over=False) == anew(other, chosen, is_over=False)
        assert counted_on(course, other, is_over=True) == anew(other, chosen, is_over=True)


def changed(visit: Told, rng: random.Random) -> Told:
    """Change one thing about a visit."""
    stays, touches, payments = list(visit.span.stays), list(visit.span.shelf_visits), list(visit.payments)
    what = rng.choice(("touch", "pay", "untouch", "unpay", "shrink", "zone", "nothing"))
    place = rng.randrange(len(stays))
    if what == "touch":
        touches.append(touch(moment(rng, stays), "t-new", rng))
    elif what == "pay":
        payments.append(paid(moment(rng, stays), "p-new", rng))
    elif what == "untouch" and touches:
        touches.pop(rng.randrange(len(touches)))
    elif what == "unpay" and payments:
        payments.pop(rng.randrange(len(payments)))
    elif what == "shrink":
        stays[place] = structs.replace(stays[place], ended_at=(stays[place].started_at + stays[place].ended_at) // 2)
    elif what == "zone":
        stays[place] = structs.replace(stays[place], zone_id=rng.choice(ZONES))
    return told(stays, touches, payments)


@given(RANDOMS)
def test_what_was_counted_must_not_change(rng: random.Random) -> None:
    """A touch or a payment until the last move, a stay that shrinks, one that is gone, and a move to elsewhere: none of them fits."""
    visit = random_visit(rng)
    stays, touches, payments = visit.span.stays, visit.span.shelf_visits, visit.payments
    if len(stays) < 2:
        return
    course, moved = Course(CATALOG, Judge(QUICK)), stays[-2].ended_at
    course.go_on(*visit, is_over=False)
    before = rng.randint(stays[0].started_at, moved)
    assert course.fits(*visit)
    assert not course.fits(*told(stays, [*touches, touch(before, "t-new", rng)], payments))
    assert not course.fits(*told(stays, touches, [*payments, paid(before, "p-new", rng)]))
    assert course.fits(*told(stays, [*touches, touch(moved + 1, "t-new", rng)], payments))
    assert course.fits(*told(stays, touches, [*payments, paid(moved + 1, "p-new", rng)]))
    assert not course.fits(*told(stays[:-1], touches, payments))
    assert not course.fits(*told([*stays[:-2], structs.replace(stays[-2], ended_at=moved - 1), stays[-1]], touches, payments))
    assert not course.fits(*told([*stays[:-1], structs.replace(stays[-1], zone_id="elsewhere")], touches, payments))


# --- by examples ------------------------------------------------------------------------------------------------------------------------


def by_fact(fact: str, full: float) -> tuple[Part, ...]:
    """A score of one part, from 0 to a figure."""
    return (Part(fact, none=0, full=full, weight=1),)


SIMPLE = Settings(
    speed=by_fact("stops_per_min", 1_000_000),
    selection=by_fact("returns", 1_000_000),
    price=by_fact("offers", 1),
    recognition=by_fact("served_s", 100),
    least_s=0,
    least_touches=0,
    changed_score=0.75,
    hold_s=60,
)
"""Price is the share of stops at an offer, recognition a hundredth for each second at the desk; the other two say nothing."""


def walk(*steps: tuple[str, float], seen: Sequence[tuple[float, str]] = ()) -> Told:
    """Walk from zone to zone, each for some seconds, and look at shelves at some times."""
    stays, now = [], 0.0
    for zone, lasting in steps:
        stays.append(Stay(zone, at(now), at(now + lasting)))
        now += lasting
    return told(stays, [ShelfVisit(f"t{t}", at(t), shelf_id, "view", None, None, None) for t, shelf_id in seen])


def announced(visit: Told, chosen: Settings = SIMPLE) -> list[tuple[str, int, int, str, float]]:
    """What is announced of a visit that is over: priority, since and at in seconds, where to, score."""
    changes = anew(visit, chosen, is_over=True)[1]
    return [(one.priority, (one.since - at(0)) // SECOND, (one.at - at(0)) // SECOND, one.zone_id, one.score) for one in changes]


OFFER = ((5.0, "dairy-1"),)


@pytest.mark.parametrize(("held", "expected"), [(60, [("price", 10, 70, "desk", 1.0)]), (59, [])])
def test_held_for_long_enough(held: float, expected: list[object]) -> None:
    """It stood out when the shopper moved on at 10, and is announced at the move at which that was a minute ago."""
    assert announced(walk(("dairy", 10), ("wine", held), ("desk", 10), seen=OFFER)) == expected


def test_held_to_the_microsecond() -> None:
    """One microsecond less is not long enough."""
    assert not announced(walk(("dairy", 10), ("wine", 59.999999), ("desk", 10), seen=OFFER))
    assert announced(walk(("dairy", 10), ("wine", 60.000001), ("desk", 10), seen=OFFER))


@pytest.mark.parametrize(("served", "expected"), [(75, 1), (74, 0), (76, 1)])
def test_the_score_reaches_the_threshold(served: float, expected: int) -> None:
    """75 s at the desk are a score of 0.75."""
    assert len(announced(walk(("desk", served), ("dairy", 60), ("wine", 10)))) == expected


def test_the_last_zone_is_not_looked_at() -> None:
    """Nobody moved on from there, however long it took."""
    assert announced(walk(("dairy", 10), ("wine", 600), seen=OFFER)) == []


def test_a_visit_of_one_zone_says_nothing() -> None:
    """There was no move."""
    assert announced(walk(("dairy", 600), seen=OFFER)) == []


def test_the_same_priority_is_announced_once() -> None:
    """However long it stands out."""
    steps = [("dairy" if number % 2 else "wine", 60.0) for number in range(8)]
    assert announced(walk(*steps, seen=OFFER)) == [("price", 60, 120, "wine", 1.0)]


def test_the_same_priority_again_after_nothing_stood_out_is_no_change() -> None:
    """Price, then nothing for a while, then price: the last one announced is price still."""
    plain = ((75.0, "dairy-2"), (80.0, "wine-2"))
    offers = tuple((200.0 + number, f"{'dairy' if number % 2 else 'wine'}-1") for number in range(6))
    visit = walk(("dairy", 10), ("wine", 60), ("dairy", 60), ("wine", 60), ("dairy", 60), ("wine", 60), seen=(*OFFER, *plain, *offers))
    assert announced(visit) == [("price", 10, 70, "dairy", 1.0)]


def offers(first: float, number: int) -> list[tuple[float, str]]:
    """Stop at offers, one a second."""
    return [(first + place, f"{'dairy' if place % 2 else 'wine'}-1") for place in range(number)]


def test_back_and_forth() -> None:
    """Price at first; then the desk says more than 14 stops of 17 could; and then price again, when so many were at offers."""
    chosen = structs.replace(SIMPLE, hold_s=0, recognition=by_fact("served_s", 125))
    plain = ((12.0, "wine-2"), (13.0, "dairy-2"), (14.0, "wine-2"))
    visit = walk(("dairy", 10), ("wine", 10), ("desk", 100), ("dairy", 20), ("wine", 10), seen=(*OFFER, *plain, *offers(121, 13)))
    assert announced(visit, chosen) == [
        ("price", 10, 10, "wine", 1.0),
        ("recognition", 120, 120, "dairy", 0.8),
        ("price", 140, 140, "wine", 0.824),
    ]


@pytest.mark.parametrize(("held", "expected"), [(60, [("price", 150, 210, "dairy", 0.833)]), (59, [])])
def test_another_one_in_between_begins_the_hold_anew(held: float, expected: list[object]) -> None:
    """The desk is a score of 0.8 throughout; price is more from 90 on, less from 120 on, and more again from 150 on."""
    seen = ((85.0, "dairy-1"), (100.0, "wine-2"), *offers(130, 4))
    visit = walk(("desk", 80), ("dairy", 10), ("wine", 30), ("dairy", 30), ("wine", held), ("dairy", 10), seen=seen)
    assert announced(visit) == expected


def test_nothing_is_announced_where_that_is_turned_off() -> None:
    """A threshold of 0."""
    visit = walk(("dairy", 10), ("wine", 60), ("dairy", 10), seen=OFFER)
    assert announced(visit, structs.replace(SIMPLE, changed_score=0)) == []


def test_too_little_to_judge_by_is_nothing_to_announce() -> None:
    """One touch where two are asked for."""
    visit = walk(("dairy", 10), ("wine", 60), ("dairy", 10), seen=OFFER)
    assert announced(visit, structs.replace(SIMPLE, least_touches=2)) == []


def test_an_open_visit_is_judged_as_it_was_at_its_last_move() -> None:
    """What was seen since then counts with the next move, or when the visit is over."""
    visit = walk(("dairy", 10), ("wine", 60), seen=(*OFFER, (30.0, "wine-2")))
    live, over = anew(visit, SIMPLE, is_over=False)[0], anew(visit, SIMPLE, is_over=True)[0]
    assert (live.scores.facts.touches, live.scores.price) == (1, 1.0)
    assert (over.scores.facts.touches, over.scores.price) == (2, 0.5)
    assert anew(walk(("dairy", 10), seen=OFFER), SIMPLE, is_over=False)[0].scores.facts == Facts()
