"""The rules of priority that a store may set: which there are, what is refused and how it is said, and what they change."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from msgspec import structs

from sensors.layout import Layout, LayoutError, parse_layout
from storage.model import Scores, Visit
from stream.form import visit_line
from stream.journey import Plan
from stream.priority import DEFAULT, Settings
from stream.rules import Rules, SignalRules
from stream.store import Store
from tests.e2e.processes import Surroundings, surroundings
from tests.example_parts import dwell, leave
from tests.examples_of_visitor_signals import SIMPLE, look, offer
from tests.signal_parts import shop

PARTS = {
    "speed": ("look_s", "shop_s", "zones_per_min", "empty_stops"),
    "selection": ("look_s", "empty_stops", "stops", "compared"),
    "price": ("offers", "bargains", "cheaper", "stops"),
    "recognition": ("asked_s", "served_s", "card"),
}
"""The scores and their parts, as docs/priority.md has them."""

RAMPS = [f"priority.{score}.{part}.{end}" for score, parts in PARTS.items() for part in parts for end in ("none", "full", "weight")]
PLAIN = {
    "priority_threshold": 1,
    "priority_doubt": 1000,
    "priority_least_s": 86_400,
    "priority_least_touches": 1000,
    "priority_changed_score": 1,
    "priority_hold_s": 86_400,
}
"""And the most that each other rule may be."""


@pytest.mark.parametrize("name", RAMPS)
def test_each_part_of_each_score_may_be_set(name: str) -> None:
    """It changes that figure, and no other."""
    _, score, fact, end = name.split(".")
    chosen = Settings.of({name: 0.123})
    for other in PARTS:
        for before, after in zip(getattr(DEFAULT, other), getattr(chosen, other), strict=True):
            assert after == (structs.replace(before, **{end: 0.123}) if (other, before.fact) == (score, fact) else before)
    assert Rules.of({name: 0.123}) == Rules()
    assert SignalRules.of({name: 0.123}) == SignalRules()


@pytest.mark.parametrize(("name", "most"), PLAIN.items())
def test_each_other_rule_from_0_to_its_most(name: str, most: float) -> None:
    """Both ends are allowed, and nothing beyond."""
    for value in (0, most):
        assert getattr(Settings.of({name: value}), name.removeprefix("priority_")) == value
        assert Rules.of({name: value}) == Rules()
    for value in (-0.001, most + 0.001):
        with pytest.raises(ValueError, match=f"`{name}` must be a number from 0 to {most}, not {value}"):
            Rules.of({name: value})


@pytest.mark.parametrize(
    "name",
    [
        "priority",
        "priority_speed",
        "priority.threshold",
        "priority.speed",
        "priority.speed.look_s",
        "priority.speed.look_s.half",
        "priority.speed.look_s.count",
        "priority.speed.card.full",
        "priority.haste.look_s.full",
        "priority.speed.look_s.full.dairy",
        "priority_threshold.dairy",
        "PRIORITY_THRESHOLD",
        "threshold",
    ],
)
def test_a_rule_that_is_none(name: str) -> None:
    """The sentence names it, and the page where they all stand."""
    with pytest.raises(
        ValueError, match=rf"^`{re.escape(name)}` is no rule(: did you mean `priority|; the rules are .* those of docs/priority\.md$)"
    ):
        Rules.of({"priority_doubt": 2, name: 0.5})


@pytest.mark.parametrize("value", [-1, 86_401, float("nan"), float("inf"), True, "4", None])
def test_a_part_out_of_its_range(value: object) -> None:
    """From 0 to a day of seconds, and a number."""
    with pytest.raises(ValueError, match=r"^`priority\.speed\.look_s\.full` must be a number from 0 to 86400, not "):
        Rules.of({"priority.speed.look_s.full": value})


@pytest.mark.parametrize(
    "rules",
    [
        {"priority.speed.look_s.full": 11},
        {"priority.speed.look_s.none": 4},
        {"priority.speed.look_s.none": 7, "priority.speed.look_s.full": 7.0},
    ],
)
def test_a_ramp_that_begins_where_it_ends(rules: Mapping[str, object]) -> None:
    """With what is set or with the default of the other end."""
    with pytest.raises(ValueError, match=r"^`priority\.speed\.look_s\.none` and `\.full` must differ: both are \d+$"):
        Rules.of(rules)


def test_a_ramp_moved_onto_its_own_default() -> None:
    """Both ends are looked at together: 150 was the one end and is the other now."""
    chosen = Settings.of({"priority.speed.shop_s.none": 150, "priority.speed.shop_s.full": 60})
    assert [(part.none, part.full) for part in chosen.speed if part.fact == "shop_s"] == [(150, 60)]


def judged(layout: Layout) -> Visit:
    """Judge a visit of four stops, three of them at offers, in 35 s."""
    store = Store("s1", Plan.of(layout))
    store.add([offer(5), offer(10, 2), offer(15), look(20), dwell(30, "wine"), leave(40)])
    store.close()
    (visit,) = store.take().visits
    return visit


def scores(layout: Layout) -> Scores:
    """The scores of that visit."""
    found = judged(layout).priority_scores
    assert found is not None
    return found


def simple(**rules: float) -> Layout:
    """The shop in which price is the share of stops at offers, and selection that of stops at which nothing is taken."""
    return shop({**SIMPLE, **rules})


def test_the_threshold_decides_whether_a_visit_says_anything() -> None:
    """At the score itself it does."""
    assert scores(simple()).price == 0.75
    assert [judged(simple(priority_threshold=least)).priority for least in (0.74, 0.75, 0.76)] == ["price", "price", "none"]


def test_doubt_draws_shares_towards_a_half() -> None:
    """Three of four stops, and as if there had been two more, half of them one way and half the other."""
    assert scores(simple(priority_doubt=2)).price == round((3 + 1) / (4 + 2), 3)


def test_doubt_of_nothing_at_all() -> None:
    """No doubt, and no choice to have any about: no product that was kept has a shelf on which prices differ."""
    found = scores(shop(priority_doubt=0, priority_least_s=0))
    assert found.facts.priced == 0
    assert found.enough


def test_what_is_too_little_to_judge_by() -> None:
    """A visit of 35 s with four touches: as much as is asked for is enough."""
    assert [scores(simple(priority_least_s=least)).enough for least in (35, 35.000001)] == [True, False]
    assert [scores(simple(priority_least_touches=least)).enough for least in (4, 5)] == [True, False]


def test_a_ramp_by_its_ends() -> None:
    """0.75 lies halfway between 0.5 and 1, and beyond the end of a ramp that ends at 0.7."""
    assert scores(simple(**{"priority.price.offers.none": 0.5})).price == 0.5
    assert scores(simple(**{"priority.price.offers.full": 0.7})).price == 1


def test_a_ramp_that_falls() -> None:
    """Where less says more, `none` is above `full`."""
    assert scores(simple(**{"priority.price.offers.none": 1, "priority.price.offers.full": 0.5})).price == 0.5


def test_a_weight_makes_a_part_count() -> None:
    """A part of 0 beside one of 0.75, and three times its weight."""
    assert scores(simple(**{"priority.price.cheaper.weight": 1.5})).price == round(0.75 / 2, 3)
    assert scores(simple(**{"priority.price.cheaper.weight": 4.5})).price == round(0.75 / 4, 3)


def test_a_score_without_any_weight_says_nothing() -> None:
    """All its parts are turned off."""
    assert scores(simple(**{"priority.price.offers.weight": 0})).price == 0


# --- through the command ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "line", "sentence"),
    [
        ("  lateness_s: 5\n  priority.speed.shop_s.full: 550\n", 4, "`priority.speed.shop_s.none` and `.full` must differ: both are 550"),
        ("  lateness_s: 5\n  priority.speed.shop_s.none: 5\n  priority.speed.shop_s.full: 5\n", 4, "must differ: both are 5"),
        ("  priority_doubt: 1\n  priority_threshold: 1.5\n", 4, "`priority_threshold` must be a number from 0 to 1, not 1.5"),
        ("  priority_doubt: 1\n  lateness_s: 5\n  priority.speed.look.full: 3\n", 5, "`priority.speed.look.full` is no rule"),
    ],
)
def test_a_layout_says_on_which_line(rules: str, line: int, sentence: str) -> None:
    """What is wrong by itself, and what is wrong only beside another rule."""
    with pytest.raises(LayoutError) as caught:
        parse_layout(f"store_id: s1\nrules:\n{rules}", "s1.yaml", Rules.of)
    (said,) = str(caught.value).splitlines()
    assert said.startswith(f"s1.yaml:{line}: rules: ")
    assert sentence in said


def test_a_layout_with_a_typo_blames_nothing_else() -> None:
    """A ramp of which one end alone would be wrong is right with the other, whatever else is wrong."""
    moved = "  priority.speed.shop_s.none: 150\n  priority.speed.shop_s.full: 60\n"
    assert parse_layout(f"store_id: s1\nrules:\n{moved}", "s1.yaml", Rules.of).rules["priority.speed.shop_s.none"] == 150
    with pytest.raises(LayoutError) as caught:
        parse_layout(f"store_id: s1\nrules:\n{moved}  priority_treshold: 1\n  lateness_s: -1\n", "s1.yaml", Rules.of)
    assert [said.partition(" rules: ")[0] for said in str(caught.value).splitlines()] == ["s1.yaml:5:", "s1.yaml:6:"]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    """A folder with a recording of a visit, and layouts."""
    with surroundings(tmp_path_factory.mktemp("rules")) as mine:
        readings = [
            {"kind": "dwell", "store_id": "s1", "sensor_id": "gw", "device_id": "d1", "zone_id": "desk", "ts": 1_700_000_000_000 + ms}
            for ms in range(0, 60_001, 10_000)
        ]
        (mine.folder / "readings.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in readings))
        unhurried = ", ".join(f"priority.speed.{part}.weight: 0" for part in PARTS["speed"])
        waiting = ", ".join(f"priority.recognition.{end}" for end in ("asked_s.full: 90", "served_s.none: 300", "served_s.full: 30"))
        _layout(mine.folder / "good.yaml", f"{unhurried}, {waiting}")
        _layout(mine.folder / "end.yaml", "priority.recognition.served_s.none: 200")
        _layout(mine.folder / "wrong.yaml", "lateness_s: 5, priority_threshold: 2")
        yield mine


def _layout(file: Path, rules: str) -> None:
    shelf = "shelves: [{shelf_id: dairy-1, zone_id: dairy}]"
    file.write_text(f"store_id: s1\nzones: [{{zone_id: dairy}}, {{zone_id: desk, type: interest}}]\n{shelf}\nrules: {{{rules}}}\n")


def _scores(here: Surroundings, *options: str) -> tuple[str, float]:
    ended = here.run_well("reconstruct", "readings.jsonl", "--out", "-", "--layout", "good.yaml", *options)
    visit = json.loads(ended.out)
    return visit["priority"], visit["priority_scores"]["recognition"]


def test_layout_check_takes_rules_and_refuses_wrong_ones(here: Surroundings) -> None:
    """Exit code 2, and the line."""
    assert here.run_well("layout", "check", "good.yaml").out.startswith("good.yaml: store s1")
    ended = here.run("layout", "check", "wrong.yaml")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.strip() == "instore: wrong.yaml:4: rules: `priority_threshold` must be a number from 0 to 1, not 2"


def test_reconstruct_tries_values_on_a_recording(here: Surroundings) -> None:
    """60 s at the desk: of 5.25 weights, asked has (60 - 15) / 75 of 2 and served (300 - 60) / 270 of 1.75, or what is set instead."""
    assert _scores(here) == ("none", round((2 * 0.6 + 1.75 * 240 / 270) / 5.25, 3))
    assert _scores(here, "--set", "priority_threshold=0.4")[0] == "recognition"
    assert _scores(here, "--set", "priority.recognition.card.weight=0")[1] == round((2 * 0.6 + 1.75 * 240 / 270) / 3.75, 3)
    moved = ("--set", "priority.recognition.asked_s.none=90", "--set", "priority.recognition.asked_s.full=20")
    assert _scores(here, *moved)[1] == round((2 * 30 / 70 + 1.75 * 240 / 270) / 5.25, 3)


@pytest.mark.parametrize(
    ("layout", "rules", "sentence"),
    [
        ("good.yaml", ["priority_treshold=1"], "--set: `priority_treshold` is no rule"),
        ("good.yaml", ["priority_threshold=2"], "--set: `priority_threshold` must be a number from 0 to 1, not 2.0"),
        ("good.yaml", ["priority.speed.look_s.full=11"], "--set: `priority.speed.look_s.none` and `.full` must differ: both are 11"),
        (
            "end.yaml",
            ["priority.recognition.served_s.full=200"],
            "--set in store s1: `priority.recognition.served_s.none` and `.full` must",
        ),
    ],
)
def test_reconstruct_refuses_wrong_values(here: Surroundings, layout: str, rules: list[str], sentence: str) -> None:
    """Exit code 2 and one sentence; of a layout too, beside which a value is wrong."""
    options = [word for rule in rules for word in ("--set", rule)]
    ended = here.run("reconstruct", "readings.jsonl", "--out", "-", "--layout", layout, *options)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.strip().startswith(f"instore: {sentence}")
    assert len(ended.err.strip().splitlines()) == 1


def test_what_is_said_of_a_visit_is_what_reconstruct_writes() -> None:
    """Priority and scores stand in the line of a visit."""
    line = json.loads(visit_line(judged(simple())))
    assert (line["priority"], line["priority_scores"]["price"]) == ("price", 0.75)
