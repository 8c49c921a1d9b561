"""The short version of `make chaos`: one round on real servers, and a worker that stands still."""

import time
from collections.abc import Iterator

import pytest

from tests.chaos.busy import FAULTS, Busy, busy_hours
from tests.chaos.calm import in_one_go
from tests.chaos.left import Left
from tests.chaos.plan import FIRST, LAST, MORTAL, blows
from tests.chaos.rounds import strike
from tests.chaos.stage import replaying, stage
from tests.chaos.workers import Scene, nap
from tests.conftest import MakeDatabase
from tests.e2e.processes import surroundings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

SEED = 3

SPAN_S, BLOWS_S = 180.0, 10.0
"""How long readings would be sent, if the rest was not sent at full speed when the worker has woken up; and when the last blow comes."""

STORES = ("store-1", "store-2", "store-3")


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory, make_database: MakeDatabase) -> Iterator[tuple[Busy, Left]]:
    """An hour of some stores, and what is left of it when nobody is killed."""
    with surroundings(tmp_path_factory.mktemp("busy")) as here, make_database() as database_url:
        busy = busy_hours(here, STORES, 1.0, 150, *FAULTS)
        yield busy, in_one_go(database_url, busy)


def test_everything_is_killed_and_a_worker_stands_still(calm: tuple[Busy, Left]) -> None:
    """A round, then a second worker comes and the first is stopped until it has lost everything: as if nothing had happened."""
    busy, expected = calm
    with stage(busy) as running:
        replay, began = replaying(running, busy, SPAN_S), time.monotonic()
        hits = [strike(running, replay, began, blow, len(busy.ids)) for blow in blows(SEED, BLOWS_S)]
        scene = Scene(running, replay, len(busy.ids))
        scene.do("a second one comes", lambda: running.add("worker-2", "worker"), "worker", "worker-2")
        nap(scene, "worker", "worker-2")
        scene.hurry(busy)
        story = scene.end(busy, expected)
    assert story.wrong == []
    assert {name for hit in hits for name in hit.victims} == {*MORTAL, "mqtt"}
    assert len(running.programs["worker"].lives) > 1


@pytest.mark.parametrize("seed", range(20))
def test_a_plan_is_of_its_seed_alone(seed: int) -> None:
    """Everyone is hit, once alone and perhaps once with others, while readings are sent; the broker is never killed."""
    plan = blows(seed, 40.0)
    assert plan == blows(seed, 40.0)
    assert [blow.at_s for blow in plan] == sorted(blow.at_s for blow in plan)
    assert all(FIRST * 40 <= blow.at_s <= LAST * 40 for blow in plan)
    assert {blow.victims for blow in plan} >= {("mqtt",), *((name,) for name in MORTAL)}
    assert [blow.with_sigterm for blow in plan] == [blow.victims == ("mqtt",) for blow in plan]
    assert sum(len(blow.victims) > 1 for blow in plan) == 1
