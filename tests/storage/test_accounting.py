"""The accounting: `received = stored + duplicate + rejected`, in one query, and a difference where it does not hold."""

from typing import Any

import pytest

from sensors.dead_letter import DeadLetter
from sensors.reading import to_datetime
from storage.connect import connect
from storage.model import Count, Flush
from tests.databases import Database
from tests.storage.examples import DAY, HOUR, dwell, step

pytestmark = pytest.mark.integration


def letter(number: int, store_id: str | None, at: int = DAY) -> DeadLetter:
    """A dead letter of that store."""
    return DeadLetter(id=f"l{number}", received_at=at, source="topic", store_id=store_id, reason="not_json", detail="no", raw=b"{")


def accounting(database: Database) -> list[tuple[Any, ...]]:
    """The one query."""
    statement = "SELECT store_id, hour, received, stored, duplicate, rejected, difference FROM instore.accounting ORDER BY 1, 2"
    with connect(database.url, "test") as connection:
        return connection.execute(statement).fetchall()


def total(database: Database) -> tuple[Any, ...] | None:
    """All of it in one row."""
    with connect(database.url, "test") as connection:
        return connection.execute("SELECT * FROM instore.accounting_total").fetchone()


def test_what_came_is_what_is_there(any_database: Database) -> None:
    """Over two stores, two hours, several flushes, duplicates and rejections, the difference is 0 in every row."""
    any_database.write(
        Flush(
            advance=step(None, 1),
            readings=[dwell(1, "s1"), dwell(2, "s1"), dwell(1, "s2")],
            counts=[Count("s1", DAY, 3, 1), Count("s2", DAY, 1, 0)],
        )
    )
    any_database.write(
        Flush(advance=step(1, 2), readings=[dwell(3700, "s1")], counts=[Count("s1", DAY, 1, 1), Count("s1", DAY + HOUR, 1, 0)])
    )
    rejected = [letter(1, "s1"), letter(2, None), letter(3, None, DAY + HOUR)]
    counts = [Count("", DAY, 1, 0), Count("", DAY + HOUR, 1, 0), Count("s1", DAY, 1, 0)]
    any_database.write(Flush(advance=step(None, 1, topic="instore.rejected"), rejected=rejected, counts=counts))
    assert accounting(any_database) == [
        ("", to_datetime(DAY), 1, 0, 0, 1, 0),
        ("", to_datetime(DAY + HOUR), 1, 0, 0, 1, 0),
        ("s1", to_datetime(DAY), 5, 2, 2, 1, 0),
        ("s1", to_datetime(DAY + HOUR), 1, 1, 0, 0, 0),
        ("s2", to_datetime(DAY), 1, 1, 0, 0, 0),
    ]
    assert total(any_database) == (9, 4, 2, 3, 0, 0)


def test_a_loss_and_a_doubling_show(any_database: Database) -> None:
    """A row that vanished and one that came twice are each a difference, though together they would cancel out."""
    any_database.write(
        Flush(
            advance=step(None, 1),
            readings=[dwell(1, "s1"), dwell(2, "s1"), dwell(1, "s2")],
            counts=[Count("s1", DAY, 2, 0), Count("s2", DAY, 1, 0)],
        )
    )
    with connect(any_database.url, "test") as connection:
        connection.execute("DELETE FROM instore.readings WHERE store_id = 's1' AND id = 'r2'")
        connection.execute("INSERT INTO instore.readings SELECT * FROM instore.readings WHERE store_id = 's2'")
    assert [(row[0], row[-1]) for row in accounting(any_database)] == [("s1", 1), ("s2", -1)]
    assert total(any_database) == (3, 3, 0, 0, 0, 2)


def test_rows_that_nobody_counted_show(any_database: Database) -> None:
    """Stored or rejected without having been received: a difference too."""
    any_database.write(Flush(advance=step(None, 1), readings=[dwell(1)], rejected=[letter(1, "s2")]))
    assert [(row[0], row[-1]) for row in accounting(any_database)] == [("s1", -1), ("s2", -1)]


def test_nothing_received_is_nothing_missing(any_database: Database) -> None:
    """An empty database balances."""
    assert accounting(any_database) == []
    assert total(any_database) == (0, 0, 0, 0, 0, 0)


def test_the_same_cut_for_counts_and_rows(any_database: Database) -> None:
    """An id of a store that no column can hold is changed in the same way where it is counted and where it is stored."""
    for number, wild in enumerate(("x" * 5_000, "a\0b", "\ud800")):
        flush = Flush(advance=step(number or None, number + 1), rejected=[letter(1, wild)], counts=[Count(wild, DAY, 1, 0)])
        any_database.write(flush)
    assert [row[2:] for row in accounting(any_database)] == [(1, 0, 0, 1, 0)] * 3


def test_some_hours_need_not_read_the_whole_table(plain_database_url: str) -> None:
    """A condition on the hour reaches what is kept below the view, where an index serves it; readings are not looked at."""
    with connect(plain_database_url, "test") as connection:
        connection.execute(
            "INSERT INTO instore.readings (ts, received_at, is_late, kind, store_id, sensor_id, id)"
            " SELECT at, at, false, 'status', 's1', 'gw-1', repeat('x', 100)"
            " FROM generate_series(timestamptz '2026-01-11', '2026-01-15', interval '1 minute') AS series (at)"
        )
        connection.execute("SELECT instore_kept.mark_all('readings')")
        connection.execute("SELECT instore.refresh(at_most => 10000)")
        connection.execute("VACUUM ANALYZE instore.readings, instore_kept.accounting_5m, instore_kept.stale")
        explain = "EXPLAIN (ANALYZE, TIMING OFF) SELECT * FROM instore.accounting WHERE hour >= '2026-01-14 20:00:00+00'"
        told = "\n".join(row[0] for row in connection.execute(explain.encode()))
    assert "using accounting_5m_hour" in told
    assert all("never executed" in line for line in told.splitlines() if " on readings" in line and "Scan" in line)
