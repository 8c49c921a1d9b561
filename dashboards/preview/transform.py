"""The one transformation of answers that our dashboards use: rows become columns, so that parts of a canvas can name them. Pure.

Source: Grafana's `public/app/features/transformers/rowsToFields`.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from dashboards.frames import Column, Frame

Config = dict[str, Any]

KNOWN = ("rowsToFields",)
"""Grafana's id of it."""

HANDLERS = ("field.name", "field.value", "max", "unit")
"""What a column of the rows may become: the name of the new column, its value, and parts of its configuration."""


class Transformed(NamedTuple):
    """Answers, and overrides that came out of their rows."""

    frames: list[Frame]
    overrides: list[Config]


def transformed(frames: Sequence[Frame], steps: Sequence[Config]) -> Transformed:
    """Carry out a panel's transformations, one after the other."""
    made = Transformed(list(frames), [])
    for step in steps:
        handled = {one["handlerKey"]: one["fieldName"] for one in step["options"]["mappings"]}
        rows = [_rows_to_fields(frame, handled) for frame in made.frames]
        made = Transformed([frame for frame, _ in rows], [*made.overrides, *(one for _, overrides in rows for one in overrides)])
    return made


def _rows_to_fields(frame: Frame, handled: dict[str, str]) -> tuple[Frame, list[Config]]:
    """Make a column of each row, and an override of each of its other handled values."""
    columns = {key: frame.named(name) for key, name in handled.items()}
    names, values = columns.pop("field.name"), columns.pop("field.value")
    if names is None or values is None:
        return Frame([]), []
    made = [Column(str(name), values.type, [value]) for name, value in zip(names.values, values.values, strict=True)]
    overrides = [
        _override(str(name), key, value)
        for key, column in columns.items()
        if column is not None
        for name, value in zip(names.values, column.values, strict=True)
    ]
    return Frame(made), overrides


def _override(name: str, key: str, value: Any) -> Config:
    return {"matcher": {"id": "byName", "options": name}, "properties": [{"id": key, "value": value}]}
