"""A Chromium, and the preview of the shop for it to look at."""

from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Browser

from dashboards.preview.server import serving
from tests.chromium import chromium
from tests.dashboards.preview import sample
from tests.dashboards.preview.looking import Served, Visit
from tests.dashboards.shop import Shop


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="package")
def served(shop: Shop) -> Iterator[Served]:
    """All boards of the shop and the sample, from a database of PostgreSQL. Tests only read it."""
    url = shop.database.url
    with psycopg.connect(url) as connection:
        found = connection.execute(LONGEST_VISIT).fetchone()
    assert found is not None
    with serving(url, 0, [sample.board(), sample.often(), sample.late(), sample.paces()]) as address:
        yield Served(address.removesuffix("/"), Visit(str(found[0]), found[1] - 60_000, found[2] + 60_000), url)


LONGEST_VISIT = """
    SELECT
        visit_id,
        round(extract(epoch FROM entered_at) * 1000)::bigint,
        round(extract(epoch FROM left_at) * 1000)::bigint
    FROM instore_analysis.visits
    JOIN instore_analysis.payments USING (store_id, visit_id)
    WHERE store_id = 'corner-market' AND NOT is_staff
    ORDER BY left_at - entered_at DESC
    LIMIT 1
"""
"""Of those who bought."""
