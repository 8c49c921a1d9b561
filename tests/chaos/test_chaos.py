"""The short version of `make chaos`: one round on real servers, and workers that come, stand still and go."""

from collections.abc import Iterator

import pytest

from tests.chaos import rounds, workers
from tests.chaos.busy import FAULTS, Busy, busy_hours
from tests.chaos.calm import in_one_go
from tests.chaos.left import Left
from tests.chaos.plan import FIRST, LAST, MORTAL, blows
from tests.conftest import MakeDatabase
from tests.e2e.processes import surroundings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

SEED = 3

STORES = ("store-1", "store-2", "store-3")


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory, make_database: MakeDatabase) -> Iterator[tuple[Busy, Left]]:
    """An hour of some stores, and what is left of it when nobody is killed."""
    with surroundings(tmp_path_factory.mktemp("busy")) as here, make_database() as database_url:
        busy = busy_hours(here, STORES, 1.0, 150, *FAULTS)
        yield busy, in_one_go(database_url, busy)


def test_everything_is_killed(calm: tuple[Busy, Left]) -> None:
    """Bridge, worker, Kafka and database, one after another and together, and mosquitto restarted: as if nothing had happened."""
    outcome = rounds.play(SEED, *calm, 20.0)
    assert outcome.wrong == []
    assert {name for hit in outcome.hits for name in hit.victims} == {*MORTAL, "mqtt"}


def test_workers_come_stand_still_and_go(calm: tuple[Busy, Left]) -> None:
    """A second one comes, stands still beyond its session timeout, wakes up, and dies: as if there had been one."""
    story = workers.stand_still(*calm, 25.0, times=1)
    assert story.wrong == []


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
