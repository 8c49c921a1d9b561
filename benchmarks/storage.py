"""`instore bench storage`: how fast dashboards are answered, how small readings are kept, how fast they are written while somebody asks."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from psycopg import Connection

from benchmarks import ingest, queries, size
from benchmarks.figure import Figure
from benchmarks.fill import Filled, Wanted, fill
from benchmarks.report import Report
from storage.connect import session
from storage.postgres import postgres

READINGS = 10_000_000
"""What the database holds where nothing else is said."""

SECONDS = 10.0
"""How long ingest is measured where nothing else is said."""

PLANS = 3
"""Of so many of the slowest queries the plan is written down."""


class Options(NamedTuple):
    """What is measured, and where.

    Attributes:
        wanted: what the database holds.
        database: its URL; None: an embedded one.
        keep: the folder of the embedded one, which is found again; None: one that goes afterwards.
        seconds: how long ingest is measured, alone and beside queries.
        plans: the file for the plans of the slowest queries.
    """

    wanted: Wanted
    database: str | None
    keep: Path | None
    seconds: float
    plans: Path | None


def run(options: Options, report: Report) -> Iterator[Figure]:
    """Fill the database unless that is done, and measure.

    Raises:
        SettingError: the database holds something else.
        DatabaseAway: it cannot be reached.
    """
    wanted = options.wanted
    with _database(options) as url:
        with report.bar("filling", wanted.readings) as advance:
            filled = fill(url, wanted, advance)
        with session(url, "instore bench") as connection:
            with report.bar("compressing", 1) as advance:
                size.compress(connection, filled.newest)
            yield from _about(connection, filled, wanted)
            yield from size.figures(connection, wanted.readings)
            given = queries.params(filled.layouts[0].store_id, _visitor(connection, filled), filled.newest)
            with report.bar("asking", len(queries.queries())) as advance:
                timings = list(queries.measured(connection, given, advance))
            yield from queries.figures(timings)
            if options.plans:
                options.plans.write_text(_plans(connection, timings, given), encoding="utf-8")
        setting = ingest.Setting(url, wanted, filled, given)
        with report.bar("writing", 1) as advance:
            yield from ingest.measure(setting, timings, options.seconds, advance)


@contextmanager
def _database(options: Options) -> Iterator[str]:
    if options.database is not None:
        yield options.database
    elif options.keep is not None:
        with postgres(options.keep) as url:
            yield url
    else:
        with tempfile.TemporaryDirectory(prefix="instore-bench-") as folder, postgres(Path(folder)) as url:
            yield url


def _about(connection: Connection, filled: Filled, wanted: Wanted) -> Iterator[Figure]:
    """Say what is measured."""
    [(version,)] = connection.execute("SHOW server_version").fetchall()
    extension = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    server = f"PostgreSQL {version}" + (f" with TimescaleDB {extension[0]}" if extension else "")
    [(visits,)] = connection.execute("SELECT count(*) FROM instore.visits").fetchall()
    [(found,)] = connection.execute("SELECT stored FROM instore.accounting_total").fetchall()
    yield Figure("readings", found, "readings", wanted.readings, f"{server}; {wanted.stores} stores, {filled.days} days, {visits} visits")
    yield Figure("fill", wanted.readings / filled.seconds, "readings/s", None, f"filled in {filled.seconds:.0f} s, when that was done")


def _visitor(connection: Connection, filled: Filled) -> str:
    """The customer of the flagship who comes most often."""
    select = (
        "SELECT device_id FROM instore.visits WHERE store_id = %s AND NOT is_staff AND NOT pass_by"
        " GROUP BY device_id ORDER BY count(*) DESC, device_id LIMIT 1"
    )
    row = connection.execute(select, (filled.layouts[0].store_id,)).fetchone()
    return str(row[0]) if row else ""


def _plans(connection: Connection, timings: list[queries.Timing], given: queries.Params) -> str:
    """Write down how the server runs the slowest queries."""
    slowest = sorted(timings, key=lambda timing: -timing.median_ms)[:PLANS]
    texts = [
        f"{timing.query.name}: {timing.median_ms:.1f} ms (median), {timing.query.question}\n\n"
        f"{timing.query.text.decode().strip()}\n\n{queries.plan(connection, timing.query, given)}\n"
        for timing in slowest
    ]
    return "\n\n".join(texts)
