"""Publishing recordings to real brokers: all arrives, in order, at its time, whatever the connection does."""

import json
import socket
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import pytest
from msgspec import structs

from sensors.broker import BrokerAway, mqtt_broker
from sensors.decode import MAX_AHEAD, decode
from sensors.reading import SECOND
from sensors.urls import SettingError
from simulators.live import live, publish_live
from simulators.recordings.messages import Message, messages
from simulators.recordings.replay import IN_FLIGHT, Pace, Published, closings, publish, publish_messages, read_lines, speed_of
from simulators.sensing.faults import Faults
from simulators.shop.habits import Habits
from simulators.together import Files, record
from stream.rules import Rules
from tests.servers import mosquitto
from tests.simulators.observer import millis
from tests.simulators.plans import SMALL, options_of, play
from tests.simulators.wire import Received, subscriber, taking_broker, wire

LINES = play().lines
FEW = LINES[:2000]
NO_END = Pace(close=False)
DAY = 1_700_000_000_000


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """The embedded broker."""
    with mqtt_broker() as url:
        yield url


def reading(ts: int, sensor: str = "gw", kind: str = "status") -> bytes:
    """A line at a time in milliseconds."""
    return json.dumps({"id": f"{sensor}-{ts}", "kind": kind, "store_id": "s", "sensor_id": sensor, "ts": ts, "state": "alive"}).encode()


def elements(received: list[Received]) -> Counter[str]:
    """How often each reading arrived, by id."""
    return Counter(one["id"] for _, payload in received for one in _array(payload))


def _array(payload: bytes) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(payload if payload.startswith(b"[") else b"[" + payload + b"]")
    return found


def by_topic(received: list[Received]) -> dict[str, list[bytes]]:
    """The payloads of each topic, in order."""
    found: defaultdict[str, list[bytes]] = defaultdict(list)
    for topic, payload in received:
        found[topic].append(payload)
    return found


@pytest.mark.integration
def test_everything_arrives_once_and_in_order(broker: str) -> None:
    """Every message, byte for byte, in the order of the recording in each topic, and then the last status."""
    with subscriber(broker) as heard:
        done = publish(LINES, broker)
        received = heard.take(done.messages)
        assert heard.is_empty()
    sent = list(messages(LINES))
    assert by_topic(received[:-1]) == by_topic([(message.topic, message.payload) for message in sent])
    assert received[-1][0] == "instore/v1/small/status/replay"
    assert (done.messages, done.readings) == (len(sent) + 1, len(LINES) + 1)
    assert done.by_kind == Counter(message.kind for message in sent for _ in range(message.readings)) + Counter(["status"])
    assert (done.reconnects, done.stopped) == (0, False)


@pytest.mark.integration
def test_broken_messages_arrive_as_broken_as_they_are(broker: str, tmp_path: Path) -> None:
    """A recording with faults, through a file and a broker, is counted by the bridge's decoder as was foretold."""
    written = record(options_of(faults=Faults(duplicates=0.05, disorder_s=20, malformed=0.05)), Files(tmp_path / "r", tmp_path / "t"))
    with subscriber(broker) as heard:
        done = publish(read_lines(tmp_path / "r"), broker, NO_END)
        received = heard.take(done.messages)
    refused, stored, accepted = Counter[str](), set[str](), 0
    for topic, payload in received:
        decoded = decode(payload, topic=topic, received_at=4_000_000_000_000_000)
        refused.update(letter.reason for letter in decoded.rejected)
        stored.update(one.id for one in decoded.readings)
        accepted += len(decoded.readings)
    assert refused == written.expected.rejected
    assert (len(stored), accepted - len(stored)) == (written.expected.stored, written.expected.duplicate)
    assert done.readings == written.lines == written.expected.received


@pytest.mark.integration
@pytest.mark.parametrize(
    ("cuts", "deaf"), [([30_000, 60_000, 5_000], False), ([8_000, 9_000, 5_000], True)], ids=["cut", "cut and acknowledgements lost"]
)
def test_a_connection_that_breaks_loses_nothing(broker: str, cuts: list[int], deaf: bool) -> None:
    """Three times in the middle of a recording: what was not acknowledged is sent again; some of it arrives twice."""
    with subscriber(broker) as heard, wire(broker, cuts, deaf=deaf) as broken:
        done = publish(FEW, broken.url, NO_END)
        time.sleep(0.5)  # the broker may have more to say than was sent
        received = []
        while not heard.queue.empty():
            received.append(heard.queue.get())
    arrived = elements(received)
    expected = elements([(message.topic, message.payload) for message in messages(FEW)])
    assert arrived.keys() == expected.keys()
    assert broken.connections == 4
    assert 1 <= done.reconnects <= 3
    assert done.unacknowledged == 0
    assert done.acknowledged == done.messages
    if deaf:
        assert arrived.total() > expected.total()


