"""docs/scenarios.md says what is true: its files run, and its tables have each key that is read, with its limits, and no other."""

import re
import shlex
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
import yaml
from click.testing import CliRunner
from msgspec import inspect, structs

from instore import main
from simulators.scenarios import Scenario, load, options_of
from simulators.script.events import Event
from simulators.script.happening import Clock, Until
from simulators.sensing.faults import Expected
from simulators.shop.floor import builtin, floor_of
from simulators.shop.habits import Habits, Place
from simulators.shop.manners import Manner
from simulators.shop.people import check_places, people_of
from simulators.simulate import options, simulate
from tests.simulators.plans import run

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "scenarios.md").read_text()
[SCENARIO, PEOPLE] = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = re.findall(r"instore simulate [^`\n]*", PAGE)
LINES = re.findall(r"`(\{what: [^`]*\})`", (DOCS / "simulator.md").read_text())

NEEDED = "must be there"
CLOCKS = ((Clock, "00:00 to 23:59"), (Until, "00:00 to 24:00"))
EVENTS: dict[str, Any] = {one.__struct_config__.tag: one for one in get_args(Event)}


def rows(heading: str) -> list[list[str]]:
    """The table below a heading, without its head."""
    part = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("| ")][1:]


def coded(cell: str) -> list[str]:
    """What stands in a cell as code."""
    return re.findall(r"`([^`]+)`", cell)


def default(field: structs.FieldInfo) -> object:
    """What a key is that nobody says, as YAML has it; or that it must be said."""
    if field.required:
        return NEEDED
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    return msgspec.json.decode(msgspec.json.encode(value))


def said(cell: str) -> object:
    """The same as a cell of the page has it."""
    return NEEDED if cell == NEEDED else yaml.safe_load(coded(cell)[0])


def limits(name: str, of: Any) -> str:
    """What a value may be, as the page says it."""
    known = inspect.type_info(of)
    match known:
        case inspect.StrType(pattern=str()):
            return next(text for clock, text in CLOCKS if inspect.type_info(clock) == known)
        case inspect.VarTupleType(min_length=least):
            return f"a list, {least} or more" if least else "a list"
        case inspect.IntType(ge=low, le=high) | inspect.FloatType(gt=None, ge=low, le=high):
            return f"{low} to {high}"
        case inspect.FloatType(gt=low, le=high):
            return f"above {low}, at most {high}"
    assert isinstance(known, inspect.StrType), f"the page has no words for the limits of `{name}`"
    return ""


def test_the_scenario_is_played_as_it_stands(tmp_path: Path) -> None:
    """All that it says happens: twenty come for the tasting, somebody walks out, and nobody pays at the till that fails."""
    (tmp_path / "tasting.yaml").write_text(SCENARIO)
    wanted = options_of(load(str(tmp_path / "tasting.yaml")), None, date(2026, 11, 20), 0)
    [day] = simulate(wanted, Expected())
    paid = [_minute(line) for line in day.lines if b'"kind":"payment"' in line and b'"till-1"' in line]
    assert sum(walk.scripted for walk in day.walks) == 20 + 1
    assert len([at for at in paid if 11 * 60 <= at < 13 * 60]) > 5
    assert not [at for at in paid if 12 * 60 <= at < 12 * 60 + 30]
    assert wanted.layout.rules["zone_congested_share.bakery"] == 0.8


def _minute(line: bytes) -> int:
    """When a till says something, in minutes since midnight in the store, which is an hour ahead of the till's UTC."""
    hour, minute = re.findall(rb"T(\d\d):(\d\d)", line)[0]
    return (int(hour) + 1) * 60 + int(minute)


def test_the_people_come_as_they_stand(tmp_path: Path) -> None:
    """To the store that they are for."""
    (tmp_path / "villagers.yaml").write_text(PEOPLE)
    people, store = people_of(str(tmp_path / "villagers.yaml")), builtin("grocery")
    check_places(floor_of(store), people)
    truths, _, _ = run(options(store, date(2026, 11, 21), first_day=date(2026, 11, 20), people=people))
    shoppers = [truth for truth in truths if truth.priority is not None]
    assert {truth.priority for truth in shoppers} == {"none", "price"}
    assert 100 < len(shoppers) < 800


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """As it stands, with the files that the page shows; and writes each file that it names."""
    (tmp_path / "tasting.yaml").write_text(SCENARIO)
    (tmp_path / "villagers.yaml").write_text(PEOPLE)
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command)
    ended = CliRunner().invoke(main, words[1:])
    assert ended.exit_code == 0, ended.stderr
    assert all((tmp_path / value).exists() for option, value in pairwise(words) if option in {"--out", "--truth", "--signals", "--layouts"})


def test_there_are_commands() -> None:
    """One for each file of the page, or else nothing would be tried."""
    assert ["tasting.yaml" in one for one in COMMANDS] == [True, False]


@pytest.mark.parametrize("line", LINES)
def test_an_event_of_the_simulators_page_is_one(line: str) -> None:
    """As it stands in a table there."""
    msgspec.convert(yaml.safe_load(line), Event)


def test_each_kind_of_event_stands_on_the_simulators_page() -> None:
    """Once, in its tables."""
    assert sorted(yaml.safe_load(line)["what"] for line in LINES) == sorted(EVENTS)


@pytest.mark.parametrize(
    ("heading", "of"),
    [("Keys of a scenario", Scenario), ("Keys of people", Habits), ("Keys of a place", Place), ("Keys of a kind of shopper", Manner)],
)
def test_a_table_has_the_keys_that_are_read(heading: str, of: type[msgspec.Struct]) -> None:
    """Each once, with what it is where nobody says it."""
    fields, table = structs.fields(of), rows(heading)
    assert sorted(coded(row[0])[0] for row in table) == sorted(field.name for field in fields)
    told = {coded(row[0])[0]: said(row[3]) for row in table if row[3] != "the five kinds of [simulator.md](simulator.md#the-stores)"}
    left_out = {"manners", "habits"}
    assert {name: value for name, value in told.items() if name not in left_out} == {
        field.name: default(field) for field in fields if field.name not in left_out
    }
    assert told.get("habits", {}) == {}


def test_the_table_of_events_has_the_keys_that_are_read() -> None:
    """Of each event, with limits, and with what it is where nobody says it."""
    told = [
        (what, coded(key)[0], limit, said(unless)) for whats, key, _, limit, unless in rows("Keys of what happens") for what in coded(whats)
    ]
    assert sorted(told, key=str) == sorted(_read(), key=str)


def _read() -> Iterator[tuple[str, str, str, object]]:
    for what, event in EVENTS.items():
        for field in structs.fields(event):
            yield what, field.name, limits(field.name, field.type), default(field)
