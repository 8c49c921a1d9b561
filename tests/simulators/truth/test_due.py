"""Signals that are due, worked out by hand from walks; and what is left open."""

from decimal import Decimal

import pytest
from msgspec import structs

from sensors.layout import Layout
from sensors.reading import rfc3339
from simulators.sensing.faults import Expected
from simulators.sensing.silence import Span, sensors_of
from simulators.shop.floor import floor_of
from simulators.shop.habits import MINUTE, SECOND, Habits
from simulators.shop.walk import Act, Paid, Passage, Stay, Walk
from simulators.simulate import simulate
from simulators.truth.doubt import doubts
from simulators.truth.due import Due, due_of
from tests.simulators.plans import SMALL, options_of, window_of

START = window_of(SMALL).opens + 10 * MINUTE
BOUND_S = 15.255


def walk(*stays: tuple[str, float], start: int = START, seen: bool = True, device: str = "band-1") -> Walk:
    """Somebody who is in zones for so many seconds each, and goes through a gate in the end."""
    one = Walk("shopper", start, device_id=device)
    now = start
    for zone, seconds in stays:
        one.stays.append(Stay(zone, now, now + round(seconds * SECOND)))
        now = one.now
    one.passages = [Passage(start, 0, "in", (start,)), Passage(now, 0, "out", (now,) if seen else ())]
    return one


def due(*walks: Walk, layout: Layout = SMALL, silent: tuple[Span, ...] = (), plain: bool = True, is_last: bool = False) -> list[Due]:
    """What is due of these people."""
    floor, people, spans = floor_of(layout), list(walks), list(silent)
    return due_of(floor, window_of(layout), people, doubts(floor, spans, people), spans, plain=plain, is_last=is_last)


def ruled(**rules: float) -> Layout:
    """The small store with rules of its own; `_in_` stands for the dot before a zone or sensor."""
    return structs.replace(SMALL, rules={name.replace("_in_", "."): value for name, value in rules.items()})


def when(seconds: float) -> str:
    """A moment so long after the walk began."""
    return rfc3339((START + round(seconds * SECOND)) * 1000)


def taking(units: int, *, pays: bool = False, seen: bool = True) -> Walk:
    """Somebody who takes so many things, and pays or not."""
    one = walk(("entrance", 30), ("left", 60), ("till-a", 90), ("entrance", 20), seen=seen)
    one.acts = [Act(START + 40 * SECOND + number, "left-1", "pickup", "milk", None) for number in range(units)]
    one.payments = [Paid(START + 150 * SECOND, "till-1", "r", (), Decimal(1), False)] if pays else []
    return one


def test_a_long_stay_is_seen_up_to_15_s_late() -> None:
    """Its threshold after it began."""
    (one,) = due(walk(("entrance", 30), ("left", 950), ("entrance", 20)))
    assert (one.kind, one.zone_id, one.device_id, one.at) == ("long_dwell", "left", "band-1", when(930))
    assert (one.early_s, one.late_s, one.sure) == (0, BOUND_S, True)


@pytest.mark.parametrize(("seconds", "found"), [(884, []), (886, [False]), (914, [False]), (916, [True])])
def test_a_stay_of_nearly_the_threshold_may_be_seen_longer_or_shorter(seconds: float, found: list[bool]) -> None:
    """Within 15.255 s of it nothing is sure."""
    assert [one.sure for one in due(walk(("entrance", 30), ("left", seconds), ("entrance", 20)))] == found


@pytest.mark.parametrize(("seconds", "sure"), [(920, False), (931, True)])
def test_the_last_stay_of_who_left_unseen_may_end_early_too(seconds: float, sure: bool) -> None:
    """Twice the bound."""
    assert [one.sure for one in due(walk(("left", 30), ("entrance", seconds), seen=False))] == [sure]


def test_nobody_dwells_on_the_pavement() -> None:
    """Nor where the threshold is 0, nor staff anywhere."""
    staff = walk(("left", 2000))
    staff.role = "staff"
    assert due(walk(("outside", 2000)), staff) == []
    assert due(walk(("left", 2000)), layout=ruled(long_dwell_s_in_left=0)) == []


def test_who_leaves_with_things_unpaid() -> None:
    """Two minutes after the gate exactly; a timeout after the last reading of who left unseen, which may be early."""
    (one,) = due(taking(2))
    assert (one.kind, one.at, one.value, one.early_s, one.late_s) == ("abandoned_basket", when(320), 2, 0, 0)
    (one,) = due(taking(2, seen=False))
    assert (one.at, one.early_s, one.late_s) == (when(200 + 1800), BOUND_S, 0)


