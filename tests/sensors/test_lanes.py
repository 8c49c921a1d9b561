"""Batching: order within a store, sizes of records, what may be acknowledged when. No broker, no clock."""

import json
from collections import defaultdict
from decimal import Decimal
from math import inf
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.dead_letter import DeadLetter
from sensors.decode import Decoded
from sensors.lanes import FEW_MESSAGES, HOLD_S, MAX_RECORD_BYTES, MAX_RECORD_READINGS, QUIET_S, ROUND_S, Delivery, Lanes, Record
from sensors.reading import KAFKA_BATCH, Dwell, Item, Payment, Reading, Sighting
from sensors.topics import READINGS, REJECTED, SIGHTINGS


def dwell(name: str, store: str = "s1") -> Dwell:
    """Make a reading."""
    return Dwell(id=name, store_id=store, sensor_id="gw", ts=1, received_at=2, device_id="d", zone_id="z")


def receipt(name: str, n_items: int) -> Payment:
    """Make a receipt of about 300 bytes an item."""
    item = Item(product_id="p" * 250, quantity=Decimal(1), unit_price=Decimal(1))
    fields = {"id": name, "store_id": "s1", "sensor_id": "till", "ts": 1, "received_at": 2, "receipt_id": name}
    return Payment(**fields, amount=Decimal(1), currency="EUR", items=[item] * n_items)  # type: ignore[arg-type] # text and integers


def letter(store: str | None = "s1") -> DeadLetter:
    """Make a dead letter."""
    return DeadLetter(id="x", received_at=1, source="t", store_id=store, reason="not_json", detail="", raw=b"\xff")


def readings(*names: str, store: str = "s1") -> Decoded:
    """Make what a message of readings contains."""
    return Decoded([dwell(name, store) for name in names], [], [])


def ids(record: Record) -> list[str]:
    """Read the ids of a record as the worker would."""
    return [reading.id for reading in KAFKA_BATCH.decode(record.value)]


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def later(self) -> float:
        """Let so much time pass that nothing is held."""
        self.now += HOLD_S
        return self.now


def add(lanes: Lanes, decoded: Decoded, mid: int = 1, n_bytes: int = 100) -> Delivery:
    """Take in a message."""
    delivery = Delivery(mid, 1, n_bytes)
    lanes.add(delivery, decoded)
    return delivery


def test_a_message_alone_goes_at_once() -> None:
    """Nothing is under way, so nothing is waited for."""
    lanes = Lanes()
    add(lanes, readings("a"))
    [record] = lanes.ready(0.0)
    assert (record.topic, record.key, ids(record), record.n_elements) == (READINGS, b"s1", ["a"], 1)


def test_what_comes_meanwhile_is_the_next_record() -> None:
    """One record under way for a store; the others gather behind it, in order."""
    lanes, clock = Lanes(), Clock()
    add(lanes, readings("a"))
    [first] = lanes.ready(clock.now)
    for name in "bcd":
        add(lanes, readings(name))
        assert lanes.ready(clock.later()) == []
    lanes.done(first)
    [second] = lanes.ready(clock.now)
    assert ids(second) == ["b", "c", "d"]


def test_another_store_is_held_for_a_moment() -> None:
    """While anything is under way, others wait, but not longer than 50 ms."""
    lanes = Lanes()
    add(lanes, readings("a", store="s1"))
    lanes.ready(10.0)
    add(lanes, readings("b", store="s2"))
    assert lanes.ready(10.0 + HOLD_S - 0.001) == []
    assert [record.key for record in lanes.ready(10.0 + HOLD_S)] == [b"s2"]


def test_between_two_rounds_little_waits_while_more_comes() -> None:
    """When all is done, the next round comes 20 ms after the one before as long as messages keep coming, and says so."""
    lanes = Lanes()
    assert lanes.due_in_s(10.0) == inf
    for number in range(100):
        add(lanes, readings(str(number)))
    assert lanes.due_in_s(10.0) <= 0
    lanes.done(*lanes.ready(10.0))
    list(lanes.settled())
    for millisecond in range(20):
        add(lanes, readings(str(millisecond), store="s2"))
        assert lanes.ready(10.0 + millisecond / 1000) == []
    assert lanes.due_in_s(10.0 + ROUND_S - 0.001) == pytest.approx(0.001)
    assert [len(ids(record)) for record in lanes.ready(10.0 + ROUND_S)] == [20]


def test_nothing_waits_for_what_does_not_come() -> None:
    """A broker that sends two messages ahead, and then waits for us, waits no longer than 2 ms."""
    lanes = Lanes()
    add(lanes, readings("a"))
    lanes.done(*lanes.ready(10.0))
    list(lanes.settled())
    add(lanes, readings("b", "c"))
    assert lanes.due_in_s(10.001) == pytest.approx(QUIET_S)
    assert lanes.due_in_s(10.002) == pytest.approx(QUIET_S - 0.001)
    assert [ids(record) for record in lanes.ready(10.003 + 1e-9)] == [["b", "c"]]


