"""A writer and what it wrote, for the tests of what a flush makes of the tables."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql

from storage.connect import connect
from storage.model import Flush
from storage.writer import Writer
from tests.conftest import MakeDatabase
from tests.storage.examples import WRITTEN, step

property_of_rows = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


class Database:
    """A writer, and a connection to see what it did."""

    def __init__(self, url: str) -> None:
        self.writer = Writer(url)
        self.connection = connect(url, "test")
        self._next: int | None = None

    def write(self, **parts: Any) -> datetime:
        """Write a flush of these parts as the next of partition 0."""
        after = (self._next or 0) + 1
        at = self.writer.write(Flush(advance=step(self._next, after), **parts))
        self._next = after
        return at

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What a query gives."""
        return self.connection.execute(statement.encode()).fetchall()

    def clear(self) -> None:
        """Begin again with empty tables."""
        for table in WRITTEN:
            self.connection.execute(sql.SQL("DELETE FROM instore.{}").format(sql.Identifier(table)))
        self._next = None

    def close(self) -> None:
        """Let go of both connections."""
        self.writer.close()
        self.connection.close()


@pytest.fixture(scope="module")
def module_database(make_database: MakeDatabase) -> Iterator[Database]:
    """One database for all tests of this module."""
    with make_database() as url:
        database = Database(url)
        yield database
        database.close()


@pytest.fixture
def database(module_database: Database) -> Database:
    """That database, empty."""
    module_database.clear()
    return module_database
