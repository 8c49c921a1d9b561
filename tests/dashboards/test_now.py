"""Store now: its figures are what the simulated people really did, at several moments of a Saturday."""

import json
import re
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest
from msgspec import structs

from dashboards.pages.now import capacity_of, now, page_of
from dashboards.palette import ACT
from dashboards.plans import StorePlan, ZonePlan
from dashboards.sql import text_of
from sensors.reading import SECOND, to_micros
from simulators.truth.due import Due
from simulators.truth.signalled import ROUNDING_S
from simulators.truth.visits import Truth, micros
from tests.dashboards.scene import LAYOUT, Scene, alive, at, paid, raised, scene, visit
from tests.dashboards.scene import NOW as SCENE_NOW
from tests.dashboards.shop import MAIN, NOW, OTHER, Shop
from tests.databases import Database

MOMENTS = [NOW - timedelta(minutes=minutes) for minutes in (60, 50, 40, 30, 20)]
"""Late enough before NOW that all who left unseen are known to have left."""

ONE_BY_ONE = timedelta(days=7)


def _inside(truth: Truth, moment: int) -> tuple[bool, bool]:
    """Whether somebody was certainly inside, and whether they may have been, as far as sensors can tell."""
    began, ended = micros(truth.entered_at), micros(truth.left_at)
    since, until = began + round(truth.entered_bound_s * SECOND), ended - round(truth.left_bound_s * SECOND)
    return since <= moment < until, began <= moment < ended


@pytest.mark.integration
@pytest.mark.parametrize("store_id", [MAIN, OTHER])
def test_people_inside(shop: Shop, store_id: str) -> None:
    """As many as were in truth, but for those of whom no sensor could tell to the second; and the line over time says the same."""
    most = 0
    for moment in MOMENTS:
        whether = [_inside(truth, to_micros(moment)) for truth in shop.story.of(store_id) if not truth.pass_by]
        least, greatest = sum(sure for sure, _ in whether), sum(maybe for _, maybe in whether)
        scope = shop.scope(moment - timedelta(hours=1), moment, store=store_id)
        (found,) = shop.rows("now/inside", scope)
        assert least <= found["People inside"] <= greatest
        assert shop.rows("now/inside_today", scope)[-1]["Inside"] == found["People inside"]
        most = max(most, least)
    assert most >= (3 if store_id == MAIN else 1)


@pytest.mark.integration
def test_people_in_zones_are_inside(shop: Shop) -> None:
    """Nobody is in two zones, and who is in one is inside: plan and number agree, but for who was not heard just then."""
    for moment in MOMENTS:
        scope = shop.scope(moment - timedelta(hours=1), moment)
        zones = {row["zone"]: row["value"] for row in shop.rows("floor/people", scope)}
        assert set(zones) == {zone.zone_id for zone in shop.story.layouts[0].zones}
        inside = shop.rows("now/inside", scope)[0]["People inside"]
        passing = sum(_inside(truth, to_micros(moment))[1] for truth in shop.story.of(MAIN) if truth.pass_by)
        total: int = sum(zones.values())
        assert 0.7 * inside <= total <= inside + passing


@pytest.mark.integration
def test_today_against_the_usual(shop: Shop) -> None:
    """Visitors since midnight, and the mean of the two Saturdays before up to the same time: of those whose beginning a gate saw, all."""
    for moment in MOMENTS:
        (row,) = shop.rows("now/visitors", shop.scope(moment - timedelta(hours=1), moment))
        today, usual = _came(shop, moment), [_came(shop, moment - weeks * ONE_BY_ONE) for weeks in (1, 2)]
        assert row["Today"] == pytest.approx(today, abs=1)
        assert row["Usual by now"] == pytest.approx(sum(usual) / 2, abs=1)
        assert row["Against usual"] == pytest.approx(row["Today"] / row["Usual by now"] - 1)


def _came(shop: Shop, until: datetime) -> int:
    since = to_micros(until.replace(hour=0, minute=0))
    return sum(since <= micros(truth.entered_at) < to_micros(until) for truth in shop.story.of(MAIN) if not truth.pass_by)


@pytest.mark.integration
def test_sales_today(shop: Shop) -> None:
    """At least what those paid who had left, at the most what all who had come paid in the end; and the Saturdays before likewise."""
    for moment in MOMENTS:
        (row,) = shop.rows("now/sales", shop.scope(moment - timedelta(hours=1), moment))
        least, most = _spent(shop, moment)
        assert least <= Decimal(str(row["Today"])) <= most
        before = [_spent(shop, moment - weeks * ONE_BY_ONE) for weeks in (1, 2)]
        assert sum(one for one, _ in before) / 2 <= Decimal(str(row["Usual by now"])) <= sum(one for _, one in before) / 2
    assert least > 0


