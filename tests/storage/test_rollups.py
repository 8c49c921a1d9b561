"""The rollups: at every commit each figure is that of a plain GROUP BY, whatever came late, was told anew, or was kept before."""

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sensors.layout import Layout, Zone
from sensors.reading import MAX_TS, SECOND
from storage import layouts
from storage.connect import connect
from storage.errors import DatabaseAway
from storage.model import Flush, Removed, Signal, Stay, Visit
from storage.refresh import Refresher
from storage.writer import Writer, _write_parts
from tests.databases import Database
from tests.storage import figures
from tests.storage.examples import DAY, HOUR, dwell, payment, step, visit
from tests.storage.test_accounting import letter

pytestmark = pytest.mark.integration

MARKS = "SELECT source, per, store_id, bucket FROM instore_kept.stale ORDER BY 1, 2, 3, 4"


class Stack:
    """A database that is written to flush by flush, and looked at in between."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._offset = 0

    def write(self, **parts: object) -> None:
        """Write a flush, and compare all figures."""
        advance = step(self._offset or None, self._offset + 1)
        self.database.write(Flush(advance=advance, **parts))  # type: ignore[arg-type]  # parts of a flush, by name
        self._offset += 1
        figures.assert_true(self.database.url)

    def plan(self, layout: Layout) -> None:
        """Load a layout, and compare all figures."""
        with connect(self.database.url, "test") as connection:
            layouts.save(connection, layout, "test")
        figures.assert_true(self.database.url)

    def refresh(self, at_most: int = 10_000) -> None:
        """Keep all that is marked, and compare all figures."""
        with closing(Refresher(self.database.url)) as refresher:
            while refresher.refresh(settled_s=0, at_most=at_most):
                pass
        assert self.marks() == []
        figures.assert_true(self.database.url)

    def marks(self) -> list[tuple[object, ...]]:
        """All marks."""
        with connect(self.database.url, "test") as connection:
            return connection.execute(MARKS).fetchall()


@pytest.fixture
def stack(any_database: Database) -> Stack:
    """On each sort of database."""
    return Stack(any_database)


def over(number: int, at: int = DAY, **changes: object) -> Visit:
    """A visit that has ended, moved to a time."""
    one = visit(number, is_final=True)
    by = at - DAY
    stays = tuple(Stay(stay.zone_id, stay.started_at + by, stay.ended_at + by) for stay in one.stays)
    touches = tuple(structs.replace(touch, ts=touch.ts + by) for touch in one.shelf_visits)
    moved = {"entered_at": one.entered_at + by, "left_at": one.left_at + by, "stays": stays, "shelf_visits": touches}
    return structs.replace(one, **{**moved, **changes})


def signal(number: int, at: int = DAY) -> Signal:
    """A signal of that number."""
    name = f"00000000-0000-0000-0000-{number:012}"
    return Signal(signal_id=name, store_id="s1", kind="long_dwell", since=at - 60 * SECOND, at=at, value=60, threshold=60, message="Here.")


def at(micros: int) -> datetime:
    """The 5 minutes of a time."""
    return datetime.fromtimestamp(micros // (300 * SECOND) * 300, tz=UTC)


def test_whatever_happens_figures_are_true(stack: Stack) -> None:
    """Visits that go on and end, late payments, other staff, removed visits, signals and dead letters, with and without keeping."""
    paid = payment(1)
    stack.write(readings=[dwell(1), dwell(2)], visits=[visit(1, n_stays=1), visit(2)], rejected=[letter(1, "s1")], signals=[signal(1)])
    stack.write(visits=[visit(1, n_stays=2)])
    stack.refresh()
    stack.write(visits=[visit(1, n_stays=3), over(2)], readings=[dwell(3, is_late=True), dwell(1, "s2")])
    stack.write(payments=[(paid, None)])
    stack.refresh(at_most=1)
    stack.write(visits=[over(1, payments=(paid,))], payments=[(paid, over(1).visit_id)])
    stack.write(visits=[over(2, is_staff=True), over(3, bounced=True), over(4, pass_by=True)])
    stack.refresh()
    stack.write(visits=[over(2), over(3, left_at=over(3).left_at + 400 * SECOND)], signals_gone=[signal(1)], signals=[signal(2)])
    stack.write(removed=[Removed(over(1).visit_id, "s1", over(1).entered_at)])
    stack.refresh()
    stack.write(rejected=[letter(2, None), letter(3, "\0wild")], visits=[over(5, at=DAY - 40 * 24 * HOUR)])
    stack.refresh()


def test_a_layout_changes_days_and_queues(stack: Stack) -> None:
    """Another time zone cuts hours and days anew, and a zone that becomes one of tills has had queues."""
    zones = tuple(Zone(zone_id=f"zone-{number}") for number in range(3))
    stack.plan(Layout(store_id="s1", timezone="UTC", zones=zones))
    stack.write(visits=[over(hours + 1, at=DAY + hours * HOUR) for hours in range(0, 60, 7)])
    stack.refresh()
    stack.plan(Layout(store_id="s1", timezone="Asia/Kolkata", zones=zones))
    stack.write(visits=[over(1, at=DAY, bounced=True)])
    stack.refresh()
    stack.plan(Layout(store_id="s1", timezone="Asia/Kolkata", zones=(*zones[:2], Zone(zone_id="zone-2", type="checkout"))))
    begun = {at(over(hours + 1, at=DAY + hours * HOUR).stays[2].started_at) for hours in range(0, 60, 7)}
    assert {row[3] for row in stack.marks() if row[1] == "5m"} == begun
    assert {row[0] for row in stack.marks()} == {"visits"}
    stack.refresh()
    stack.plan(Layout(store_id="s1", timezone="America/St_Johns", zones=(*zones[:2], Zone(zone_id="zone-3", type="checkout"))))
    stack.refresh()
    stack.plan(Layout(store_id="s1", timezone="America/St_Johns", zones=zones))


@pytest.mark.parametrize(
    ("timezone", "day"),
    [
        ("Europe/Berlin", "2026-03-29"),
        ("Europe/Berlin", "2026-10-25"),
        ("Australia/Lord_Howe", "2026-04-05"),
        ("Australia/Lord_Howe", "2026-10-04"),
        ("Asia/Kathmandu", "2026-11-01"),
    ],
)
def test_days_on_which_clocks_change(database_url: str, timezone: str, day: str) -> None:
    """Hours that are there twice or not at all, a clock that changes by half an hour, and one that is off by three quarters."""
    stack = Stack(Database(database_url, "plain"))
    begun = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * SECOND - 14 * HOUR
    stack.plan(Layout(store_id="s1", timezone=timezone, zones=(Zone(zone_id="zone-1"),)))
    stack.write(visits=[over(number, at=begun + number * HOUR // 3 - number * 60 * SECOND) for number in range(1, 130)])
    stack.refresh(at_most=50)


def test_what_is_late_touches_its_own_time_and_store_only(stack: Stack) -> None:
    """One visit that ends a quarter of an hour later: three figures of 5 minutes, of an hour and of a day are told anew, not one more."""
    both = [
        over(number, store_id=store, visit_id=f"{store[1]:0>8}-0000-0000-0000-{number:012}")
        for store in ("s1", "s2")
        for number in range(1, 100)
    ]
    stack.write(visits=both)
    stack.refresh()
    changed = structs.replace(both[6], left_at=both[6].left_at + 900 * SECOND)
    stack.write(visits=[changed])
    touched = {at(changed.entered_at), at(both[6].left_at), at(changed.left_at)}
    assert {row[3] for row in stack.marks() if row[1] == "5m"} == touched
    assert {row[:3] for row in stack.marks()} == {("visits", per, "s1") for per in figures.LEVELS}


def test_a_visit_that_goes_on_touches_nothing(stack: Stack) -> None:
    """Readings of a visitor who stays where they are change no figure until the stay is over."""
    stack.write(visits=[visit(1, n_stays=1)])
    stack.refresh()
    longer = Stay("zone-0", visit(1).entered_at, visit(1).entered_at + 1000 * SECOND)
    stack.write(visits=[structs.replace(visit(1, n_stays=1), stays=(longer,), left_at=longer.ended_at, n_readings=2)])
    assert stack.marks() == []


def test_the_present_is_left_to_the_views(stack: Stack) -> None:
    """What is still going on would have to be kept again and again; what is past is kept once it has been quiet for a while."""
    now = int(datetime.now(tz=UTC).timestamp()) * SECOND
    stack.write(visits=[over(1, at=now - 60 * SECOND)])
    with closing(Refresher(stack.database.url)) as refresher:
        refresher.refresh(settled_s=0)
    left = stack.marks()
    assert {row[1] for row in left} >= {"day"}
    with closing(Refresher(stack.database.url)) as refresher:
        assert refresher.refresh(settled_s=3600) == 0
    assert stack.marks() == left
    figures.assert_true(stack.database.url)


@pytest.mark.parametrize("keep", ["SELECT FROM instore_kept.stale FOR UPDATE", "SELECT instore.refresh()"], ids=["begins", "ends"])
def test_a_flush_waits_for_what_is_being_kept(database_url: str, keep: str) -> None:
    """Its mark must not be taken away by somebody who has not seen its rows: neither while they compute, nor before they commit."""
    Stack(Database(database_url, "plain")).write(visits=[over(1)])
    done = threading.Event()

    def write() -> None:
        with Writer(database_url) as writer:
            writer.write(Flush(advance=step(1, 2), visits=[over(1, bounced=True)]))
        done.set()

    with psycopg.connect(database_url) as keeping:
        keeping.execute(keep.encode())
        late = threading.Thread(target=write)
        late.start()
        assert not done.wait(1)
    late.join(10)
    assert done.is_set()
    figures.assert_true(database_url)
    with connect(database_url, "test") as connection:
        assert figures.stale(connection) > 0


def test_two_keep_at_once(database_url: str) -> None:
    """Neither waits for the other, and together they keep all."""
    stack = Stack(Database(database_url, "plain"))
    stack.write(visits=[over(number) for number in range(1, 60)])
    with psycopg.connect(database_url) as one, psycopg.connect(database_url) as other:
        assert one.execute("SELECT instore.refresh(at_most => 3)").fetchone() == (3,)
        assert other.execute("SELECT instore.refresh()").fetchone() != (0,)
    stack.refresh()


def test_keeping_needs_to_see_what_others_commit(database_url: str) -> None:
    """In a transaction with one snapshot for all it would take away marks of rows that it cannot see: so it refuses, and ours have none."""
    stack = Stack(Database(database_url, "plain"))
    stack.write(visits=[over(1)])
    with psycopg.connect(database_url) as keeping:
        keeping.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        keeping.execute("SELECT FROM instore.stays")
        stack.write(visits=[over(1, bounced=True)])
        with pytest.raises(psycopg.errors.RaiseException, match="READ COMMITTED"):
            keeping.execute("SELECT instore.refresh()")
    with connect(database_url, "test") as connection:
        connection.execute(
            "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = serializable', current_database()); END$$"
        )
    stack.refresh()


def test_a_first_layout_waits_for_those_who_did_not_know_the_store(database_url: str) -> None:
    """A rejected reading makes no store known; what it marks is cut in UTC, so a time zone that comes meanwhile must see it."""
    stack = Stack(Database(database_url, "plain"))
    loading = threading.Thread(target=stack.plan, args=(Layout(store_id="new", timezone="Asia/Kolkata"),))
    with psycopg.connect(database_url) as writing:
        _write_parts(writing, [Flush(advance=step(None, 1), rejected=[letter(1, "new")])])
        loading.start()
        loading.join(1)
        assert loading.is_alive()
    loading.join(10)
    assert {row[1] for row in stack.marks()} == set(figures.LEVELS)
    stack.refresh()


def test_another_time_zone_by_hand_waits_too(database_url: str) -> None:
    """The lock that a flush has on its stores is a weak one: the trigger itself waits for it."""
    stack = Stack(Database(database_url, "plain"))
    stack.write(visits=[over(1)])
    stack.refresh()

    def move() -> None:
        with connect(database_url, "test") as connection:
            connection.execute("UPDATE instore.stores SET timezone = 'Asia/Kolkata' WHERE store_id = 's1'")

    moving = threading.Thread(target=move)
    with psycopg.connect(database_url) as writing:
        _write_parts(writing, [Flush(advance=step(1, 2), visits=[over(9, at=DAY + 30 * HOUR)])])
        assert writing.execute("SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()").fetchall() == []
        moving.start()
        moving.join(1)
        assert moving.is_alive()
    moving.join(10)
    figures.assert_true(database_url)
    stack.refresh()


def test_a_longest_visit_waits_for_no_mark(database_url: str) -> None:
    """Two flushes that each mark the other's store would wait for each other if a mark kept others from the store's row."""
    stack = Stack(Database(database_url, "plain"))
    stack.write(visits=[over(1)])
    with psycopg.connect(database_url) as writing:
        writing.execute("SELECT instore_kept.mark('readings', '{s1}', '{2026-01-01}')")
        with psycopg.connect(database_url, options="-c lock_timeout=2s") as other:
            _write_parts(other, [Flush(advance=step(1, 2), visits=[over(2, left_at=DAY + 30 * HOUR)])])
    figures.assert_true(database_url)


def test_a_row_that_cannot_be_counted_stops_nobody_else(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """A visit from 1970 to 9999: who left before there is a time? Other stores' figures are kept, and the log tells of it."""
    stack = Stack(Database(database_url, "plain"))
    stack.write(visits=[over(2), over(3, at=DAY + 30 * HOUR)])
    endless = structs.replace(over(1), store_id="endless", entered_at=0, left_at=MAX_TS)
    stack.database.write(Flush(advance=step(1, 2), visits=[endless]))
    with closing(Refresher(database_url)) as refresher:
        while refresher.refresh(settled_s=0):
            pass
    left = stack.marks()
    assert {row[2] for row in left} == {"endless"}
    told = [record for record in caplog.records if getattr(record, "action", None) == "refresh_postponed"]
    assert told
    assert all("store endless" in record.message for record in told)
    stack.database.write(Flush(advance=step(2, 3), removed=[Removed(endless.visit_id, "endless", 0)]))
    with connect(database_url, "test") as connection:
        connection.execute("UPDATE instore.stores SET longest_visit = '1 hour' WHERE store_id = 'endless'")
        connection.execute("UPDATE instore_kept.stale SET marked_at = marked_at - interval '1 hour'")
    figures.assert_true(database_url)


