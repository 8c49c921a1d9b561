"""Shoppers of each kind do what their kind is described by, and carry its name in the ground truth."""

from collections import defaultdict
from statistics import fmean, median

import pytest

from simulators.crowd import come_and_go, crowd_of
from simulators.shop.floor import builtin, floor_of
from simulators.shop.habits import Habits
from simulators.shop.manners import MANNERS, Priority
from simulators.shop.walk import Walk
from tests.simulators.plans import CROWDED, play, window_of

GROCERY = builtin("grocery")
FLOOR = floor_of(GROCERY)
PRICES = {shelf.shelf_id: {one.product_id: FLOOR.prices[one.product_id] for one in shelf.products} for shelf in GROCERY.shelves}


@pytest.fixture(scope="module")
def walks() -> dict[Priority, list[Walk]]:
    """The shoppers of a day, by kind, without those who only come along."""
    found: defaultdict[Priority, list[Walk]] = defaultdict(list)
    for walk in come_and_go(crowd_of(FLOOR, Habits(), 1), window_of(GROCERY)):
        if walk.priority is not None and walk.leader is None:
            found[walk.priority].append(walk)
    return dict(found)


def minutes(walk: Walk) -> float:
    """How long a shopper was there."""
    return (walk.now - walk.began) / 60_000


def looks(walks: list[Walk]) -> list[int]:
    """Milliseconds of all looks at shelves."""
    return [act.duration_ms for walk in walks for act in walk.acts if act.duration_ms is not None]


def test_shares_are_those_of_the_figures(walks: dict[Priority, list[Walk]]) -> None:
    """And together they are everybody."""
    everybody = sum(map(len, walks.values()))
    assert sum(manner.share for manner in MANNERS.values()) == pytest.approx(1)
    for kind, manner in MANNERS.items():
        assert len(walks[kind]) / everybody == pytest.approx(manner.share, abs=0.06)  # three standard deviations of 750


def test_who_values_speed_is_soon_out_again(walks: dict[Priority, list[Walk]]) -> None:
    """With short looks."""
    assert median(map(minutes, walks["speed"])) < median(map(minutes, walks["none"])) / 2
    assert median(looks(walks["speed"])) < median(looks(walks["none"])) * 0.6


def test_who_values_selection_looks_long_and_puts_back(walks: dict[Priority, list[Walk]]) -> None:
    """And touches more shelves than anything is taken from."""
    assert median(looks(walks["selection"])) > median(looks(walks["none"])) * 1.4

    def put_back(some: list[Walk]) -> float:
        return sum(act.action == "putback" for walk in some for act in walk.acts) / sum(
            act.action == "pickup" for walk in some for act in walk.acts
        )

    assert put_back(walks["selection"]) > 2 * put_back(walks["none"])


def test_who_values_price_takes_what_costs_less(walks: dict[Priority, list[Walk]]) -> None:
    """Of a shelf whose products have several prices, mostly the cheapest."""

    def cheapest(some: list[Walk]) -> float:
        taken = [act for walk in some for act in walk.acts if act.action == "pickup" and act.product_id in walk.taken()]
        return fmean(PRICES[act.shelf_id][act.product_id or ""] == min(PRICES[act.shelf_id].values()) for act in taken)

    assert cheapest(walks["price"]) > cheapest(walks["none"]) + 0.2


def test_who_values_recognition_goes_where_people_are_and_shows_the_card(walks: dict[Priority, list[Walk]]) -> None:
    """Most of them; of the others few."""

    def served(some: list[Walk]) -> float:
        return fmean(any(stay.zone_id == "cafe" for stay in walk.stays) for walk in some)

    def known(some: list[Walk]) -> float:
        return fmean(paid.names_device for walk in some for paid in walk.payments)

    assert served(walks["recognition"]) > 0.8
    assert served(walks["none"]) < 0.2
    assert known(walks["recognition"]) > 0.7
    assert known(walks["none"]) < 0.4


def test_the_truth_says_what_a_shopper_values_and_nothing_of_others() -> None:
    """Staff and passers-by value nothing that we could know."""
    played = play(habits=CROWDED)
    for walk, truth in zip(played.walks, played.truths, strict=True):
        assert truth.priority == walk.priority
        assert (truth.priority is None) == (walk.role != "shopper")


def test_people_keep_to_their_ways(walks: dict[Priority, list[Walk]]) -> None:
    """Who comes again with a tag of their own shops in the same manner, but for a few at the edges."""
    kinds: defaultdict[str, set[Priority]] = defaultdict(set)
    for kind, some in walks.items():
        for walk in some:
            if walk.has_own_tag:
                kinds[walk.device_id].add(kind)
    assert fmean(len(of_tag) == 1 for of_tag in kinds.values()) > 0.97
