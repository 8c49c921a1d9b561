"""Every query of every dashboard and alert, asked as Grafana would ask it: which fail, which return nothing, which are slow."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg

from dashboards.alerts import Group
from dashboards.board import Board
from dashboards.expand import NotExpanded, Scope, Values, expand
from dashboards.frames import Frame, ask
from dashboards.panels import NOTHING
from dashboards.since import begin
from dashboards.sql import SOURCE_UID, text_of

SLOW_S = 0.2
"""A query that takes longer, when it is asked again, is named."""

_TRIES = 3
"""How often a query is asked; the fastest time counts: others may be at work on the machine."""

_MARGIN = timedelta(minutes=10)
"""Before and after one visit, as a link to its page has it."""


class Question(NamedTuple):
    """One query of a dashboard for one store.

    Attributes:
        where: dashboard, panel and store, for people.
        sql: as it stands in the dashboard.
        scope: what is picked.
        may_be_empty: whether no row is an answer: the panel says something of its own then.
    """

    where: str
    sql: str
    scope: Scope
    may_be_empty: bool = False


class Finding(NamedTuple):
    """How one question went: `problem` is None where it went well."""

    where: str
    rows: int
    seconds: float
    problem: str | None


def check(connection: psycopg.Connection, boards: Sequence[Board], groups: Sequence[Group], until: datetime) -> Iterator[Finding]:
    """Ask all queries, for each store, as somebody who opens the pages at `until` does; yields how each went.

    Args:
        connection: in autocommit mode; `act_as_reader` has made it see what a dashboard sees.
        boards: the dashboards.
        groups: the alert rules.
        until: what the dashboards call now.
    """
    for question in questions(connection, boards, groups, until):
        yield _tried(connection, question)


def questions(connection: psycopg.Connection, boards: Sequence[Board], groups: Sequence[Group], until: datetime) -> Iterator[Question]:
    """Name all queries with what is picked for them, as `check` asks them."""
    for board in boards:
        for scope, store in _scopes(connection, board, until):
            yield from _of_board(board, scope, store)
    for group in groups:
        yield from _of_rules(group, until)


def _tried(connection: psycopg.Connection, question: Question) -> Finding:
    seconds, frame = float("inf"), Frame([])
    try:
        sql = expand(question.sql, question.scope)
        for _ in range(_TRIES):
            started = time.monotonic()
            frame = ask(connection, sql)
            seconds = min(seconds, time.monotonic() - started)
            if seconds <= SLOW_S:
                break
    except (NotExpanded, psycopg.Error) as error:
        return Finding(question.where, 0, 0.0, f"fails: {' '.join(str(error).split())}")
    return Finding(question.where, frame.length, seconds, _problem(frame, seconds, question.may_be_empty))


def _problem(frame: Frame, seconds: float, may_be_empty: bool) -> str | None:
    if seconds > SLOW_S:
        return f"takes {seconds * 1000:.0f} ms"
    is_empty = not any(value is not None for column in frame.columns for value in column.values)
    return "returns nothing" if is_empty and not may_be_empty else None


def _of_board(board: Board, scope: Scope, store: str) -> Iterator[Question]:
    for panel in _panels(board):
        empty = panel.get("fieldConfig", {}).get("defaults", {}).get("noValue", NOTHING) != NOTHING
        for target in panel.get("targets", []):
            where = f"{board['title']} / {panel['title']}{store}"
            yield Question(where, target["rawSql"], scope, empty)
    for variable in _variables(board):
        if variable["type"] == "query":
            yield Question(f"{board['title']} / variable {variable['name']}{store}", variable["query"], scope)


def _of_rules(group: Group, until: datetime) -> Iterator[Question]:
    for rule in group["rules"]:
        for query in rule["data"]:
            if query["datasourceUid"] == SOURCE_UID:
                since = until - timedelta(seconds=query["relativeTimeRange"]["from"])
                yield Question(f"alert {rule['title']}", query["model"]["rawSql"], Scope(since, until, {}), may_be_empty=True)


def _scopes(connection: psycopg.Connection, board: Board, until: datetime) -> Iterator[tuple[Scope, str]]:
    """What a page may be asked for: each store that can be picked there, with the page's own time, or around one visit of it."""
    since = begin(board["time"]["from"], until)
    names = {variable["name"] for variable in _variables(board) if variable["type"] != "constant"}
    for store in _stores(connection, board, Scope(since, until, {})):
        scope = Scope(since, until, {"store": (store,)} if store else {})
        if "visit" in names:
            scope = _around_a_visit(connection, scope)
        of = f" of {store}" if "store" in names else ""
        for picked in _picked(connection, board, scope):
            yield picked, of + "".join(f", {name} {value}" for name, (value,) in _named(board, picked))


def _named(board: Board, scope: Scope) -> list[tuple[str, Sequence[str]]]:
    """What was picked of what has a few options, and all of these are tried."""
    return [(one["name"], scope.values[one["name"]]) for one in _variables(board) if one["type"] == "custom"]


def _stores(connection: psycopg.Connection, board: Board, scope: Scope) -> list[str]:
    for variable in _variables(board):
        if variable["name"] == "store":
            return _options(connection, variable, scope)
    return [""]


def _picked(connection: psycopg.Connection, board: Board, scope: Scope) -> Iterator[Scope]:
    """Pick something for every variable, as the page does when it is opened: all where that can be; of a few options, each once."""
    scopes = [scope]
    for variable in _variables(board):
        if variable["name"] not in scope.values:
            scopes = [
                one._replace(values={**one.values, variable["name"]: values})
                for one in scopes
                for values in _choices(variable, _options(connection, variable, one))
            ]
    yield from scopes


def _choices(variable: Mapping[str, Any], options: list[str]) -> list[tuple[str, ...]]:
    if variable["type"] == "custom":
        return [(option,) for option in options]
    return [tuple(options if variable.get("includeAll") else options[:1])]


def _options(connection: psycopg.Connection, variable: Mapping[str, Any], scope: Scope) -> list[str]:
    if variable["type"] == "query":
        frame = ask(connection, expand(variable["query"], scope))
        column = frame.named("__value") or frame.columns[0]
        return [str(value) for value in column.values]
    if variable["type"] == "custom":
        return [str(option["value"]) for option in variable["options"]]
    return [str(variable.get("query") or "")]


def _around_a_visit(connection: psycopg.Connection, scope: Scope) -> Scope:
    """Look at the last visit of the store that was paid for, as the link in a table of visits does."""
    frame = ask(connection, expand(text_of("check/visit"), scope))
    if not frame.length:
        return scope._replace(values={**scope.values, "visit": ("",)})
    visit, entered_at, left_at = (column.values[0] for column in frame.columns)
    values: Values = {**scope.values, "visit": (visit,)}
    return Scope(entered_at - _MARGIN, left_at + _MARGIN, values)


def _panels(board: Board) -> list[dict[str, Any]]:
    """All panels, those in rows that are folded included."""
    return [inner for panel in board.get("panels", []) for inner in (panel, *panel.get("panels", []))]


def _variables(board: Board) -> list[dict[str, Any]]:
    return list(board.get("templating", {}).get("list", []))
