"""What a file is told to be, and the times at which its messages are due."""

import json
from pathlib import Path

import pytest

from sensors.reading import SECOND
from sensors.recording import Recorded, Writer, encode
from simulators.recordings.messages import Message
from simulators.recordings.sources import Source, decoded, open_source
from stream import reading_files

BEGAN = 1_790_000_000 * SECOND
READING = b'{"kind":"status","store_id":"s","sensor_id":"g","ts":1790000000000,"state":"alive"}'


def recorded(second: float, payload: bytes = READING, began: int = BEGAN) -> Recorded:
    """One that came in that second of a recording."""
    at = began + round(second * SECOND)
    return Recorded(at, at - began, "instore/v1/s/status/g", payload, 1, retain=False)


def read(path: Path) -> tuple[Source, list[Message]]:
    """Open and read it."""
    source = open_source(path)
    return source, list(source)


@pytest.mark.parametrize(
    ("before", "n_unreadable"), [(b"", 0), (b"\n", 0), (b" \r\n\n", 0), (encode(recorded(0))[30:], 1), (b"x\n\nx\n", 2)]
)
def test_a_recording_is_one_also_where_its_first_line_is_not(before: bytes, n_unreadable: int, tmp_path: Path) -> None:
    """Blank, or cut in the middle by `tail`: that one cannot be read, and the others can."""
    (tmp_path / "r").write_bytes(before + b"".join(encode(recorded(second)) for second in range(9)))
    source, found = read(tmp_path / "r")
    assert [(one.topic, one.payload, one.at) for one in found] == [(one.topic, one.payload, one.at) for one in map(recorded, range(9))]
    assert source.unreadable == n_unreadable


def test_readings_are_readings_also_after_a_blank_line(tmp_path: Path) -> None:
    """They are no recording of messages."""
    (tmp_path / "r").write_bytes(b"\n" + READING + b"\r\n")
    source, (one,) = read(tmp_path / "r")
    assert (one.topic, one.payload, source.unreadable) == ("instore/v1/s/status/g", READING, 0)


def test_a_table_is_one_in_capitals_too(tmp_path: Path) -> None:
    """As Windows writes names."""
    (tmp_path / "T.CSV").write_text("kind,store_id,sensor_id,state,ts\nstatus,s,g,alive,1790000000000\n")
    _, (one,) = read(tmp_path / "T.CSV")
    assert json.loads(one.payload)["state"] == "alive"


def test_recordings_behind_each_other_keep_their_pace(tmp_path: Path) -> None:
    """Each has a beginning of its own, from which its seconds count."""
    for name, began in (("a", BEGAN), ("b", BEGAN + 3_600 * SECOND)):
        writer = Writer(tmp_path / name)
        writer.note(began, 0, "started")
        for second in range(3):
            writer.add(recorded(second, began=began))
        writer.note(began + 3 * SECOND, 3 * SECOND, "ended")
        writer.close()
    (tmp_path / "r").write_bytes((tmp_path / "a").read_bytes() + (tmp_path / "b").read_bytes())
    _, found = read(tmp_path / "r")
    assert [(one.due or 0) - BEGAN for one in found] == [second * SECOND for second in (0, 1, 2, 3600, 3601, 3602)]


@pytest.mark.parametrize("name", ["r", "t.csv", "lines.jsonl"])
def test_what_is_decoded_is_what_the_engine_reads_of_the_same_file(name: str, tmp_path: Path) -> None:
    """A recording by when its messages came, so that one is of the future that is not now; a table and lines by now; and how far it is."""
    ahead = READING.replace(b"0000000000", b"0000400000")
    (tmp_path / "r").write_bytes(encode(recorded(0)) + encode(recorded(1, ahead)) + encode(recorded(200, ahead)))
    (tmp_path / "t.csv").write_text("kind,store_id,sensor_id,state,ts\nstatus,s,g,alive,1790000000000\nstatus,s,g,asleep,1790000000001\n")
    (tmp_path / "lines.jsonl").write_bytes(READING + b"\n" + ahead + b"\n{\n")
    now, told = BEGAN + 60 * SECOND, list[float]()
    found = list(decoded(open_source(tmp_path / name), now, told.append))
    read = list(reading_files.read(tmp_path / name, now))
    assert [one for piece in found for one in piece.readings] == [one for piece in read for one in piece.readings] != []
    reasons = [[one.reason for piece in pieces for one in piece.rejected] for pieces in (found, read)]
    assert reasons[0] == reasons[1] != []
    assert told[-1] == 1


def test_the_time_behind_a_mark_of_windows_is_read(tmp_path: Path) -> None:
    """The bridge reads it too."""
    (tmp_path / "r").write_bytes(encode(recorded(0, "\ufeff".encode() + READING)))
    _, (one,) = read(tmp_path / "r")
    assert one.last_ts == BEGAN


@pytest.mark.parametrize(
    ("times", "ends"),
    [
        ([2, 1, 3], (1, 3)),
        ([], (None, None)),
        (["soon", 2], (2, 2)),
        ([-BEGAN // SECOND + 7, 2, 1], (1, 2)),
        ([2, 309, 1], (1, 309)),
        ([2, 310, 1], (1, 2)),
        ([86_400, 310], (310, 86_400)),
        ([-BEGAN // SECOND + 7], (-BEGAN // SECOND + 7,) * 2),
    ],
)
def test_an_array_has_a_first_time_and_a_last_one(times: list[int | str], ends: tuple[int | None, int | None], tmp_path: Path) -> None:
    """Whatever the order of its readings; one of a clock that nobody had set, or that is ahead, counts only where there is no other."""
    readings = [{"ts": ts if isinstance(ts, str) else (BEGAN // SECOND + ts) * 1000} for ts in times]
    (tmp_path / "r").write_bytes(encode(recorded(9, json.dumps([*readings, 7]).encode())))
    _, (one,) = read(tmp_path / "r")
    assert (one.first_ts, one.last_ts) == tuple(None if end is None else BEGAN + end * SECOND for end in ends)
    assert one.readings == len(times) + 1
