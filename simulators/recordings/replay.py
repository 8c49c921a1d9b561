"""Publishing a recording, or a live simulation, over MQTT as the sensors would: QoS 1, in order, nothing lost. Behind `instore replay`.

One thread does everything: it publishes, reads acknowledgements and keeps the connection alive. paho-mqtt's own thread would fight with
ours for the interpreter. No more than `IN_FLIGHT` messages wait for their acknowledgement at a time. When the connection breaks, it is
made anew and all that was not acknowledged is sent again, in order: a message may arrive twice, never not at all.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt

from sensors.decode import MAX_AHEAD
from sensors.mqtt_client import CONNECT_S, BrokerAway, new_client, wait
from sensors.reading import CLOCK_SENSOR, SECOND
from sensors.topics import mqtt_topic, place
from sensors.urls import MqttUrl, SettingError
from simulators.recordings.lateness import Lateness
from simulators.recordings.messages import OLDEST, Message, messages
from stream.rules import Rules

log = logging.getLogger("instore.replay")

IN_FLIGHT = 200
"""Messages that may wait for their acknowledgement at a time."""

AFTER = SECOND
"""How much later than needed the last status is, so that nothing hangs on a boundary."""

BACKOFF_S = (0.1, 5.0)
"""From the first wait for a broker that is away to the longest."""

STEP_S = 0.1
"""How long to wait at a time for anything, before looking whether to stop."""

PROGRESS_EVERY = 100
"""Messages between two reports of progress."""

Progress = Callable[[int, int], None]
"""Told now and then how many readings are published, and how many bytes of the recording they are."""


@dataclass(slots=True)
class Published:
    """What was published.

    Attributes:
        messages: how many messages, the last status of each store included.
        readings: how many readings they held; broken ones count as one each.
        by_kind: readings by the kind in their topic.
        closing: the time of the last status of each store, microseconds since 1970.
        reconnects: how often the connection was made anew; what was under way then arrived once or twice.
        lateness: how much later than due messages were sent; nothing where they were sent as fast as possible.
        past: messages that were due before publishing began; they were sent at once, and are not counted as late.
        acknowledged: messages of which the broker has said that it has them; of those with QoS 0 it says nothing.
        unacknowledged: messages of which the broker had not said that it has them when it was asked to stop; 0 otherwise.
        seconds: how long it took.
        stopped: it was asked to stop before the end.
    """

    messages: int = 0
    readings: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)
    closing: dict[str, int] = field(default_factory=dict)
    reconnects: int = 0
    lateness: Lateness = field(default_factory=Lateness)
    past: int = 0
    acknowledged: int = 0
    unacknowledged: int = 0
    seconds: float = 0.0
    stopped: bool = False


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast to publish, and how to end.

    Attributes:
        speed: recorded seconds a second; None: as fast as the broker takes it.
        anchor: the recorded time (microseconds since 1970) that is now; None: that of the first reading. A live simulation gives its start.
        rules: the rules of a store, which say how long its last visits need to become final.
        close: whether to end with a status of each store that lets them; a live simulation does not.
        qos: what to publish with; None: what each message was recorded with, so that those with 0 may be lost.
        keep_retained: whether messages that a broker had kept shall be kept again.
        clock: the time now, in seconds since 1970.
    """

    speed: float | None = None
    anchor: int | None = None
    rules: Callable[[str], Rules] = lambda _store: Rules()
    close: bool = True
    qos: int | None = 1
    keep_retained: bool = False
    clock: Callable[[], float] = time.time


def speed_of(text: str) -> float | None:
    """Read `--speed`: a factor, or `max` (None).

    Raises:
        SettingError: it is neither.
    """
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise SettingError(f"--speed must be a factor above 0, like 1 or 60, or max, not {text}")
    return speed


def read_lines(recording: Path) -> Iterator[bytes]:
    """The lines of a recording, without their line feeds.

    Raises:
        OSError: it cannot be read.
    """
    with recording.open("rb") as file:
        for line in file:
            yield line.rstrip(b"\r\n")


def publish(
    lines: Iterable[bytes],
    url: str,
    pace: Pace | None = None,
    *,
    progress: Progress = lambda _readings, _bytes: None,
    stop: Callable[[], bool] = lambda: False,
) -> Published:
    """Publish lines of a recording, and wait until the broker has acknowledged each message.

    Args:
        lines: in order of arrival; see `simulators.recordings.messages` for what a line may be.
        url: of the broker, `mqtt://host:1883`.
        pace: how fast, and how to end.
        progress: told now and then how far it is.
        stop: asked often; once it says yes, what is under way is still acknowledged, and no more is published.

    Raises:
        SettingError: the URL is wrong.
        BrokerAway: the broker cannot be reached at the start. Later it is waited for.
    """
    return publish_messages(messages(lines), url, pace, progress=progress, stop=stop)