def test_who_pays_or_takes_too_little_abandons_nothing() -> None:
    """Whatever the receipt says."""
    assert due(taking(2, pays=True)) == []
    assert due(taking(2), layout=ruled(abandoned_basket_items=3)) == []


def test_what_a_silent_sensor_may_have_missed_is_not_sure() -> None:
    """Of those whom it touched; and who seems not to have paid, or to stay for long, may be told to."""
    span = Span("sensor-left-1", START, START + 30 * MINUTE)
    for pays in (False, True):
        found = {one.kind: one.sure for one in due(taking(2, pays=pays), silent=(span,), layout=ruled(sensor_silent_s=600))}
        assert found == {"abandoned_basket": False, "priority_changed": False, "long_dwell": False, "sensor_silent": True}


@pytest.mark.parametrize(("sensor", "may_be"), [("till-1", True), ("gw-front", True), ("sensor-left-1", True), ("till-2", False)])
def test_whose_payment_was_not_heard_may_seem_to_leave_without(sensor: str, may_be: bool) -> None:
    """Where the till was silent, or who heard them there, or the shelf. Not where it was another one, or nothing was taken."""
    span = Span(sensor, START, START + 20 * MINUTE)
    found = [(one.sure, one.value) for one in due(taking(2, pays=True), silent=(span,)) if one.kind == "abandoned_basket"]
    assert found == ([(False, None)] if may_be else [])
    assert not [one for one in due(taking(0), silent=(span,)) if one.kind == "abandoned_basket"]


def test_who_is_told_at_a_wrong_time_may_seem_to_stay_too_long() -> None:
    """A clock that jumps makes stays longer than they were; of whom it does not touch, nothing of the kind may be found."""
    visit = walk(("entrance", 30), ("left", 780), ("entrance", 30))
    wrong = Span("gw-rear", START + 5 * MINUTE, START + 8 * MINUTE, speaks=True)
    earlier = structs.replace(wrong, start=START - 60 * MINUTE, end=START - 50 * MINUTE)
    found = {(one.zone_id, one.sure) for one in due(visit, silent=(wrong,)) if one.kind == "long_dwell"}
    assert found == {("entrance", False), ("left", False)}
    assert not [one for silent in ((), (earlier,)) for one in due(visit, silent=silent) if one.kind == "long_dwell"]


def test_a_silence_is_known_since_the_last_heartbeat() -> None:
    """A minute and 2 s early at most, of a shelf five minutes; too short a silence is none, one of nearly the threshold may be."""
    start, layout = START, ruled(sensor_silent_s=900)
    found = [due(layout=layout, silent=(Span("gate-1", start, start + length * MINUTE),)) for length in (12, 14, 16)]
    assert [[one.sure for one in ones if one.kind == "sensor_silent"] for ones in found] == [[], [False], [True]]
    (one,) = (one for one in found[2] if one.kind == "sensor_silent")
    assert (one.sensor_id, one.at, one.early_s, one.late_s) == ("gate-1", when(900), 62, 0)
    (one,) = due(layout=layout, silent=(Span("sensor-left-1", start, start + 16 * MINUTE),))
    assert one.early_s == 302


def test_a_silence_into_the_night_is_left_open() -> None:
    """The store is closed when it would be due."""
    closes = window_of(SMALL).closes
    (one,) = due(silent=(Span("sensor-left-1", closes - 10 * MINUTE, closes + 60 * MINUTE),))
    assert not one.sure


def test_a_silence_that_begins_before_opening_is_told_at_the_opening() -> None:
    """Or its threshold after it began, if that is later; none that is over by then; not sure where the sensor was perhaps never heard."""
    opens = window_of(SMALL).opens

    def told(begins: int, ends: int) -> list[tuple[str, float, bool]]:
        span = Span("gate-1", opens + begins * MINUTE, opens + ends * MINUTE)
        return [(one.at, one.early_s, one.sure) for one in due(silent=(span,)) if one.kind == "sensor_silent"]

    at_opening, later = rfc3339(opens * 1000), rfc3339((opens + 20 * MINUTE) * 1000)
    assert told(-40, 40) == [(at_opening, 0, True)]
    assert told(-10, 40) == [(later, 62, True)]
    assert told(-40, -2) == []
    assert told(-45, 40) == told(-300, 40) == [(at_opening, 0, False)]


def test_who_shows_a_priority_is_announced_on_moving_on() -> None:
    """The first zone that is left after a minute begins it; the first one left a minute after that is where it is said."""
    one = walk(("entrance", 30), ("fresh", 40), ("left", 40), ("right", 40), ("left", 40), ("entrance", 20))
    one.shows = "speed"
    (found,) = due(one)
    assert (found.kind, found.at, found.late_s, found.sure) == ("priority_changed", when(150), BOUND_S, True)


