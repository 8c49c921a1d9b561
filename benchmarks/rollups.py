"""What figures cost that are true at every commit (`docs/rollups.md`), beside TimescaleDB's continuous aggregates of the same stays.

    .venv/bin/python -m benchmarks.rollups postgresql://user:password@host/postgres [--stores 50] [--days 14] [--visits 100]

The server needs TimescaleDB under its own licence (the Apache edition has no continuous aggregates), and a user who may create databases;
those made here are dropped at the end. Ours is all that is told of visits: five rollups, of which one is of zones; theirs counts the stays
in zones and sums their seconds. The SQL is in `benchmarks/rollups/`.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Literal, NamedTuple, cast
from uuid import uuid4

import click
import msgspec
import psycopg
from psycopg import sql

from sensors.reading import SECOND, Dwell
from storage.connect import connect
from storage.migrate import migrate
from storage.model import Advance, Flush, Stay, StoredReading, Visit
from storage.writer import Writer

Whose = Literal["instore", "theirs"]

LEVELS = {"5m": timedelta(minutes=5), "hour": timedelta(hours=1), "day": timedelta(days=1)}
BOTH: tuple[Whose, Whose] = ("instore", "theirs")
LATE = timedelta(days=9)
MINUTE = 60 * SECOND

LOOKS = {
    "one store, 24 hours by 5 minutes": "{}.zone_5m WHERE store_id = 'store-1' AND bucket >= now() - interval '24 hours'",
    "one store, 30 days by day": "{}.zone_day WHERE store_id = 'store-1' AND bucket >= now() - interval '30 days'",
    "all stores, today by day": "{}.zone_day WHERE bucket > now() - interval '24 hours'",
}


class Work(NamedTuple):
    """Rows of stays that were read, and rows of figures that were written or deleted."""

    read: int = 0
    ours: int = 0
    ours_of_zones: int = 0
    theirs: int = 0


class Took(NamedTuple):
    """What was needed."""

    ms: float
    work: Work = Work()


class Bench:
    """A database of its own, with a writer.

    Args:
        url: the database, migrated.
    """

    def __init__(self, url: str) -> None:
        self.db = connect(url, "benchmark")
        self._writer = Writer(url)
        self._offset = 0

    def script(self, name: str, **values: object) -> None:
        """Run a file of `benchmarks/rollups/`."""
        self.db.execute(_script(name), values or None)

    def write(self, visits: list[Visit], readings: list[StoredReading] | None = None) -> float:
        """Write as the worker does, a hundred visits a flush; milliseconds."""
        flushes = [Flush(advance=self._next(), visits=list(some)) for some in _parts(visits)]
        flushes[-1].readings = readings or []
        return sum(_ms(partial(self._writer.write, flush)) for flush in flushes)

    def _next(self) -> Advance:
        self._offset += 1
        return Advance("benchmark", 0, "life", self._offset - 1 or None, self._offset)

    def ours(self, *, zones_only: bool = False) -> Took:
        """Refresh all that is marked; with `zones_only` that rollup alone, and undone again."""
        before = self.work()
        if zones_only:
            with self.db.transaction(force_rollback=True):
                self.db.execute("DELETE FROM instore_kept.rollups WHERE name <> 'zone'")
                ms = _ms(self._refresh)
        else:
            ms = _ms(self._refresh)
        return Took(ms, self._since(before))

    def _refresh(self) -> None:
        while self.db.execute("SELECT instore.refresh()").fetchone() != (0,):
            pass

    def theirs(self, since: datetime | None, until: datetime) -> dict[str, Took]:
        """Refresh each level over the smallest window that holds these times; what is still going on is left to their views."""
        return {level: self._refresh_level(level, since, until) for level in LEVELS}

    def _refresh_level(self, level: str, since: datetime | None, until: datetime) -> Took:
        first = None if since is None else _floor(since, level)
        last = min(_floor(until, level) + LEVELS[level], _floor(_now(), level))
        if first is not None and first >= last:
            return Took(0)
        before = self.work()
        call = "CALL refresh_continuous_aggregate(%s, %s::timestamptz, %s::timestamptz)"
        ms = _ms(lambda: self.db.execute(call, (f"theirs.zone_{level}", first, last)))
        return Took(ms, self._since(before))

    def work(self) -> Work:
        """All work so far."""
        self.db.execute("SELECT pg_stat_force_next_flush()")
        time.sleep(0.05)
        return Work(*_row(self.db.execute(_script("work"))))

    def _since(self, before: Work) -> Work:
        return Work(*(now - then for now, then in zip(self.work(), before, strict=True)))

    def wrong(self) -> str:
        """How many figures by 5 minutes, hour and day are not those of the plain GROUP BY: ours, then theirs."""
        return " and ".join(" ".join(str(self._wrong(whose, level)) for level in LEVELS) for whose in BOTH)

    def _wrong(self, whose: Whose, level: str) -> int:
        told = sql.Identifier(whose, f"zone_{level}").as_string().encode()
        values = {"level": level, "timezone": "UTC" if whose == "theirs" else None}
        return int(_row(self.db.execute(_script("wrong").replace(b"{told}", told), values))[0])

    def look(self, name: str, whose: Whose) -> float:
        """Look at figures; milliseconds, planning included, as a dashboard prepares nothing."""
        statement = f"SELECT store_id, zone_id, bucket, entered, dwell_s FROM {LOOKS[name].format(whose)}"  # noqa: S608 - our own
        return _ms(lambda: self.db.execute(statement.encode()).fetchall())

    def close(self) -> None:
        """Let go of the connections."""
        self._writer.close()
        self.db.close()


@click.command(help=__doc__)
@click.argument("url")
@click.option("--stores", default=50, show_default=True)
@click.option("--days", default=14, show_default=True, help="Days of visits, at least 11.")
@click.option("--visits", default=100, show_default=True, help="Visits of each store's day.")
@click.option("--repeats", default=5, show_default=True, help="How often each is measured; medians are told.")
def main(url: str, stores: int, days: int, visits: int, repeats: int) -> None:
    """Measure and print."""
    tell("what", "ours", "ours, zones only", "theirs")
    tell(*("---",) * 4)
    with database(url, "figures") as bench:
        fill(bench, stores, days, visits)
        looks(bench, "all kept", repeats)
        late(bench, stores, repeats)
        both_at_once(bench, stores)
        live(bench, stores, repeats)
    writers(url, stores, repeats * 4)


@contextmanager
def database(url: str, name: str) -> Iterator[Bench]:
    """Make a database, migrate it, and drop it at the end."""
    server, _, query = url.partition("?")
    made = f"instore_{name}_{os.getpid()}"
    place = f"{server.rpartition('/')[0]}/{made}{'?' * bool(query)}{query}"
    with connect(url, "benchmark") as db:
        db.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(made)))
    try:
        migrate(place)
        with closing(Bench(place)) as bench:
            yield bench
    finally:
        with connect(url, "benchmark") as db:
            db.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(made)))


def fill(bench: Bench, stores: int, days: int, visits: int) -> None:
    """Stays of the past, and all figures of them."""
    bench.db.execute("SELECT setseed(0.5)")
    for name in ("stores", "stays", "visits"):
        bench.script(name, stores=stores, days=days, visits=visits)
    bench.db.execute("ANALYZE")
    rows = _row(bench.db.execute("SELECT count(*), count(DISTINCT visit_id) FROM instore.stays"))
    marking = _ms(lambda: bench.db.execute("SELECT instore_kept.mark_all('visits')"))
    marks = _row(bench.db.execute("SELECT count(*) FROM instore_kept.stale WHERE source = 'visits'"))[0]
    kept = bench.ours()
    bench.script("aggregates")
    theirs = bench.theirs(None, _now())
    bench.db.execute("ANALYZE")
    tell(f"{rows[0]} stays of {rows[1]} visits, {stores} stores, {days} days: marks", f"{marks} in {marking / 1e3:.1f} s")
    tell("all figures for the first time", f"{kept.ms / 1e3:.1f} s", "", f"{sum(one.ms for one in theirs.values()) / 1e3:.1f} s")
    tell("MB kept", *(f"{mb:.0f}" for mb in _row(bench.db.execute(_script("size")))))
    tell("figures wrong by 5 minutes, hour, day: ours and theirs", bench.wrong())


def looks(bench: Bench, when: str, repeats: int) -> None:
    """Time each look at both in turns, the first time not counted."""
    for name in LOOKS:
        times = [[bench.look(name, whose) for whose in BOTH] for _ in range(repeats * 3 + 1)]
        ours, theirs = (median(one) for one in zip(*times[1:], strict=True))
        tell(f"{name}, {when}", f"{ours:.1f} ms", "", f"{theirs:.1f} ms")


def late(bench: Bench, stores: int, repeats: int) -> None:
    """One stay of one store, nine days late, and then the same one longer."""
    found: list[tuple[float, Took, Took, dict[str, Took]]] = []
    for number in range(repeats):
        began = _micros(_floor(_now() - LATE, "5m") - number * timedelta(hours=1)) + MINUTE
        new = visit(number % stores + 1, Stay("zone-1", began, began + MINUTE))
        for one in (new, longer(new)):
            ms = bench.write([one])
            before = bench.wrong() if len(found) == 1 else ""
            found.append((ms, bench.ours(zones_only=True), bench.ours(), bench.theirs(_time(began), _time(began))))
            if before:
                tell("one late stay: figures wrong before a refresh", before)
                tell("one late stay: figures wrong after it", bench.wrong())
    writing, zones, kept, theirs = zip(*found, strict=True)
    tell("one late stay: the flush", f"{median(writing):.1f} ms")
    costs("one late stay", zones, kept, theirs)


def costs(name: str, zones: tuple[Took, ...], kept: tuple[Took, ...], theirs: tuple[dict[str, Took], ...]) -> None:
    """Print what it took to keep figures: medians."""
    total = [Took(sum(one.ms for one in took.values()), _add([one.work for one in took.values()])) for took in theirs]
    levels = " + ".join(f"{median(took[level].ms for took in theirs):.0f}" for level in LEVELS)
    times = [median(one.ms for one in some) for some in (kept, zones, total)]
    tell(f"{name}: the refresh", f"{times[0]:.1f} ms", f"{times[1]:.1f} ms", f"{times[2]:.1f} ms ({levels})")
    reads = [median(one.work.read for one in some) for some in (kept, zones, total)]
    tell(f"{name}: rows of stays read", *(f"{rows:.0f}" for rows in reads))
    wrote = [median(rows) for rows in ([t.work.ours for t in kept], [t.work.ours_of_zones for t in kept], [t.work.theirs for t in total])]
    tell(f"{name}: rows of figures written and deleted", *(f"{rows:.0f}" for rows in wrote))


def both_at_once(bench: Bench, stores: int) -> None:
    """One late stay and one of now in a flush: a policy refreshes one window that holds both, in batches from the one to the other."""
    now = _micros(_now())
    old = now - _micros_of(LATE)
    flush = [visit(1, Stay("zone-1", old, old + MINUTE)), visit(stores, Stay("zone-1", now - 20 * MINUTE, now - 19 * MINUTE))]
    bench.write(flush)
    zones, kept = bench.ours(zones_only=True), bench.ours()
    theirs = bench.theirs(_now() - LATE - timedelta(days=1), _now())
    costs("a flush with a late stay and one of now, refreshed as a policy over 10 days does", (zones,), (kept,), (theirs,))


def live(bench: Bench, stores: int, repeats: int) -> None:
    """A minute of a hundred visits a store: half of them end, half go to another zone."""
    found = []
    for number in range(repeats):
        now = _micros(_now())
        inside = [_inside(store, now - (10 + place % 10) * MINUTE) for store in range(1, stores + 1) for place in range(100)]
        bench.write(inside)
        bench.ours()
        bench.theirs(_time(now - 30 * MINUTE), _now())
        ms = bench.write([_moved(one, is_over=place % 2 == 0) for place, one in enumerate(inside)])
        if number == 0:
            tell("a live minute: figures wrong before a refresh", bench.wrong())
            looks(bench, "after a live minute", repeats)
        found.append((ms, bench.ours(zones_only=True), bench.ours(), bench.theirs(_time(now - 30 * MINUTE), _now())))
        if number == 0:
            tell("a live minute: figures wrong after it", bench.wrong())
    writing, zones, kept, theirs = zip(*found, strict=True)
    tell(f"a live minute: the flushes of {len(inside)} visits", f"{median(writing):.0f} ms")
    costs("a live minute", zones, kept, theirs)


def writers(url: str, stores: int, repeats: int) -> None:
    """The same flushes and the same INSERT with and without marks and continuous aggregates, in turns."""
    names = ("marks", "no marks", "marks and aggregates", "no marks, aggregates")
    with ExitStack() as stack:
        benches = {name: stack.enter_context(database(url, f"writer_{place}")) for place, name in enumerate(names)}
        for name, bench in benches.items():
            bench.script("stores", stores=stores)
            bench.script("some_stays", n=50_000, ago="1 hour")
            if "no marks" in name:
                bench.script("marks_off")
            if "aggregates" in name:
                bench.script("aggregates")
                bench.theirs(None, _now())
        flushes = {name: median(times) for name, times in _in_turns(benches, _flush, repeats).items()}
        inserts = {name: median(times) for name, times in _in_turns(benches, _insert, repeats).items()}
    for name in names:
        tell(
            f"writer, {name}: a flush of 100 visits and 500 readings",
            f"{flushes[name]:.1f} ms, {flushes[name] / flushes[names[1]]:.2f} times",
        )
        tell(f"writer, {name}: INSERT of 20000 stays", f"{inserts[name]:.0f} ms, {inserts[name] / inserts[names[1]]:.2f} times")


def _in_turns(benches: dict[str, Bench], call: Callable[[Bench, int], float], repeats: int) -> dict[str, list[float]]:
    """Each in turns, the first time not counted."""
    found: dict[str, list[float]] = {name: [] for name in benches}
    for number in range(repeats + 1):
        for name, bench in benches.items():
            ms = call(bench, number)
            if number:
                found[name].append(ms)
    return found


def _flush(bench: Bench, number: int) -> float:
    """Visits that are new and then move on: the second flush is what counts, as most flushes change what is there."""
    now = _micros(_now())
    inside = [_inside(place % 50 + 1, now - (10 + place % 10) * MINUTE) for place in range(100)]
    bench.write(inside)
    readings = [_reading(f"{number}-{place}", place % 50 + 1, now) for place in range(500)]
    return bench.write([_moved(one, is_over=place % 2 == 0) for place, one in enumerate(inside)], readings)


def _insert(bench: Bench, _number: int) -> float:
    return _ms(partial(bench.script, "some_stays", n=20_000, ago="2 hours"))


def visit(store: int, *stays: Stay, is_over: bool = True) -> Visit:
    """A visit of these stays."""
    return Visit(
        visit_id=str(uuid4()),
        store_id=f"store-{store}",
        device_id="band",
        entered_at=stays[0].started_at,
        left_at=stays[-1].ended_at,
        ended_by="exit" if is_over else None,
        n_readings=len(stays),
        stays=stays,
        shelf_visits=(),
        payments=(),
        bounced=False,
        pass_by=False,
        is_staff=False,
        is_final=is_over,
    )


def longer(old: Visit) -> Visit:
    """The same visit, half a minute longer."""
    stay = msgspec.structs.replace(old.stays[-1], ended_at=old.left_at + MINUTE // 2)
    return msgspec.structs.replace(old, stays=(*old.stays[:-1], stay), left_at=stay.ended_at)


def _inside(store: int, began: int) -> Visit:
    """A visit that is in its second zone."""
    return visit(store, Stay("zone-1", began, began + MINUTE), Stay("zone-2", began + MINUTE, began + 2 * MINUTE), is_over=False)


def _moved(old: Visit, *, is_over: bool) -> Visit:
    """The same visit a minute later: over, or in its third zone."""
    new = longer(old)
    if is_over:
        return msgspec.structs.replace(new, ended_by="exit", is_final=True)
    stays = (*new.stays, Stay("zone-3", new.left_at, new.left_at + MINUTE // 2))
    return msgspec.structs.replace(new, stays=stays, left_at=stays[-1].ended_at)


def _reading(name: str, store: int, at: int) -> StoredReading:
    device, sensor, zone = "band", "gw-1", "zone-1"
    reading = Dwell(id=name, store_id=f"store-{store}", sensor_id=sensor, ts=at, received_at=at, device_id=device, zone_id=zone)
    return StoredReading(reading, is_late=False)


def tell(what: str, *figures: str) -> None:
    """Print a row of the table."""
    print("| " + " | ".join((what, *figures, *("",) * (3 - len(figures)))) + " |", flush=True)


def _parts(visits: list[Visit]) -> list[list[Visit]]:
    return [visits[first : first + 100] for first in range(0, len(visits), 100)]


def _add(works: list[Work]) -> Work:
    return Work(*map(sum, zip(*works, strict=True)))


def _ms(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1e3


def _row(cursor: psycopg.Cursor[tuple[object, ...]]) -> tuple[int, ...]:
    """The one row of a query for numbers."""
    return cast("tuple[int, ...]", cursor.fetchone())


def _script(name: str) -> bytes:
    return (Path(__file__).with_suffix("") / f"{name}.sql").read_bytes()


def _now() -> datetime:
    return datetime.now(tz=UTC)


def _floor(at: datetime, level: str) -> datetime:
    """The beginning of the stretch of time in UTC."""
    return at - (at - datetime.min.replace(tzinfo=UTC)) % LEVELS[level]


def _micros(at: datetime) -> int:
    return _micros_of(at - datetime.fromtimestamp(0, tz=UTC))


def _micros_of(stretch: timedelta) -> int:
    return stretch // timedelta(microseconds=1)


def _time(micros: int) -> datetime:
    return datetime.fromtimestamp(0, tz=UTC) + timedelta(microseconds=micros)


if __name__ == "__main__":
    main()
