"""Readings at another time: the same visits then, with ids of their own, and nothing else changed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.decode import decode
from sensors.reading import SECOND
from simulators.recordings.messages import Message
from simulators.recordings.shift import shifted
from tests.simulators.plans import play

MILLI = SECOND // 1000
TOPIC = "instore/v1/s/dwell/gw"
LINES = play().lines[:3000]
LONG_AFTER = 4_000_000_000 * SECOND
SHIFTS = st.integers(-20 * 365 * 86_400_000, 20 * 365 * 86_400_000).map(lambda millis: millis * MILLI)


def message(payload: bytes, ts: int | None = None) -> Message:
    """One that came when its reading was made."""
    return Message(TOPIC, payload, 1, "s", "dwell", ts, ts, len(payload), at=ts, due=ts)


def moved(payload: object, shift: int) -> Any:
    """A payload, moved."""
    return json.loads(shifted(message(json.dumps(payload).encode()), shift).payload)


@given(SHIFTS, st.integers(0, len(LINES) - 20))
def test_all_readings_move_and_nothing_else_changes(shift: int, start: int) -> None:
    """Readings of a simulated day: all fields but time and id are as they were, and so are the times between them."""
    payload = b"[" + b",".join(LINES[start : start + 20]) + b"]"
    before = decode(payload, topic=None, received_at=LONG_AFTER)
    after = decode(shifted(message(payload, 0), shift).payload, topic=None, received_at=LONG_AFTER)
    assert len(before.readings) == len(after.readings) == 20
    for one, other in zip(before.readings, after.readings, strict=True):
        assert other.ts - one.ts == shift
        assert (other.id == one.id) == (shift == 0)
        other.ts, other.id = one.ts, one.id
        assert other == one


@given(SHIFTS, SHIFTS)
def test_ids_hang_on_the_shift_alone(one: int, other: int) -> None:
    """The same shift twice is the same reading; another shift another one."""
    reading = {"id": "gw-1", "ts": 1_800_000_000_000}
    assert moved(reading, one) == moved(reading, one)
    assert (moved(reading, one)["id"] == moved(reading, other)["id"]) == (one == other)


@pytest.mark.parametrize(
    ("ts", "later"),
    [
        (1_700_000_000_000, 1_700_000_001_500),
        (1_700_000_000_000.25, 1_700_000_001_500.25),
        ("2026-11-22T09:30:00Z", "2026-11-22T09:30:01.500000Z"),
        ("2026-11-22T10:30:00.000001+01:00", "2026-11-22T09:30:01.500001Z"),
    ],
)
def test_a_time_stays_written_as_it_was(ts: object, later: object) -> None:
    """A number stays one, text stays text; the offset of text becomes UTC."""
    assert moved({"ts": ts}, 1_500 * MILLI) == {"ts": later}


def test_one_of_several_that_is_wrong_keeps_no_other_back() -> None:
    """It stays as it is, to be refused for what it was refused for."""
    assert moved([{"ts": 1000, "id": "a"}, {"ts": "soon", "id": "b"}, 7, {"id": "c"}, {"ts": 2000, "id": 8}], SECOND) == [
        {"ts": 2000, "id": "a+1000"},
        {"ts": "soon", "id": "b"},
        7,
        {"id": "c"},
        {"ts": 3000, "id": 8},
    ]


@pytest.mark.parametrize("payload", [b"", b"{", b'[{"ts":1}', b"\xff", b"null", b'"text"', b'{"ts":"2026-11-22T09:30:00"}', b"[" * 5000])
def test_what_is_no_reading_stays_byte_for_byte(payload: bytes) -> None:
    """Only the time at which it came moves."""
    after = shifted(message(payload, 5 * SECOND), SECOND)
    assert after.payload == payload
    assert (after.first_ts, after.last_ts, after.at, after.due) == (6 * SECOND,) * 4


def test_a_mark_of_windows_keeps_nothing_back() -> None:
    """The bridge leaves it out; what is no reading keeps it."""
    mark = "\ufeff".encode()
    assert shifted(message(mark + b'{"ts":1000}'), SECOND).payload == b'{"ts":2000}'
    assert shifted(message(mark + b'[{"ts":1000}]'), SECOND).payload == b'[{"ts":2000}]'
    assert shifted(message(mark + b"{}"), SECOND).payload == mark + b"{}"


def test_nothing_moves_to_before_1970() -> None:
    """There is no such reading."""
    assert moved({"ts": 1000, "id": "a"}, -2 * SECOND) == {"ts": 1000, "id": "a"}


def test_an_id_stays_short_enough() -> None:
    """One of 256 characters becomes a digest of its own."""
    long = moved({"ts": 1000, "id": "x" * 256}, SECOND)["id"]
    assert len(long) == 32
    assert long == moved({"ts": 1000, "id": "x" * 256}, SECOND)["id"]
    assert long != moved({"ts": 1000, "id": "x" * 256}, 2 * SECOND)["id"]
