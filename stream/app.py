"""The Faust app: brings records of Kafka to the worker, and tells Kafka what is done. All that matters happens in `stream.worker`."""

import asyncio
import logging
import os
import signal
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import suppress
from typing import Any, NoReturn

import faust
import psycopg
from aiokafka.errors import KafkaError, KafkaTimeoutError, ProducerClosed
from faust.exceptions import ConsumerNotStarted, NotReady, ProducerSendError
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer
from faust.types import TP

from sensors.endpoint import Listen, seen
from sensors.topics import PARTITIONS, READINGS, REJECTED
from storage.errors import DatabaseAway
from storage.refresh import AT_MOST, Refresher
from stream.garbage import collect_seldom
from stream.kafka import topic_lives
from stream.messages import Message
from stream.partition import Slice
from stream.worker import FLUSH_S, MOST_BUFFERED, PAUSE_S, Worker
from stream.worker_metrics import State, WorkerMetrics

log = logging.getLogger("instore.worker")

GROUP = "instore-worker"
"""Kafka's consumer group: workers with the same share the partitions."""

SESSION_TIMEOUT_S = 6.0
"""A worker that is not heard of for so long loses its partitions. Tansu takes half of it to form a group."""

BUFFERED_RECORDS = 4
"""Records that Faust may hold for us; each has up to 1,000 readings.

A record of a small store waits behind what came of a large one before it: here, and in what was fetched at once.
"""

FETCH_BYTES = 1 << 17
"""Of a partition at once, compressed: some three full records. One that is larger comes alone."""

FETCH_LEAST_BYTES = 1 << 16
"""What Kafka shall have before it answers a fetch, or `FETCH_WAIT_MS` shall be over: a fetch costs it and us as much as some records."""

FETCH_WAIT_MS = 50
"""How long Kafka may wait with its answer to a fetch until there is something.

A partition whose records were taken while a fetch of the others was under way is asked for in the next one: where the others have nothing,
its new records wait for so long. Faust waits for 1.5 s, which was most of a reading's way to the database.
"""

BATCH_BYTES = 1 << 18
"""What is published at once of a partition: a flush has more than Faust's 16 KiB for each, and requests follow one another."""

LOOK_AT_TOPICS_S = 10.0
"""Between two looks whether the topics are still the same."""

SEND_AGAIN_S = 1.0
"""Before what Kafka did not take is sent again."""

SETTLE_S = 2.0
"""A paused partition that has been quiet for so long has nothing under way."""

REFRESH_S = 10.0
"""Between two looks for figures to keep."""

REFRESH_BEHIND_S, REFRESH_BEHIND = 60.0, 20
"""The same while the worker is behind, and how many figures of each level and kind are kept then in one transaction.

To keep them takes as much of the database as to write, and flushes wait for the transaction that keeps what they change.
"""

BEAT_S = 1.0
"""Between two signs that the event loop turns."""

LAST_FLUSH_S = 5.0
"""How long a worker that shall end may try to write what it has; what it cannot will be read again."""


START_S = 60.0
"""How long Faust may take to come to Kafka: where Kafka goes away meanwhile it would wait for ever."""

STOP_S = 5.0
"""How long Faust may take to leave Kafka."""


class TopicChanged(ConnectionError):
    """A topic was deleted and made again, or its broker forgot it."""


