"""What PostgreSQL's types become in Arrow, and how each column has to be asked for so that Arrow reads its text.

Values travel as the text of COPY, which Arrow turns into columns several times faster than a driver makes objects of rows. What Arrow
cannot read as PostgreSQL writes it is written otherwise: arrays as JSON, intervals as microseconds, bytes in hexadecimal. So it stands in
CSV files too.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import psycopg
import pyarrow as pa
from psycopg import postgres
from pyarrow import compute as pc

MOST_DIGITS = 38

COMPUTED_SCALE = 9
"""Decimals of numbers that PostgreSQL computes without a limit (sums, means): exact for whatever is a product of two of our columns."""

_FITS = 18
"""Digits that every whole number of 64 bits can have."""

_AS_COMPUTED = f"CASE WHEN scale({{0}}) > {COMPUTED_SCALE} THEN round({{0}}, {COMPUTED_SCALE}) ELSE nullif({{0}}, 'NaN') END::text"


class Column(NamedTuple):
    """A column of a result.

    Attributes:
        name: its name.
        asked: how it is asked for, with `{0}` where its own name stands.
        sent: the type as which its text is read.
        kind: the type that it has in the end; of a number as computed, text until all of it is there (`exact`).
    """

    name: str
    asked: str
    sent: pa.DataType
    kind: pa.DataType

    @property
    def is_as_computed(self) -> bool:
        """Whether it is a number whose decimals are not known before it is read."""
        return self.asked == _AS_COMPUTED


def columns_of(description: Sequence[psycopg.Column], zone: str, *, as_computed: bool) -> list[Column]:
    """Say what the columns of a result become.

    Args:
        description: of the result, as the driver has it.
        zone: the time zone that times are shown in; which moment they name does not depend on it.
        as_computed: whether a number that PostgreSQL computes shall keep the decimals that it has, rather than get `COMPUTED_SCALE`.
    """
    return [_column(one, zone, as_computed=as_computed) for one in description]


def schema(columns: list[Column]) -> pa.Schema:
    """The schema of what the columns become."""
    return pa.schema([(column.name, column.kind) for column in columns])


def typed(table: pa.Table, columns: list[Column]) -> pa.Table:
    """Give what was sent the types that it has in the end."""
    arrays = [_typed(array, column) for array, column in zip(table.columns, columns, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema(columns))


def exact(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """Make numbers of texts, with as many decimals as the one with the most; those without decimals are whole numbers where they fit."""
    scale = pc.max(pc.utf8_length(pc.replace_substring_regex(array, r"^[^.]*\.?", ""))).as_py()
    if scale is None:
        return array.cast(pa.decimal128(MOST_DIGITS, COMPUTED_SCALE))
    number = array.cast(pa.decimal128(MOST_DIGITS, scale))
    if scale or pc.max(pc.utf8_length(array)).as_py() > _FITS:
        return number
    return number.cast(pa.int64())


def _column(told: psycopg.Column, zone: str, *, as_computed: bool) -> Column:
    info = postgres.types.get(told.type_code)
    name = info.name if info else ""
    if info and told.type_code == info.array_oid:
        in_json = name in _IN_JSON
        return Column(
            told.name, "to_json({0})" if in_json else "to_json({0}::text[])", pa.string(), pa.list_(_SIMPLE[name if in_json else "text"])
        )
    if name == "numeric":
        return _number(told, as_computed=as_computed)
    if name == "timestamptz":
        return Column(told.name, "{0}", pa.timestamp("us", "UTC"), pa.timestamp("us", zone))
    return Column(told.name, *_ASKED.get(name, _TEXT))


def _list(told: psycopg.Column, of: str) -> Column:
    if of in _IN_JSON:
        return Column(told.name, "to_json({0})", pa.string(), pa.list_(_SIMPLE[of]))
    return Column(told.name, "to_json({0}::text[])", pa.string(), pa.list_(pa.string()))


def _number(told: psycopg.Column, *, as_computed: bool) -> Column:
    if told.precision is not None and told.scale is not None and told.precision <= MOST_DIGITS:
        kind = pa.decimal128(told.precision, told.scale)
        return Column(told.name, "{0}", kind, kind)
    if as_computed:
        return Column(told.name, _AS_COMPUTED, pa.string(), pa.string())
    kind = pa.decimal128(MOST_DIGITS, COMPUTED_SCALE)
    return Column(told.name, f"{{0}}::numeric({MOST_DIGITS}, {COMPUTED_SCALE})", kind, kind)


def _typed(array: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    if pa.types.is_list(column.kind):
        return _each(array, json.loads, column.kind)
    if pa.types.is_binary(column.kind):
        return _each(array, bytes.fromhex, column.kind)
    return array.cast(column.kind)


def _each(array: pa.ChunkedArray, read: Callable[[str], Any], kind: pa.DataType) -> pa.ChunkedArray:
    """Read each different text once: there are fewer paths than visits."""
    encoded = array.combine_chunks().dictionary_encode()
    values = pa.array([read(text) for text in encoded.dictionary.to_pylist()], kind)
    return pa.chunked_array([values.take(encoded.indices)])


_SIMPLE: dict[str, pa.DataType] = {
    "bool": pa.bool_(),
    "date": pa.date32(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "text": pa.string(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
    "varchar": pa.string(),
}
"""Types that Arrow knows too; those that are nowhere here become text."""

_IN_JSON = ("bool", "float4", "float8", "int2", "int4", "int8", "text", "varchar")
"""Those that JSON knows too; lists of others become lists of text."""

_ASKED = {name: ("{0}", kind, kind) for name, kind in _SIMPLE.items()} | {
    "bool": ("{0}::text", pa.bool_(), pa.bool_()),
    "bytea": ("encode({0}, 'hex')", pa.string(), pa.binary()),
    "interval": ("(extract(EPOCH FROM {0}) * 1000000)::bigint", pa.int64(), pa.duration("us")),
}
"""How they are asked for, sent, and what they become."""

_TEXT = ("{0}::text", pa.string(), pa.string())
