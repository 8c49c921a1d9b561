"""Playing files through a broker: what arrives, when, and what is said of it."""

import itertools
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sensors.broker import mqtt_broker
from sensors.reading import SECOND, rfc3339, to_micros
from sensors.recording import Recorded, Writer, encode
from sensors.urls import SettingError
from simulators.recordings.playing import Played, Wanted, play
from simulators.recordings.selection import Selection
from simulators.recordings.sources import open_source
from simulators.recordings.table import Mapping
from tests import recordings
from tests.simulators.wire import Received, subscriber

pytestmark = pytest.mark.integration

BEGAN = 1_790_000_000 * SECOND
MAPPING = """\
kind: {constant: dwell}
store_id: {constant: s}
sensor_id: {constant: g}
device_id: mac
zone_id: room
ts: {column: at, unit: s}
"""
GIVEN: dict[str, Any] = {
    "speed": "max",
    "shift_to": None,
    "loop": False,
    "only": (),
    "since": None,
    "until": None,
    "qos": "1",
    "keep_retained": False,
}
"""What the command has where nobody asked for anything else."""

CLOSING = "instore/v1/s/status/replay"


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """The embedded broker."""
    with mqtt_broker() as url:
        yield url


def recorded(number: int, second: float, kind: str = "dwell") -> Recorded:
    """A reading that came in that second, which is also its own time."""
    at = BEGAN + round(second * SECOND)
    payload = json.dumps({"id": f"r-{number}", "ts": at // 1000, "device_id": "d", "zone_id": "z"}).encode()
    return Recorded(at, at - BEGAN, f"instore/v1/s/{kind}/g{number % 3}", payload, 1, retain=False)


def write(path: Path, messages: list[Recorded]) -> Path:
    """Make a recording."""
    writer = Writer(path)
    for one in messages:
        writer.add(one)
    writer.close()
    return path


def played(broker: str, path: Path, stop: Callable[[], bool] = lambda: False, **options: Any) -> tuple[Played, list[Received]]:
    """Play a file; what is said of it, and what arrived."""
    with subscriber(broker) as heard:
        done = play(open_source(path), broker, Wanted.of(**{**GIVEN, **options}), stop=stop)
        received = heard.take(done.published.messages)
        assert heard.is_empty()
    return done, received


def times(received: list[Received]) -> list[int]:
    """The times of the readings that arrived, microseconds since 1970."""
    return [json.loads(payload)["ts"] * 1000 for topic, payload in received if topic != CLOSING]


def ids(received: list[Received]) -> list[str]:
    """Their ids."""
    return [json.loads(payload)["id"] for topic, payload in received if topic != CLOSING]


def test_a_recording_is_played_as_it_was(broker: str, tmp_path: Path) -> None:
    """Topic and bytes, broken ones too, in order; at its end a status for the store, the same one each time."""
    messages = [recorded(n, n) for n in range(500)] + [
        recorded(500, 500)._replace(payload=b"\xff{"),
        recorded(501, 501)._replace(topic="instore/v1/odd"),
    ]
    path = write(tmp_path / "r", messages)
    done, received = played(broker, path)
    assert received[:-1] == [(one.topic, one.payload) for one in messages]
    assert received[-1][0] == CLOSING
    assert list(done.told(path)) == ["503 readings published in 503 messages, 503 acknowledged"]
    again = write(tmp_path / "again", [*messages, recorded(0, 502)._replace(topic=CLOSING, payload=received[-1][1])])
    assert played(broker, again)[1] == [*received, received[-1]]


def test_a_recording_of_mosquitto_sub_is_played(broker: str) -> None:
    """A real one (`%J`), of topics that are not ours: payloads as JSON; it has no store whose visits could end."""
    path = recordings.folder("espresense") / "stationary.jsonl"
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    source = open_source(path)
    done = play(source, broker, Wanted(speed=1000.0))
    assert done.published.messages == len(lines) == 1693
    assert [(one.topic, json.loads(one.payload), one.at) for one in source] == [
        (line["topic"], line["payload"], to_micros(datetime.fromisoformat(line["tst"]))) for line in lines
    ]
    assert done.published.closing == {}


def test_at_its_speed_each_message_comes_when_it_is_due(broker: str, tmp_path: Path) -> None:
    """By the steady clock, though the other one jumped an hour; how late they were is said."""
    jump = 3_600 * SECOND
    messages = [recorded(0, 0), recorded(1, 1), recorded(2, 2)._replace(at=BEGAN + jump), recorded(3, 3)._replace(at=BEGAN + jump)]
    began = time.monotonic()
    done, _ = played(broker, write(tmp_path / "r", messages), speed="3")
    assert 1.0 <= time.monotonic() - began < 4
    assert done.published.lateness.count == 4
    assert done.published.lateness.largest_s < 0.5
    assert "sent later than due: half of the messages" in list(done.told(tmp_path / "r"))[1]


def test_only_what_is_asked_for(broker: str, tmp_path: Path) -> None:
    """By name and by time; what is not there is said."""
    path = write(tmp_path / "r", [recorded(n, n, "entry" if n % 2 else "dwell") for n in range(20)])
    done, received = played(
        broker, path, only=("kind=entry,payment",), since=rfc3339(BEGAN + 5 * SECOND), until=rfc3339(BEGAN + 9 * SECOND)
    )
    assert ids(received) == ["r-5", "r-7"]
    assert list(done.told(path))[1:] == ["there is no kind `payment`; there are dwell, entry"]
    with pytest.raises(SettingError, match="nothing to replay: there is no store `t`; there is s"):
        played(broker, path, only=("store=t",))


def test_the_same_shift_twice_is_the_same_and_another_is_not(broker: str, tmp_path: Path) -> None:
    """To a time: the first reading is then; twice changes nothing, for the ids are the same."""
    path = write(tmp_path / "r", [recorded(n, n) for n in range(3)])
    done, first = played(broker, path, shift_to="2026-01-01T09:00:00+01:00")
    assert [rfc3339(ts)[11:19] for ts in times(first)] == ["08:00:00", "08:00:01", "08:00:02"]
    assert played(broker, path, shift_to="2026-01-01T08:00:00")[1] == first
    assert not set(ids(played(broker, path, shift_to="2026-01-02T08:00:00")[1])) & set(ids(first))
    assert "all times were moved by" in list(done.told(path))[1]


def test_a_long_array_is_moved_by_its_first_reading(broker: str, tmp_path: Path) -> None:
    """A gateway that sends a minute at once: it begins when it was asked to, and rounds do not overlap."""
    arrays = [[{"id": f"r-{at}-{n}", "ts": (BEGAN // SECOND + at - 60 + 10 * n) * 1000} for n in range(7)] for at in (60, 120)]
    messages = [recorded(0, at)._replace(payload=json.dumps(array).encode()) for at, array in zip((60, 120), arrays, strict=True)]
    path = write(tmp_path / "r", messages)
    _, received = played(broker, path, shift_to="2026-01-01T08:00:00")
    found = [rfc3339(reading["ts"] * 1000)[11:19] for topic, payload in received if topic != CLOSING for reading in json.loads(payload)]
    assert (found[0], found[-1]) == ("08:00:00", "08:02:00")
    asked = itertools.count()
    _, received = played(broker, path, lambda: next(asked) > 20, loop=True)
    begins = [json.loads(payload)[0]["ts"] // 1000 - BEGAN // SECOND for topic, payload in received if topic != CLOSING]
    assert begins[:4] == [0, 60, 121, 181]


def test_a_reading_ahead_of_the_clock_hides_no_other_of_its_array(broker: str, tmp_path: Path) -> None:
    """Rounds do not overlap, and the store's last visits are ended after its last reading that is believed."""
    seconds = [0, 30, 60, 86_400]
    array = json.dumps([{"id": f"r-{at}", "ts": (BEGAN // SECOND + at) * 1000} for at in seconds]).encode()
    path = write(tmp_path / "r", [recorded(0, 60)._replace(payload=array)])
    done, received = played(broker, path)
    assert done.published.closing == {"s": BEGAN + (60 + 1_981) * SECOND}
    asked = itertools.count()
    _, received = played(broker, path, lambda: next(asked) > 20, loop=True)
    begins = [json.loads(payload)[0]["ts"] // 1000 - BEGAN // SECOND for topic, payload in received if topic != CLOSING]
    assert begins[:3] == [0, 61, 122]


def test_now_is_now(broker: str, tmp_path: Path) -> None:
    """At its own speed it begins now, as fast as possible it ends now: nothing is of the future."""
    path = write(tmp_path / "r", [recorded(0, 0), recorded(1, 1), recorded(2, 1.5)])
    began = time.time()
    live = times(played(broker, path, shift_to="now", speed="1")[1])
    assert began - 0.01 <= live[0] / SECOND <= began + 0.5
    assert live[2] - live[0] == 1.5 * SECOND
    at_once = times(played(broker, path, shift_to="now")[1])
    assert at_once[2] - at_once[0] == 1.5 * SECOND
    assert time.time() - 1 < at_once[2] / SECOND <= time.time()


def test_rounds_have_times_and_ids_of_their_own(broker: str, tmp_path: Path) -> None:
    """Until it is asked to stop."""
    path = write(tmp_path / "r", [recorded(n, n / 10) for n in range(3)])
    asked = itertools.count()
    done, received = played(broker, path, lambda: next(asked) > 400, loop=True)
    assert done.published.stopped
    assert len(received) > 30
    assert len(set(ids(received))) == len(received)
    assert times(received)[:6] == [BEGAN + second * SECOND // 10 for second in (0, 1, 2, 10, 11, 12)]


def test_a_qos_of_its_own(broker: str, tmp_path: Path) -> None:
    """As recorded: without acknowledgement where there was none; all arrive all the same when nobody is in trouble."""
    path = write(tmp_path / "r", [recorded(n, n)._replace(qos=n % 3) for n in range(300)])
    done, received = played(broker, path, qos="recorded")
    assert Counter(ids(received)) == Counter(f"r-{n}" for n in range(300))
    assert (done.published.acknowledged, done.published.unacknowledged) == (201, 0)
    said = "301 readings published in 301 messages, 201 acknowledged; 100 went with QoS 0, and nobody says whether they arrived"
    assert list(done.told(path)) == [said]


@pytest.mark.parametrize("keep", [False, True])
def test_what_was_kept_is_kept_again_only_on_demand(broker: str, tmp_path: Path, keep: bool) -> None:
    """A replay leaves nothing behind in a broker, if it is not asked to."""
    topic = f"instore/v1/s/status/kept-{keep}"
    played(broker, write(tmp_path / "r", [recorded(0, 0)._replace(topic=topic, retain=True)]), keep_retained=keep)
    with subscriber(broker) as heard:
        assert heard.is_empty() is not keep
    play(
        open_source(write(tmp_path / "gone", [recorded(0, 0)._replace(topic=topic, payload=b"", retain=True)])),
        broker,
        Wanted(keep_retained=True),
    )


def test_a_cut_recording_is_played_up_to_the_cut(broker: str, tmp_path: Path) -> None:
    """And that is said, with the time of the last message."""
    path = write(tmp_path / "r", [recorded(n, n)._replace(payload=str(n**50).encode()) for n in range(3_000)])
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    done, received = played(broker, path)
    n_read = len(received)
    assert 1_000 < n_read < 3_000
    assert [payload for _, payload in received] == [str(n**50).encode() for n in range(n_read)]
    said = f"{path}: it is cut off; {n_read} messages could be read, the last of {rfc3339(BEGAN + (n_read - 1) * SECOND)}"
    assert list(done.told(path))[1:] == [said]


def test_a_line_that_says_nothing_is_left_out_and_said(broker: str, tmp_path: Path) -> None:
    """In the middle of a recording."""
    (tmp_path / "r").write_bytes(encode(recorded(0, 0)) + b"what?\n\n" + encode(recorded(1, 1)))
    done, received = played(broker, tmp_path / "r")
    assert ids(received) == ["r-0", "r-1"]
    assert list(done.told(tmp_path / "r"))[1:] == [f"{tmp_path / 'r'}: 1 lines could not be read and were left out"]


def test_a_table_is_played(broker: str, tmp_path: Path) -> None:
    """By a mapping, and only by one that it can be read with."""
    (tmp_path / "t.csv").write_text("mac,at,room\nd1,1790000000,z1\nd2,1790000060,z2\n")
    (tmp_path / "m.yaml").write_text(MAPPING)
    with subscriber(broker) as heard:
        done = play(open_source(tmp_path / "t.csv", Mapping.load(tmp_path / "m.yaml")), broker, Wanted())
        received = heard.take(3)
    assert [topic for topic, _ in received] == ["instore/v1/s/dwell/g", "instore/v1/s/dwell/g", CLOSING]
    assert json.loads(received[1][1]) == {
        "device_id": "d2",
        "kind": "dwell",
        "sensor_id": "g",
        "store_id": "s",
        "ts": "2026-09-21T14:14:20.000000Z",
        "zone_id": "z2",
    }
    assert done.published.readings == 3
    with pytest.raises(SettingError, match="a mapping is for tables"):
        open_source(tmp_path / "m.yaml", Mapping.of_fields())


@pytest.mark.parametrize(("data", "said"), [(b"", "there is no message in it"), (b"\x28\xb5", "it is cut off")])
def test_an_empty_file_is_refused(broker: str, tmp_path: Path, data: bytes, said: str) -> None:
    """There is nothing to replay, and why."""
    (tmp_path / "r").write_bytes(data)
    for options in ({}, {"loop": True}, {"shift_to": "now"}):
        with pytest.raises(SettingError, match=f"nothing to replay: {said}"):
            played(broker, tmp_path / "r", **options)


@pytest.mark.parametrize(("data", "said"), [(b"", "it is empty"), (b"garbage\n", "its name says that it is packed")])
@pytest.mark.parametrize("name", ["r.jsonl.zst", "r.GZ"])
def test_what_only_its_name_calls_packed_is_refused(broker: str, tmp_path: Path, name: str, data: bytes, said: str) -> None:
    """It is published as no reading."""
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SettingError, match=f"nothing to replay: {said}"):
        played(broker, tmp_path / name)


def test_what_is_wanted_is_checked_first() -> None:
    """Speed, times and names, before anything is opened."""
    assert Wanted.of(**GIVEN) == Wanted(Selection())
    times: list[dict[str, Any]] = [{"shift_to": moment} for moment in ("soon", "1960-01-01", "0001-01-01", "2999-01-01")]
    others: list[dict[str, Any]] = [{"speed": "0"}, {"only": ("a",)}, {"since": "soon"}, {"until": "soon"}]
    for wrong in times + others:
        with pytest.raises(SettingError):
            Wanted.of(**{**GIVEN, **wrong})


def test_what_no_bridge_will_believe_is_said(broker: str, tmp_path: Path) -> None:
    """A recording of an hour that shall have begun just now, played at once: its end is ahead of the clock. At its own end it is not."""
    path = write(tmp_path / "r", [recorded(0, 0), recorded(1, 3600)])
    begin = datetime.now(UTC) - timedelta(minutes=10)
    done, _ = played(broker, path, shift_to=begin.isoformat())
    (said,) = done.missing
    assert re.match(r"some readings are ahead of the clock, up to 20.*, and a bridge refuses those", said)
    assert played(broker, path, shift_to="now")[0].missing == []
