"""A store whose network is cut for ten minutes: what its sensors kept comes late, and the visits are those of a day without a cut."""

import psycopg
import pytest
from msgspec import structs

from simulators.script.mishaps import IsCutOff
from tests.e2e.conftest import Pipeline
from tests.e2e.days import accounting, assert_same, assert_true, played
from tests.simulators.plans import CROWDED, SMALL, options_of

pytestmark = pytest.mark.integration

STORE = structs.replace(SMALL, store_id="cut-off")
CUTS = (IsCutOff(at="10:30", until="10:40"), IsCutOff(at="11:00", until="11:15", sensors=("gw-front", "gate-1", "till-1")))

LATE = "SELECT count(*) FROM instore.readings WHERE store_id = %s AND is_late"


def test_the_visits_are_those_of_a_day_without_a_cut(pipeline: Pipeline) -> None:
    """As the people really were, and value for value as `reconstruct` tells them, which knows no lateness."""
    day = played(pipeline.here, options_of(STORE, events=CUTS, habits=structs.replace(CROWDED, shoppers=25))).day
    assert accounting(pipeline.database_url, day.store_id) == day.expected()
    with psycopg.connect(pipeline.database_url) as connection:
        [(n_late,)] = connection.execute(LATE, [STORE.store_id]).fetchall()
    assert n_late > 300
    assert_same(pipeline.here, pipeline.database_url, day)
    assert_true(pipeline.database_url, day)
