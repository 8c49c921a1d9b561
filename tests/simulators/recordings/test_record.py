"""The recorder on mosquitto: everything that was published, as it was; and what it says where something may be missing."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sensors.broker import BrokerAway, mqtt_broker
from sensors.mqtt_client import new_client
from sensors.recording import Lines, Recorded, decode
from sensors.urls import MqttUrl, SettingError
from simulators.recordings.record import Recording, check_filter, record
from tests.servers import Server, mosquitto, mosquitto_server

pytestmark = pytest.mark.integration

WAIT_S = 20.0

Sent = tuple[str, bytes, int]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A mosquitto with the queue that it has by default, and which says at once what it drops."""
    server = mosquitto_server(tmp_path_factory.mktemp("mosquitto"), max_queued=1000, max_inflight=20, saving="sys_interval 1")
    server.start()
    yield server
    server.stop()


class Recorder:
    """A recording that goes on in a thread.

    Attributes:
        done: how far it is, and what came of it.
        may_go_on: cleared, it has other things to do than to read.
    """

    def __init__(self, url: str, out: Path, *topics: str) -> None:
        self.done = Recording()
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(url, out, topics))

    def _run(self, url: str, out: Path, topics: tuple[str, ...]) -> None:
        more = {"topics": topics} if topics else {}
        self.done = record(url, out, stop=self._stop.is_set, progress=self._progress, **more)

    def _progress(self, done: Recording) -> None:
        self.done = replace(done)
        self.may_go_on.wait(WAIT_S)

    def wait_for(self, is_so: Callable[[Recording], bool]) -> None:
        """Wait until it is so far."""
        end = time.monotonic() + WAIT_S
        while not is_so(self.done):
            assert time.monotonic() < end, f"it only got to {self.done}"
            time.sleep(0.01)

    def start(self) -> None:
        """Start, and wait until it is subscribed."""
        self._thread.start()
        self.wait_for(lambda done: done.seconds > 0)

    def stop(self) -> Recording:
        """Have it end."""
        self._stop.set()
        self._thread.join(WAIT_S)
        return self.done


@contextmanager
def recording(url: str, out: Path, *topics: str) -> Iterator[Recorder]:
    """Record until the block ends."""
    recorder = Recorder(url, out, *topics)
    recorder.start()
    try:
        yield recorder
    finally:
        recorder.stop()


def publish(url: str, sent: list[Sent], *, retain: bool = False) -> None:
    """Publish in order, and wait until the broker has everything.

    In one thread: beside a loop of its own, paho lets a message overtake those that wait for room, and may forget one while it connects.
    """
    client, end = new_client(MqttUrl.parse(url), ""), time.monotonic() + WAIT_S
    client.reconnect()
    while not client.is_connected():
        client.loop(0.1)
        assert time.monotonic() < end
    infos = [client.publish(topic, payload, qos, retain) for topic, payload, qos in sent]
    while not all(info.is_published() for info in infos):
        client.loop(0.1)
        assert time.monotonic() < end
    client.disconnect()


def recorded(path: Path) -> list[Recorded]:
    """Read the messages of a recording, which must be whole."""
    lines = Lines(path)
    found = [one for one in map(decode, lines) if one is not None]
    assert lines.cut is None
    return found


def notes(path: Path) -> list[dict[str, Any]]:
    """Read what it says besides."""
    said = [msgspec.json.decode(line) for line in Lines(path)]
    return [one for one in said if "note" in one]


def test_everything_is_recorded_as_it_was_published(broker: Server, tmp_path: Path) -> None:
    """Topic, bytes, QoS, in order, with times that fit; what the broker had kept is marked; `$SYS` is none of it.

    One QoS after the other: of QoS 1 and 2 mixed, mosquitto lets messages overtake others once 20 are under way.
    """
    kept: list[Sent] = [("instore/v1/s/status/gw", b"kept", 1)]
    sent: list[Sent] = [(f"instore/v1/s/{'dwell' if n % 3 else 'entry'}/g{n % 7}", bytes([n % 256]) * n, n % 3) for n in range(300)]
    publish(broker.url, kept, retain=True)
    began = time.time()
    with recording(broker.url, tmp_path / "r", "#") as recorder:
        for qos in (0, 1, 2):
            publish(broker.url, [one for one in sent if one[2] == qos])
        recorder.wait_for(lambda done: done.messages == 301)
    found = recorded(tmp_path / "r")
    publish(broker.url, [("instore/v1/s/status/gw", b"", 1)], retain=True)
    assert found[0].retain
    assert not any(one.retain for one in found[1:])
    by_qos = [[(one.topic, one.payload, one.qos) for one in found if one.qos == qos and not one.retain] for qos in (0, 1, 2)]
    assert by_qos == [[one for one in sent if one[2] == qos] for qos in (0, 1, 2)]
    assert (found[0].topic, found[0].payload, found[0].qos) == kept[0]
    elapsed = [one.elapsed for one in found if one.elapsed is not None]
    assert len(elapsed) == 301
    assert elapsed == sorted(elapsed)
    assert all(began <= one.at / 1e6 <= time.time() for one in found)
    assert [(one["note"], one.get("messages")) for one in notes(tmp_path / "r")] == [("started", None), ("ended", 301)]


