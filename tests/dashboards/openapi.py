"""Grafana's HTTP API as Grafana Labs describe it in OpenAPI, and whether a request keeps to it.

The description itself is in no package registry. What is there is the Go client that Grafana Labs generate from it with go-swagger, field
by field, with each rule as a comment; it is read back here: operations from `client/`, bodies from `models/`.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests import needs

MODULE = "github.com/grafana/grafana-openapi-client-go"
VERSION = "v0.0.0-20260330113218-ee77c4f6f90e"

UNDESCRIBED = {("GET", "/frontend/settings")}
"""Grafana's own page asks this, and so does its Python client, for the version; the description leaves it out."""

_OPERATION = re.compile(r'ID:\s*"(\w+)",\s*Method:\s*"(\w+)",\s*PathPattern:\s*"([^"]+)"')
_FIELD = re.compile(r'((?:^\t//.*\n)*)^\t\w+ +(\S+) `json:"([^",]+)', re.MULTILINE)
_SIMPLE = {"string": str, "bool": bool, "int64": int, "int32": int, "float64": (int, float), "strfmt.DateTime": str, "strfmt.Duration": str}


class Operation(NamedTuple):
    """What one address takes: the type of its body, None where it takes none, and its query parameters."""

    method: str
    path: re.Pattern[str]
    body: str | None
    query: set[str]


class Field(NamedTuple):
    """A field of a body: its type as Go writes it, and its rules."""

    type: str
    is_required: bool
    values: list[str]
    pattern: str | None
    longest: int | None


def mistakes(method: str, path: str, query: set[str], body: Any) -> list[str]:
    """Say what in a request is not as the description has it; `path` is what follows `/api`."""
    if (method, path) in UNDESCRIBED:
        return []
    operation = next((one for one in _operations() if one.method == method and one.path.fullmatch(path)), None)
    if operation is None:
        return [f"there is no {method} {path}"]
    wrong = [f"{method} {path} takes no ?{name}=" for name in query - operation.query]
    if operation.body is None:
        return wrong + ([f"{method} {path} takes no body"] if body is not None else [])
    return wrong + list(_wrong(operation.body, body, f"{method} {path}"))


def _wrong(kind: str, value: Any, where: str) -> list[str]:
    """Compare a value with a type of Go's, by name."""
    kind = kind.removeprefix("*").removeprefix("models.")
    if kind in {"interface{}", "any"} or value is None:
        return []
    if kind in _SIMPLE:
        is_right = isinstance(value, _SIMPLE[kind]) and (kind == "bool" or not isinstance(value, bool))  # type: ignore[arg-type]
        return [] if is_right else [f"{where} is {value!r}, not {kind}"]
    if kind.startswith("[]"):
        return _wrong_items(kind[2:], value, where)
    if kind.startswith("map[string]"):
        if not isinstance(value, dict):
            return [f"{where} is {value!r}, not an object"]
        return [one for name, inner in value.items() for one in _wrong(kind[11:], inner, f"{where}.{name}")]
    fields, other = _model(kind)
    return _wrong(other, value, where) if other else _wrong_fields(fields, value, where)


def _wrong_items(kind: str, value: Any, where: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{where} is {value!r}, not a list"]
    return [one for at, inner in enumerate(value) for one in _wrong(kind, inner, f"{where}[{at}]")]


def _wrong_fields(fields: dict[str, Field], value: Any, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where} is {value!r}, not an object"]
    wrong = [f"{where} misses {name}" for name, field in fields.items() if field.is_required and value.get(name) is None]
    for name, inner in value.items():
        field = fields.get(name)
        if field is None:
            wrong.append(f"{where} has no {name}")
            continue
        wrong += _wrong(field.type, inner, f"{where}.{name}")
        if field.values and inner not in field.values:
            wrong.append(f"{where}.{name} is {inner!r}, not one of {field.values}")
        if field.pattern and not re.search(field.pattern, inner):
            wrong.append(f"{where}.{name} is {inner!r}, not like {field.pattern}")
        if field.longest and len(inner) > field.longest:
            wrong.append(f"{where}.{name} is longer than {field.longest}")
    return wrong


@cache
def _operations() -> list[Operation]:
    found = []
    for file in sorted((_folder() / "client").glob("*/*_client.go")):
        for name, method, path in _OPERATION.findall(file.read_text()):
            parameters = file.with_name(f"{_snake(name)}_parameters.go")
            text = parameters.read_text() if parameters.is_file() else ""
            body = re.search(r"^\tBody (\S+)$", text, re.MULTILINE)
            query = set(re.findall(r'SetQueryParam\("(\w+)"', text))
            pattern = re.compile("[^/]+".join(re.escape(part) for part in re.split(r"\{\w+\}", path)))
            found.append(Operation(method, pattern, body[1] if body else None, query))
    return sorted(found, key=lambda one: one.path.pattern.count("[^/]+"))  # what is said literally comes before what is a parameter


@cache
def _model(name: str) -> tuple[dict[str, Field], str | None]:
    """Return a model's fields, or the type that it is another name of."""
    text = (_folder() / "models" / f"{_snake(name)}.go").read_text()
    declared = re.search(rf"^type {name} (.*?)(?: \{{\n(.*?)^\}})?$", text, re.MULTILINE | re.DOTALL)
    assert declared is not None, name
    if declared[1] != "struct":
        return {}, declared[1]
    return {field: _field(comment, kind) for comment, kind, field in _FIELD.findall(declared[2] + "\n")}, None


def _field(comment: str, kind: str) -> Field:
    def rule(name: str) -> str | None:
        found = re.search(rf"// {name}: (.*)", comment)
        return found[1] if found else None

    longest, values = rule("Max Length"), rule("Enum") or "[]"
    return Field(kind, rule("Required") == "true", values.strip("[]").split(), rule("Pattern"), int(longest) if longest else None)


def _snake(name: str) -> str:
    """Write a name as go-swagger names its file: `RoutePostAlertRule` is `route_post_alert_rule`, `getDashboardByUID` `..._by_uid`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


@cache
def _folder() -> Path:
    """Find the Go module, fetched where it is not in the cache yet (1 MB)."""

    def download(go: str, work: Path) -> list[str]:
        settings = [f"GOMODCACHE={work / 'fetched'}", "GOFLAGS=-modcacherw", "GOTOOLCHAIN=local"]
        return ["env", *settings, go, "mod", "download", f"{MODULE}@{VERSION}"]

    cached = needs.fetched(f"grafana-openapi-{VERSION}", ("go", "golang-go"), download, "Grafana's API cannot be fetched as a Go module")
    return cached / f"{MODULE}@{VERSION}"
