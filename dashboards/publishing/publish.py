"""Dashboards into a Grafana: looks at what is there, and writes what differs, or nothing where something there is not ours."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from grafana_client import GrafanaApi

from dashboards.alerts import Group
from dashboards.board import TAG, Board
from dashboards.pages.now import STORE_PAGE
from dashboards.publishing.alert_rules import rule_steps
from dashboards.publishing.changes import Change, Conflict, Step, alike, bare
from dashboards.publishing.errors import Conflicts, GrafanaAway
from dashboards.publishing.grafana import failure_of_source, found, translated
from dashboards.publishing.notify import contact_steps
from dashboards.publishing.source import SETTING, Source
from dashboards.sql import SOURCE_UID
from storage.errors import SettingError

FOLDER = "instore"
"""Uid and title of the folder."""

_MOST = 5000
"""Dashboards that a search returns at most."""

_TYPES = {"postgres", "grafana-postgresql-datasource"}
"""PostgreSQL's data source is called so in old Grafanas, and in new ones."""

_IDENTITY = ("url", "database")
"""What makes a data source the same database."""


class Offer(NamedTuple):
    """What is to be published.

    Attributes:
        boards: the dashboards.
        groups: the alert rules.
        source: the data source; None: it stays as it is.
        contact: whom alerts reach: mail addresses, a webhook's URL, or the name of a contact point that there is; None: nothing is set.
        prune: whether pages of stores that are gone are removed.
    """

    boards: Sequence[Board]
    groups: Sequence[Group]
    source: Source | None = None
    contact: str | None = None
    prune: bool = False


class Outcome(NamedTuple):
    """What was changed, or would be; and the uids of pages of stores that are gone, which stay."""

    changes: list[Change]
    gone: list[str]


def look(grafana: GrafanaApi, place: str, offer: Offer) -> Outcome:
    """Find out what has to change, without changing anything.

    Raises:
        Conflicts: something there is not ours; says all of it.
        SettingError, GrafanaAway: as `dashboards.publishing.grafana.translated`.
    """
    with translated(place):
        gone = _gone(grafana, offer.boards)
        steps = [
            *_folder_steps(grafana),
            *_source_steps(grafana, offer.source),
            *_board_steps(grafana, offer.boards),
            *(_removal(grafana, uid) for uid in gone if offer.prune),
            *rule_steps(grafana, FOLDER, offer.groups),
            *contact_steps(grafana, offer.contact),
        ]
    if conflicts := [step.why for step in steps if isinstance(step, Conflict)]:
        raise Conflicts("; ".join(conflicts) + ". Nothing was written")
    return Outcome([step for step in steps if isinstance(step, Change)], [] if offer.prune else gone)


def apply(grafana: GrafanaApi, place: str, changes: Sequence[Change]) -> None:
    """Carry changes out, and see that the data source answers.

    Raises:
        SettingError, GrafanaAway: as `grafana.translated`; what was done before stays, and the next run does the rest.
    """
    with translated(place):
        for change in changes:
            change.make()
        if failure := failure_of_source(grafana):
            raise GrafanaAway(f"the data source {SOURCE_UID} in Grafana at {place} does not answer: {failure}")


def _folder_steps(grafana: GrafanaApi) -> Iterator[Step]:
    """The folder: one of our uid is ours, whatever it is called now."""
    if found(grafana.folder.get_folder, FOLDER) is not None:
        return
    if namesake := next((one for one in grafana.folder.get_all_folders() if one["title"].casefold() == FOLDER), None):
        yield Conflict(f"there is a folder {namesake['title']} (uid {namesake['uid']}) that is not ours: rename it")
        return
    yield Change(f"folder {FOLDER}", None, {"title": FOLDER, "uid": FOLDER}, lambda: grafana.folder.create_folder(FOLDER, FOLDER))


