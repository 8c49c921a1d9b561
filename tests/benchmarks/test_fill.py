"""A filled database: as many readings as asked for, and every copied day as if it had been heard and told by the engine."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import psycopg
import pytest
from msgspec import structs
from psycopg import sql

from benchmarks.fill import Filled, Wanted, fill
from sensors.decode import Decoded
from sensors.urls import SettingError
from simulators.shop.floor import builtin
from storage.accounts import accounting
from storage.model import Visit
from storage.reader import Reader
from stream.reconstruct import reconstruct
from tests.conftest import MakeDatabase

pytestmark = pytest.mark.integration

HOURS = {day: ["10:00", "11:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat")} | {"sun": []}
WANTED = Wanted(readings=80_000, stores=3, shoppers=20)
"""So many that days are copied; the stores open for an hour, so that it does not take long."""


VIEWS = "SELECT concat(name, '_', level) FROM instore_kept.rollups CROSS JOIN unnest(ARRAY['5m', 'hour', 'day']) AS level"


class Made(NamedTuple):
    """A filled database."""

    url: str
    filled: Filled


@pytest.fixture(scope="module")
def made(make_database: MakeDatabase) -> Iterator[Made]:
    """A database with copied days."""
    plan = structs.replace(builtin("grocery"), opening_hours=HOURS)
    with make_database() as url:
        yield Made(url, fill(url, WANTED, lambda _: None, plan))


@pytest.fixture
def connection(made: Made) -> Iterator[psycopg.Connection]:
    """A connection to it."""
    with psycopg.connect(made.url, autocommit=True) as opened:
        yield opened


def _one(connection: psycopg.Connection, select: str) -> object:
    [(value,)] = connection.execute(select).fetchall()
    return value


def test_the_readings_asked_for_are_there_and_accounted_for(connection: psycopg.Connection) -> None:
    """Not one more or less; nothing is missing or double in any hour, and something was rejected and repeated."""
    assert _one(connection, "SELECT count(*) FROM instore.readings") == WANTED.readings
    found = accounting(connection)
    assert (found.stored, found.difference, found.hours_off) == (WANTED.readings, 0, 0)
    assert min(found.duplicate, found.rejected) > 0


def test_days_were_copied(made: Made, connection: psycopg.Connection) -> None:
    """Several days of all stores, none of them in the future."""
    days = "SELECT count(DISTINCT date_trunc('day', ts, 'Europe/Berlin')) FROM instore.readings"
    found = _one(connection, days)
    assert isinstance(found, int)
    assert 3 <= found <= made.filled.days
    assert _one(connection, "SELECT count(DISTINCT store_id) FROM instore.visits") == WANTED.stores
    assert _one(connection, "SELECT max(ts) < now() FROM instore.readings") is True


def test_no_id_is_there_twice(connection: psycopg.Connection) -> None:
    """Readings have ids of their own in each store, visits and signals everywhere."""
    assert _one(connection, "SELECT count(DISTINCT (store_id, id)) FROM instore.readings") == WANTED.readings
    assert _one(connection, "SELECT count(*) - count(DISTINCT visit_id) FROM instore.visits") == 0
    assert _one(connection, "SELECT count(*) - count(DISTINCT signal_id) FROM instore.signals") == 0


def test_every_row_hangs_on_what_it_belongs_to(connection: psycopg.Connection) -> None:
    """Stays and shelf visits on visits of the same device, payments on readings, their lines on payments."""
    parts = """
        SELECT count(*) FROM (
            SELECT visit_id, store_id, device_id FROM instore.stays
            UNION ALL
            SELECT visit_id, store_id, device_id FROM instore.shelf_visits
            EXCEPT
            SELECT visit_id, store_id, device_id FROM instore.visits
        ) AS orphans"""
    assert _one(connection, parts) == 0
    payments = """
        SELECT count(*) FROM instore.payments AS payment WHERE NOT EXISTS (
            SELECT FROM instore.readings AS reading
            WHERE (reading.store_id, reading.id, reading.ts) = (payment.store_id, payment.reading_id, payment.ts)
        ) OR payment.visit_id IS NOT NULL AND NOT EXISTS (SELECT FROM instore.visits AS visit WHERE visit.visit_id = payment.visit_id)"""
    assert _one(connection, payments) == 0
    lines = """
        SELECT count(*) FROM instore.payment_items AS item WHERE NOT EXISTS (
            SELECT FROM instore.payments AS payment
            WHERE (payment.store_id, payment.reading_id, payment.ts) = (item.store_id, item.reading_id, item.ts)
        )"""
    assert _one(connection, lines) == 0
    assert _one(connection, "SELECT count(*) FROM instore.payments WHERE visit_id IS NOT NULL") != 0


def test_the_visits_are_what_the_engine_makes_of_the_readings(made: Made) -> None:
    """Of every store, copied days and the newest one alike: told from the readings there, the final visits are those there."""
    reader = Reader(made.url)
    for plan in made.filled.layouts:
        pieces = [Decoded([stored.reading for stored in batch], [], []) for batch in reader.readings_since(plan.store_id, 0)]
        told = Counter(_shape(visit) for visit in reconstruct(pieces, [plan]).visits)
        found = Counter(_shape(visit) for visit in reader.visits(plan.store_id) if visit.is_final)
        assert len(found) > 20
        assert found - told == Counter()
    reader.close()


def test_the_rollups_are_what_the_rows_say(connection: psycopg.Connection) -> None:
    """Of copied days they were copied too: computed anew from the rows, all figures are the same."""
    views = [str(name) for (name,) in connection.execute(VIEWS).fetchall()]
    assert len(views) >= 30
    with connection.transaction(force_rollback=True):
        before = {view: _rows(connection, view) for view in views}
        connection.execute("SELECT instore_kept.mark_all(source) FROM (SELECT DISTINCT source FROM instore_kept.rollups) AS sources")
        after = {view: _rows(connection, view) for view in views}
    assert before == after


def test_a_database_that_was_filled_is_used_again(made: Made) -> None:
    """The same wish finds all there, at once."""
    assert fill(made.url, WANTED, lambda _: pytest.fail("it was filled again")).newest == made.filled.newest


def test_another_wish_is_refused(made: Made) -> None:
    """What was filled for one wish is not measured as if it were another; the sentence says which."""
    with pytest.raises(SettingError, match="--readings 80000 --stores 3 --shoppers 20"):
        fill(made.url, structs.replace(WANTED, readings=1_000), lambda _: None)


def test_a_database_with_stores_of_others_is_refused(database_url: str) -> None:
    """A benchmark never writes beside real data."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO instore.stores (store_id) VALUES ('s1')")
    with pytest.raises(SettingError, match="holds stores already"):
        fill(database_url, WANTED, lambda _: None)


