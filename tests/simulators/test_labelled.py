"""How well the heuristic finds what simulated shoppers value, and how that is counted."""

from datetime import date

import pytest

from simulators.labelled import HELD_OUT_SEEDS, KINDS, TUNING_SEEDS, Agreement, agreement, labelled
from simulators.shop.floor import builtin
from stream.facts import Catalog

LAYOUT = builtin("grocery")
FRIDAY = date(2026, 11, 20)


def test_priorities_of_unseen_shoppers_are_found() -> None:
    """One seed that nothing was tuned on: macro F1 at least 0.82 at the end of the visit, and less the earlier it is judged."""
    visits = labelled(LAYOUT, FRIDAY, HELD_OUT_SEEDS[0], 700, (0.25, 0.5, 0.75, 1.0))
    found = [agreement(some, Catalog(LAYOUT)).macro_f1() for some in visits.values()]
    assert found[-1] >= 0.82
    assert found == sorted(found)
    assert len({len(some) for some in visits.values()}) == 1


def test_a_part_of_a_visit_is_what_was_known_then() -> None:
    """Nothing of what came later: stays, touches and payments end at that share of the duration."""
    visits = labelled(LAYOUT, FRIDAY, 7, 40, (0.5, 1.0))
    for half, whole in zip(visits[0.5], visits[1.0], strict=True):
        begin, end = whole.stays[0].started_at, max(stay.ended_at for stay in whole.stays)
        until = begin + (end - begin) * 0.55 + 60_000_000
        assert half.label == whole.label
        assert set(half.shelf_visits) <= set(whole.shelf_visits)
        assert all(stay.ended_at <= until for stay in half.stays)
        assert all(touch.ts <= until for touch in half.shelf_visits)


def test_no_seed_is_both_tuned_on_and_held_out() -> None:
    """Nor a default of the command."""
    assert not {*TUNING_SEEDS, 1} & {*HELD_OUT_SEEDS}


def test_f1_is_counted_as_everybody_does() -> None:
    """Twice the hits over labels and judgements; the mean over kinds counts each alike."""
    counts = [[10 if row == column else 0 for column in range(len(KINDS))] for row in range(len(KINDS))]
    assert Agreement(counts).macro_f1() == 1
    counts[0][:2] = counts[1][:2] = [5, 5]
    assert Agreement(counts).f1() == [0.5, 0.5, 1, 1, 1]
    assert Agreement(counts).macro_f1() == pytest.approx(0.8)


def test_nothing_found_is_nothing_agreed() -> None:
    """No visits, no F1."""
    assert Agreement([[0] * 5 for _ in range(5)]).macro_f1() == 0
