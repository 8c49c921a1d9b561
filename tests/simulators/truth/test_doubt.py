"""Of whom not all can be known: by their own sensors, by their tag, by their company at a till."""

from decimal import Decimal

import pytest
from msgspec import structs

from simulators.sensing.sense import BOUND
from simulators.sensing.silence import Span, sensors_of
from simulators.shop.floor import floor_of
from simulators.shop.habits import MINUTE, SECOND
from simulators.shop.walk import Act, Paid, Passage, Walk
from simulators.truth.doubt import AFTERMATH, doubt_of, doubts
from tests.simulators.plans import SMALL, window_of

FLOOR = floor_of(SMALL)
OPENS = window_of(SMALL).opens
QUARTER = Span("gw-front", OPENS + 15 * MINUTE, OPENS + 30 * MINUTE)


def walk(zone: str, start: int, length: int = MINUTE) -> Walk:
    """Somebody in a zone, from so long after the silence began (milliseconds)."""
    one = Walk("shopper", QUARTER.start + start)
    one.stay(zone, length)
    return one


@pytest.mark.parametrize(
    ("zone", "start", "touched"),
    [
        ("entrance", 5 * MINUTE, True),
        ("fresh", 5 * MINUTE, False),
        ("entrance", -AFTERMATH - 2 * MINUTE, False),
        ("entrance", 15 * MINUTE + AFTERMATH, False),
        ("entrance", 15 * MINUTE + AFTERMATH - 1, True),
    ],
)
def test_a_silent_gateway_touches_those_in_its_zones(zone: str, start: int, touched: bool) -> None:
    """During the silence and a little before and after."""
    assert (doubt_of(FLOOR, QUARTER, walk(zone, start)) is not None) is touched


@pytest.mark.parametrize(
    ("at", "touched"),
    [
        (-AFTERMATH - 1, False),
        (-AFTERMATH, True),
        (MINUTE, True),
        (15 * MINUTE + AFTERMATH - 1, True),
        (15 * MINUTE + AFTERMATH, False),
    ],
)
def test_a_silent_gate_touches_those_who_pass_it_then(at: int, *, touched: bool) -> None:
    """The other gate's shoppers are not touched, nor who passes long before the silence or long after it."""
    one = walk("right", MINUTE)
    one.passages = [Passage(QUARTER.start + at, 1, "in", ())]
    assert bool(doubt_of(FLOOR, Span("gate-2", QUARTER.start, QUARTER.end), one)) is touched
    assert not doubt_of(FLOOR, Span("gate-1", QUARTER.start, QUARTER.end), one)


def test_a_silent_shelf_or_till_touches_those_who_use_it() -> None:
    """And nobody else."""
    one = walk("right", MINUTE)
    one.acts = [Act(QUARTER.start, "left-1", "view", None, 1000)]
    one.payments = [Paid(QUARTER.start, "till-2", "r", (), FLOOR.prices["milk"], False)]
    touched = {sensor for sensor in sensors_of(FLOOR) if doubt_of(FLOOR, Span(sensor, QUARTER.start, QUARTER.end), one)}
    assert touched == {"gw-rear", "sensor-left-1", "till-2"}


def test_visits_are_doubtful_from_a_fading_on() -> None:
    """A battery that ends lets ever less through before."""
    span = Span("gw-front", QUARTER.start, QUARTER.end, fades=10 * MINUTE)
    assert doubt_of(FLOOR, span, walk("entrance", -11 * MINUTE))
    assert not doubt_of(FLOOR, span, walk("entrance", -14 * MINUTE))
    assert not doubt_of(FLOOR, QUARTER, walk("entrance", -11 * MINUTE))


AHEAD = Span("gw-front", QUARTER.start, QUARTER.end, speaks=True, ahead=3 * MINUTE)
"""A clock that is three minutes fast for a quarter of an hour."""


def at_till(start: int, pays_at: int | None, *, device: str, names: bool = False) -> Walk:
    """Somebody in the line of a till for three minutes, from so long after the silence began."""
    one = walk("till-a", start, 3 * MINUTE)
    one.device_id = device
    one.payments = [] if pays_at is None else [Paid(QUARTER.start + pays_at, "till-1", "r", (), Decimal(1), names)]
    return one


def doubtful(*walks: Walk, span: Span = AHEAD) -> list[bool]:
    """Of which of these people not all is known."""
    return [bool(found) for found in doubts(FLOOR, [span], walks)]


def test_a_wrong_clock_is_about_as_long_as_it_is_off() -> None:
    """From when somebody was told of, by the true time, until so much later; and not all day long where it is off by a second."""
    there = walk("entrance", 5 * MINUTE)
    found = doubt_of(FLOOR, AHEAD, there)
    assert found is not None
    assert (found.start, found.end) == (there.began - AFTERMATH, there.now + 3 * MINUTE + AFTERMATH)
    little = doubt_of(FLOOR, structs.replace(AHEAD, ahead=0, behind=1 * SECOND), there)
    assert little is not None
    assert (little.start, little.end) == (there.began - 2 * SECOND - BOUND, there.now + SECOND + BOUND)


