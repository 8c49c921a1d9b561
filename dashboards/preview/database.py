"""The database as a reader has it: few connections, read-only, with a limit of time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from dashboards.frames import Frame, act_as_reader, ask
from storage.connect import connect
from storage.errors import DatabaseAway, passing, sentence

TIMEOUT_S = 10
"""A query that takes longer is given up, and the panel says so."""

MOST = 4
"""Connections at a time: a page asks some queries at once, and others need the server too."""


class TooSlow(Exception):
    """A query was given up."""

    def __init__(self) -> None:
        super().__init__(f"This took longer than {TIMEOUT_S} s and was given up: look at less time, or ask whoever runs the database.")


class NotReady(DatabaseAway):
    """The database is there, and not what it has to be; says what to do."""


_NO_TABLES = (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedFunction)


class Database:
    """Connections that are opened when needed and kept; may be used by many threads.

    Args:
        url: of the database.
        most: connections at a time.
    """

    def __init__(self, url: str, most: int = MOST) -> None:
        self._url = url
        self._free = threading.Semaphore(most)
        self._idle: list[psycopg.Connection] = []

    def ask(self, sql: str) -> Frame:
        """Run a query.

        Raises:
            DatabaseAway: the database is away.
            TooSlow: it took too long.
            psycopg.Error: the query is wrong.
        """
        with self.connection() as connection:
            return ask(connection, sql)

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection]:
        """Lend a connection; one that broke is not lent again.

        Raises:
            DatabaseAway: the database is away.
            NotReady: it was not migrated, or this login may not read.
            TooSlow: a query took too long.
        """
        with self._free:
            connection = self._take()
            try:
                yield connection
            except psycopg.errors.QueryCanceled as slow:
                raise TooSlow from slow
            except _NO_TABLES as error:
                raise NotReady("It has no tables of instore, or those of another version: run `instore migrate`.") from error
            except psycopg.errors.InsufficientPrivilege as error:
                raise NotReady("This login may not read it: run `instore grant grafana LOGIN` as docs/roles.md says.") from error
            except psycopg.Error as error:
                if passing(error):
                    raise DatabaseAway(sentence(error)) from error
                raise
            finally:
                self._give_back(connection)

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            with suppress(psycopg.Error, IndexError):
                self._idle.pop().close()

    def _take(self) -> psycopg.Connection:
        while self._idle:
            with suppress(psycopg.Error, IndexError):
                connection = self._idle.pop()
                connection.execute("SELECT")  # the server may have gone since
                return connection
        return self._opened()

    def _give_back(self, connection: psycopg.Connection) -> None:
        if connection.closed or connection.broken:
            return
        self._idle.append(connection)

    def _opened(self) -> psycopg.Connection:
        connection = connect(self._url, "instore preview")
        act_as_reader(connection, TIMEOUT_S)
        return connection