def _source_steps(grafana: GrafanaApi, source: Source | None) -> Iterator[Step]:
    theirs = found(grafana.datasource.get_datasource_by_uid, SOURCE_UID)
    if source is None:
        if theirs is None:
            raise SettingError(f"{SETTING} is not set, and Grafana has no data source {SOURCE_UID} yet: give it the login of docs/roles.md")
        return
    secret = {"secureJsonData": {"password": source.password}} if source.password is not None else {}
    body = {**source.settings, **secret}
    if theirs is None:
        if found(grafana.datasource.get_datasource_by_name, SOURCE_UID) is not None:
            yield Conflict(f"there is a data source {SOURCE_UID} of another uid that is not ours: rename it")
            return
        yield Change(f"data source {SOURCE_UID}", None, source.settings, lambda: grafana.datasource.create_datasource(body))
        return
    yield from _source_change(grafana, theirs, source, body)


def _source_change(grafana: GrafanaApi, theirs: dict[str, Any], source: Source, body: dict[str, object]) -> Iterator[Step]:
    """Change a data source where it differs; its password, which cannot be seen, where it does not answer."""
    if theirs["type"] not in _TYPES or any(_database(theirs, name) != source.settings[name] for name in _IDENTITY):
        there, here = f"{theirs['url']}/{_database(theirs, 'database')}", f"{source.settings['url']}/{source.settings['database']}"
        yield Conflict(f"the data source {SOURCE_UID} is {theirs['type']} at {there}, not {here}: remove it in Grafana if that is right")
        return
    ours = {**source.settings, "type": theirs["type"], "name": theirs["name"], "database": theirs.get("database")}
    before = alike(theirs, ours)
    is_mute = source.password is not None and before == ours and failure_of_source(grafana) is not None
    if before == ours and not is_mute:
        return
    if theirs.get("readOnly"):
        yield Conflict(f"the data source {SOURCE_UID} comes from a file of Grafana's provisioning: change it there")
        return
    update = {**body, "type": theirs["type"], "name": theirs["name"]}
    what = f"data source {SOURCE_UID}{', its password' if is_mute else ''}"
    yield Change(what, before, ours, lambda: grafana.datasource.update_datasource_by_uid(SOURCE_UID, update))


def _database(theirs: dict[str, Any], name: str) -> object:
    """Where a data source points: a newer Grafana may have the database's name in jsonData alone."""
    return theirs.get(name) or (theirs.get("jsonData") or {}).get(name)


def _board_steps(grafana: GrafanaApi, boards: Sequence[Board]) -> Iterator[Step]:
    for board in boards:
        theirs = found(grafana.dashboard.get_dashboard, board["uid"])
        if theirs is None:
            yield Change(_name(board), None, board, _save(grafana, board, FOLDER))
            continue
        meta, before = theirs["meta"], bare(theirs["dashboard"])
        if TAG not in before.get("tags", []) and meta.get("folderUid") != FOLDER:
            where = meta.get("folderTitle") or "another folder"
            yield Conflict(f"the dashboard {before.get('title')} ({board['uid']}) in {where} is not ours: it has not the tag {TAG}")
        elif before == board:
            continue
        elif meta.get("provisioned"):
            yield Conflict(f"the dashboard {_name(board)} comes from a file of Grafana's provisioning: `instore dashboards write` again")
        else:
            yield Change(_name(board), before, board, _save(grafana, board, meta.get("folderUid") or ""))


def _save(grafana: GrafanaApi, board: Board, folder: str) -> Any:
    """Return what writes a dashboard: it stays in the folder where somebody moved it to."""
    message = {"message": "instore dashboards publish", "overwrite": True}
    return lambda: grafana.dashboard.update_dashboard({"dashboard": board, "folderUid": folder, **message})


def _gone(grafana: GrafanaApi, boards: Sequence[Board]) -> list[str]:
    """Find pages of stores that there are no longer."""
    there = grafana.search.search_dashboards(tag=TAG, type_="dash-db", limit=_MOST)
    wanted = {board["uid"] for board in boards}
    return sorted(one["uid"] for one in there if one["uid"].startswith(STORE_PAGE) and one["uid"] not in wanted)


def _removal(grafana: GrafanaApi, uid: str) -> Change:
    theirs = bare(grafana.dashboard.get_dashboard(uid)["dashboard"])
    return Change(_name(theirs), theirs, None, lambda: grafana.dashboard.delete_dashboard(uid))


def _name(board: Board) -> str:
    return f"dashboard {board['title']} ({board['uid']})"
