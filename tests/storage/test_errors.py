"""Who is to blame for an error of the driver: the world, or us."""

import psycopg
import pytest
from psycopg import errors as driver

from sensors.urls import SettingError
from storage.errors import DatabaseAway, Denied, SchemaMismatch, passing, sentence, translated


@pytest.mark.parametrize(
    "error",
    [
        driver.AdminShutdown,
        driver.CannotConnectNow,
        driver.ConnectionFailure,
        driver.CrashShutdown,
        driver.DeadlockDetected,
        driver.DiskFull,
        driver.IdleInTransactionSessionTimeout,
        driver.IoError,
        driver.LockNotAvailable,
        driver.OutOfMemory,
        driver.QueryCanceled,
        driver.ReadOnlySqlTransaction,
        driver.SerializationFailure,
        driver.TooManyConnections,
        driver.ConnectionTimeout,
        psycopg.OperationalError,
    ],
)
def test_what_passes_is_worth_another_try(error: type[psycopg.Error]) -> None:
    """Connections lost, servers that stop or start, disks that are full, locks: `DatabaseAway`."""
    with pytest.raises(DatabaseAway, match="it said so"), translated():
        raise error("it said\n   so\n")


@pytest.mark.parametrize(
    "error",
    [
        driver.CheckViolation,
        driver.DivisionByZero,
        driver.NotNullViolation,
        driver.NumericValueOutOfRange,
        driver.SyntaxError,
        driver.UndefinedTable,
        driver.UniqueViolation,
        driver.UntranslatableCharacter,
        psycopg.DataError,
        psycopg.InterfaceError,
        psycopg.ProgrammingError,
    ],
)
def test_what_is_a_bug_passes_as_it_is(error: type[psycopg.Error]) -> None:
    """No retry can help: the driver's error is seen as it is."""
    with pytest.raises(error), translated():
        raise error("no")


def test_a_right_that_is_missing_is_a_wrong_setting() -> None:
    """Another user would help, another try would not: the command says so and exits with 2."""
    with (
        pytest.raises(Denied, match=r"may not do this: permission denied for table visits; docs/roles\.md says which role may"),
        translated(),
    ):
        raise driver.InsufficientPrivilege("permission denied for table visits")
    assert issubclass(Denied, SettingError)


def test_other_exceptions_pass() -> None:
    """Only the driver's are translated."""
    with pytest.raises(ZeroDivisionError), translated():
        raise ZeroDivisionError


def test_an_error_without_words_says_its_name() -> None:
    """There is always a sentence."""
    assert sentence(psycopg.OperationalError()) == "OperationalError"
    assert passing(psycopg.OperationalError())


def test_a_schema_of_another_version_is_a_wrong_setting() -> None:
    """The command says the sentence and exits with 2; trying again would not help."""
    assert issubclass(SchemaMismatch, SettingError)
