"""YAML files that come with the simulator, or a user's own in their place."""

from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from sensors.urls import SettingError

T = TypeVar("T")


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
        return msgspec.convert(said, of)
    except (yaml.YAMLError, UnicodeDecodeError, msgspec.ValidationError) as wrong:
        raise SettingError(f"{name} cannot be read as {kind}: {' '.join(str(wrong).split())}") from wrong