def test_a_database_that_was_filled_in_part_is_refused(database_url: str) -> None:
    """Somebody ended it in the middle: it says so, and does not measure what is there."""
    with pytest.raises(KeyboardInterrupt):
        fill(database_url, Wanted(6_000, 1, 30), _interrupt)
    with pytest.raises(SettingError, match="in part"):
        fill(database_url, Wanted(6_000, 1, 30), lambda _: None)


def _rows(connection: psycopg.Connection, view: str) -> Counter[str]:
    select = sql.SQL("SELECT figures::text FROM {} AS figures").format(sql.Identifier("instore", view))
    return Counter(str(row) for (row,) in connection.execute(select).fetchall())


def _interrupt(_: float) -> None:
    raise KeyboardInterrupt


def _shape(visit: Visit) -> tuple[object, ...]:
    """A visit but for its id, which a copy cannot have as the engine makes it, and what hangs on payments by it."""
    parts = (visit.stays, tuple((touch.ts, touch.shelf_id, touch.action, touch.product_id) for touch in visit.shelf_visits))
    paid = tuple((payment.ts, payment.id, payment.amount) for payment in visit.payments)
    return (visit.device_id, visit.entered_at, visit.left_at, visit.ended_by, visit.n_readings, visit.bounced, visit.is_staff, *parts, paid)