def test_a_hold_that_may_be_over_or_not_is_not_sure() -> None:
    """By what sensors can be off."""
    one = walk(("entrance", 30), ("fresh", 40), ("left", 50), ("right", 40), ("entrance", 20))
    one.shows = "speed"
    assert [found.sure for found in due(one)] == [False]


def test_what_ordinary_people_value_is_open_unless_they_are_plain() -> None:
    """Nothing is promised of them then."""
    one = walk(("entrance", 30), ("left", 40), ("entrance", 20))
    assert due(one) == []
    assert [(found.kind, found.sure) for found in due(one, plain=False)] == [("priority_changed", False)]


def test_all_sensors_may_be_missed_where_the_days_of_an_open_store_end() -> None:
    """Nobody simulates the next one, in which they would speak. Where it shuts they are not missed, and where it goes on they do speak."""
    layout = structs.replace(SMALL, opening_hours={}, rules={"sensor_silent_s.till-1": 0})
    found = due(layout=layout, is_last=True)
    assert {one.sensor_id for one in found} == sensors_of(floor_of(layout)) - {"till-1"}
    assert {(one.kind, one.at, one.sure) for one in found} == {("sensor_silent", "2026-11-20T23:30:00.000000Z", False)}
    assert {one.early_s for one in found if one.sensor_id == "gate-1"} == {62}
    assert {one.early_s for one in found if one.sensor_id == "sensor-left-1"} == {302}
    assert due(layout=layout) == due(is_last=True) == []
    days = []
    for day in simulate(options_of(layout, habits=Habits(shoppers=5), days=2), Expected()):
        list(day.lines)
        days.append({one.at for one in day.due() if one.kind == "sensor_silent"})
    assert days == [set(), {"2026-11-21T23:30:00.000000Z"}]


def test_a_full_zone_is_told_between_the_most_and_the_least() -> None:
    """Three come a second apart and go together: congested 30 s after the third, cleared 30 s after they went."""
    people = [walk(("entrance", 30), ("left", 200 - n), ("entrance", 60), start=START + n * SECOND, device=f"band-{n}") for n in range(3)]
    found = due(*people, layout=ruled(zone_congested_people_in_left=3))
    assert [(one.kind, one.zone_id, one.at, one.early_s, one.late_s) for one in found] == [
        ("zone_congested", "left", when(62), 0, BOUND_S),
        ("zone_cleared", "left", when(260), 0, BOUND_S),
    ]


def test_a_zone_that_is_hardly_full_is_open() -> None:
    """Congested while the most see it, 15.255 s longer than it was; cleared 30 s after the first see that they went, until all have."""
    people = [walk(("entrance", 30), ("left", 40), ("entrance", 60), device=f"band-{n}") for n in range(3)]
    found = due(*people, layout=ruled(zone_congested_people_in_left=3))
    assert [(one.kind, one.at, one.early_s, one.late_s, one.sure) for one in found] == [
        ("zone_congested", when(60), 0, 25.254, False),
        ("zone_cleared", when(100), 0, BOUND_S, False),
    ]


def test_nobody_can_count_where_a_gateway_is_silent() -> None:
    """Of no zone anything is promised on that day."""
    people = [walk(("entrance", 30), ("left", 200), ("entrance", 60), device=f"band-{n}") for n in range(3)]
    silent = Span("gw-rear", START - 30 * MINUTE, START - 28 * MINUTE)
    found = due(*people, layout=ruled(zone_congested_people_in_left=3), silent=(silent,))
    assert {(one.zone_id, one.sure) for one in found if one.kind == "zone_congested"} == {("left", False)}
    assert not any(one.sure for one in found)


def test_a_queue_is_long_by_people_and_open_tills() -> None:
    """Four in the lane wait 180 s with one till: too long where 150 s are, and not where two tills took money."""
    layout = ruled(queue_long_wait_s=150)
    people = [walk(("entrance", 30), ("till-b", 300), ("entrance", 60), device=f"band-{n}") for n in range(4)]
    (one,) = due(*people, layout=layout)
    assert (one.kind, one.zone_id, one.at) == ("queue_long", "till-b", when(50))
    for person, till in zip(people, ("till-2", "till-3"), strict=False):
        person.payments = [Paid(START + 20 * SECOND, till, "r", (), Decimal(1), False)]
    assert [found for found in due(*people, layout=layout) if found.kind == "queue_long" and found.at < when(310)] == []
