"""The store that is least like the grocery through the running pipeline: in the database are the visits that were.

`tests/stream/test_stores.py` and `tests/simulators/test_stores.py` have all of them, in memory.
"""

import pytest

from tests.e2e.conftest import Pipeline
from tests.e2e.days import accounting, assert_same, assert_true, simulated, wait_until_stored

pytestmark = pytest.mark.integration

DISTURBED = ("--shoppers", "40", "--duplicates", "0.05", "--disorder", "40", "--malformed", "0.01")


def test_a_saturday_of_the_theme_park(pipeline: Pipeline) -> None:
    """With faults: every reading is accounted for, the rows are those of `reconstruct`, and the visits those that were."""
    day = simulated(pipeline.here, "a-theme-park", *DISTURBED, kind="theme-park")
    pipeline.here.run_well("replay", day.recording, "--layout", day.layout)
    wait_until_stored(pipeline.database_url, day, timeout_s=120)
    assert accounting(pipeline.database_url, day.store_id) == day.expected()
    assert_same(pipeline.here, pipeline.database_url, day)
    assert_true(pipeline.database_url, day)