@pytest.mark.integration
def test_a_broker_that_goes_is_waited_for(tmp_path: Path) -> None:
    """Mosquitto is stopped in the middle and started again: the replay goes on by itself, and says so."""
    with mosquitto(tmp_path) as server:
        results: list[Published] = []
        thread = threading.Thread(target=lambda: results.append(publish(FEW, server.url, Pace(close=False, speed=1500))))
        thread.start()
        time.sleep(1)
        server.stop()
        time.sleep(0.5)
        server.start()
        thread.join(60)
    (done,) = results
    assert (done.messages, done.reconnects) == (sum(1 for _ in messages(FEW)), 1)


@pytest.mark.integration
def test_a_good_broker_takes_thousands_of_messages_a_second(broker: str) -> None:
    """The replay uses less than 250 us of a core for each, also where others work; how long it waits is the broker's affair."""
    lines = [reading(1_000 * number, f"s{number % 2}") for number in range(20_000)]
    began = time.process_time()
    done = publish(lines, broker, NO_END)
    seconds = time.process_time() - began
    assert done.messages == 20_000
    assert done.messages / seconds > 4_000


@pytest.mark.integration
def test_no_more_messages_than_allowed_are_under_way() -> None:
    """A broker that never acknowledges gets so many, and no more."""
    end = time.monotonic() + 1
    with _silent_broker() as (url, count):
        done = publish([reading(number, f"s{number % 2}") for number in range(2_000)], url, NO_END, stop=lambda: time.monotonic() > end)
    assert count[0] == done.messages == done.unacknowledged == IN_FLIGHT
    assert done.stopped


class _silent_broker:  # noqa: N801 - used like a function
    """Lets one client in, counts its messages, and says nothing more; ends the connection when it has been quiet for a while."""

    def __enter__(self) -> tuple[str, list[int]]:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.count = [0]
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()
        return f"mqtt://127.0.0.1:{self.listener.getsockname()[1]}", self.count

    def __exit__(self, *_: object) -> None:
        self.thread.join(20)
        self.listener.close()

    def _serve(self) -> None:
        client, _ = self.listener.accept()
        client.recv(4096)
        client.sendall(b"\x20\x02\x00\x00")
        client.settimeout(2.0)
        data = b""
        try:
            while more := client.recv(1 << 16):
                data += more
        except TimeoutError:
            pass
        client.close()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.count[0] = data.count(b"instore/v1/s/status/")


def test_what_nobody_acknowledges_is_written_before_the_end() -> None:
    """With QoS 0, to a broker that is slow to read: all of it leaves, and nothing counts as acknowledged."""
    payload = b"x" * (16 << 20)
    with taking_broker(0.1) as (url, taken):
        done = publish_messages([Message("t", payload, 1, "s", "status", None, None, 1, qos=0)], url, Pace(close=False, qos=0))
    assert taken[0].count(b"x") == len(payload)
    assert (done.messages, done.acknowledged, done.unacknowledged) == (1, 0, 0)


@pytest.mark.integration
def test_the_speed_is_kept(broker: str) -> None:
    """Six recorded seconds at four times their speed take one and a half, and a reading comes when it is due."""
    with subscriber(broker) as heard:
        began = time.monotonic()
        publish([reading(ts, f"s{ts}") for ts in range(DAY, DAY + 6001, 1000)], broker, Pace(speed=4, close=False))
        assert 1.5 <= time.monotonic() - began < 5
        heard.take(7)


@pytest.mark.integration
def test_a_reading_from_far_in_the_future_is_not_waited_for(broker: str) -> None:
    """It will be refused anyway; nor does it move what comes after it, or the last status."""
    ahead = int(time.time() * 1000) + MAX_AHEAD // 1000 + 60_000
    began = time.monotonic()
    done = publish([reading(DAY), reading(ahead, "mad"), reading(DAY + 500)], broker, Pace(speed=1))
    assert time.monotonic() - began < 5
    assert done.closing == {"s": (DAY + 500) * 1000 + 1_981 * SECOND}


def test_nobody_waits_since_1970() -> None:
    """A reading of a clock that was not set yet is no beginning: what comes next would be due in half a century."""
    end = time.monotonic() + 1
    with taking_broker() as (url, _):
        done = publish([reading(0), reading(DAY)], url, Pace(speed=1, close=False, qos=0), stop=lambda: time.monotonic() > end)
    assert done.messages == 2


@pytest.mark.integration
def test_late_readings_are_not_waited_for(broker: str) -> None:
    """Time goes forward only: a reading out of order is sent at once."""
    began = time.monotonic()
    publish([reading(DAY + 1_000), reading(DAY, "b"), reading(DAY + 1_200)], broker, Pace(speed=1, close=False))
    assert 0.15 < time.monotonic() - began < 5


@pytest.mark.integration
def test_a_live_store_keeps_pace_with_the_clock(broker: str) -> None:
    """What arrives is of now: never ahead of the clock, and hardly behind it; and it stops when it is asked to."""
    start = int(time.time() * 1_000_000)
    with subscriber(broker) as heard:
        lines = live(SMALL, 1, start, Habits(shoppers=600))
        first = next(lines)  # until then an hour of shoppers is simulated
        end = time.monotonic() + 3
        done = publish(chain([first], lines), broker, Pace(speed=1, anchor=start, close=False), stop=lambda: time.monotonic() > end)
        now = time.time()
        received = [payload for _, payload in heard.take(done.messages)]
    assert done.stopped
    assert done.messages >= 3
    times = [millis(one["ts"]) / 1000 for payload in received for one in _array(payload)]
    assert start / 1e6 - 1 <= min(times) <= max(times) <= now + 0.1