def test_keeping_ends_when_it_is_told_to(database_url: str) -> None:
    """A worker that leaves does not wait for what it keeps."""
    ended = threading.Event()
    refresher = Refresher(database_url)

    def keep() -> None:
        with pytest.raises(DatabaseAway):
            refresher.refresh()
        ended.set()

    with psycopg.connect(database_url) as busy, connect(database_url, "test") as looking:
        busy.execute("LOCK TABLE instore_kept.stale")
        keeping = threading.Thread(target=keep)
        keeping.start()
        while not looking.execute("SELECT FROM pg_locks WHERE NOT granted").fetchall():
            pass
        refresher.cancel()
        keeping.join(10)
        assert ended.is_set()
    refresher.cancel()


def test_people_inside(database_url: str) -> None:
    """At the end of each 5 minutes: who has come and not left, over days, in the store and in each zone."""
    stack = Stack(Database(database_url, "plain"))
    stack.write(visits=[over(1), over(2, left_at=DAY + 30 * HOUR), visit(3), over(4, is_staff=True), over(5, at=DAY + 26 * HOUR)])
    since = datetime.fromtimestamp(DAY // SECOND, tz=UTC)
    for first in (since - timedelta(hours=1), since + timedelta(hours=1), since + timedelta(hours=26)):
        last = first + timedelta(hours=5)
        with connect(database_url, "test") as connection:
            found = connection.execute("SELECT * FROM instore.occupancy('s1', %s, %s)", (first, last)).fetchall()
            people = """
                SELECT bucket, zone_id, people FROM (
                    SELECT bucket, NULL AS zone_id, (
                        SELECT count(*) FROM instore.visits
                        WHERE NOT is_staff AND entered_at < bucket + '5 min' AND (ended_by IS NULL OR left_at >= bucket + '5 min')
                    ) AS people FROM generate_series(%(first)s::timestamptz, %(last)s - interval '1 second', '5 min') AS bucket
                    UNION ALL
                    SELECT bucket, zone_id, (
                        SELECT count(*) FROM instore.stays AS stay
                        WHERE NOT is_staff AND stay.zone_id = place.zone_id AND started_at < bucket + '5 min'
                        AND (is_open OR ended_at >= bucket + '5 min')
                    ) FROM generate_series(%(first)s::timestamptz, %(last)s - interval '1 second', '5 min') AS bucket,
                        (SELECT DISTINCT zone_id FROM instore.stays WHERE started_at < %(last)s) AS place
                ) AS told ORDER BY zone_id NULLS FIRST, bucket
            """
            assert found == connection.execute(people, {"first": first, "last": last}).fetchall()
    assert max(row[2] for row in found) > 1


def test_nobody_was_there(database_url: str) -> None:
    """An empty store has a row of 0 for each 5 minutes."""
    with connect(database_url, "test") as connection:
        found = connection.execute("SELECT zone_id, people FROM instore.occupancy('s1', '2026-01-01', '2026-01-01 00:15')").fetchall()
    assert found == [(None, 0)] * 3


@pytest.fixture(scope="module")
def calculator(postgres_url: str, template_name: str) -> Iterator[psycopg.Connection]:
    """A connection for functions that need no rows."""
    url = postgres_url.rsplit("/", 1)[0] + "/" + template_name
    with connect(url, "test") as connection:
        yield connection


@given(durations=st.lists(st.floats(0, 100_000), min_size=1, max_size=60), fraction=st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]))
def test_a_percentile_lies_in_the_bin_of_the_exact_one(calculator: psycopg.Connection, durations: list[float], fraction: float) -> None:
    """So its error is at most the width of the bin; a duration beyond the last edge is told as the last edge."""
    statement = """
        SELECT
            instore.percentile(instore.histogram(s), %(f)s),
            percentile_disc(%(f)s) WITHIN GROUP (ORDER BY s),
            (SELECT sum(n) FROM unnest(instore.histogram(s)) AS n)
        FROM unnest(%(s)s::float8[]) AS s
    """
    row = calculator.execute(statement, {"s": durations, "f": fraction}).fetchone()
    assert row is not None
    found, exact, n = row
    [(edges,)] = calculator.execute("SELECT instore.duration_edges()").fetchall()
    low = max(edge for edge in [0.0, *edges] if edge <= exact)
    high = min((edge for edge in edges if edge > exact), default=edges[-1])
    assert low <= found <= high
    assert n == Decimal(len(durations))


def test_histograms_add_up(calculator: psycopg.Connection) -> None:
    """The sum of the parts is that of the whole; nulls count nowhere; nothing has no percentile."""
    statement = """
        SELECT
            (
                SELECT instore.sum(bins)
                FROM (SELECT instore.histogram(s) AS bins FROM generate_series(1, 5000, 7) AS s GROUP BY s % 3) AS parts
            ),
            (SELECT instore.histogram(s) FROM generate_series(1, 5000, 7) AS s)
    """
    row = calculator.execute(statement).fetchone()
    assert row is not None
    assert row[0] == row[1]
    assert calculator.execute("SELECT instore.percentile(instore.histogram(NULL), 0.5), instore.sum(NULL)").fetchone() == (None, None)
