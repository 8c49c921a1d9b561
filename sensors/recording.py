"""Recordings of MQTT messages: a message a line of JSON, compressed with Zstandard; written as they come, read up to wherever it ends.

A line has the names that `mosquitto_sub -F %j` writes, so that its output is a recording too:

    {"tst": "2026-11-27T09:00:00.123456Z", "elapsed_s": 12.5, "topic": "...", "qos": 1, "retain": 0, "payload": "..."}

`tst` is the clock at the arrival, `elapsed_s` the seconds since the recording began by a clock that nobody sets. A payload that is no UTF-8
stands as `payload_base64`. A line with `note` is no message: it says how the recording began, ended, and where it may lack something.

The compressor is emptied at least every `FLUSH_S`: what was written before that can be read, whatever happens to the recorder. Every
`FRAME_BYTES` a frame of its own with a checksum begins, whose end is on the disk before the next.
"""

import base64
import binascii
import gzip
import os
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import IO, Annotated, Any, Literal, NamedTuple

import msgspec

from sensors.event_time import parse
from sensors.reading import SECOND, rfc3339
from sensors.refused import Refused
from sensors.zstd import CompressionParameter, ZstdCompressor, ZstdDecompressor, ZstdError, ZstdFile

FLUSH_S = 1.0
"""What came longer ago than this can be read, even when the recorder is killed."""

FLUSH_BYTES = 1 << 20
"""So many bytes of lines wait to be compressed at most."""

STARTED = "started"
"""The note with which a recording begins."""

ENDED = "ended"
"""The note with which it ends, where nobody killed the recorder."""

FRAME_BYTES = 16 << 20
"""Bytes of lines in a frame: what a damaged byte can spoil."""

FRAME_S = 60.0
"""A frame ends after this time: what a power cut can take."""

_READ_BYTES = 1 << 18
_FEED_BYTES = 1 << 12
"""Compressed bytes that are unpacked at a time: of these, nothing before a damaged one can be read."""

_LONGEST_LINE = 512 << 20
"""MQTT's largest payload, 256 MiB, fits; what has no line feed for longer is no file of lines."""

_LOOKED_AT = 5
"""Lines by which a file is told: the first may be half a line, where something cut off what stood before."""

_PACKED = {".zst", ".gz"}
_ZSTD, _GZIP = b"\x28\xb5\x2f\xfd", b"\x1f\x8b"
_FIRST_MILLIS = 10**11
"""Times that are larger are milliseconds, not seconds."""

_LAST_MILLIS = 253_402_300_799_999
"""The end of the year 9999: no later time can be written."""

_LONGEST_S = 10_000_000_000
"""No recording lasts three centuries."""

_MOST_TOPIC_BYTES = 65_535


class Recorded(NamedTuple):
    """A message as it came.

    Attributes:
        at: when, by the recorder's clock, microseconds since 1970.
        elapsed: microseconds since the recording began, by a steady clock; None where the recording does not say it.
        topic: where to.
        payload: its bytes.
        qos: 0, 1 or 2: the lower one of the publisher's and the recorder's.
        retain: the broker had kept it from before the recording.
    """

    at: int
    elapsed: int | None
    topic: str
    payload: bytes
    qos: int
    retain: bool


class _Line(msgspec.Struct, omit_defaults=True):
    tst: str
    topic: str
    qos: int
    retain: int
    elapsed_s: float | None = None
    payload: str | None = None
    payload_base64: str | None = None


class _Read(msgspec.Struct):
    """What a line may say; anything else in it is left alone."""

    tst: str | int | float
    topic: str = ""
    qos: Annotated[int, msgspec.Meta(ge=0, le=2)] = 0
    retain: int | bool = 0
    elapsed_s: Annotated[float, msgspec.Meta(ge=0, le=_LONGEST_S)] | None = None
    payload: msgspec.Raw = msgspec.Raw()
    payload_base64: str | None = None
    note: str = ""


_OPTIONS: Mapping[int, int] = {CompressionParameter.compression_level: 1, CompressionParameter.checksum_flag: 1}

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(_Read)
_NO_LINE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError, Refused, binascii.Error)


def encode(message: Recorded) -> bytes:
    """Write a message as a line, line feed included."""
    line = _Line(rfc3339(message.at), message.topic, message.qos, int(message.retain))
    if message.elapsed is not None:
        line.elapsed_s = message.elapsed / SECOND
    try:
        line.payload = message.payload.decode()
    except UnicodeDecodeError:
        line.payload_base64 = base64.b64encode(message.payload).decode()
    return _ENCODER.encode(line) + b"\n"


def encode_note(at: int, elapsed: int, note: str, **more: Any) -> bytes:
    """Write something that is no message as a line, line feed included; times as those of `Recorded`."""
    return _ENCODER.encode({"tst": rfc3339(at), "elapsed_s": elapsed / SECOND, "note": note, **more}) + b"\n"


