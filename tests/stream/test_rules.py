"""The engine against section 4, rule by rule: examples worked out by hand, each in several orders and cuts, and the independent oracle."""

import random
from collections.abc import Sequence

import pytest

from sensors.layout import Layout
from sensors.reading import Payment, Reading
from storage.model import Visit
from stream.journey import Plan
from stream.rules import Rules
from stream.store import Store
from tests.oracle import ExpectedVisit, from_visit
from tests.rule_examples import EXAMPLES, NAMES, Example


class Rows:
    """What the changes of a store amount to when they are written one after the other, as a database would."""

    def __init__(self) -> None:
        self.visits: dict[str, Visit] = {}
        self.payments: dict[str, tuple[Payment, str | None]] = {}

    def write(self, store: Store) -> None:
        """Apply what is new."""
        changes = store.take()
        for removed in changes.removed:
            del self.visits[removed.visit_id]
        self.visits.update({visit.visit_id: visit for visit in changes.visits})
        self.payments.update({payment.id: (payment, visit_id) for payment, visit_id in changes.payments})


def _in_one_go(example: Example, readings: Sequence[Reading], cuts: int) -> tuple[list[ExpectedVisit], list[tuple[str, str]]]:
    """Run the engine over readings in any order, taking what is new after every few of them."""
    visits: list[Visit] = []
    unattributed: list[Payment] = []
    for store_id in sorted({reading.store_id for reading in readings}):
        plan = Plan(example.rules.get(store_id, Rules()), example.layouts.get(store_id, Layout(store_id=store_id)), any_order=True)
        store, rows = Store(store_id, plan), Rows()
        own = [reading for reading in readings if reading.store_id == store_id]
        for start in range(0, len(own), cuts):
            store.add(own[start : start + cuts])
            rows.write(store)
        store.close()
        rows.write(store)
        assert all(visit.is_final and visit.ended_by for visit in rows.visits.values())
        visits += rows.visits.values()
        unattributed += [payment for payment, visit_id in rows.payments.values() if visit_id is None]
    found = sorted(map(from_visit, visits), key=lambda visit: (visit.store_id, visit.device_id, visit.entered_at, visit.left_at))
    return found, sorted((payment.store_id, payment.id) for payment in unattributed)


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_rule(example: Example) -> None:
    """Each example comes out as worked out by hand: at once, one by one, backwards, and shuffled."""
    want = (list(example.visits), sorted(example.unattributed))
    readings = list(example.readings)
    assert _in_one_go(example, readings, len(readings)) == want
    assert _in_one_go(example, readings, 1) == want
    if len({reading.id for reading in readings}) == len(readings):  # of two with one id the first stays, so order means something there
        assert _in_one_go(example, readings[::-1], 2) == want
        random.Random(1).shuffle(readings)
        assert _in_one_go(example, readings, 3) == want
