"""What the demo says of a day that came out, or did not."""

from collections import Counter

import pytest
from msgspec import structs

from simulators.demo import Outcome
from simulators.sensing.faults import Expected
from simulators.truth.reconcile import Report
from simulators.truth.signalled import Signalled
from storage.accounts import Accounting

WELL = Outcome(
    published=104,
    closing=1,
    accounting=Accounting(received=104, stored=99, duplicate=3, rejected=2, difference=0, hours_off=0),
    rejected_by_reason={"not_json": 2},
    report=Report(),
    signalled=Signalled(),
    expected=Expected(received=103, stored=98, duplicate=3, rejected=Counter(not_json=2)),
)
"""A hundred and three readings, of which two are broken and three repeated, and the one that ends the day."""


def test_a_day_that_came_out() -> None:
    """There is nothing to say."""
    assert WELL.problems == []


@pytest.mark.parametrize("lost_on_the_way", [False, True])
def test_a_reading_that_is_lost(*, lost_on_the_way: bool) -> None:
    """It is missed wherever it was lost: before it was published, when all that follows agrees, and after."""
    counted = structs.replace(WELL.accounting, received=103, stored=98)
    lost = structs.replace(WELL, published=WELL.published if lost_on_the_way else 103, accounting=counted)
    said = ["received: 103 instead of 104", "stored: 98 instead of 99"]
    assert lost.problems == (said if lost_on_the_way else ["published: 103 instead of 104", *said])


def test_a_day_that_was_not_ended() -> None:
    """The reading that ends it is counted by itself: its absence does not stand for a lost one."""
    counted = structs.replace(WELL.accounting, received=103, stored=98)
    assert structs.replace(WELL, published=103, closing=0, accounting=counted).problems == []
    assert len(structs.replace(WELL, closing=0).problems) == 3
