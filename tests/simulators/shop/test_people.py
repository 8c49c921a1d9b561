"""How the people of each kind of store behave, and files of people."""

import copy
import math
from contextlib import suppress
from datetime import date
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from sensors.layout import Layout, load
from sensors.urls import SettingError
from simulators.flags import store_of
from simulators.sensing.faults import Expected
from simulators.shop.floor import builtin, builtin_names, floor_of
from simulators.shop.habits import MINUTE, SECOND, Habits, Place
from simulators.shop.manners import Manner
from simulators.shop.people import check_places, people_of
from simulators.simulate import options, simulate
from simulators.truth.visits import Truth, micros
from tests.simulators.plans import CROWDED, SMALL, options_of, play, run

FRIDAY = date(2026, 11, 20)


def _shoppers(name: str, **changes: object) -> list[Truth]:
    people = structs.replace(people_of(name), shoppers=300, passers_by=0.0, **changes)
    (day,) = simulate(options(builtin(name), FRIDAY, first_day=FRIDAY, people=people), Expected())
    return [truth for truth in day.truths if not truth.is_staff]


def _minutes(truth: Truth) -> float:
    return (micros(truth.left_at) - micros(truth.entered_at)) / 60e6


@pytest.mark.parametrize("name", builtin_names())
def test_each_store_has_people_of_its_kind(name: str) -> None:
    """And they go where the store has something."""
    people = people_of(name)
    assert people.kind == name
    check_places(floor_of(builtin(name)), people)


def test_those_of_the_grocery_are_the_defaults() -> None:
    """A recording of the grocery is the same whether its people are named or not."""
    assert people_of("grocery") == Habits()


@pytest.mark.parametrize(("name", "minutes", "conversion"), [("fashion", 26, 0.25), ("home", 80, 0.48), ("theme-park", 370, 0.78)])
def test_people_stay_and_buy_as_they_do_in_such_a_store(name: str, minutes: float, conversion: float) -> None:
    """The mean time there, and the share of parties who pay, of one day."""
    shoppers = _shoppers(name)
    assert fmean(map(_minutes, shoppers)) == pytest.approx(minutes, rel=0.15)
    assert fmean(truth.converted for truth in shoppers if truth.party is None) == pytest.approx(conversion, abs=0.08)


def test_rides_are_gone_to_as_often_as_they_are_liked() -> None:
    """The roller coaster more than the carousel; both by nobody whom they do not draw."""
    shoppers = _shoppers("theme-park")
    share = {zone: fmean(zone in truth.path for truth in shoppers) for zone in ("coaster", "carousel")}
    assert 0.9 > share["coaster"] > 0.65
    assert 0.45 > share["carousel"] > 0.2
    unloved = {**people_of("theme-park").places, "coaster": Place(share=0.0, minutes=(55.0, 0.4))}
    assert not any("coaster" in truth.path for truth in _shoppers("theme-park", places=unloved))


def test_a_place_is_stayed_in_for_its_time_and_is_none_to_rest_in() -> None:
    """Everybody goes to the fruit for a quarter of an hour; nobody asks or rests in a café that people come for itself."""
    habits = structs.replace(CROWDED, trip_min=(60.0, 0.0), rests=1.0, places={"fresh": Place(share=1.0, minutes=(15.0, 0.0))})
    played = play(habits=habits)
    early = [walk for walk in played.shoppers() if walk.began < played.window.opens + 15 * MINUTE and walk.priority == "none"]
    assert early
    for walk in early:
        assert max(stay.end - stay.start for stay in walk.stays if stay.zone_id == "fresh") >= 15 * MINUTE
    for walk in play(habits=structs.replace(habits, places={"café": Place(share=0.0, minutes=(1.0, 0.0))})).shoppers():
        assert "café" not in {stay.zone_id for stay in walk.stays}


def test_what_is_planned_when_the_time_is_over_is_left_out() -> None:
    """Four hours in the café are planned by all; a trip of ten minutes does not become longer by them."""
    habits = structs.replace(CROWDED, trip_min=(10.0, 0.0), places={"café": Place(share=1.0, minutes=(240.0, 0.0))})
    for walk in play(habits=habits).shoppers():
        there = sum(stay.end - stay.start for stay in walk.stays if stay.zone_id == "café")
        assert there <= 15 * MINUTE + 30 * SECOND


def test_nobody_stays_longer_than_is_usual_in_a_store() -> None:
    """`max_trip_min` cuts the longest trips off."""
    for most in (5.0, 20.0):
        shoppers = play(
            habits=structs.replace(CROWDED, trip_min=(60.0, 0.0), max_trip_min=most, manners={"none": Manner(share=1.0, asks=0)})
        )
        till = [next((s.start for s in walk.stays if s.zone_id.startswith("till")), walk.now) - walk.began for walk in shoppers.shoppers()]
        assert 0.6 * most * MINUTE < fmean(till) < (most + 3) * MINUTE


