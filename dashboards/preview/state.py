"""What an address says: which board, from when to when, and what is picked; and what can be picked."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote

from dashboards.board import Board
from dashboards.expand import Scope, expand
from dashboards.frames import Frame
from dashboards.preview import moments
from dashboards.preview.look import Look
from dashboards.variables import ALL

Ask = Callable[[str], Frame]

Known = Mapping[str, Sequence[tuple[str, str]]]
"""Values and texts, by variable."""


class Choice(NamedTuple):
    """A variable: what can be picked (value and text), and what is; `kind` as Grafana calls it."""

    name: str
    label: str
    kind: str
    options: Sequence[tuple[str, str]]
    picked: tuple[str, ...]
    is_all: bool = False
    is_multi: bool = False
    has_all: bool = False
    is_hidden: bool = False

    @property
    def values(self) -> tuple[str, ...]:
        """What queries get."""
        return (tuple(value for value, _ in self.options) if self.is_all else self.picked) or ("",)

    @property
    def text(self) -> str:
        """What people read."""
        texts = dict(self.options)
        return "All" if self.is_all else " + ".join(texts.get(value, value) for value in self.picked)


class State(NamedTuple):
    """What is looked at; `problem` says what in the address could not be understood."""

    look: Look
    choices: Sequence[Choice]
    problem: str | None

    @property
    def known(self) -> Known:
        """What is needed to read the same address again without asking: of each query what is picked of its answer."""
        asked = (choice for choice in self.choices if choice.kind == "query")
        return {one.name: [option for option in one.options if one.is_all or option[0] in one.picked] for one in asked}


def state(  # noqa: PLR0913 - an address means something only with all of them
    board: Board, search: str, ask: Ask, zone: tzinfo = UTC, now: datetime | None = None, *, known: Known | None = None
) -> State:
    """Read an address.

    Args:
        board: whose.
        search: what stands behind its question mark.
        ask: asks the database.
        zone: that of the person's clock.
        now: the present.
        known: what queries of variables answered before, as `State.known` has it: these are not asked again.
    """
    given = parse_qs(search.removeprefix("?"), keep_blank_values=True)
    now = now or datetime.now(UTC)
    usual = board.get("time") or {"from": "now-24h", "to": "now"}
    written = given.get("from", [usual["from"]])[-1], given.get("to", [usual["to"]])[-1]
    problem = None
    try:
        span = _span(written, now, zone)
    except moments.NotATime as wrong:
        problem, written = f"{wrong}. The page shows its usual time.", (usual["from"], usual["to"])
        span = _span(written, now, zone)
    choices = _choices(board, given, ask, span, known or {})
    problem = problem or next((words for choice in choices if (words := _unknown(choice, given.get(f"var-{choice.name}", ())))), None)
    values = {choice.name: choice.values for choice in choices}
    look = Look(Scope(*span, values), {choice.name: choice.text for choice in choices}, written, zone)
    return State(look, choices, problem)


def _span(written: tuple[str, str], now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    since, until = moments.read(written[0], now, zone), moments.read(written[1], now, zone, is_end=True)
    if since >= until:
        raise moments.NotATime(f"from {written[0]} to {written[1]}: the end is not after the beginning")
    return since, until


def _choices(board: Board, given: Mapping[str, list[str]], ask: Ask, span: tuple[datetime, datetime], known: Known) -> list[Choice]:
    """Find what can be picked, one after the other: a query may name what stands before it."""
    choices: list[Choice] = []
    for variable in (board.get("templating") or {}).get("list") or ():
        scope = Scope(*span, {choice.name: choice.values for choice in choices})
        is_known = variable["type"] == "query" and variable["name"] in known
        options = known[variable["name"]] if is_known else _options(variable, ask, scope)
        choices.append(_choice(variable, given.get(f"var-{variable['name']}"), options))
    return choices


def _options(variable: dict[str, Any], ask: Ask, scope: Scope) -> Sequence[tuple[str, str]]:
    if variable["type"] not in _OPTIONS:
        raise ValueError(f"variables of the kind {variable['type']} are not known to the preview")
    return _OPTIONS[variable["type"]](variable, ask, scope)


def _choice(variable: dict[str, Any], given: list[str] | None, options: Sequence[tuple[str, str]]) -> Choice:
    kind = variable["type"]
    choice = Choice(
        variable["name"],
        variable.get("label") or variable["name"],
        kind,
        options,
        (),
        is_multi=bool(variable.get("multi")),
        has_all=bool(variable.get("includeAll")),
        is_hidden=kind == "constant" or variable.get("hide") == 2,  # noqa: PLR2004 - Grafana's: hidden
    )
    if kind == "constant":
        return choice._replace(picked=(str(variable.get("query") or ""),))
    if kind == "textbox":
        return choice._replace(picked=((given or [str(variable.get("query") or "")])[-1],))
    return _picked(choice, given or _current(variable))


def _picked(choice: Choice, given: Sequence[str]) -> Choice:
    """Take what is given, as far as it can be picked; else all, or the first."""
    if choice.has_all and (ALL in given or "All" in given):
        return choice._replace(is_all=True)
    there = {value for value, _ in choice.options}
    picked = tuple(value for value in given if value in there)
    if picked:
        return choice._replace(picked=picked if choice.is_multi else picked[-1:])
    if choice.has_all:
        return choice._replace(is_all=True)
    return choice._replace(picked=tuple(value for value, _ in choice.options[:1]))


def _unknown(choice: Choice, given: Sequence[str]) -> str | None:
    """Say what of an address cannot be picked here, and what is shown instead."""
    there = {value for value, _ in choice.options} | {ALL, "All", ""}
    missing = [value for value in given if value not in there]
    if not missing or choice.kind not in {"query", "custom"}:
        return None
    return f"There is no {choice.label.lower()} “{missing[0]}” here. The page shows {choice.text or 'nothing'}."


def _current(variable: dict[str, Any]) -> list[str]:
    value = (variable.get("current") or {}).get("value")
    return [str(one) for one in value] if isinstance(value, list) else [] if value is None else [str(value)]


def _asked(variable: dict[str, Any], ask: Ask, scope: Scope) -> list[tuple[str, str]]:
    query = variable["query"]
    frame = ask(expand(query if isinstance(query, str) else query["query"], scope))
    values = frame.named("__value") or frame.columns[0]
    texts = frame.named("__text") or values
    return [(str(value), str(text)) for value, text in zip(values.values, texts.values, strict=True)]


def _listed(variable: dict[str, Any], _ask: Ask, _scope: Scope) -> list[tuple[str, str]]:
    options: list[tuple[str, str]] = []
    for one in str(variable.get("query") or "").split(","):
        text, colon, value = one.partition(" : ")
        options.append(((value if colon else text).strip(), text.strip()))
    return options


_OPTIONS: Mapping[str, Callable[[dict[str, Any], Ask, Scope], list[tuple[str, str]]]] = {
    "query": _asked,
    "custom": _listed,
    "textbox": lambda *_: [],
    "constant": lambda *_: [],
}


def address(look: Look, times: tuple[str, str] | None = None) -> str:
    """Write what stands behind an address's question mark, with other times."""
    other = look if times is None else look._replace(written=times)
    return f"?{other.address}"


def kept(search: str, names: Sequence[str]) -> str:
    """Write an address's variables of these names and its times, for another page."""
    given = parse_qs(search.removeprefix("?"))
    keep = [*(f"var-{name}" for name in names), "from", "to"]
    return "&".join(f"{name}={quote(value, safe='')}" for name in keep for value in given.get(name, ()))