class _ConsumerThread(AIOKafkaConsumerThread):  # type: ignore[misc]  # faust has no types that mypy strict can follow
    """Faust's, with fetches as we want them, which it has no setting for."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms, consumer._fetch_min_bytes = FETCH_WAIT_MS, FETCH_LEAST_BYTES  # noqa: SLF001
        return consumer


class _Consumer(Consumer):  # type: ignore[misc]
    def _new_consumer_thread(self) -> _ConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)


class _App(faust.App):  # type: ignore[misc]
    """Faust with our consumer, and without its folder of tables, which it would make wherever we happen to run: we have none."""

    def _create_directories(self) -> None:
        pass

    def _new_transport(self) -> Any:
        transport = super()._new_transport()
        transport.Consumer = _Consumer
        return transport


class Shell:
    """Faust around a worker."""

    def __init__(self, servers: list[str], database_url: str, lives: dict[str, str]) -> None:
        self.stopping = False
        """Set it to take in no more records."""
        self._servers, self._lives = servers, lives
        self._is_away = False
        self.app = _App(
            GROUP,
            broker=[f"kafka://{server}" for server in servers],
            store="memory://",
            web_enabled=False,
            topic_partitions=PARTITIONS,
            topic_allow_declare=False,
            topic_disable_leader=True,
            consumer_auto_offset_reset="earliest",
            broker_session_timeout=SESSION_TIMEOUT_S,
            broker_heartbeat_interval=SESSION_TIMEOUT_S / 4,
            broker_commit_interval=1.0,
            stream_buffer_maxsize=BUFFERED_RECORDS,
            consumer_max_fetch_size=FETCH_BYTES,
            stream_wait_empty=False,
            producer_compression_type="zstd",  # aiokafka has LZ4 at its slowest level only
            producer_max_batch_size=BATCH_BYTES,
        )
        self.worker = Worker(database_url, lives, self)
        self.metrics = WorkerMetrics(self.worker.tally, self._state)
        self.refresher = Refresher(database_url)
        self._beat_at = time.monotonic()
        self._assigned: frozenset[Slice] | None = None
        """The partitions that Kafka gave us; None: we are not in the group."""
        self._events: dict[Slice, deque[Any]] = {}
        self._rewinding: dict[Slice, asyncio.Future[None]] = {}
        self._heard: dict[Slice, float] = {}
        """When a record of each partition came last."""
        for name in (READINGS, REJECTED):
            topic = self.app.topic(name, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
            self.app.agent(topic, name=f"{name}.agent")(self._consume)
        self.app.on_partitions_revoked.connect(self._revoked)
        self.app.on_partitions_assigned.connect(self._was_assigned)
        self.app.task(self._beat_for_ever)
        self.app.task(self._flush_for_ever)
        self.app.task(self._look_at_topics_for_ever)
        self.app.task(self._refresh_for_ever)

    async def _consume(self, stream: Any) -> AsyncIterator[None]:
        async for event in stream.noack().events():
            message = event.message
            where = Slice(message.topic, message.partition)
            if self.stopping:
                return
            self._heard[where] = time.monotonic()
            events, entry = self._events.setdefault(where, deque()), (stream, event)
            events.append(entry)
            try:
                if not await self.worker.accept(where, message.offset, message.key, message.value):
                    events.remove(entry)  # it comes again
            except Exception as bug:  # noqa: BLE001 - Faust would pass over the record, and we pass over none
                await self.app.crash(bug)
                return
            yield

    async def _beat_for_ever(self) -> None:
        while not self.app.should_stop:
            self._beat_at = time.monotonic()
            await asyncio.sleep(BEAT_S)

    async def _flush_for_ever(self) -> None:
        began = time.monotonic()
        while not self.app.should_stop and not self.stopping:
            await asyncio.sleep(max(PAUSE_S, began + FLUSH_S - time.monotonic()))
            began = time.monotonic()
            assigned = [Slice(partition.topic, partition.partition) for partition in self.app.consumer.assignment()]
            await self.worker.open_all([where for where in assigned if where.topic in {READINGS, REJECTED}])
            await self.worker.flush()

    async def _look_at_topics_for_ever(self) -> None:
        """Notice also while a flush waits for Kafka that it is away."""
        while not self.app.should_stop and not self.stopping:
            await asyncio.sleep(LOOK_AT_TOPICS_S)
            await self._check_lives()

    async def _refresh_for_ever(self) -> None:
        """Keep the figures of the rollups, and delete what is too old: in a thread and over a connection of their own."""
        while not self.app.should_stop and not self.stopping:
            kept = 0
            try:
                kept = await asyncio.to_thread(self.refresher.refresh, at_most=REFRESH_BEHIND if self.worker.is_behind else AT_MOST)
                kept += await asyncio.to_thread(self.refresher.retain)
            except DatabaseAway as away:  # if it lasts, the next flush says so
                log.debug("no figures kept: %s", away)
            except psycopg.Error:  # views are right without, so visits must not wait for somebody who mends this
                log.exception("figures could not be kept, and are computed at each look", extra={"action": "refresh_failed"})
            await asyncio.sleep(REFRESH_BEHIND_S if self.worker.is_behind else 0 if kept else REFRESH_S)

    async def _check_lives(self) -> None:
        """Make sure that the topics are still those that we began to read.

        Raises:
            TopicChanged: one was made anew; its offsets mean something else now.
        """
        try:
            lives = await asyncio.to_thread(topic_lives, self._servers, list(self._lives))
        except ConnectionError as away:  # the consumer waits for it
            if not self._is_away:
                log.warning("waiting for Kafka: %s", away, extra={"action": "kafka_away"})
            self._is_away = True
            return
        if self._is_away:
            log.info("Kafka is back", extra={"action": "kafka_back"})
            self._is_away = False
        changed = [name for name, life in lives.items() if life != self._lives[name]]
        if changed:
            raise TopicChanged(f"the topic {changed[0]} was made anew while we read it: start the worker again")

    async def covered(self, where: Slice, offset: int) -> None:
        """Take note that records of that partition before the offset are done."""
        events = self._events.get(where, deque())
        while events and events[0][1].message.offset < offset:
            stream, event = events.popleft()
            await stream.ack(event)

    async def publish(self, messages: list[Message]) -> None:
        """Send messages; return when Kafka has them, however long it is away.

        What it did not take within Faust's `producer_request_timeout` (20 min) is sent again, with all that came with it: so the
        last word on each key is the last that Kafka has.
        """
        while (refused := await self._send(messages)) is not None:
            log.warning("Kafka did not take %d messages (%s); sending them again", len(messages), refused, extra={"action": "sent_again"})
            await asyncio.sleep(SEND_AGAIN_S)

    async def _send(self, messages: list[Message]) -> KafkaError | None:
        """Send messages once; return why Kafka does not have them all, if that may pass."""
        sent: list[Awaitable[Any]] = []
        refusals: list[BaseException] = []
        try:
            for topic, key, value in messages:
                sent.append(await self.app.producer.send(topic, key, value, None, None, None))
        except (ProducerSendError, NotReady) as failed:  # no room for more, or no producer: what is under way is waited for
            refusals.append(failed.__cause__ or failed)
        refusals += [one for one in await asyncio.gather(*sent, return_exceptions=True) if isinstance(one, BaseException)]
        for refusal in refusals:
            if self.stopping and isinstance(refusal, ProducerClosed | NotReady):
                raise asyncio.CancelledError("the worker leaves; who takes over sends this once more")
            may_pass = isinstance(refusal, KafkaTimeoutError) or (isinstance(refusal, KafkaError) and refusal.retriable)
            if not may_pass:
                raise refusal
        return refusals[0] if refusals else None

    async def earliest(self, where: Slice) -> int:
        """Return the offset of the oldest record that the partition still has."""
        offsets = await self.app.consumer.earliest_offsets(TP(*where))
        return int(offsets[TP(*where)])

    async def seek(self, where: Slice, offset: int) -> None:
        """Have the partition read again from this offset, soon."""
        if where not in self._rewinding:
            self._rewinding[where] = asyncio.ensure_future(self._rewind(where, offset))

    async def _rewind(self, where: Slice, offset: int) -> None:
        """Pause a partition, let what is under way come through, and read on from the offset.

        Faust remembers the largest offset that it handed out, and passes over smaller ones: a seek counts only when nothing is under way.
        """
        consumer, partition = self.app.consumer, TP(*where)
        consumer.pause_partitions({partition})
        self._heard[where] = time.monotonic()
        try:
            while (quiet_s := time.monotonic() - self._heard[where]) < SETTLE_S:  # noqa: ASYNC110 - quiet is no event
                await asyncio.sleep(SETTLE_S - quiet_s)
            if partition in consumer.assignment():
                await consumer.seek_wait({partition: offset})
                consumer.resume_partitions({partition})
        except Exception as bug:  # noqa: BLE001 - nobody waits for this, so it would be lost
            await self.app.crash(bug)
        finally:
            del self._rewinding[where]

    async def _was_assigned(self, _app: Any, assigned: set[TP], **_: Any) -> None:
        self._assigned = frozenset(Slice(tp.topic, tp.partition) for tp in assigned if tp.topic in self._lives)

    async def _revoked(self, _app: Any, revoked: set[TP], **_: Any) -> None:
        self._assigned = None
        gone = [Slice(tp.topic, tp.partition) for tp in revoked]
        for where in gone:
            self._events.pop(where, None)
        self.worker.drop(gone)

    def _state(self) -> State:
        """Say how it is; called by whoever looks, in another thread."""
        partitions = self.worker.partitions
        stores = [store for partition in partitions.values() for store in list(partition.stores.values())]
        return State(
            beat_at=self._beat_at,
            flush_began_at=self.worker.flush_began_at,
            kafka=not self._is_away,
            database=self.worker.database_answers,
            assigned=self._assigned,
            taken_up=frozenset(partitions),
            ends=self._ends(partitions),
            stores=len(stores),
            open_visits=sum(store.n_open_visits for store in stores),
            buffered=sum(partition.n_buffered for partition in partitions.values()),
            buffered_limit=MOST_BUFFERED,
        )

    def _ends(self, partitions: Iterable[Slice]) -> dict[tuple[str, int], int]:
        """Tell where partitions end, as the last answer to a fetch said it."""
        ends: dict[tuple[str, int], int] = {}
        for where in partitions:
            with suppress(AssertionError, ConsumerNotStarted):  # it was lost just now
                if (end := self.app.consumer.highwater(TP(*where))) is not None:
                    ends[where] = end
        return ends


def run(servers: list[str], database_url: str, listen: Listen | None = None) -> None:
    """Work until SIGTERM or Ctrl-C, then flush, tell Kafka, and leave.

    Args:
        servers: `host:port` of some of Kafka's brokers.
        database_url: where rows go.
        listen: where the worker can be looked at; None: nowhere.

    Raises:
        ConnectionError: Kafka cannot be reached, or has not our topics.
        OSError: the port for metrics cannot be had.
    """
    work(servers, database_url, topic_lives(servers, (READINGS, REJECTED)), listen)


def work(servers: list[str], database_url: str, lives: dict[str, str], listen: Listen | None = None) -> None:
    """Work so on topics whose lives are known; Kafka may have gone away since.

    Raises:
        ConnectionError: see `run`.
        OSError: see `run`.
    """
    collect_seldom()
    try:
        asyncio.run(_work(servers, database_url, lives, listen))
    except KafkaError as away:
        raise ConnectionError(f"Kafka at {','.join(servers)} cannot be worked with: {away}; start the worker again") from away


async def _work(servers: list[str], database_url: str, lives: dict[str, str], listen: Listen | None) -> None:
    shell = Shell(servers, database_url, lives)
    with seen(listen, "worker", shell.metrics):
        await serve(shell)


async def serve(shell: Shell) -> None:
    """Run until SIGTERM or Ctrl-C, then flush, tell Kafka, and leave."""
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    shell.app.finalize()
    await _start(shell, stop)
    log.info("working", extra={"action": "started"})
    waits = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(shell.app.wait_until_stopped())]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    shell.stopping = True
    await asyncio.to_thread(shell.refresher.cancel)
    if shell.app.crash_reason is None:
        try:
            await asyncio.wait_for(shell.worker.finish(), LAST_FLUSH_S)
        except TimeoutError:
            log.warning("could not write all before the end; it will be read again", extra={"action": "left_behind"})
        except Exception as bug:  # noqa: BLE001 - raised below: Faust's threads would go on, and hold our partitions
            await shell.app.crash(bug)
    try:
        await asyncio.wait_for(shell.app.stop(), STOP_S)
    except TimeoutError:
        log.warning("Kafka does not let us say goodbye; leaving without", extra={"action": "left_without"})
        _leave(shell, 1 if shell.app.crash_reason else 0)
    shell.worker.close()
    if shell.app.crash_reason is not None:
        raise shell.app.crash_reason
    log.info("stopped", extra={"action": "stopped"})


async def _start(shell: Shell, stop: asyncio.Event) -> None:
    """Start Faust, as long as we are not told to stop; leave where that does not come to an end."""
    starting, stopping = asyncio.ensure_future(shell.app.start()), asyncio.ensure_future(stop.wait())
    await asyncio.wait((starting, stopping), timeout=START_S, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if starting.done():
        starting.result()
    elif stop.is_set():
        log.info("stopped before it was at work", extra={"action": "stopped"})
        _leave(shell, 0)
    else:
        log.error(
            "Kafka did not let us in within %.0f s: see whether it is there, and start the worker again",
            START_S,
            extra={"action": "left_out"},
        )
        _leave(shell, 1)


def _leave(shell: Shell, status: int) -> NoReturn:
    """End the process at once: threads of aiokafka's would hold it for minutes, or for ever, and nothing of ours is in them."""
    shell.worker.close()
    logging.shutdown()
    os._exit(status)
