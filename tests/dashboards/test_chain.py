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
from dashboards.chain import chain
from dashboards.check import act_as_reader
from dashboards.expand import Scope, expand
from dashboards.frames import ask
from sensors.layout import Layout
from sensors.reading import SECOND, Payment, to_datetime, to_micros
from simulators.truth import micros
from storage import layouts
from storage.connect import connect
from storage.model import Flush, Visit
from tests.dashboards.shop import MAIN, MONDAY, OTHER, SATURDAY, Shop
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


def test_a_store_that_sells_to_few_stands_out(any_database: Database) -> None:
    """Of six stores in which eight of ten buy, or nearly so, one in which five do; no other."""
    bought = {"a": 32, "b": 31, "c": 33, "d": 32, "e": 20, "f": 32}
    _write(any_database, [_one(store_id, 0, n, n < some) for store_id, some in bought.items() for n in range(VISITS)])
    assert _outliers(any_database) == [("e", "Conversion, percent", 50.0, "low")]


def test_a_week_unlike_those_before_stands_out(any_database: Database) -> None:
    """A store on its own: half as many came in the last week as in each of the five before."""
    weeks = [(0, VISITS)] + [(week, 2 * VISITS + week) for week in range(1, 6)]
    _write(any_database, [_one("a", week, n, n % 2 == 0) for week, visits in weeks for n in range(visits)])
    assert _outliers(any_database) == [("a", "Visits in the week", float(VISITS), "low")]


def test_nobody_stands_out_where_all_are_alike(any_database: Database) -> None:
    """Six stores that are equal but for one visit: the deviation is nothing, and the difference a trifle."""
    _write(any_database, [_one(store_id, 0, n, n < 32 + (store_id == "a")) for store_id in "abcdef" for n in range(VISITS)])
    assert _outliers(any_database) == []


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
    scope = Scope(TODAY - timedelta(days=7), TODAY + timedelta(hours=9), {})
    with psycopg.connect(database.url, autocommit=True) as connection:
        act_as_reader(connection)
        frame = ask(connection, expand(_sql(chain(), "What stands out"), scope))
    columns = [frame.named(name) for name in ("Store", "Figure", "Last week", "Mark")]
    rows = zip(*(column.values for column in columns if column), strict=True)
    return [row for row in rows if row[3] != "unknown"]


def _sql(board: Board, title: str) -> str:
    [sql] = [panel["targets"][0]["rawSql"] for panel in board["panels"] if panel["title"] == title]
    return str(sql)
