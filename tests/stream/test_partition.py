"""A partition turns records into flushes, counts what it saw at the door, and is moved by nothing it has seen before."""

import msgspec
import pytest

from sensors.dead_letter import DeadLetter
from sensors.layout import Layout, Zone
from sensors.reading import KAFKA_ENCODER, Reading
from stream.journey import NEVER, Plan
from stream.partition import HOUR, Partition
from stream.recall import History, Recalled
from stream.store import Store
from tests.stream.make import START, alive, at, dwell, entry, payment, plan

MONSTER = KAFKA_ENCODER.encode([payment(0, "1")]).replace(b'"amount":"1"', b'"amount":"1E+9999999"')


def _partition(stored: int | None = None, topic: str = "instore.readings") -> Partition:
    return Partition(topic, 3, "cluster/topic", stored, lambda _: plan())


def _record(*readings: Reading) -> bytes:
    return KAFKA_ENCODER.encode(readings)


def test_a_flush_carries_readings_visits_offset_counts_and_clock() -> None:
    """One record in, one flush out, with all that one transaction has to write."""
    partition = _partition()
    assert partition.accept_readings(
        0, _record(entry(0, "in"), dwell(5, "a"), dwell(5, "a", name="w"), dwell(6, "a", name="w")), at(6), b"s1"
    )
    flush = partition.flush()
    assert flush is not None
    assert (flush.advance.expected, flush.advance.next_offset, flush.advance.life) == (None, 1, "cluster/topic")
    assert [stored.reading.ts for stored in flush.readings] == [at(0), at(5), at(5)]
    assert [(visit.n_readings, visit.is_final) for visit in flush.visits] == [(3, False)]
    assert [(count.hour % HOUR, count.received, count.duplicate) for count in flush.counts] == [(0, 4, 1)]
    assert [(clock.store_id, clock.store_time) for clock in flush.clocks] == [("s1", at(5))]


def test_nothing_new_is_no_flush() -> None:
    """A partition in which nothing happened writes nothing."""
    partition = _partition()
    assert partition.flush() is None
    partition.accept_readings(0, _record(dwell(0, "a")), at(0), b"s1")
    assert partition.flush() is not None
    assert partition.flush() is None


def test_the_next_flush_expects_the_offset_of_the_last() -> None:
    """The chain of compare-and-set: what one flush writes is what the next believes in."""
    partition = _partition(7)
    assert not partition.accept_readings(6, _record(dwell(0, "a")), at(0), b"s1")
    for offset in (7, 8):
        assert partition.accept_readings(offset, _record(dwell(offset, "a")), at(offset), b"s1")
        flush = partition.flush()
        assert flush is not None
        assert (flush.advance.expected, flush.advance.next_offset) == (offset, offset + 1)


def test_a_covered_record_changes_nothing() -> None:
    """Kafka delivers at least once; what is at or below the stored offset is passed over, and not even counted."""
    partition = _partition(5)
    assert not partition.accept_readings(4, b"not even JSON", at(0), b"s1")
    assert partition.flush() is None


def test_poison_is_one_dead_letter_and_counted() -> None:
    """A record that is no batch of readings is rejected as a whole, with its bytes, its place and its store."""
    nul = KAFKA_ENCODER.encode([dwell(0, "a")]).replace(b'"d1"', b'"d\\u00001"')
    for value in (b"{", b'[{"kind": "dwell"}]', b'"x"', nul, b"[" * 100_000, MONSTER):
        partition = _partition()
        assert partition.accept_readings(0, value, at(0), b"s1")
        flush = partition.flush()
        assert flush is not None
        assert [(letter.reason, letter.raw, letter.source, letter.store_id) for letter in flush.rejected] == [
            ("poison", value, "kafka:instore.readings/3/0", "s1")
        ]
        assert [(count.store_id, count.received) for count in flush.counts] == [("s1", 1)]


