"""Chain: both stores as they really were, and the rule by which one stands out."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from msgspec import structs

from dashboards.board import Board
from dashboards.expand import Scope, expand
from dashboards.frames import act_as_reader, ask
from dashboards.pages.chain import chain
from sensors.layout import Layout
from sensors.reading import SECOND, Payment, to_datetime, to_micros
from simulators.truth.visits import micros
from storage import layouts
from storage.connect import connect
from storage.model import Flush, Visit
from tests.dashboards.shop import MAIN, MONDAY, OTHER, SATURDAY, Row, Shop, rows_of
from tests.databases import Database
from tests.storage.examples import step, visit

pytestmark = pytest.mark.integration

TODAY = datetime(2026, 11, 14, tzinfo=UTC)
VISITS = 40
"""A week, of each store."""


def test_stores_are_ranked_by_conversion(shop: Shop) -> None:
    """Visits and conversion of each store, the best first."""
    rows = shop.shown(chain(), "The stores, ranked", shop.scope(MONDAY, SATURDAY))
    true: dict[str, tuple[int, float]] = {}
    for store_id in (MAIN, OTHER):
        came = shop.story.visits(store_id, MONDAY, SATURDAY)
        true[store_id] = len(came), sum(one.converted for one in came) / len(came)
    assert {row["store_id"]: row["Visits"] for row in rows} == {store_id: n for store_id, (n, _) in true.items()}
    assert all(row["Conversion"] == pytest.approx(true[row["store_id"]][1]) for row in rows)
    assert [row["store_id"] for row in rows] == sorted(true, key=lambda store_id: -true[store_id][1])
    assert {row["store_id"]: row["Store"] for row in rows} == {MAIN: "Corner Market", OTHER: "O'Neill's"}


def test_what_was_spent_a_visit(shop: Shop) -> None:
    """Turnover over visits: all receipts of the days belong to visits that began in them."""
    for row in shop.shown(chain(), "The stores, ranked", shop.scope(MONDAY, SATURDAY)):
        came = shop.story.visits(row["store_id"], MONDAY, SATURDAY)
        assert all(to_datetime(micros(one.left_at)) < SATURDAY for one in came)
        assert row["Spent a visit"] * len(came) == pytest.approx(float(sum(one.basket_total for one in came)))
        assert row["Currency"] == "EUR"


def test_two_stores_and_two_weeks_are_too_few(shop: Shop) -> None:
    """It says so, rather than calling one an outlier."""
    rows = shop.shown(chain(), "What stands out", shop.scope(MONDAY, SATURDAY))
    assert {row["Store"] for row in rows} == {
        "Too few to tell: at most 2 of 5 stores",
        "Too few to tell: at most 1 of 4 weeks before",
    }


def test_a_store_that_sells_to_few_stands_out(plain_database: Database) -> None:
    """Of six stores in which eight of ten buy, or nearly so, one in which five do; no other."""
    bought = {"a": 32, "b": 31, "c": 33, "d": 32, "e": 20, "f": 32}
    _write(plain_database, [_one(store_id, 0, n, n < some) for store_id, some in bought.items() for n in range(VISITS)])
    assert _outliers(plain_database) == [("e", "Conversion, percent", 50.0, "low")]


def test_a_week_unlike_those_before_stands_out(plain_database: Database) -> None:
    """A store on its own: half as many came in the last week as in each of the five before."""
    weeks = [(0, VISITS)] + [(week, 2 * VISITS + week) for week in range(1, 6)]
    _write(plain_database, [_one("a", week, n, n % 2 == 0) for week, visits in weeks for n in range(visits)])
    assert _outliers(plain_database) == [("a", "Visits in the week", float(VISITS), "low")]


def test_nobody_stands_out_where_all_are_alike(plain_database: Database) -> None:
    """Six stores that are equal but for one visit: the deviation is nothing, and the difference a trifle."""
    _write(plain_database, [_one(store_id, 0, n, n < 32 + (store_id == "a")) for store_id in "abcdef" for n in range(VISITS)])
    assert _outliers(plain_database) == []


def test_a_store_that_collapses_stands_out(plain_database: Database) -> None:
    """Nobody at all, or hardly anybody, in the last week; a rate of so few is not judged. Weeks before a store's first are none."""
    weeks = [(week, VISITS + week) for week in range(1, 7)]
    some = [_one(store_id, week, n, n % 2 == 0) for store_id in "ab" for week, visits in weeks for n in range(visits)]
    young = [_one("c", week, n, n % 2 == 0) for week in (0, 1) for n in range(VISITS)]
    _write(plain_database, [*some, *young, *(_one("b", 0, n, paid=True) for n in range(5))])
    assert _outliers(plain_database) == [("a", "Visits in the week", 0.0, "low"), ("b", "Visits in the week", 5.0, "low")]


