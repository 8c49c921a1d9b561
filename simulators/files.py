"""YAML files that come with the simulator, or a user's own in their place."""

import math
import re
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml
from msgspec import inspect

from sensors.urls import SettingError

T = TypeVar("T")

_PLACE = re.compile(r" - at `\$(.*)`$")
_TIME = re.compile(r"\.(at|until)$")
_ENTRY = "[...]"
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")


def read_named(folder: str, name: str, of: type[T], *, none: str, kind: str) -> T:
    """Read a file that comes with the simulator, or a user's.

    Args:
        folder: where ours are.
        name: the name of one of ours, or the path of a YAML file.
        of: what it holds.
        none: how the sentence begins that there is none.
        kind: what it cannot be read as.

    Raises:
        SettingError: there is none, or it is not written as one.
    """
    ours = resources.files("simulators") / folder
    file = Path(name) if name.endswith((".yaml", ".yml")) else ours / f"{name}.yaml"
    if not file.is_file():
        known = ", ".join(sorted(entry.name.removesuffix(".yaml") for entry in ours.iterdir() if entry.name.endswith(".yaml")))
        raise SettingError(f"{none} `{name}`; there are {known}, or give a file that ends in .yaml")
    try:
        said: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError) as wrong:  # of a date that is none YAML says ValueError
        raise SettingError(f"{name} cannot be read as {kind}: {' '.join(str(wrong).split())}") from wrong
    if said is None:
        raise SettingError(f"{name} cannot be read as {kind}: the file is empty: begin with `{_fields(of)[0]}: ...`")
    try:
        _check_finite(said, "$")
        return msgspec.convert(said, of)
    except (ValueError, OverflowError, msgspec.ValidationError) as wrong:
        raise SettingError(f"{name} cannot be read as {kind}: {_sentence(of, said, str(wrong))}") from wrong


def _check_finite(said: object, path: str) -> None:
    """Refuse `.nan` and `.inf`, which no limit would.

    Raises:
        ValueError: there is one.
    """
    if isinstance(said, float) and not math.isfinite(said):
        raise ValueError(f"Expected a finite number - at `{path}`")
    if isinstance(said, dict):
        for name, value in said.items():
            _check_finite(value, f"{path}.{name}")
    elif isinstance(said, list):
        for index, value in enumerate(said):
            _check_finite(value, f"{path}[{index}]")


def _sentence(of: type, said: object, wrong: str) -> str:
    """What is wrong, and the value that stands there, where it can be shown; of an unknown name, those that there are."""
    path = _PLACE.search(wrong)
    if path is None:
        return f"{wrong}; there are {', '.join(_fields(of))}" if "unknown field" in wrong else wrong
    if _TIME.search(path[1]):
        wrong = f'Expected a time of day in quotes, "00:00" to "23:59"{path[0]}'
    if known := _values(of, path[1]):
        return f"{wrong}; there are {', '.join(known)}"
    there, steps, told = said, list[Any](), wrong
    for name, index in _STEP.findall(path[1]):
        step: Any = int(index) if index.isdecimal() else _entry(of, said, steps, wrong) if index else name
        if not (isinstance(there, dict) and step in there) and not (isinstance(there, list) and isinstance(step, int)):
            return told
        told = told.replace(_ENTRY, f".{step}", 1) if index == "..." else told
        there = there[step]
        steps.append(step)
    return told if isinstance(there, dict) else f"{told}, not {there!r}"


def _entry(of: type, said: Any, steps: list[Any], wrong: str) -> Any:
    """Which entry of a mapping is the wrong one: that which is so alone, for msgspec does not name it; None: none is."""
    there = said
    for step in steps:
        there = there[step]
    for key in there:
        try:
            msgspec.convert(_with_only(said, steps, key), of)
        except (ValueError, OverflowError, msgspec.ValidationError) as again:
            if str(again) == wrong:
                return key
    return None


def _with_only(said: Any, steps: list[Any], key: Any) -> Any:
    """The same with one entry of the mapping at a place, and no other there."""
    if not steps:
        return {key: said[key]}
    copy = said.copy()
    copy[steps[0]] = _with_only(said[steps[0]], steps[1:], key)
    return copy


def _fields(of: type) -> tuple[str, ...]:
    return tuple(getattr(of, "__struct_fields__", ()))


def _values(of: type, path: str) -> list[str]:
    """What may stand at a place, where it is one of some words; empty where it is not."""
    kind = inspect.type_info(of)
    for field in kind.fields if isinstance(kind, inspect.StructType) else ():
        if isinstance(field.type, inspect.LiteralType) and path == f".{field.encode_name}":
            return list(map(str, field.type.values))
        items = field.type.item_type if isinstance(field.type, inspect.VarTupleType) else None
        tagged = [one for one in items.types if isinstance(one, inspect.StructType)] if isinstance(items, inspect.UnionType) else []
        if any(re.fullmatch(rf"\.{field.encode_name}\[\d+\]\.{one.tag_field}", path) for one in tagged):
            return sorted(str(one.tag) for one in tagged)
    return []
