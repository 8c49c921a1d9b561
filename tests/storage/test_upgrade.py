"""A database of the first release, with what its worker wrote, brought to the newest schema: nothing is lost, all figures are true."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest
from msgspec import structs

from sensors.decode import Decoded
from sensors.reading import to_micros
from sensors.topics import READINGS
from storage import rebuilds
from storage.check import check
from storage.connect import connect
from storage.migrate import migrate
from storage.model import Visit
from storage.reader import Reader
from storage.sql import migrations
from stream.partition import Slice
from stream.reconstruct import reconstruct
from stream.worker import Worker
from tests.storage import figures, first_release
from tests.storage.first_release import FIRST, STORE
from tests.storage.logins import member
from tests.stream.kafka_log import Log

pytestmark = pytest.mark.integration


@pytest.fixture
def old_url(empty_database_url: str) -> str:
    """A database of the first release."""
    first_release.install(empty_database_url)
    return empty_database_url


@pytest.fixture
def old(old_url: str) -> Iterator[psycopg.Connection]:
    """A connection to it."""
    with connect(old_url, "test") as connection:
        yield connection


def without_priority(visits: list[Visit]) -> list[Visit]:
    """Visits as the first release knew them."""
    return [structs.replace(visit, priority=None, priority_scores=None) for visit in visits]


def visits(url: str) -> list[Visit]:
    """What is stored."""
    reader = Reader(url)
    try:
        return reader.visits()
    finally:
        reader.close()


def test_the_first_release_left_something(old: psycopg.Connection) -> None:
    """Rows in every table that it wrote, or the tests below would prove little; it had no signals yet."""
    found = {table: len(rows) for table, rows in first_release.rows(old).items()}
    assert found.pop("instore.signals") == 0
    assert min(found.values()) > 0
    assert found["instore.readings"] == 2191
    assert found["instore.visits"] == 50


def test_every_row_is_kept(old_url: str, old: psycopg.Connection) -> None:
    """In every table, value for value, whatever columns came to it."""
    before = first_release.rows(old)
    assert migrate(old_url) == [file.name for file in migrations()[len(FIRST) :]]
    assert first_release.rows(old) == before
    assert check(old_url).problem is None
    assert check(old_url).roles is None


def test_one_migration_after_the_other_leads_to_the_same(old_url: str, old: psycopg.Connection) -> None:
    """Whoever updates at each release has the same rows, and true figures, as who leaps over all of them."""
    before = first_release.rows(old)
    for number in range(len(FIRST) + 1, len(migrations()) + 1):
        assert migrate(old_url, migrations()[:number]) == [migrations()[number - 1].name]
        assert first_release.rows(old) == before, migrations()[number - 1].name
    figures.assert_true_on(old)


def test_all_figures_are_true(old_url: str, old: psycopg.Connection) -> None:
    """Every rollup is what a plain GROUP BY says, before anything was refreshed and after; views count what is there."""
    migrate(old_url)
    figures.assert_true_on(old)
    while old.execute("SELECT instore.refresh()").fetchone() != (0,):
        pass
    figures.assert_true_on(old)
    assert old.execute("SELECT received, stored, rejected, difference, hours_off FROM instore.accounting_total").fetchone() == (
        2559,
        2191,
        342,
        0,
        0,
    )
    sensors = "SELECT count(DISTINCT sensor_id) FROM instore.readings"
    heard = "SELECT count(*) FROM instore.sensor_skew WHERE readings > 0"
    assert old.execute(heard).fetchone() == old.execute(sensors).fetchone()
    assert old.execute("SELECT count(*) FROM instore.visitor_priorities").fetchone() == (0,)  # nobody judged them


def test_a_database_may_be_used_by_all_roles_afterwards(old_url: str) -> None:
    """A reader finds the old rows, and no device."""
    migrate(old_url)
    with member(old_url, "analyst") as mine, connect(mine, "test") as analyst:
        assert analyst.execute("SELECT count(*), count(DISTINCT visit_id) FROM visits").fetchone() == (50, 50)


def test_the_newest_engine_finds_the_same_visits(old_url: str) -> None:
    """What the first release told of its readings is what is told of them today, but for priorities."""
    migrate(old_url)
    reader = Reader(old_url)
    readings = [one.reading for some in reader.readings_since(STORE, 0) for one in some]
    layout = reader.layout(STORE)
    reader.close()
    assert layout is not None
    rebuilt = reconstruct([Decoded(readings, [], [])], [layout]).visits
    in_order = sorted(without_priority(rebuilt), key=lambda visit: (visit.entered_at, visit.visit_id))
    assert visits(old_url) == in_order


def test_the_worker_goes_on_where_the_first_release_left_off(old_url: str, old: psycopg.Connection) -> None:
    """It takes up the partition at its offset, and a rebuild judges what nobody judged before; all else of the visits stays."""
    migrate(old_url)
    before = visits(old_url)
    [(number, life, offset)] = old.execute("SELECT partition, life, next_offset FROM instore.ingest_offsets WHERE topic = %s", (READINGS,))
    [(since, until)] = old.execute("SELECT min(ts), max(ts) + interval '1 second' FROM instore.readings")
    asked = rebuilds.ask(old, STORE, to_micros(since), to_micros(until))

    async def work() -> None:
        worker = Worker(old_url, {READINGS: life}, Log())
        partition = await worker.open(Slice(READINGS, number))
        assert partition.next_offset == offset
        async with asyncio.timeout(60):
            while not rebuilds.progress(old, asked).is_finished:
                await worker.flush()
        worker.close()

    asyncio.run(work())
    after = visits(old_url)
    assert without_priority(after) == before
    assert any(visit.priority for visit in after)
    figures.assert_true_on(old)
