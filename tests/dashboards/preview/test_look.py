"""Links are filled in as Grafana documents it."""

from datetime import UTC, datetime

import pytest

from dashboards.expand import Scope
from dashboards.frames import Column, Frame
from dashboards.preview.fields import fields_of
from dashboards.preview.look import Look, Row, link, unknown_in_address

SINCE, UNTIL = datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 21, 12, tzinfo=UTC)
LOOK = Look(Scope(SINCE, UNTIL, {"store": ("café & co",), "zone": ("a", "b")}), {"store": "Café", "zone": "All"}, ("now-12h", "now"))
FRAME = Frame(
    [
        Column("visit_id", "string", ["v/1"]),
        Column("Came in", "time", [SINCE]),
        Column("Score", "number", [0.5]),
    ]
)


def _row(column: int) -> Row:
    fields = fields_of(FRAME, {"defaults": {"unit": "percentunit"}})
    return Row(fields, 0, fields[column])


@pytest.mark.parametrize(
    ("template", "address"),
    [
        ("/d/x?${store:queryparam}", "/d/x?var-store=caf%C3%A9%20%26%20co"),
        ("/d/x?${zone:queryparam}", "/d/x?var-zone=a&var-zone=b"),
        ("/d/x?${__url_time_range}", "/d/x?from=now-12h&to=now"),
        ("/d/x?var-visit=${__data.fields.visit_id}", "/d/x?var-visit=v%2F1"),
        ("/d/x?var-visit=${__data.fields.visit_id:percentencode}", "/d/x?var-visit=v%2F1"),
        ("/d/x?v=${__data.fields.nothing}", "/d/x?v="),
    ],
)
def test_addresses(template: str, address: str) -> None:
    """Variables, times, and values of the row, percent-encoded."""
    assert list(unknown_in_address(template)) == []
    assert link(template, LOOK, _row(2)) == address


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("/d/x?tz=${__timezone}", "${__timezone} in a link"),
        ("/d/x?${store}", "${store} in a link"),
        ("/d/$store", "$ without braces in a link"),
    ],
)
def test_what_cannot_be_filled_in_is_named(template: str, said: str) -> None:
    """It would make a link to nowhere."""
    assert list(unknown_in_address(template)) == [said]
