"""Comparing found visits with the truth: what is equal, what is forgiven, and that every other difference is found."""

from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sensors.decode import decode
from sensors.reading import SECOND, Payment
from simulators.sensing.faults import Faults
from simulators.sensing.silence import parse
from simulators.truth.reconcile import reconcile
from simulators.truth.visits import BOUND_S, Truth, doubted, micros
from storage.model import ShelfVisit, Stay, Visit
from stream.reconstruct import reconstruct
from tests.simulators.plans import SMALL, options_of, run

START = micros("2026-11-20T10:00:00.000000Z")

TRUTH = Truth(
    store_id="s",
    device_id="d",
    entered_at="2026-11-20T10:00:00.000000Z",
    left_at="2026-11-20T10:05:00.000000Z",
    ended_by="exit",
    entered_bound_s=0.0,
    left_bound_s=0.0,
    path=("in", "a", "in"),
    dwell_s={"in": 120.0, "a": 180.0},
    dwell_bound_s={"in": 30.51, "a": 15.255},
    shelf_actions={"view": 1, "pickup": 2, "putback": 1},
    taken={"milk": 1},
    receipts=("r1",),
    basket_total=Decimal("1.19"),
    currency="EUR",
    converted=True,
    bounced=False,
    pass_by=False,
    is_staff=False,
)


def touch(action: str, product: str | None) -> ShelfVisit:
    """Something done at a shelf."""
    return ShelfVisit(str(uuid4()), START, "shelf", action, product, "a", None)  # type: ignore[arg-type]


def stays(*ends_s: float) -> tuple[Stay, ...]:
    """Stays in the zones of the truth, ending at these seconds."""
    zones = ("in", "a", "in")
    begins = (0.0, *ends_s[:-1])
    return tuple(
        Stay(zone, START + round(begin * SECOND), START + round(end * SECOND))
        for zone, begin, end in zip(zones, begins, ends_s, strict=True)
    )


PAYMENT = Payment(
    id="p", store_id="s", sensor_id="t", ts=START, received_at=START, receipt_id="r1", amount=Decimal("1.1900"), currency="EUR"
)

FOUND = Visit(
    visit_id="v",
    store_id="s",
    device_id="d",
    entered_at=START,
    left_at=START + 300 * SECOND,
    ended_by="exit",
    n_readings=60,
    stays=stays(60, 240, 300),
    shelf_visits=(touch("view", None), touch("pickup", "milk"), touch("pickup", "milk"), touch("putback", "milk")),
    payments=(PAYMENT,),
    bounced=False,
    pass_by=False,
    is_staff=False,
    is_final=True,
)

Change = Callable[[Visit], Visit]


def changed(**fields: object) -> Change:
    """A visit with some fields otherwise."""
    return lambda visit: structs.replace(visit, **fields)


def test_a_visit_found_as_it_was_is_equal() -> None:
    """Money by value, not by its decimals."""
    report = reconcile([TRUTH], [FOUND])
    assert (report.expected, report.found, report.equal, report.unreliable, report.differences) == (1, 1, 1, 0, [])
    assert report.is_equal


