"""One visit: what the page says of it is what that shopper really did."""

from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

import psycopg
import pytest
from msgspec import structs

from dashboards.expand import Scope, expand
from dashboards.frames import act_as_reader, ask
from dashboards.pages.journeys import journeys
from dashboards.pages.visit import visit
from dashboards.sql import text_of
from sensors.reading import to_datetime
from simulators.truth.visits import Truth, micros
from storage.model import Flush
from tests.dashboards.shop import BERLIN, MAIN, MONDAY, NOW, SATURDAY, Row, Shop, rows_of
from tests.databases import Database
from tests.storage.examples import payment, step
from tests.storage.examples import visit as visit_of

pytestmark = pytest.mark.integration

LANES = ("At the door", "In the shop", "At the till")


class Followed(NamedTuple):
    """A visit that a link leads to, and what it was."""

    shop: Shop
    scope: Scope
    truth: Truth

    def shown(self, title: str) -> list[Row]:
        """What a panel says of it."""
        return self.shop.shown(visit(), title, self.scope)


@pytest.fixture
def followed(shop: Shop) -> Followed:
    """One of the latest visits before Saturday that bought and touched much."""
    rows = {row["Came"]: row for row in shop.shown(journeys(), "The latest visits", shop.scope(MONDAY, SATURDAY))}
    came = [one for one in shop.story.visits(MAIN, MONDAY, SATURDAY) if one.converted and to_datetime(micros(one.entered_at)) in rows]
    truth = max(came, key=lambda one: sum(one.shelf_actions.values()))
    row = rows[to_datetime(micros(truth.entered_at))]
    since, until = (datetime.fromtimestamp(int(row[name]) / 1000, BERLIN) for name in ("from_ms", "to_ms"))
    return Followed(shop, shop.scope(since, until, visit=row["visit_id"]), truth)


def test_the_visit(followed: Followed) -> None:
    """When it was, and what it paid."""
    [row] = followed.shown("The visit")
    truth = followed.truth
    assert row["Came"] == to_datetime(micros(truth.entered_at))
    assert (row["Outcome"], row["This visit"], row["Currency"]) == ("bought", "is final", "EUR")
    assert row["Paid"] == pytest.approx(float(truth.basket_total))
    assert row["Zones"] == len(truth.path)


def test_where_it_went(followed: Followed) -> None:
    """The lanes of the timeline together are its way, each state in its time."""
    rows = followed.shown("Where it went")
    names = {zone.zone_id: zone.name for zone in followed.shop.story.layouts[0].zones}
    places = [next((row[lane] for lane in LANES if row[lane]), None) for row in rows]
    way = [place for at, place in enumerate(places) if place and (at == 0 or places[at - 1] != place)]
    assert way == [names[zone] for zone in followed.truth.path]
    assert [row["time"] for row in rows] == sorted({row["time"] for row in rows})
    assert not any(rows[-1][lane] for lane in LANES), "the last state has no end"


def test_what_was_touched(followed: Followed) -> None:
    """As many looks, pickups and put-backs as there were."""
    words = {"looked": "view", "picked up": "pickup", "put back": "putback"}
    assert Counter(words[row["Did"]] for row in followed.shown("What was touched")) == followed.truth.shelf_actions


def test_what_was_paid(followed: Followed) -> None:
    """The lines of the receipts make the sum, and are what was taken."""
    rows = followed.shown("What was paid")
    assert sum(row["Together"] for row in rows) == pytest.approx(float(followed.truth.basket_total))
    assert sum(row["Quantity"] for row in rows) == sum(followed.truth.taken.values())


def test_a_receipt_without_items(plain_database: Database) -> None:
    """Its amount is shown all the same, beside the lines of another one."""
    whole, told = structs.replace(payment(1), items=[]), payment(2)
    one = visit_of(0, n_stays=3, is_final=True, payments=(whole, told))
    plain_database.write(Flush(advance=step(None, 1), visits=[one], payments=[(paid, one.visit_id) for paid in (whole, told)]))
    since = to_datetime(one.entered_at)
    with psycopg.connect(plain_database.url, autocommit=True) as connection:
        act_as_reader(connection)
        [[name]] = connection.execute("SELECT visit_id::text FROM instore_analysis.visits WHERE store_id = 's1'")
        scope = Scope(since - timedelta(minutes=1), since + timedelta(hours=1), {"store": ("s1",), "visit": (name,)})
        rows = rows_of(ask(connection, expand(text_of("visit/payment"), scope)))
    assert [(row["Product"], row["Quantity"], row["Together"]) for row in rows] == [
        ("no items told", None, 2.5),
        ("milk", 1, 1.19),
        ("bread", 0.5, 1.31),
    ]


def test_its_scores(followed: Followed) -> None:
    """Each from 0 to 1; the last point of the line is one of them."""
    [scores] = followed.shown("What the shopper values")
    assert set(scores) == {"Speed", "Selection", "Price", "Recognition"}
    assert all(0 <= score <= 1 for score in scores.values())


def test_a_visit_with_a_signal(shop: Shop) -> None:
    """A visit whose priority was announced: the signal is listed, and its score is a point of the line, before the visit's own."""
    rows = shop.shown(journeys(), "The latest visits", shop.scope(MONDAY, SATURDAY))
    found = 0
    for row in rows:
        since, until = (datetime.fromtimestamp(int(row[name]) / 1000, BERLIN) for name in ("from_ms", "to_ms"))
        scope = shop.scope(since, until, visit=row["visit_id"])
        told = [one for one in shop.shown(visit(), "Its signals", scope) if one["Signal"] == "priority_changed"]
        points = [max(filter(None, list(point.values())[1:]), default=None) for point in shop.shown(visit(), "How that changed", scope)]
        assert [one["Measured"] for one in told] == points[: len(told)]
        assert all(one["Measured"] >= one["Threshold"] for one in told)
        found += len(told)
    assert found > 5


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "none is picked"),
        ("no-visit", "is not known in this store and time"),
        ("00000000-0000-0000-0000-000000000000", "is not known in this store and time"),
    ],
)
def test_another_visit_is_not_shown(shop: Shop, name: str, said: str) -> None:
    """A name that is none, or none at all, is no error: the first panel says it, and where visits are; the others have nothing."""
    first, *others = (shop.shown(visit(), panel["title"], shop.scope(MONDAY, NOW, visit=name)) for panel in visit()["panels"])
    [told] = [{column: value for column, value in row.items() if value is not None} for row in first]
    assert told == {"This visit": said, "All visits": "pick one on Journeys"}
    assert others == [[]] * len(others)