def test_an_empty_batch_is_covered() -> None:
    """An array without readings advances the offset and nothing else."""
    partition = _partition()
    assert partition.accept_readings(0, b"[]", at(0), b"s1")
    flush = partition.flush()
    assert flush is not None
    assert (flush.advance.next_offset, flush.readings, flush.counts) == (1, [], [])


def test_dead_letters_are_stored_and_counted_by_store_and_hour() -> None:
    """The other topic: each dead letter is a row and one received."""
    partition = _partition(topic="instore.rejected")
    letter = DeadLetter(id="x", received_at=START, source="t", reason="not_json", detail="?", raw=b"\xff")
    assert partition.accept_dead_letter(0, msgspec.json.encode(letter), at(0))
    assert partition.accept_dead_letter(1, b"{}", at(0))
    flush = partition.flush()
    assert flush is not None
    assert [rejected.reason for rejected in flush.rejected] == ["not_json", "poison"]
    assert sum(count.received for count in flush.counts) == 2


def test_late_readings_wait_for_the_database_to_say_whether_they_are_new() -> None:
    """Only the database remembers far enough: the caller asks it, and says which are known."""
    partition = _partition()
    partition.accept_readings(0, _record(dwell(0, "till"), alive(500)), at(500), b"s1")
    partition.accept_readings(
        1, _record(payment(10, name="new"), dwell(20, "a", name="old"), dwell(21, "a", name="also new")), at(501), b"s1"
    )
    assert partition.n_buffered == 5
    [(store_id, late)] = partition.take_late().items()
    assert [reading.id for reading in late] == ["new", "old", "also new"]
    assert [reading.ts for reading in partition.buffered(store_id)] == [at(0), at(500)]
    assert partition.settle_late(store_id, late, {"old"}) == [late[0], late[2]]
    flush = partition.flush()
    assert flush is not None
    assert [stored.reading.id for stored in flush.readings if stored.is_late] == ["new", "also new"]
    assert [(count.received, count.duplicate) for count in flush.counts] == [(5, 1)]


def test_a_late_reading_may_repeat_one_that_is_not_stored_yet() -> None:
    """A backlog of hours in one flush: the id of the first is long let go, and the database does not have it yet."""
    partition = _partition()
    partition.accept_readings(0, _record(dwell(0, "a", name="x")), at(0), b"s1")
    for offset in (1, 2):
        partition.accept_readings(offset, _record(alive(offset * 4000)), at(0), b"s1")
    partition.accept_readings(3, _record(dwell(0, "a", name="x")), at(0), b"s1")
    [(store_id, late)] = partition.take_late().items()
    assert partition.settle_late(store_id, [*late, dwell(1, "a", name="y"), dwell(1, "a", name="y")], set())[0].id == "y"
    flush = partition.flush()
    assert flush is not None
    assert sorted(stored.reading.id for stored in flush.readings if stored.reading.id in "xy") == ["x", "y"]


def test_a_batch_over_the_hour_is_counted_where_its_readings_belong() -> None:
    """The hour is that of `received_at`, reading by reading."""
    partition = _partition()
    partition.accept_readings(0, _record(dwell(0, "a"), dwell(1, "a"), dwell(3600, "a")), at(3600), b"s1")
    flush = partition.flush()
    assert flush is not None
    assert [(count.store_id, count.received) for count in flush.counts] == [("s1", 2), ("s1", 1)]


@pytest.mark.parametrize("key", [None, b"", b"s2", b"\xff"])
def test_a_batch_under_another_key_than_its_store_is_poison(key: bytes | None) -> None:
    """Order and state hang on the key, so a batch with a wrong one cannot be counted into its store."""
    partition = _partition()
    assert partition.accept_readings(0, _record(dwell(0, "a")), at(0), key)
    flush = partition.flush()
    assert flush is not None
    assert (flush.readings, [letter.reason for letter in flush.rejected]) == ([], ["poison"])


def test_a_backslash_before_what_looks_like_nul_is_only_text() -> None:
    """The bridge accepts such an id, and one of them must not cost its whole batch."""
    partition = _partition()
    partition.accept_readings(0, _record(dwell(0, "a", name="\\u0000"), dwell(0, "a", name="\\\\u0000")), at(0), b"s1")
    flush = partition.flush()
    assert flush is not None
    assert (len(flush.readings), flush.rejected) == (2, [])


