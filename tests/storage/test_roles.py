"""Making the roles, and giving one to a login: what PostgreSQL takes from a group, and what it takes from the login alone."""

import logging
import multiprocessing
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors, sql

from sensors.urls import SettingError
from storage import roles
from storage.check import check
from storage.connect import connect
from storage.migrate import migrate
from storage.postgres import postgres
from storage.roles import NAMES, Role
from storage.sql import migrations
from tests.conftest import memory
from tests.e2e.processes import surroundings
from tests.storage.everything import do_everything
from tests.storage.logins import login, member, name_of

pytestmark = pytest.mark.integration

SECRET = "do-not-show"  # noqa: S105 - no password of anybody


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server of our own: roles belong to all its databases, and other tests must not have made them."""
    with TemporaryDirectory(prefix="instore-test-", dir=memory()) as folder, postgres(Path(folder)) as url:
        yield url


@pytest.fixture
def new_server(server: str) -> str:
    """That server as it was at first: no roles of ours, no databases."""
    with connect(server, "test") as connection:
        for (name,) in connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'shop%'").fetchall():
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        for name in NAMES.values():
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))
    return server


def make_database(url: str, owner: str | None = None) -> str:
    """Make an empty database on a server; returns its URL as that of the user who asked."""
    name = f"shop_{uuid4().hex}"
    with connect(url, "test") as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        if owner is not None:
            connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(name), sql.Identifier(owner)))
    return on(url, name)


def on(url: str, database: str) -> str:
    """The same user on another database."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()


def drop(url: str, database: str) -> None:
    """Remove a database with all that its owner has in it."""
    with connect(url, "test") as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))


def database_of(url: str) -> str:
    """The name of a URL's database."""
    return urlsplit(url).path.removeprefix("/")


def test_roles_cannot_log_in_and_have_no_password(database_url: str) -> None:
    """They are groups: people have logins of their own."""
    with connect(database_url, "test") as connection:
        found = connection.execute(
            "SELECT rolname, rolcanlogin, rolpassword, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_authid"
            " WHERE rolname LIKE 'instore\\_%' ORDER BY 1"
        ).fetchall()
    assert found == [(name, False, None, False, False, False, False) for name in sorted(NAMES.values())]


def test_migrating_again_sets_rights_right(database_url: str) -> None:
    """What somebody took from a role is given back, what somebody gave is taken away; a third time changes nothing."""
    with connect(database_url, "test") as connection:
        connection.execute("REVOKE ALL ON instore.visits, instore.zones FROM instore_writer, instore_analyst")
        connection.execute("REVOKE USAGE ON SCHEMA instore_analysis FROM instore_grafana")
        connection.execute("GRANT SELECT, DELETE ON instore.visits TO instore_analyst")
        connection.execute("GRANT SELECT (device_id), UPDATE (device_id) ON instore.stays TO instore_analyst")
        connection.execute("REVOKE SELECT (timezone) ON instore.stores FROM instore_grafana")
        assert "rights that they should have (GRANT USAGE ON SCHEMA instore_analysis TO instore_grafana" in (
            check(database_url).roles or ""
        )
        assert migrate(database_url) == []
        assert roles.changes(connection) == []
        assert check(database_url).roles is None
        rights = (
            "SELECT has_table_privilege('instore_analyst', 'instore.visits', 'SELECT'),"
            " has_any_column_privilege('instore_analyst', 'instore.stays', 'SELECT, UPDATE'),"
            " has_column_privilege('instore_grafana', 'instore.stores', 'timezone', 'SELECT')"
        )
        assert connection.execute(rights.encode()).fetchone() == (False, False, True)
        acl = "SELECT oid, xmin::text FROM pg_class WHERE relnamespace::regnamespace::text LIKE 'instore%' ORDER BY 1"
        before = connection.execute(acl).fetchall()
        migrate(database_url)
        assert connection.execute(acl).fetchall() == before


