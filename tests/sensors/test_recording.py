"""Recordings as files: every message comes back as it was, up to wherever the file is cut off."""

import gzip
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors import recording
from sensors.reading import SECOND
from sensors.recording import FRAME_BYTES, Lines, Recorded, Writer, decode, encode
from sensors.zstd import ZstdCompressor
from tests import needs

TIMES = st.integers(0, 4_000_000_000 * SECOND)
TOPICS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0+#"), min_size=1, max_size=40)
PAYLOADS = st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode(errors="replace")))
RECORDED = st.builds(
    Recorded, TIMES, st.one_of(st.none(), st.integers(0, 10**6 * SECOND)), TOPICS, PAYLOADS, st.sampled_from((0, 1, 2)), st.booleans()
)
ONE = Recorded(1_700_000_000 * SECOND, 0, "instore/v1/s/dwell/gw", b'{"device_id": "d"}', 1, False)


def written(path: Path, batches: Sequence[Sequence[Recorded]]) -> list[int]:
    """Write batches, each flushed before the next; returns how long the file was after each."""
    writer, sizes, now = Writer(path), [], time.monotonic()
    for number, batch in enumerate(batches, 1):
        for one in batch:
            writer.add(one)
        writer.tick(now + 2 * recording.FLUSH_S * number)
        sizes.append(path.stat().st_size)
    writer.close()
    return sizes


def messages(lines: Iterator[bytes] | Lines) -> list[Recorded]:
    """The messages among lines."""
    return [one for one in map(decode, lines) if one is not None]


@given(RECORDED)
def test_a_message_comes_back_as_it_was(message: Recorded) -> None:
    """Whatever its bytes and its topic, in one line."""
    line = encode(message)
    assert line.count(b"\n") == 1
    assert decode(line) == message


@given(st.lists(st.lists(RECORDED, max_size=5), min_size=1, max_size=4), st.floats(0, 1))
def test_a_recording_can_be_read_up_to_the_cut(batches: list[list[Recorded]], share: float) -> None:
    """Cut at any byte: what is read is how it began, and no less than what was flushed before the cut."""
    everything = [one for batch in batches for one in batch]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "r"
        sizes = written(path, batches)
        whole = path.read_bytes()
        assert messages(Lines(path)) == everything
        cut = round(share * len(whole))
        path.write_bytes(whole[:cut])
        lines = Lines(path)
        found = messages(lines)
    assert found == everything[: len(found)]
    n_flushed = sum(len(batch) for batch, size in zip(batches, sizes, strict=True) if size <= cut)
    assert len(found) >= n_flushed
    assert (lines.cut is None) == (cut in {0, len(whole)})


