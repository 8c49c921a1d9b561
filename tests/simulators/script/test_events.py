"""Things that happen by a script: who comes, what they do, and that the day stays one with a single answer."""

import re
from datetime import timedelta
from itertools import pairwise

import pytest
from msgspec import structs

from sensors.hours import clock_at
from sensors.urls import SettingError
from simulators.crowd import come_and_go, crowd_of
from simulators.script.events import (
    Event,
    Gather,
    Hurry,
    Linger,
    Party,
    Promotion,
    Rush,
    TillFails,
    WalkOut,
    check_events,
    check_hours,
    plan,
    silences,
)
from simulators.script.mishaps import GoesSilent, IsCutOff, silences_of
from simulators.sensing.faults import Expected
from simulators.sensing.silence import Silence
from simulators.shop.floor import builtin, floor_of
from simulators.shop.habits import MINUTE, SECOND, Habits
from simulators.shop.opening import Window
from simulators.shop.tills import SPACING
from simulators.shop.walk import Walk
from simulators.simulate import Options, simulate
from tests.simulators.plans import BARE, CROWDED, FRIDAY, window_of

GROCERY = builtin("grocery")
FLOOR = floor_of(GROCERY)
WINDOW = window_of(GROCERY)
FEW = Habits(shoppers=20)


def at(clock: str) -> int:
    """A time of the day, in epoch milliseconds."""
    return clock_at(GROCERY, FRIDAY, clock) // 1000


def played(*events: Event, seed: int = 1, habits: Habits = FEW, window: Window = WINDOW) -> list[Walk]:
    """Everybody of a day with these events."""
    return come_and_go(crowd_of(FLOOR, habits, seed, plan(FLOOR, events, [FRIDAY])), window)


def scripted(walks: list[Walk]) -> list[Walk]:
    """Those who came because of the script."""
    return [walk for walk in walks if walk.scripted]


def test_nothing_happens_without_a_script() -> None:
    """Nobody comes by it."""
    assert scripted(played()) == []


def test_somebody_lingers() -> None:
    """From coming in until so long after; touches nothing, pays nothing, is seen by the gates."""
    (walk,) = scripted(played(Linger(at="09:40", zone="drinks", minutes=25)))
    stay = next(stay for stay in walk.stays if stay.zone_id == "drinks")
    assert (walk.began, stay.end) == (at("09:40"), at("10:05"))
    assert (walk.acts, walk.payments) == ([], [])
    assert [len(passage.reports) for passage in walk.passages] == [1, 1]


def test_a_crowd_gathers() -> None:
    """One after the other, all in one zone at the same time, each for as long."""
    walks = scripted(played(Gather(at="15:00", zone="bakery", people=24, minutes=9)))
    stays = [next(stay for stay in walk.stays if stay.zone_id == "bakery") for walk in walks]
    assert [b.began - a.began for a, b in pairwise(walks)] == [6 * SECOND] * 23
    assert all(stay.end - walk.began == 9 * MINUTE for walk, stay in zip(walks, stays, strict=True))
    assert max(stay.start for stay in stays) < min(stay.end for stay in stays)


def test_a_party_pays_at_one_till() -> None:
    """All of them, in turn, one thing each; nobody gives up, however long it takes."""
    hasty = structs.replace(FEW, hurried=1.0, hurried_min=(0.5, 0.1))
    walks = scripted(played(Party(at="17:00", zone="checkout-3", people=12), habits=hasty))
    joined = sorted(stay.start for walk in walks for stay in walk.stays if stay.zone_id == "checkout-3")
    assert len(joined) == 12
    assert all(b - a >= SPACING for a, b in pairwise(joined))
    assert [walk.payments[0].till for walk in walks] == ["till-3"] * 12
    assert all(sum(walk.taken().values()) == 1 for walk in walks)


def test_somebody_leaves_without_paying() -> None:
    """With so many things."""
    (walk,) = scripted(played(WalkOut(at="10:30", products=3)))
    assert (sum(walk.taken().values()), walk.payments) == (3, [])
    assert len(walk.passages[-1].reports) == 1


def test_somebody_is_in_a_hurry() -> None:
    """40 s in each zone, 3 s before a shelf, something taken from each, and paid."""
    (walk,) = scripted(played(Hurry(at="09:10")))
    before = [stay for stay in walk.stays if stay.start < walk.acts[-1].at]
    assert [stay.end - stay.start for stay in before] == [30_000] + [40_000] * 5
    assert {act.duration_ms for act in walk.acts if act.action == "view"} == {3000}
    assert len(walk.taken()) == 5
    assert len(walk.payments) == 1
    assert walk.priority == walk.shows == "speed"


