"""Files of readings: JSON lines (`.gz` too), CSV and Parquet with the same names, piece by piece through `sensors.decode`."""

import csv
import gzip
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO, Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from sensors.decode import Decoded, decode, from_objects
from sensors.urls import SettingError

PIECE_BYTES = 1 << 20
PIECE_ROWS = 5_000
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
"""As JSON writes one: a time that is none is RFC 3339."""

_NUMBERS = ("duration_s", "rssi_dbm", "distance_m", "amount")

_MESSAGE = {"topic", "payload"}

_JSON = msgspec.json.Decoder(float_hook=Decimal)

Progress = Callable[[float], None]


def read(path: Path, received_at: int, progress: Progress = lambda _: None) -> Iterator[Decoded]:
    """Decode a file of readings piece by piece.

    Args:
        path: `*.parquet`, `*.csv`, or JSON lines under any other name; `*.gz` is unpacked.
        received_at: now, microseconds since 1970: what is further than 5 minutes ahead of it is rejected, as the bridge would.
        progress: told how much of the file has been read, from 0 to 1.

    Raises:
        SettingError: there is no such file, or it is none of these.
    """
    if not path.is_file():
        raise SettingError(f"{path}: there is no such file of readings")
    readers = {".parquet": _parquet, ".csv": _csv}
    try:
        yield from readers.get(path.suffix, _json_lines)(path, received_at, progress)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, pa.ArrowException) as wrong:
        raise SettingError(f"{path} cannot be read as readings: {wrong}") from wrong


def _json_lines(path: Path, received_at: int, progress: Progress) -> Iterator[Decoded]:
    size = max(1, path.stat().st_size)
    with path.open("rb") as file, _unpacked(path, file) as lines:
        while piece := lines.readlines(PIECE_BYTES):
            yield _lines(piece, received_at)
            progress(file.tell() / size)


def _unpacked(path: Path, file: IO[bytes]) -> IO[bytes]:
    return gzip.open(file) if path.suffix == ".gz" else file  # type: ignore[return-value]


def _lines(piece: list[bytes], received_at: int) -> Decoded:
    """Decode lines together where all is well with them, and line by line what is not."""
    whole = Decoded([], [], [])
    objects: list[Any] = []
    for line in piece:
        if not line.strip():
            continue
        try:
            said = _JSON.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            said = None
        if isinstance(said, dict) and said.keys() != _MESSAGE and b"\\u0000" not in line:
            objects.append(said)
        else:  # an array, or something to reject: in its place, so that the first of two equal ids stays the first
            _join(whole, from_objects(objects, topic=None, received_at=received_at, source="file"))
            objects = []
            _join(whole, _alone(line.strip(), said, received_at))
    _join(whole, from_objects(objects, topic=None, received_at=received_at, source="file"))
    return whole


def _alone(line: bytes, said: object, received_at: int) -> Decoded:
    """Decode a line that is a payload, or a message recorded with its topic (`simulators.messages` writes and replays such)."""
    if isinstance(said, dict) and said.keys() == _MESSAGE and isinstance(said["topic"], str):
        payload = said["payload"]
        raw = payload.encode() if isinstance(payload, str) else bytes(msgspec.json.decode(line, type=dict[str, msgspec.Raw])["payload"])
        return decode(raw, topic=said["topic"], received_at=received_at)
    return decode(line, topic=None, received_at=received_at)


def _join(whole: Decoded, part: Decoded) -> None:
    whole.readings.extend(part.readings)
    whole.sightings.extend(part.sightings)
    whole.rejected.extend(part.rejected)


def _csv(path: Path, received_at: int, progress: Progress) -> Iterator[Decoded]:
    size = max(1, path.stat().st_size)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows: list[dict[str, Any]] = []
        done = 0
        for row in csv.DictReader(file):
            rows.append({name: _from_text(name, text) for name, text in row.items() if name and text})
            if len(rows) == PIECE_ROWS:
                yield from_objects(rows, topic=None, received_at=received_at, source=path.name)
                done += sum(len(str(value)) + 1 for row in rows for value in row.values())
                rows = []
                progress(min(1.0, done / size))
        yield from_objects(rows, topic=None, received_at=received_at, source=path.name)
    progress(1.0)


def _from_text(name: str, text: str) -> object:
    """Give a cell of a CSV the type that its column has in JSON; what has not that form stays text, and is rejected for it."""
    try:
        if name in _NUMBERS:
            return Decimal(text)
        if name == "ts" and text.isdecimal():
            return int(text)
        if name == "ts" and _NUMBER.fullmatch(text):
            return Decimal(text)
        if name == "items":
            return json.loads(text, parse_float=Decimal)
    except (InvalidOperation, ValueError):
        pass
    return text


def _parquet(path: Path, received_at: int, progress: Progress) -> Iterator[Decoded]:
    with pq.ParquetFile(path) as file:
        n_rows = max(1, file.metadata.num_rows)
        done = 0
        for batch in file.iter_batches(PIECE_ROWS):
            rows = [{name: _from_cell(name, cell) for name, cell in row.items() if cell is not None} for row in batch.to_pylist()]
            yield from_objects(rows, topic=None, received_at=received_at, source=path.name)
            done += len(rows)
            progress(done / n_rows)


def _from_cell(name: str, cell: Any) -> object:
    """Give a cell of a Parquet file the form that it has in JSON."""
    if isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, float):
        return Decimal(repr(cell))
    if name == "items" and isinstance(cell, str):
        return _from_text(name, cell)
    return cell