def packed(sink: IO[bytes]) -> ZstdFile:
    """Compress what is written as `Writer` does, all in one piece: for lines that are there already, so that no kill can take them."""
    return ZstdFile(sink, "wb", options=_OPTIONS)


def decode(line: bytes) -> Recorded | None:
    """Read a line; None: it is a note.

    Raises:
        ValueError: it is no line of a recording.
    """
    try:
        said = _DECODER.decode(line)
        if said.note:
            return None
        if not is_topic(said.topic):
            raise ValueError("it has no topic that one can publish to")
        elapsed = None if said.elapsed_s is None else round(said.elapsed_s * SECOND)
        return Recorded(_at(said.tst), elapsed, said.topic, _payload(said), said.qos, bool(said.retain))
    except _NO_LINE as wrong:
        raise ValueError(f"it is no line of a recording: {wrong}") from wrong


def is_recorded(line: bytes) -> bool:
    """Whether a line is one of a recording of messages, rather than a reading or anything else."""
    try:
        decode(line)
    except ValueError:
        return False
    return True


def looked_at(lines: Iterable[bytes]) -> tuple[bool, Iterator[bytes]]:
    """Find out by the first lines of a file whether they are those of a recording of messages; returns all of them but blank ones, too."""
    full = (line for line in lines if line.strip())
    first = list(islice(full, _LOOKED_AT))
    return any(map(is_recorded, first)), chain(first, full)


def unread(path: Path, cut: str | None, read: str, last: int | None, unreadable: int) -> Iterator[str]:
    """Sentences of what could not be read of a file.

    Args:
        path: the file.
        cut: why it ends before its end; None: it does not.
        read: what could be read, and how many.
        last: when the last of them came, microseconds since 1970.
        unreadable: lines that say nothing.
    """
    if cut is not None:
        yield f"{path}: {cut}; {read} could be read{'' if last is None else f', the last of {rfc3339(last)}'}"
    if unreadable:
        yield f"{path}: {unreadable} lines could not be read and were left out"


def is_topic(topic: str) -> bool:
    """Whether MQTT lets one publish there."""
    return 0 < len(topic.encode()) <= _MOST_TOPIC_BYTES and not any(sign in topic for sign in "+#\0")


def is_start(line: bytes) -> bool:
    """Whether a line is the note that a recording began; after the first there are others where recordings were put behind each other."""
    try:
        return _DECODER.decode(line).note == STARTED
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


def _at(tst: str | float) -> int:
    """A time: text with an offset, or seconds or milliseconds since 1970.

    Raises:
        ValueError: it is none of the years 1970 to 9999.
    """
    if isinstance(tst, str):
        return parse(datetime.fromisoformat(tst.replace("Z+0000", "Z")))  # mosquitto_sub 2.0 writes both
    if not 0 <= tst <= _LAST_MILLIS:
        raise ValueError(f"{tst} is no time")
    return round(tst * (1000 if tst >= _FIRST_MILLIS else SECOND))


def _payload(said: _Read) -> bytes:
    """The bytes of a payload: of a text its own, of any other JSON (`mosquitto_sub -F %J`) those of the JSON."""
    if said.payload_base64 is not None:
        return base64.b64decode(said.payload_base64, validate=True)
    raw = bytes(said.payload)
    return msgspec.json.decode(raw, type=str).encode() if raw.startswith(b'"') else b"" if raw == b"null" else raw


