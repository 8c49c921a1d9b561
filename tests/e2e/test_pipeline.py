"""A day of a store on its way from MQTT to SQL, through the embedded servers: nothing lost, nothing double, everything right."""

import pytest

from tests.e2e.conftest import Pipeline
from tests.e2e.days import accounting, assert_same, assert_true, simulated, wait_until_stored
from tests.e2e.processes import wait_until

pytestmark = pytest.mark.integration


def test_a_day_is_stored_as_it_was(pipeline: Pipeline) -> None:
    """What the database holds equals what `reconstruct` makes of the recording, value for value, and what really happened."""
    day = simulated(pipeline.here, "quiet", "--shoppers", "40")
    replay = pipeline.here.run_well("replay", day.recording)
    wait_until_stored(pipeline.database_url, day)
    expected = day.expected()
    assert f"{expected.received} readings published" in replay.err
    assert accounting(pipeline.database_url, day.store_id) == expected
    assert (expected.duplicate, expected.rejected) == (0, 0)
    assert_same(pipeline.here, pipeline.database_url, day)
    assert_true(pipeline.database_url, day)


def test_faults_change_nothing(pipeline: Pipeline) -> None:
    """Duplicates and disorder leave every value as it is; what is broken is rejected, and nothing else."""
    faults = ("--duplicates", "0.05", "--disorder", "45", "--malformed", "0.01")
    day = simulated(pipeline.here, "faulty", "--shoppers", "40", *faults)
    pipeline.here.run_well("replay", day.recording)
    wait_until_stored(pipeline.database_url, day)
    expected = day.expected()
    assert expected.duplicate > 0.04 * expected.stored
    assert expected.rejected > 0.008 * expected.stored
    wait_until(lambda: accounting(pipeline.database_url, day.store_id) == expected, f"the accounting says {expected}", 10)
    assert_same(pipeline.here, pipeline.database_url, day)
    assert_true(pipeline.database_url, day)
