"""Publishing, against a small Grafana that holds each request against Grafana's own description of its API."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from dashboards import panels
from dashboards.alerts import Group
from dashboards.board import Board, Page, board
from dashboards.publishing.changes import Change
from dashboards.publishing.errors import Conflicts, GrafanaAway
from dashboards.publishing.grafana import connect
from dashboards.publishing.publish import Offer, Outcome, apply, look
from dashboards.publishing.source import source
from dashboards.sql import Query
from sensors.child import free_port
from storage.errors import SettingError
from tests.dashboards import openapi
from tests.dashboards.grafana_double import PASSWORD, TOKEN, Double, serving

LOGIN = f"postgresql://grafana:{PASSWORD}@db.example:5432/shop"


def _page(uid: str, title: str) -> Board:
    panel = panels.size(panels.rows("Stores", "All stores.", "variables/store"), 24, 8)
    return board(Page(uid, title, "For tests."), [[panel]])


def _rule(uid: str, above: int = 5) -> dict[str, Any]:
    """A rule as `dashboards.alerts` makes them."""
    query, compare = Query("variables/store").to_json(), {"refId": "B", "type": "math", "expression": f"$A > {above}"}
    return {
        "uid": uid,
        "title": f"Rule {uid}",
        "condition": "B",
        "for": "2m",
        "noDataState": "OK",
        "execErrState": "Error",
        "labels": {"service": "instore"},
        "annotations": {"summary": "Open a till."},
        "data": [
            {"refId": "A", "datasourceUid": "instore", "relativeTimeRange": {"from": 600, "to": 0}, "model": _plain(query)},
            {"refId": "B", "datasourceUid": "__expr__", "relativeTimeRange": {"from": 0, "to": 0}, "model": compare},
        ],
    }


def _plain(query: dict[str, Any]) -> dict[str, Any]:
    return {**query, "datasource": {"type": "postgres", "uid": "instore"}}


def _groups(*rules: dict[str, Any], interval: int = 120) -> list[Group]:
    return [{"title": "instore", "interval": interval, "rules": list(rules)}]


PAGES = [_page("instore-visits", "Visits"), _page("instore-now-berlin", "Store now: Berlin")]
OFFER = Offer(PAGES, _groups(_rule("instore-queue"), _rule("instore-silent")), source(LOGIN), "boss@example.org")


@pytest.fixture
def double() -> Iterator[Double]:
    """A Grafana in which nothing is yet; in the end every request kept to the description."""
    with serving() as one:
        yield one
        assert one.mistakes == []


def _publish(double: Double, offer: Offer = OFFER) -> Outcome:
    grafana, place = connect(double.url, TOKEN)
    outcome = look(grafana, place, offer)
    apply(grafana, place, outcome.changes)
    return outcome


def _again(double: Double, offer: Offer) -> list[str]:
    """Publish once more, and return what was changed."""
    double.requests.clear()
    return [f"{change.verb} {change.what}" for change in _publish(double, offer).changes]


def test_the_description_knows_what_is_wrong_with_a_request() -> None:
    """It is no rubber stamp: an unknown address, field and parameter, a missing field, a wrong type and a wrong word are named."""
    assert openapi.mistakes("GET", "/folders/instore", set(), None) == []
    assert openapi.mistakes("GET", "/folder", set(), None) == ["there is no GET /folder"]
    assert openapi.mistakes("GET", "/search", {"tag", "tags"}, None) == ["GET /search takes no ?tags="]
    assert openapi.mistakes("POST", "/folders", set(), {"title": 1, "name": "x"}) == [
        "POST /folders.title is 1, not string",
        "POST /folders has no name",
    ]
    rule = {**_rule("instore-queue"), "orgID": 1, "folderUID": "instore", "noDataState": "Fine"}
    assert openapi.mistakes("POST", "/v1/provisioning/alert-rules", set(), rule) == [
        "POST /v1/provisioning/alert-rules misses ruleGroup",
        "POST /v1/provisioning/alert-rules.noDataState is 'Fine', not one of ['Alerting', 'NoData', 'OK']",
    ]


def test_all_is_created_where_nothing_is(double: Double) -> None:
    """Folder, data source, dashboards, rules, their pace, contact point and route are there, in the folder, and the source answers."""
    outcome = _publish(double)
    assert {change.verb for change in outcome.changes} == {"create"}
    assert double.folders["instore"]["title"] == "instore"
    assert double.sources["instore"]["url"] == "db.example:5432"
    assert double.passwords == {"instore": PASSWORD}
    assert {uid: one["meta"]["folderUid"] for uid, one in double.boards.items()} == dict.fromkeys(
        ["instore-visits", "instore-now-berlin"], "instore"
    )
    assert {rule["folderUID"] for rule in double.rules.values()} == {"instore"}
    assert double.paces == {"instore": 120}
    assert double.policies["routes"] == [{"object_matchers": [["service", "=", "instore"]], "receiver": "instore"}]
    assert double.policies["receiver"] == "email receiver"


def test_a_second_time_nothing_is_written(double: Double) -> None:
    """What is as it should be is only looked at: not one request writes."""
    _publish(double)
    assert _again(double, OFFER) == []
    assert double.writes() == []


def test_what_changed_is_written_and_nothing_else(double: Double) -> None:
    """One title, one threshold and the pace changed: three writes."""
    _publish(double)
    pages = copy.deepcopy(PAGES)
    pages[0]["title"] = "Visitors"
    offer = OFFER._replace(boards=pages, groups=_groups(_rule("instore-queue", above=8), _rule("instore-silent"), interval=60))
    assert _again(double, offer) == [
        "change dashboard Visitors (instore-visits)",
        "change alert rule Rule instore-queue (instore-queue)",
        "change pace of the alert group instore",
    ]
    assert double.writes() == [
        ("POST", "/dashboards/db"),
        ("PUT", "/v1/provisioning/alert-rules/instore-queue"),
        ("PUT", "/v1/provisioning/folder/instore/rule-groups/instore"),
    ]
    assert double.boards["instore-visits"]["dashboard"]["title"] == "Visitors"
    assert double.rules["instore-queue"]["data"][1]["model"]["expression"] == "$A > 8"
    assert _again(double, offer) == []


def test_what_somebody_changed_by_hand_is_set_right(double: Double) -> None:
    """A label that was added, a panel that was moved, another user of the data source: all as it was published."""
    _publish(double)
    double.rules["instore-queue"]["labels"]["team"] = "night"
    double.boards["instore-visits"]["dashboard"]["panels"][0]["gridPos"]["h"] = 3
    double.sources["instore"]["user"] = "postgres"
    assert _again(double, OFFER) == [
        "change data source instore",
        "change dashboard Visits (instore-visits)",
        "change alert rule Rule instore-queue (instore-queue)",
    ]
    assert _again(double, OFFER) == []


def test_a_dashboard_that_was_moved_stays_where_it_is(double: Double) -> None:
    """It is ours by its tag, and is changed in the folder that somebody put it into."""
    _publish(double)
    double.folders["floor"] = {"uid": "floor", "title": "Floor"}
    double.boards["instore-visits"]["meta"]["folderUid"] = "floor"
    assert _again(double, OFFER) == []
    pages = copy.deepcopy(PAGES)
    pages[0]["title"] = "Visitors"
    assert _again(double, OFFER._replace(boards=pages)) == ["change dashboard Visitors (instore-visits)"]
    assert double.boards["instore-visits"]["meta"]["folderUid"] == "floor"


def test_a_rule_that_is_gone_here_is_removed_there(double: Double) -> None:
    """A rule of our group that we no longer have goes; one of another group stays."""
    _publish(double)
    double.rules["theirs"] = {**double.rules["instore-queue"], "uid": "theirs", "ruleGroup": "other"}
    assert _again(double, OFFER._replace(groups=_groups(_rule("instore-queue")))) == [
        "remove alert rule Rule instore-silent (instore-silent)"
    ]
    assert set(double.rules) == {"instore-queue", "theirs"}


def test_pages_of_stores_that_are_gone_are_removed_only_when_asked(double: Double) -> None:
    """Without --prune they are named; a dashboard of another name or without our tag stays in any case."""
    _publish(double)
    double.put_board({**_page("instore-now-copy", "A copy"), "tags": []}, "")
    offer = OFFER._replace(boards=PAGES[:1])
    assert look(*connect(double.url, TOKEN), offer).gone == ["instore-now-berlin"]
    assert _again(double, offer) == []
    assert _again(double, offer._replace(prune=True)) == ["remove dashboard Store now: Berlin (instore-now-berlin)"]
    assert set(double.boards) == {"instore-visits", "instore-now-copy"}


def test_a_password_is_sent_again_where_the_data_source_does_not_answer(double: Double) -> None:
    """Grafana tells no password, so it is tried; one that it knows and that works is not written."""
    _publish(double)
    double.passwords["instore"] = "old"
    assert _again(double, OFFER) == ["change data source instore, its password"]
    assert _again(double, OFFER) == []


def test_a_data_source_as_newer_grafanas_have_it_is_the_same(double: Double) -> None:
    """Its type has another name there, and the database's name stands in jsonData alone."""
    _publish(double)
    double.sources["instore"] |= {"type": "grafana-postgresql-datasource", "database": ""}
    assert _again(double, OFFER) == []


