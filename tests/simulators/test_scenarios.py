"""Scripts of days as files."""

from datetime import date, datetime
from pathlib import Path

import pytest
from msgspec import structs

from sensors.reading import to_micros
from sensors.urls import SettingError
from simulators.scenarios import Scenario, load, options_of
from simulators.script.events import is_of_people
from simulators.sensing.faults import Expected
from simulators.shop.habits import Habits
from simulators.simulate import simulate
from tests.simulators.plans import SMALL

NOW = to_micros(datetime.fromisoformat("2026-11-26T12:00:00+01:00"))
EACH_ONCE = ["abandoned_basket", "long_dwell", "priority_changed", "queue_long", "sensor_silent", "zone_cleared", "zone_congested"]
SEEDS = range(1, 11)


def due_kinds(name: str, seed: int) -> tuple[list[str], list[str]]:
    """The kinds of signals that a day must raise, and those that it may, besides those of visits of which not all is known."""
    wanted = structs.replace(options_of(load(name), None, None, NOW), seed=seed)
    days = list(simulate(wanted, Expected()))
    shaky = {truth.device_id for day in days for truth in day.truths if truth.unreliable}
    found = [due for day in days for due in day.due()]
    may_be = (due for due in found if not due.sure and due.device_id not in shaky)
    return sorted(due.kind for due in found if due.sure), sorted(due.kind for due in may_be)


@pytest.mark.parametrize("seed", SEEDS)
def test_on_the_saturday_each_kind_is_due_once(seed: int) -> None:
    """And nothing hangs on how sensors happen to see it, but of those whom the silent one may have missed."""
    assert due_kinds("saturday", seed) == (EACH_ONCE, [])


@pytest.mark.parametrize("seed", SEEDS)
def test_on_the_quiet_day_nothing_is_due(seed: int) -> None:
    """Whoever comes."""
    assert due_kinds("quiet", seed) == ([], [])


def test_the_quiet_day_has_the_rules_and_people_of_the_saturday() -> None:
    """So that only what happens makes the difference."""
    saturday, quiet = load("saturday"), load("quiet")
    assert quiet == structs.replace(saturday, about=quiet.about, day="tue", events=())
    assert saturday.events


def test_the_day_of_the_cut_is_a_quiet_one() -> None:
    """The same rules and people, and nobody else: so no signal is due on it either."""
    cut, quiet = load("network-cut"), load("quiet")
    assert cut == structs.replace(quiet, about=cut.about, day="wed", events=cut.events)
    assert [is_of_people(event) for event in cut.events] == [False, False]


def test_a_scenario_is_played_on_its_last_weekday() -> None:
    """Before today: on a Saturday that is a week ago. Another day may be asked for."""
    saturday = load("saturday")
    assert options_of(saturday, None, None, NOW).first_day == date(2026, 11, 21)
    assert options_of(saturday, None, None, NOW + 2 * 86_400_000_000).first_day == date(2026, 11, 21)
    assert options_of(saturday, None, None, NOW + 3 * 86_400_000_000).first_day == date(2026, 11, 28)
    assert options_of(saturday, None, date(2026, 10, 3), NOW).first_day == date(2026, 10, 3)


def test_a_scenario_can_be_played_in_another_store() -> None:
    """Its rules come on top of those of the store."""
    layout = structs.replace(SMALL, rules={"long_dwell_s": 60, "lateness_s": 30})
    chosen = options_of(Scenario(about="", day="sat", rules={"long_dwell_s": 600}), layout, None, NOW)
    assert chosen.layout.rules == {"long_dwell_s": 600, "lateness_s": 30}
    assert chosen.layout.zones == SMALL.zones


def test_a_scenario_of_ones_own(tmp_path: Path) -> None:
    """What is left out is as usual."""
    file = tmp_path / "mine.yaml"
    file.write_text("about: Somebody lingers.\nday: fri\nevents:\n  - {what: linger, at: '10:00', zone: left, minutes: 20}\n")
    mine = load(str(file))
    assert (mine.habits, mine.store, len(mine.events)) == (Habits(), "grocery", 1)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("about: x\nday: someday\n", r"Invalid enum value 'someday' - at `\$.day`; there are fri, mon, sat, sun, thu, tue, wed$"),
        ("# nothing yet\n", "cannot be read as a scenario: the file is empty: begin with `about: "),
        ("about: x\n", "missing required field `day`"),
        ("about: x\nday: sat\nshopers: 3\n", "unknown field `shopers`"),
        ("about: x\nday: sat\nhabits: {shopers: 3}\n", "unknown field `shopers`"),
        ("about: x\nday: sat\nhabits: {weekday: [1.0]}\n", "`weekday` has 1 figures, and needs 7, one for a day of the week"),
        (
            "about: x\nday: sat\nevents: [{what: dance, at: '10:00'}]\n",
            r"Invalid value 'dance' - at .*; there are batches, battery, .*, wrong_clock$",
        ),
        ("about: x\nday: sat\nevents: [{what: hurry, at: '25:00'}]\n", 'a time of day in quotes, "00:00" to "23:59"'),
        ("about: x\nday: sat\nevents: [{what: hurry, at: 17:00}]\n", r"a time of day in quotes, .* - at `\$.events\[0\].at`, not 1020"),
        (
            "about: x\nday: sat\nevents: [{what: outage, at: '10:00', until: 11:00, sensor: a}]\n",
            r"in quotes, .* - at `\$.events\[0\].until`",
        ),
        ("about: [x\n", "cannot be read as a scenario"),
        (
            "about: x\nday: sat\nhabits: {weekday: [1]}\n",
            r"`weekday` has 1 figures, and needs 7, one for a day of the week - at `\$.habits`",
        ),
        ("about: x\nday: sat\nhabits: {looks: [4, 1]}\n", r"`looks` is \[4, 1\]"),
        (
            "about: x\nday: sat\nevents: [{what: linger, at: '10:00', zone: a, minutes: .nan}]\n",
            r"Expected a finite number - at `\$.events\[0\].minutes`, not nan",
        ),
        ("about: x\nday: sat\nrules: {lateness_s: -1}\n", r"Expected `float` >= 0.0 - at `\$.rules.lateness_s`, not -1$"),
        (
            "about: x\nday: sat\nhabits: {places: {a: {share: 1, minutes: [1, 9]}}}\n",
            r"Expected `float` <= 3.0 - at `\$.habits.places.a.minutes\[1\]`, not 9$",
        ),
    ],
)
def test_what_is_no_scenario_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    """The sentence says what is wrong."""
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    with pytest.raises(SettingError, match=sentence):
        load(str(file))


def test_a_scenario_that_is_not_there_is_refused() -> None:
    """The sentence names those that are."""
    with pytest.raises(SettingError, match="no scenario `sunday`; there are flash-crowd, gateway-outage, network-cut"):
        load("sunday")


def test_a_rule_that_is_none_is_refused() -> None:
    """As in a layout."""
    with pytest.raises(SettingError, match=r"the rules of the scenario: `long_dwel_s` is no rule"):
        options_of(Scenario(about="", day="sat", rules={"long_dwel_s": 600}), None, None, NOW)
