"""A file of readings means the same whether it is JSON lines, CSV or Parquet."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sensors.decode import Decoded
from sensors.urls import SettingError
from simulators.recordings.sources import open_source
from stream.reading_files import read
from tests import recordings
from tests.tables import write_csv, write_json_lines, write_parquet

NOW = 1_900_000_000_000_000
"""Microseconds since 1970: later than all that is read here."""

DWELL: dict[str, Any] = {"store_id": "s1", "kind": "dwell", "sensor_id": "000000000202", "device_id": "007", "zone_id": "a"}
PAYMENT: dict[str, Any] = {
    "store_id": "s1",
    "kind": "payment",
    "sensor_id": "till-1",
    "ts": "2026-11-22T09:30:00.250001Z",
    "receipt_id": "0001",
    "amount": "9.00",
    "currency": "EUR",
    "items": [{"product_id": "milk", "quantity": 2, "unit_price": "4.50"}],
}


def _read(path: Path) -> Decoded:
    """All that a file says."""
    whole = Decoded([], [], [])
    for piece in read(path, NOW):
        whole.readings.extend(piece.readings)
        whole.sightings.extend(piece.sightings)
        whole.rejected.extend(piece.rejected)
    return whole


def _readings(path: Path) -> list[Any]:
    """The readings of a file in which nothing is wrong."""
    whole = _read(path)
    assert whole.rejected == []
    return whole.readings


TIMES = ("2026-11-22T09:30:00.250Z", "2023-11-27T19:47:59.913652-0500", 1581252284779, 1581252284779.0, 1581252284779.766, 1.5e12)


@pytest.mark.parametrize("ts", TIMES)
def test_a_time_means_the_same_in_every_format(tmp_path: Path, ts: str | float) -> None:
    """Text with an offset, and milliseconds, whole or with decimals (CSV refused these)."""
    readings = [{**DWELL, "ts": ts}, {**DWELL, "ts": ts, "duration_s": 1.5, "rssi_dbm": -70.33333333333333}]
    expected = _readings(write_json_lines(readings, tmp_path / "r.jsonl"))
    assert len(expected) == 2
    assert _readings(write_csv(readings, tmp_path / "r.csv")) == expected
    assert _readings(write_parquet(readings, tmp_path / "r.parquet")) == expected


@pytest.mark.parametrize("ts", ["1e12", "1.5E+12", "1500000000000.5"])
def test_a_csv_says_milliseconds_as_json_does(tmp_path: Path, ts: str) -> None:
    """Spreadsheets write large numbers with an exponent."""
    (tmp_path / "r.csv").write_text(f"store_id,kind,sensor_id,device_id,zone_id,ts\ns1,dwell,g,d,a,{ts}\n")
    assert [one.ts for one in _readings(tmp_path / "r.csv")] == [int(float(ts) * 1000)]


@pytest.mark.parametrize("ts", ["1_500_000_000_000", "1500000000000.", ".5", "NaN", "Infinity", "+1500000000000", "1,5", " 1", "٣_0"])
def test_a_csv_refuses_what_is_no_number_of_json(tmp_path: Path, ts: str) -> None:
    """What Python's own numbers would take, and nobody's sensors mean."""
    (tmp_path / "r.csv").write_text(f'store_id,kind,sensor_id,device_id,zone_id,ts\ns1,dwell,g,d,a,"{ts}"\n')
    assert [letter.reason for letter in _read(tmp_path / "r.csv").rejected] == ["bad_time"]


def test_identifiers_are_text_and_items_are_kept(tmp_path: Path) -> None:
    """Leading zeros stay; a cell that is empty is a field that is missing; so the computed ids are the same."""
    readings = [{**DWELL, "ts": 1581252284779}, PAYMENT]
    expected = _readings(write_json_lines(readings, tmp_path / "r.jsonl"))
    assert expected[0].sensor_id == "000000000202"
    assert [str(item.unit_price) for item in expected[1].items] == ["4.50"]
    assert _readings(write_csv(readings, tmp_path / "r.csv")) == expected
    assert _readings(write_parquet(readings, tmp_path / "r.parquet")) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [(3, "3"), (3.0, "3"), (Decimal("3.00"), "3"), (b"gate", "gate"), (3.5, None), (float("nan"), None), (True, None), (b"\xff", None)],
)
def test_a_number_as_a_name_is_the_same_for_replay_and_reconstruct(tmp_path: Path, cell: object, expected: str | None) -> None:
    """A whole one is text in both; another one is refused by both."""
    row = {**DWELL, "device_id": cell, "ts": "2026-11-22T09:30:00.250Z"}
    pq.write_table(pa.table({name: [value] for name, value in row.items()}), tmp_path / "r.parquet")
    if expected is None:
        assert [letter.reason for letter in _read(tmp_path / "r.parquet").rejected] == ["wrong_type"]
        with pytest.raises(SettingError, match="`device_id`"):
            list(open_source(tmp_path / "r.parquet"))
        return
    assert [reading.device_id for reading in _readings(tmp_path / "r.parquet")] == [expected]
    assert [json.loads(message.payload)["device_id"] for message in open_source(tmp_path / "r.parquet")] == [expected]


def test_a_table_is_told_by_its_ending_however_that_is_written(tmp_path: Path) -> None:
    """As `replay` tells it."""
    readings = [{**DWELL, "ts": 1581252284779}]
    assert _readings(write_csv(readings, tmp_path / "r.CSV")) == _readings(write_parquet(readings, tmp_path / "r.Parquet"))


def test_a_row_with_more_cells_than_columns_is_refused(tmp_path: Path) -> None:
    """As `replay` refuses it; empty ones do no harm."""
    path = write_csv([{**DWELL, "ts": 1581252284779}], tmp_path / "r.csv")
    row = path.read_text().rstrip()
    path.write_text(row + ",,\n")
    assert len(_readings(path)) == 1
    path.write_text(row + ",more\n")
    with pytest.raises(SettingError, match="in line 2 there are more cells than columns"):
        _read(path)


@pytest.mark.parametrize("recording", [recordings.walks, recordings.watch])
def test_a_real_recording_is_the_same_from_every_format(tmp_path: Path, recording: recordings.Recording) -> None:
    """Times with parts of a millisecond, gateways that look like numbers, means with sixteen digits."""
    _, objects = recording("recorded")
    expected = _read(write_json_lines(objects, tmp_path / "r.jsonl"))
    assert len(expected.readings) + len(expected.sightings) == len(objects)
    assert _read(write_csv(objects, tmp_path / "r.csv")) == expected
    assert _read(write_parquet(objects, tmp_path / "r.parquet")) == expected