def test_frames_end_and_begin_inside(tmp_path: Path) -> None:
    """Much more than a frame holds, with a payload that is larger than what is read at once."""
    large = [ONE._replace(payload=b"%d" % number * 3_000_000, elapsed=number) for number in range(FRAME_BYTES // 3_000_000 + 2)]
    written(tmp_path / "r", [large, [ONE]])
    lines = Lines(tmp_path / "r")
    assert messages(lines) == [*large, ONE]
    assert (lines.cut, lines.done) == (None, lines.size)


def test_what_is_waiting_is_written_after_a_second(tmp_path: Path) -> None:
    """Before that only when there is much of it."""
    writer = Writer(tmp_path / "r")
    writer.add(ONE)
    writer.tick(time.monotonic())
    assert (tmp_path / "r").stat().st_size == 0
    writer.tick(time.monotonic() + recording.FLUSH_S)
    assert messages(Lines(tmp_path / "r")) == [ONE]
    writer.close()


def test_a_frame_ends_when_its_time_is_over(tmp_path: Path) -> None:
    """Though nothing more comes: then it is whole, and on the disk; and an empty one is none."""
    path, began = tmp_path / "r", time.monotonic()
    writer = Writer(path)
    writer.add(ONE)
    writer.tick(began + 2 * recording.FLUSH_S)
    assert _cut(path) == "it is cut off"
    writer.tick(began + 2 * recording.FRAME_S)
    assert _cut(path) is None
    size = path.stat().st_size
    writer.tick(began + 4 * recording.FRAME_S)
    assert path.stat().st_size == size
    writer.close()
    assert messages(Lines(path)) == [ONE]


def _cut(path: Path) -> str | None:
    lines = Lines(path)
    assert messages(lines) == [ONE]
    return lines.cut


def test_a_disk_that_does_not_confirm_is_said(tmp_path: Path) -> None:
    """As a full one is; and no line stands there twice. A pipe, put in the place of the file, takes bytes and cannot be synchronised."""
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    writer = Writer(tmp_path / "r")  # has the lowest free one, which is that
    out, into = os.pipe()
    os.dup2(into, descriptor)
    os.close(into)
    writer.add(ONE)
    with pytest.raises(OSError, match="r: Invalid argument; the recording ends here, after 0 messages"):
        writer.close()
    writer.close()
    (tmp_path / "copy").write_bytes(os.read(out, 1 << 16))
    os.close(out)
    assert messages(Lines(tmp_path / "copy")) == [ONE]


def test_a_system_without_fdatasync_has_fsync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As macOS."""
    monkeypatch.delattr(os, "fdatasync")
    written(tmp_path / "r", [[ONE]])
    assert messages(Lines(tmp_path / "r")) == [ONE]


def test_damage_is_said(tmp_path: Path) -> None:
    """What stands before it can be read."""
    first = [ONE._replace(payload=str(number**99).encode()) for number in range(1000)]
    sizes = written(tmp_path / "r", [first, first])
    data = bytearray((tmp_path / "r").read_bytes())
    data[sizes[0] :] = b"\xff" * (len(data) - sizes[0])
    (tmp_path / "r").write_bytes(data)
    lines = Lines(tmp_path / "r")
    found = messages(lines)
    assert 500 < len(found) < 1000
    assert found == first[: len(found)]
    assert lines.cut is not None
    assert "damaged near byte" in lines.cut


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    """It tells which devices were where."""
    Writer(tmp_path / "r").close()
    assert (tmp_path / "r").stat().st_mode & 0o777 == 0o600


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """Not even an empty file."""
    (tmp_path / "r").touch()
    with pytest.raises(FileExistsError):
        Writer(tmp_path / "r")


def test_a_full_disk_is_said_and_keeps_what_is_there(tmp_path: Path) -> None:
    """The sentence says how many messages can be read, and so many can."""
    with needs.small_disk(tmp_path / "small", 64 << 10) as folder:
        writer = Writer(folder / "r")
        with pytest.raises(OSError, match=r"small/r: No space left on device; the recording ends here, after \d+ messages") as full:
            _add_many(writer)
        writer.close()
        n_written = int(str(full.value).split()[-2])
        found = messages(Lines(folder / "r"))
    assert len(found) >= n_written
    assert [one.payload for one in found] == [str(number**20).encode() for number in range(len(found))]


def _add_many(writer: Writer) -> None:
    for number in range(1_000_000):
        writer.add(ONE._replace(payload=str(number**20).encode()))


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ({"tst": "2026-11-27T04:28:24.572195Z+0000"}, 1_795_753_704_572_195),
        ({"tst": "2026-11-27T05:28:24.572195+0100"}, 1_795_753_704_572_195),
        ({"tst": 1_602_529_427}, 1_602_529_427_000_000),
        ({"tst": 1_602_529_427_123}, 1_602_529_427_123_000),
    ],
)
def test_lines_of_mosquitto_sub_are_recordings(line: dict[str, object], at: int) -> None:
    """As its versions write times; payloads as text (`%j`) and as JSON (`%J`)."""
    said = {**line, "topic": "a/b", "qos": 0, "retain": 1, "payloadlen": 8}
    expected = Recorded(at, None, "a/b", b'{"x": 1}', 0, True)
    assert decode(json.dumps({**said, "payload": '{"x": 1}'}).encode()) == expected
    assert decode(json.dumps({**said, "payload": {"x": 1}}).encode()) == expected
    assert decode(json.dumps({**said, "payload": None}).encode()) == expected._replace(payload=b"")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b'{"kind":"dwell","store_id":"s","sensor_id":"x","ts":1}',
        b'{"tst":"2026-11-27T04:28:24","topic":"a","payload":""}',
        b'{"tst":"soon","topic":"a","payload":""}',
        b'{"tst":1,"payload":""}',
        b'{"tst":1,"topic":"a","payload_base64":"*"}',
        b'{"tst":1e999,"topic":"a","payload":""}',
        b'{"tst":1e25,"topic":"a","payload":""}',
        b'{"tst":-1,"topic":"a","payload":""}',
        b'{"tst":1,"topic":"a","elapsed_s":1e305,"payload":""}',
        b'{"tst":1,"topic":"a","elapsed_s":-1,"payload":""}',
        b'{"tst":1,"topic":"a","qos":7,"payload":""}',
        b'{"tst":1,"topic":"a/+","payload":""}',
        b'{"tst":1,"topic":"#","payload":""}',
        b'{"tst":1,"topic":"a\\u0000","payload":""}',
        b'{"tst":1,"topic":"' + b"a" * 65_536 + b'","payload":""}',
    ],
)
def test_other_lines_are_not(line: bytes) -> None:
    """Readings, times without zone, half a line; and what nobody can publish, or no clock says."""
    with pytest.raises(ValueError, match="it is no line of a recording"):
        decode(line)


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_plain_lines_and_packed_ones_are_the_same(end: bytes, tmp_path: Path) -> None:
    """With or without a last line feed; told by the bytes, not by the name."""
    plain = b"one\n\ntwo" + end
    for name, data in (("a", plain), ("b", gzip.compress(plain)), ("c", ZstdCompressor().compress(plain, ZstdCompressor.FLUSH_FRAME))):
        (tmp_path / name).write_bytes(data)
        lines = Lines(tmp_path / name)
        assert list(lines) == [b"one", b"", b"two"]
        assert lines.cut is None


def test_a_cut_gzip_is_read_up_to_there(tmp_path: Path) -> None:
    """As a cut recording is."""
    (tmp_path / "r.gz").write_bytes(gzip.compress(b"".join(b"%d\n" % number for number in range(10_000)))[:-100])
    lines = Lines(tmp_path / "r.gz")
    found = list(lines)
    assert 0 < len(found) < 10_000
    assert found == [b"%d" % number for number in range(len(found))]
    assert lines.cut == "it is cut off"
