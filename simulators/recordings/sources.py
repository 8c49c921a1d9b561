"""Files that can be replayed, as messages: recordings of `instore record` or `mosquitto_sub`, readings a line, and tables by a mapping."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from sensors import recording
from sensors.decode import BOM, MAX_AHEAD, Decoded, decode
from sensors.files import check_source
from sensors.recording import Lines
from sensors.topics import place
from sensors.urls import SettingError
from simulators.recordings.messages import NO_KIND, NO_STORE, Message, first_and_last, messages, time_of
from simulators.recordings.table import Mapping, Table

_TABLES = {".csv", ".parquet"}
_PROGRESS_EVERY = 1_000


class Source(Protocol):
    """A file, read from its beginning each time it is asked for its messages.

    Attributes:
        size: how much there is to read, in whatever unit.
        unreadable: lines that say nothing.
    """

    size: int
    unreadable: int

    @property
    def done(self) -> int:
        """How much of it has been read."""
        ...

    @property
    def cut(self) -> str | None:
        """Why it ends before its end; None where it does not."""
        ...

    def __iter__(self) -> Iterator[Message]:
        """The messages, in order of arrival."""
        ...


def open_source(path: Path, mapping: Mapping | None = None) -> Source:
    """Find out what a file is.

    Args:
        path: `*.csv` or `*.parquet` for tables; anything else is lines, compressed or not.
        mapping: which columns of a table are which fields; None: they have the names of the fields.

    Raises:
        SettingError: there is no such file, or a mapping for what is no table.
    """
    check_source(path, "recording")
    if path.suffix.lower() in _TABLES:
        return _OfTable(Table(path, mapping or Mapping.of_fields()))
    if mapping is not None:
        raise SettingError(f"{path}: a mapping is for tables, files that end in .csv or .parquet")
    return _OfLines(path)


def decoded(source: Source, received_at: int, progress: Callable[[float], None] = lambda _: None) -> Iterator[Decoded]:
    """Read a file as the bridge would read it, were it replayed.

    Args:
        source: the file.
        received_at: now, microseconds since 1970: for what does not say when it came.
        progress: told how much of the file has been read, from 0 to 1.
    """
    for number, message in enumerate(source):
        if number % _PROGRESS_EVERY == 0:
            progress(source.done / source.size)
        yield decode(message.payload, topic=message.topic, received_at=received_at if message.at is None else message.at)


class _OfLines:
    """Lines: those of a recording where one of the first is, else readings."""

    def __init__(self, path: Path) -> None:
        self.unreadable = 0
        self._lines = Lines(path)
        self.size = self._lines.size

    @property
    def done(self) -> int:
        """Bytes of the file that have been read."""
        return self._lines.done

    @property
    def cut(self) -> str | None:
        """Why it ends before its end."""
        return self._lines.cut

    def __iter__(self) -> Iterator[Message]:
        self.unreadable = 0
        is_recording, everything = recording.looked_at(self._lines)
        if is_recording:
            yield from self._recorded(everything)
        else:
            yield from messages(line.rstrip(b"\r") for line in everything)

    def _recorded(self, lines: Iterable[bytes]) -> Iterator[Message]:
        began: int | None = None
        for line in lines:
            try:
                one = recording.decode(line)
            except ValueError:
                self.unreadable += 1
                continue
            if one is None:
                began = None if recording.is_start(line) else began
                continue
            if began is None and one.elapsed is not None:
                began = one.at - one.elapsed
            yield _message(one, len(line) + 1, began)


class _OfTable:
    """Rows of a table."""

    def __init__(self, table: Table) -> None:
        self.size = table.size
        self.cut = None
        self.unreadable = 0
        self._table = table

    @property
    def done(self) -> int:
        """How much of the file has been read."""
        return self._table.done

    def __iter__(self) -> Iterator[Message]:
        return messages(iter(self._table))


def _message(one: recording.Recorded, size: int, began: int | None) -> Message:
    where = place(one.topic)
    store_id, kind = (where.store_id, where.kind) if where else (NO_STORE, NO_KIND)
    due = one.at if began is None or one.elapsed is None else began + one.elapsed
    times = _times(one.payload)
    ends = first_and_last(times, one.at + MAX_AHEAD)
    return Message(one.topic, one.payload, len(times), store_id, kind, *ends, size, one.at, due, one.qos, one.retain)


class _Timed(msgspec.Struct, gc=False):
    ts: object = None


_ONE = msgspec.json.Decoder(_Timed)
_SEVERAL = msgspec.json.Decoder(list[_Timed])
_ANY: Callable[[bytes], list[object]] = msgspec.json.Decoder(list[object]).decode
_WRONG = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def _times(payload: bytes) -> list[int | None]:
    """The time of each reading that a payload holds, microseconds since 1970; what has none, or is wrong, counts as one without."""
    payload = payload.removeprefix(BOM)
    try:
        return _elements(payload) if payload.lstrip()[:1] == b"[" else [time_of(_ONE.decode(payload).ts)]
    except _WRONG:
        return [None]


def _elements(payload: bytes) -> list[int | None]:
    try:
        return [time_of(one.ts) for one in _SEVERAL.decode(payload)]
    except msgspec.ValidationError:
        return [time_of(one.get("ts")) if isinstance(one, dict) else None for one in _ANY(payload)]