def test_a_store_that_hardly_anybody_visits_does_not_stand_out(plain_database: Database) -> None:
    """Six a week, and then two: chance alone does that."""
    weeks = [(0, 2), *((week, 6) for week in range(1, 7))]
    _write(plain_database, [_one("a", week, n, n % 2 == 0) for week, visits in weeks for n in range(visits)])
    assert _outliers(plain_database) == []


def test_a_store_that_nobody_visits_any_more_is_still_there(plain_database: Database) -> None:
    """With none, and all of its visits less; in the sums of the chain too, which are 0 where both are empty."""
    _write(
        plain_database,
        [
            _one(store_id, week, n, paid=True)
            for store_id, weeks in {"a": (0, 1, 2), "b": (1, 2)}.items()
            for week in weeks
            for n in range(8)
        ],
    )
    scope = Scope(TODAY - timedelta(days=7), TODAY, {})
    ranked = _rows(plain_database, "The stores, ranked", scope)
    assert [(row["Store"], row["Visits"], row["Change"]) for row in ranked] == [("a", 8, 0), ("b", 0, -1)]
    assert {row["Store"]: row["Visits"] for row in _rows(plain_database, "Who is visited most", scope)} == {"a": 8, "b": 0}
    [all_together] = _rows(plain_database, "The chain", scope)
    assert (all_together["Stores"], all_together["Visits"], all_together["Change"]) == (1, 8, -0.5)
    [later] = _rows(plain_database, "The chain", Scope(TODAY, TODAY + timedelta(days=7), {}))
    assert (later["Visits"], later["Change"]) == (0, -1)


def _one(store_id: str, week: int, number: int, paid: bool) -> Visit:
    """A visit of ten minutes, on a day of a week back from TODAY."""
    begun = to_micros(TODAY - timedelta(days=7 * week + 1 + number % 6)) + (8 * 3600 + 60 * number) * SECOND
    key = UUID(int=int.from_bytes(f"{store_id}/{week}/{number}".encode()))
    payment = Payment(
        id=str(key),
        store_id=store_id,
        sensor_id="till-1",
        ts=begun + 500 * SECOND,
        received_at=begun + 501 * SECOND,
        receipt_id=str(key),
        amount=Decimal(10),
        currency="EUR",
    )
    return structs.replace(
        visit(number, store_id, n_stays=0, is_final=True, payments=(payment,) if paid else ()),
        visit_id=str(key),
        device_id=f"tag-{store_id}-{week}-{number}",
        entered_at=begun,
        left_at=begun + 600 * SECOND,
        shelf_visits=(),
    )


def _write(database: Database, visits: Sequence[Visit]) -> None:
    with connect(database.url, "test") as connection:
        for store_id in {one.store_id for one in visits}:
            layouts.save(connection, Layout(store_id=store_id), "test")
    payments: list[Any] = [(payment, one.visit_id) for one in visits for payment in one.payments]
    database.write(Flush(advance=step(None, 1), visits=list(visits), payments=payments))


def _outliers(database: Database) -> list[tuple[object, ...]]:
    """Store, figure, value and mark of what stands out."""
    rows = _rows(database, "What stands out", Scope(TODAY - timedelta(days=7), TODAY + timedelta(hours=9), {}))
    return [(row["Store"], row["Figure"], row["Last week"], row["Mark"]) for row in rows if row["Mark"] != "unknown"]


def _rows(database: Database, title: str, scope: Scope) -> list[Row]:
    with psycopg.connect(database.url, autocommit=True) as connection:
        act_as_reader(connection)
        return rows_of(ask(connection, expand(_sql(chain(), title), scope)))


def _sql(board: Board, title: str) -> str:
    [sql] = [panel["targets"][0]["rawSql"] for panel in board["panels"] if panel["title"] == title]
    return str(sql)
