"""A day of a store on its way from MQTT to SQL, through the embedded servers: nothing lost, nothing double, everything right."""

import pytest

from tests.e2e.conftest import Pipeline
from tests.e2e.days import accounting, assert_same, assert_true, simulated, wait_until_stored

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