def test_time_passes_in_a_store_that_is_silent() -> None:
    """Nothing arrives, and still the visit is closed: by the time elapsed since the last arrival, not by the clock on the wall."""
    partition = _partition()
    partition.accept_readings(0, _record(dwell(0, "a")), at(1e6), b"s1")
    assert partition.flush() is not None
    partition.pass_time(at(1e6 + 1800))
    assert partition.flush() is None
    partition.pass_time(at(1e6 + 1860))
    flush = partition.flush()
    assert flush is not None
    assert (flush.visits, [signal.kind for signal in flush.signals]) == ([], ["sensor_silent"])
    partition.pass_time(at(1e6 + 1861))
    flush = partition.flush()
    assert flush is not None
    assert [(visit.ended_by, visit.is_final) for visit in flush.visits] == [("timeout", True)]
    assert (flush.advance.expected, flush.advance.next_offset) == (1, 1)


def test_a_silent_store_closes_beside_a_busy_one() -> None:
    """Time passes for each store by itself, and not where something waits to be written."""
    partition = _partition()
    partition.accept_readings(0, _record(dwell(0, "a")), at(0), b"s1")
    partition.accept_readings(1, _record(dwell(0, "a", store="s2")), at(0), b"s2")
    assert partition.flush() is not None
    partition.accept_readings(2, _record(dwell(10, "a", store="s2")), at(7200), b"s2")
    partition.pass_time(at(7200))
    flush = partition.flush()
    assert flush is not None
    assert {visit.store_id: visit.is_final for visit in flush.visits} == {"s1": True, "s2": False}


def test_the_plan_is_asked_for_once_a_store() -> None:
    """A store's plan is looked up when its first reading comes."""
    asked: list[str] = []

    def plan_of(store_id: str) -> Plan:
        asked.append(store_id)
        return plan()

    partition = Partition("instore.readings", 0, "life", None, plan_of)
    for offset, store in enumerate(("s1", "s2", "s1")):
        partition.accept_readings(offset, _record(dwell(offset, "a", store=store)), at(offset), store.encode())
    assert asked == ["s1", "s2"]


def test_a_store_that_is_taken_up_anew_hears_again_what_waits_to_be_written() -> None:
    """What was accepted after the last flush is in no database yet: it is stored once, counted once, and part of the visit."""
    partition = _partition()
    partition.accept_readings(0, _record(dwell(0, "a")), at(0), b"s1")
    assert partition.flush() is not None
    partition.accept_readings(1, _record(dwell(5, "a"), dwell(9, "a")), at(9), b"s1")
    again = Store("s1", plan())
    again.resume(at(0), [dwell(0, "a").id], [])
    again.recall(Recalled({"d1": History(NEVER, [dwell(0, "a")])}, is_all=True))
    partition.retake(again)
    flush = partition.flush()
    assert flush is not None
    assert [stored.reading.ts for stored in flush.readings] == [at(5), at(9)]
    assert [visit.n_readings for visit in flush.visits] == [3]
    assert [(count.received, count.duplicate) for count in flush.counts] == [(2, 0)]


def test_what_another_plan_tells_is_written_with_its_name() -> None:
    """Also where nothing was heard: else a restart by the plan before would believe it."""
    street = Layout(store_id="s1", zones=(Zone(zone_id="a", type="outside"),))
    partition = _partition()
    partition.accept_readings(0, _record(dwell(0, "a")), at(0), b"s1")
    before = partition.flush()
    again = Store("s1", plan(street))
    again.resume(at(0), [dwell(0, "a").id], [])
    again.recall(Recalled({"d1": History(NEVER, [dwell(0, "a")])}, is_all=True))
    partition.retake(again)
    after = partition.flush()
    assert before is not None
    assert after is not None
    assert [flush.clocks[0].told_by for flush in (before, after)] == [plan().fingerprint, plan(street).fingerprint]
