"""Every query of every panel, variable and alert, by a reader who sees no devices: none fails, few are empty, TimescaleDB answers alike."""

import re
from collections import defaultdict
from datetime import UTC, datetime

import psycopg
import pytest

from dashboards.alerts import groups
from dashboards.boards import boards
from dashboards.check import questions
from dashboards.expand import expand
from dashboards.frames import act_as_reader, ask
from dashboards.plans import read
from tests.dashboards.shop import NOW, Shop, rows_of

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

Answers = dict[str, list[str]]
"""The rows of each query; which of several with the same rank comes first is nobody's promise, so they are sorted."""


@pytest.fixture(scope="package")
def answers(shop: Shop) -> Answers:
    """Of plain PostgreSQL."""
    return _answers(shop)


def test_none_fails(answers: Answers) -> None:
    """Not even for a store with a quote in its id."""
    assert len(answers) > 100
    assert any("o'neill" in where for where in answers)


def test_few_are_empty_and_it_is_known_why(answers: Answers) -> None:
    """What is empty in both stores is on the list above."""
    rows: defaultdict[str, int] = defaultdict(int)
    for where, found in answers.items():
        rows[_panel(where)] += len(found)
    assert {panel for panel, n in rows.items() if n == 0} - EMPTY.keys() == set()


def test_timescale_answers_alike(answers: Answers, timescale_shop: Shop) -> None:
    """The same rows for each query."""
    found = _answers(timescale_shop)
    assert found.keys() == answers.keys()
    assert [(where, rows, answers[where]) for where, rows in found.items() if rows != answers[where]] == []


def _answers(shop: Shop) -> Answers:
    with psycopg.connect(shop.database.url, autocommit=True) as connection:
        made = boards(read(connection))
        act_as_reader(connection)
        asked = questions(connection, made, groups(), NOW)
        return {one.where: sorted(map(_row, rows_of(ask(connection, expand(one.sql, one.scope))))) for one in asked}


def _row(row: dict[str, object]) -> str:
    return str({name: _plain(value) for name, value in row.items() if name != "visit_id"})  # each database has pseudonyms of its own


def _plain(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.9g}"
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _panel(where: str) -> str:
    """The panel of "page / panel of store, by hour"."""
    panel = where.partition(" / ")[2].partition(" of corner-market")[0].partition(" of o'neill")[0]
    return re.sub(", by (5m|hour|day)$", "", panel) or where
