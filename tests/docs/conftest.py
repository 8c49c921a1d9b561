"""The small store whose fortnight is known by heart, in a database, for all pages that are tried on it."""

from collections.abc import Iterator

import pytest

from storage import layouts
from storage.connect import session
from tests.conftest import MakeDatabase
from tests.docs.market import LAYOUT, readings
from tests.storage.logins import member
from tests.stream.kafka_log import Log, feed, flush, run

AT_ONCE = 500


@pytest.fixture(scope="session")
def market_url(make_database: MakeDatabase) -> Iterator[str]:
    """The fortnight of `tests.docs.market`, taken in by a worker. Nobody changes it."""
    with make_database() as url:
        fill(url)
        yield url


@pytest.fixture(scope="module")
def analyst_url(market_url: str) -> Iterator[str]:
    """The same for an analyst. The login does not stay: its limits count for this database alone, and tests of others would miss theirs."""
    with member(market_url, "analyst") as mine:
        yield mine


def fill(url: str) -> None:
    """Have a worker take the fortnight in."""
    with session(url, "test") as connection:
        layouts.save(connection, LAYOUT, "test")
    log, told = Log(), readings()
    for start in range(0, len(told), AT_ONCE):
        log.put(*told[start : start + AT_ONCE])
    run(url, log, lambda worker: feed(worker, log), flush)
