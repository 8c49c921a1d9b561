"""docs/notebooks: they run for an analyst, show what is kept in them, and what they show is what really happened in the shop."""

from collections import Counter
from itertools import pairwise
from math import isclose
from typing import Any

import pandas as pd
import pytest

from simulators.truth.visits import Truth
from tests.dashboards import notebook
from tests.dashboards.shop import MAIN, Shop
from tests.storage.logins import member

pytestmark = pytest.mark.integration

FILE = notebook.FOLDER / "first-look.ipynb"

Told = tuple[list[list[notebook.Output]], dict[str, Any]]


@pytest.fixture(scope="module")
def told(shop: Shop) -> Told:
    """What the notebook shows now, and what its names stand for."""
    with member(shop.database.url, "analyst") as mine:
        return notebook.run(notebook.load(FILE), mine)


@pytest.fixture(scope="module")
def names(told: Told) -> dict[str, Any]:
    """What its names stand for."""
    return told[1]


@pytest.fixture(scope="module")
def happened(shop: Shop, names: dict[str, Any]) -> list[Truth]:
    """The customers' visits of the days that it is about."""
    since, until = (pd.Timestamp(names["SPAN"][end], tz="Europe/Berlin").to_pydatetime() for end in ("since", "until"))
    return shop.story.visits(MAIN, since, until)


def test_there_are_no_others() -> None:
    """Each notebook has its test."""
    assert list(notebook.FOLDER.iterdir()) == [FILE]


def test_it_shows_what_is_kept_in_it(told: Told) -> None:
    """Texts word for word, pictures point by point. Stale: `python -m tests.dashboards.notebook` keeps what it shows now."""
    kept = [cell["outputs"] for cell in notebook.load(FILE) if cell["cell_type"] == "code"]
    different = [list(notebook.differences(*both)) for both in zip(kept, told[0], strict=True)]
    assert different == [[]] * len(kept)
    assert sum("image/png" in output.get("data", {}) for outputs in kept for output in outputs) == 5


def test_a_stale_picture_is_noticed(told: Told) -> None:
    """And a number that is another one: the comparison can fail."""
    shown = [output for outputs in told[0] for output in outputs]
    pictures = [output for output in shown if "image/png" in output.get("data", {})]
    assert list(notebook.differences(pictures[:1], pictures[1:2]))
    assert list(notebook.differences([{"output_type": "stream", "name": "stdout", "text": ["1\n"]}], [{**shown[0], "text": ["2\n"]}]))
    assert list(notebook.differences(shown[:1], []))


def test_visits_are_those_that_happened(names: dict[str, Any], happened: list[Truth]) -> None:
    """How many, when, how many paid, and how much, to the cent."""
    customers = names["customers"]
    assert len(customers) == len(happened) > 500
    assert customers["converted"].sum() == sum(one.converted for one in happened)
    assert customers["basket_total"].sum() == sum(one.basket_total for one in happened)
    assert isclose(names["came"].mul(names["days"][names["week_days"]], axis=0).to_numpy().sum(), len(happened))
    assert (names["before"] + names["now"], names["bought_before"] + names["bought"]) == (len(happened), customers["converted"].sum())


def test_ways_are_those_that_were_gone(names: dict[str, Any], happened: list[Truth]) -> None:
    """From zone to zone, and as whole ways."""
    moves = {(move.from_zone_id, move.to_zone_id): move.moves for move in names["moves"].itertuples()}
    assert moves == Counter(step for one in happened for step in pairwise(one.path))
    assert Counter(names["ways"]) == Counter(" > ".join(one.path) for one in happened)


def test_each_step_of_a_funnel_is_less_than_the_one_before(names: dict[str, Any], happened: list[Truth]) -> None:
    """And the first is the visits that came to the zone."""
    zone_of = {"dairy-1": "dairy", "bakery-1": "bakery", "seasonal-2": "seasonal"}
    funnel = names["funnel"]
    for shelf, zone in zone_of.items():
        assert funnel.loc[shelf, "came_to_its_zone"] == sum(zone in one.path for one in happened)
    assert (funnel.diff(axis=1).iloc[:, 1:] <= 0).all(axis=None)
    assert funnel["bought"].min() > 0
