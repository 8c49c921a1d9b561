"""Alerts: each fires where it is deserved, for whom it is deserved, and nowhere else; and is what Grafana takes."""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import psycopg
import pytest
from msgspec import structs

from dashboards.alerts import PIPELINE, STORES, Rule, groups
from dashboards.expand import variables_in
from sensors.layout import Layout
from storage.model import Visit
from tests.dashboards.scene import LAYOUT, NOW, STORE, Scene, alive, clock, counted, paid, raised, scene, visit
from tests.databases import Database

RULES = {rule.uid: rule for rule in (*STORES, *PIPELINE)}

_COMPARE: dict[str, Callable[[float, float], bool]] = {">=": operator.ge, ">": operator.gt, "<": operator.lt}
_CONDITION = re.compile(r"\$A (>=|>|<) (?:([\d.]+)|(?:([\d.]+) \* )?\$L)")


@pytest.fixture
def here(plain_database: Database) -> Scene:
    """A store with nobody in it."""
    return scene(plain_database)


def firing(here: Scene, uid: str, until: datetime = NOW) -> list[Mapping[str, object]]:
    """The labels of each alert of a rule, by the queries' answers and the condition, as Grafana joins them: by equal labels."""
    rule = RULES[uid]
    found = _CONDITION.fullmatch(rule.condition)
    assert found is not None, rule.condition
    compare, number, factor = _COMPARE[found[1]], found[2], float(found[3] or 1)
    limits = {_key(row): row["value"] for row in here.rows(rule.queries["L"], until)} if "L" in rule.queries else {}
    alerts: list[Mapping[str, object]] = []
    for row in here.rows(rule.queries["A"], until):
        limit = float(number) if number else limits.get(_key(row))
        if limit is not None and compare(row["value"], factor * limit):  # type: ignore[arg-type, operator]
            alerts.append(_labels(row))
    return alerts


def _labels(row: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name != "value"}


def _key(row: Mapping[str, object]) -> tuple[tuple[str, object], ...]:
    return tuple(sorted(_labels(row).items()))


@pytest.mark.integration
@pytest.mark.parametrize(("people", "tills", "is_long"), [(6, 1, False), (7, 1, True), (13, 2, False), (14, 2, True), (7, 0, True)])
def test_a_long_queue(here: Scene, people: int, tills: int, is_long: bool) -> None:
    """People x 45 s / open tills reach 300 s; without an open till, as with one. A payment longer than 5 minutes ago opens none."""
    customers = [visit(number, ("dairy", -300, -100), ("tills", -100, -5 + number / 10)) for number in range(people)]
    here.write(visits=customers, payments=[(paid(number, -290, f"till-{number}"), None) for number in range(1, tills + 1)])
    here.write(payments=[(paid(9, -310, "till-9"), None)])
    alerts = firing(here, "instore-long-queue")
    assert [alert["zone"] for alert in alerts] == ["tills"] * is_long
    assert all(alert["store"] == STORE and alert["zone_name"] == "Tills" for alert in alerts)


@pytest.mark.integration
@pytest.mark.parametrize(("rule", "people", "is_long"), [("queue_long_people", 3, False), ("queue_long_people.tills", 4, True)])
def test_a_queue_that_is_long_by_people(plain_database: Database, rule: str, people: int, is_long: bool) -> None:
    """Where the store says how many people are too many, the wait does not matter."""
    here = scene(plain_database, structs.replace(LAYOUT, rules={rule: 4, "queue_long_wait_s": 0}))
    tills = [(paid(number, -100, f"till-{number}"), None) for number in (1, 2)]
    here.write(visits=[visit(number, ("tills", -100, -5)) for number in range(people)], payments=tills)
    assert [alert["zone"] for alert in firing(here, "instore-long-queue")] == ["tills"] * is_long


@pytest.mark.integration
def test_who_counts_in_a_zone(here: Scene) -> None:
    """A zone is over capacity with six where five have room: who moved on, left, or was not heard for half a minute is not there."""
    there = [visit(number, ("dairy", -100, -29)) for number in range(5)]
    gone = [
        visit(10, ("dairy", -100, -5), ("tills", -5, -1)),
        visit(11, ("dairy", -100, -5), ended_by="exit"),
        visit(12, ("dairy", -100, -31)),
        visit(13, ("tills", -100, -5)),
    ]
    here.write(visits=[*there, *gone])
    assert firing(here, "instore-zone-full") == []
    here.write(visits=[visit(14, ("tills", -100, -5), ("dairy", -5, -2))])
    assert [alert["zone"] for alert in firing(here, "instore-zone-full")] == ["dairy"]
    assert firing(here, "instore-zone-full", NOW + timedelta(minutes=5)) == []


