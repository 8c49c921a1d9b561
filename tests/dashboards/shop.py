"""A small chain in a database: two weeks of a store and one of another, up to a Saturday at half past twelve, and what really happened.

Simulated, decoded, told by the engine, and written by the worker's own writer; the figures of the rollups are kept. The second store's id
has a quote in it, for queries that forget to mask it.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from heapq import merge
from itertools import takewhile
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import psycopg
from msgspec import structs

from benchmarks.chain import FAULTS, UNDER_WAY, Arrival, Intake, flushes
from benchmarks.keep import keep
from dashboards.board import Board
from dashboards.expand import Scope, expand
from dashboards.frames import Frame, act_as_reader, ask
from dashboards.sql import text_of
from sensors.layout import Layout
from sensors.reading import to_micros
from simulators.recordings.messages import messages
from simulators.sensing.faults import Expected
from simulators.shop.floor import builtin
from simulators.shop.habits import Habits
from simulators.simulate import Options, simulate
from simulators.truth.due import Due
from simulators.truth.visits import Truth, micros
from storage import layouts
from storage.connect import connect
from storage.model import Flush
from tests.databases import Database

BERLIN = ZoneInfo("Europe/Berlin")
LAST_DAY = date(2026, 11, 14)
NOW = datetime(2026, 11, 14, 12, 30, tzinfo=BERLIN)
"""The moment up to which all is there: a Saturday, two weeks after the first one. People are in the stores."""

MONDAY, SATURDAY = (datetime(2026, 11, day, tzinfo=BERLIN) for day in (9, 14))
"""The beginnings of the last Monday and Saturday: all visits between them are over, and those of the five days before too."""

MAIN, OTHER = "corner-market", "o'neill"
SHOPPERS = {MAIN: 60, OTHER: 20}
"""On the mean open day."""

OPENED = {MAIN: LAST_DAY - timedelta(days=14), OTHER: LAST_DAY - timedelta(days=7)}
"""The first day of each, a Saturday: the second one has no week to be compared with."""

Row = dict[str, Any]

_HOURS = {day: ["11:00", "14:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat")} | {"sun": []}
_AT_ONCE = 5_000
_ENDLESS = 1 << 62


class Story(NamedTuple):
    """What happened, and what was heard of it until NOW.

    Attributes:
        layouts: the plans of the stores, MAIN first.
        truths: all visits that began before NOW, of both stores, in order of beginning; those under way are told to their end.
        due: the signals of these days that must be raised, or may be; some come after NOW.
        flushes: what is to be written. Of all days but the last, readings are left out (and what was counted of them).
    """

    layouts: list[Layout]
    truths: list[Truth]
    due: list[Due]
    flushes: list[Flush]

    def of(self, store_id: str) -> Iterator[Truth]:
        """The visits of customers of a store, passers-by among them."""
        return (one for one in self.truths if one.store_id == store_id and not one.is_staff)

    def visits(self, store_id: str, since: datetime, until: datetime) -> list[Truth]:
        """Those that began in a stretch of time, passers-by left out."""
        first, last = to_micros(since), to_micros(until)
        return [one for one in self.of(store_id) if first <= micros(one.entered_at) < last and not one.pass_by]


class Shop(NamedTuple):
    """The chain in a database."""

    database: Database
    story: Story

    def scope(self, since: datetime, until: datetime = NOW, **values: str | tuple[str, ...]) -> Scope:
        """What a person looks at: MAIN and all its zones, where nothing else is said."""
        zones = tuple(zone.zone_id for zone in self.story.layouts[0].zones)
        picked = {"store": MAIN, "zone": zones, **values}
        return Scope(since, until, {name: (value,) if isinstance(value, str) else value for name, value in picked.items()})

    def ask(self, query: str, scope: Scope) -> Frame:
        """The answer to the query of a file, as the role of dashboards."""
        return self.ask_text(text_of(query), scope)

    def ask_text(self, sql: str, scope: Scope) -> Frame:
        """The answer to a query as a panel holds it."""
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            act_as_reader(connection)
            return ask(connection, expand(sql, scope))

    def rows(self, query: str, scope: Scope) -> list[Row]:
        """The answer to the query of a file, row by row."""
        return rows_of(self.ask(query, scope))

    def shown(self, board: Board, title: str, scope: Scope) -> list[Row]:
        """What a panel of a dashboard shows, row by row."""
        [panel] = [one for one in board["panels"] if one["title"] == title]
        [target] = panel["targets"]
        return rows_of(self.ask_text(target["rawSql"], scope))


def rows_of(frame: Frame) -> list[Row]:
    """Row by row, by the names of the columns."""
    names = [column.name for column in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*(column.values for column in frame.columns), strict=True)]


def fill(database: Database, story: Story) -> Shop:
    """Write what was heard."""
    with connect(database.url, "test") as connection:
        for layout in story.layouts:
            layouts.save(connection, layout, "test")
    for flush in story.flushes:
        database.write(flush)
    keep(database.url)
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return Shop(database, story)


@cache
def story() -> Story:
    """Simulate, and have the engine tell what it hears. Takes some seconds, once."""
    grocery = builtin("grocery")
    plan = structs.replace(grocery, opening_hours=_HOURS, staff_devices=frozenset(sorted(grocery.staff_devices)[:2]))
    plans = [structs.replace(plan, store_id=MAIN), structs.replace(plan, store_id=OTHER, name="O'Neill's")]
    truths: list[Truth] = []
    due: list[Due] = []
    heard = merge(*(_heard(one, truths, due) for one in plans), key=lambda arrival: arrival.at)
    until_now = takewhile(lambda arrival: arrival.at <= to_micros(NOW), heard)
    told = [_light(flush) for flush in flushes(Intake(plans, {}), until_now, _ENDLESS, at_once=_AT_ONCE, ends=False)]
    known = [one for one in truths if micros(one.entered_at) <= to_micros(NOW)]
    return Story(plans, sorted(known, key=lambda one: one.entered_at), due, told)


def _heard(layout: Layout, truths: list[Truth], due: list[Due]) -> Iterator[Arrival]:
    """The messages of a store as they are received, and beside them the truth."""
    opened, habits = OPENED[layout.store_id], Habits(shoppers=SHOPPERS[layout.store_id], till_opens_min=0)
    days = (LAST_DAY - opened).days + 1
    wanted = Options(layout=layout, first_day=opened, days=days, habits=habits, faults=FAULTS)
    chance, clock = Random(layout.store_id), 0
    for day in simulate(wanted, Expected()):
        truths += day.truths
        due += day.due()
        for message in messages(day.lines):
            clock = max(clock, (message.last_ts or 0) + chance.randint(*UNDER_WAY))
            yield Arrival(clock, message)


def _light(flush: Flush) -> Flush:
    """A flush without readings of days before the last: few dashboards look at them, and they are most of what is written."""
    last_day = to_micros(NOW.replace(hour=0, minute=0))
    if all(one.hour >= last_day for one in flush.counts):
        return flush
    return structs.replace(flush, readings=[], rejected=[], counts=[])
