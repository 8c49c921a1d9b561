"""What every dashboard must be, whatever it shows: as the SDK has it, as Grafana wants it, and whole."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from importlib import resources
from itertools import combinations
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.alerts import groups
from dashboards.board import PAGES, SCHEMA_VERSION, STORES, TAG, WIDTH, Board
from dashboards.boards import boards
from dashboards.expand import variables_in
from dashboards.plans import StorePlan, ZonePlan
from dashboards.sql import SOURCE_UID, text_of

SQUARE = [(0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0)]

PLANS = [
    StorePlan(
        "drawn", "Drawn", "EUR", [ZonePlan("door", "Door", "entrance", SQUARE, 10), ZonePlan("tills", "Tills", "checkout", [], None)]
    ),
    StorePlan("Filiale 7, Köln", "Filiale 7, Köln", None, [ZonePlan("", "", "general", [], None)]),
    StorePlan("without-a-plan", "without-a-plan", None, []),
]
"""A store with a plan, one whose id is no uid, and one of which nothing is known."""

BOARDS = boards(PLANS)

UNITS = {
    "none",
    "short",
    "locale",
    "percent",
    "percentunit",
    "s",
    "ms",
    "dtdurations",
    "dateTimeFromNow",
    "dateTimeAsIso",
    "dateTimeAsLocal",
}
"""Ids of Grafana's units that we use, as `getValueFormats` of Grafana 9.3 has them."""

FORMS = re.compile(r"(suffix|prefix|time|currency|si|count):.+")
"""Units that Grafana makes of a text."""

FOLDED = ("parts", "plans", "check")
"""Folders of queries that are no panel's."""

every = pytest.mark.parametrize("board", BOARDS, ids=[one["uid"] for one in BOARDS])


def _panels(board: Board) -> list[dict[str, Any]]:
    return [inner for panel in board["panels"] for inner in (panel, *panel.get("panels", []))]


def _shown(board: Board) -> list[dict[str, Any]]:
    return [panel for panel in _panels(board) if panel["type"] not in {"row", "text"}]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value


def _properties(panel: dict[str, Any], name: str) -> list[Any]:
    """What a panel says of a property: for all its columns, and for some."""
    config = panel["fieldConfig"]
    of_some = [one["value"] for override in config.get("overrides", []) for one in override["properties"] if one["id"] == name]
    return [value for value in (config["defaults"].get(name), *of_some) if value is not None]


@every
def test_it_is_as_the_sdk_has_it(board: Board) -> None:
    """Read by the SDK and written again it is the same: every field is one that it knows."""
    plugins.register_default_plugins()
    board = deepcopy(board)
    again = json.loads(json.dumps(Dashboard.from_json(board), cls=JSONEncoder))
    for panel, ours in zip(again["panels"], board["panels"], strict=True):
        if panel.get("fieldConfig", {}).get("defaults", {}).get("custom") == {}:  # it adds that where nothing is set
            ours["fieldConfig"]["defaults"].setdefault("custom", {})
    assert again == board


@every
def test_it_is_for_grafana_9_3_and_says_whose_it_is(board: Board) -> None:
    """Schema 37, our tag, a uid that Grafana takes, a title and what it is about; no id, which is Grafana's."""
    assert board["schemaVersion"] == SCHEMA_VERSION
    assert board["tags"][0] == TAG
    assert re.fullmatch(r"instore-[A-Za-z0-9_-]{1,32}", board["uid"])
    assert board["title"]
    assert board["description"]
    assert not {"id", "version"} & set(board)


def test_uids_and_titles_are_unique() -> None:
    """Grafana would take the second for the first."""
    assert len({board["uid"] for board in BOARDS}) == len(BOARDS)
    assert len({board["title"] for board in BOARDS}) == len(BOARDS)


@every
def test_panels_stand_in_the_grid_beside_each_other(board: Board) -> None:
    """Each has an id of its own, is inside the 24 columns, and covers no other."""
    assert len({panel["id"] for panel in _panels(board)}) == len(_panels(board))
    places = [panel["gridPos"] for panel in board["panels"]]
    for place in places:
        assert 0 <= place["x"] < place["x"] + place["w"] <= WIDTH
        assert place["y"] >= 0
        assert place["h"] > 0
    for one, other in combinations(places, 2):
        is_beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert is_beside or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"], (one, other)


