"""Panels' answers: whenever a panel is made, the browser gets it, in the first answer or in the second."""

from datetime import UTC, datetime, timedelta
from time import sleep

from dashboards.board import Board
from dashboards.expand import Scope
from dashboards.frames import Frame
from dashboards.preview.answers import Answers
from dashboards.preview.database import Database, TooSlow
from dashboards.preview.look import Look

UNTIL = datetime(2026, 11, 21, 9, tzinfo=UTC)
LOOK = Look(Scope(UNTIL - timedelta(hours=1), UNTIL, {}), {}, ("now-1h", "now"))
BUSY = Board({"uid": "busy", "panels": [{"id": number, "type": "stat", "targets": [{"rawSql": "SELECT 1"}]} for number in range(8_000)]})
"""A second's work: at whatever moment one looks, some panels are about to be made."""


class Slow(Database):
    """A database that has given up each query after a moment."""

    def ask(self, sql: str) -> Frame:  # noqa: ARG002 - it gives up whatever is asked
        """Take a moment, and give up."""
        sleep(0.001)
        raise TooSlow


def test_a_panel_that_is_made_while_one_looks_is_not_lost() -> None:
    """Each comes once, with the first answer or with the second."""
    answers = Answers(Slow(""))
    soon, ticket = answers.begin(BUSY, LOOK, [{"of": "busy", "panel": panel["id"]} for panel in BUSY["panels"]])
    late = answers.rest(ticket)
    assert 0 < len(soon) < len(BUSY["panels"])
    assert soon.keys() | late.keys() == {("busy", panel["id"]) for panel in BUSY["panels"]}
    assert not soon.keys() & late.keys()
    assert answers.rest(ticket) == {}