def test_only_the_topics_asked_for(broker: Server, tmp_path: Path) -> None:
    """Several filters; the default is what sensors of ours publish to."""
    sent: list[Sent] = [("a/b", b"1", 1), ("a/c", b"2", 1), ("b", b"3", 1), ("instore/v1/s/entry/g", b"4", 1)]
    with recording(broker.url, tmp_path / "some", "a/+", "b") as some, recording(broker.url, tmp_path / "ours") as ours:
        publish(broker.url, sent)
        some.wait_for(lambda done: done.messages == 3)
        ours.wait_for(lambda done: done.messages == 1)
    assert [one.payload for one in recorded(tmp_path / "some")] == [b"1", b"2", b"3"]
    assert [one.payload for one in recorded(tmp_path / "ours")] == [b"4"]


def test_what_a_slow_recorder_misses_is_said(broker: Server, tmp_path: Path) -> None:
    """Mosquitto keeps a thousand messages for it, drops the others, and counts them: recorded and dropped together are what was sent."""
    sent: list[Sent] = [("a", b"%d" % number, 1) for number in range(3_000)]
    with recording(broker.url, tmp_path / "r", "a") as recorder:
        recorder.may_go_on.clear()
        publish(broker.url, sent)
        recorder.may_go_on.set()
        recorder.wait_for(lambda done: done.messages + (done.dropped or 0) == len(sent))
    done = recorder.done
    assert done.dropped
    assert sum(one["messages"] for one in notes(tmp_path / "r") if one["note"] == "broker dropped") == done.dropped
    assert f"the broker dropped {done.dropped} messages meanwhile" in str(done)


def test_a_connection_that_breaks_leaves_a_gap_that_is_said(tmp_path: Path) -> None:
    """The recording goes on when the broker is back, and says from when to when something may be missing."""
    with mosquitto(tmp_path / "mosquitto") as server, recording(server.url, tmp_path / "r", "a") as recorder:
        publish(server.url, [("a", b"before", 1)])
        recorder.wait_for(lambda done: done.messages == 1)
        server.stop()
        time.sleep(0.3)
        server.start()
        recorder.wait_for(lambda done: done.gaps == 1)
        publish(server.url, [("a", b"after", 1)])
        recorder.wait_for(lambda done: done.messages == 2)
    assert [one.payload for one in recorded(tmp_path / "r")] == [b"before", b"after"]
    assert [one["note"] for one in notes(tmp_path / "r")] == ["started", "connection lost", "connection back", "ended"]
    assert recorder.done.gap_s >= 0.2
    assert "the connection was lost once" in str(recorder.done)


def test_the_embedded_broker_can_be_recorded(tmp_path: Path) -> None:
    """Though it knows no `$SYS`, so that nobody knows what was dropped; and it delivers with the QoS of who hears, not of who said it."""
    sent: list[Sent] = [("instore/v1/s/entry/g", b"%d" % qos, qos) for qos in (0, 1, 2)]
    with mqtt_broker() as url, recording(url, tmp_path / "r") as recorder:
        publish(url, sent)
        recorder.wait_for(lambda done: done.messages == 3)
    assert recorder.done.dropped is None
    assert [(one.topic, one.payload, one.qos) for one in recorded(tmp_path / "r")] == [(topic, payload, 2) for topic, payload, _ in sent]


def test_an_existing_file_is_not_overwritten(broker: Server, tmp_path: Path) -> None:
    """It stays as it is."""
    (tmp_path / "r").write_text("mine")
    with pytest.raises(SettingError, match="exists already: a recording overwrites nothing"):
        record(broker.url, tmp_path / "r", stop=lambda: True)
    assert (tmp_path / "r").read_text() == "mine"


def test_no_file_is_left_where_there_is_no_broker(tmp_path: Path) -> None:
    """One sentence, at once."""
    with pytest.raises(BrokerAway, match=r"the MQTT broker at mqtt://127\.0\.0\.1:1 cannot be reached: Connection refused"):
        record("mqtt://127.0.0.1:1", tmp_path / "r", stop=lambda: True)
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("text", ["", "a/#/b", "a+", "a/b#", "a\0"])
def test_a_wrong_filter_is_refused(text: str) -> None:
    """Before anything is connected."""
    with pytest.raises(SettingError, match="a filter is like"):
        check_filter(text)


def test_what_a_broker_tells_of_itself_is_refused() -> None:
    """It is not recorded, so nobody shall wait for it."""
    with pytest.raises(SettingError, match=r"under \$SYS, is not recorded"):
        check_filter("$SYS/#")


@pytest.mark.parametrize("text", ["#", "+", "a/+/b/#", "instore/v1/#"])
def test_a_filter_is_taken_as_it_is(text: str) -> None:
    """All that MQTT has."""
    assert check_filter(text) == text