@pytest.mark.integration
def test_a_silent_sensor(here: Scene) -> None:
    """From the moment when the worker says so until the sensor is heard again, if that takes days; after a week it is given up."""
    here.write(readings=[alive("gw-1", -2400), alive("gw-2", -10)], signals=[raised(1, "sensor_silent", -600, sensor_id="gw-1")])
    assert [alert["sensor"] for alert in firing(here, "instore-sensor-silent")] == ["gw-1"]
    assert [row["value"] for row in here.rows("alerts/sensor_silent")] == [2400]
    assert firing(here, "instore-sensor-silent", NOW - timedelta(minutes=11)) == []
    days = {days: firing(here, "instore-sensor-silent", NOW + timedelta(days=days)) for days in (1, 2, 6, 7)}
    assert {n: [alert["sensor"] for alert in alerts] for n, alerts in days.items()} == {1: ["gw-1"], 2: ["gw-1"], 6: ["gw-1"], 7: []}
    here.write(readings=[alive("gw-1", -5)])
    assert firing(here, "instore-sensor-silent") == []
    assert firing(here, "instore-sensor-silent", NOW + timedelta(days=2)) == []


@pytest.mark.integration
def test_accounting_that_is_broken(here: Scene) -> None:
    """One reading that was counted and is nowhere is enough; a loss and a doubling of other hours do not cancel out."""
    readings = [alive("gw-1", -second) for second in range(10)]
    here.write(readings=readings, counts=counted(readings))
    assert firing(here, "instore-accounting") == []
    here.write(counts=[structs.replace(one, received=1) for one in counted(readings[:1])])
    assert [alert["store"] for alert in firing(here, "instore-accounting")] == [STORE]
    here.write(readings=[alive("gw-2", -5000)])
    assert [row["value"] for row in here.rows("alerts/accounting")] == [2]


@pytest.mark.integration
@pytest.mark.parametrize(
    ("behind_s", "later", "is_stale"),
    [
        (299, timedelta(0), False),
        (301, timedelta(0), True),
        (3600, timedelta(hours=7, minutes=29), True),
        (3600, timedelta(hours=7, minutes=30), False),
        (3600, timedelta(minutes=-6), False),
        (3600, timedelta(minutes=-31), True),
        (86_400, timedelta(days=1), False),
    ],
    ids=["fresh", "stale", "before closing", "closed", "open again for less than 15 minutes", "before the break", "a closed day"],
)
def test_a_stale_pipeline(here: Scene, behind_s: float, later: timedelta, is_stale: bool) -> None:
    """A store that is open, and has been for a quarter of an hour, and says nothing for 5 minutes."""
    here.write(clocks=clock(later.total_seconds() - behind_s))
    assert [alert["store"] for alert in firing(here, "instore-stale", NOW + later)] == [STORE] * is_stale


@pytest.mark.integration
@pytest.mark.parametrize(("converted", "is_low"), [(10, True), (14, False)])
def test_a_conversion_far_under_its_usual(here: Scene, converted: int, is_low: bool) -> None:
    """Half of 120 visitors paid a week ago at that hour; of 40 today, fewer than 0.7 x half."""
    today_s, usual_s = -8400, -7 * 86_400 - 8400
    usual = [_customer(number, usual_s + number, pays=number % 2 == 0) for number in range(120)]
    today = [_customer(1000 + number, today_s - number, pays=number < converted) for number in range(40)]
    here.write(visits=[*usual, *today], payments=[(one, visit_.visit_id) for visit_ in (*usual, *today) for one in visit_.payments])
    assert [row["value"] for row in here.rows("alerts/conversion")] == [converted / 40]
    assert [row["value"] for row in here.rows("alerts/conversion_usual")] == [0.5]
    assert [alert["store"] for alert in firing(here, "instore-conversion")] == [STORE] * is_low


