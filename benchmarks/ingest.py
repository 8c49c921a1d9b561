"""Ingest while queries run: the worker's writer, with and without the queries of dashboards beside it.

Both are measured in turns, so that both meet the same machine in the same minutes.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import cycle
from statistics import median
from typing import NamedTuple
from zoneinfo import ZoneInfo

from psycopg import Connection, sql

from benchmarks.chain import FLUSH_READINGS, Intake, arrivals, flushes
from benchmarks.figure import Figure
from benchmarks.fill import SEED, Filled, Progress, Wanted, stored_offsets
from benchmarks.keep import keep
from benchmarks.queries import LIMIT_MS, Params, Query, Timing, timed
from benchmarks.sql import statement
from sensors.hours import clock_at
from sensors.reading import to_datetime
from storage.connect import connect, session
from storage.model import Flush
from storage.writer import Writer

TURNS = 4
"""So often each of the two is measured."""

EXPECTED_PER_S = 25_000
"""Readings that are made ready for each second of writing; where the writer is faster, it ends sooner."""

MOST_READINGS = 500_000
DAYS = 4

Times = dict[str, list[float]]
"""Milliseconds of each run, by the name of the query."""


class Setting(NamedTuple):
    """A filled database: where it is, what was wanted, what it holds, and what its queries are asked with."""

    url: str
    wanted: Wanted
    filled: Filled
    given: Params


class _Asking:
    """Asks one query after the other, over a connection of their own.

    Args:
        setting: the database.
        order: the queries, without end.
        times: where it is noted how long each run took.
    """

    def __init__(self, setting: Setting, order: Iterator[Query], times: Times) -> None:
        self.setting = setting
        self._order = order
        self._times = times
        self._stop = threading.Event()

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Ask until the block ends; what is being asked then is ended too."""
        self._stop.clear()
        with connect(self.setting.url, "instore bench queries") as connection:
            thread = threading.Thread(target=self._ask, args=(connection,))
            thread.start()
            try:
                yield
            finally:
                self._stop.set()
                connection.cancel_safe()
                thread.join()

    def _ask(self, connection: Connection) -> None:
        while not self._stop.is_set():
            one = next(self._order)
            took_ms, _ = timed(connection, one, self.setting.given)
            if not self._stop.is_set():  # else it was ended in the middle
                self._times[one.name].append(took_ms)


class Turn:
    """What was written in one way, over all its turns."""

    def __init__(self) -> None:
        self.readings = 0
        self.seconds = 0.0

    def write(self, writer: Writer, coming: deque[Flush], flushes_left: int, seconds: float) -> None:
        """Write for so many seconds, but leave some flushes to the turns that follow."""
        began = time.perf_counter()
        while len(coming) > flushes_left and time.perf_counter() - began < seconds:
            flush = coming.popleft()
            writer.write(flush)
            self.readings += len(flush.readings)
        self.seconds += time.perf_counter() - began

    @property
    def per_s(self) -> float:
        """Readings a second, with their visits and all else."""
        return self.readings / self.seconds


def measure(setting: Setting, asked: list[Timing], seconds: float, progress: Progress) -> Iterator[Figure]:
    """Write what comes on the days after the newest one, alone and beside queries, and take it away again.

    Args:
        setting: the database.
        asked: the queries, as measured without ingest; all of them are asked, one after the other, again and again.
        seconds: how long each of the two goes on at most.
        progress: told the share that is done.
    """
    times: Times = {timing.query.name: [] for timing in asked}
    with session(setting.url, "instore bench") as connection:
        try:
            coming = _coming(connection, setting, seconds)
            asking = _Asking(setting, cycle([timing.query for timing in asked]), times)
            alone, beside = _turns(asking, coming, seconds, progress)
        finally:
            _take_away(connection, setting.filled)
            keep(setting.url)
            connection.execute(statement("mark_newest"))
    yield from _figures(alone, beside, {timing.query.name: timing.median_ms for timing in asked}, times)


def _coming(connection: Connection, setting: Setting, seconds: float) -> deque[Flush]:
    """Make ready what will be written, so that nothing but writing is measured."""
    plans = setting.filled.layouts
    first_day = setting.filled.newest.astimezone(ZoneInfo(plans[0].timezone)).date() + timedelta(days=1)
    most = min(MOST_READINGS, round(2 * seconds * EXPECTED_PER_S))
    arriving = arrivals(plans, setting.wanted.shoppers, first_day, DAYS, SEED + 1)
    return deque(flushes(Intake(plans, stored_offsets(connection)), arriving, most, at_once=min(FLUSH_READINGS, most // (8 * TURNS))))


def _turns(asking: _Asking, coming: deque[Flush], seconds: float, progress: Progress) -> tuple[Turn, Turn]:
    """Write alone and beside queries by turns: never the same flush twice, but as many in each turn."""
    alone, beside = Turn(), Turn()
    share = len(coming) // (2 * TURNS)
    with Writer(asking.setting.url) as writer:
        for turn in range(TURNS):
            left = (2 * (TURNS - turn) - 1) * share
            alone.write(writer, coming, left, seconds / TURNS)
            with asking.going_on():
                beside.write(writer, coming, left - share, seconds / TURNS)
            progress((turn + 1) / TURNS)
    return alone, beside


def _take_away(connection: Connection, filled: Filled) -> None:
    """Delete what was written, so that the database can be measured again."""
    plan = filled.layouts[0]
    day = filled.newest.astimezone(ZoneInfo(plan.timezone)).date()
    end = to_datetime(clock_at(plan, day, "24:00"))
    parts = connection.execute("SELECT part, at_column FROM instore_bench.parts WHERE schema = 'instore'").fetchall()
    for part, at_column in parts:
        table, column = sql.Identifier("instore", part), sql.Identifier(at_column)
        connection.execute(sql.SQL("DELETE FROM {} WHERE {} >= %s").format(table, column), (end,))
    connection.execute("UPDATE instore.store_clocks SET store_time = %s WHERE store_time > %s", (filled.newest, filled.newest))


def _figures(alone: Turn, beside: Turn, before: dict[str, float], times: Times) -> Iterator[Figure]:
    """Tell ingest, and the queries of which at least one run was beside it."""
    about = f"readings written a second, with their visits, nothing else going on; {alone.readings} readings"
    yield Figure("ingest", alone.per_s, "readings/s", None, about)
    yield Figure(
        "ingest/beside", beside.per_s, "readings/s", alone.per_s, "the same while queries run one after the other; limit: without them"
    )
    found = {name: median(runs) for name, runs in times.items() if runs}
    if not found:
        return
    name = max(found, key=lambda one: found[one] / before[one])
    runs = sum(map(len, times.values()))
    about = f"the slowest query while readings are written; {runs} runs of {len(found)} queries"
    yield Figure("P5/beside", max(found.values()), "ms", LIMIT_MS, about)
    about = (
        f"the mean query while readings are written; limit: the same without; {name} suffers most: {found[name] / before[name]:.1f} times"
    )
    mean, mean_before = (sum(of[one] for one in found) / len(found) for of in (found, before))
    yield Figure("P5/beside_mean", mean, "ms", mean_before, about)
