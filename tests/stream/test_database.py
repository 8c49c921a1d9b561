"""The database as the worker asks it: several stores at once."""

import time
from collections import Counter
from threading import Lock

import pytest

from storage.connect import connect
from storage.errors import DatabaseAway
from storage.reader import Reader
from stream.database import AT_ONCE, Database

pytestmark = pytest.mark.integration


def test_several_are_asked_at_once_each_with_a_reader_of_its_own(database_url: str) -> None:
    """No reader is used by two at a time, no more are open than are needed, answers keep their order, and in the end none is connected."""
    database, lock = Database(database_url), Lock()
    using: Counter[Reader] = Counter()

    def ask(reader: Reader, number: int, word: str) -> str:
        with lock:
            using[reader] += 1
            assert using[reader] == 1
        assert reader.kept_since() == 0
        with lock:
            using[reader] -= 1
        return f"{number}{word}"

    assert database.at_once(ask, [1, 2, 3, 4, 5], ["a", "b", "c", "d", "e"]) == ["1a", "2b", "3c", "4d", "5e"]
    assert 1 <= len(using) <= AT_ONCE
    assert database.at_once(ask, [1], ["a"]) == ["1a"]
    assert database.reader in using
    assert database.at_once(ask, [], []) == []
    database.reader.close()
    with connect(database_url, "test") as connection:
        readers = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%(reads)' AND datname = current_database()"
        for _ in range(100):  # a server notices a moment later that a client has gone
            if connection.execute(readers).fetchone() == (0,):
                return
            time.sleep(0.05)
    pytest.fail("a reader is still connected")


def test_what_is_the_worlds_fault_comes_through(database_url: str) -> None:
    """One of several calls finds the database away: so all are asked again."""
    database = Database(database_url)

    def ask(_: Reader, number: int) -> int:
        if number == 3:
            raise DatabaseAway("gone")
        return number

    with pytest.raises(DatabaseAway, match="gone"):
        database.at_once(ask, [1, 2, 3, 4])
