"""A simulation as a recording: the same readings as in its lines, in the messages in which sensors sent them, when they arrived."""

import time
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from sensors.broker import mqtt_broker
from sensors.decode import Decoded, decode
from sensors.reading import SECOND
from sensors.recording import Recorded
from sensors.recording import decode as decode_line
from simulators.recordings.messages import messages
from simulators.recordings.playing import Wanted, play
from simulators.recordings.selection import Seen, Selection, select
from simulators.recordings.simulated import as_recording
from simulators.recordings.sources import open_source
from simulators.script.mishaps import IsCutOff
from simulators.sensing.faults import Arrival, Expected, Faults
from simulators.simulate import simulate
from simulators.together import Files, record
from tests.simulators.plans import CROWDED, options_of
from tests.simulators.wire import subscriber

LONG_AFTER = 4_000_000_000 * SECOND
FEW = structs.replace(CROWDED, shoppers=15)
CUT = IsCutOff(at="11:00", until="11:10")


def line(ts: int, sensor: str = "gw") -> bytes:
    """A reading."""
    return msgspec.json.encode({"store_id": "s", "kind": "dwell", "sensor_id": sensor, "ts": ts})


def said(arrivals: list[Arrival]) -> list[Recorded]:
    """The messages of a recording of them."""
    return [one for one in map(decode_line, as_recording(arrivals)) if one is not None]


def test_what_arrives_at_one_moment_at_one_topic_is_one_message() -> None:
    """Nothing else is: not what another sensor says, nor the next scan, however soon it comes."""
    arrivals = [(5_000, line(4_000)), (5_000, line(4_001)), (5_000, line(4_000, "other")), (5_600, line(4_600))]
    found = said(arrivals)
    assert [(one.at, one.elapsed, one.topic) for one in found] == [
        (5 * SECOND, 0, "instore/v1/s/dwell/gw"),
        (5 * SECOND, 0, "instore/v1/s/dwell/other"),
        (5_600_000, 600_000, "instore/v1/s/dwell/gw"),
    ]
    assert [one.payload for one in found] == [b"[%s,%s]" % (line(4_000), line(4_001)), line(4_000, "other"), line(4_600)]
    assert {(one.qos, one.retain) for one in found} == {(1, False)}


def test_it_begins_and_ends_as_one_of_the_recorder() -> None:
    """With notes; of nothing there is nothing."""
    first, *_, last = (msgspec.json.decode(one) for one in as_recording([(5_000, line(4_000)), (6_000, line(4_000))]))
    assert (first["note"], first["tst"], first["elapsed_s"]) == ("started", "1970-01-01T00:00:05.000000Z", 0)
    assert last == {
        "tst": "1970-01-01T00:00:06.000000Z",
        "elapsed_s": 1.0,
        "note": "ended",
        "messages": 2,
        "gaps": 0,
        "gap_s": 0.0,
        "dropped": 0,
    }
    assert list(as_recording([])) == []


def test_a_day_with_faults_holds_the_readings_of_its_lines() -> None:
    """Broken ones too, each refused for the same reason; in order of arrival, and each with its own."""
    wanted = options_of(habits=FEW, faults=Faults(duplicates=0.05, disorder_s=40, malformed=0.02))
    arrivals = [arrival for day in simulate(wanted, Expected()) for arrival in day.arrivals]
    found = said(arrivals)
    assert [one.at for one in found] == sorted(one.at for one in found)
    assert {one.at for one in found} == {at * 1000 for at, _ in arrivals}
    assert all(one.elapsed == one.at - found[0].at for one in found)
    assert _read([(one.topic, one.payload) for one in found]) == _read(
        [(one.topic, one.payload) for one in messages(text for _, text in arrivals)]
    )


def _read(published: list[tuple[str, bytes]]) -> tuple[list[object], list[str]]:
    decoded: list[Decoded] = [decode(payload, topic=topic, received_at=LONG_AFTER) for topic, payload in published]
    return [reading for one in decoded for reading in one.readings], [refused.reason for one in decoded for refused in one.rejected]


@pytest.mark.integration
def test_a_cut_network_is_played_as_it_was(tmp_path: Path) -> None:
    """At a speed: first the silence, then at once what all had kept, in the order in which it came; lines of readings do not know that."""
    path = tmp_path / "day.jsonl.zst"
    record(options_of(habits=FEW, events=(CUT,)), Files(path, tmp_path / "truth"))
    wanted = Selection.of([], "2026-11-20T09:59Z", "2026-11-20T10:11Z")
    recorded = list(select(open_source(path), wanted, Seen()))
    with mqtt_broker() as url, subscriber(url) as heard:
        began = time.monotonic()
        done = play(open_source(path), url, Wanted(wanted, speed=600.0))
        lasted = time.monotonic() - began
        received = heard.take(done.published.messages)
    assert received[:-1] == [(one.topic, one.payload) for one in recorded]
    assert 1.1 <= lasted < 5
    assert done.published.lateness.largest_s < 0.5
    pause, back = max((later.at - earlier.at, later.at) for earlier, later in pairwise(recorded) if earlier.at and later.at)
    kept = [one for one in recorded if one.at == back]
    assert pause > 590 * SECOND
    assert len({one.topic for one in kept}) > 5
    assert min(one.first_ts or 0 for one in kept) < back - 590 * SECOND
