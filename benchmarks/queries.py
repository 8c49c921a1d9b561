"""P5: the queries of dashboards, each run again and again as a dashboard would, on one connection."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib import resources
from statistics import median
from typing import NamedTuple

import psycopg
from psycopg import ClientCursor, Connection, sql

from benchmarks.figure import Figure
from sensors.reading import to_micros
from storage.sql import query

LIMIT_MS = 200.0
"""P5: warm, a query of a dashboard takes no longer."""

RUNS = 7
"""So often a query is measured, warm."""

FEWER_RUNS = 3
SLOW_MS = 2_000.0
"""A query that takes longer is measured `FEWER_RUNS` times."""

GIVEN_UP_S = 60
"""No query may take longer; one that does is told as if it had taken so long."""

DEMO = ("day_summary", "day_hours", "day_zones", "day_signals", "live_floor", "progress")
"""The queries of `storage` behind what the demo prints, and those that the worker asks."""

Params = dict[str, object]


class Query(NamedTuple):
    """A query of a dashboard: its name, the question it answers and who asks, and its text."""

    name: str
    question: str
    text: bytes


class Timing(NamedTuple):
    """How long a query took in each run, in milliseconds, and how many rows it gave."""

    query: Query
    runs_ms: list[float]
    rows: int

    @property
    def median_ms(self) -> float:
        """The run in the middle."""
        return median(self.runs_ms)

    @property
    def worst_ms(self) -> float:
        """The slowest run."""
        return max(self.runs_ms)


def queries() -> list[Query]:
    """Read those of this folder, then those of the demo."""
    files = sorted((file for file in (resources.files("benchmarks") / "queries").iterdir()), key=lambda file: file.name)
    ours = [_query(file.name.removesuffix(".sql"), file.read_bytes()) for file in files if file.name.endswith(".sql")]
    return ours + [Query(f"demo_{name}", "The demo's and the worker's.", query(name)) for name in DEMO]


def params(store_id: str, device_id: str, now: datetime) -> Params:
    """What the queries are asked with: a store, one of its visitors, and stretches of time that end now."""
    back = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
    since = {f"{name}_ago": now - length for name, length in {**back, "year": timedelta(days=365)}.items()}
    day = {"since": to_micros(since["day_ago"]), "until": to_micros(now), "horizon": to_micros(since["hour_ago"])}
    return {"store_id": store_id, "device_id": device_id, "now": now, **since, **day}


def measure(connection: Connection, one: Query, given: Params) -> Timing:
    """Run a query until it is warm, then measure it."""
    runs: list[float] = []
    _, rows = timed(connection, one, given)
    wanted = RUNS
    while len(runs) < wanted:
        took_ms, rows = timed(connection, one, given)
        runs.append(took_ms)
        wanted = FEWER_RUNS if took_ms > SLOW_MS else RUNS
    return Timing(one, runs, rows)


def timed(connection: Connection, one: Query, given: Params) -> tuple[float, int]:
    """Run a query once, with values written into it as Grafana does; return milliseconds until the last row is here, and the rows."""
    with ClientCursor(connection) as cursor:
        began = time.perf_counter()
        try:
            rows = len(cursor.execute(one.text, given).fetchall())
        except psycopg.errors.QueryCanceled:
            rows = 0
        return (time.perf_counter() - began) * 1000, rows


def limit_runs(connection: Connection) -> None:
    """Let the server end what takes too long."""
    connection.execute(sql.SQL("SET statement_timeout = {}").format(f"{GIVEN_UP_S}s"))


def plan(connection: Connection, one: Query, given: Params) -> str:
    """Ask the server how it runs a query, and where its time goes."""
    with ClientCursor(connection) as cursor:
        try:
            rows = cursor.execute(b"EXPLAIN (ANALYZE, BUFFERS) " + one.text, given).fetchall()
        except psycopg.errors.QueryCanceled:
            rows = cursor.execute(b"EXPLAIN " + one.text, given).fetchall()
    return "\n".join(str(line) for (line,) in rows)


def measured(connection: Connection, given: Params, progress: Callable[[float], None]) -> Iterator[Timing]:
    """Measure all queries."""
    limit_runs(connection)
    for number, one in enumerate(queries(), 1):
        yield measure(connection, one, given)
        progress(number)


def figures(timings: list[Timing]) -> Iterator[Figure]:
    """Tell the slowest query, and then each: the median of its runs, the worst beside."""
    slowest = max(timings, key=lambda timing: timing.median_ms)
    over = sum(timing.median_ms > LIMIT_MS for timing in timings)
    about = f"the slowest of {len(timings)} queries of dashboards, warm: {slowest.query.name}; {over} take longer than the goal"
    yield Figure("P5", slowest.median_ms, "ms", LIMIT_MS, about)
    for timing in sorted(timings, key=lambda timing: -timing.median_ms):
        about = f"{timing.query.question} {timing.rows} rows; worst run {timing.worst_ms:.1f} ms"
        yield Figure(f"P5/{timing.query.name}", timing.median_ms, "ms", LIMIT_MS, about)


def _query(name: str, text: bytes) -> Query:
    """Take the question from the comment at the beginning."""
    lines = text.decode().splitlines()
    return Query(name, " ".join(line.removeprefix("--").strip() for line in lines if line.startswith("--")), text)
