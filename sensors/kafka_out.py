"""The bridge's way into Kafka: sends records, and tells which of them Kafka has."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from kafka import KafkaProducer
from kafka.errors import KafkaError

from sensors.kafka_client import connect
from sensors.lanes import Record
from sensors.topics import READINGS, REJECTED, SIGHTINGS, ensure_topics

OPEN_S = 5.0
"""How long opening may take, and sending may block."""


class Outcome(NamedTuple):
    """What became of a record; without `error`, Kafka has it."""

    record: Record
    error: Exception | None


class KafkaOut:
    """Sends records to Kafka. All but the wake-up happens in the thread of the caller.

    Args:
        servers: `host:port` of some of Kafka's brokers.
        delivery_timeout_s: after how long Kafka's client gives a record up.
        wake: called, in another thread, when there are new outcomes.
    """

    def __init__(self, servers: Sequence[str], delivery_timeout_s: float, wake: Callable[[], None]) -> None:
        self._servers = list(servers)
        self._timeout_ms = int(delivery_timeout_s * 1000)
        self._wake = wake
        self._producer: KafkaProducer | None = None
        self._opening: _Opening | None = None
        self._outcomes: deque[Outcome] = deque()

    @property
    def is_open(self) -> bool:
        """Whether records can be sent."""
        return self._producer is not None

    @property
    def is_opening(self) -> bool:
        """Whether `open_aside` goes on, or has ended and `opened` was not asked yet."""
        return self._opening is not None

    def open_aside(self) -> None:
        """Begin to connect, and make topics that are missing, in another thread, which wakes at its end.

        A Kafka that accepts connections and says nothing takes seconds.
        """
        self._opening = _Opening(self._servers, self._timeout_ms, self._wake)
        self._opening.start()

    def opened(self) -> bool:
        """Whether what `open_aside` began has ended well.

        Raises:
            ConnectionError: it has ended, and badly; one sentence says why.
        """
        opening = self._opening
        if opening is None or not opening.has_ended:
            return False
        self._opening = None
        if opening.failure is not None:
            raise opening.failure
        self._producer = opening.producer
        return True

    def send(self, record: Record) -> None:
        """Send a record; `outcomes` tells what became of it."""
        assert self._producer is not None, "open it first"
        outcomes, wake = self._outcomes, self._wake
        try:
            future = self._producer.send(record.topic, record.value, key=record.key)
        except (KafkaError, ValueError) as refused:
            outcomes.append(Outcome(record, refused))
            return

        def acknowledged(_: object) -> None:
            outcomes.append(Outcome(record, None))
            wake()

        def failed(error: Exception) -> None:
            outcomes.append(Outcome(record, error))
            wake()

        future.add_callback(acknowledged)
        future.add_errback(failed)

    def outcomes(self) -> list[Outcome]:
        """Take the outcomes since the last call, in the order in which they came."""
        taken = []
        while self._outcomes:
            taken.append(self._outcomes.popleft())
        return taken

    def close(self) -> None:
        """Give up what is under way (its outcomes never come) and disconnect."""
        if self._opening is not None:
            self._opening.give_up()
            self._opening = None
        if self._producer is not None:
            self._outcomes = deque()  # what the old one still says goes nowhere
            _force_close(self._producer)
            self._producer = None


class _Opening(threading.Thread):
    """One attempt to connect."""

    def __init__(self, servers: list[str], timeout_ms: int, wake: Callable[[], None]) -> None:
        super().__init__(name="instore-kafka-opening", daemon=True)  # who ends does not wait for a Kafka that is silent
        self._servers, self._timeout_ms, self._wake = servers, timeout_ms, wake
        self._lock = threading.Lock()
        self._is_wanted = True
        self.has_ended = False
        self.producer: KafkaProducer | None = None
        self.failure: Exception | None = None

    def run(self) -> None:
        """Connect, or take note why not."""
        try:
            producer = _connected(self._servers, self._timeout_ms)
        except Exception as failure:  # noqa: BLE001 - who asks for the outcome gets it
            self.failure = failure
        else:
            with self._lock:
                self.producer = producer if self._is_wanted else None
            if self.producer is None:
                _force_close(producer)
        self.has_ended = True
        self._wake()

    def give_up(self) -> None:
        """Close what it has opened or will open."""
        with self._lock:
            self._is_wanted = False
        if self.producer is not None:
            _force_close(self.producer)


def _connected(servers: list[str], timeout_ms: int) -> KafkaProducer:
    """Connect a producer, and make topics that are missing.

    Raises:
        ConnectionError: Kafka cannot be reached, or refuses; one sentence says why.
    """
    ensure_topics(servers, OPEN_S)
    producer = connect(
        KafkaProducer,
        servers,
        OPEN_S,
        acks="all",
        # The order is kept by sending one record of a store at a time, and the worker knows ids that come twice. With idempotence on,
        # kafka-python 3.0 waits for its producer id without end and without failing anything while Kafka is silent.
        enable_idempotence=False,
        compression_type="lz4",
        batch_size=262_144,
        linger_ms=0,  # records are batches already, and Kafka's client gathers them while a request is under way
        max_block_ms=int(OPEN_S * 1000),
        delivery_timeout_ms=timeout_ms,
        request_timeout_ms=timeout_ms,
        reconnect_backoff_max_ms=1000,
        metrics_enabled=False,
    )
    try:
        for topic in (READINGS, SIGHTINGS, REJECTED):  # so that sending never waits for it
            producer.partitions_for(topic)
    except KafkaError as away:
        _force_close(producer)
        raise ConnectionError(f"Kafka at {','.join(servers)} cannot be used: {away}") from away
    return producer


def _force_close(producer: KafkaProducer) -> None:
    """Close a producer now: its own `close` waits for what is under way, and where that times out leaves its thread behind."""
    sender = producer._sender  # noqa: SLF001
    sender.force_close()
    sender.join(OPEN_S)
    with suppress(KafkaError):
        producer.close(timeout=0)
