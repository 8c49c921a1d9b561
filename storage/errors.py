"""What can go wrong at the database, by blame: the driver's own exceptions do not leave this folder."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from sensors.urls import SettingError as SettingError  # noqa: PLC0414  # dashboards may import this folder alone
from storage.model import Advance


class Fenced(Exception):
    """Another worker has advanced some of the partitions; nothing was written, of the others neither.

    Attributes:
        steps: how these partitions were believed to go on.
    """

    def __init__(self, message: str, steps: list[Advance]) -> None:
        super().__init__(message)
        self.steps = steps


class DatabaseAway(Exception):
    """The database cannot be worked with just now: try again later, with a fresh connection."""


class Denied(SettingError):
    """The database user may not do this; `reason` is what the database says."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the database user may not do this: {reason}; docs/roles.md says which role may")
        self.reason = reason


class SchemaMismatch(SettingError):
    """The database was migrated with other files than these."""


RETRYABLE = (
    "08",  # connection exception
    "25006",  # read-only transaction: a standby that is to take over
    "25P03",  # the server ended a transaction that stood still
    "40",  # deadlock, serialization failure
    "53",  # disk full, out of memory, too many connections
    "55P03",  # a lock was not to be had in time
    "57",  # the server stops, starts or was told to cancel
    "58",  # the server's disk or operating system fails
)
"""Beginnings of the SQLSTATEs that pass by themselves or by an operator's hand."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's exceptions into ours where they say that the world or a setting is at fault; others are bugs and pass.

    Raises:
        DatabaseAway: the database is away, full, or in the middle of a restart.
        Denied: the user lacks a right.
    """
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise Denied(sentence(error)) from error
    except psycopg.Error as error:
        if not passing(error):
            raise
        raise DatabaseAway(sentence(error)) from error


def passing(error: psycopg.Error) -> bool:
    """Tell whether trying again later may help."""
    if error.sqlstate is None:  # the driver itself says so: no connection, or a connection lost
        return isinstance(error, psycopg.OperationalError)
    return error.sqlstate.startswith(RETRYABLE)


def sentence(error: psycopg.Error) -> str:
    """Make the driver's message, which may have many lines, one."""
    return " ".join(line.strip() for line in str(error).splitlines() if line.strip()) or type(error).__name__
