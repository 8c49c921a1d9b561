"""The shop: a small chain whose truth is known, in a database of each sort there is."""

from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from tests import timescale
from tests.conftest import ANY, made_database, migrated_database
from tests.dashboards.shop import Shop, fill, story
from tests.databases import Database


@pytest.fixture(scope="package", params=ANY)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Two weeks of two stores up to a Saturday at half past twelve. Tests only read it."""
    with _of_sort(request, tmp_path_factory) as url:
        yield fill(Database(url, request.param), story())


@pytest.fixture
def plain_database(plain_database_url: str) -> Database:
    """A fresh database for the figures of one query. That TimescaleDB answers alike is asked once, of all (test_same_answers.py)."""
    return Database(plain_database_url, "plain")


def _of_sort(request: pytest.FixtureRequest, folders: pytest.TempPathFactory) -> AbstractContextManager[str]:
    """A database of its own; on WASM a server of its own, as that has one database, which other tests empty."""
    if request.param == "wasm":
        return timescale.with_schema(folders.mktemp("wasm-shop"))
    if request.param == "timescale":
        return migrated_database()
    return made_database(request.getfixturevalue("postgres_url"), request.getfixturevalue("template_name"))