PLAIN = {"none": Manner(share=1.0, asks=0.0, returns=0.0)}


def test_stops_lie_together_as_much_as_the_habits_say() -> None:
    """With a focus of 1 every stop is in the zone of the first one; without, those of most people are in several."""
    zones = {"fresh-1": "fresh", "left-1": "left", "right-1": "right", "right-2": "right"}
    for focus, together in ((1.0, 1.0), (0.0, 0.5)):
        habits = structs.replace(CROWDED, focus=focus, glances=2.0, parties=(1.0,), manners=PLAIN)
        seen = [{zones[act.shelf_id] for act in walk.acts} for walk in play(habits=habits).shoppers()]
        share = fmean(len(where) == 1 for where in seen if where)
        assert share == 1.0 if together == 1.0 else share < together


def test_nobody_is_beside_a_shelf_for_longer_than_is_usual() -> None:
    """An hour for a few stops makes long ones; with a minute for each, the trip is over soon."""
    habits = structs.replace(CROWDED, trip_min=(60.0, 0.0), basket=(0.1, 0.1), rests=0.0, parties=(1.0,), manners=PLAIN)
    long, short = (
        fmean(walk.now - walk.began for walk in play(habits=structs.replace(habits, beside_min=most)).shoppers()) for most in (None, 1.0)
    )
    assert long > 20 * MINUTE
    assert short < 12 * MINUTE


def test_people_who_go_where_nothing_is_are_refused() -> None:
    """The sentence names the zone and those that there are."""
    lost = Habits(places={"coaster": Place(share=0.5, minutes=(10.0, 0.2))})
    with pytest.raises(SettingError, match=r"people go to `coaster`, and store `small` has no such zone .*; it has fresh, left"):
        run(options(SMALL, FRIDAY, first_day=FRIDAY, people=lost))


def test_people_of_ones_own(tmp_path: Path) -> None:
    """What is left out is as in a grocery."""
    file = tmp_path / "mine.yaml"
    file.write_text("kind: home\nbrowsers: 0.4\nplaces: {café: {share: 0.3, minutes: [5, 0.2]}}\n")
    mine = people_of(str(file))
    assert mine == Habits(kind="home", browsers=0.4, places={"café": Place(share=0.3, minutes=(5.0, 0.2))})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("shopers: 3\n", "unknown field `shopers`"),
        ("kind: casino\n", "Invalid enum value 'casino'"),
        ("trip_min: 13\n", "Expected `array`"),
        ("weekday: [1, 1]\n", "`weekday` has 2 figures, and needs 7, one for a day of the week"),
        ("weekend_hours: [1, 1]\n", "`weekend_hours` has 2 figures, and needs 24, one for an hour of the day"),
        ("places: {café: {share: 30, minutes: [5, 0.2]}}\n", r"Expected `float` <= 1.0 - at `\$.places.café.share`, not 30$"),
        ("trip_min: [x\n", "cannot be read as people"),
        ("kind: 2026-13-45\n", "cannot be read as people: month must be in 1..12"),
        ("shopers: 3\n", "there are kind, shoppers, passers_by"),
        ("looks: [0, 0]\n", r"Expected `int` >= 1 - at `\$.looks\[0\]`, not 0"),
        ("looks: [4, 1]\n", r"`looks` is \[4, 1\]: the first, the least, must not be above the second, the most"),
        ("next_ms: [6000, 2000]\n", r"`next_ms` is \[6000, 2000\]"),
        ("units: [1, 1]\n", r"Expected `array` of length 3, got 2 - at `\$.units`, not \[1, 1\]"),
        ("manners: {}\n", r"`the shares of `manners`` is \[\]: at least one must be above 0"),
        ("manners: {none: {share: 0}}\n", "at least one must be above 0"),
        ("manners: {speed: {share: 1}}\n", "`manners` has speed and not `none`"),
        ("manners: {none: {share: 1}, speed: {share: 1, looks: [2, 1]}}\n", r"`looks` is \[2, 1\]: .* - at `\$.manners.speed`$"),
        (
            "manners: {selection: {share: 1}, price: {share: 1, compares: 2}, speed: {share: 1, compares: 3}, none: {share: 1}}\n",
            r"Expected `float` <= 1.0 - at `\$.manners.price.compares`, not 2$",
        ),
        ("manners: {none: {share: 1}, speed: {share: 1, lookz: [1, 2]}}\n", r"unknown field `lookz` - at `\$.manners.speed`$"),
        ("manners: {none: {share: 1}, speed: {trip: 1}}\n", r"missing required field `share` - at `\$.manners.speed`$"),
        ("places: {bar: {share: 0.3, minutes: [5, 0.2]}, café: 3}\n", r"Expected `object`, got `int` - at `\$.places.café`, not 3$"),
        ("places: {1.5: {share: 1, minutes: [5, 0.2]}}\n", r"Expected `str`, got `float` - at `key` in `\$.places`"),
        (
            "places: {bar: {share: 0.3, minutes: [5, 0.2]}, a.b: {share: 0.3, minutes: [0, 0.2]}}\n",
            r"Expected `float` > 0.0 - at `\$.places.a.b.minutes\[0\]`, not 0$",
        ),
        ("parties: []\n", r"`parties` is \[\]: at least one must be above 0"),
        ("weekend_hours: [" + "0, " * 23 + "0]\n", "`weekend_hours` is .* at least one must be above 0"),
        ("browsers: -0.1\n", r"Expected `float` >= 0.0 - at `\$.browsers`, not -0.1"),
        ("shoppers: 0\n", r"Expected `int` >= 1 - at `\$.shoppers`, not 0"),
        ("trip_min: [.nan, 1]\n", r"Expected a finite number - at `\$.trip_min\[0\]`, not nan"),
        ("places: {café: {share: 0.1, minutes: [.inf, 1]}}\n", r"Expected a finite number - at `\$.places.café.minutes\[0\]`, not inf"),
        ("packing_ms: [15999, 26000]\n", r"Expected `int` >= 16000 - at `\$.packing_ms\[0\]`, not 15999"),
        ("service_ms: [1000, 26000]\n", r"Expected `int` >= 16000 - at `\$.service_ms\[0\]`, not 1000"),
    ],
)
def test_what_is_no_file_of_people_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    """The sentence says what is wrong."""
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    with pytest.raises(SettingError, match=sentence):
        people_of(str(file))


