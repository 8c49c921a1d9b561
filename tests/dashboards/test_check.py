"""Asking every query: each thing that may go wrong is named. That all is well with our own: test_queries.py."""

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from dashboards import panels, variables
from dashboards.board import Board, Page, board
from dashboards.check import check
from dashboards.frames import act_as_reader
from dashboards.pages.pipeline import pipeline
from storage.connect import connect
from tests.dashboards.shop import NOW, Shop

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def connection(shop: Shop) -> Iterator[psycopg.Connection]:
    """As a dashboard is."""
    with connect(shop.database.url, "test of check") as one:
        yield one


def _page(sql: str, nothing: str | None = None) -> list[Board]:
    panel = panels.rows("Panel", "For tests.", "variables/store")
    if nothing:
        panel.no_value(nothing)
    made = board(Page("instore-test", "Test", "For tests."), [[panels.size(panel, 24, 8)]])
    made["panels"][0]["targets"][0]["rawSql"] = sql
    return [made]


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("SELECT 1 AS one", None),
        ("SELECT nothing", 'Panel: fails: column "nothing" does not exist'),
        ("SELECT $__interval", "Panel: fails: $__interval is no variable"),
        ("SELECT ${store:sqlstring}", "Panel: fails: ${store} is no variable"),
        ("SELECT 1 AS one WHERE false", "Panel: returns nothing"),
        ("SELECT NULL::int AS one", "Panel: returns nothing"),
        ("SELECT pg_sleep(0.25)", "Panel: takes 25"),
        ("SELECT count(*) FROM instore.readings", "Panel: fails: permission denied for table readings"),
        ("SELECT device_id FROM instore_analysis.visits", 'Panel: fails: column "device_id" does not exist'),
    ],
)
def test_what_goes_wrong_is_named(connection: psycopg.Connection, sql: str, problem: str | None) -> None:
    """Dashboard, panel, and what is wrong; a dashboard sees no more than its role."""
    act_as_reader(connection)
    [found] = check(connection, _page(sql), [], NOW)
    assert found.where == "Test / Panel"
    said = f"Panel: {found.problem}"
    assert said.startswith(problem) if problem else found.problem is None


def test_nothing_is_an_answer_where_the_panel_has_words_for_it(connection: psycopg.Connection) -> None:
    """`nobody waits` is good news."""
    [found] = check(connection, _page("SELECT 1 AS one WHERE false", "nobody waits"), [], NOW)
    assert found.problem is None


def test_a_time_before_anything_was_received_has_words(connection: psycopg.Connection) -> None:
    """Of a month ago nothing was received: each panel of the pipeline's page says so itself, and none is named for it."""
    act_as_reader(connection)
    long_ago = list(check(connection, [pipeline()], [], NOW - timedelta(days=40)))
    assert {one.where: one.problem for one in long_ago if one.problem} == {}
    assert {one.rows for one in long_ago if "missing or double" in one.where} == {1}
    assert {one.rows for one in long_ago if "Readings received" in one.where} == {0}


def test_each_option_is_tried(connection: psycopg.Connection) -> None:
    """Figures by day come from another table than those by hour: a query that fails by day alone is named."""
    act_as_reader(connection)
    panel = panels.size(panels.rows("Panel", "For tests.", "variables/store"), 24, 8)
    made = board(Page("instore-test", "Test", "For tests."), [[panel]], [variables.by("hour", "day")])
    made["panels"][0]["targets"][0]["rawSql"] = "SELECT '${by:raw}' AS by, CASE '${by:raw}' WHEN 'day' THEN 1 / 0 END"
    found = {one.where: one.problem for one in check(connection, [made], [], NOW)}
    assert found == {"Test / Panel, by hour": None, "Test / Panel, by day": "fails: division by zero"}
