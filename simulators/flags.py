"""Turns the flags of `instore simulate` and `instore demo` into the options of a simulation."""

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import structs

from sensors.layout import Layout
from sensors.urls import SettingError
from simulators.scenarios import load
from simulators.scenarios import options_of as options_of_scenario
from simulators.sensing.faults import Faults, check
from simulators.sensing.silence import parse
from simulators.shop.floor import builtin, builtin_names
from simulators.shop.habits import Habits
from simulators.shop.people import people_of
from simulators.simulate import Options, options
from stream.rules import Rules

FIRST_DAY, LAST_DAY = date(2000, 1, 2), date(2099, 12, 31)

_FILES = (".yaml", ".yml", ".json")


class Store(NamedTuple):
    """A store that a user asks for: its plan, and the figures of its people; None where the user did not say."""

    plan: Layout | None
    people: Habits | None


def store_of(store: str | None, people: str | None, scenario: str | None, read: Callable[[Path], Layout]) -> Store:
    """Find the store that `--store` and `--people` say.

    Args:
        store: the name of one that comes with the simulator, which has people of its own, or the path of a layout.
        people: the name of such a store, or the path of a file of people.
        scenario: a scripted day, which has people of its own.
        read: reads a layout.

    Raises:
        SettingError: there is no such store, or no such people, or people were given to a scenario.
    """
    if people is not None and scenario is not None:
        raise SettingError("--scenario has people of its own (`habits`): it does not go with --people")
    if store is None:
        return Store(None, None if people is None else people_of(people))
    if store not in builtin_names() and (store.endswith(_FILES) or Path(store).is_file()):
        return Store(read(Path(store)), None if people is None else people_of(people))
    return Store(builtin(store), people_of(people or store))


def options_of(  # noqa: PLR0913 - as many as the command has
    *,
    plan: Layout | None,
    people: Habits | None = None,
    scenario: str | None,
    first_day: str | None = None,
    days: int,
    shoppers: int | None = None,
    **wanted: Any,
) -> Options:
    """Make the options of what a user asks for. A scenario has people of its own.

    Raises:
        SettingError: a flag is wrong, or some do not go together.
    """
    day = None if first_day is None else _day(first_day)
    if scenario is None:
        store = plan or builtin("grocery")
        today = datetime.now(ZoneInfo(store.timezone)).date()
        chosen = options(store, today, first_day=day, days=days, shoppers=shoppers, people=people)
    else:
        chosen = _scripted(scenario, plan, day, days, shoppers)
    faults = Faults(duplicates=wanted["duplicates"], disorder_s=wanted["disorder"], malformed=wanted["malformed"])
    check(faults, Rules.of(chosen.layout.rules).lateness_s)
    silences = tuple(parse(text) for text in wanted.get("silences", ()))
    return structs.replace(chosen, seed=wanted["seed"], faults=faults, silences=silences)


def _scripted(scenario: str, plan: Layout | None, day: date | None, days: int, shoppers: int | None) -> Options:
    """Turn a scenario into the options of a simulation."""
    if days != 1:
        raise SettingError("--scenario is one day: it does not go with --days")
    chosen = options_of_scenario(load(scenario), plan, day, time.time_ns() // 1000)
    return chosen if shoppers is None else structs.replace(chosen, habits=structs.replace(chosen.habits, shoppers=shoppers))


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as wrong:
        raise SettingError(f"--date {text} is no day ({wrong}); write it like 2026-11-22") from wrong
    if not FIRST_DAY <= day <= LAST_DAY:
        raise SettingError(f"--date {text}: it must be from {FIRST_DAY} to {LAST_DAY}")
    return day


def check_over(wanted: Options) -> None:
    """Refuse days that are not over, for a pipeline refuses readings of the future.

    Raises:
        SettingError: one is not.
    """
    last, today = wanted.first_day + timedelta(days=wanted.days - 1), datetime.now(ZoneInfo(wanted.layout.timezone)).date()
    if last >= today:
        raise SettingError(f"the days that are played must be over: {last} is not before {today}; give an earlier --date")