def _spent(shop: Shop, until: datetime) -> tuple[Decimal, Decimal]:
    since, end = to_micros(until.replace(hour=0, minute=0)), to_micros(until)
    came = [truth for truth in shop.story.of(MAIN) if since <= micros(truth.entered_at) < end]
    left = [truth for truth in came if micros(truth.left_at) < end]
    return sum((one.basket_total for one in left), Decimal(0)), sum((one.basket_total for one in came), Decimal(0))


@pytest.mark.integration
def test_what_needs_somebody_is_what_was_due(shop: Shop) -> None:
    """Each noon of the two weeks: what surely had to be raised within the hour is there, and nothing that was not due."""
    people = [due for due in shop.story.due if due.store_id == MAIN and due.kind != "priority_changed"]
    n_sure = 0
    for day in range(15):
        noon = (NOW - timedelta(days=day)).replace(hour=13, minute=0) if day else NOW
        since, until = to_micros(noon - timedelta(hours=1)), to_micros(noon)
        rows = shop.rows("now/needs", shop.scope(noon - timedelta(hours=1), noon))
        found = [to_micros(row["at"]) for row in rows if row["Is"] != "fine"]
        spans = {due: (_first(due), _last(due)) for due in people if _last(due) > since and _first(due) <= until}
        assert len(rows) < 30
        assert all(any(first <= at <= last for first, last in spans.values()) for at in found)
        sure = [span for due, span in spans.items() if due.sure and since < span[0] and span[1] <= until]
        assert all(any(first <= at <= last for at in found) for first, last in sure)
        (count,) = shop.rows("now/need_count", shop.scope(noon - timedelta(hours=1), noon))
        assert count["Need somebody"] == sum(row["Is"] == "now" for row in rows)
        assert (rows[0]["Is"] == "now") == (count["Need somebody"] != 0)
        n_sure += len(sure)
    assert n_sure > 10


def _first(due: Due) -> int:
    return micros(due.at) - round((due.early_s + ROUNDING_S) * SECOND)


def _last(due: Due) -> int:
    return micros(due.at) + round((due.late_s + ROUNDING_S) * SECOND)


@pytest.fixture
def here(plain_database: Database) -> Scene:
    """A store with nobody in it."""
    return scene(plain_database)