def test_a_data_source_that_does_not_answer_is_said(double: Double) -> None:
    """The sentence has what the database says."""
    wrong = source("postgresql://grafana:wrong@db.example:5432/shop")
    with pytest.raises(GrafanaAway, match=r"data source instore .* does not answer: pq: password authentication failed"):
        _publish(double, OFFER._replace(source=wrong))


def test_without_a_login_the_data_source_stays_as_it_is(double: Double) -> None:
    """The first time a login is needed; later ones work without."""
    offer = OFFER._replace(source=None)
    with pytest.raises(SettingError, match="INSTORE_GRAFANA_DATABASE_URL is not set"):
        _publish(double, offer)
    _publish(double)
    assert _again(double, offer) == []


def _foreign_board(double: Double) -> None:
    double.put_board({"uid": "instore-visits", "title": "My visits", "tags": ["mine"]}, "private", "Private")


def _foreign_folder(double: Double) -> None:
    double.folders["abc"] = {"uid": "abc", "title": "Instore"}


def _foreign_source(double: Double) -> None:
    double.sources["instore"] = {**source(LOGIN).settings, "url": "other.example:5432"}


def _namesake_source(double: Double) -> None:
    double.sources["abc"] = {**source(LOGIN).settings, "uid": "abc"}


def _foreign_rule(double: Double) -> None:
    double.rules["instore-queue"] = {**_rule("instore-queue"), "folderUID": "private", "ruleGroup": "theirs"}


