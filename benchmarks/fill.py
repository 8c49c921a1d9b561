"""Fills a database with days of a chain of stores, as many as a number of readings needs.

The newest day is simulated, told by the engine, and written by the worker's own writer; it ends where the number is reached, with its
visitors still in the stores. So are a Friday and a Saturday, for the flagship and one small store, in a database beside. All other days
of all stores are copies of these, made inside the database: the same columns, lengths and values, in the order of arrival, all stores
together. Times and ids differ, and so does who came: tags go to others of their holders, phones of passers-by are never met again.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from psycopg import Connection, sql

from benchmarks.chain import Intake, arrivals, flushes, layouts_of
from benchmarks.keep import keep
from benchmarks.sql import statement
from sensors.hours import clock_at
from sensors.layout import Layout
from sensors.reading import to_datetime
from sensors.topics import READINGS, REJECTED
from sensors.urls import SettingError
from simulators.sensing.sense import HEARTBEAT
from simulators.shop.floor import builtin
from simulators.shop.opening import power, windows
from storage import layouts
from storage.connect import session
from storage.migrate import migrate
from storage.model import Flush
from storage.postgres import postgres
from storage.restore import offsets
from storage.writer import Writer

FRIDAY, SATURDAY, SUNDAY = 4, 5, 6
NEWEST_BACK = 2
"""The newest Friday is so many days ago or more: Saturday may be needed too, and nothing is in the future."""

NEWEST_SHARE = 0.6
"""So much of a Friday is left for the newest day, so that it is one on which things have happened."""

PLAIN = 50
"""A store's day has no more than so many times the readings that its sensors make of themselves."""

SEED = 1
NO_END = 1 << 62

Progress = Callable[[float], None]
"""Told how many readings are there."""


class Wanted(msgspec.Struct, frozen=True):
    """What to fill a database with.

    Attributes:
        readings: how many, exactly.
        stores: of how many stores.
        shoppers: how many come to the flagship on the mean open day.
    """

    readings: int
    stores: int
    shoppers: int


class Filled(NamedTuple):
    """What is there: the plans of the stores, the newest moment, how many calendar days, and how long it took when it was made."""

    layouts: list[Layout]
    newest: datetime
    days: int
    seconds: float


class _Day(NamedTuple):
    """A simulated day of one store: what its ids have in common, and how many readings it has."""

    tag: str
    readings: int


def fill(url: str, wanted: Wanted, progress: Progress, plan: Layout | None = None) -> Filled:
    """Make sure that a database holds what is wanted, and nothing else.

    Args:
        url: the database.
        wanted: what it shall hold.
        progress: told how many readings are there.
        plan: that of all stores, closed on Sundays; a grocery where none is given.

    Raises:
        SettingError: it holds something else, which is left as it is.
    """
    migrate(url)
    plans = layouts_of(plan or builtin("grocery"), wanted.stores)
    with session(url, "instore bench") as connection:
        if has_timescale(connection):
            connection.execute(statement("jobs_off"))
        filled = _found(connection, wanted, plans) or _fill(url, connection, wanted, plans, progress)
        keep(url)
        connection.execute(statement("mark_newest"))
        return filled


def has_timescale(connection: Connection) -> bool:
    """Tell whether the database has TimescaleDB."""
    return connection.execute("SELECT FROM pg_extension WHERE extname = 'timescaledb'").fetchone() is not None


def write(url: str, given: Iterator[Flush], progress: Progress, done: int = 0) -> int:
    """Write flushes as the worker does; return how many readings there are then."""
    with Writer(url) as writer:
        for flush in given:
            writer.write(flush)
            done += len(flush.readings)
            progress(done)
    return done


def stored_offsets(connection: Connection) -> dict[str, int]:
    """Where the made-up partitions are in the database, by topic."""
    return {topic: found[0].next_offset for topic in (READINGS, REJECTED) if (found := offsets(connection, topic))}