def publish_messages(
    source: Iterable[Message],
    url: str,
    pace: Pace | None = None,
    *,
    progress: Progress = lambda _readings, _bytes: None,
    stop: Callable[[], bool] = lambda: False,
) -> Published:
    """Publish messages, as `publish` does those that lines stand for."""
    pace = pace or Pace()
    done, began = Published(), time.monotonic()
    line = _Connection(MqttUrl.parse(url), stop)
    line.open()
    try:
        last = _all(source, line, pace, done, progress)
        if pace.close and not stop():
            for message in closings(last, pace):
                _send(line, message, done, pace)
                done.closing[message.store_id] = message.last_ts or 0
        line.drain(0)
        line.write()
    finally:
        line.close()
    done.reconnects, done.acknowledged, done.unacknowledged = line.reconnects, line.acknowledged, line.under_way
    done.stopped, done.seconds = stop(), time.monotonic() - began
    return done


def closings(last: dict[str, int], pace: Pace) -> list[Message]:
    """A status a store that moves its time so far that every visit is final.

    It is later than the last reading by all that a visit may wait for: the timeout, the grace after an exit, and the lateness. It is never
    ahead of the clock, for such a reading is not believed: the visits of a recording of right now become final as real time passes.
    """
    made = []
    for store, ts in sorted(last.items()):
        rules = pace.rules(store)
        wait = round((rules.visit_timeout_s + rules.exit_grace_s + rules.lateness_s) * SECOND) + AFTER
        at = min(ts + wait, int(pace.clock() * 1000) * 1000)
        reading = {
            "id": f"{CLOCK_SENSOR}-{at}",
            "kind": "status",
            "store_id": store,
            "sensor_id": CLOCK_SENSOR,
            "ts": at // 1000,
            "state": "alive",
        }
        at, topic = at // 1000 * 1000, mqtt_topic(store, "status", CLOCK_SENSOR)
        made.append(Message(topic, msgspec.json.encode(reading), 1, store, "status", at, at, 0))
    return made


def _all(source: Iterable[Message], line: "_Connection", pace: Pace, done: Published, progress: Progress) -> dict[str, int]:
    """Publish all messages, each when its time has come.

    Returns:
        The latest time of each store.
    """
    last: dict[str, int] = {}
    schedule, size = _Schedule(pace), 0
    for message in source:
        if message.last_ts is not None and message.last_ts <= pace.clock() * SECOND + MAX_AHEAD and _is_of_a_sensor(message):
            last[message.store_id] = max(message.last_ts, last.get(message.store_id, 0))
        due_s = schedule.due_s(message)
        if due_s is not None:
            line.wait_until(due_s)
        if line.stop():
            break
        _send(line, message, done, pace)
        if due_s is not None and due_s < schedule.began_s:
            done.past += 1
        elif due_s is not None:
            done.lateness.add(time.monotonic() - due_s)
        size += message.size
        if done.messages % PROGRESS_EVERY == 0:
            progress(done.readings, size)
    progress(done.readings, size)
    return last


class _Schedule:
    """When messages are due: all are told from the first, so that nothing adds up.

    Attributes:
        began_s: when the recorded time was that of the anchor, by the monotonic clock.
    """

    def __init__(self, pace: Pace) -> None:
        self._speed, self._clock = pace.speed, pace.clock
        self._first = pace.anchor
        self._newest = 0
        self.began_s = time.monotonic()

    def due_s(self, message: Message) -> float | None:
        """When to send a message, by the monotonic clock; None: at once. Time goes forward only: what is out of order is due already."""
        if self._speed is None:
            return None
        at = message.due if message.due is not None else message.last_ts
        if at is not None and (message.due is not None or OLDEST <= at <= self._clock() * SECOND + MAX_AHEAD):  # others will be refused
            if self._first is None:
                self._first, self.began_s = at, time.monotonic()
            self._newest = max(self._newest, at)
        return None if self._first is None else self.began_s + (self._newest - self._first) / SECOND / self._speed


def _is_of_a_sensor(message: Message) -> bool:
    """Whether it tells of a store; a status that ended a replay is recorded with the rest, and must not put off the end of the next."""
    where = place(message.topic)
    return where is not None and where.sensor_id != CLOCK_SENSOR


def _send(line: "_Connection", message: Message, done: Published, pace: Pace) -> None:
    qos = message.qos if pace.qos is None else pace.qos
    if not line.send(message.topic, message.payload, qos, retain=message.retain and pace.keep_retained):
        return
    done.messages += 1
    done.readings += message.readings
    done.by_kind[message.kind] += message.readings