@every
def test_every_panel_says_what_it_is(board: Board) -> None:
    """A title, a description with the definition, our data source, and units that Grafana knows."""
    for panel in _shown(board):
        assert panel["title"]
        assert len(panel["description"]) > 20, panel["title"]
        assert panel["targets"]
        for asked in (panel, *panel["targets"]):
            assert asked["datasource"] == {"type": "postgres", "uid": SOURCE_UID}
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
        for unit in _properties(panel, "unit"):
            assert unit in UNITS or FORMS.fullmatch(unit), f"{panel['title']}: {unit}"


@every
def test_every_variable_is_used_and_there(board: Board) -> None:
    """In queries, titles and links, and in the queries of other variables."""
    declared = {variable["name"]: variable for variable in board["templating"].get("list", [])}
    used = set().union(*(variables_in(text) for text in _texts(board["panels"])))
    for name, variable in declared.items():
        used |= {other for other in variables_in(str(variable.get("query") or "")) if other != name and variable["type"] == "query"}
    assert used == set(declared)


@every
def test_a_variable_is_found_by_its_name(board: Board) -> None:
    """Grafana 9.3 keeps variables by their id, if they have one, and looks for them by name."""
    variables = board["templating"].get("list", [])
    assert [variable["id"] for variable in variables] == [variable["name"] for variable in variables]
    assert len({variable["name"] for variable in variables}) == len(variables)


def test_pages_link_to_each_other() -> None:
    """By tags, to all but the page of one visit; only to pages where a store is picked the store goes along."""
    [to_pages, to_stores] = BOARDS[0]["links"]
    linked = {tag: {one["uid"] for one in BOARDS if tag in one["tags"]} for tag in (*to_pages["tags"], *to_stores["tags"])}
    assert linked[STORES] == {one["uid"] for one in BOARDS if one["uid"].startswith("instore-now-")}
    assert linked[PAGES] == {one["uid"] for one in BOARDS} - linked[STORES] - {"instore-visit"}
    assert (to_pages["includeVars"], to_stores["includeVars"]) == (True, False)


@every
def test_links_lead_to_our_pages_and_pick_what_is_there(board: Board) -> None:
    """A link `/d/UID?var-NAME=...` names a dashboard that there is, and variables that it has."""
    pages = {one["uid"]: {variable["name"] for variable in one["templating"].get("list", [])} for one in BOARDS}
    for text in _texts(board["panels"]):
        if not text.startswith("/d/"):
            continue
        parts = urlsplit(text)
        uid = parts.path.removeprefix("/d/")
        found = [known for known in pages if known == uid or ("$" in uid and known.startswith(uid.partition("$")[0]))]
        assert found, text
        picked = {name.removeprefix("var-") for name in parse_qs(parts.query) if name.startswith("var-")}
        assert any(picked <= pages[known] for known in found), text


@every
def test_a_link_holds_no_bare_text(board: Board) -> None:
    """An id may have an `&`: Grafana 9.3 puts a field into an address as it is, unless told. Pseudonyms and milliseconds are plain."""
    fields = {field for text in _texts(board["panels"]) if text.startswith("/d/") for field in re.findall(r"__data\.fields\.([^}]+)", text)}
    assert {field for field in fields if not field.endswith(":percentencode")} <= {"visit_id", "from_ms", "to_ms"}


def test_every_query_is_asked_somewhere() -> None:
    """No file in `queries/` is left over."""
    rules = [query["model"].get("rawSql") for group in groups() for rule in group["rules"] for query in rule["data"]]
    asked = {text for board in BOARDS for text in _texts(board)} | set(rules)
    folder = resources.files("dashboards").joinpath("queries")
    for kind in folder.iterdir():
        if kind.name not in FOLDED:
            for file in kind.iterdir():
                assert text_of(f"{kind.name}/{file.name.removesuffix('.sql')}") in asked, f"{kind.name}/{file.name}"