def test_a_table_of_a_later_migration_is_its_owners_alone(database_url: str) -> None:
    """Until somebody decides, no role may read it: a table may hold devices. A rollup by its name is read by those who read figures."""
    with connect(database_url, "test") as connection, member(database_url, "analyst") as mine:
        connection.execute("CREATE TABLE instore.later (a integer)")
        connection.execute("CREATE VIEW instore.later_5m AS SELECT a FROM instore.later")
        migrate(database_url)
        with connect(mine, "test") as analyst:
            assert analyst.execute("SELECT count(*) FROM instore.later_5m").fetchone() == (0,)
            with pytest.raises(errors.InsufficientPrivilege):
                analyst.execute("SELECT count(*) FROM instore.later")


def test_several_databases_migrate_at_once(new_server: str) -> None:
    """Roles are made by exactly one of them, and all of them end well, with all rights."""
    for _ in range(3):
        urls = [make_database(new_server) for _ in range(3)]
        with multiprocessing.get_context("spawn").Pool(6) as pool:
            pool.map(migrate, urls * 2, chunksize=1)
        for url in urls:
            assert check(url).roles is None
            drop(new_server, database_of(url))
        with connect(new_server, "test") as connection:
            for name in NAMES.values():
                connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_a_user_who_may_make_no_roles(new_server: str, caplog: pytest.LogCaptureFixture) -> None:
    """Migrates all the same; what is left is said, to be done by others, and the next migration finishes the job."""
    with login(new_server) as mine:
        shop = database_of(make_database(new_server, name_of(mine)))
        url = on(mine, shop)
        try:
            with caplog.at_level(logging.WARNING, "instore.storage"):
                assert len(migrate(url)) == len(migrations())
            said = check(url).roles or ""
            assert "CREATE ROLE instore_writer; CREATE ROLE instore_analyst; CREATE ROLE instore_grafana;" in said
            assert said in [record.getMessage() for record in caplog.records]
            assert check(url).problem is None
            do_everything(url)
            with connect(new_server, "test") as superuser:
                for statement in said.split("`")[1].removesuffix(";").split("; "):
                    superuser.execute(statement.encode())
            assert "run `instore migrate` as the owner of the tables" in (check(url).roles or "")
            assert migrate(url) == []
            assert check(url).roles is None
            with member(on(new_server, shop), "writer") as writer:
                do_everything(writer)
        finally:
            drop(new_server, shop)


def test_a_user_who_may_make_roles(new_server: str) -> None:
    """Needs no superuser: makes the roles, and gives them to logins that it made."""
    with login(new_server, "CREATEROLE") as mine:
        shop = database_of(make_database(new_server, name_of(mine)))
        url, guest = on(mine, shop), f"guest_{uuid4().hex}"
        try:
            migrate(url)
            assert check(url).roles is None
            with connect(url, "test") as connection:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(guest)))
                roles.grant(connection, "analyst", guest)
                assert roles.problem(connection) is None
                connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(guest)))
        finally:
            drop(new_server, shop)
            with connect(new_server, "test") as connection:
                connection.execute(sql.SQL("DROP ROLE instore_writer, instore_analyst, instore_grafana"))


def test_who_may_not_change_rights_is_told_who_may(database_url: str) -> None:
    """A member migrates a database that is up to date: nothing happens. Where rights are missing, the owner is asked for."""
    with member(database_url, "writer") as writer, connect(database_url, "test") as owner:
        assert migrate(writer) == []
        owner.execute("REVOKE SELECT ON instore.zones FROM instore_analyst")
        assert migrate(writer) == []
        assert "run `instore migrate` as the owner of the tables" in (check(writer).roles or "")


def test_settings_of_a_group_do_not_count_for_its_members(database_url: str) -> None:
    """Which is why `instore grant` sets them on the login: this is PostgreSQL's rule, not ours."""
    group = f"group_{uuid4().hex}"
    with login(database_url) as mine, connect(database_url, "test") as owner:
        owner.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(group)))
        owner.execute(sql.SQL("ALTER ROLE {} SET statement_timeout = '1s'").format(sql.Identifier(group)))
        owner.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(name_of(mine))))
        with connect(mine, "test") as connection:
            assert connection.execute("SHOW statement_timeout").fetchone() == ("0",)
        owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(group)))


