"""Tables of readings (CSV, Parquet) by a mapping that says which column is which field, as lines of readings.

A mapping is YAML: the names of fields, and for each the column it comes from:

    store_id: {constant: berlin-1}
    kind: {column: what, values: {IN: entry, OUT: entry}}
    device_id: mac
    ts: {column: time, format: "%d.%m.%Y %H:%M:%S", zone: Europe/Berlin}
    duration_s: {column: dwell_ms, scale: 0.001}

Whatever cannot be turned into a field is an error that names line and column.
"""

import csv
import json
import math
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from sensors.files import check_source
from sensors.reading import KINDS, SECOND, rfc3339, to_micros
from sensors.urls import SettingError
from simulators.recordings.messages import OLDEST

PIECE_ROWS = 5_000

_UNITS = {"s": Decimal(1_000_000), "ms": Decimal(1_000), "us": Decimal(1), "ns": Decimal("0.001")}
"""Microseconds."""

_UNIT_NAMES = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}

_FROM, _UNTIL = OLDEST, 4_102_444_800 * SECOND
"""The years 2000 to 2099: a number that would be of another time is written otherwise than one thinks."""

_FIELDS = {field.name for model in KINDS.values() for field in msgspec.structs.fields(model)} - {"received_at"} | {"kind"}
"""What a reading may have."""

_NUMBERS = {"duration_s", "rssi_dbm", "distance_m", "amount"}

