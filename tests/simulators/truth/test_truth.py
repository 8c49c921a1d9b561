"""The ground truth: consistent in itself, and just what an observer who makes no mistake can see, within the bounds that it states."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from sensors.urls import SettingError
from simulators.sensing.sense import BOUND
from simulators.shop.floor import floor_of
from simulators.shop.habits import MINUTE, SECOND
from simulators.shop.walk import Act, Line, Paid, Passage, Walk
from simulators.truth.visits import BOUND_S, Truth, micros, read, to_line, truth_of
from tests.simulators.observer import between, by_device, millis, observe, presences
from tests.simulators.plans import CROWDED, SMALL, Played, play, said

SEEDS = st.integers(0, 2**32)
FEW = structs.replace(CROWDED, shoppers=20)
NOON = 1_795_000_000_000


def told(walk: Walk) -> Truth:
    """The truth of a walk in the small store."""
    walk.device_id = "me"
    return truth_of(floor_of(SMALL), walk)


def visit(*, seen_in: bool = True, seen_out: bool = True, approach: bool = False, linger: bool = False) -> Walk:
    """A minute in the entrance, two in a zone, another in the entrance."""
    walk = Walk("shopper", NOON)
    if approach:
        walk.stay("outside", 20 * SECOND)
    walk.passages.append(Passage(walk.now, 0, "in", (walk.now,) if seen_in else ()))
    walk.stay("entrance", MINUTE)
    walk.stay("fresh", 2 * MINUTE)
    walk.stay("entrance", MINUTE)
    walk.passages.append(Passage(walk.now, 0, "out", (walk.now,) if seen_out else ()))
    if linger:
        walk.stay("outside", 30 * SECOND)
    return walk


def test_a_visit_between_two_gates_is_exact_at_both_ends() -> None:
    """Nothing is left to the scans but where one zone ends and the next begins."""
    truth = told(visit())
    assert (micros(truth.entered_at), micros(truth.left_at)) == (NOON * 1000, (NOON + 4 * MINUTE) * 1000)
    assert (truth.ended_by, truth.entered_bound_s, truth.left_bound_s) == ("exit", 0, 0)
    assert truth.path == ("entrance", "fresh", "entrance")
    assert truth.dwell_s == {"entrance": 120, "fresh": 120}
    assert truth.dwell_bound_s == {"entrance": round(2 * BOUND_S, 3), "fresh": BOUND_S}


def test_whoever_is_heard_before_the_gate_begins_the_visit_there() -> None:
    """On the pavement, at a moment that is known to the bound only."""
    truth = told(visit(approach=True))
    assert (micros(truth.entered_at), truth.entered_bound_s) == (NOON * 1000, BOUND_S)
    assert truth.path == ("outside", "entrance", "fresh", "entrance")


def test_a_gate_that_missed_the_entrance_leaves_the_beginning_to_the_scans() -> None:
    """The visit begins with the first reading."""
    assert told(visit(seen_in=False)).entered_bound_s == BOUND_S


def test_a_gate_that_missed_the_exit_leaves_the_end_to_silence() -> None:
    """The last stay may be seen to begin late and to end early."""
    truth = told(visit(seen_out=False))
    assert (truth.ended_by, truth.left_bound_s) == ("timeout", BOUND_S)
    assert truth.dwell_bound_s["entrance"] == round(3 * BOUND_S, 3)


def test_what_is_heard_after_the_exit_is_no_part_of_the_visit() -> None:
    """Lingering on the pavement moves nothing."""
    assert told(visit(linger=True)) == told(visit())


def test_a_receipt_converts() -> None:
    """And is told with its sum and the store's currency."""
    walk = visit()
    lines = (Line("milk", 2, Decimal("1.19")),)
    walk.payments.append(Paid(NOON + MINUTE, "till-1", "r1", lines, Decimal("2.38"), False))
    truth = told(walk)
    assert (truth.converted, truth.receipts, truth.basket_total, truth.currency, truth.bounced) == (
        True,
        ("r1",),
        Decimal("2.38"),
        "EUR",
        False,
    )


def test_what_was_done_at_shelves_is_counted() -> None:
    """By action, and what was taken by product."""
    walk = visit()
    walk.acts = [Act(NOON, "fresh-1", action, "apples", None) for action in ("pickup", "pickup", "putback")]
    truth = told(walk)
    assert (truth.shelf_actions, truth.taken) == ({"pickup": 2, "putback": 1}, {"apples": 1})


@pytest.mark.parametrize(
    ("length", "bounced"),
    [(119 * SECOND, True), (120 * SECOND, None), (120 * SECOND + 2 * BOUND - 1, None), (120 * SECOND + 2 * BOUND, False)],
)
def test_whether_a_visit_bounced_is_told_where_it_can_be_known(length: int, bounced: bool | None) -> None:
    """A visit without gates may be seen up to two bounds shorter than it was; never longer."""
    walk = Walk("passer-by", NOON)
    walk.stay("outside", length)
    assert told(walk).bounced is bounced


def test_with_gates_at_both_ends_a_bounce_is_always_known() -> None:
    """To the millisecond, at the boundary itself."""
    for length, bounced in ((119_999, True), (120_000, False)):
        walk = Walk("shopper", NOON)
        walk.passages.append(Passage(NOON, 0, "in", (NOON,)))
        walk.stay("entrance", length)
        walk.passages.append(Passage(walk.now, 0, "out", (walk.now,)))
        assert told(walk).bounced is bounced