def _found(connection: Connection, wanted: Wanted, plans: list[Layout]) -> Filled | None:
    """Look whether the database was filled before; refuse one that holds something else."""
    there = connection.execute("SELECT to_regclass('instore_bench.filled') IS NOT NULL").fetchone()
    if there == (True,):
        row = connection.execute("SELECT wanted::text, newest, days, seconds FROM instore_bench.filled").fetchone()
        if row is None:
            raise SettingError("the database was filled in part only, as somebody ended that: drop it, or name another one")
        if (before := msgspec.json.decode(row[0], type=Wanted)) != wanted:
            raise SettingError(f"the database was filled with {_told(before)}: say so again, or name another database")
        return Filled(plans, *row[1:])
    if connection.execute("SELECT FROM instore.stores LIMIT 1").fetchone() is not None:
        raise SettingError("the database holds stores already, and a benchmark would fill it with simulated ones: name an empty one")
    return None


def _told(wanted: Wanted) -> str:
    return f"--readings {wanted.readings} --stores {wanted.stores} --shoppers {wanted.shoppers}"


def _fill(url: str, connection: Connection, wanted: Wanted, plans: list[Layout], progress: Progress) -> Filled:
    began = time.monotonic()
    connection.execute(statement("create"))
    connection.execute("SET work_mem = '512MB'")  # a day is put in order of arrival in memory
    _save(url, plans)
    newest_day = _friday(datetime.now(UTC).date() - timedelta(days=NEWEST_BACK))
    done = copied = 0
    if _needs_copies(plans, wanted, newest_day):
        models = _models(connection, plans, wanted, newest_day - timedelta(days=7))
        done, copied = _copies(connection, models, newest_day, wanted.readings, progress)
    arriving = arrivals(plans, wanted.shoppers, newest_day, NEWEST_BACK + 1, SEED)
    write(url, flushes(Intake(plans, stored_offsets(connection)), arriving, wanted.readings - done, ends=False), progress, done)
    connection.execute("RESET work_mem")
    _tidy(connection)
    [(newest,)] = connection.execute("SELECT max(store_time) FROM instore.store_clocks").fetchall()
    days = copied + (newest.astimezone(ZoneInfo(plans[0].timezone)).date() - newest_day).days + 1
    row = (msgspec.json.encode(wanted).decode(), newest, days, seconds := time.monotonic() - began)
    connection.execute("INSERT INTO instore_bench.filled (wanted, newest, days, seconds) VALUES (%s, %s, %s, %s)", row)
    return Filled(plans, newest, days, seconds)


def _save(url: str, plans: list[Layout]) -> None:
    """Give a database the plans of its stores: time zones and zones decide figures of the rollups."""
    with session(url, "instore bench") as connection:
        for plan in plans:
            layouts.save(connection, plan, "instore bench")


def _needs_copies(plans: list[Layout], wanted: Wanted, day: date) -> bool:
    """Tell whether more is wanted than the newest day and one before it have; looking at the day only where that is not plain."""
    plan = plans[0]
    minutes = sum((off - on) // HEARTBEAT for on, off in map(power, windows(plan, day)))
    own = len(plans) * minutes * (len(plan.gates) + len(plan.tills) + len(plan.gateways))
    if not own * NEWEST_SHARE < wanted.readings < own * PLAIN:
        return wanted.readings > own
    messages = islice(arrivals(plans, wanted.shoppers, day, 1, SEED), wanted.readings)
    return wanted.readings > (1 + NEWEST_SHARE) * sum(arrival.message.readings for arrival in messages)


def _friday(day: date) -> date:
    """The last Friday that is not after a day."""
    return day - timedelta(days=(day.weekday() - FRIDAY) % 7)


def _tidy(connection: Connection) -> None:
    """Leave the database as one that has had time to tidy up."""
    for (part,) in connection.execute("SELECT part FROM instore_bench.parts").fetchall():
        connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier("instore_bench", part)))
    connection.execute("VACUUM (ANALYZE)")
    connection.execute(statement("longest_visits"))


