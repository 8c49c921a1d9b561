"""Real recordings of gateways, and a theme park: the live way and `reconstruct` agree, value for value."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import park, recordings
from tests.e2e.conftest import Pipeline
from tests.e2e.days import Accounting, Day, accounting, assert_same, wait_until_stored
from tests.e2e.processes import Surroundings, wait_until
from tests.tables import write_json, write_json_lines

pytestmark = pytest.mark.integration

Object = dict[str, Any]

LATE = "SELECT count(*) FROM instore.readings WHERE store_id = %s AND is_late"


def _recorded(here: Surroundings, plan: Object, readings: Sequence[Object]) -> Day:
    """Write a recording and its plan, and load the plan into the database."""
    folder = here.folder / str(plan["store_id"])
    folder.mkdir()
    layout, recording = write_json(plan, folder / "layout.json"), write_json_lines(readings, folder / "readings.jsonl")
    here.run_well("layout", "load", layout)
    return Day(plan["store_id"], layout, recording, truth=Path())


def _expected(recording: Path) -> Accounting:
    """Count what must become of a recording without ids, and of the status behind it: what is the same line is the same reading.

    Sightings go to a Kafka topic of their own, and are not counted (`docs/operations.md`).
    """
    lines = [line for line in recording.read_bytes().splitlines() if b'"kind":"sighting"' not in line]
    return Accounting(len(lines) + 1, len(set(lines)) + 1, len(lines) - len(set(lines)), 0, 0)


def _assert_agreed(pipeline: Pipeline, day: Day, expected: Accounting) -> None:
    """Send a recording the live way; compare the accounting, and every value with `reconstruct`."""
    pipeline.here.run_well("replay", day.recording, "--layout", day.layout, timeout_s=90)
    wait_until_stored(pipeline.database_url, day)
    wait_until(lambda: accounting(pipeline.database_url, day.store_id) == expected, f"the accounting says {expected}", 10)
    assert_same(pipeline.here, pipeline.database_url, day)


def test_a_theme_park(pipeline: Pipeline) -> None:
    """A hundred thousand rows out of order, some twice and some hours late; three days, long silences, many at the same moment."""
    day = _recorded(pipeline.here, park.plan(staff=park.staff()), park.stream())
    _assert_agreed(pipeline, day, _expected(day.recording))
    with psycopg.connect(pipeline.database_url) as connection:
        late = connection.execute(LATE, [day.store_id]).fetchone()
    assert late is not None
    assert late[0] > 300


@pytest.mark.parametrize("recording", [recordings.walks, recordings.watch])
def test_a_real_recording(pipeline: Pipeline, recording: recordings.Recording) -> None:
    """What gateways heard is put aside; where it places a device becomes the same visits both ways."""
    plan, readings = recording(recording.__name__)
    day = _recorded(pipeline.here, plan, readings)
    _assert_agreed(pipeline, day, _expected(day.recording))
