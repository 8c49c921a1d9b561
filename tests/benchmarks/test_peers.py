"""What peers are to compute is what instore tells: their rules, which are written anew, against the engine."""

from collections import defaultdict

import msgspec
import pytest

from benchmarks.load import Load, load
from benchmarks.peers.rules import Reading, visits
from benchmarks.peers.run import Key, placed, visits_of
from sensors.reading import KAFKA_BATCH, KAFKA_ENCODER, Dwell, Entry, Shelf


@pytest.fixture(scope="module")
def chain() -> Load:
    """The readings of some hours, with their zones."""
    return placed(load(80_000, 60))


def test_the_rules_of_the_peers_tell_the_same_visits(chain: Load) -> None:
    """All readings of each device together, in any order: the same visits with the same stays."""
    devices: dict[tuple[str, str], list[Reading]] = defaultdict(list)
    for record in reversed(chain.records):
        for reading in KAFKA_BATCH.decode(record.value):
            if isinstance(reading, Entry | Dwell | Shelf):
                devices[reading.store_id, reading.device_id].append(msgspec.json.decode(KAFKA_ENCODER.encode(reading)))
    told = {
        Key(
            visit["store_id"],
            visit["device_id"],
            visit["entered_at"],
            visit["left_at"],
            tuple(tuple(stay.values()) for stay in visit["stays"]),
        )
        for readings in devices.values()
        for visit in visits(_once(readings))
    }
    assert told == visits_of(chain)
    assert len(told) > 40


def _key(visit: Reading) -> Key:
    stays = tuple((stay["zone_id"], stay["started_at"], stay["ended_at"]) for stay in visit["stays"])
    return Key(visit["store_id"], visit["device_id"], visit["entered_at"], visit["left_at"], stays)


def _once(readings: list[Reading]) -> list[Reading]:
    """Without those that came twice: peers are given none of these to decide."""
    return list({reading["id"]: reading for reading in readings}.values())