SETTINGS = "SELECT current_setting('statement_timeout'), current_setting('default_transaction_read_only'), current_setting('search_path')"
READS = "instore_analysis, instore, public"


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("writer", ("0", "off", '"$user", public')),
        ("analyst", ("1min", "off", READS)),
        ("grafana", ("30s", "on", READS)),
    ],
)
def test_a_login_has_its_roles_settings(database_url: str, role: Role, expected: tuple[str, ...]) -> None:
    """From its next connection on, in this database; they go when its role is taken back and it gets another one."""
    with member(database_url, role) as mine, connect(database_url, "test") as owner:
        with connect(mine, "test") as connection:
            assert connection.execute(SETTINGS).fetchone() == expected
        with connect(on(mine, "postgres"), "test") as elsewhere:
            assert elsewhere.execute(SETTINGS).fetchone() == ("0", "off", '"$user", public')
        owner.execute(sql.SQL("REVOKE {} FROM {}").format(sql.Identifier(roles.NAMES[role]), sql.Identifier(name_of(mine))))
        roles.grant(owner, "writer", name_of(mine))
        with connect(mine, "test") as connection:
            assert connection.execute(SETTINGS).fetchone() == ("0", "off", '"$user", public')


@pytest.mark.parametrize(
    ("first", "second"), [("analyst", "writer"), ("analyst", "grafana"), ("grafana", "analyst"), ("writer", "analyst")]
)
def test_a_login_has_one_role(database_url: str, first: Role, second: Role) -> None:
    """It would have the rights of both, and the limits of one: what to do is said, and all stays as it was."""
    with member(database_url, first) as mine, connect(database_url, "test") as owner:
        with pytest.raises(SettingError, match=f"REVOKE {roles.NAMES[first]} FROM {name_of(mine)}"):
            roles.grant(owner, second, name_of(mine))
        assert check(database_url).roles is None
        roles.grant(owner, first, name_of(mine))


def test_what_takes_too_long_is_given_up(database_url: str) -> None:
    """By the server, after the seconds that were set."""
    with member(database_url, "analyst", timeout_s=1) as mine, connect(mine, "test") as analyst:
        begun = time.monotonic()
        with pytest.raises(errors.QueryCanceled, match="statement timeout"):
            analyst.execute("SELECT pg_sleep(20)")
        assert time.monotonic() - begun < 10


def test_grafana_only_reads(database_url: str) -> None:
    """Its transactions are read-only: not even a table of its own for a while; an analyst may have that."""
    with member(database_url, "grafana") as mine, connect(mine, "test") as grafana:
        with pytest.raises(errors.ReadOnlySqlTransaction):
            grafana.execute("CREATE TEMP TABLE mine AS SELECT 1")
        grafana.execute("SET default_transaction_read_only = off")  # a guard against accidents, not a right
        with pytest.raises(errors.InsufficientPrivilege):
            grafana.execute("DELETE FROM instore.zones")
    with member(database_url, "analyst") as mine, connect(mine, "test") as analyst:
        analyst.execute("CREATE TEMP TABLE mine AS SELECT * FROM visits")


def test_a_reader_without_limits_is_noticed(database_url: str) -> None:
    """Whoever was made a member by hand, and not by `instore grant`."""
    with login(database_url) as mine, connect(database_url, "test") as owner:
        owner.execute(sql.SQL("GRANT instore_grafana TO {}").format(sql.Identifier(name_of(mine))))
        expected = f"{name_of(mine)} reads without a limit of time: run `instore grant grafana {name_of(mine)}`"
        assert check(database_url).roles == expected
        owner.execute(sql.SQL("ALTER ROLE {} IN DATABASE postgres SET statement_timeout = '1s'").format(sql.Identifier(name_of(mine))))
        assert check(database_url).roles == expected  # a limit in another database is none here
        roles.grant(owner, "grafana", name_of(mine))
        assert check(database_url).roles is None


