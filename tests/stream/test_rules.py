"""The engine against section 4, rule by rule: examples worked out by hand, each in several orders and cuts, and the independent oracle."""

import random
from collections.abc import Sequence

import pytest

from sensors.layout import Layout
from sensors.reading import Reading
from stream.journey import Plan
from stream.rules import Rules
from stream.store import Store
from tests.oracle import ExpectedVisit
from tests.rule_examples import EXAMPLES, NAMES, Example
from tests.stream.rows import Rows, by_device


def _in_one_go(example: Example, readings: Sequence[Reading], cuts: int) -> tuple[list[ExpectedVisit], list[tuple[str, str]]]:
    """Run the engine over readings in any order, taking what is new after every few of them."""
    visits: list[ExpectedVisit] = []
    unattributed: list[tuple[str, str]] = []
    for store_id in sorted({reading.store_id for reading in readings}):
        plan = Plan(example.rules.get(store_id, Rules()), example.layouts.get(store_id, Layout(store_id=store_id)), any_order=True)
        store, rows = Store(store_id, plan), Rows()
        own = [reading for reading in readings if reading.store_id == store_id]
        for start in range(0, len(own), cuts):
            rows.add(store, own[start : start + cuts])
            rows.write(store)
        store.close()
        rows.write(store)
        assert all(visit.is_final and visit.ended_by for visit in rows.visits.values())
        visits += rows.as_expected().visits
        unattributed += rows.as_expected().unattributed
    return visits, sorted(unattributed)


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_rule(example: Example) -> None:
    """Each example comes out as worked out by hand: at once, one by one, backwards, and shuffled."""
    want = (sorted(example.visits, key=by_device), sorted(example.unattributed))
    readings = list(example.readings)
    assert _in_one_go(example, readings, len(readings)) == want
    assert _in_one_go(example, readings, 1) == want
    if len({reading.id for reading in readings}) == len(readings):  # of two with one id the first stays, so order means something there
        assert _in_one_go(example, readings[::-1], 2) == want
        random.Random(1).shuffle(readings)
        assert _in_one_go(example, readings, 3) == want
