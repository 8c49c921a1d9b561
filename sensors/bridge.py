"""The bridge: takes readings from MQTT, decodes them, and brings them to Kafka. At least once: nothing that MQTT gave it is lost.

How it works: one thread does everything except Kafka's own network traffic. It waits for the socket of MQTT and for a wake-up from
Kafka's client, and each time takes a turn:

1. read what MQTT has (`mqtt_in`), decode it (`decode`) and queue it by store (`lanes`);
2. hear what became of records at Kafka (`kafka_out`);
3. send the records that can be sent now;
4. acknowledge to MQTT what Kafka has completely.

Nothing is acknowledged before Kafka has it, so whatever dies or goes away, the MQTT broker sends it again; readings keep their ids, and
the worker drops what it knows. MQTT brokers queue little and drop the rest silently (mosquitto: `max_queued_messages`, 1,000 by default),
so while Kafka is away the spool on disk takes its place (`store_forward`). When that is full too, or there is none, the bridge holds up to
a bound in memory, then stops reading.
"""

import logging
import select
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from types import FrameType

import paho.mqtt.client as mqtt

from sensors.bridge_metrics import BridgeMetrics, State
from sensors.bridge_settings import Settings
from sensors.decode import decode
from sensors.endpoint import seen
from sensors.kafka_out import KafkaOut
from sensors.lanes import Delivery, Lanes
from sensors.mqtt_client import topic_of
from sensors.mqtt_in import MqttIn
from sensors.outage import Backoff, Outage
from sensors.spool import Spool
from sensors.store_forward import StoreAndForward

__all__ = ["Counts", "Settings", "run", "serve"]

log = logging.getLogger("instore.bridge")

REPORT_S = 60.0
"""Between two reports of the counts."""

SILENT_S = 5.0
"""A Kafka that has not answered for so long is away."""

_TURN_S = 0.2
_MOST_READ = 500
"""Messages that are read before records are sent."""


@dataclass
class Counts:
    """What came and what became of it, since the start.

    Attributes:
        messages: MQTT messages received, again or not.
        redelivered: those that MQTT marked as sent again.
        forwarded: messages that Kafka or the spool has completely.
        readings: readings decoded.
        sightings: sightings decoded.
        rejected: dead letters written.
        records: Kafka records acknowledged.
        sent_again: records that were sent more than once.
        spooled: readings, sightings and dead letters put into the spool on disk.
        drained: the same taken out of it, because Kafka has them; those that a bridge before left there are among them.
    """

    messages: int = 0
    redelivered: int = 0
    forwarded: int = 0
    readings: int = 0
    sightings: int = 0
    rejected: int = 0
    records: int = 0
    sent_again: int = 0
    spooled: int = 0
    drained: int = 0


def wall_clock() -> int:
    """Return the time, microseconds since 1970."""
    return time.time_ns() // 1000


def serve(settings: Settings) -> Counts:
    """Run the bridge until SIGTERM or SIGINT; see `run`."""
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    for chatty in ("kafka", "paho"):  # we say ourselves what is wrong, and once
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    try:
        return run(settings, stop)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(settings: Settings, stop: threading.Event, clock: Callable[[], int] = wall_clock) -> Counts:
    """Bring messages from MQTT to Kafka until `stop` is set; then flush, acknowledge what Kafka has, and disconnect.

    Servers that are away are waited for.

    Args:
        settings: where, and how much to hold.
        stop: set it to end; that takes up to `settings.stop_s` where Kafka does not answer.
        clock: the time of receipt, microseconds since 1970.

    Raises:
        SettingError: the MQTT broker does not let us in, or the spool cannot be used.
        OSError: the port for metrics cannot be had.
    """
    bridge = _Bridge(settings, clock)
    try:
        with seen(settings.listen, "bridge", bridge.metrics):
            while not stop.is_set():
                bridge.turn(reading=True)
            end = time.monotonic() + settings.stop_s
            while not bridge.is_done() and time.monotonic() < end:
                bridge.turn(reading=False)
    finally:
        bridge.close()
    return bridge.counts


