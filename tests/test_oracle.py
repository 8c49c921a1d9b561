"""The oracle agrees with the examples worked out by hand, and keeps what section 4 promises of any set of readings."""

import random
from collections import Counter
from itertools import groupby, pairwise

import msgspec
import pytest
from hypothesis import given

from sensors.layout import Layout
from sensors.reading import Dwell, Entry, Payment, Reading, Shelf
from storage.model import ShelfVisit, Stay, Visit
from tests.example_parts import STORE, at, dwell, leave, pay, shelf
from tests.oracle import Expected, ExpectedVisit, expect, expected_visits, from_visit
from tests.rule_examples import EXAMPLES, NAMES, Example
from tests.strategies import RANDOMS, Case, arrivals, cases


def expect_case(case: Case) -> Expected:
    """Ask the oracle about a case."""
    return expect(case.readings, case.world.layouts, case.world.rules)


def device_readings(case: Case) -> list[Entry | Dwell | Shelf]:
    """Return the readings of a case that count."""
    return [reading for reading in case.readings if isinstance(reading, Entry | Dwell | Shelf)]


def by_device(visits: list[ExpectedVisit]) -> list[list[ExpectedVisit]]:
    """Group visits, that come in order, by device."""
    return [list(group) for _, group in groupby(visits, key=lambda visit: (visit.store_id, visit.device_id))]


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_example(example: Example) -> None:
    """What was worked out by hand is what the oracle says."""
    found = expect(example.readings, example.layouts, example.rules)
    assert found.visits == list(example.visits)
    assert found.unattributed == list(example.unattributed)


def test_the_examples_are_named_apart_and_cover_every_rule() -> None:
    """A name is a rule and a case; each of the eleven rules has some."""
    assert len(set(NAMES)) == len(NAMES) >= 60
    assert {example.rule for example in EXAMPLES} == set(range(11))


def test_readings_of_an_example_have_ids_of_their_own() -> None:
    """Only the examples of duplicates repeat an id."""
    repeated = {
        example.name for example in EXAMPLES if max(Counter((reading.store_id, reading.id) for reading in example.readings).values()) > 1
    }
    assert repeated == {
        "rule_10_a_duplicate_counts_once",
        "rule_10_of_two_readings_with_one_id_the_first_stays",
        "rule_10_an_id_is_one_for_all_kinds",
    }


@pytest.mark.parametrize(
    "example",
    [example for example in EXAMPLES if not example.name.endswith(("the_first_stays", "for_all_kinds"))],
    ids=lambda example: example.name,
)
def test_examples_do_not_depend_on_order(example: Example) -> None:
    """Backwards they give the same."""
    found = expect(example.readings[::-1], example.layouts, example.rules)
    assert found == (list(example.visits), list(example.unattributed))


@given(cases(), RANDOMS)
def test_order_and_duplicates_change_nothing(case: Case, rng: random.Random) -> None:
    """A set has no order, and a reading twice is a reading."""
    arrived = arrivals(rng, case.readings, case.world.lateness_s())
    assert expect(arrived, case.world.layouts, case.world.rules) == expect_case(case)


@given(cases())
def test_every_reading_counts_once(case: Case) -> None:
    """The visits of a device share its readings among them."""
    counted: Counter[tuple[str, str]] = Counter()
    for visit in expect_case(case).visits:
        counted[visit.store_id, visit.device_id] += visit.n_readings
    assert counted == Counter((reading.store_id, reading.device_id) for reading in device_readings(case))


@given(cases())
def test_every_payment_has_one_place(case: Case) -> None:
    """A payment is in one visit, or unattributed."""
    found = expect_case(case)
    placed = [(visit.store_id, payment) for visit in found.visits for payment in visit.payments] + found.unattributed
    assert sorted(placed) == sorted((reading.store_id, reading.id) for reading in case.readings if isinstance(reading, Payment))


@given(cases())
def test_visits_of_a_device_follow_each_other(case: Case) -> None:
    """They do not overlap, and each begins before it ends."""
    for visits in by_device(expect_case(case).visits):
        assert all(visit.entered_at <= visit.left_at for visit in visits)
        assert all(earlier.left_at <= later.entered_at for earlier, later in pairwise(visits))


@given(cases())
def test_stays_lie_in_their_visit_one_after_the_other(case: Case) -> None:
    """They do not overlap; equal neighbours have a silence between them; the path merges those."""
    for visit in expect_case(case).visits:
        bounds = [visit.entered_at, *(bound for stay in visit.stays for bound in (stay.started_at, stay.ended_at)), visit.left_at]
        assert bounds == sorted(bounds)
        gap = round(case.world.rules_of(visit.store_id).presence_gap_s * 1_000_000)
        for earlier, later in pairwise(visit.stays):
            assert earlier.zone_id != later.zone_id or later.started_at - earlier.ended_at > gap
        assert all(earlier != later for earlier, later in pairwise(visit.path))


@given(cases())
def test_without_payments_only_baskets_change(case: Case) -> None:
    """A payment moves nothing: all visits are there without it, and the same but for what payments decide."""
    bare = Case(case.world, [reading for reading in case.readings if not isinstance(reading, Payment)])

    def unmoved(visit: ExpectedVisit) -> tuple[object, ...]:
        return visit.store_id, visit.device_id, visit.entered_at, visit.left_at, visit.ended_by, visit.n_readings, visit.stays

    assert [unmoved(visit) for visit in expect_case(case).visits] == [unmoved(visit) for visit in expect_case(bare).visits]


@given(cases())
def test_devices_do_not_meet_but_at_the_till(case: Case) -> None:
    """Without anonymous payments a device's visits are those of its own readings."""
    readings = [reading for reading in case.readings if not isinstance(reading, Payment) or reading.device_id is not None]
    together = expect(readings, case.world.layouts, case.world.rules).visits
    apart = []
    for store_id, device_id in sorted({(reading.store_id, reading.device_id) for reading in device_readings(case)}):
        own = [reading for reading in readings if reading.store_id == store_id and getattr(reading, "device_id", None) == device_id]
        apart += expected_visits(own, case.world.layouts, case.world.rules)
    assert together == apart


def test_from_visit_brings_an_engine_visit_into_this_form() -> None:
    """Every field that the examples name is compared."""
    payment = pay(20, device="d1")
    visit = Visit(
        visit_id="any",
        store_id="s1",
        device_id="d1",
        entered_at=at(0),
        left_at=at(30),
        ended_by="exit",
        n_readings=3,
        stays=(Stay("dairy", at(0), at(30)),),
        shelf_visits=(ShelfVisit("shelf-10", at(10), "dairy-1", "pickup", "milk", "dairy", None),),
        payments=(payment,),
        bounced=False,
        pass_by=False,
        is_staff=False,
        is_final=True,
    )
    readings: list[Reading] = [dwell(0), shelf(10, action="pickup", product="milk"), leave(30), payment]
    assert [from_visit(visit)] == expected_visits(readings, {"s1": STORE}, {})
    assert from_visit(msgspec.structs.replace(visit, ended_by=None)).ended_by is None


def test_a_store_without_layout_or_rules_has_the_defaults() -> None:
    """Both mappings may be empty."""
    readings: list[Reading] = [dwell(0), dwell(50)]
    assert expected_visits(readings, {}, {}) == expected_visits(readings, {"s1": Layout(store_id="s1")}, {})
