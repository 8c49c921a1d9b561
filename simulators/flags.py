"""Turns the flags of `instore simulate` and `instore demo` into the options of a simulation."""

import time
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import structs

from sensors.layout import Layout
from sensors.urls import SettingError
from simulators.faults import Faults, check
from simulators.floor import builtin
from simulators.scenarios import load
from simulators.scenarios import options_of as options_of_scenario
from simulators.silence import parse
from simulators.simulate import Options, options


def options_of(
    *, plan: Layout | None, scenario: str | None, first_day: str | None = None, days: int, shoppers: int | None = None, **wanted: Any
) -> Options:
    """Make the options of what a user asks for.

    Raises:
        SettingError: a flag is wrong, or some do not go together.
    """
    store = plan or builtin("grocery")
    today = datetime.now(ZoneInfo(store.timezone)).date()
    try:
        day = None if first_day is None else _day(first_day)
        faults = Faults(duplicates=wanted["duplicates"], disorder_s=wanted["disorder"], malformed=wanted["malformed"])
        check(faults, float(store.rules.get("lateness_s", 60)))
        silences = tuple(parse(text) for text in wanted.get("silences", ()))
        if scenario is None:
            chosen = options(store, today, first_day=day, days=days, shoppers=shoppers)
        else:
            chosen = _scripted(scenario, plan, day, days, shoppers)
    except ValueError as wrong:
        raise SettingError(str(wrong)) from wrong
    return structs.replace(chosen, seed=wanted["seed"], faults=faults, silences=silences)


def _scripted(scenario: str, plan: Layout | None, day: date | None, days: int, shoppers: int | None) -> Options:
    """Turn a scenario into the options of a simulation."""
    if days != 1:
        raise SettingError("--scenario is one day: it does not go with --days")
    chosen = options_of_scenario(load(scenario), plan, day, time.time_ns() // 1000)
    return chosen if shoppers is None else structs.replace(chosen, habits=structs.replace(chosen.habits, shoppers=shoppers))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise SettingError(f"--date {text} is no day ({wrong}); write it like 2026-11-22") from wrong
