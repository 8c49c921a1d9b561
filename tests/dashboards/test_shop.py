"""The shop is what it says: its visits are those that really happened."""

import pytest

from sensors.reading import SECOND, to_micros
from simulators.truth.reconcile import reconcile
from simulators.truth.visits import micros
from storage.reader import Reader
from tests.dashboards.shop import MAIN, NOW, OTHER, Shop

pytestmark = pytest.mark.integration

SETTLED = to_micros(NOW) - 45 * 60 * SECOND
"""A visit that nobody saw end is over by now if it ended before this."""


@pytest.mark.parametrize(("store_id", "least"), [(MAIN, 700), (OTHER, 100)])
def test_the_shop_holds_what_happened(shop: Shop, store_id: str, least: int) -> None:
    """Every visit that is over is there as it was, on each sort of database."""
    reader = Reader(shop.database.url)
    found = [one for one in reader.visits(store_id) if one.left_at < SETTLED]
    reader.close()
    report = reconcile([one for one in shop.story.truths if one.store_id == store_id and micros(one.left_at) < SETTLED], found)
    assert report.differences == []
    assert report.equal >= least