def _foreign_point(double: Double) -> None:
    double.points.append({"uid": "abc", "name": "instore", "type": "email", "settings": {}})


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_foreign_board, "dashboard My visits .instore-visits. in Private is not ours"),
        (_foreign_folder, "folder Instore .uid abc. that is not ours"),
        (_foreign_source, "data source instore is postgres at other.example:5432/shop, not db.example:5432/shop"),
        (_namesake_source, "data source instore of another uid that is not ours"),
        (_foreign_rule, "alert rule .* stands in another folder .private."),
        (_foreign_point, "contact point instore that is not ours"),
    ],
)
def test_what_is_not_ours_stops_everything(double: Double, make: Any, says: str) -> None:
    """It is named, and nothing at all is written."""
    make(double)
    with pytest.raises(Conflicts, match=says):
        _publish(double)
    assert double.writes() == []


def test_what_comes_from_files_is_left_to_them(double: Double) -> None:
    """Dashboards and rules of Grafana's provisioning are as they should be, or a conflict."""
    _publish(double)
    double.boards["instore-visits"]["meta"]["provisioned"] = True
    double.rules["instore-queue"]["provenance"] = "file"
    assert _again(double, OFFER) == []
    double.boards["instore-visits"]["dashboard"]["title"] = "Other"
    double.rules["instore-queue"]["title"] = "Other"
    with pytest.raises(Conflicts, match=r"dashboard Visits .* comes from a file.*; the alert rule .* comes from a file"):
        _publish(double)


def test_a_contact_may_be_one_that_there_is(double: Double) -> None:
    """A name of Grafana's contact point gets a route, and the other routes stay; a name that it does not know is refused."""
    other = {"receiver": "email receiver", "object_matchers": [["team", "=", "night"]]}
    double.policies["routes"] = [other]
    _publish(double, OFFER._replace(contact="email receiver"))
    assert double.policies["routes"] == [{"object_matchers": [["service", "=", "instore"]], "receiver": "email receiver"}, other]
    assert [one["name"] for one in double.points] == ["email receiver"]
    with pytest.raises(SettingError, match="nobody is no mail address, no URL, and no contact point"):
        _publish(double, OFFER._replace(contact="nobody"))