@pytest.mark.integration
def test_a_live_store_that_begins_later_is_waited_for(broker: str) -> None:
    """However far ahead that is: what a sensor says from the future would be sent at once, and refused."""
    start = time.time_ns() // 1000 + 400 * SECOND
    end = time.monotonic() + 3
    done = publish_live(live(SMALL, 1, start, Habits(shoppers=6)), broker, lambda: time.monotonic() > end, start)
    assert (done.messages, done.stopped) == (0, True)


@pytest.mark.integration
def test_what_was_due_before_it_began_is_not_late(broker: str) -> None:
    """Planning many stores may take longer than thought: what they said meanwhile comes at once."""
    now = int(time.time() * 1000)
    lines = [reading(now - 60_000), reading(now - 30_000, "b"), reading(now + 100, "c")]
    done = publish(lines, broker, Pace(speed=1, anchor=now * 1000, close=False))
    assert (done.messages, done.past, done.lateness.count) == (3, 2, 1)
    assert done.lateness.largest_s < 20


@pytest.mark.integration
def test_a_stop_still_waits_for_what_is_under_way(broker: str) -> None:
    """What was published was acknowledged; the rest was not published, and the end is not told."""
    asked = iter(range(10_000))
    with subscriber(broker) as heard:
        done = publish(FEW, broker, stop=lambda: next(asked) >= 50)
        received = heard.take(done.messages)
        assert heard.is_empty()
    assert done.stopped
    assert 0 < done.messages <= 50
    assert done.closing == {}
    assert received == [(message.topic, message.payload) for message in islice(messages(FEW), done.messages)]


@pytest.mark.integration
def test_progress_is_told_in_readings_and_bytes(broker: str) -> None:
    """Up to all of the recording."""
    told: list[tuple[int, int]] = []
    publish(FEW, broker, NO_END, progress=lambda readings, size: told.append((readings, size)))
    assert told == sorted(told)
    assert len(told) > 3
    assert told[-1] == (len(FEW), sum(len(line) + 1 for line in FEW))


def test_a_broker_that_is_not_there_is_said_at_once() -> None:
    """Before the first message, nobody waits."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(BrokerAway, match=f"the MQTT broker at mqtt://127.0.0.1:{port} cannot be reached"):
        publish(FEW, f"mqtt://127.0.0.1:{port}")


def test_a_wrong_url_is_refused() -> None:
    """With the sentence of all MQTT URLs."""
    with pytest.raises(SettingError, match="must begin with mqtt://"):
        publish(FEW, "http://127.0.0.1")


def test_the_last_status_lets_every_visit_become_final() -> None:
    """It comes after the last reading by timeout, grace and lateness, and a second."""
    (message,) = closings({"s": 1_000 * SECOND}, Pace())
    decoded = decode(message.payload, topic=message.topic, received_at=4_000 * SECOND)
    (status,) = decoded.readings
    assert (status.ts, status.store_id, status.sensor_id) == ((1_000 + 1_800 + 120 + 60 + 1) * SECOND, "s", "replay")


def test_the_last_status_knows_the_rules_of_its_store() -> None:
    """Each store has its own."""
    rules = {"a": Rules(), "b": structs.replace(Rules(), visit_timeout_s=600, exit_grace_s=0, lateness_s=30)}
    made = closings({"b": 0, "a": 0}, Pace(rules=rules.__getitem__))
    assert [(message.store_id, message.last_ts) for message in made] == [("a", 1_981 * SECOND), ("b", 631 * SECOND)]


def test_the_last_status_is_never_ahead_of_the_clock() -> None:
    """A reading from the future would not be believed: visits of right now become final as time passes."""
    (message,) = closings({"s": 1_000 * SECOND}, Pace(clock=lambda: 1_100.5))
    assert message.last_ts == 1_100_500_000


@pytest.mark.parametrize(("text", "speed"), [("max", None), ("1", 1.0), ("60", 60.0), ("0.5", 0.5)])
def test_a_speed_is_a_factor_or_max(text: str, speed: float | None) -> None:
    """As the command has it."""
    assert speed_of(text) == speed


@pytest.mark.parametrize("text", ["0", "-1", "fast", "nan", "inf", ""])
def test_what_is_no_speed_is_refused(text: str) -> None:
    """The sentence shows how to write one."""
    with pytest.raises(SettingError, match="must be a factor above 0"):
        speed_of(text)


def test_lines_are_read_without_their_line_feeds(tmp_path: Path) -> None:
    """Those of Windows too; bytes stay as they are."""
    (tmp_path / "r").write_bytes(b"a\r\nb\xff\n\nc")
    assert list(read_lines(tmp_path / "r")) == [b"a", b"b\xff", b"", b"c"]
