"""What Grafana makes of a query before the database gets it."""

from datetime import UTC, datetime

import pytest

from dashboards.expand import NotExpanded, Scope, expand, variables_in

SCOPE = Scope(
    datetime(2026, 11, 21, 9, tzinfo=UTC),
    datetime(2026, 11, 21, 12, 30, 0, 250_000, tzinfo=UTC),
    {"store": ("o'neill",), "zone": ("dairy", "tills"), "by": ("hour",), "visit": ("",)},
)


@pytest.mark.parametrize(
    ("sql", "becomes"),
    [
        ("store_id = ${store:sqlstring}", "store_id = 'o''neill'"),
        ("zone_id IN (${zone:sqlstring})", "zone_id IN ('dairy','tills')"),
        ("FROM instore.footfall_${by:raw}", "FROM instore.footfall_hour"),
        ("ANY(ARRAY[${visit:sqlstring}]::text[])", "ANY(ARRAY[]::text[])"),
        ("$__timeFilter(entered_at)", "entered_at BETWEEN '2026-11-21T09:00:00Z' AND '2026-11-21T12:30:00.250000Z'"),
        ("$__timeTo()::timestamptz", "'2026-11-21T12:30:00.250000Z'::timestamptz"),
        ("SELECT '$5'", "SELECT '$5'"),
    ],
)
def test_it_becomes(sql: str, becomes: str) -> None:
    """As Grafana 9.3.2 was seen to do it: an empty text becomes nothing at all."""
    assert expand(sql, SCOPE) == becomes


@pytest.mark.parametrize("sql", ["${other:sqlstring}", "${zone:raw}", "${store}", "$store", "$__interval", "$__timeGroup(ts, 5m)"])
def test_what_is_not_known_is_refused(sql: str) -> None:
    """So that no query is tried here that Grafana would send otherwise."""
    with pytest.raises(NotExpanded):
        expand(sql, SCOPE)


def test_variables_are_found_in_any_text() -> None:
    """In queries, titles and links; Grafana's own are left out."""
    assert variables_in("/d/x?var-store=${store}&v=${__data.fields.visit_id} $by ${zone:sqlstring}") == {"store", "by", "zone"}