_NEEDED = ("kind", "store_id", "sensor_id", "ts")


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a field comes from.

    Attributes:
        column: the column.
        constant: instead of a column: the same in every row.
        values: what a cell means; one that is not among them is an error.
        scale: what a number is multiplied by, to have our unit.
        format: how a time is written, in the terms of `strptime`; without: RFC 3339.
        zone: the time zone of times that have no offset.
        unit: of a time that is a number since 1970; None: milliseconds, and one that nobody would believe is an error.
    """

    column: str | None = None
    constant: str | int | float | None = None
    values: dict[str, str] | None = None
    scale: Annotated[float, msgspec.Meta(gt=0)] | None = None
    format: str | None = None
    zone: str | None = None
    unit: Literal["s", "ms", "us", "ns"] | None = None

    def __post_init__(self) -> None:
        if (self.column is None) == (self.constant is None):
            raise ValueError("a field has either a `column` or a `constant`")
        if self.zone is not None:
            _zone(self.zone)


class Mapping(msgspec.Struct, frozen=True):
    """Which column is which field.

    Attributes:
        fields: by name of the field.
        delimiter: between the cells of a CSV.
        decimal: the sign before decimals in a CSV.
        strict: every column that it names must be there.
    """

    fields: dict[str, Field]
    delimiter: str = ","
    decimal: str = "."
    strict: bool = True

    @classmethod
    def of_fields(cls) -> "Mapping":
        """The mapping of tables whose columns have the names of the fields."""
        return cls({name: Field(column=name) for name in sorted(_FIELDS)}, strict=False)

    @classmethod
    def load(cls, path: Path) -> "Mapping":
        """Read a mapping.

        Raises:
            SettingError: it cannot be read, or is none; the sentence names the field.
        """
        check_source(path, "mapping")
        try:
            said: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as wrong:
            raise SettingError(f"{path} cannot be read as a mapping: {' '.join(str(wrong).split())}") from wrong
        if not isinstance(said, dict):
            raise SettingError(f"{path} is no mapping: write a field and its column a line, like `device_id: mac`")
        options = {name: said.pop(name) for name in ("delimiter", "decimal") if name in said}
        if wrong_one := next((name for name, value in options.items() if not isinstance(value, str) or len(value) != 1), None):
            raise SettingError(f"{path}, `{wrong_one}`: it is one character")
        if missing := [name for name in _NEEDED if name not in said]:
            raise SettingError(f"{path}: `{missing[0]}` is missing; every reading has {', '.join(_NEEDED)}")
        return cls({str(name): _field(path, str(name), value) for name, value in said.items()}, **options)


class Table:
    """A table, read from its beginning each time, as lines of readings in JSON.

    Args:
        path: `*.csv` or `*.parquet`.
        mapping: which column is which field.

    Attributes:
        size: rows of a Parquet file, bytes of a CSV.
        done: how much of that has been read.
    """

    def __init__(self, path: Path, mapping: Mapping) -> None:
        self._path, self._mapping = path, mapping
        self._is_csv = path.suffix.lower() == ".csv"
        self.done = 0
        self.size = max(1, path.stat().st_size if self._is_csv else self._rows_of_parquet())

    def __iter__(self) -> Iterator[bytes]:
        """The readings.

        Raises:
            SettingError: the file, or a cell of it, cannot be read; the sentence names line and column.
        """
        self.done = 0
        try:
            for number, row in self._csv() if self._is_csv else self._parquet():
                yield msgspec.json.encode(self._reading(number, row))
        except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException) as wrong:
            raise SettingError(f"{self._path} cannot be read as a table: {wrong}") from wrong

    def _rows_of_parquet(self) -> int:
        try:
            with pq.ParquetFile(self._path) as file:
                return int(file.metadata.num_rows)
        except (OSError, pa.ArrowException) as wrong:
            raise SettingError(f"{self._path} cannot be read as a table: {wrong}") from wrong

    def _csv(self) -> Iterator[tuple[int, dict[str, Any]]]:
        with self._path.open("rb") as raw, open(raw.fileno(), encoding="utf-8-sig", newline="", closefd=False) as file:
            reader = csv.DictReader(file, delimiter=self._mapping.delimiter)
            self._check_columns(reader.fieldnames or ())
            for row in reader:
                self.done = raw.tell()
                yield reader.line_num, row

    def _parquet(self) -> Iterator[tuple[int, dict[str, Any]]]:
        with pq.ParquetFile(self._path) as file:
            self._check_columns(file.schema_arrow.names)
            for batch in file.iter_batches(PIECE_ROWS):
                for row in batch.to_pylist():
                    self.done += 1
                    yield self.done, row

    def _check_columns(self, there: Any) -> None:
        wanted = {field.column for field in self._mapping.fields.values() if field.column is not None}
        if not there:
            raise SettingError(f"{self._path}: the file is empty: its first line names the columns")
        listed = f"there are {', '.join(there)}"
        if self._mapping.strict and (missing := sorted(wanted - set(there))):
            raise SettingError(f"{self._path}: there is no column `{missing[0]}`; {listed}")
        if not wanted & set(there):
            raise SettingError(f"{self._path}: no column has the name of a field; {listed}; give --mapping FILE")
        if lacking := [name for name in _NEEDED if self._mapping.fields[name].column not in {None, *there}]:
            every = f"every reading has {', '.join(_NEEDED)}"
            raise SettingError(
                f"{self._path}: there is no column `{lacking[0]}`; {listed}; {every}: name the columns so, or give --mapping FILE"
            )

    def _reading(self, number: int, row: dict[str, Any]) -> dict[str, Any]:
        reading: dict[str, Any] = {}
        where = f"{self._path}, {'line' if self._is_csv else 'row'} {number}"
        if any(row.get(None, ())):  # type: ignore[call-overload]  # it is where `csv` puts what is behind the last column
            raise SettingError(f"{where}: there are more cells than columns; write a cell that holds `{self._mapping.delimiter}` in quotes")
        for name, field in self._mapping.fields.items():
            cell = field.constant if field.column is None else row.get(field.column)
            if cell is None or (isinstance(cell, str | bytes) and not cell.strip()):
                if name in _NEEDED:
                    empty = f"it is empty, and every reading has a `{name}`; fill it in or leave the row out"
                    raise SettingError(f"{where}, column `{field.column}`: {empty}")
                continue
            try:
                reading[name] = self._value(name, field, cell)
            except (ValueError, InvalidOperation, OverflowError) as wrong:
                raise SettingError(f"{where}, column `{field.column}`: {wrong}") from wrong
        return reading

    def _value(self, name: str, field: Field, cell: Any) -> Any:
        cell = cell.decode() if isinstance(cell, bytes) else cell  # Parquet does not always say that its bytes are text
        if field.values is not None:
            text = str(cell) if isinstance(cell, bool) else _text(cell)
            if text not in field.values:
                raise ValueError(f"`{cell}` is none of the values {', '.join(field.values)}")
            cell = field.values[text]
        if name == "ts":
            return _time(field, cell)
        if name in _NUMBERS:
            return _number(cell, field.scale, self._mapping.decimal)
        if name == "items" and isinstance(cell, str):
            return json.loads(cell)
        return cell if isinstance(cell, list) else _text(cell)


def _field(path: Path, name: str, said: Any) -> Field:
    if name not in _FIELDS:
        raise SettingError(f"{path}: `{name}` is no field of a reading; the fields are {', '.join(sorted(_FIELDS))}")
    try:
        return Field(column=said) if isinstance(said, str) else msgspec.convert(said, Field)
    except (msgspec.ValidationError, ValueError) as wrong:
        raise SettingError(f"{path}, `{name}`: {wrong}") from wrong


def _text(cell: Any) -> str:
    """A name as text; a number of whole ones is written without decimals, for a column with an empty cell may have become one of floats."""
    if isinstance(cell, float | Decimal) and cell % 1 == 0:
        return str(int(cell))
    if isinstance(cell, bool) or not isinstance(cell, str | int):
        raise ValueError(f"`{cell}` is no text, and no whole number")  # noqa: TRY004 - it is the cell's value that is wrong
    return str(cell)


def _number(cell: Any, scale: float | None, decimal: str) -> Any:
    """A number as JSON writes it; money stays exact."""
    if isinstance(cell, str) and decimal != "." and "." in cell:
        raise ValueError(f"`{cell}` has a point, where `{decimal}` stands before decimals")
    text = cell.strip().replace(decimal, ".") if isinstance(cell, str) else repr(cell) if isinstance(cell, float) else str(cell)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"`{cell}` is no number") from None
    if not number.is_finite():
        raise ValueError(f"`{cell}` is no finite number")
    number = number if scale is None else number * Decimal(repr(scale))
    if math.isinf(float(number)):
        raise ValueError(f"`{cell}` is too large a number")
    return msgspec.Raw(str(number).encode())


def _time(field: Field, cell: Any) -> str:
    """A time as RFC 3339."""
    if isinstance(cell, datetime):
        return _in_utc(cell, field)
    if isinstance(cell, date):
        raise ValueError(f"`{cell}` is a day, and no time")  # noqa: TRY004 - it is the cell's value that is wrong
    text = str(cell).strip()
    if field.format is not None:
        return _in_utc(datetime.strptime(text, field.format), field)  # noqa: DTZ007 - the zone comes next
    try:
        number = Decimal(text)
    except InvalidOperation:
        return _in_utc(_iso(text), field)
    return _since_1970(number, field.unit, text)


def _since_1970(number: Decimal, unit: str | None, text: str) -> str:
    """A time that is a number; one without a unit is milliseconds if that can be."""
    if not number.is_finite():
        raise ValueError(f"`{text}` is no time")
    at = int(number * _UNITS[unit or "ms"])
    try:
        written = rfc3339(at)
    except (ValueError, OverflowError):
        written = "no time"
    if written == "no time" or (unit is None and not _FROM <= at < _UNTIL):
        named = _UNIT_NAMES[unit or "ms"]
        raise ValueError(f"`{text}` would be {written} as {named} since 1970; say its `format`, or its `unit`: s, ms, us or ns")
    return written


def _iso(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"`{text}` is no time: neither RFC 3339 nor a number; say its `format`") from None
    if len(text) <= len("2026-11-22"):
        raise ValueError(f"`{text}` is a day, and no time")
    return at


def _in_utc(at: datetime, field: Field) -> str:
    if at.tzinfo is None:
        if field.zone is None:
            raise ValueError(f"`{at}` has no time zone; say its `zone`, like Europe/Berlin")
        local = at.replace(tzinfo=_zone(field.zone))
        if local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) != at:
            raise ValueError(f"`{at}` never was in {field.zone}: the clocks were put forward over it")
        at = local
    return rfc3339(to_micros(at.astimezone(UTC)))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as wrong:
        raise ValueError(f"there is no time zone `{name}`") from wrong