class _Bridge:
    """The state of a running bridge."""

    def __init__(self, settings: Settings, clock: Callable[[], int]) -> None:
        self.counts = Counts()
        self.metrics = BridgeMetrics(self._state)
        self._settings, self._clock = settings, clock
        self._lanes = Lanes()
        self._spooling = StoreAndForward(Spool(settings.spool_dir, settings.spool_bytes) if settings.spool_dir else None)
        self._meanwhile = "readings go into the spool" if self._spooling.is_on else "messages stay with the MQTT broker"
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._in = MqttIn(settings, self._take, self._lost)
        self._out = KafkaOut(settings.kafka, settings.delivery_timeout_s, self._wake)
        self._backoff = Backoff()
        self._kafka_outage, self._full_outage = Outage("kafka"), Outage("full")
        self._heard = self._turned_at = time.monotonic()
        self._report_at = self._heard + REPORT_S

    def turn(self, *, reading: bool) -> None:
        """Wait until there is something to do, and do it."""
        now = self._turned_at = time.monotonic()
        reading = reading and self._has_room()
        self._tend(now, reading=reading)
        self._wait_and_read(reading=reading)
        self._hear()
        self._send()
        self._acknowledge()
        self._watch(time.monotonic())

    def is_done(self) -> bool:
        """Whether all that was read is acknowledged on both sides."""
        return self._lanes.empty and not self._in.wants_write()

    def close(self) -> None:
        """Leave both sides."""
        n_left = self._lanes.forget_deliveries()
        if n_left:
            log.warning("%d messages are not acknowledged; the MQTT broker sends them again", n_left, extra={"action": "left_behind"})
        self._in.close()
        self._out.close()
        self._spooling.close()
        self._woken.close()
        self._waker.close()
        log.info("bridge stopped: %s", self._said(), extra={"action": "bridge_stopped", **asdict(self.counts)})

    def _tend(self, now: float, *, reading: bool) -> None:
        """Connect to whom there is no connection."""
        if reading or self._in.socket() is not None:
            self._in.tend(now)
        if self._out.is_opening:
            self._hear_opening()
        elif not self._out.is_open and self._backoff.is_over(now):
            self._out.open_aside()

    def _hear_opening(self) -> None:
        try:
            if not self._out.opened():
                return
        except ConnectionError as away:
            self._backoff.wait(time.monotonic())
            self._kafka_outage.begin(f"{away}; trying again until it does, {self._meanwhile}")
            return
        self._heard = time.monotonic()
        if not (self._lanes.under_way or self._spooling.holds):
            self._kafka_is_well()
        for record in list(self._forwarding().under_way.values()):
            self.counts.sent_again += 1
            self._out.send(record)

    def _forwarding(self) -> Lanes:
        """Whose records go to Kafka: those of the spool as long as it holds any. Ours wait meanwhile, and are not there yet."""
        return self._spooling.lanes if self._spooling.holds else self._lanes

    def _kafka_is_well(self) -> None:
        self._heard = time.monotonic()
        self._backoff.reset()
        self._kafka_outage.end(f"Kafka at {','.join(self._settings.kafka)} answers again")

    def _wait_and_read(self, *, reading: bool) -> None:
        sock = self._in.socket()
        readers = [self._woken] if sock is None or not reading else [self._woken, sock]
        writers = [sock] if sock is not None and self._in.wants_write() else []
        unread = reading and self._in.has_unread()
        readable, writable, _ = select.select(readers, writers, [], 0.0 if unread else self._idle_s())
        if writable:
            self._in.write()
        if unread or sock in readable:
            self._in.read(_MOST_READ, self._has_room)
        if self._woken in readable:
            self._woken.recv(4096)

    def _idle_s(self) -> float:
        """How long to wait for something to do."""
        due_s = self._forwarding().due_in_s(time.monotonic()) if self._out.is_open else _TURN_S
        return min(_TURN_S, max(0.0, due_s))

    def _take(self, message: mqtt.MQTTMessage) -> None:
        """Queue what an MQTT message contains."""
        counts = self.counts
        payload = bytes(message.payload)
        received_at = self._clock()
        decoded = decode(payload, topic=topic_of(message), received_at=received_at)
        self.metrics.took(decoded, received_at)
        self._lanes.add(Delivery(message.mid, message.qos, len(payload)), decoded)
        counts.messages += 1
        counts.redelivered += message.dup
        counts.readings += len(decoded.readings)
        counts.sightings += len(decoded.sightings)
        counts.rejected += len(decoded.rejected)

    def _lost(self) -> None:
        self._lanes.forget_deliveries()

    def _hear(self) -> None:
        """Take note of what became of records; connect anew where one failed."""
        failed: Exception | None = None
        forwarding = self._forwarding()
        for record, error in self._out.outcomes():
            if error is None:
                self._kafka_is_well()
                forwarding.done(record)
                self.counts.records += 1
            else:
                failed = error
        if forwarding.under_way and time.monotonic() > self._heard + self._settings.delivery_timeout_s + SILENT_S:
            failed = failed or TimeoutError("no answer")
        if failed is not None:
            self._out.close()
            self._backoff.wait(time.monotonic())
            self._kafka_outage.begin(f"Kafka does not take records: {failed}; sending them again until it does")
        self._settle_spool()

    def _settle_spool(self) -> None:
        """Forget what Kafka has of the spool; with the last of it, our own records go to Kafka again."""
        held = self._spooling.holds
        self.counts.drained += self._spooling.settle()
        if held and not self._spooling.holds and self._out.is_open:
            for record in self._lanes.under_way.values():  # for which the spool had no room
                self._out.send(record)

    def _send(self) -> None:
        now = time.monotonic()
        if self._must_spool():
            self.counts.spooled += self._spooling.store(self._lanes, now)
        if not self._out.is_open:
            return
        self._spooling.fetch()
        forwarding = self._forwarding()
        if not forwarding.under_way:
            self._heard = now
        for record in forwarding.ready(now):
            self._out.send(record)

    def _must_spool(self) -> bool:
        """Whether what is new cannot go to Kafka, nor wait for the last of the spool to get there."""
        if not self._spooling.holds:  # then ours may be under way to Kafka where it is open, and must not be in both
            return self._spooling.is_on and self._kafka_outage.is_on and not self._out.is_open
        return self._kafka_outage.is_on or self._spooling.is_behind

    def _acknowledge(self) -> None:
        settled = list(self._lanes.settled())
        self.counts.forwarded += len(settled)
        self._in.acknowledge(settled)

    def _has_room(self) -> bool:
        return self._lanes.held_elements < self._settings.max_held_elements and self._lanes.held_bytes < self._settings.max_held_bytes

    def _watch(self, now: float) -> None:
        """Say what is worth saying, once."""
        if self._out.is_open and now > self._heard + SILENT_S and self._forwarding().under_way:
            self._kafka_outage.begin(f"Kafka has not answered for 5 s; {self._meanwhile} until it does")
            if self._spooling.is_on:  # what is under way there goes into the spool, and must not be in both
                self._out.close()
                self._backoff.wait(now)
        if (self._kafka_outage.is_on or self._spooling.holds) and not self._has_room():
            self._full_outage.begin(
                f"holding {self._lanes.held_elements} readings for Kafka, as many as allowed; reading no more from MQTT"
            )
        elif self._has_room():
            self._full_outage.end("reading from MQTT again")
        self._spooling.report(now)
        if now >= self._report_at:
            self._report_at = now + REPORT_S
            log.info("%s", self._said(), extra={"action": "bridge_counts", **asdict(self.counts)})

    def _said(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in asdict(self.counts).items())

    def _state(self) -> State:
        """Say how it is; called by whoever looks, in another thread."""
        spool = self._spooling.spool
        return State(
            counts=asdict(self.counts),
            turned_at=self._turned_at,
            mqtt=self._in.is_subscribed,
            kafka=self._out.is_open and not self._kafka_outage.is_on,
            held=(self._lanes.held_elements, self._lanes.held_bytes),
            limits=(self._settings.max_held_elements, self._settings.max_held_bytes),
            spool=(spool.n_elements, spool.n_bytes, spool.max_bytes) if spool else (0, 0, 0),
        )

    def _wake(self) -> None:
        """End the waiting; called by Kafka's thread."""
        with suppress(OSError):  # full, so it is awake already; or closed
            self._waker.send(b"\0")