def test_who_sees_devices_anyway_becomes_no_reader(database_url: str) -> None:
    """A superuser, a writer, or who may become one; nothing of the attempt is left."""
    with login(database_url, "SUPERUSER") as root, member(database_url, "writer") as writer, connect(database_url, "test") as owner:
        for one, why in ((root, "sees devices by other rights that it has"), (writer, "has the role instore_writer already")):
            with pytest.raises(SettingError, match=why):
                roles.grant(owner, "analyst", name_of(one))
            with connect(one, "test") as connection:
                assert connection.execute("SHOW statement_timeout").fetchone() == ("0",)
        assert owner.execute("SELECT pg_has_role(%s, 'instore_analyst', 'MEMBER')", (name_of(writer),)).fetchone() == (False,)


def test_a_login_that_is_not_there(database_url: str) -> None:
    """What to do is said, without a word about any password; a group is no login."""
    with connect(database_url, "test") as owner:
        for name in ("nobody there", "instore_writer"):
            with pytest.raises(SettingError, match=f"there is no login {name}: make it with CREATE ROLE"):
                roles.grant(owner, "analyst", name)


def test_who_may_not_grant_is_told(database_url: str) -> None:
    """In one sentence; nothing is left of the attempt."""
    with (
        member(database_url, "writer") as writer,
        login(database_url) as other,
        connect(writer, "test") as connection,
        pytest.raises(SettingError, match=f"{name_of(other)} cannot be made analyst: permission denied to grant role"),
    ):
        roles.grant(connection, "analyst", name_of(other))


def test_no_password_in_any_log(server: str, caplog: pytest.LogCaptureFixture) -> None:
    """A login that fails is logged by us and by the server, and by neither with its password."""
    parts = urlsplit(server)
    with caplog.at_level(logging.DEBUG), pytest.raises(Exception, match="password authentication failed") as caught:
        migrate(parts._replace(netloc=f"shop:{SECRET}@{parts.hostname}:{parts.port}").geturl())
    assert SECRET not in caplog.text + str(caught.getrepr(showlocals=False))
    with connect(server, "test") as connection:
        [(folder,)] = connection.execute("SHOW data_directory").fetchall()
    said = (Path(folder).parent / "log").read_text()
    assert 'password authentication failed for user "shop"' in said
    assert SECRET not in said


def test_the_command(database_url: str, tmp_path: Path) -> None:
    """`instore grant` makes the member, or says in a sentence why not. A login that fails leaves no password, however much is said."""
    parts = urlsplit(database_url)
    wrong = parts._replace(netloc=f"shop:{SECRET}@{parts.hostname}:{parts.port}").geturl()
    with login(database_url) as mine, surroundings(tmp_path, {"INSTORE_DATABASE_URL": database_url}) as here:
        name = name_of(mine)
        assert here.run_well("grant", "grafana", name, "--timeout-s", "7").out == f"{name} is grafana, from its next connection on\n"
        with connect(mine, "test") as connection:
            assert connection.execute("SHOW statement_timeout").fetchone() == ("7s",)
        nobody = here.run("grant", "analyst", "nobody")
        assert (nobody.code, nobody.err.count("\n")) == (2, 1)
        assert nobody.err.startswith("instore: there is no login nobody: make it with CREATE ROLE")
        failed = here.run("-v", "migrate", "--database-url", wrong)
        assert failed.code == 1
        assert "password authentication failed" in failed.err
        assert SECRET not in failed.err + failed.out


def test_a_user_without_any_role_is_told(database_url: str) -> None:
    """One sentence and the page to read, instead of a list of calls."""
    with (
        login(database_url) as mine,
        pytest.raises(SettingError, match=r"permission denied for schema instore; docs/roles\.md says which role may"),
    ):
        check(mine)


def test_readers_may_ask_the_doctor(database_url: str) -> None:
    """They can see for themselves whether the schema is that of their version."""
    for role in NAMES:
        with member(database_url, role) as mine:
            assert check(mine).problem is None
            assert check(mine).roles is None


def test_roles_are_one_for_the_server(database_url: str) -> None:
    """A member reads every database of the server that it may connect to: `REVOKE CONNECT` keeps databases apart."""
    with member(database_url, "analyst") as mine, connect(database_url, "test") as owner:
        owner.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database_of(database_url))))
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(mine)
        grant = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}")
        owner.execute(grant.format(sql.Identifier(database_of(database_url)), sql.Identifier(name_of(mine))))
        psycopg.connect(mine).close()