class _Connection:
    """A connection that publishes with QoS 1 and comes back when it was lost."""

    def __init__(self, url: MqttUrl, stop: Callable[[], bool]) -> None:
        self.stop = stop
        self.reconnects = self.acknowledged = 0
        self._url = url
        self._waiting: set[int] = set()
        self._welcome = False
        self._refused = ""
        self._client = new_client(url, "")
        self._client.disconnect()  # there is no connection yet; but paho believes so, and would not let its limit be changed
        self._client.max_inflight_messages_set(0)  # we count ourselves; with a limit it walks all messages at each acknowledgement
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish

    def open(self) -> None:
        """Connect for the first time.

        Raises:
            BrokerAway: it cannot be reached, or does not let us in.
        """
        try:
            self._connect()
        except OSError as away:
            raise BrokerAway(f"the MQTT broker at {self._url} cannot be reached: {away.strerror or away}") from away

    @property
    def under_way(self) -> int:
        """Messages that wait for their acknowledgement."""
        return len(self._waiting)

    def send(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> bool:
        """Publish; wait before that while too many messages are under way.

        Returns:
            Whether it was published: not, when it was asked to stop while the broker was away.
        """
        if self.under_way >= IN_FLIGHT:
            self.drain(IN_FLIGHT // 2)
        if self.under_way >= IN_FLIGHT or not (qos or self._has_written()):
            return False
        sent = self._client.publish(topic, payload, qos, retain)
        if qos:
            self._waiting.add(sent.mid)
        return True

    def _has_written(self) -> bool:
        """Wait until nothing waits to be written: nobody acknowledges a message of QoS 0, and paho's queue of them knows no end."""
        while self._client.socket() is None or self._client.want_write():
            self._turn(STEP_S)
            if self._client.socket() is None and self.stop():
                return False
        return True

    def drain(self, left: int) -> None:
        """Wait until at most `left` messages are under way; when asked to stop, only as long as the connection lasts."""
        while self.under_way > left:
            self._turn(STEP_S)
            if self._client.socket() is None and self.stop():
                return

    def write(self) -> None:
        """Wait until all is written, as long as the connection lasts: what goes with QoS 0 would be lost when it is closed."""
        while self._client.socket() is not None and self._client.want_write():
            self._talk(STEP_S)

    def wait_until(self, moment: float) -> None:
        """Keep the connection alive until a moment of the monotonic clock."""
        while (left := moment - time.monotonic()) > 0 and not self.stop():
            self._turn(min(left, STEP_S))

    def close(self) -> None:
        """Say goodbye."""
        self._client.disconnect()

    def _turn(self, timeout_s: float) -> None:
        """Send and receive what there is, waiting for it no longer than this; come back if the connection is gone."""
        if not self._talk(timeout_s):
            self._come_back()

    def _talk(self, timeout_s: float) -> bool:
        """Send and receive what there is.

        Returns:
            Whether the connection still stands.
        """
        if self._client.socket() is None:
            return False
        readable, writable = wait(self._client, timeout_s)
        if readable:
            self._client.loop_read()
        if writable:
            self._client.loop_write()
        return self._client.loop_misc() == mqtt.MQTT_ERR_SUCCESS and self._client.socket() is not None

    def _connect(self) -> None:
        """Connect and wait to be let in; paho then sends again what was not acknowledged."""
        self._welcome, self._refused = False, ""
        self._client.reconnect()
        end = time.monotonic() + CONNECT_S
        while not self._welcome:
            if not self._talk(STEP_S) or time.monotonic() > end:
                raise OSError(self._refused or "it does not answer")

    def _come_back(self) -> None:
        """Connect again, as often as it takes."""
        log.warning("the MQTT broker at %s is gone; waiting for it", self._url, extra={"action": "mqtt_lost"})
        wait = BACKOFF_S[0]
        while not self.stop():
            try:
                self._connect()
            except OSError:
                time.sleep(wait)
                wait = min(2 * wait, BACKOFF_S[1])
            else:
                self.reconnects += 1
                log.info("the MQTT broker at %s is back", self._url, extra={"action": "mqtt_back"})
                return

    def _on_connect(self, _client: mqtt.Client, _data: object, _flags: object, reason: object, _properties: object) -> None:
        self._welcome = not getattr(reason, "is_failure", False)
        self._refused = "" if self._welcome else str(reason)

    def _on_publish(self, _client: mqtt.Client, _data: object, mid: int, _reason: object, _properties: object) -> None:
        if mid in self._waiting:
            self._waiting.remove(mid)
            self.acknowledged += 1