class Writer:
    """A recording that is being written, for its owner alone to read: it tells which devices were where.

    Args:
        path: a file that does not exist yet.

    Attributes:
        messages: how many were added.
        written: how many of them are in the file for sure.
        size: bytes of the file.

    Raises:
        FileExistsError: it does.
        OSError: it cannot be written. What was flushed before can be read.
    """

    def __init__(self, path: Path) -> None:
        self.messages = self.written = self.size = 0
        self._path = path
        self._waiting = bytearray()
        self._in_frame = 0
        self._compressor = _compressor()
        self._file = open(path, "xb", buffering=0, opener=lambda name, flags: os.open(name, flags, 0o600))  # noqa: SIM115 - Path.open has no opener
        self._flushed_at = self._frame_at = time.monotonic()

    def add(self, message: Recorded) -> None:
        """Write a message."""
        self.messages += 1
        self._waiting += encode(message)
        if len(self._waiting) >= FLUSH_BYTES:
            self._flush(time.monotonic())

    def note(self, at: int, elapsed: int, note: str, **more: Any) -> None:
        """Write something that is no message."""
        self._waiting += encode_note(at, elapsed, note, **more)

    def tick(self, now: float) -> None:
        """Flush, or end a frame, if it is time; to be called several times a second.

        Args:
            now: the monotonic clock.
        """
        if self._waiting and now >= self._flushed_at + FLUSH_S:
            self._flush(now)
        elif self._in_frame and now >= self._frame_at + FRAME_S:
            self._end_frame(now)

    def flush(self) -> None:
        """Flush what waits, at once."""
        if self._waiting:
            self._flush(time.monotonic())

    def close(self) -> None:
        """Write the rest, and wait until it is on the disk."""
        if self._file.closed:
            return
        try:
            self._end_frame(time.monotonic())
        finally:
            self._file.close()

    def _flush(self, now: float) -> None:
        self._in_frame += len(self._waiting)
        if self._in_frame >= FRAME_BYTES or now >= self._frame_at + FRAME_S:
            self._end_frame(now)
        else:
            self._write(self._packed(ZstdCompressor.FLUSH_BLOCK))
        self._flushed_at = now

    def _end_frame(self, now: float) -> None:
        self._in_frame, self._frame_at = 0, now
        self._write(self._packed(ZstdCompressor.FLUSH_FRAME), sync=True)

    def _packed(self, mode: Literal[1, 2]) -> bytes:
        """What waits, compressed; it waits no more, so that whatever fails next, no line is written twice."""
        lines = bytes(self._waiting)
        self._waiting.clear()
        return self._compressor.compress(lines, mode)

    def _write(self, data: bytes, *, sync: bool = False) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
            if sync:
                _sync(self._file.fileno())
        except OSError as full:
            self._file.close()
            raise OSError(f"{self._path}: {full.strerror}; the recording ends here, after {self.written} messages") from full
        self.size += len(data)
        self.written = self.messages


def _sync(descriptor: int) -> None:
    """Wait until a file is on the disk; macOS has no `fdatasync`."""
    getattr(os, "fdatasync", os.fsync)(descriptor)


def _compressor() -> ZstdCompressor:
    return ZstdCompressor(options=_OPTIONS)


class Lines:
    """The lines of a file, which may be compressed (`.zst`, `.gz`: told by its first bytes), up to its end or to where it is cut off.

    Attributes:
        size: bytes of the file.
        done: bytes of it that have been read.
        cut: why there is no more, where it does not end as it should.
    """

    def __init__(self, path: Path) -> None:
        self.size = max(1, path.stat().st_size)
        self.done = 0
        self.cut: str | None = None
        self._path = path

    def __iter__(self) -> Iterator[bytes]:
        """Read from the beginning.

        Raises:
            OSError: the file cannot be read.
        """
        self.done, self.cut = 0, None
        begun: list[bytes] = []  # of a line that a piece has not ended; joined once, as it may be long
        length = 0
        with self._path.open("rb") as file:
            for piece in self._pieces(file):
                first, *more = piece.split(b"\n")
                begun.append(first)
                length += len(first)
                if more:
                    yield b"".join(begun)
                    yield from more[:-1]
                    begun, length = more[-1:], len(more[-1])
                if length > _LONGEST_LINE:
                    self.cut = f"there is no line feed in the last {length} bytes before byte {self.done}"
                    break
        if self.cut is None and length:  # what stands before a cut is half a line
            yield b"".join(begun)

    def _pieces(self, file: IO[bytes]) -> Iterator[bytes]:
        start = file.read(len(_ZSTD))
        file.seek(0)
        is_packed = start.startswith(_GZIP) or _ZSTD.startswith(start)
        if self._path.suffix.lower() in _PACKED and not (start and is_packed):
            self.cut = "its name says that it is packed, and its bytes that it is not" if start else "it is empty"
        elif start.startswith(_GZIP):
            yield from self._gzip(file)
        elif _ZSTD.startswith(start):  # of one that is cut off in its first bytes, too
            yield from self._zstd(file)
        else:
            while piece := file.read(_READ_BYTES):
                self.done = file.tell()
                yield piece

    def _zstd(self, file: IO[bytes]) -> Iterator[bytes]:
        decompressor = ZstdDecompressor()
        try:
            while piece := file.read(_FEED_BYTES):
                self.done = file.tell()
                while piece or not decompressor.needs_input:
                    if decompressor.eof:
                        decompressor = ZstdDecompressor()
                    yield decompressor.decompress(piece, _READ_BYTES)
                    piece = decompressor.unused_data if decompressor.eof else b""
                    if decompressor.eof and not piece:
                        break
        except ZstdError as wrong:
            self.cut = f"it is damaged near byte {self.done}: {wrong}"
            return
        if self.done and not decompressor.eof:
            self.cut = "it is cut off"

    def _gzip(self, file: IO[bytes]) -> Iterator[bytes]:
        try:
            with gzip.open(file) as unpacked:
                while piece := unpacked.read1(_READ_BYTES):
                    self.done = file.tell()
                    yield piece
        except EOFError:
            self.cut = "it is cut off"
        except (gzip.BadGzipFile, zlib.error) as wrong:
            self.cut = f"it is damaged near byte {self.done}: {wrong}"