def test_acts_happen_where_they_stand() -> None:
    """Whoever touches a shelf is in its zone."""
    shelves = {shelf.shelf_id: shelf.zone_id for shelf in GROCERY.shelves}
    for walk in scripted(played(Hurry(at="09:10"), WalkOut(at="10:30", products=20), Party(at="17:00", zone="checkout-1", people=9))):
        for act in walk.acts:
            (zone,) = (stay.zone_id for stay in walk.stays if stay.start <= act.at < stay.end)
            assert zone == shelves[act.shelf_id]


def test_the_ordinary_shoppers_are_the_same_people_until_they_queue() -> None:
    """The script has a chance of its own."""
    plain, others = (
        [(walk.began, walk.acts) for walk in walks if walk.role == "shopper" and not walk.scripted]
        for walks in (
            played(),
            played(Gather(at="15:00", zone="bakery", people=24, minutes=9), Party(at="17:00", zone="checkout-3", people=9)),
        )
    )
    assert plain == others


def test_a_rush_brings_more_people() -> None:
    """So many more in that time, who are like the others; those who come anyway are who they would have been."""
    plain, rushed = played(), played(Rush(at="17:00", until="17:30", people=100))
    before, after = ([walk for walk in walks if walk.role == "shopper"] for walks in (plain, rushed))
    assert len(after) == len(before) + 100
    assert sum(at("17:00") <= walk.began < at("17:31") for walk in after) >= 100
    assert {walk.began for walk in before} <= {walk.began for walk in after}
    assert sum(bool(walk.payments) for walk in after) > 50


def test_nobody_comes_to_a_store_that_is_closed() -> None:
    """A rush ends with the opening hours."""
    shut = WINDOW.closes
    late = [walk for walk in played(Rush(at="19:58", until="23:00", people=50)) if walk.role == "shopper"]
    assert at("20:00") == shut
    assert sum(walk.began >= at("19:58") for walk in late) == 50
    assert all(walk.began < shut + 60_000 for walk in late)


def test_a_promotion_draws_and_sells() -> None:
    """Those who come while it lasts take its products several times as often as others do."""
    walks = played(Promotion(at="10:00", until="14:00", products=("honey", "coffee"), pull=8), habits=Habits(shoppers=1000, stock=0))
    shares = []
    for is_early in (True, False):
        taken = [walk.taken() for walk in walks if walk.role == "shopper" and (at("10:00") <= walk.began < at("14:00")) is is_early]
        shares.append(sum(one.get("honey", 0) + one.get("coffee", 0) for one in taken) / sum(sum(one.values()) for one in taken))
    assert shares[0] > 5 * shares[1]


def test_nobody_pays_at_a_till_that_fails() -> None:
    """Who stood there goes to another one; it is silent for that time."""
    failing = TillFails(at="12:00", until="13:00", till="till-1")
    walks = played(failing, habits=Habits(shoppers=1000))
    paid = [one.at for walk in walks for one in walk.payments if one.till == "till-1"]
    assert any(one < at("12:00") for one in paid)
    assert any(one > at("13:00") for one in paid)
    assert not any(at("12:00") - SECOND <= one < at("13:00") for one in paid)
    lanes = {"checkout-1", "checkout-2", "checkout-3", "checkout-4"}
    assert any(sum(stay.zone_id in lanes for stay in walk.stays) == 2 for walk in walks if walk.role == "shopper")
    assert silences([failing]) == (Silence("till-1", "12:00", "13:00"),)


def test_each_day_has_its_own() -> None:
    """A window gets only what happens in it."""
    early = WINDOW._replace(closes=at("12:00"))
    assert len(scripted(played(Hurry(at="09:10"), Hurry(at="13:00"), window=early))) == 1


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (Linger(at="09:00", zone="attic", minutes=5), "has no zone `attic` for what happens at 09:00; it has outside, entrance"),
        (Party(at="09:00", zone="bakery", people=5), "has no zone of tills `bakery` for what happens at 09:00; it has checkout-1"),
        (Rush(at="10:00", until="10:00", people=5), "what happens at 10:00 ends at 10:00: it must end later"),
        (IsCutOff(at="10:10", until="10:00"), "what happens at 10:10 ends at 10:00: it must end later"),
        (GoesSilent(at="10:00", until="10:00", sensor="gate"), "what happens at 10:00 ends at 10:00: it must end later"),
        (Promotion(at="10:00", until="11:00", products=("gold",)), "has no product `gold` on its shelves for the promotion at 10:00"),
        (TillFails(at="10:00", until="11:00", till="till-9"), "has no till `till-9` to fail at 10:00; it has till-1, till-2"),
    ],
)
def test_what_cannot_happen_is_refused(event: Event, sentence: str) -> None:
    """The sentence says what the store has."""
    with pytest.raises(SettingError, match=sentence):
        check_events(FLOOR, [event])


