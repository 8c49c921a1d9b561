"""The shop: a small chain whose truth is known."""

from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from tests import timescale
from tests.conftest import ANY, made_database, migrated_database
from tests.dashboards.shop import Shop, fill, story
from tests.databases import Database


@pytest.fixture(scope="package")
def shop(postgres_url: str, template_name: str) -> Iterator[Shop]:
    """Two weeks of two stores up to a Saturday at half past twelve. Tests only read it."""
    with made_database(postgres_url, template_name) as url:
        yield fill(Database(url, "plain"), story())


@pytest.fixture(scope="package", params=ANY[1:])
def timescale_shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The same in each TimescaleDB there is, for the one test that asks all queries of both."""
    with _with_timescale(request.param, tmp_path_factory) as url:
        yield fill(Database(url, request.param), story())


@pytest.fixture
def plain_database(plain_database_url: str) -> Database:
    """A fresh database for the figures of one query. That TimescaleDB answers alike: test_queries.py, test_same_answers.py."""
    return Database(plain_database_url, "plain")


def _with_timescale(sort: str, folders: pytest.TempPathFactory) -> AbstractContextManager[str]:
    """A database of its own; on WASM a server of its own, as that has one database, which other tests empty."""
    return timescale.with_schema(folders.mktemp("wasm-shop")) if sort == "wasm" else migrated_database()
