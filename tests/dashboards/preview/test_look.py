"""Links and titles are filled in as Grafana documents it."""

from datetime import UTC, datetime

import pytest

from dashboards.expand import Scope
from dashboards.frames import Column, Frame
from dashboards.preview.fields import fields_of
from dashboards.preview.look import Look, Row, link, text

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
        ("/d/x?var-store=${store}", "/d/x?var-store=caf%C3%A9%20%26%20co"),
        ("/d/x?var-store=$store", "/d/x?var-store=caf%C3%A9%20%26%20co"),
        ("/d/x?${zone:queryparam}", "/d/x?var-zone=a&var-zone=b"),
        ("/d/x?from=${__from}&to=${__to}", "/d/x?from=1795219200000&to=1795262400000"),
        ("/d/x?${__url_time_range}", "/d/x?from=now-12h&to=now"),
        ("/d/x?${__all_variables}", "/d/x?var-store=caf%C3%A9%20%26%20co&var-zone=%24__all"),
        ("/d/x?var-visit=${__data.fields.visit_id}", "/d/x?var-visit=v%2F1"),
        ("/d/x?var-visit=${__data.fields.visit_id:percentencode}", "/d/x?var-visit=v%2F1"),
        ('/d/x?from=${__data.fields["Came in"]}', "/d/x?from=1795219200000"),
        ("/d/x?v=${__value.raw}", "/d/x?v=0.5"),
        ("/d/x?v=${__value.text}", "/d/x?v=50%25"),
        ("/d/x?v=${__data.fields.Nothing}", "/d/x?v="),
    ],
)
def test_addresses(template: str, address: str) -> None:
    """Variables, times, and values of the row, percent-encoded."""
    assert link(template, LOOK, _row(2)) == address


def test_titles_say_texts() -> None:
    """A person reads the name of a store, not its id; what is no variable stays as it is."""
    assert text("Sales of ${store}", LOOK) == "Sales of Café"
    assert text("${store:raw} costs 5 $, ${other}", LOOK) == "café & co costs 5 $, ${other}"


def test_what_cannot_be_filled_in_is_an_error() -> None:
    """A macro of Grafana's that we do not know would make a link to nowhere."""
    with pytest.raises(ValueError, match=r"__timezone"):
        link("/d/x?tz=${__timezone}", LOOK, _row(0))