def test_of_a_long_stay_what_a_sensor_could_not_hear_is_doubtful() -> None:
    """Not all of it: it began before a silence matters, and goes on when that is over."""
    found = doubt_of(FLOOR, QUARTER, walk("entrance", -60 * MINUTE, 180 * MINUTE))
    assert found is not None
    assert (found.start, found.end) == (QUARTER.start - 2 * AFTERMATH, QUARTER.end + 2 * AFTERMATH)


def test_who_gets_the_tag_of_somebody_told_wrongly_is_doubtful_too() -> None:
    """While that may still be told of them; a silence puts nothing into another time."""
    first, second, third = walk("entrance", 5 * MINUTE), walk("right", 8 * MINUTE), walk("right", 60 * MINUTE)
    first.device_id = second.device_id = third.device_id = "band-1"
    assert doubtful(first, second, third) == [True, True, False]
    assert doubtful(first, second, third, span=QUARTER) == [True, False, False]


def test_who_had_the_tag_long_before_is_not_doubtful() -> None:
    """What is told at a wrong time reaches back so far and no further."""
    back = structs.replace(AHEAD, ahead=0, behind=3 * MINUTE)
    before, owner = walk("right", -2 * MINUTE), walk("entrance", 5 * MINUTE)
    before.device_id = owner.device_id = "band-1"
    assert doubtful(before, owner, span=back) == [False, True]
    before.stay("right", 2 * MINUTE)
    assert doubtful(before, owner, span=back) == [True, True]


REAR = structs.replace(AHEAD, sensor_id="gw-rear")
"""The same of the gateway that does not hear the tills."""


@pytest.mark.parametrize("names", [False, True])
def test_the_company_at_a_till_of_somebody_told_wrongly(*, names: bool) -> None:
    """A payment that names nobody may be given to others in the line, then and there only."""
    payer = at_till(7 * MINUTE, 9 * MINUTE, device="a", names=names)
    payer.stays = [*walk("left", 6 * MINUTE).stays, *payer.stays]
    behind, gone, elsewhere = at_till(8 * MINUTE, None, device="b"), at_till(3 * MINUTE, None, device="c"), walk("door", 8 * MINUTE)
    elsewhere.device_id = "d"
    assert doubtful(payer, behind, gone, elsewhere, span=REAR) == [True, not names, False, False]
    behind.role = "staff"
    assert doubtful(payer, behind, span=REAR) == [True, False]


def test_what_was_doubtful_only_before_somebody_paid_leaves_the_line_as_it_was() -> None:
    """The payer was told wrongly among the shelves, long before; then all that is told of the line is right."""
    payer, behind = at_till(20 * MINUTE, 22 * MINUTE, device="a"), at_till(21 * MINUTE, None, device="b")
    payer.stays = [*walk("left", MINUTE).stays, *payer.stays]
    assert doubtful(payer, behind, span=REAR) == [True, False]


def test_who_left_the_line_long_before_a_payment_is_no_company() -> None:
    """Told wrongly among the shelves just then; so the payment of others is theirs."""
    gone, payer, behind = at_till(0, None, device="a"), at_till(7 * MINUTE, 9 * MINUTE, device="b"), at_till(8 * MINUTE, None, device="c")
    gone.stays += walk("left", 6 * MINUTE, 5 * MINUTE).stays
    assert doubtful(gone, payer, behind, span=REAR) == [True, False, False]


def test_readings_stray_of_those_alone_of_whom_a_wrong_clock_tells() -> None:
    """Their company at a till is doubtful for the payment: a visit of theirs at another time would be one too many."""
    payer, behind = at_till(7 * MINUTE, 9 * MINUTE, device="a"), at_till(8 * MINUTE, None, device="b")
    payer.stays = [*walk("left", 6 * MINUTE).stays, *payer.stays]
    paid_at = QUARTER.start + 9 * MINUTE
    (own,), (of_company,) = doubts(FLOOR, [REAR], [payer, behind])
    assert (own, own.strays) == (doubt_of(FLOOR, REAR, payer), True)
    assert (of_company.start, of_company.end, of_company.strays) == (paid_at, paid_at, False)
    assert [found.strays for (found,) in doubts(FLOOR, [structs.replace(REAR, speaks=False, ahead=0)], [payer, behind])] == [False, False]


def test_one_span_is_one_doubt() -> None:
    """However many ways lead to it: by the own sensors, by the tag of somebody else, by each of two payments of a party."""
    first, second = at_till(7 * MINUTE, 9 * MINUTE, device="a"), at_till(8 * MINUTE, 10 * MINUTE, device="a")
    behind = at_till(8 * MINUTE, None, device="b")
    first.stays, second.stays = ([*walk("left", 6 * MINUTE).stays, *one.stays] for one in (first, second))
    found = doubts(FLOOR, [REAR], [first, second, behind])
    assert [len(one) for one in found] == [1, 1, 1]
    other = structs.replace(REAR, start=REAR.start + MINUTE)
    assert [len(one) for one in doubts(FLOOR, [REAR, other], [first, second, behind])] == [2, 2, 2]


def test_of_a_till_with_people_of_whom_all_is_known_nothing_is_doubtful() -> None:
    """Whoever is doubtful elsewhere."""
    payer, behind, other = at_till(7 * MINUTE, 9 * MINUTE, device="a"), at_till(8 * MINUTE, None, device="b"), walk("left", 8 * MINUTE)
    other.device_id = "c"
    assert doubtful(payer, behind, other, span=REAR) == [False, False, True]