@pytest.mark.parametrize("messages", [[1] * FEW_MESSAGES, [MAX_RECORD_READINGS]])
def test_much_does_not_wait(messages: list[int]) -> None:
    """A broker that sends only so many messages ahead never waits for us, nor does a record that is full."""
    lanes = Lanes()
    add(lanes, readings("first"))
    lanes.done(*lanes.ready(10.0))
    list(lanes.settled())
    for n_readings in messages:
        assert lanes.ready(10.001) == []
        add(lanes, readings(*map(str, range(n_readings))))
    [record] = lanes.ready(10.001)
    assert record.n_elements == sum(messages)


def test_a_broker_that_sends_much_ahead_is_no_hurry() -> None:
    """Where 100 messages once waited for their acknowledgement, 49 can wait for a round, and 50 make one."""
    lanes = Lanes()
    for number in range(100):
        add(lanes, readings(str(number)))
    lanes.done(*lanes.ready(10.0))
    list(lanes.settled())
    for number in range(50):
        assert lanes.ready(10.001) == []
        add(lanes, readings(str(number)))
    assert len(lanes.ready(10.001)) == 1


def test_topics_of_one_store_do_not_wait_for_each_other() -> None:
    """Readings and sightings have an order each, not one together."""
    lanes = Lanes()
    sighting = Sighting(id="x", store_id="s1", sensor_id="gw", ts=1, received_at=2, device_id="d", rssi_dbm=-60)
    add(lanes, Decoded([dwell("a")], [sighting], []))
    assert {record.topic for record in lanes.ready(0.0)} == {READINGS, SIGHTINGS}


def test_a_message_of_several_stores() -> None:
    """Each store gets its record; the message waits for all of them."""
    lanes = Lanes()
    delivery = add(lanes, Decoded([dwell("a", "s1"), dwell("b", "s2"), dwell("c", "s1")], [], []))
    records = lanes.ready(0.0)
    assert {record.key: ids(record) for record in records} == {b"s1": ["a", "c"], b"s2": ["b"]}
    lanes.done(records[0])
    assert list(lanes.settled()) == []
    lanes.done(records[1])
    assert list(lanes.settled()) == [delivery]


def test_dead_letters_wait_for_nobody() -> None:
    """They have no order: each is a record of its own, with its store as key where that is known."""
    lanes = Lanes()
    delivery = add(lanes, Decoded([], [], [letter(), letter(None)]))
    first, second = lanes.ready(0.0)
    assert (first.topic, first.key, second.key) == (REJECTED, b"s1", None)
    assert msgspec.json.decode(first.value, type=DeadLetter) == letter()
    lanes.done(second)
    lanes.done(first)
    assert list(lanes.settled()) == [delivery]
    assert lanes.empty


@pytest.mark.parametrize(
    ("waiting", "sizes"), [(MAX_RECORD_READINGS, [1000]), (MAX_RECORD_READINGS + 1, [1000, 1]), (2500, [1000, 1000, 500])]
)
def test_records_have_up_to_1000_readings(waiting: int, sizes: list[int]) -> None:
    """Single readings gather up to the bound, not beyond."""
    lanes = Lanes()
    for n in range(waiting):
        add(lanes, readings(str(n)), mid=n)
    assert [record.n_elements for record in drain(lanes)] == sizes


@pytest.mark.parametrize("size", [1, 1000, 1001, 4321])
def test_large_arrays_are_cut(size: int) -> None:
    """An array larger than a record goes in several, one after the other."""
    lanes = Lanes()
    delivery = add(lanes, readings(*(str(n) for n in range(size))))
    records = drain(lanes)
    assert [name for record in records for name in ids(record)] == [str(n) for n in range(size)]
    assert max(record.n_elements for record in records) <= MAX_RECORD_READINGS
    assert list(lanes.settled()) == [delivery]


def test_records_have_up_to_half_a_mebibyte() -> None:
    """Long receipts are cut by bytes; one that is larger alone goes alone."""
    receipts: list[Reading] = [receipt(f"r{n}", n_items=2100 if n == 3 else 700) for n in range(6)]
    lanes = Lanes()
    add(lanes, Decoded(receipts, [], []))
    records = drain(lanes)
    assert [[thing["id"] for thing in json.loads(record.value)] for record in records] == [["r0"], ["r1", "r2"], ["r3"], ["r4", "r5"]]
    assert [len(record.value) > MAX_RECORD_BYTES for record in records] == [False, False, True, False]


def test_acknowledged_in_order_of_arrival() -> None:
    """MQTT wants it so: what is done waits for what came before it."""
    lanes = Lanes()
    first = add(lanes, readings("a", store="s1"), mid=1)
    second = add(lanes, readings("b", store="s2"), mid=2)
    one, two = lanes.ready(0.0)
    lanes.done(two)
    assert list(lanes.settled()) == []
    lanes.done(one)
    assert list(lanes.settled()) == [first, second]
    assert list(lanes.settled()) == []


def test_a_message_of_nothing_is_acknowledged() -> None:
    """An empty array has nothing to wait for, but its turn."""
    lanes = Lanes()
    first = add(lanes, readings("a"))
    empty = add(lanes, Decoded([], [], []))
    assert list(lanes.settled()) == []
    lanes.done(*lanes.ready(0.0))
    assert list(lanes.settled()) == [first, empty]


