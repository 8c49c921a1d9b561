"""Store and forward without brokers: whatever Kafka, the disk and kills do, nothing is lost and the order per store is kept."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.decode import Decoded
from sensors.lanes import HOLD_S, MAX_RECORD_READINGS, Delivery, Lanes, Record
from sensors.reading import Dwell
from sensors.spool import Spool
from sensors.store_forward import StoreAndForward

PLENTY = 1 << 30


@pytest.fixture
def spooling(tmp_path: Path) -> Iterator[StoreAndForward]:
    """A way round by a spool of its own for the test."""
    made = StoreAndForward(Spool(tmp_path, PLENTY))
    yield made
    made.close()


def dwell(name: str, store: str = "s1") -> Dwell:
    """Make a reading."""
    return Dwell(id=name, store_id=store, sensor_id="gw", ts=1, received_at=2, device_id="d", zone_id="z")


def add(lanes: Lanes, *names: str, store: str = "s1", mid: int = 1) -> Delivery:
    """Take in a message of readings."""
    delivery = Delivery(mid, 1, 100)
    lanes.add(delivery, Decoded([dwell(name, store) for name in names], [], []))
    return delivery


def ids(record: Record) -> list[str]:
    """Read the ids of a record."""
    return [thing["id"] for thing in json.loads(record.value)]


def test_stored_is_done(spooling: StoreAndForward) -> None:
    """What is on disk may be acknowledged, what was under way to Kafka included, however much waits for one store."""
    lanes = Lanes()
    deliveries = [add(lanes, *(f"{n}-{i}" for i in range(900)), mid=n) for n in range(5)]
    lanes.ready(0.0)
    assert spooling.store(lanes, 0.0) == 4500
    assert list(lanes.settled()) == deliveries
    assert lanes.empty
    assert (spooling.holds, spooling.is_behind) == (True, True)


def test_small_records_go_on_as_large_ones(spooling: StoreAndForward) -> None:
    """An hour of single readings is not an hour of single records afterwards."""
    lanes = Lanes()
    for n in range(2500):
        add(lanes, str(n))
        spooling.store(lanes, 0.0)
    sent = []
    now = 0.0
    while spooling.holds:
        spooling.fetch()
        for record in spooling.lanes.ready(now := now + HOLD_S):
            sent.append(record)
            spooling.lanes.done(record)
        spooling.settle()
    assert [name for record in sent for name in ids(record)] == [str(n) for n in range(2500)]
    assert [record.n_elements for record in sent] == [MAX_RECORD_READINGS, MAX_RECORD_READINGS, 500]


def test_read_ahead_is_bounded(spooling: StoreAndForward) -> None:
    """Of a long spool only a part is in memory; it is behind until the last of it is."""
    lanes = Lanes()
    for n in range(120):
        add(lanes, *(f"{n}-{i}" for i in range(1000)))
        spooling.store(lanes, 0.0)
    spooling.fetch()
    assert 50_000 <= spooling.lanes.held_elements <= 51_000
    assert spooling.is_behind
    for now in range(200):
        spooling.fetch()
        for record in spooling.lanes.ready(now):
            spooling.lanes.done(record)
        spooling.settle()
    assert (spooling.holds, spooling.is_behind) == (False, False)


def test_without_a_spool() -> None:
    """There is nothing to do, and nothing to ask."""
    none = StoreAndForward(None)
    none.fetch()
    none.close()
    assert (none.is_on, none.holds, none.is_behind, none.settle()) == (False, False, False, 0)


class Play:
    """A bridge's use of it, with a Kafka that comes and goes, kills, and a disk that is full, as `rng` likes."""

    def __init__(self, folder: Path, max_bytes: int, rng: Random) -> None:
        self._folder, self._max_bytes, self._rng = folder, max_bytes, rng
        self.kafka: dict[bytes | None, list[str]] = defaultdict(list)
        self.acknowledged = 0
        self._begin()

    def _begin(self) -> None:
        self._lanes, self._spooling = Lanes(), StoreAndForward(Spool(self._folder, self._max_bytes))
        self._now, self.unacknowledged = 0.0, 0

    def take(self, store: str, names: list[str]) -> None:
        """A message of MQTT."""
        add(self._lanes, *names, store=store)
        self.unacknowledged += 1

    def turn(self, *, away: bool) -> None:
        """What the bridge does in a turn; in one with `away` Kafka takes nothing."""
        self._now += 10.0
        if away or self._spooling.is_behind:
            self._spooling.store(self._lanes, self._now)
        if not away:
            self._spooling.fetch()
            lanes = self._spooling.lanes if self._spooling.holds else self._lanes
            lanes.ready(self._now)
            for record in list(lanes.under_way.values()):
                if self._rng.random() < 0.8:
                    self.kafka[record.key].extend(ids(record))
                    lanes.done(record)
            self._spooling.settle()
        n_settled = len(list(self._lanes.settled()))
        self.acknowledged += n_settled
        self.unacknowledged -= n_settled

    def kill(self) -> None:
        """The process dies, and the next one finds what is on disk."""
        self._spooling.close()
        self._begin()

    @property
    def is_empty(self) -> bool:
        """Whether Kafka has everything."""
        return self._lanes.empty and not self._spooling.holds


events = st.lists(st.tuples(st.sampled_from(["s1", "s2", "s3"]), st.integers(1, 4), st.sampled_from("kmaaaattt")), min_size=1, max_size=60)


@settings(max_examples=100, deadline=None)
@given(events, st.sampled_from([PLENTY, 2000, 300]), st.integers(0, 2**32).map(Random))
def test_whatever_happens(events: list[tuple[str, int, str]], max_bytes: int, rng: Random) -> None:
    """At least once, first arrivals in order per store, with any outages and kills; what is unacknowledged MQTT sends again."""
    with TemporaryDirectory() as folder:
        play = Play(Path(folder), max_bytes, rng)
        messages = [(store, [f"{number}-{i}" for i in range(n)]) for number, (store, n, _) in enumerate(events)]
        given = 0
        for _, _, what in events:
            play.take(*messages[given])
            given += 1
            for _ in range(what in "at"):
                play.turn(away=what == "a")
            if what == "k":
                given -= play.unacknowledged
                play.kill()
        while given < len(messages) or not play.is_empty:
            if given < len(messages):
                play.take(*messages[given])
                given += 1
            play.turn(away=rng.random() < 0.2)
        play.kill()
        assert play.is_empty
        for store in {store for store, _ in messages}:
            arrived = list(dict.fromkeys(play.kafka[store.encode()]))
            assert arrived == [name for of_store, names in messages if of_store == store for name in names]
