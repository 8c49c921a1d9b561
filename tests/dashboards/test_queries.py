"""Every query of every panel, variable and alert, on each sort of database, by a reader who sees no devices: none fails, few are empty."""

import re
from collections import defaultdict

import psycopg
import pytest

from dashboards.alerts import groups
from dashboards.boards import boards
from dashboards.check import Finding, act_as_reader, check
from dashboards.plans import read
from tests.dashboards.shop import NOW, Shop

pytestmark = pytest.mark.integration

EMPTY = {
    "Who has been waiting long": "nobody has been in a zone for a quarter of an hour at that moment",
    "Its signals": "the visit that is looked at raised none; test_visit.py looks at one that did",
    "Late readings": "all came in time",
    "Rebuilt": "nothing was",
    "alert Conversion far under its usual": "two weeks are too few to say what is usual",
    "alert Sensor silent": "none is",
}
"""Panels and alerts that show nothing of the shop, and why."""


@pytest.fixture(scope="package")
def findings(shop: Shop) -> list[Finding]:
    """How each query went, of both stores."""
    with psycopg.connect(shop.database.url, autocommit=True) as connection:
        plans = read(connection)
        act_as_reader(connection)
        return list(check(connection, boards(plans), groups(), NOW))


def test_none_fails(findings: list[Finding]) -> None:
    """Not even for a store with a quote in its id. How long they take on a busy machine says nothing."""
    assert len(findings) > 100
    assert [one for one in findings if one.problem and not one.problem.startswith("takes")] == []


def test_few_are_empty_and_it_is_known_why(findings: list[Finding]) -> None:
    """What is empty in both stores is on the list above."""
    rows: defaultdict[str, int] = defaultdict(int)
    for one in findings:
        rows[_panel(one.where)] += one.rows
    assert {panel for panel, n in rows.items() if n == 0} - EMPTY.keys() == set()


def _panel(where: str) -> str:
    """The panel of "page / panel of store, by hour"."""
    panel = where.partition(" / ")[2].partition(" of corner-market")[0].partition(" of o'neill")[0]
    return re.sub(", by (5m|hour|day)$", "", panel) or where