@pytest.mark.parametrize(
    ("event", "what"),
    [
        (Hurry(at="06:59"), "somebody shall come at 06:59 by a script (`hurry`)"),
        (Linger(at="20:00", zone="drinks", minutes=5), "somebody shall come at 20:00 by a script (`linger`)"),
        (Gather(at="19:59", zone="bakery", people=11, minutes=9), "somebody shall come at 19:59 by a script (`gather`)"),
        (Party(at="19:59", zone="checkout-1", people=11), "somebody shall come at 19:59 by a script (`party`)"),
        (Rush(at="06:30", until="09:00", people=5), "somebody shall come at 06:30 by a script (`rush`)"),
        (WalkOut(at="05:00", products=1), "somebody shall come at 05:00 by a script (`walk_out`)"),
    ],
)
def test_nobody_can_come_to_a_closed_store(event: Event, what: str) -> None:
    """Nor the last of many; the sentence says what, and when it is open; so it is for each day of several."""
    sentence = f"store `{GROCERY.store_id}` is open from 07:00 to 20:00 on 2026-11-20, and {what}: let all who come do so while it is open"
    with pytest.raises(SettingError, match=f"^{re.escape(sentence)}$"):
        check_hours(FLOOR, [Hurry(at="09:00"), event], [FRIDAY])
    with pytest.raises(SettingError, match=re.escape(sentence)):
        simulate(Options(layout=GROCERY, first_day=FRIDAY, days=2, events=(event,)), Expected())


def test_what_is_while_it_is_open_can_happen() -> None:
    """To the last minute; a rush ends where the store closes, offers may be of any time, and a store open all night has no end."""
    check_hours(
        FLOOR,
        [Hurry(at="08:00"), Gather(at="19:59", zone="bakery", people=10, minutes=9), Rush(at="19:00", until="23:00", people=5)],
        [FRIDAY],
    )
    check_hours(FLOOR, [Promotion(at="00:00", until="24:00", products=("honey",)), IsCutOff(at="05:00", until="06:00")], [FRIDAY])
    check_hours(floor_of(BARE), [Gather(at="23:59", zone="a", people=100, minutes=9)], [FRIDAY])


def test_nothing_happens_on_a_closed_day() -> None:
    """A script of several days skips it; one of that day alone is refused."""
    sunday = FRIDAY + timedelta(days=2)
    check_hours(FLOOR, [Hurry(at="09:00")], [FRIDAY, sunday])
    with pytest.raises(
        SettingError, match=r"is closed on 2026-11-22, and somebody shall come at 09:00 .*: choose a day on which it is open"
    ):
        check_hours(FLOOR, [Hurry(at="09:00")], [sunday])


def test_what_can_be_on_one_of_several_days_happens_on_that() -> None:
    """The grocery closes at 18:00 on this Saturday: who shall come later comes on Friday; on Saturday alone it is refused."""
    saturday = FRIDAY + timedelta(days=1)
    layout = structs.replace(GROCERY, opening_hours={**GROCERY.opening_hours, "sat": ["07:00", "18:00"]})
    events = (Hurry(at="09:00"), Gather(at="17:59", zone="bakery", people=20, minutes=9), Hurry(at="19:00"))
    wanted = Options(layout=layout, first_day=FRIDAY, days=2, habits=FEW, events=events)
    came = []
    for day in simulate(wanted, Expected()):
        came.append(len(scripted(day.walks)))
        list(day.lines)
    assert came == [22, 1]
    with pytest.raises(SettingError, match=r"is open from 07:00 to 18:00 on 2026-11-21, and somebody shall come at 17:59"):
        simulate(structs.replace(wanted, first_day=saturday, days=1), Expected())


def test_where_nothing_is_sold_nobody_can_take_anything() -> None:
    """But they can linger."""
    floor = floor_of(BARE)
    check_events(floor, [Linger(at="09:00", zone="a", minutes=5), GoesSilent(at="09:00", sensor="gate", until="10:00")])
    with pytest.raises(SettingError, match="has no products"):
        check_events(floor, [WalkOut(at="09:00", products=1)])


def test_silences_are_those_of_sensors() -> None:
    """As `--silence` has them."""
    assert silences_of([Hurry(at="09:00"), GoesSilent(at="13:20", sensor="gate-1", until="14:05")]) == (
        Silence("gate-1", "13:20", "14:05"),
    )


def test_a_crowded_store_with_a_party_still_queues_by_the_rules() -> None:
    """Two join a lane at least 16 s apart, and who paid is gone 16 s before the next payment."""
    walks = played(Party(at="12:00", zone="checkout-2", people=12), habits=structs.replace(CROWDED, shoppers=300))
    for lane in ("checkout-1", "checkout-2", "checkout-3", "checkout-4"):
        joined = sorted(stay.start for walk in walks for stay in walk.stays if stay.zone_id == lane and walk.role == "shopper")
        assert all(b - a >= SPACING for a, b in pairwise(joined))
        paid = sorted(
            (one.at, stay.end)
            for walk in walks
            for one in walk.payments
            for stay in walk.stays
            if stay.zone_id == lane and stay.start <= one.at < stay.end
        )
        assert all(b[0] - a[1] >= SPACING for a, b in pairwise(paid))