def _customer(number: int, since_s: float, *, pays: bool) -> Visit:
    payments = [paid(number, since_s + 50)] if pays else []
    return visit(number, ("dairy", since_s, since_s + 60), ended_by="exit", payments=payments)


@pytest.mark.integration
def test_a_store_without_a_plan_has_nothing_to_say(plain_database: Database) -> None:
    """No zone, no till, no opening hours, an hour's silence: no alert, and no query fails."""
    here = Scene(plain_database, LAYOUT)
    here.write(readings=[alive("gw-1", -3500)], counts=counted([alive("gw-1", -3500)]), clocks=clock(-3500))
    with psycopg.connect(plain_database.url) as connection:
        assert connection.execute("SELECT layout FROM instore.stores").fetchall() == [(None,)]
    assert {uid: firing(here, uid) for uid in RULES} == {uid: [] for uid in RULES}


@pytest.mark.integration
@pytest.mark.parametrize("layout", [None, structs.replace(LAYOUT, opening_hours={})], ids=["no plan", "no opening hours"])
def test_a_store_that_names_no_opening_hours_may_be_closed(plain_database: Database, layout: Layout | None) -> None:
    """It is given an hour, and neither fires nor resolves before; nor is the tile red, which says what the alert says."""
    here = scene(plain_database, layout) if layout else Scene(plain_database, LAYOUT)
    here.write(readings=[alive("gw-1", 0)], clocks=clock(0))
    told = {behind_s: _stale(here, behind_s) for behind_s in (250, 350, 550, 650, 3500, 3700, 7 * 86_400 - 1, 7 * 86_400)}
    assert told == {
        250: (False, 250, "behind"),
        350: (False, None, "may be closed"),
        550: (False, None, "may be closed"),
        650: (False, None, "may be closed"),
        3500: (False, None, "may be closed"),
        3700: (True, 3700, "stale"),
        7 * 86_400 - 1: (True, 7 * 86_400 - 1, "stale"),
        7 * 86_400: (False, None, "silent for a week"),
    }


def _stale(here: Scene, behind_s: int) -> tuple[bool, object, object]:
    """Whether the alert fires, and what tile and table of the pipeline's page say."""
    until = NOW + timedelta(seconds=behind_s)
    (tile,), (line,) = here.rows("pipeline/behind", until), here.rows("pipeline/stores", until)
    return firing(here, "instore-stale", until) != [], tile["Behind"], line["Is"]


@pytest.mark.integration
@pytest.mark.parametrize("uid", RULES)
def test_answers_are_what_grafana_makes_alerts_of(here: Scene, uid: str) -> None:
    """One column of numbers, and texts that are never null: Grafana 9.3 takes nothing else."""
    here.write(
        visits=[visit(1, ("tills", -100, -5))],
        readings=[alive("gw-1", -1)],
        counts=counted([alive("gw-1", -1)]),
        clocks=clock(0),
    )
    for query in RULES[uid].queries.values():
        for row in here.rows(query):
            texts = _labels(row)
            assert isinstance(row["value"], int | float)
            assert all(isinstance(text, str) and text for text in texts.values())


def test_each_rule_says_what_to_do() -> None:
    """Every rule has a summary that names its store, a runbook, labels, and a condition that each of its queries has a part in."""
    rules: list[Rule] = [*STORES, *PIPELINE]
    assert len({rule.uid for rule in rules}) == len({rule.title for rule in rules}) == len(rules)
    for rule in rules:
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", rule.uid)
        assert "$labels.store_name" in rule.summary
        assert len(rule.runbook) > 60
        assert variables_in(rule.condition) == set(rule.queries)
        assert rule.severity in {"act", "look", "broken"}


def test_what_grafana_gets() -> None:
    """The groups hold each rule once, in the words of Grafana's provisioning; no row is no fault."""
    found = [rule for group in groups() for rule in group["rules"]]
    assert [rule["uid"] for rule in found] == list(RULES)
    for rule in found:
        names = [query["refId"] for query in rule["data"]]
        assert rule["condition"] == names[-1] == "B"
        assert rule["noDataState"] == "OK"
        assert rule["labels"]["service"] == "instore"
        assert all(query["model"]["rawSql"] for query in rule["data"][:-1])
        assert all(query["relativeTimeRange"]["from"] > 0 for query in rule["data"][:-1])
        assert "${" not in "".join(query["model"]["rawSql"] for query in rule["data"][:-1])
