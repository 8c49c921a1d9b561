"""Offline, the way of `instore reconstruct`: files of random streams, read, decoded and turned into visits, against the oracle."""

import random
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from stream.reading_files import read
from stream.reconstruct import Reconstructed, reconstruct
from tests.oracle import Expected, ExpectedVisit, from_visit
from tests.stream.rows import by_device
from tests.streams import Line, Stream, accounts, interleaved, random_wire, seeds, write_lines

SEEDS = seeds(1000)
BLOCKS = 10


def _reconstructed(folder: Path, streams: list[Stream], lines: Iterable[Line]) -> Reconstructed:
    write_lines(folder / "readings.jsonl", lines)
    layouts = [layout for stream in streams for layout in stream.layouts()]
    return reconstruct(read(folder / "readings.jsonl", time.time_ns() // 1000), layouts)


def _by_store(found: Iterable[ExpectedVisit]) -> dict[str, list[ExpectedVisit]]:
    stores: dict[str, list[ExpectedVisit]] = {}
    for visit in sorted(found, key=by_device):
        stores.setdefault(visit.store_id, []).append(visit)
    return stores


def _assert_as_expected(result: Reconstructed, streams: list[Stream]) -> None:
    """Compare visit by visit, payment by payment and count by count."""
    wanted: list[Expected] = [stream.expected() for stream in streams]
    found = _by_store(map(from_visit, result.visits))
    for store_id, visits in _by_store(visit for one in wanted for visit in one.visits).items():
        assert found.pop(store_id, []) == visits, store_id
    assert not found
    nobodys = Counter((payment.store_id, payment.id) for payment in result.unattributed)
    assert nobodys == Counter(payment for one in wanted for payment in one.unattributed)
    count = [account for stream in streams for account in accounts(stream).values()]
    assert result.received == sum(account.received for account in count)
    assert result.duplicate == sum(account.duplicate for account in count)
    assert sum(result.rejected.values()) == sum(account.rejected for account in count)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_file_gives_the_visits_of_section_4(block: int, tmp_path: Path) -> None:
    """Streams of many stores in one file, in order of arrival: with noise, duplicates, and readings that come late by hours."""
    streams = [random_wire(seed) for seed in SEEDS[block::BLOCKS]]
    _assert_as_expected(_reconstructed(tmp_path, streams, interleaved(random.Random(block), streams)), streams)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_file_in_any_order_gives_the_same(block: int, tmp_path: Path) -> None:
    """Sorted by nothing at all; only of two readings with one id it matters which comes first."""
    streams = [random_wire(seed) for seed in SEEDS[block::BLOCKS]]
    rng = random.Random(block)
    streams = [stream._replace(lines=rng.sample(stream.lines, len(stream.lines))) for stream in streams]
    _assert_as_expected(_reconstructed(tmp_path, streams, interleaved(rng, streams)), streams)
