"""YAML files that come with the simulator, or a user's own in their place."""

import math
import re
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from sensors.urls import SettingError

T = TypeVar("T")

_PLACE = re.compile(r" - at `\$(.*)`$")
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
        known = ", ".join(getattr(of, "__struct_fields__", ()))
        return f"{wrong}; there are {known}" if "unknown field" in wrong else wrong
    for name, index in _STEP.findall(path[1]):
        if isinstance(said, dict) and name in said:
            said = said[name]
        elif isinstance(said, list) and index.isdecimal():
            said = said[int(index)]
        else:
            return wrong
    return wrong if isinstance(said, dict) else f"{wrong}, not {said!r}"
