"""Random streams on the wire hold what they promise."""

import random
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from sensors.decode import MAX_AHEAD, decode
from sensors.layout import load
from sensors.reading import Dwell, Payment, Shelf
from stream.rules import Rules
from tests.streams import RECEIVED_AT, Stream, accounts, arrived, hours_late, interleaved, random_wire, write_layouts


@pytest.fixture(scope="module")
def drawn() -> list[Stream]:
    """Some streams."""
    return [random_wire(seed) for seed in range(200)]


def test_a_line_is_its_reading(drawn: list[Stream]) -> None:
    """Decoded, it is the reading that the oracle gets, or is rejected, or is a sighting."""
    for line in (line for stream in drawn for line in stream.lines):
        decoded = decode(line.raw, topic=None, received_at=RECEIVED_AT)
        assert len(decoded.rejected) == line.is_rejected
        assert len(decoded.readings) == (line.reading is not None)
        if line.reading is not None:
            assert decoded.readings == [line.reading]
            assert line.reading.ts < RECEIVED_AT - MAX_AHEAD


def test_plans_can_be_loaded(drawn: list[Stream], tmp_path: Path) -> None:
    """Written to a file and checked like anybody's, each is what the oracle gets."""
    paths = write_layouts(tmp_path / "layouts", drawn[:30])
    assert [load(path, Rules.of) for path in paths] == [layout for stream in drawn[:30] for layout in stream.layouts()]


def test_a_seed_gives_the_same_stream() -> None:
    """A failure can be looked at again."""
    assert random_wire(7) == random_wire(7) != random_wire(8)


def test_streams_share_no_store(drawn: list[Stream]) -> None:
    """So one run can carry them all."""
    stores = [store_id for stream in drawn for store_id in stream.world.stores]
    assert len(stores) == len(set(stores))


def test_mixed_lines_keep_the_order_of_each_stream(drawn: list[Stream]) -> None:
    """And none is lost; neighbours are mostly of different streams."""
    owner = {store_id: stream.seed for stream in drawn for store_id in stream.world.stores}
    mixed = list(interleaved(random.Random(1), drawn))
    for stream in drawn:
        assert [line for line in mixed if owner[line.store_id] == stream.seed] == stream.lines
    changes = sum(owner[one.store_id] != owner[other.store_id] for one, other in pairwise(mixed))
    assert changes > 0.8 * len(mixed)


def test_all_that_shall_be_tried_is_there(drawn: list[Stream]) -> None:
    """Every kind, duplicates, impostors, late ones also by hours, durations, anonymous payments, several stores, rules of their own."""
    seen: Counter[str] = Counter()
    for stream in drawn:
        rules = {stream.world.rules_of(store_id) for store_id in stream.world.stores}
        seen["several stores"] += len(stream.world.stores) > 1
        seen["rules that differ"] += len(rules) > 1
        seen["store without a plan"] += len(stream.layouts()) < len(stream.world.stores)
        seen["late by hours"] += sum(hours > 2 for hours in hours_late(stream))
        seen["behind the end"] += any(line.reading and line.reading.id == "closing" for line in stream.lines[:-1])
        for one in arrived(stream):
            seen[one.kind] += 1
            seen["late"] += one.is_late
        for account in accounts(stream).values():
            seen["duplicate"] += account.duplicate
            seen["rejected"] += account.rejected
        for reading in stream.readings:
            seen["duration"] += bool(isinstance(reading, Dwell | Shelf) and reading.duration_s)
            seen["anonymous payment"] += isinstance(reading, Payment) and reading.device_id is None
            seen["items"] += bool(isinstance(reading, Payment) and reading.items)
        contents = {(line.store_id, line.reading.id, line.raw) for line in stream.lines if line.reading is not None}
        seen["impostor"] += len(contents) - len(arrived(stream))
        seen["sighting"] += sum(line.reading is None and not line.is_rejected for line in stream.lines)
    assert {"entry", "dwell", "shelf", "payment", "status"} <= set(seen)
    assert seen.pop("store without a plan") > 0
    assert min(seen.values()) >= 20, seen
