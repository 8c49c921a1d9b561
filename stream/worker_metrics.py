"""What a worker shows of itself; see `docs/metrics.md`."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import nsmallest
from threading import Lock
from typing import NamedTuple

from prometheus_client.core import Metric

from sensors.metrics import Figure, Spread
from sensors.reading import KINDS, SECOND, Sighting
from sensors.refused import REASONS
from storage.model import Flush

Where = tuple[str, int]
"""A topic and the number of one of its partitions."""

STUCK_S = 60.0
"""A worker whose event loop has not turned for so long does not move any more."""

SLOW_S = 30.0
"""A flush that takes longer is stuck, or overwhelmed."""

MOST_STORES = 100
"""So many stores have a series of their own: each label value costs Prometheus memory, and a chain has thousands of stores."""

OF_LATE_S = 86_400.0
"""A store that has been silent for longer has no series of its own: closed for good, it would hide those that matter."""

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
LONGER = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
AGES = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 86_400.0, 604_800.0)

OTHER = "other"
REJECTIONS = (*REASONS, "poison", "too_old", OTHER)
"""All reasons; what somebody else writes into `instore.rejected` under another one is `other`."""

RECEIVED = Figure("instore_worker_received", "counter", "Readings and dead letters taken in. Always stored + duplicate + rejected.")
STORED = Figure("instore_worker_stored_readings", "counter", "Readings stored, by kind; those that came late too.", ("kind",))
DUPLICATE = Figure("instore_worker_duplicate_readings", "counter", "Readings that came again, and were not stored again.")
REJECTED = Figure("instore_worker_rejected", "counter", "Dead letters stored, by reason: the bridges' and its own.", ("reason",))
LATE = Figure("instore_worker_late_readings", "counter", "Readings stored that came later than their store's `lateness_s`.")
LOST = Figure("instore_worker_lost_records", "counter", "Kafka records that Kafka dropped before they were read: what was in them is lost.")
FENCED = Figure("instore_worker_fenced", "counter", "Flushes refused, because another worker has the partition. Nothing is lost by it.")
FLUSH = Figure(
    "instore_worker_flush_seconds",
    "histogram",
    "Seconds of a flush, by step: the database transaction of its partitions (write), and telling Kafka what changed (publish).",
    ("step",),
)
DELAY = Figure(
    "instore_worker_delay_seconds",
    "histogram",
    "Seconds from the receipt by the bridge to the commit in the database, of the first reading of each flush.",
)
LAG = Figure("instore_worker_lag_records", "gauge", "Kafka records that the database does not have yet.", ("topic", "partition"))
OPEN_VISITS = Figure("instore_worker_open_visits", "gauge", "Visits that go on, in the stores of this worker.")
STORES = Figure("instore_worker_stores", "gauge", "Stores that this worker has.")
PARTITIONS = Figure("instore_worker_partitions", "gauge", "Partitions that Kafka gave this worker.", ("topic",))
BUFFERED = Figure("instore_worker_buffered_readings", "gauge", "Readings and dead letters that wait for a flush.")
BUFFERED_LIMIT = Figure("instore_worker_buffered_readings_limit", "gauge", "How many may wait; then no more is read from Kafka.")
FLUSH_RUNNING = Figure(
    "instore_worker_flush_running_seconds", "gauge", "Seconds since the flush that is being written and published began; 0: none is."
)
CONNECTED = Figure("instore_worker_connected", "gauge", "1: the server answers us, 0: it does not.", ("server",))
FRESHNESS = Figure(
    "instore_worker_freshness_seconds",
    "gauge histogram",
    "How many stores of this worker have a newest stored reading that is at most `le` seconds old.",
)
STORE_FRESHNESS = Figure(
    "instore_worker_store_freshness_seconds",
    "gauge",
    f"Age of the newest stored reading in seconds, of the {MOST_STORES} stores furthest behind among those heard within a day.",
    ("store",),
)

FIGURES = (
    RECEIVED,
    STORED,
    DUPLICATE,
    REJECTED,
    LATE,
    LOST,
    FENCED,
    FLUSH,
    DELAY,
    LAG,
    OPEN_VISITS,
    STORES,
    PARTITIONS,
    BUFFERED,
    BUFFERED_LIMIT,
    FLUSH_RUNNING,
    CONNECTED,
    FRESHNESS,
    STORE_FRESHNESS,
)

_STORED_KINDS = {model: kind for kind, model in KINDS.items() if model is not Sighting}


class Tally:
    """What a worker counts: once a flush, when the database has it, so that a sum over all workers is what the database got.

    Counts are made in the worker's thread and read in others; the lock makes every look a consistent one.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self.received = self.duplicate = self.late = self.lost = self.fenced = 0
        self.stored: Counter[type] = Counter()
        self.rejected: Counter[str] = Counter()
        self.steps = {"write": Spread(SECONDS), "publish": Spread(SECONDS)}
        self.delay = Spread(LONGER)
        self.offsets: dict[Where, int] = {}
        """The offset that the database has reached in each partition."""
        self.store_times: dict[Where, dict[str, int]] = {}
        """The newest `ts` stored of each store, microseconds since 1970."""

    def opened(self, where: Where, offset: int, store_times: Mapping[str, int]) -> None:
        """Begin with what is stored of a partition that is taken up."""
        with self.lock:
            self.offsets[where] = offset
            self.store_times[where] = dict(store_times)

    def dropped(self, where: Where) -> None:
        """Forget a partition that others have now."""
        with self.lock:
            self.offsets.pop(where, None)
            self.store_times.pop(where, None)

    def written(self, flushes: Iterable[tuple[Where, Flush]], seconds: float, now: int) -> None:
        """Count what the database has now.

        Args:
            flushes: what was written in one transaction, each with its partition.
            seconds: how long that took.
            now: the time, microseconds since 1970.
        """
        with self.lock:
            self.steps["write"].add(seconds)
        for where, flush in flushes:
            self._count(flush, now)
            self.reached(where, flush)

    def _count(self, flush: Flush, now: int) -> None:
        kinds = Counter([type(stored.reading) for stored in flush.readings])
        n_late = sum([stored.is_late for stored in flush.readings])
        with self.lock:
            self.received += sum(count.received for count in flush.counts)
            self.duplicate += sum(count.duplicate for count in flush.counts)
            self.late += n_late
            self.stored.update(kinds)
            self.rejected.update(letter.reason for letter in flush.rejected)
            if flush.readings:
                self.delay.add((now - flush.readings[0].reading.received_at) / SECOND)

    def reached(self, where: Where, flush: Flush) -> None:
        """Take note of how far the database is, whoever brought it there."""
        with self.lock:
            if where in self.offsets:  # else others have the partition now
                self.offsets[where] = flush.advance.next_offset
                self.store_times[where].update((clock.store_id, clock.store_time) for clock in flush.clocks)

    def published(self, seconds: float) -> None:
        """Count how long it took to tell Kafka."""
        with self.lock:
            self.steps["publish"].add(seconds)


