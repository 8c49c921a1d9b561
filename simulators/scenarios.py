"""Scripted days: which store, which people, what happens (`simulators/scenarios/*.yaml`)."""

from datetime import date, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from msgspec import structs

from sensors.hours import DAYS
from sensors.layout import Day, Layout
from sensors.reading import to_datetime
from sensors.urls import SettingError
from simulators.files import read_named
from simulators.script.events import Event
from simulators.shop.floor import builtin
from simulators.shop.habits import Habits
from simulators.simulate import Options
from stream.rules import Rules


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A day by a script.

    Attributes:
        about: what it shows, in a sentence.
        store: a store that comes with the simulator; the script can be played in another one too.
        day: the weekday.
        rules: the store's rules on that day, on top of those of its layout.
        habits: the figures of the ordinary shoppers, where they are others than usual.
        plain_people: no ordinary shopper shows a priority that could be told (`habits` must see to that); so whoever is told to, was not.
        events: what happens, besides the ordinary.
    """

    about: str
    store: str = "grocery"
    day: Day
    rules: dict[str, Annotated[float, msgspec.Meta(ge=0)]] = {}
    habits: Habits = Habits()
    plain_people: bool = False
    events: tuple[Event, ...] = ()


def options_of(scenario: Scenario, layout: Layout | None, first_day: date | None, now: int) -> Options:
    """What to simulate.

    Args:
        scenario: the script.
        layout: a store to play it in; None: the scenario's own. The scenario's rules come on top.
        first_day: the day; None: the last one before today that is the weekday of the scenario.
        now: microseconds since 1970.

    Raises:
        SettingError: a rule of the scenario is none.
    """
    plan = builtin(scenario.store) if layout is None else layout
    try:
        Rules.of({**plan.rules, **scenario.rules})
    except ValueError as wrong:
        raise SettingError(f"the rules of the scenario: {wrong}") from wrong
    today = to_datetime(now).astimezone(ZoneInfo(plan.timezone)).date()
    back = (today.weekday() - DAYS.index(scenario.day) - 1) % len(DAYS) + 1
    return Options(
        layout=structs.replace(plan, rules={**plan.rules, **scenario.rules}),
        first_day=first_day or today - timedelta(days=back),
        habits=scenario.habits,
        events=scenario.events,
        plain_people=scenario.plain_people,
    )


def load(name: str) -> Scenario:
    """Read a scenario that comes with the simulator, or that of a file.

    Args:
        name: its name, or the path of a YAML file.

    Raises:
        SettingError: there is none, or it is not written as one.
    """
    return read_named("scenarios", name, Scenario, none="there is no scenario", kind="a scenario")
