"""Files of readings, piece by piece through `sensors.decode`.

They are JSON lines, CSV and Parquet with the same names, and recordings of MQTT messages (`sensors.recording`). Lines may be compressed.
"""

import csv
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from sensors.decode import Decoded, decode, from_objects
from sensors.files import check_source
from sensors.recording import Lines, looked_at, unread
from sensors.recording import decode as decode_line
from sensors.urls import SettingError

PIECE_BYTES = 1 << 20
PIECE_ROWS = 5_000
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
"""As JSON writes one: a time that is none is RFC 3339."""

_NUMBERS = ("duration_s", "rssi_dbm", "distance_m", "amount")

_NO_NAMES = {*_NUMBERS, "ts", "received_at", "items"}
"""All other fields are names, which are text."""

_MESSAGE = {"topic", "payload"}

_JSON = msgspec.json.Decoder(float_hook=Decimal)

Progress = Callable[[float], None]


def read(
    path: Path, received_at: int, progress: Progress = lambda _: None, say: Callable[[str], None] = lambda _: None
) -> Iterator[Decoded]:
    """Decode a file of readings piece by piece.

    Args:
        path: `*.parquet`, `*.csv`, or lines under any other name: a recording where one of the first is of one, else readings.
        received_at: now, microseconds since 1970: what is further than 5 minutes ahead of it is rejected, as the bridge would. A recording
            knows when each message came.
        progress: told how much of the file has been read, from 0 to 1.
        say: told what of it could not be read, as a sentence.

    Raises:
        SettingError: there is no such file, it is none of these, or nothing of it can be read.
    """
    check_source(path, "file of readings")
    readers = {".parquet": _parquet, ".csv": _csv}
    try:
        if reader := readers.get(path.suffix.lower()):
            yield from reader(path, received_at, progress)
        else:
            yield from _of_lines(path, received_at, progress, say)
    except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException) as wrong:
        raise _unreadable(path, wrong) from wrong


def _unreadable(path: Path, why: object) -> SettingError:
    return SettingError(f"{path} cannot be read as readings: {why}")


@dataclass(slots=True)
class _Lines:
    """What was read of lines: how many, when the last message came, and how many say nothing."""

    read: int = 0
    last: int | None = None
    unreadable: int = 0

    def readings(self, piece: list[bytes], received_at: int) -> Iterator[Decoded]:
        """Decode lines of readings."""
        self.read += len(piece)
        yield _lines(piece, received_at)

    def messages(self, piece: list[bytes]) -> Iterator[Decoded]:
        """Decode lines of a recording, each message as the bridge would have at its arrival."""
        for line in piece:
            try:
                message = decode_line(line)
            except ValueError:
                self.unreadable += 1
                continue
            if message is not None:
                self.read, self.last = self.read + 1, message.at
                yield decode(message.payload, topic=message.topic, received_at=message.at)


def _of_lines(path: Path, received_at: int, progress: Progress, say: Callable[[str], None]) -> Iterator[Decoded]:
    lines, done = Lines(path), _Lines()
    is_recording, everything = looked_at(lines)
    while piece := list(_piece(everything)):
        yield from done.messages(piece) if is_recording else done.readings(piece, received_at)
        progress(lines.done / lines.size)
    if lines.cut is not None and not done.read:
        raise _unreadable(path, lines.cut)
    read = f"{done.read} {'messages' if is_recording else 'lines'}"
    for sentence in unread(path, lines.cut, read, done.last, done.unreadable):
        say(sentence)


def _piece(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Take lines until they are so many bytes."""
    size = 0
    for line in lines:
        yield line
        size += len(line)
        if size >= PIECE_BYTES:
            return


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
    """Decode a line that is a payload, or a message recorded with its topic (`simulators.recordings.messages` writes and replays such)."""
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
        table = csv.DictReader(file)
        for row in table:
            if any(row.get(None, ())):  # it is where `csv` puts what is behind the last column
                raise csv.Error(f"in line {table.line_num} there are more cells than columns")
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
    """Give a cell of a Parquet file the form that it has in JSON; a whole number as a name is written as text, as `replay` writes it."""
    if name not in _NO_NAMES:
        return _name_from(cell)
    if isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, float):
        return Decimal(repr(cell))
    if name == "items" and isinstance(cell, str):
        return _from_text(name, cell)
    return cell


def _name_from(cell: Any) -> object:
    """The text of a name; what is none stays, and is rejected for it. A column with an empty cell may have become one of floats."""
    if isinstance(cell, bytes):
        with suppress(UnicodeDecodeError):
            return cell.decode()
        return cell
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal) or cell % 1 != 0:
        return cell
    return str(int(cell))
