"""What all tests share: a database server of each sort a session, and a database of its own for each test that asks for one.

There are three sorts. `plain` is an embedded PostgreSQL, or the server of INSTORE_TEST_DATABASE_URL. `timescale` is the server with
TimescaleDB of INSTORE_TEST_TIMESCALE_URL: where that is given, every test that asks for a database runs once on each. `wasm` is
TimescaleDB in Node, which CI has; it takes one connection at a time and no COPY, so it is for tests that ask for `any_database`.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql
from xdist.scheduler import LoadScopeScheduling

from storage.migrate import migrate
from storage.postgres import postgres
from tests import timescale
from tests.databases import Database

# Tests share the machine with servers they started: a slow example says nothing about the code.
# CI tries the same examples each time, so that it fails by what a commit changed, and fewer of them; every other run looks for new ones.
_CI = "INSTORE_CI" in os.environ
settings.register_profile("instore", deadline=None, derandomize=_CI, max_examples=30 if _CI else 100)
settings.load_profile("instore")

_ROOM = 4_000_000_000
"""Bytes that a test server may need at most."""

TIMESCALE = os.environ.get("INSTORE_TEST_TIMESCALE_URL")
"""A server with TimescaleDB on which databases may be made."""

_SORTS = ["plain", "timescale"] if TIMESCALE else None
"""Of servers that take COPY; one alone needs no name."""

ANY = ["plain", "wasm", *(["timescale"] if TIMESCALE else [])]

MakeDatabase = Callable[[], AbstractContextManager[str]]
"""Makes a database and drops it in the end; gives its URL."""


class SideBySide(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Where two processes share the tests, one begins with those without servers, and each takes a folder of the others when it is free."""

    def _split_scope(self, nodeid: str) -> str:
        file = Path(__file__).parents[1] / nodeid.partition("::")[0]
        return "/".join(nodeid.split("/")[:2]) if "mark.integration" in file.read_text() else "pure"


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> SideBySide:
    """Share the tests so."""
    return SideBySide(config, log)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server on which databases may be made: an embedded one, or that of INSTORE_TEST_DATABASE_URL."""
    given = os.environ.get("INSTORE_TEST_DATABASE_URL")
    if given:
        yield given
        return
    # Not below pytest's own folder: started by root, PostgreSQL runs as another user, whom the next pytest would lock out.
    with TemporaryDirectory(prefix="instore-test-", dir=memory()) as folder, postgres(Path(folder)) as url:
        yield url


@pytest.fixture(scope="session")
def template_name(postgres_url: str) -> Iterator[str]:
    """A database that was migrated once, to be cloned."""
    with made_database(postgres_url, "template0") as url:
        migrate(url)
        yield _name_of(url)


@pytest.fixture(scope="session", params=_SORTS)
def make_database(request: pytest.FixtureRequest, postgres_url: str, template_name: str) -> MakeDatabase:
    """Makes migrated databases, for tests that need one for longer than a test, or several."""
    if getattr(request, "param", "plain") == "timescale":
        return migrated_database
    return lambda: made_database(postgres_url, template_name)


@pytest.fixture
def database_url(make_database: MakeDatabase) -> Iterator[str]:
    """A fresh, migrated database of this test's own."""
    with make_database() as url:
        yield url


@pytest.fixture
def plain_database_url(postgres_url: str, template_name: str) -> Iterator[str]:
    """A fresh, migrated database without TimescaleDB, for tests of what PostgreSQL plans."""
    with made_database(postgres_url, template_name) as url:
        yield url


@pytest.fixture(params=_SORTS)
def empty_database_url(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[str]:
    """A fresh database without our schema."""
    server = TIMESCALE if getattr(request, "param", "plain") == "timescale" else postgres_url
    assert server is not None
    with made_database(server, "template0") as url:
        yield url


@pytest.fixture(scope="session")
def wasm_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server in Node: one database, one connection at a time."""
    with timescale.wasm(tmp_path_factory.mktemp("wasm")) as url:
        yield url


@pytest.fixture(params=ANY)
def any_database(request: pytest.FixtureRequest, postgres_url: str, template_name: str) -> Iterator[Database]:
    """A fresh, migrated database of each sort there is, for tests of SQL."""
    if request.param == "plain":
        with made_database(postgres_url, template_name) as url:
            yield Database(url, "plain")
        return
    with _with_timescale(request) as database:
        yield database


@pytest.fixture(params=ANY[1:])
def timescale_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A fresh, migrated database on each TimescaleDB there is."""
    with _with_timescale(request) as database:
        yield database


@contextmanager
def _with_timescale(request: pytest.FixtureRequest) -> Iterator[Database]:
    if request.param == "wasm":
        with timescale.migrated(request.getfixturevalue("wasm_url")) as url:
            yield Database(url, "wasm")
        return
    with migrated_database() as url:
        yield Database(url, "timescale")


@contextmanager
def migrated_database() -> Iterator[str]:
    """Make a database on the full TimescaleDB. It cannot be a clone: a background worker may be in the template."""
    assert TIMESCALE is not None
    with made_database(TIMESCALE, "template0") as url:
        migrate(url)
        with psycopg.connect(url, autocommit=True) as connection:  # jobs would run in the middle of tests, which call them themselves
            connection.execute("SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs WHERE job_id >= 1000")
        yield url


@contextmanager
def made_database(server_url: str, template: str) -> Iterator[str]:
    """Make a database by a template."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def memory() -> str | None:
    """A folder in memory, where a database is made in a tenth of the time; None where there is none or it is small."""
    folder = "/dev/shm"  # noqa: S108 - only to look whether it is there
    try:
        return folder if os.access(folder, os.W_OK) and disk_usage(folder).free > _ROOM else None
    except OSError:
        return None


def _name_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
