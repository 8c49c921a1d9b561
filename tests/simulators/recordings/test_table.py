"""Tables as readings: what a column means, and errors that name line and column."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sensors.decode import Decoded, from_objects
from sensors.urls import SettingError
from simulators.recordings.table import Mapping, Table
from tests.simulators.plans import play
from tests.tables import write_csv, write_parquet

LINES = play().lines[::3]
MAPPING = """\
delimiter: ";"
decimal: ","
store_id: {constant: berlin-1}
kind: {column: what, values: {IN: entry, HERE: dwell}}
direction: {column: what, values: {IN: in, HERE: out}}
sensor_id: gateway
device_id: mac
zone_id: room
ts: {column: when, format: "%d.%m.%Y %H:%M:%S", zone: Europe/Berlin}
duration_s: {column: ms, scale: 0.001}
"""
HEADER = "what;gateway;mac;room;when;ms\n"
ROW = "HERE;gw-1;aa:bb;dairy;22.11.2026 10:30:00;1500,5\n"


def table(folder: Path, rows: str, mapping: str = MAPPING) -> list[dict[str, Any]]:
    """What a CSV with a mapping says."""
    (folder / "mapping.yaml").write_text(mapping)
    (folder / "visits.csv").write_text(HEADER + rows)
    return [json.loads(line) for line in Table(folder / "visits.csv", Mapping.load(folder / "mapping.yaml"))]


def test_columns_become_fields(tmp_path: Path) -> None:
    """Names, constants, values, local times, units; an empty cell is no field."""
    first, second = table(tmp_path, ROW + "IN;gate-1;aa:bb;;22.07.2026 10:30:00;\n")
    assert first == {
        "store_id": "berlin-1",
        "kind": "dwell",
        "direction": "out",
        "sensor_id": "gw-1",
        "device_id": "aa:bb",
        "zone_id": "dairy",
        "ts": "2026-11-22T09:30:00.000000Z",
        "duration_s": 1.5005,
    }
    assert second == {
        "store_id": "berlin-1",
        "kind": "entry",
        "direction": "in",
        "sensor_id": "gate-1",
        "device_id": "aa:bb",
        "ts": "2026-07-22T08:30:00.000000Z",
    }


@pytest.mark.parametrize("write", [write_csv, write_parquet])
def test_columns_with_the_names_of_fields_need_no_mapping(write: Callable[[list[dict[str, Any]], Path], Path], tmp_path: Path) -> None:
    """A simulated day as a table says what it says as JSON, receipts and all."""
    rows = [json.loads(line) for line in LINES]
    for item in (item for row in rows for item in row.get("items", ())):
        item["quantity"] = int(item["quantity"])
    path = write(rows, tmp_path / f"day.{'csv' if write is write_csv else 'parquet'}")
    source = Table(path, Mapping.of_fields())
    found = [json.loads(line, parse_float=Decimal) for line in source]
    assert {row["kind"] for row in rows} == {"entry", "dwell", "shelf", "payment", "status"}
    assert _read(found) == _read([json.loads(line, parse_float=Decimal) for line in LINES])
    assert source.done == source.size


def _read(rows: list[dict[str, Any]]) -> Decoded:
    decoded = from_objects(rows, topic=None, received_at=4_000_000_000_000_000, source="")
    assert not decoded.rejected
    return decoded


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ROW.replace("22.11", "32.11"), "line 3, column `when`: time data '32.11.2026 10:30:00' does not match format"),
        (ROW.replace("HERE", "OUT"), "line 3, column `what`: `OUT` is none of the values IN, HERE"),
        (ROW.replace("1500,5", "long"), "line 3, column `ms`: `long` is no number"),
        (ROW.replace("1500,5", "1.500"), "line 3, column `ms`: `1.500` has a point, where `,` stands before decimals"),
        (ROW.replace("1500,5", "NaN"), "line 3, column `ms`: `NaN` is no finite number"),
        (ROW.replace("1500,5", "1e400"), "line 3, column `ms`: `1e400` is too large a number"),
        (
            ROW.replace("22.11.2026 10:30:00", "29.03.2026 02:30:00"),
            "line 3, column `when`: `2026-03-29 02:30:00` never was in Europe/Berlin",
        ),
        (
            ROW.replace("gw-1", ""),
            "line 3, column `gateway`: it is empty, and every reading has a `sensor_id`; fill it in or leave the row out",
        ),
        (ROW.replace("22.11.2026 10:30:00", " "), "line 3, column `when`: it is empty, and every reading has a `ts`"),
        ("HERE;gw-1;aa:bb;dairy\n", "line 3, column `when`: it is empty"),
        (ROW.replace("dairy", "dairy; back"), "line 3: there are more cells than columns; write a cell that holds `;` in quotes"),
    ],
)
def test_a_cell_that_cannot_be_read_is_said_with_line_and_column(row: str, said: str, tmp_path: Path) -> None:
    """The rows before it are read."""
    with pytest.raises(SettingError, match=r"visits\.csv, ") as wrong:
        table(tmp_path, ROW + row)
    assert said in str(wrong.value)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        (MAPPING.replace("mac", "bluetooth"), "there is no column `bluetooth`; there are what, gateway, mac, room, when, ms"),
        (MAPPING.replace("zone_id", "zone"), "`zone` is no field of a reading; the fields are action, amount"),
        (MAPPING.replace("sensor_id: gateway\n", ""), "`sensor_id` is missing; every reading has kind, store_id, sensor_id, ts"),
        (MAPPING.replace("Europe/Berlin", "Berlin"), "`ts`: there is no time zone `Berlin`"),
        (MAPPING.replace("scale: 0.001", "scale: -1"), "`duration_s`: "),
        (MAPPING.replace("scale", "factor"), "`duration_s`: "),
        (MAPPING.replace("{constant: berlin-1}", "{constant: a, column: b}"), "`store_id`: a field has either a `column` or a `constant`"),
        (MAPPING.replace('";"', '";;"'), "`delimiter`: it is one character"),
        ("- a", "is no mapping: write a field and its column a line"),
        ("a: [", "cannot be read as a mapping"),
    ],
)
def test_a_wrong_mapping_is_refused(mapping: str, said: str, tmp_path: Path) -> None:
    """The sentence names the file and the field."""
    with pytest.raises(SettingError) as wrong:
        table(tmp_path, ROW, mapping)
    assert said in str(wrong.value)


@pytest.mark.parametrize(
    ("field", "cell", "expected"),
    [
        ("ts: {column: t, unit: s}", 1_700_000_000, "2023-11-14T22:13:20.000000Z"),
        ("ts: {column: t, unit: ns}", 1_700_000_000_000_001_999, "2023-11-14T22:13:20.000001Z"),
        ("ts: t", 1_700_000_000_000.5, "2023-11-14T22:13:20.000500Z"),
        ("ts: t", "2023-11-14T23:13:20+01:00", "2023-11-14T22:13:20.000000Z"),
        ("ts: {column: t, zone: Asia/Tokyo}", "2023-11-15 07:13:20", "2023-11-14T22:13:20.000000Z"),
        ("ts: t", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC), "2023-11-14T22:13:20.000000Z"),
        ("ts: {column: t, zone: Asia/Tokyo}", datetime(2023, 11, 15, 7, 13, 20), "2023-11-14T22:13:20.000000Z"),  # noqa: DTZ001 - as a table has it
    ],
)
def test_times_in_all_forms(field: str, cell: object, expected: str, tmp_path: Path) -> None:
    """Numbers of a unit, text with an offset or of a zone, and what Parquet calls a time."""
    assert _of_parquet(tmp_path, field, cell) == [expected]


@pytest.mark.parametrize(
    ("field", "cell", "expected"),
    [
        ("ts: {column: t, unit: ms}", "20261122", "1970-01-01T05:37:41.122000Z"),
        ("ts: {column: t, format: '%Y%m%d%H%M', zone: UTC}", 202611220930, "2026-11-22T09:30:00.000000Z"),
    ],
)
def test_a_number_is_what_one_says_that_it_is(field: str, cell: object, expected: str, tmp_path: Path) -> None:
    """Also where nobody would have thought so."""
    assert _of_parquet(tmp_path, field, cell) == [expected]


@pytest.mark.parametrize(
    ("cell", "would_be"),
    [
        ("20261122", "1970-01-01T05:37:41.122000Z as milliseconds since 1970"),
        (1_790_000_000, "1970-01-21T17:13:20.000000Z as milliseconds since 1970"),
        ("20261122093000", "2612-01-19T17:28:13.000000Z as milliseconds since 1970"),
        (1_790_000_000_000_000_000, "no time as milliseconds since 1970"),
        (-1.5, "1969-12-31T23:59:59.998500Z as milliseconds since 1970"),
    ],
)
def test_a_number_that_nobody_would_believe_is_refused(cell: object, would_be: str, tmp_path: Path) -> None:
    """A day written in figures, or another unit: without a `unit` they are milliseconds, from 2000 to 2099."""
    with pytest.raises(SettingError, match=r"t.parquet, row 1, column `t`: ") as wrong:
        _of_parquet(tmp_path, "ts: t", cell)
    assert f"`{cell}` would be {would_be}" in str(wrong.value)
    assert str(wrong.value).endswith("; say its `format`, or its `unit`: s, ms, us or ns")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("needed", ["kind", "store_id", "sensor_id", "ts"])
def test_what_every_reading_has_is_needed_without_a_mapping_too(suffix: str, needed: str, tmp_path: Path) -> None:
    """The column; what one can do is said."""
    row = dict.fromkeys({"kind", "store_id", "sensor_id", "ts", "state"} - {needed}, "1790000000000")
    path = tmp_path / f"t.{suffix}"
    if suffix == "csv":
        write_csv([row], path)
    else:
        pq.write_table(pa.Table.from_pylist([row]), path)
    with pytest.raises(SettingError, match=f"there is no column `{needed}`; there are ") as wrong:
        list(Table(path, Mapping.of_fields()))
    assert str(wrong.value).startswith(str(path))
    assert str(wrong.value).endswith("every reading has kind, store_id, sensor_id, ts: name the columns so, or give --mapping FILE")


def test_an_empty_cell_behind_the_last_column_does_no_harm(tmp_path: Path) -> None:
    """As some programs end every row with the delimiter."""
    assert len(table(tmp_path, ROW.replace("\n", ";\n"))) == 1


@pytest.mark.parametrize("cell", ["2023-11-14 22:13:20", datetime(2023, 11, 14).date(), "soon", float("nan")])  # noqa: DTZ001 - a day
def test_what_is_no_time_is_refused(cell: object, tmp_path: Path) -> None:
    """A time without zone, a day, a word: with the row, as Parquet has no lines."""
    with pytest.raises(SettingError, match=r"t.parquet, row 1, column `t`: "):
        _of_parquet(tmp_path, "ts: t", cell)


def test_a_day_is_no_time_in_text_either(tmp_path: Path) -> None:
    """All of its readings would be of midnight."""
    with pytest.raises(SettingError, match=r"t.parquet, row 1, column `t`: `2023-11-14` is a day, and no time"):
        _of_parquet(tmp_path, "ts: {column: t, zone: UTC}", "2023-11-14")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("3", "3"), (3, "3"), (3.0, "3"), (Decimal("3.00"), "3"), (b"gate", "gate"), ("Tür".encode(), "Tür")],
)
@pytest.mark.parametrize("field", ["device_id: t", "device_id: {column: t, values: {'3': '3', gate: gate, Tür: Tür}}"])
def test_names_are_text_whatever_a_table_holds(field: str, cell: object, expected: str, tmp_path: Path) -> None:
    """Bytes that nobody marked as text, and integers that became floats because of an empty cell."""
    assert _of_parquet(tmp_path, field, cell, "device_id") == [expected]


@pytest.mark.parametrize("cell", [3.5, float("nan"), True, b"\xff", datetime(2023, 11, 14, tzinfo=UTC)])
def test_what_is_no_name_is_refused(cell: object, tmp_path: Path) -> None:
    """Rather than written in a way that nobody meant."""
    with pytest.raises(SettingError, match=r"t.parquet, row 1, column `t`: "):
        _of_parquet(tmp_path, "device_id: t", cell, "device_id")


def _of_parquet(folder: Path, field: str, cell: object, name: str = "ts") -> list[str]:
    constants = {"kind": "status", "store_id": "s", "sensor_id": "g", "ts": 1_790_000_000_000}
    needed = [f"{one}: {{constant: {value}}}" for one, value in constants.items() if one != name]
    (folder / "mapping.yaml").write_text("\n".join([*needed, field]))
    pq.write_table(pa.table({"t": [cell]}), folder / "t.parquet")
    return [json.loads(line)[name] for line in Table(folder / "t.parquet", Mapping.load(folder / "mapping.yaml"))]


def test_what_is_no_table_is_said(tmp_path: Path) -> None:
    """By its name it is one."""
    (tmp_path / "t.parquet").write_bytes(b"nothing")
    with pytest.raises(SettingError, match=r"t.parquet cannot be read as a table"):
        Table(tmp_path / "t.parquet", Mapping.of_fields())
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SettingError, match="no column has the name of a field; there are a, b; give --mapping FILE"):
        list(Table(tmp_path / "t.csv", Mapping.of_fields()))
    (tmp_path / "t.csv").write_bytes(b"")
    with pytest.raises(SettingError, match="the file is empty: its first line names the columns"):
        list(Table(tmp_path / "t.csv", Mapping.of_fields()))