@pytest.mark.parametrize(
    ("aspect", "change"),
    [
        ("start", changed(entered_at=START + 1)),
        ("start", changed(entered_at=START - 1)),
        ("end", changed(left_at=START + 300 * SECOND - 1)),
        ("end", changed(left_at=START + 300 * SECOND + 1)),
        ("ended_by", changed(ended_by="timeout")),
        ("ended_by", changed(ended_by=None)),
        ("path", changed(stays=stays(60, 240, 300)[:2])),
        ("path", changed(stays=(*stays(60, 240, 300), Stay("b", START + 300 * SECOND, START + 300 * SECOND)))),
        ("dwell", changed(stays=stays(60, 256, 300))),
        ("dwell", changed(stays=stays(60, 224, 300))),
        ("receipts", changed(payments=(structs.replace(PAYMENT, receipt_id="r2"),))),
        ("receipts", changed(payments=())),
        ("converted", changed(payments=())),
        ("receipts", changed(payments=(PAYMENT, PAYMENT))),
        ("basket_total", changed(payments=(structs.replace(PAYMENT, amount=Decimal("1.20")),))),
        ("currency", changed(payments=(structs.replace(PAYMENT, currency="USD"),))),
        ("bounced", changed(bounced=True)),
        ("pass_by", changed(pass_by=True)),
        ("is_staff", changed(is_staff=True)),
        ("shelf_actions", changed(shelf_visits=(*FOUND.shelf_visits, touch("view", None)))),
        ("shelf_actions", changed(shelf_visits=FOUND.shelf_visits[1:])),
        ("taken", changed(shelf_visits=(touch("view", None), touch("pickup", "milk"), touch("pickup", "tea"), touch("putback", "milk")))),
    ],
)
def test_every_difference_is_found(aspect: str, change: Change) -> None:
    """And told in a sentence that names the visit and what is different."""
    report = reconcile([TRUTH], [change(FOUND)])
    assert (report.expected, report.found, report.equal) == (1, 1, 0)
    assert report.aspects[aspect] == 1
    (sentence,) = report.differences
    assert sentence.startswith("the visit of d in s from 2026-11-20T10:00:00.000000Z is different: ")
    assert f"{aspect}: found " in sentence


def test_what_sampling_hides_is_forgiven_up_to_its_bound() -> None:
    """The first reading up to the bound late, the last one as much early, and each stay by its own bound; not a microsecond more."""
    truth = structs.replace(TRUTH, entered_bound_s=BOUND_S, left_bound_s=BOUND_S)
    bound = round(BOUND_S * SECOND)
    edge = structs.replace(FOUND, entered_at=START + bound, left_at=FOUND.left_at - bound, stays=stays(60, 240 + BOUND_S, 300))
    assert reconcile([truth], [edge]).is_equal
    for beyond in (
        structs.replace(edge, entered_at=edge.entered_at + 1),
        structs.replace(edge, entered_at=START - 1),
        structs.replace(edge, left_at=edge.left_at - 1),
        structs.replace(edge, left_at=FOUND.left_at + 1),
        structs.replace(edge, stays=stays(60, 240 + BOUND_S + 0.00001, 300)),
    ):
        assert not reconcile([truth], [beyond]).is_equal


@pytest.mark.parametrize("bounced", [True, False])
def test_a_bounce_that_cannot_be_known_is_not_compared(bounced: bool) -> None:
    """Either answer is as good as the other."""
    truth = structs.replace(TRUTH, bounced=None)
    assert reconcile([truth], [structs.replace(FOUND, bounced=bounced)]).is_equal


def test_a_visit_that_was_not_found_is_missing() -> None:
    """It is expected, and not found."""
    report = reconcile([TRUTH], [])
    assert (report.expected, report.found, report.equal, report.aspects["missing"]) == (1, 0, 0, 1)
    assert report.differences == ["the visit of d in s from 2026-11-20T10:00:00.000000Z is different: missing"]


def test_a_visit_that_never_was_is_told() -> None:
    """It is found, and not expected."""
    report = reconcile([], [FOUND])
    assert (report.expected, report.found, report.aspects["unexpected"]) == (0, 1, 1)
    assert report.differences == ["the visit of d in s from 2026-11-20T10:00:00.000000Z was found, but never was"]


@pytest.mark.parametrize(
    "change", [changed(device_id="e"), changed(store_id="t"), changed(entered_at=FOUND.left_at + 1, left_at=FOUND.left_at + 2)]
)
def test_a_visit_of_another_device_store_or_time_is_another_visit(change: Change) -> None:
    """Missing here, unexpected there."""
    report = reconcile([TRUTH], [change(FOUND)])
    assert (report.aspects["missing"], report.aspects["unexpected"], report.equal) == (1, 1, 0)


def test_a_visit_found_in_two_halves_is_one_different_and_one_too_many() -> None:
    """The half that begins when the visit began is taken for it."""
    middle = START + 150 * SECOND
    halves = [structs.replace(FOUND, left_at=middle), structs.replace(FOUND, entered_at=middle)]
    report = reconcile([TRUTH], halves)
    assert (report.expected, report.found, report.equal) == (1, 2, 0)
    assert (report.aspects["end"], report.aspects["start"], report.aspects["unexpected"]) == (1, 0, 1)