def test_held() -> None:
    """What counts against the bound is what Kafka does not have completely."""
    lanes = Lanes()
    add(lanes, Decoded([dwell("a", "s1"), dwell("b", "s2")], [], [letter()]), n_bytes=300)
    add(lanes, readings("c", store="s3"), n_bytes=50)
    assert (lanes.held_elements, lanes.held_bytes) == (4, 350)
    *some, last = [record for record in lanes.ready(0.0) if record.key != b"s3"]
    for record in some:
        lanes.done(record)
    assert (lanes.held_elements, lanes.held_bytes) == (4, 350)
    lanes.done(last)
    assert (lanes.held_elements, lanes.held_bytes) == (1, 50)


def test_lost_connection() -> None:
    """What came over it is not acknowledged any more, and goes to Kafka all the same."""
    lanes = Lanes()
    add(lanes, readings("a"))
    add(lanes, readings("b"))
    assert lanes.forget_deliveries() == 2
    again = add(lanes, readings("a"))
    assert [name for record in drain(lanes) for name in ids(record)] == ["a", "b", "a"]
    assert list(lanes.settled()) == [again]
    assert lanes.held_elements == 0


def test_empty() -> None:
    """Empty is when Kafka has everything, acknowledged or not."""
    lanes = Lanes()
    seen = [lanes.empty]
    add(lanes, readings("a"))
    seen.append(lanes.empty)
    [record] = lanes.ready(0.0)
    seen.append(lanes.empty)
    lanes.done(record)
    assert [*seen, lanes.empty] == [True, False, False, True]


def test_what_was_a_record_already() -> None:
    """Records are taken in as they are, and small ones of a store go on together; letters stay alone."""
    lanes = Lanes()
    add(lanes, Decoded([dwell("a"), dwell("b"), dwell("c", "s2")], [], [letter(None)]))
    before = drain(lanes)
    again = Lanes()
    deliveries = [Delivery(n, 0, len(record.value), record.n_elements) for n, record in enumerate([*before, *before])]
    for delivery, record in zip(deliveries, [*before, *before], strict=True):
        again.add_record(delivery, record.topic, record.key, record.value)
    assert (again.held_elements, again.held_bytes) == (8, 2 * sum(len(record.value) for record in before))
    after = drain(again)
    assert [(record.topic, record.key) for record in after] == [(REJECTED, None), (REJECTED, None), (READINGS, b"s1"), (READINGS, b"s2")]
    assert [ids(record) for record in after[2:]] == [["a", "b", "a", "b"], ["c", "c"]]
    assert list(again.settled()) == deliveries
    assert (again.held_elements, again.held_bytes) == (0, 0)


def test_under_way_keeps_the_order() -> None:
    """What must be sent again after a failure is sent in the order of the first time."""
    lanes = Lanes()
    for n in range(5):
        add(lanes, readings(str(n), store=f"s{n}"))
    records = lanes.ready(0.0)
    lanes.done(records[2])
    assert [ids(record) for record in lanes.under_way.values()] == [["0"], ["1"], ["3"], ["4"]]


def drain(lanes: Lanes) -> list[Record]:
    """Play a Kafka that takes one record after the other, until nothing is left."""
    clock, records = Clock(), []
    while not lanes.empty:
        for record in lanes.ready(clock.later()):
            records.append(record)
            lanes.done(record)
    return records


messages = st.lists(st.tuples(st.sampled_from(["s1", "s2", "s3"]), st.integers(0, 4), st.integers(0, 1)), max_size=30)


@given(messages, st.randoms(use_true_random=False))
def test_whatever_kafka_does(stream: list[tuple[str, int, int]], rng: Any) -> None:
    """Records may be acknowledged in any order, interleaved with arrivals in any way: order per store, nothing lost, all acknowledged."""
    lanes, clock = Lanes(), Clock()
    sent: dict[bytes | None, list[str]] = defaultdict(list)
    arrived: dict[bytes | None, list[str]] = defaultdict(list)
    acknowledged: list[int] = []
    number = 0
    while stream or not lanes.empty:
        if stream and rng.random() < 0.5:
            store, n_readings, n_letters = stream.pop(0)
            names = [f"{number}-{n}" for n in range(n_readings)]
            add(lanes, Decoded([dwell(name, store) for name in names], [], [letter()] * n_letters), mid=number)
            arrived[store.encode()].extend(names)
            number += 1
        for record in lanes.ready(clock.later()):
            if record.topic == READINGS:
                assert sum(other.key == record.key and other.topic == READINGS for other in lanes.under_way.values()) == 1
                sent[record.key].extend(ids(record))
        if lanes.under_way and rng.random() < 0.7:
            lanes.done(rng.choice(list(lanes.under_way.values())))
        acknowledged.extend(delivery.mid for delivery in lanes.settled())
    assert {key: names for key, names in sent.items() if names} == {key: names for key, names in arrived.items() if names}
    assert acknowledged == list(range(number))
    assert (lanes.held_elements, lanes.held_bytes) == (0, 0)
