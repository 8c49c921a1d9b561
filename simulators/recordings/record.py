"""Recording what is published at an MQTT broker, as it comes. Behind `instore record`.

One thread reads and writes. The session is a clean one: a recorder that was killed leaves nothing at the broker. So what is published while
the connection is gone is missing; the recording says from when to when. What the broker itself drops for a subscriber that is too slow, it
tells nobody; mosquitto counts it for all subscribers together, and that count is noted.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt

from sensors.mqtt_client import CONNECT_S, BrokerAway, new_client, topic_of, wait
from sensors.outage import Backoff
from sensors.reading import SECOND, rfc3339
from sensors.recording import ENDED, STARTED, Recorded, Writer
from sensors.topics import MQTT_FILTER
from sensors.urls import MqttUrl, SettingError

log = logging.getLogger("instore.record")

QOS = 2
"""What we subscribe with: so messages come with the QoS that they were published with."""

DROPPED = "$SYS/broker/publish/messages/dropped"
"""Where mosquitto counts the messages that it dropped because a subscriber was too slow; every 10 s, if not set otherwise."""

KEEPALIVE_S = 10
"""A network that died without a word is noticed after 10 to 20 s."""

_STEP_S = 0.1
_MISC_S = 1.0
_N_MOST = 500
"""Packets that are read before the clock is looked at."""

_LEVELS = ("+", "#")


@dataclass(slots=True)
class Recording:
    """What was recorded.

    Attributes:
        messages: how many messages.
        size: bytes of the file.
        seconds: how long.
        gaps: how often the connection was lost; what was published meanwhile is missing.
        gap_s: for how long in all, each from when the broker was last heard.
        dropped: messages that the broker says it dropped meanwhile, of all its subscribers; None: it does not say.
    """

    messages: int = 0
    size: int = 0
    seconds: float = 0.0
    gaps: int = 0
    gap_s: float = 0.0
    dropped: int | None = None

    def __str__(self) -> str:
        often = "once" if self.gaps == 1 else f"{self.gaps} times"
        lost = f"; the connection was lost {often}, {self.gap_s:.1f} s in all: what was published then is missing" if self.gaps else ""
        dropped = f"; the broker dropped {self.dropped} messages meanwhile, ours or of other subscribers" if self.dropped else ""
        return f"{self.messages} messages, {self.size} bytes, {self.seconds:.1f} s{lost}{dropped}"


def check_filter(text: str) -> str:
    """Make sure that one can subscribe to a topic filter.

    Raises:
        SettingError: MQTT has no such filter, or it is of what brokers tell of themselves.
    """
    if text.startswith("$"):
        raise SettingError(f"--topic {text}: what a broker tells of itself, under $SYS, is not recorded")
    levels = text.split("/")
    wrong = [level for level in levels if len(level) > 1 and any(sign in level for sign in _LEVELS)]
    if not text or "\0" in text or "#" in levels[:-1] or wrong:
        raise SettingError(
            f"--topic {text}: a filter is like instore/v1/# or instore/v1/+/entry/+; + and # stand for whole levels, # for the last"
        )
    return text


def check_filters(topics: tuple[str, ...]) -> tuple[str, ...]:
    """Make sure that one can subscribe to several, and that none hears what another hears anyway: a broker may send that twice.

    Raises:
        SettingError: MQTT has no such filter, or another one covers it.
    """
    for number, text in enumerate(map(check_filter, topics)):
        if cover := next((other for i, other in enumerate(topics) if i != number and _covers(other, text)), None):
            raise SettingError(f"--topic {text}: --topic {cover} hears all of it; leave it out, or messages may be recorded twice")
    return topics


def _covers(wide: str, narrow: str) -> bool:
    return (wide.endswith("#") or not narrow.endswith("#")) and mqtt.topic_matches_sub(wide, narrow)


def record(
    url: str,
    out: Path,
    topics: tuple[str, ...] = (MQTT_FILTER,),
    *,
    stop: Callable[[], bool],
    progress: Callable[[Recording], None] = lambda _done: None,
) -> Recording:
    """Record until it is asked to stop.

    Args:
        url: of the broker, `mqtt://host:1883`.
        out: the file, which must not exist yet.
        topics: filters of the topics to record; `$SYS` is none of them.
        stop: asked several times a second.
        progress: told several times a second how far it is.

    Raises:
        SettingError: the URL or a filter is wrong, or the file exists.
        BrokerAway: the broker cannot be reached at the start, or does not let us in. Later it is waited for.
        OSError: the file cannot be written, say because the disk is full: what was written before can be read.
    """
    recorder = _Recorder(MqttUrl.parse(url), check_filters(topics))
    recorder.ask()
    recorder.connect()
    try:
        writer = Writer(out)
    except FileExistsError as exists:
        raise SettingError(f"{out} exists already: a recording overwrites nothing") from exists
    try:
        recorder.subscribe(writer)
    except (BrokerAway, OSError) as failed:
        writer.close()
        if isinstance(failed, BrokerAway) or not writer.written:
            out.unlink()
        raise
    return recorder.run(writer, stop, progress)


class _Recorder:
    """A subscription that writes what it hears."""

    def __init__(self, url: MqttUrl, topics: tuple[str, ...]) -> None:
        self._url, self._topics = url, topics
        self._done = Recording()
        self._writer: Writer | None = None
        self._clock = _steady()
        self._heard = time.time_ns() // 1000, self._clock()
        self._lost_at: int | None = None
        self._n_read = 0
        self._tells_drops = False
        self._dropped_before: int | None = None
        self._backoff = Backoff()
        self._asked = 0
        self._connected = self._subscribed = False
        self._refused = ""
        self._has_said = False
        self._misc_at = 0.0
        self._client = new_client(url, "", keepalive_s=KEEPALIVE_S)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def ask(self) -> None:
        """Find out, on a connection of its own, whether the broker lets us hear what it drops: rumqttd ends a connection that asks."""
        answers: list[bool] = []
        asking = new_client(self._url, "")
        asking.on_connect = lambda client, *_: client.subscribe(DROPPED)
        asking.on_subscribe = lambda _client, _data, _mid, reasons, _properties: answers.append(not reasons[0].is_failure)
        asking.on_disconnect = lambda *_: answers.append(False)
        end = time.monotonic() + CONNECT_S
        with suppress(OSError):  # that the broker is away is said when the recorder connects
            asking.reconnect()
            while not answers and time.monotonic() < end and asking.loop(_STEP_S) == mqtt.MQTT_ERR_SUCCESS:
                pass
        self._tells_drops = answers[:1] == [True]
        asking.disconnect()

    def connect(self) -> None:
        """Connect for the first time.

        Raises:
            BrokerAway: there is no broker, or it does not let us in.
        """
        try:
            self._client.reconnect()
            self._wait_for(lambda: self._connected)
        except OSError as away:
            raise BrokerAway(f"the MQTT broker at {self._url} cannot be reached: {away.strerror or away}") from away

    def subscribe(self, writer: Writer) -> None:
        """Subscribe for the first time; what the broker has kept comes at once.

        Raises:
            BrokerAway: it refuses.
        """
        self._writer = writer
        self._note(STARTED, broker=str(self._url), topics=list(self._topics))
        self._subscribe()
        self._wait_for(lambda: self._subscribed)
        log.info("recording %s at %s", ", ".join(self._topics), self._url, extra={"action": "recording"})

    def _wait_for(self, is_so: Callable[[], bool]) -> None:
        end = time.monotonic() + CONNECT_S
        while not is_so():
            if self._refused or not self._talk(_STEP_S, 1) or time.monotonic() > end:
                raise BrokerAway(f"the MQTT broker at {self._url} does not let us in: {self._refused or 'it does not answer'}")

    def run(self, writer: Writer, stop: Callable[[], bool], progress: Callable[[Recording], None]) -> Recording:
        """Write what comes; the file ends properly however this ends."""
        try:
            while not stop():
                self._turn(writer)
                progress(self._counted(writer))
            self._leave()
            self._count_gap()
            self._note(ENDED, messages=writer.messages, gaps=self._done.gaps, gap_s=round(self._done.gap_s, 3), dropped=self._done.dropped)
        finally:
            writer.close()
        return self._counted(writer)

    def _turn(self, writer: Writer) -> None:
        """Read what there is, for a moment, or try to come back; that may take seconds, so all is written and `stop` asked before."""
        stands = self._talk(_STEP_S, _N_MOST)
        writer.tick(time.monotonic())
        if not stands and self._lost_at is None:
            self._lose(writer)
        elif not stands:
            self._come_back()

    def _talk(self, timeout_s: float, n_most: int) -> bool:
        """Read and write what there is, waiting for it no longer than this; returns whether the connection stands."""
        if self._client.socket() is None:
            return False
        readable, writable = wait(self._client, timeout_s)
        if readable:
            self._read(n_most)
        if writable:
            self._client.loop_write()
        if (now := time.monotonic()) >= self._misc_at:
            self._misc_at = now + _MISC_S
            self._client.loop_misc()
        return self._client.socket() is not None

    def _read(self, n_most: int) -> None:
        for _ in range(n_most):
            before = self._n_read
            if self._client.loop_read() != mqtt.MQTT_ERR_SUCCESS:
                return
            self._heard = time.time_ns() // 1000, self._clock()
            if self._n_read == before:
                return

    def _lose(self, writer: Writer) -> None:
        """Note the loss: since when is not known, but it was heard until then."""
        since, self._lost_at = self._heard
        self._note("connection lost", since=rfc3339(since))
        writer.flush()
        log.warning("the MQTT broker at %s is gone; what is published now is missing", self._url, extra={"action": "mqtt_lost"})

    def _come_back(self) -> None:
        now = time.monotonic()
        if not self._backoff.is_over(now):
            time.sleep(_STEP_S)
            return
        self._subscribed, self._refused = False, ""
        self._backoff.wait(now)
        with suppress(OSError):
            self._client.reconnect()

    def _leave(self) -> None:
        """Unsubscribe by leaving, and write what has come until then."""
        if self._client.socket() is not None:
            self._read(_N_MOST)
            self._client.disconnect()

    def _count_gap(self) -> None:
        if self._lost_at is not None:
            self._done.gaps += 1
            self._done.gap_s += (self._clock() - self._lost_at) / SECOND
            self._lost_at = None

    def _counted(self, writer: Writer) -> Recording:
        self._done.messages, self._done.size = writer.messages, writer.size
        self._done.seconds = self._clock() / 1e6
        return self._done

    def _note(self, note: str, **more: Any) -> None:
        if self._writer is not None:
            self._writer.note(time.time_ns() // 1000, self._clock(), note, **more)

    def _on_connect(self, _client: mqtt.Client, _data: object, _flags: object, reason: Any, _properties: object) -> None:
        if reason.is_failure:
            self._refuse(str(reason))
            return
        self._connected = True
        if self._writer is not None:
            self._subscribe()

    def _refuse(self, why: str) -> None:
        self._refused = why
        if self._lost_at is not None and not self._has_said:
            self._has_said = True
            log.warning("the MQTT broker at %s does not let us in again: %s; trying on", self._url, why, extra={"action": "mqtt_refused"})

    def _subscribe(self) -> None:
        _, mid = self._client.subscribe([(topic, QOS) for topic in self._topics])
        self._asked = mid or 0
        if self._tells_drops:
            self._client.subscribe(DROPPED)

    def _on_subscribe(self, _client: mqtt.Client, _data: object, mid: int, reasons: list[Any], _properties: object) -> None:
        if mid != self._asked:
            return
        refused = [topic for topic, reason in zip(self._topics, reasons, strict=False) if reason.is_failure]
        if refused:
            self._refuse(f"it refuses the subscription to {refused[0]}")
            self._client.disconnect()
            return
        self._subscribed, self._has_said = True, False
        self._backoff.reset()
        if self._lost_at is not None:
            self._count_gap()
            self._note("connection back", gap_s=round(self._done.gap_s, 3))
            log.info("the MQTT broker at %s is back", self._url, extra={"action": "mqtt_back"})

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self._n_read += 1
        topic = topic_of(message)
        if topic.startswith("$"):
            self._heard_of_drops(topic, bytes(message.payload), is_old=message.retain)
        elif self._writer is not None:
            at, elapsed = time.time_ns() // 1000, self._clock()
            self._writer.add(Recorded(at, elapsed, topic, bytes(message.payload), message.qos, message.retain))

    def _heard_of_drops(self, topic: str, payload: bytes, *, is_old: bool) -> None:
        """Note how many more messages the broker has dropped; what it kept tells of before. Without that it had never dropped any."""
        if topic != DROPPED or not payload.isdigit():
            return
        count, before = int(payload), self._dropped_before
        self._dropped_before = count
        if before is None and is_old:
            self._done.dropped = 0
            return
        more = max(0, count - (before or 0))
        self._done.dropped = (self._done.dropped or 0) + more
        if more:
            self._note("broker dropped", messages=more)


def _steady() -> Callable[[], int]:
    """Make a clock that says how many microseconds have passed; nobody sets it, and where the system can, it goes on while that sleeps."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    began = time.clock_gettime_ns(clock)
    return lambda: (time.clock_gettime_ns(clock) - began) // 1000