@pytest.mark.integration
def test_what_still_holds_is_not_forgotten_after_an_hour(here: Scene) -> None:
    """A zone full for 61 minutes, a queue, a sensor silent for days, the most urgent first; a basket counts for an hour."""
    here.write(
        readings=[alive("gw-1", -3 * 86_400)],
        visits=[visit(number, ("tills", -4000, -5)) for number in range(7)],
        signals=[
            raised(1, "long_dwell", -3000, zone_id="tills", visit_id=visit(1, ("tills", -4000, -5)).visit_id),
            raised(2, "sensor_silent", -2 * 86_400, sensor_id="gw-1"),
            raised(3, "zone_congested", -61 * 60, zone_id="dairy"),
            raised(4, "queue_long", -62 * 60, zone_id="tills"),
            raised(5, "abandoned_basket", -61 * 60, zone_id="dairy", visit_id=str(UUID(int=99))),
            raised(6, "zone_congested", -2 * 86_400, zone_id="kiosk"),
        ],
    )
    rows = here.rows("now/needs")
    assert [(row["Is"], row["What happens, and what to do"], row["Since"], row["For"]) for row in rows] == [
        ("now", "queue_long 4", "10:58", 92 * 60),
        ("now", "zone_congested 3", "10:59", 91 * 60),
        ("now", "sensor_silent 2", "Thu 12:00", 2 * 86_400 + 1800),
        ("now", "long_dwell 1", "11:10", 80 * 60),
    ]
    assert [(row["Visit"], row["from_ms"], row["to_ms"]) for row in rows] == [
        *[("", "", "")] * 3,
        ("look", str(at(-4060) // 1000), str(at(55) // 1000)),
    ]
    assert here.rows("now/need_count") == [{"Need somebody": 4}]
    here.write(signals=[raised(7, "zone_cleared", -60, zone_id="dairy")], readings=[alive("gw-1", -60)])
    assert [row["Is"] for row in here.rows("now/needs")] == ["now", "now"]
    assert [row["Is"] for row in here.rows("now/needs", SCENE_NOW - timedelta(minutes=2))] == ["now"] * 4


@pytest.mark.integration
@pytest.mark.parametrize(("hour", "minute", "holds"), [(3, 59, True), (4, 0, False)])
def test_a_zone_is_full_until_its_day_ends(here: Scene, hour: int, minute: int, holds: bool) -> None:
    """At 4 in the morning of a winter's day all is taken anew, and nobody says that a zone is cleared."""
    until = (SCENE_NOW + timedelta(days=1)).replace(hour=hour, minute=minute)
    here.write(signals=[raised(1, "zone_congested", (until - SCENE_NOW).total_seconds() - 7200, zone_id="dairy")])
    rows = here.rows("now/needs", until)
    assert [row["Is"] for row in rows] == ["now" if holds else "fine"]


@pytest.mark.integration
def test_queues_by_their_definition(here: Scene) -> None:
    """People x 45 s / open tills, as docs/signals.md says: 5 people and 2 tills that took money within 5 minutes are 112.5 s."""
    customers = [visit(number, ("dairy", -400, -200 + number), ("tills", -200 + number, -5)) for number in range(5)]
    here.write(
        visits=customers, payments=[(paid(1, -300, "till-1"), None), (paid(2, -10, "till-2"), None), (paid(3, -301, "till-3"), None)]
    )
    first, second = here.rows("now/queues")
    assert first == {"Till": "Tills", "What to do": "fine", "Expected wait": 112.5, "Waiting": 5, "Open tills": 2, "Longest here": 200.0}
    assert (second["Till"], second["What to do"], second["Waiting"]) == ("kiosk", "nobody waits", 0)
    (later,) = (row for row in here.rows("now/queues", SCENE_NOW + timedelta(seconds=20)) if row["Till"] == "Tills")
    assert (later["Open tills"], later["Expected wait"], later["What to do"]) == (1, 225.0, "watch")


@pytest.mark.integration
@pytest.mark.parametrize(("currency", "today", "share"), [("EUR", 20, 1), (None, None, None)])
def test_amounts_of_several_currencies_are_not_added_up(
    plain_database: Database, currency: str | None, today: float | None, share: float | None
) -> None:
    """A store that names its currency counts that alone; one that names none says nothing as soon as there are two."""
    here = scene(plain_database, structs.replace(LAYOUT, currency=currency))
    here.write(payments=[(paid(number, seconds), None) for number, seconds in enumerate((-60, -50, -7 * 86_400 - 60))])
    assert here.rows("now/sales") == [{"Today": 20, "Usual by now": 10, "Against usual": 1}]
    here.write(payments=[(paid(9, -7 * 86_400 - 50, currency="USD"), None)])
    assert here.rows("now/sales") == [{"Today": today, "Usual by now": today and 10, "Against usual": share}]


@pytest.mark.integration
def test_who_has_been_waiting_long(here: Scene) -> None:
    """Five minutes at a till, fifteen elsewhere, and still there, the worst of its kind first; with what the link to the visit needs."""
    here.write(
        visits=[
            visit(1, ("tills", -301, -1)),
            visit(2, ("tills", -299, -1)),
            visit(3, ("dairy", -901, -1)),
            visit(4, ("dairy", -899, -1)),
            visit(5, ("dairy", -2000, -10), ("tills", -10, -1)),
        ],
        payments=[(paid(1, -20, "till-1"), None)],
        signals=[raised(1, "long_dwell", -1, zone_id="dairy", visit_id=visit(3, ("dairy", -901, -1)).visit_id)],
    )
    rows = here.rows("now/waiting")
    assert [(row["Where"], row["For"], row["What to do"]) for row in rows] == [
        ("Tills", 301.0, "fine: waits"),
        ("Dairy", 901.0, "offer help"),
    ]
    assert all(len(str(row["visit_id"])) == 36 for row in rows)
    assert [(row["from_ms"], row["to_ms"]) for row in rows] == [
        (str(at(seconds - 60) // 1000), str(at(-1 + 60) // 1000)) for seconds in (-301, -901)
    ]


@pytest.mark.integration
def test_what_is_red_is_on_the_list(here: Scene) -> None:
    """A queue whose signal holds: list, count, tills and who waits say so in one colour; until it is raised none does."""
    here.write(visits=[visit(number, ("tills", -400 - number, -1)) for number in range(7)], payments=[(paid(1, -20, "till-1"), None)])
    assert [row["Is"] for row in here.rows("now/needs")] == ["fine"]
    assert _todo(here, "now/queues") == {"watch", "nobody waits"}
    assert _todo(here, "now/waiting") == {"watch"}
    here.write(signals=[raised(1, "queue_long", -1, zone_id="tills")])
    assert [row["Is"] for row in here.rows("now/needs")] == ["now"]
    assert here.rows("now/need_count") == [{"Need somebody": 1}]
    assert _todo(here, "now/queues") == {"open a till", "nobody waits"}
    assert _todo(here, "now/waiting") == {"open a till"}
    page = now(StorePlan("x", "x", None, []))
    panels = {panel["title"]: json.dumps(panel["fieldConfig"]) for panel in page["panels"]}
    colors = {title: re.findall(rf'"{text}": {{[^}}]*"color": "(#\w+)"', panels[title])[0] for title, text in _RED.items()}
    assert set(colors.values()) == {ACT}
    assert f'"value": 1, "color": "{ACT}"' in panels["Need somebody now"]


_RED = {
    "What needs somebody, and what to do": "now",
    "Tills: who waits, and how long": "open a till",
    "Who has been waiting long": "open a till",
}


def _todo(here: Scene, query: str) -> set[object]:
    return {row["What to do"] for row in here.rows(query)}


@pytest.mark.integration
def test_of_a_kind_what_has_lasted_longest_is_first(here: Scene) -> None:
    """Zone of an hour before zone of a minute, whichever was raised last; what is over lasts no longer."""
    here.write(signals=[raised(1, "zone_congested", -60, zone_id="dairy"), raised(2, "zone_congested", -3600, zone_id="kiosk")])
    rows = here.rows("now/needs")
    assert [row["For"] for row in rows] == [5400, 1860]
    here.write(signals=[raised(3, "zone_cleared", -30, zone_id="dairy")])
    assert [(row["Is"], row["For"]) for row in here.rows("now/needs")] == [("now", 5400), ("over", None)]


def test_addresses_of_pages() -> None:
    """A store's id where Grafana takes it, else a digest, the same in SQL (`queries/parts/all_stores.sql`)."""
    assert page_of("corner-market") == "corner-market"
    assert page_of("o'neill") == page_of("o'neill") != page_of("o_neill")
    assert len(page_of("x" * 29)) == 12
    assert len(page_of("x" * 28)) == 28


@pytest.mark.integration
def test_addresses_of_pages_in_sql(here: Scene) -> None:
    """What an alert links to is the page that there is, however a store is called: the server's rule is ours, for each odd id."""
    odd = [
        "x" * 28,
        "x" * 29,
        "x" * 200,
        "a\n",
        "\na",
        "a b",
        "a.b",
        "a_b-c",
        "o'neill",
        "ünter",
        "\N{KELVIN SIGN}",
        "店",
        "🛒",
        " ",
        "a\\",
        "%41",
    ]
    ids = {*odd, *(chr(code) for code in range(1, 0x250)), *(f"x{chr(code)}" for code in range(1, 0x100))}
    with psycopg.connect(here.database.url) as connection:
        connection.execute("INSERT INTO instore.stores (store_id) SELECT unnest(%s::text[])", [sorted(ids)])
    rows = here.rows_of("WITH\n" + text_of("parts/all_stores") + "\nSELECT store_id, page FROM asked")
    pages = {str(row["store_id"]): row["page"] for row in rows}
    assert pages == {one: page_of(one) for one in (*ids, LAYOUT.store_id)}
    assert len(set(pages.values())) == len(pages)


def test_a_store_that_nobody_knows_more_of() -> None:
    """Without a plan there is no floor, and no capacity; the page is whole all the same."""
    bare = StorePlan("x", "x", None, [])
    page = now(bare)
    assert capacity_of(bare) is None
    assert "canvas" not in {panel["type"] for panel in page["panels"]}
    assert page["title"] == "Store now: x"


def test_capacity() -> None:
    """That of all zones where one shops; unknown where one is."""
    known = [ZonePlan("a", "A", "general", [], 5), ZonePlan("b", "B", "checkout", [], 3), ZonePlan("o", "O", "outside", [], 90)]
    assert capacity_of(StorePlan("x", "x", None, known)) == 8
    assert capacity_of(StorePlan("x", "x", None, [*known, ZonePlan("c", "C", "general", [], None)])) is None