def test_several_visits_of_one_device_are_told_apart() -> None:
    """In any order."""
    later = structs.replace(TRUTH, entered_at="2026-11-20T12:00:00.000000Z", left_at="2026-11-20T12:05:00.000000Z")
    two_hours = 7200 * SECOND
    shifted = structs.replace(
        FOUND,
        entered_at=START + two_hours,
        left_at=FOUND.left_at + two_hours,
        stays=tuple(Stay(stay.zone_id, stay.started_at + two_hours, stay.ended_at + two_hours) for stay in FOUND.stays),
    )
    assert reconcile([later, TRUTH], [FOUND, shifted]).equal == 2
    assert reconcile([TRUTH, later], [shifted, FOUND]).equal == 2


def test_nothing_is_promised_of_an_unreliable_visit() -> None:
    """It may be missing, different, or in pieces; none of it counts."""
    shaky = structs.replace(TRUTH, unreliable=True)
    pieces = [structs.replace(FOUND, left_at=START + SECOND), structs.replace(FOUND, entered_at=START + 100 * SECOND)]
    for found in ([], [FOUND], pieces):
        report = reconcile([shaky], found)
        assert (report.expected, report.found, report.equal, report.unreliable, report.is_equal) == (0, 0, 0, 1, True)


def test_an_unreliable_visit_excuses_no_other() -> None:
    """What is found at another time never was all the same."""
    shaky = structs.replace(TRUTH, unreliable=True)
    later = structs.replace(FOUND, entered_at=FOUND.left_at + SECOND, left_at=FOUND.left_at + 2 * SECOND)
    assert reconcile([shaky], [later]).aspects["unexpected"] == 1


def test_a_wrong_clock_excuses_what_it_may_have_made() -> None:
    """A visit where it may have put readings, and none beyond."""
    after = structs.replace(FOUND, entered_at=FOUND.left_at + 100 * SECOND, left_at=FOUND.left_at + 130 * SECOND)
    for until_s, differences in ((120, 0), (90, 1)):
        shaky = doubted(TRUTH, [(FOUND.entered_at // 1000, (FOUND.left_at + until_s * SECOND) // 1000)])
        assert len(reconcile([shaky], [FOUND, after]).differences) == differences


@given(st.permutations(range(6)), st.permutations(range(6)))
def test_the_order_does_not_matter(one: list[int], other: list[int]) -> None:
    """Of truths, nor of visits."""
    truths = [structs.replace(TRUTH, device_id=f"d{number}") for number in one]
    visits = [structs.replace(FOUND, device_id=f"d{number}") for number in other]
    assert reconcile(truths, visits).equal == 6


def found(lines: list[bytes]) -> list[Visit]:
    """The visits that the engine finds in a recording."""
    pieces = (decode(line, topic=None, received_at=4_000_000_000_000_000) for line in lines)
    return list(reconstruct(pieces, [SMALL]).visits)


@pytest.mark.parametrize("seed", range(6))
def test_the_engine_finds_what_was(seed: int) -> None:
    """A crowded day with everything that is rare: all visits are equal, with faults and without."""
    for faults in (Faults(), Faults(duplicates=0.1, disorder_s=40, malformed=0.02)):
        truths, lines, _ = run(options_of(seed=seed, faults=faults))
        report = reconcile(truths, found(lines))
        assert report.differences == []
        assert report.equal == len(truths) > 50


def test_the_engine_finds_what_was_around_a_silence() -> None:
    """Visits that a silent gateway has not touched are found as they were; of the others, nothing is promised."""
    truths, lines, _ = run(options_of(silences=(parse("gw-front@10:40-10:45"), parse("gate-1@11:00-11:30"))))
    report = reconcile(truths, found(lines))
    assert report.differences == []
    assert report.unreliable > 10
    assert report.equal > 10
