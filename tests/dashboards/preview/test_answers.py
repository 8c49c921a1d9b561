"""Panels' answers: whenever a panel is made, the browser gets it; what nobody waits for is not asked."""

from datetime import UTC, datetime, timedelta
from time import sleep

from dashboards.board import Board
from dashboards.expand import Scope
from dashboards.frames import Frame
from dashboards.preview.answers import SOON_S, Answers
from dashboards.preview.database import Database, TooSlow
from dashboards.preview.look import Look

UNTIL = datetime(2026, 11, 21, 9, tzinfo=UTC)
LOOK = Look(Scope(UNTIL - timedelta(hours=1), UNTIL, {}), {}, ("now-1h", "now"))
BUSY = Board({"uid": "busy", "panels": [{"id": number, "type": "stat", "targets": [{"rawSql": "SELECT 1"}]} for number in range(8_000)]})
"""A second's work: at whatever moment one looks, some panels are about to be made."""


NAMES = [{"of": "busy", "panel": panel["id"]} for panel in BUSY["panels"]]
SCOPE = {"board": "busy"}


class Slow(Database):
    """A database that has given up each query after a moment."""

    asked = 0

    def ask(self, sql: str) -> Frame:  # noqa: ARG002 - it gives up whatever is asked
        """Take a moment, and give up."""
        self.asked += 1
        sleep(0.001)
        raise TooSlow


def test_a_panel_that_is_made_while_one_looks_is_not_lost() -> None:
    """Each look has what the one before it had; the last has all, and the ticket is used up then."""
    answers = Answers(Slow(""))
    ticket = answers.begin(SCOPE, BUSY, LOOK, NAMES)
    first = answers.made(ticket, SCOPE, SOON_S)
    assert first is not None
    assert not first.is_all
    assert 0 < len(first.panels) < len(NAMES)
    second = answers.made(ticket, SCOPE, 60)
    assert second is not None
    assert second.is_all
    assert second.panels.keys() == {("busy", panel["id"]) for panel in BUSY["panels"]}
    assert second.panels.items() >= first.panels.items()
    assert answers.made(ticket, SCOPE, 0) is None


def test_what_nobody_waits_for_is_given_up() -> None:
    """Another scope has nothing of it; what is forgotten is not asked any more, and neither is what too many came after."""
    slow = Slow("")
    answers = Answers(slow)
    ticket = answers.begin(SCOPE, BUSY, LOOK, NAMES)
    assert answers.made(ticket, {"board": "other"}, 0) is None
    answers.forget(ticket)
    for _ in range(30):
        ticket = answers.begin(SCOPE, BUSY, LOOK, NAMES[:100])
    last = answers.made(ticket, SCOPE, 60)
    assert last is not None
    assert len(last.panels) == 100
    assert slow.asked < 8_000