class State(NamedTuple):
    """A worker at a moment. Seconds are those of a clock that does not go back.

    Attributes:
        beat_at: when its event loop last turned.
        flush_began_at: when the flush under way began; None: none is.
        kafka: whether Kafka answers.
        database: whether the database does.
        assigned: the partitions that Kafka gave it; None: it is not in the group.
        taken_up: the partitions whose stores it has read back.
        ends: where Kafka's partitions end, as far as known.
        stores: how many stores it has.
        open_visits: how many visits go on in them.
        buffered: readings and dead letters that wait.
        buffered_limit: how many may.
    """

    beat_at: float
    flush_began_at: float | None
    kafka: bool
    database: bool
    assigned: frozenset[Where] | None
    taken_up: frozenset[Where]
    ends: Mapping[Where, int]
    stores: int
    open_visits: int
    buffered: int
    buffered_limit: int


class WorkerMetrics:
    """Says how a worker is when asked.

    Args:
        tally: what it counts.
        look: says how it is; called in the thread of whoever asks.
    """

    def __init__(self, tally: Tally, look: Callable[[], State]) -> None:
        self._tally, self._look = tally, look

    def is_alive(self) -> bool:
        """Whether its event loop turns."""
        return time.monotonic() - self._look().beat_at < STUCK_S

    def conditions(self) -> dict[str, bool]:
        """It needs Kafka and the database, has to have taken up the partitions that are its own, and to get its flushes written."""
        state = self._look()
        return {
            "kafka": state.kafka,
            "database": state.database,
            "partitions": state.assigned is not None and state.assigned <= state.taken_up,
            "writing": _running_s(state) < SLOW_S,
        }

    def collect(self) -> Iterator[Metric]:
        """Gather the metrics."""
        state = self._look()
        with self._tally.lock:
            counted = list(_counted(self._tally))
            times = {store_id: at for of_partition in self._tally.store_times.values() for store_id, at in of_partition.items()}
            offsets = dict(self._tally.offsets)
        yield from counted
        yield from _freshness(times, time.time())
        yield LAG.family({(where[0], str(where[1])): max(0, end - offsets[where]) for where, end in state.ends.items() if where in offsets})
        yield from _momentary(state)


def _counted(tally: Tally) -> Iterator[Metric]:
    rejected = Counter({reason: tally.rejected[reason] for reason in REJECTIONS})
    rejected[OTHER] += tally.rejected.total() - rejected.total()
    yield RECEIVED.family(tally.received)
    yield STORED.family({(kind,): tally.stored[model] for model, kind in _STORED_KINDS.items()})
    yield DUPLICATE.family(tally.duplicate)
    yield REJECTED.family({(reason,): rejected[reason] for reason in REJECTIONS})
    yield LATE.family(tally.late)
    yield LOST.family(tally.lost)
    yield FENCED.family(tally.fenced)
    yield FLUSH.spread({(step,): spread for step, spread in tally.steps.items()})
    yield DELAY.spread({(): tally.delay})


def _freshness(store_times: Mapping[str, int], now_s: float) -> Iterator[Metric]:
    spread, of_late = Spread(AGES), {}
    for store_id, at in store_times.items():
        age_s = max(0.0, now_s - at / SECOND)
        spread.add(age_s)
        if age_s <= OF_LATE_S:
            of_late[store_id] = age_s
    yield FRESHNESS.spread({(): spread})
    shown = nsmallest(MOST_STORES, of_late, key=lambda store_id: (-of_late[store_id], store_id))
    yield STORE_FRESHNESS.family({(store_id,): of_late[store_id] for store_id in shown})


def _momentary(state: State) -> Iterator[Metric]:
    assigned = Counter(topic for topic, _ in state.assigned or ())
    yield OPEN_VISITS.family(state.open_visits)
    yield STORES.family(state.stores)
    yield PARTITIONS.family({(topic,): count for topic, count in assigned.items()})
    yield BUFFERED.family(state.buffered)
    yield BUFFERED_LIMIT.family(state.buffered_limit)
    yield FLUSH_RUNNING.family(_running_s(state))
    yield CONNECTED.family({("kafka",): state.kafka, ("database",): state.database})


def _running_s(state: State) -> float:
    return 0.0 if state.flush_began_at is None else time.monotonic() - state.flush_began_at
