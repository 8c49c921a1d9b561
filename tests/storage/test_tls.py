"""TLS to the database by its URL, and roles on the oldest PostgreSQL at hand: on Debian's server, as many run it."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from psycopg import sql

from storage import roles
from storage.check import OLDEST, check
from storage.connect import connect
from storage.errors import DatabaseAway
from storage.migrate import migrate
from tests.debian_postgres import PASSWORD, Server, debian_postgres
from tests.storage.everything import do_everything
from tests.storage.logins import as_user, login, member, name_of

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that takes nobody without TLS."""
    with debian_postgres() as running:
        yield running


def test_a_verified_connection(server: Server) -> None:
    """The server is believed by its certificate, and what is said is encrypted."""
    with connect(server.verified(), "test") as connection:
        assert connection.info.server_version >= OLDEST
        row = connection.execute("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()
    assert row is not None
    assert row[0]
    assert row[1].startswith("TLSv1.")


def test_without_tls_nobody_comes_in(server: Server) -> None:
    """So the test above could not have passed otherwise."""
    with pytest.raises(DatabaseAway, match="no encryption"):
        connect(f"{server.url}?sslmode=disable", "test")


def test_the_wrong_authority(server: Server) -> None:
    """One sentence: where, what is wrong, and which setting to look at; no password."""
    with pytest.raises(DatabaseAway) as caught:
        connect(server.verified(server.other_ca), "test")
    said = str(caught.value)
    place = urlsplit(server.url).netloc.split("@")[1]
    assert said == (
        f"PostgreSQL at {place}/postgres cannot be used: SSL error: certificate verify failed"
        " (the server's certificate is not signed by the authority in sslrootcert: name the file of the one that signed it)"
    )
    assert PASSWORD not in said


def test_another_host_than_the_certificate_names(server: Server) -> None:
    """A certificate for one name is none for another."""
    with pytest.raises(DatabaseAway, match='does not match host name "localhost"'):
        connect(server.verified(host="localhost"), "test")


def test_a_file_that_is_not_there(server: Server, tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(DatabaseAway, match=f'root certificate file "{tmp_path}/none.crt" does not exist'):
        connect(server.verified(tmp_path / "none.crt"), "test")


def test_all_of_it_on_the_oldest_server_over_tls(server: Server) -> None:
    """Migrate as a user who may make roles, write as a writer, read as an analyst; PostgreSQL 15 has other rules for roles than 16."""
    shop = f"shop_{uuid4().hex}"
    with login(server.verified(), "CREATEROLE") as owner, connect(server.verified(), "test") as superuser:
        superuser.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(shop), sql.Identifier(name_of(owner))))
        url = urlsplit(owner)._replace(path=f"/{shop}").geturl()
        migrate(url)
        report = check(url)
        assert (report.problem, report.roles) == (None, None)
        for role in roles.NAMES:
            guest = f"guest_{uuid4().hex}"
            with connect(url, "test") as connection:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(guest), sql.Literal(PASSWORD)))
                roles.grant(connection, role, guest)
            mine = as_user(url, guest, PASSWORD)
            if role == "writer":
                do_everything(mine)
            else:
                with connect(mine, "test") as reader:
                    assert reader.execute("SELECT count(*) FROM visits").fetchone() == (1,)
                    assert reader.execute("SHOW statement_timeout").fetchone() == ("1min" if role == "analyst" else "30s",)
        with member(urlsplit(server.verified())._replace(path=f"/{shop}").geturl(), "analyst"):
            assert check(url).roles is None
        superuser.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(shop)))
