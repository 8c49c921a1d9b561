"""Backup and restore: what was dumped is there again, all of it, and the worker goes on with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql

from storage import roles
from storage.check import check
from storage.connect import connect
from storage.errors import Fenced
from storage.migrate import migrate
from storage.model import Flush
from storage.writer import Writer
from stream.worker import Worker
from tests.storage import figures, first_release, relations
from tests.storage.dumps import beside, dump, restore
from tests.storage.everything import do_everything
from tests.storage.examples import step
from tests.storage.first_release import STORE
from tests.storage.logins import member
from tests.stream.kafka_log import HERE, Log, feed, flush, run, visits
from tests.stream.make import dwell

pytestmark = pytest.mark.integration

Contents = dict[str, list[str]]


def contents(url: str) -> Contents:
    """Every row of every table and view of our schemas, in an order of their own."""
    with connect(url, "test") as connection:
        names = [f"{schema}.{one.name}" for schema in relations.SCHEMAS for one in relations.relations(connection, schema)]
        whole = sql.SQL("SELECT row_to_json(t)::text FROM {} AS t")
        found = {name: connection.execute(whole.format(sql.Identifier(*name.split(".")))).fetchall() for name in names}
    return {name: sorted(row for (row,) in rows) for name, rows in found.items()}


@pytest.fixture
def url(empty_database_url: str) -> str:
    """A database with rows of the first release, and with one row at least in all other tables."""
    first_release.install(empty_database_url)
    migrate(empty_database_url)
    do_everything(empty_database_url)
    return empty_database_url


@pytest.fixture
def restored(url: str, tmp_path: Path) -> Iterator[str]:
    """That database, dumped and restored into another."""
    dump(url, tmp_path / "backup")
    with beside(url) as other:
        restore(tmp_path / "backup", other)
        yield other


def test_all_rows_are_there_again(url: str, restored: str) -> None:
    """In every table, value for value; and what the views make of them, pseudonyms of visitors included."""
    before, after = contents(url), contents(restored)
    assert before.keys() == after.keys()
    for name, rows in before.items():
        assert after[name] == rows, name
    assert min(len(rows) for name, rows in before.items() if not name.endswith(("_5m", "_hour", "_day", "stale"))) > 0
    with connect(restored, "test") as connection:
        figures.assert_true_on(connection)


def test_migrating_gives_the_roles_their_rights_again(restored: str) -> None:
    """The dump was restored without privileges, as roles may be missing where it goes: the next migration knows who may what."""
    assert check(restored).problem is None
    assert "run `instore migrate`" in (check(restored).roles or "")
    assert migrate(restored) == []
    assert check(restored).roles is None
    with member(restored, "writer") as writer:
        do_everything(writer)
    with connect(restored, "test") as owner, member(restored, "analyst") as mine, connect(mine, "test") as analyst:
        assert roles.changes(owner) == []
        assert analyst.execute("SELECT count(*) FROM visits WHERE store_id = %s", (STORE,)).fetchone() == (50,)


def test_a_writer_goes_on_where_the_backup_ends(restored: str) -> None:
    """The offset is in the backup with the rows that it covers; who believes it elsewhere can write nothing."""
    with connect(restored, "test") as connection:
        query = "SELECT topic, partition, life, next_offset FROM instore.ingest_offsets ORDER BY next_offset DESC LIMIT 1"
        [(topic, partition, life, offset)] = connection.execute(query).fetchall()
    with Writer(restored) as writer:
        with pytest.raises(Fenced):
            writer.write(Flush(advance=step(offset + 1, offset + 2, partition, life, topic)))
        writer.write(Flush(advance=step(offset, offset + 1, partition, life, topic)))


def test_what_came_after_the_backup_is_read_again_from_kafka(empty_database_url: str, tmp_path: Path) -> None:
    """Kafka thinks that all is done. The next record shows the worker that the database ends before it: it reads again from there.

    What then stands in the restored database is what stood in the one that was lost, row for row.
    """
    log = Log()
    migrate(empty_database_url)
    for second in range(10):
        log.put(dwell(second, "a"), dwell(second, "a", "d2"))
    run(empty_database_url, log, lambda worker: feed(worker, log), flush)
    dump(empty_database_url, tmp_path / "backup")
    for second in range(10, 20):
        log.put(dwell(second, "a"), dwell(second, "a", "d3"))
    run(empty_database_url, log, lambda worker: feed(worker, log), flush)
    assert log.committed == 20
    log.put(dwell(20, "a"))
    with beside(empty_database_url) as other:
        restore(tmp_path / "backup", other)

        async def goes_on(worker: Worker) -> None:
            assert not await worker.accept(HERE, 20, *log.records[20])  # too early: it will come again
            assert log.sought == [10]
            await feed(worker, log, log.sought[0])

        run(other, log, goes_on, flush)
        run(empty_database_url, log, lambda worker: feed(worker, log, 20), flush)
        assert len(visits(other)) == 3
        assert visits(other) == visits(empty_database_url)
        for url in (other, empty_database_url):
            with connect(url, "test") as connection:
                assert connection.execute("SELECT received, stored, difference FROM instore.accounting_total").fetchone() == (41, 41, 0)
