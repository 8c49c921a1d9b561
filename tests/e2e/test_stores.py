"""Each store that comes with the simulator through the running pipeline: in the database are the visits that were."""

import pytest

from simulators.floor import builtin_names
from tests.e2e.conftest import Pipeline
from tests.e2e.days import accounting, assert_same, assert_true, simulated, wait_until_stored

pytestmark = pytest.mark.integration

DISTURBED = ("--shoppers", "40", "--duplicates", "0.05", "--disorder", "40", "--malformed", "0.01")


@pytest.mark.parametrize("kind", [name for name in builtin_names() if name != "grocery"])  # the other tests are about the grocery
def test_a_saturday_of_each_kind_of_store(pipeline: Pipeline, kind: str) -> None:
    """With faults: every reading is accounted for, the rows are those of `reconstruct`, and the visits those that were."""
    day = simulated(pipeline.here, f"a-{kind}", *DISTURBED, kind=kind)
    pipeline.here.run_well("replay", day.recording, "--layout", day.layout)
    wait_until_stored(pipeline.database_url, day, timeout_s=120)
    assert accounting(pipeline.database_url, day.store_id) == day.expected()
    assert_same(pipeline.here, pipeline.database_url, day)
    assert_true(pipeline.database_url, day)