def _models(connection: Connection, plans: list[Layout], wanted: Wanted, friday: date) -> "_Models":
    """Simulate a Friday and its Saturday in the flagship and one small store, in a database beside, and fetch their rows."""
    some = plans[:2]
    with tempfile.TemporaryDirectory(prefix="instore-bench-") as folder, postgres(Path(folder)) as url:
        migrate(url)
        _save(url, some)
        write(url, flushes(Intake(some, {}), arrivals(some, wanted.shoppers, friday, 2, SEED), NO_END), lambda _: None)
        with session(url, "instore bench") as source:
            keep(url)
            for schema, part, at_column in connection.execute("SELECT schema, part, at_column FROM instore_bench.parts").fetchall():
                _fetch(source, connection, schema, part)
                index = sql.SQL("CREATE INDEX ON {} ({})").format(sql.Identifier("instore_bench", part), sql.Identifier(at_column))
                connection.execute(index)
    connection.execute("ANALYZE")
    found = connection.execute(statement("tags"), {"timezone": plans[0].timezone}).fetchall()
    return _Models(plans, friday, {(store_id, day): _Day(tag, readings) for store_id, day, tag, readings in found})


def _fetch(source: Connection, target: Connection, schema: str, part: str) -> None:
    """Copy a table from one server to another."""
    out = sql.SQL("COPY {} TO STDOUT (FORMAT BINARY)").format(sql.Identifier(schema, part))
    into = sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(sql.Identifier("instore_bench", part))
    with source.cursor() as reading, reading.copy(out) as taken, target.cursor() as writing, writing.copy(into) as given:
        for block in taken:
            given.write(block)


class _Models(NamedTuple):
    """The days that others are copied from."""

    plans: list[Layout]
    friday: date
    days: dict[tuple[str, date], _Day]

    def of(self, day: date) -> date | None:
        """Which simulated day one is copied from: the Saturday, or the Friday for any other day; None on Sundays, when nobody is there."""
        saturday = self.friday + timedelta(days=1)
        return {SATURDAY: saturday, SUNDAY: None}.get(day.weekday(), self.friday)

    def sources(self) -> list[str]:
        """Which simulated store each store is copied from."""
        return [self.plans[min(number, 1)].store_id for number in range(len(self.plans))]

    def stores(self, day: date) -> list[_Day]:
        """What the day of each store is copied from; nothing where they are closed."""
        model = self.of(day)
        return [] if model is None else [self.days[source, model] for source in self.sources()]


def _copies(connection: Connection, models: _Models, newest: date, most: int, progress: Progress) -> tuple[int, int]:
    """Copy whole days, back from the newest, as long as enough of `most` readings is left for the newest; the oldest first.

    Returns:
        How many readings and how many calendar days were copied.
    """
    chosen: list[date] = []
    done, day = 0, newest
    planned = NEWEST_SHARE * sum(one.readings for one in models.stores(newest))
    while planned <= most:
        day -= timedelta(days=1)
        planned += sum(one.readings for one in models.stores(day))
        chosen.append(day)
    for day in reversed(chosen[:-1]):
        done += _copy_day(connection, models, day)
        progress(done)
    return done, max(0, len(chosen) - 1)


def _copy_day(connection: Connection, models: _Models, day: date) -> int:
    """Copy one day of all stores in one transaction; return its readings."""
    plan, model = models.plans[0], models.of(day)
    if model is None:
        return 0
    begin = to_datetime(clock_at(plan, model, "00:00"))
    scope: dict[str, Any] = {
        "since": begin,
        "until": to_datetime(clock_at(plan, model, "24:00")),
        "shift": to_datetime(clock_at(plan, day, "00:00")) - begin,
        "sources": models.sources(),
        "targets": [one.store_id for one in models.plans],
        "old_tags": [one.tag for one in models.stores(day)],
        "new_tags": [blake2b(f"{one.store_id}/{day}".encode(), digest_size=4).hexdigest() for one in models.plans],
        "number": day.toordinal(),
    }
    copied: dict[str, int] = {}
    with connection.transaction():
        for (part,) in connection.execute("SELECT part FROM instore_bench.parts").fetchall():
            [(copied[part],)] = connection.execute(statement("copy_day"), {"part": part, **scope}).fetchall()
    return copied["readings"]