def test_the_address_of_a_webhook_is_not_shown(double: Double) -> None:
    """It is a secret, in a dry run too: only its host is told. It is sent whole."""
    hook = "https://me:pass@hooks.example/services/T0/B0/key"
    changes = look(*connect(double.url, TOKEN), OFFER._replace(contact=hook)).changes
    shown = "".join(change.what + change.diff() for change in changes)
    assert "https://hooks.example/..." in shown
    assert not any(part in shown for part in ("me:pass", "T0", 'key"'))
    _publish(double, OFFER._replace(contact=hook))
    assert next(one for one in double.points if one["uid"] == "instore")["settings"] == {"url": hook}
    moved = OFFER._replace(contact=hook.replace("key", "other"))
    assert _again(double, moved) == ["change contact point instore"]


def test_policies_that_come_from_a_file_are_left_to_it(double: Double) -> None:
    """Grafana would refuse the route after all else was written: it is said before."""
    double.policies["provenance"] = "file"
    with pytest.raises(Conflicts, match="notification policies come from a file"):
        _publish(double)
    assert double.writes() == []


def test_without_a_contact_routes_stay_as_they_are(double: Double) -> None:
    """Whom alerts reach is Grafana's own setting then."""
    _publish(double, OFFER._replace(contact=None))
    assert "routes" not in double.policies


def test_looking_shows_the_difference_and_writes_nothing(double: Double) -> None:
    """What a dry run prints: the old line and the new one."""
    _publish(double)
    pages = copy.deepcopy(PAGES)
    pages[0]["title"] = "Visitors"
    double.requests.clear()
    [change] = look(*connect(double.url, TOKEN), OFFER._replace(boards=pages)).changes
    assert [line for line in change.diff().splitlines() if line[:1] in "+-"][2:] == ['- "title": "Visits",', '+ "title": "Visitors",']
    assert double.writes() == []


def test_a_query_is_shown_line_by_line() -> None:
    """As people wrote it: which line of it changes, not that all of it does."""
    before, after = {"rawSql": "SELECT 1\nFROM one\nLIMIT 5"}, {"rawSql": "SELECT 1\nFROM two\nLIMIT 5"}
    lines = Change("dashboard", before, after, lambda: None).diff().splitlines()
    assert [line for line in lines if line[:1] in "+-"][2:] == ["-FROM one", "+FROM two"]


def test_a_wrong_token_is_a_wrong_setting(double: Double) -> None:
    """The sentence names the setting, and not the token."""
    with pytest.raises(SettingError, match="does not know this token: is INSTORE_GRAFANA_TOKEN") as said:
        connect(double.url, "glsa_wrong")
    assert "glsa_wrong" not in str(said.value)
    with pytest.raises(SettingError, match="INSTORE_GRAFANA_TOKEN is not set"):
        connect(double.url, None)


@pytest.mark.parametrize(
    ("version", "is_new_enough"), [("9.2.8", False), ("8.5.27", False), ("9.3.0-beta1", True), ("10.0.1", True), ("12.3.0", True)]
)
def test_an_old_grafana_is_named(double: Double, version: str, is_new_enough: bool) -> None:
    """9.3 is the oldest."""
    double.version = version
    if is_new_enough:
        assert connect(double.url, TOKEN)[1] == double.url
        return
    with pytest.raises(GrafanaAway, match=f"is {version}: 9.3 is the oldest"):
        connect(double.url, TOKEN)


def test_a_grafana_that_is_away_is_named_without_the_password() -> None:
    """What stands in the URL is not repeated."""
    with pytest.raises(GrafanaAway, match=r"Grafana at http://127.0.0.1:\d+ cannot be reached: Connection refused") as said:
        connect(f"http://admin:secret@127.0.0.1:{free_port()}", None)
    assert "secret" not in str(said.value)


def test_a_url_must_be_one() -> None:
    """Anything but http and https is refused."""
    with pytest.raises(SettingError, match="must look like http://host:3000"):
        connect("grafana.example:3000", TOKEN)
