"""Readings as files that people have: JSON lines, CSV and Parquet with the same names; and JSON."""

import csv
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_ITEM = pa.struct([("product_id", pa.string()), ("quantity", pa.int64()), ("unit_price", pa.string())])
_TYPES = {
    "ts": pa.timestamp("us", tz="UTC"),
    "duration_s": pa.float64(),
    "rssi_dbm": pa.float64(),
    "distance_m": pa.float64(),
    "items": pa.list_(_ITEM),
}


def write_json_lines(readings: Sequence[dict[str, Any]], path: Path) -> Path:
    """One object a line."""
    path.write_text("".join(json.dumps(reading, separators=(",", ":")) + "\n" for reading in readings))
    return path


def write_json(value: object, path: Path) -> Path:
    """One value, a layout perhaps."""
    path.write_text(json.dumps(value))
    return path


def write_csv(readings: Sequence[dict[str, Any]], path: Path) -> Path:
    """A column a field; `items` are JSON."""
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, _columns(readings))
        table.writeheader()
        table.writerows({**reading, **_items_as_text(reading)} for reading in readings)
    return path


def write_parquet(readings: Sequence[dict[str, Any]], path: Path) -> Path:
    """Times are times, numbers are numbers, items are nested; everything else is text."""
    schema = pa.schema([(name, _TYPES.get(name, pa.string())) for name in _columns(readings)])
    pq.write_table(pa.Table.from_pylist([{**reading, "ts": _time(reading["ts"])} for reading in readings], schema), path)
    return path


def _columns(readings: Sequence[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for reading in readings for name in reading))


def _items_as_text(reading: dict[str, Any]) -> dict[str, str]:
    return {"items": json.dumps(reading["items"])} if "items" in reading else {}


def _time(ts: str | float) -> datetime:
    """A time as a table holds it: to the microsecond, the rest cut off."""
    if isinstance(ts, str):
        return datetime.fromisoformat(ts)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(Decimal(repr(ts)) * 1000))
