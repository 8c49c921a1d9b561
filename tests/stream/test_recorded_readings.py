"""Recordings of `instore record` as files of readings: the visits of what was recorded, up to wherever the file ends."""

import gzip
from collections.abc import Iterable
from pathlib import Path

import pytest
from msgspec import structs

from sensors.reading import SECOND, rfc3339
from sensors.recording import Recorded, Writer, encode
from sensors.urls import SettingError
from sensors.zstd import ZstdCompressor
from simulators.recordings.messages import messages
from simulators.sensing.faults import Faults
from stream.reading_files import read
from stream.reconstruct import Reconstructed, reconstruct
from tests.simulators.plans import CROWDED, SMALL, options_of, run

NOW = 1_900_000_000 * SECOND
"""Later than all that is read here."""

AT = 1_790_000_000 * SECOND


def entry(number: int, at: int = AT) -> Recorded:
    """Somebody who comes in, heard as it happened."""
    said = f'{{"id":"e-{number}","ts":{at // 1000 + number},"device_id":"d{number}","direction":"in"}}'
    return Recorded(at + number * 1000, None, "instore/v1/s/entry/gate", said.encode(), 1, False)


def write(path: Path, tape: Iterable[Recorded]) -> Path:
    """Write a recording as the recorder does, with its notes."""
    writer = Writer(path)
    writer.note(AT, 0, "started", broker="mqtt://127.0.0.1:1883", topics=["instore/v1/#"])
    for one in tape:
        writer.add(one)
    writer.note(AT, 0, "ended", messages=writer.messages)
    writer.close()
    return path


def rebuilt(path: Path) -> tuple[Reconstructed, list[str]]:
    """What a file amounts to, and what is said of it."""
    said: list[str] = []
    return reconstruct(read(path, NOW, say=said.append), [SMALL]), said


def test_a_recorded_day_with_faults_gives_the_visits_of_its_readings(tmp_path: Path) -> None:
    """Repeated, in disorder, and with broken ones among them, which are counted by reason as the simulation knows them."""
    habits, faults = structs.replace(CROWDED, shoppers=25), Faults(duplicates=0.05, disorder_s=40, malformed=0.02)
    truths, lines, expected = run(options_of(habits=habits, faults=faults))
    plain = tmp_path / "readings.jsonl"
    plain.write_bytes(b"".join(line + b"\n" for line in lines))
    tape = (Recorded(NOW, None, message.topic, message.payload, 1, False) for message in messages(lines))
    result, said = rebuilt(write(tmp_path / "day.jsonl.zst", tape))
    assert said == []
    assert result.visits == rebuilt(plain)[0].visits
    assert len(result.visits) == len(truths) > 20
    assert (result.received, result.duplicate) == (expected.received, expected.duplicate)
    assert result.rejected == dict(expected.rejected)
    assert sum(result.rejected.values()) > 50


def test_a_recording_knows_when_a_message_came(tmp_path: Path) -> None:
    """What was from the future then is rejected, though it is from the past today."""
    ahead = entry(2)._replace(at=AT - 301 * SECOND)
    (decoded,) = read(write(tmp_path / "r", [entry(1)]), NOW)
    assert [one.received_at for one in decoded.readings] == [AT + 1000]
    result, _ = rebuilt(write(tmp_path / "ahead", [entry(1), ahead]))
    assert (result.received, result.rejected, len(result.visits)) == (2, {"future": 1}, 1)


def test_what_was_published_elsewhere_is_rejected(tmp_path: Path) -> None:
    """A recorder may listen to all topics."""
    result, said = rebuilt(
        write(tmp_path / "r", [entry(1), entry(2)._replace(topic="zigbee2mqtt/lamp"), entry(3)._replace(payload=b"\xff")])
    )
    assert (result.received, result.rejected, said) == (3, {"bad_topic": 1, "not_json": 1}, [])


def test_what_mosquitto_sub_writes_is_read(tmp_path: Path) -> None:
    """Its lines are those of a recording; one that says nothing is left out and said."""
    (tmp_path / "r").write_bytes(b"".join(map(encode, (entry(1), entry(2)))) + b"what?\n" + encode(entry(3)))
    result, said = rebuilt(tmp_path / "r")
    assert len(result.visits) == 3
    assert said == [f"{tmp_path / 'r'}: 1 lines could not be read and were left out"]


def test_a_cut_recording_is_read_up_to_the_cut(tmp_path: Path) -> None:
    """And that is said, with the time of the last message."""
    path = write(tmp_path / "r", (entry(number) for number in range(3_000)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    result, said = rebuilt(path)
    n_read = len(result.visits)
    assert 1_000 < n_read < 3_000
    assert [visit.device_id for visit in result.visits] == [f"d{number}" for number in range(n_read)]
    assert said == [f"{path}: it is cut off; {n_read} messages could be read, the last of {rfc3339(entry(n_read - 1).at)}"]


def test_readings_may_be_compressed_as_well(tmp_path: Path) -> None:
    """Whole, or cut off."""
    line = b'{"kind":"entry","store_id":"s","sensor_id":"g","device_id":"d%d","direction":"in","ts":%d}\n'
    lines = b"".join(line % (number, AT // 1000 + number) for number in range(30_000))
    for name, packed in {"r.zst": ZstdCompressor().compress(lines, ZstdCompressor.FLUSH_FRAME), "r.gz": gzip.compress(lines)}.items():
        path = tmp_path / name
        path.write_bytes(packed)
        result, said = rebuilt(path)
        assert (len(result.visits), said) == (30_000, [])
        path.write_bytes(packed[: len(packed) // 2])
        result, said = rebuilt(path)
        n_read = len(result.visits)
        assert 0 < n_read < 30_000
        assert said == [f"{path}: it is cut off; {n_read} lines could be read"]


@pytest.mark.parametrize("rest", [2, 12])
def test_a_recording_of_which_nothing_is_left_is_refused(tmp_path: Path, rest: int) -> None:
    """Cut off in its first bytes."""
    path = write(tmp_path / "r", [entry(1)])
    path.write_bytes(path.read_bytes()[:rest])
    with pytest.raises(SettingError, match="cannot be read as readings: it is cut off"):
        rebuilt(path)


@pytest.mark.parametrize(("data", "said"), [(b"", "it is empty"), (b"garbage\n", "its name says that it is packed")])
def test_what_only_its_name_calls_packed_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    """As `replay` does; it is no day without visits."""
    (tmp_path / "r.jsonl.zst").write_bytes(data)
    with pytest.raises(SettingError, match=f"cannot be read as readings: {said}"):
        rebuilt(tmp_path / "r.jsonl.zst")
