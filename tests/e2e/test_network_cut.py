"""A store whose network is cut for ten minutes: what its sensors kept comes late, and the visits are those of a day without a cut."""

import psycopg
import pytest
from msgspec import structs

from simulators.script.mishaps import IsCutOff
from simulators.shop.floor import builtin
from simulators.together import write_layouts
from tests.e2e.conftest import Pipeline
from tests.e2e.days import Day, accounting, assert_same, assert_true, played, wait_until_stored
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


def test_the_scenario_as_a_recording_gives_the_same_visits(pipeline: Pipeline) -> None:
    """`simulate --scenario network-cut` into a recording: replayed, it is the day that its lines of readings tell, and that really was."""
    here, folder = pipeline.here, pipeline.here.folder / "taped-cut"
    plan, tape, lines, truth = (folder / name for name in ("plans/taped-cut.json", "day.jsonl.zst", "readings.jsonl", "truth.jsonl"))
    folder.mkdir()
    write_layouts(folder, [structs.replace(builtin("grocery"), store_id="taped-cut")])
    wanted = (
        "--scenario",
        "network-cut",
        "--store",
        folder / "taped-cut.json",
        "--date",
        "2026-11-25",
        "--shoppers",
        "60",
        "--truth",
        truth,
    )
    for out in (lines, tape):
        here.run_well("simulate", *wanted, "--out", out, "--layouts", plan.parent)
    here.run_well("layout", "load", plan)
    here.run_well("replay", tape, "--layout", plan, timeout_s=90)
    of_lines, of_tape = (Day("taped-cut", plan, out, truth) for out in (lines, tape))
    wait_until_stored(pipeline.database_url, of_tape)
    assert accounting(pipeline.database_url, "taped-cut") == of_lines.expected()
    assert_same(here, pipeline.database_url, of_tape)
    assert_same(here, pipeline.database_url, of_lines)
    assert_true(pipeline.database_url, of_tape)
