"""Transformations of answers before they are drawn, as far as our dashboards use them. Pure.

Source: Grafana's `packages/grafana-data/src/transformations/transformers` and `public/app/features/transformers/rowsToFields`.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from dashboards.frames import Column, Frame

Config = dict[str, Any]


class Transformed(NamedTuple):
    """Answers, and overrides that came out of their rows."""

    frames: list[Frame]
    overrides: list[Config]


def transformed(frames: Sequence[Frame], steps: Sequence[Config]) -> Transformed:
    """Carry out a panel's transformations, one after the other."""
    made = Transformed(list(frames), [])
    for step in steps:
        if step.get("disabled"):
            continue
        if step["id"] not in KNOWN:
            raise ValueError(f"the transformation {step['id']} is not known to the preview")
        made = KNOWN[step["id"]](made, step.get("options") or {})
    return made


def _each(change: Callable[[Frame, Config], Frame]) -> Callable[[Transformed, Config], Transformed]:
    return lambda made, options: Transformed([change(frame, options) for frame in made.frames], made.overrides)


_AS_CONFIG = {"unit": "unit", "max": "max", "min": "min", "decimals": "decimals", "displayName": "displayName", "color": "color"}


def _rows_to_fields(made: Transformed, options: Config) -> Transformed:
    """Make a column of each row: its name from one column, its value from another, its configuration from more."""
    frames: list[Frame] = []
    overrides = list(made.overrides)
    handlers = {one["fieldName"]: one["handlerKey"] for one in options.get("mappings") or ()}
    for frame in made.frames:
        names, values = _pick(frame, handlers, "field.name", "string"), _pick(frame, handlers, "field.value", "number")
        if names is None or values is None:
            frames.append(Frame([]))
            continue
        frames.append(Frame([Column(str(name), values.type, [value]) for name, value in zip(names.values, values.values, strict=True)]))
        for column in frame.columns:
            if (key := _AS_CONFIG.get(handlers.get(column.name, ""))) is not None:
                overrides += [_override(str(name), key, value) for name, value in zip(names.values, column.values, strict=True)]
    return Transformed(frames, overrides)


def _pick(frame: Frame, handlers: dict[str, str], key: str, kind: str) -> Column | None:
    chosen = next((name for name, handler in handlers.items() if handler == key), None)
    if chosen is not None:
        return frame.named(chosen)
    return next((column for column in frame.columns if column.type == kind and column.name not in handlers), None)


def _override(name: str, key: str, value: Any) -> Config:
    if key == "color":
        value = {"mode": "fixed", "fixedColor": value}
    return {"matcher": {"id": "byName", "options": name}, "properties": [{"id": key, "value": value}]}


def _organize(frame: Frame, options: Config) -> Frame:
    """Leave columns out, order and rename them."""
    left_out, order, names = (options.get(key) or {} for key in ("excludeByName", "indexByName", "renameByName"))
    kept = [column for column in frame.columns if not left_out.get(column.name)]
    if order:
        kept.sort(key=lambda column: order.get(column.name, len(kept)))
    return Frame([column._replace(name=names.get(column.name) or column.name) for column in kept])


def _filter_fields(frame: Frame, options: Config) -> Frame:
    names = (options.get("include") or {}).get("names")
    return Frame([column for column in frame.columns if names is None or column.name in names])


def _limit(frame: Frame, options: Config) -> Frame:
    most = int(options.get("limitField", 10))
    return Frame([column._replace(values=column.values[:most]) for column in frame.columns])


def _sort_by(frame: Frame, options: Config) -> Frame:
    for one in reversed(options.get("sort") or ()):
        frame = sorted_by(frame, str(one["field"]), falling=bool(one.get("desc")))
    return frame


def sorted_by(frame: Frame, name: str, *, falling: bool) -> Frame:
    """Order the rows of an answer by a column; nulls last."""
    column = frame.named(name)
    if column is None:
        return frame
    there = [at for at, value in enumerate(column.values) if value is not None]
    there.sort(key=lambda at: column.values[at], reverse=falling)
    order = there + [at for at, value in enumerate(column.values) if value is None]
    return Frame([one._replace(values=[one.values[at] for at in order]) for one in frame.columns])


KNOWN: dict[str, Callable[[Transformed, Config], Transformed]] = {
    "rowsToFields": _rows_to_fields,
    "organize": _each(_organize),
    "filterFieldsByName": _each(_filter_fields),
    "limit": _each(_limit),
    "sortBy": _each(_sort_by),
}
"""Those that are, by Grafana's id."""
