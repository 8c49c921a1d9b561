"""Which values a panel of single numbers shows: one of each column, or one of each row. Pure.

Source: Grafana's `packages/grafana-data/src/field/fieldDisplay.ts`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from dashboards.preview.drawing import Drawing
from dashboards.preview.fields import Field
from dashboards.preview.look import Row

_MOST = 25


def reduced(drawing: Drawing) -> list[Row]:
    """Find the values that the panel's `reduceOptions` name."""
    options = drawing.options.get("reduceOptions") or {}
    chosen = [(table, field) for table in drawing.tables for field in table if _is_meant(field, options.get("fields") or "")]
    if options.get("values"):
        most = int(options.get("limit") or _MOST)
        return [Row(table, at, field) for table, field in chosen for at in range(min(len(field.values), most))]
    calc = (options.get("calcs") or ["lastNotNull"])[0]
    return [_one(table, field, calc) for table, field in chosen if field.values]


def _is_meant(field: Field, fields: str) -> bool:
    if field.is_hidden:
        return False
    if not fields:
        return field.type == "number"
    if fields.startswith("/"):
        return re.search(fields[1 : fields.rindex("/")], field.title) is not None
    return fields == field.title


def _one(table: Sequence[Field], field: Field, calc: str) -> Row:
    if calc in _AT:
        return Row(table, _AT[calc](field.values), field)
    if calc not in _OF:
        raise ValueError(f"the calculation {calc} is not known to the preview")
    numbers = [value for value in field.values if value is not None]
    return Row(table, 0, replace(field, values=[_OF[calc](numbers) if numbers else None]))


def _last_not_null(values: Sequence[Any]) -> int:
    return next((at for at in range(len(values) - 1, -1, -1) if values[at] is not None), len(values) - 1)


def _first_not_null(values: Sequence[Any]) -> int:
    return next((at for at, value in enumerate(values) if value is not None), 0)


_AT: dict[str, Callable[[Sequence[Any]], int]] = {
    "lastNotNull": _last_not_null,
    "last": lambda values: len(values) - 1,
    "firstNotNull": _first_not_null,
    "first": lambda _: 0,
}
_OF: dict[str, Callable[[Sequence[Any]], Any]] = {
    "sum": sum,
    "max": max,
    "min": min,
    "mean": lambda values: sum(values) / len(values),
    "count": len,
}
