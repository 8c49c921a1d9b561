"""The list of boards is short work however many stores there are: a store's own board is made when somebody asks for it."""

import pytest

from dashboards.boards import boards, pages
from dashboards.pages.now import now, uid_of
from dashboards.plans import StorePlan, ZonePlan
from dashboards.preview.catalog import Boards, Store

PLAN = StorePlan("north", "North", "EUR", [ZonePlan("dairy", "Dairy", "general", [(0, 0), (4, 0), (4, 3), (0, 3)], 10)])
FLAT = StorePlan("flat", "flat", None, [ZonePlan("line", "Line", "general", [(0, 0), (0, 1), (0, 2)], None)])
"""Its plan has no width: nobody can draw it."""


def test_the_preview_has_the_boards_that_are_published() -> None:
    """Each under its uid, and one line for each store in what can be picked."""
    found = Boards([PLAN], pages())
    assert [found.named(one["uid"]) for one in boards([PLAN])] == boards([PLAN])
    assert found.stores == [Store("instore-now-north", "north", "North (north)")]
    assert found.store("instore-now-north") == found.stores[0]
    assert found.store("instore-visits") is None
    assert found.named("nothing") is None


def test_a_board_is_made_when_it_is_asked_for() -> None:
    """A store whose plan cannot be drawn is listed, and keeps no other from its page."""
    found = Boards([FLAT, PLAN], pages())
    assert [one.name for one in found.stores] == ["flat", "North (north)"]
    assert found.named(uid_of(PLAN)) == now(PLAN)
    with pytest.raises(ZeroDivisionError):
        found.named(uid_of(FLAT))
