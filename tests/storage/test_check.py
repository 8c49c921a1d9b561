"""What the doctor is told: version and schema of a database, or one sentence on why it cannot be used."""

from urllib.parse import urlsplit

import pytest

from sensors.urls import SettingError
from storage.check import check
from storage.connect import connect, parse, place
from storage.errors import DatabaseAway
from storage.migrate import migrate

SECRET = "do-not-show"  # noqa: S105 - no password of anybody


@pytest.mark.integration
def test_a_migrated_database_is_well(database_url: str) -> None:
    """Version, TimescaleDB, schema; nothing to complain about."""
    report = check(database_url)
    assert int(report.server_version.split(".")[0]) >= 15
    assert report.schema.state == "up to date"
    assert report.problem is None
    with connect(database_url, "test") as connection:
        installed = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    assert report.timescaledb == (installed[0] if installed else None)


@pytest.mark.integration
def test_what_is_pending_is_said(empty_database_url: str) -> None:
    """A database without our schema: what is to be applied, and how."""
    report = check(empty_database_url)
    assert report.schema.state == "pending"
    assert (report.problem or "").startswith("the schema is behind: run `instore migrate` (0001_stores, ")


@pytest.mark.integration
def test_a_schema_of_another_version_is_said(empty_database_url: str) -> None:
    """A ledger that does not fit names the migration."""
    migrate(empty_database_url)
    with connect(empty_database_url, "test") as connection:
        connection.execute("UPDATE instore.schema_migrations SET sha256 = '' WHERE name = '0001_stores'")
    report = check(empty_database_url)
    assert report.schema.state == "changed"
    assert "another version of instore (0001_stores differs)" in (report.problem or "")


def test_nobody_listens() -> None:
    """One sentence: where, and why; never the password."""
    with pytest.raises(DatabaseAway) as caught:
        check(f"postgresql://me:{SECRET}@127.0.0.1:1/shop")
    said = str(caught.value)
    assert said.startswith("PostgreSQL at 127.0.0.1:1/shop cannot be used: ")
    assert "Connection refused" in said
    assert SECRET not in said
    assert "\n" not in said


@pytest.mark.integration
def test_a_database_that_does_not_exist(database_url: str) -> None:
    """The server's own reason is passed on."""
    with pytest.raises(DatabaseAway, match='database "elsewhere" does not exist'):
        check(urlsplit(database_url)._replace(path="/elsewhere").geturl())


@pytest.mark.integration
def test_a_wrong_password(database_url: str) -> None:
    """So is that one; the password is not shown."""
    parts = urlsplit(database_url)
    with pytest.raises(DatabaseAway, match="password authentication failed") as caught:
        check(parts._replace(netloc=f"{parts.username}:{SECRET}@{parts.hostname}:{parts.port}").geturl())
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost",
        f"mysql://me:{SECRET}@host/db",
        f"postgresql://me:{SECRET}@host:port/db",
        f"postgresql://me:{SECRET}%zz@host/db",
        f"postgresql://me:{SECRET}@[::1/db",
        f"postgresql://me:{SECRET}@host/db?nonsense=1",
    ],
)
def test_a_url_that_is_none(url: str) -> None:
    """A wrong setting says what a right one looks like; the password is not shown."""
    with pytest.raises(SettingError, match=r"write it like postgresql://user:password@host:5432/database") as caught:
        check(url)
    assert SECRET not in str(caught.value)


def test_a_url_may_say_how_to_connect() -> None:
    """Libpq's settings in the URL go before our own."""
    assert parse("postgresql://host/db?connect_timeout=3&application_name=me") == {
        "host": "host",
        "dbname": "db",
        "connect_timeout": "3",
        "application_name": "me",
    }
    assert place("postgresql://me:secret@host/db") == "host:5432/db"
    assert place("postgresql:///db") == "the local socket:5432/db"