def test_who_never_left_the_pavement_passed_by() -> None:
    """And nobody else."""
    walk = Walk("passer-by", NOON)
    walk.stay("outside", MINUTE)
    assert told(walk).pass_by
    assert not told(visit(approach=True)).pass_by


def test_a_line_can_be_read_again() -> None:
    """All of it, money included."""
    truths = play().truths
    assert list(read(to_line(one) for one in truths)) == truths


def test_a_line_that_is_no_truth_is_named() -> None:
    """By its number."""
    with pytest.raises(SettingError, match="line 2 of the ground truth cannot be read"):
        list(read([to_line(play().truths[0]), b"{}"]))


@settings(max_examples=25)
@given(SEEDS)
def test_truths_are_consistent_in_themselves(seed: int) -> None:
    """Each begins before it ends, dwells as long as it lasts, and knows what it paid."""
    played = play(seed=seed, habits=FEW)
    for walk, truth in zip(played.walks, played.truths, strict=True):
        length_s = (micros(truth.left_at) - micros(truth.entered_at)) / 1e6
        assert sum(truth.dwell_s.values()) == pytest.approx(length_s)
        assert truth.dwell_s.keys() == truth.dwell_bound_s.keys() == set(truth.path)
        assert all(a != b for a, b in zip(truth.path, truth.path[1:], strict=False))
        assert truth.path[0] in {"entrance", "outside"}
        assert truth.converted == bool(truth.receipts) == (truth.currency is not None)
        assert truth.basket_total == sum(line.quantity * line.unit_price for paid in walk.payments for line in paid.lines)
        assert truth.is_staff == truth.device_id.startswith("badge")
        assert truth.pass_by == (truth.path == ("outside",))
        assert {product: line for paid in walk.payments for product, line, _ in paid.lines} == (truth.taken if truth.receipts else {})


def close(played: Played, truth: Truth) -> None:
    """Check one truth against what can be seen of it."""
    start, end = millis(truth.entered_at), millis(truth.left_at)
    seen = observe(between(by_device(SMALL, said(played.lines))[truth.device_id], start, end))
    assert start <= seen.entered_at <= start + truth.entered_bound_s * 1000
    assert end - truth.left_bound_s * 1000 <= seen.left_at <= end
    assert tuple(seen.path) == truth.path
    assert seen.longest_silence < 25 * SECOND
    for zone, dwell in truth.dwell_s.items():
        assert abs(seen.dwell[zone] / 1000 - dwell) <= truth.dwell_bound_s[zone]
    if truth.bounced is not None:
        assert truth.bounced == (not truth.converted and seen.left_at - seen.entered_at < 120 * SECOND)


@settings(max_examples=15)
@given(SEEDS)
def test_an_observer_sees_each_visit_as_it_was_within_the_bounds(seed: int) -> None:
    """Start, end, path and dwell a zone; and never a silence in which a visit could break."""
    played = play(seed=seed, habits=structs.replace(FEW, shoppers=10))
    for truth in played.truths:
        close(played, truth)


@settings(max_examples=15)
@given(SEEDS)
def test_no_reading_lies_outside_the_visits_but_in_the_grace_after_them(seed: int) -> None:
    """What sensors say of a device belongs to one of its visits."""
    played = play(seed=seed, habits=FEW)
    visits = [(one.device_id, millis(one.entered_at), millis(one.left_at), one.ended_by) for one in played.truths]
    for device, seen in by_device(SMALL, said(played.lines)).items():
        for one in seen:
            grace = played.floor.timing.exit_grace
            assert any(
                device == whose and start <= one.ts <= end + (grace if ended_by == "exit" else 0) for whose, start, end, ended_by in visits
            )


@settings(max_examples=15)
@given(SEEDS)
def test_a_till_without_a_name_finds_the_payer(seed: int) -> None:
    """At the time of each payment the payer is seen in the till's zone, for longest of all who are no staff."""
    played = play(seed=seed, habits=structs.replace(CROWDED, shoppers=80))
    zones = {till.sensor_id: till.zone_id or "" for till in SMALL.tills}
    seen = by_device(SMALL, said(played.lines))
    visits = [(one, between(seen[one.device_id], millis(one.entered_at), millis(one.left_at))) for one in played.truths if not one.is_staff]
    payers = {receipt: one.device_id for one in played.truths for receipt in one.receipts}
    for payment in said(played.lines):
        if payment.kind == "payment":
            at = millis(payment.ts)
            there = [one for _, mine in visits for one in presences(mine, zones[payment.sensor_id]) if one.begin <= at <= one.end]
            assert min(there, key=lambda one: one.begin).device_id == payers[payment.receipt_id or ""]


@settings(max_examples=15)
@given(SEEDS)
def test_visits_of_one_device_never_run_into_each_other(seed: int) -> None:
    """Between two of them lies more than the silence that ends a visit."""
    played = play(seed=seed, habits=structs.replace(FEW, trip_min=(1.0, 0.2)))
    last: dict[str, int] = {}
    for truth in played.truths:
        assert millis(truth.entered_at) - last.get(truth.device_id, 0) > played.floor.timing.visit_timeout
        last[truth.device_id] = millis(truth.left_at)