FULL = msgspec.json.decode(msgspec.json.encode(Habits(shoppers=9, beside_min=4.0, places={"café": Place(share=0.5, minutes=(5.0, 1.0))})))
"""A file of people in which each figure is said."""

ODD = st.sampled_from(
    [-1, 0, 1, 2, 0.5, 1e300, math.nan, math.inf, None, "x", [], [0], [0, 0], [4, 1], [-1, -1], {}, {"none": {"share": 0}}]
)


@st.composite
def nearly_right(draw: st.DrawFn) -> dict[str, Any]:
    """The figures of people, one or two of which are others, or left out, or not known."""
    people: dict[str, Any] = copy.deepcopy(FULL)
    for _ in range(draw(st.integers(1, 2))):
        here: Any = people
        name = draw(st.sampled_from(sorted(here)))
        while isinstance(here[name], dict | list) and here[name] and draw(st.booleans()):
            here = here[name]
            name = draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
        here[name] = copy.deepcopy(draw(ODD))
    return people | draw(st.sampled_from([{}, {}, {}, {"odd": 1}]))


@settings(max_examples=150, deadline=None)
@given(nearly_right())
def test_people_who_are_nearly_right_are_refused_or_come(said: dict[str, Any]) -> None:
    """There is a sentence, or a day; nothing else."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "some.yaml"
        file.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
        with suppress(SettingError):
            habits = people_of(str(file))
            run(options_of(habits=structs.replace(habits, shoppers=min(habits.shoppers, 9), passers_by=0.0)))


def test_people_that_are_not_there_are_refused() -> None:
    """The sentence names those that are."""
    with pytest.raises(SettingError, match="no people `casino`; there are fashion, grocery, home, theme-park"):
        people_of("casino")


def _unread(path: Path) -> Layout:
    raise AssertionError(path)


def test_a_store_by_name_brings_its_people() -> None:
    """Unless others are wanted; nothing said is the grocery, in a way that leaves it to the scenario."""
    assert store_of("fashion", None, None, _unread) == (builtin("fashion"), people_of("fashion"))
    assert store_of("fashion", "home", None, _unread).people == people_of("home")
    assert store_of(None, None, "saturday", _unread) == (None, None)
    assert store_of(None, "grocery", None, _unread) == (None, Habits())


def test_a_store_of_ones_own_has_the_people_that_are_said(tmp_path: Path) -> None:
    """A file is a file, whatever its name; without people they are a grocery's."""
    file = tmp_path / "fashion.yaml"
    file.write_text("store_id: mine\nzones: [{zone_id: a}]\n")
    assert store_of(str(file), None, None, load) == (load(file), None)
    assert store_of(str(file), "home", None, load) == (load(file), people_of("home"))


def test_people_do_not_go_with_a_scenario() -> None:
    """It has its own."""
    with pytest.raises(SettingError, match="--scenario has people of its own"):
        store_of(None, "home", "saturday", _unread)


def test_fewer_of_the_same_people() -> None:
    """`shoppers` changes how many come, and nothing else."""
    chosen = options(builtin("home"), FRIDAY, people=people_of("home"), shoppers=7)
    assert chosen.habits == structs.replace(people_of("home"), shoppers=7)
