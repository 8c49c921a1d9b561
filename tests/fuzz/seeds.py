"""What sensors really send, to begin with: simulated shoppers, the examples of `docs/readings.md`, and real recordings where they are."""

import os
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from benchmarks.chain import arrivals, layouts_of
from sensors.topics import mqtt_topic
from simulators.shop.floor import builtin

ROOT = Path(__file__).parents[2]
NOW = 1_795_339_812_000_000
"""When all of them are received: 2026-11-22T09:30:12Z, after the moments in them."""

_DAY = date(2026, 11, 14)
_EXAMPLE = re.compile(r"^```json \S+ topic=(\S+)\n(.*?)^```", re.DOTALL | re.MULTILINE)


class Seed(NamedTuple):
    """A message as it comes: its topic and its payload."""

    topic: str
    payload: bytes


def seeds() -> list[Seed]:
    """Gather some hundreds of messages, of every kind of reading."""
    return [*_simulated(), *_examples(), *_recorded()]


def _simulated() -> Iterator[Seed]:
    """Messages of a quiet day of a store, some of each kind: short ones and arrays, some of them faulty."""
    [layout] = layouts_of(builtin("grocery"), 1)
    kinds: dict[str, int] = {}
    for _, message in arrivals([layout], 6, _DAY, 1, 1):
        kinds[message.kind] = kinds.get(message.kind, 0) + 1
        if kinds[message.kind] <= 60:
            yield Seed(message.topic, message.payload)


def _examples() -> Iterator[Seed]:
    page = (ROOT / "docs" / "readings.md").read_text()
    yield from (Seed(topic, payload.encode()) for topic, payload in _EXAMPLE.findall(page))


def _recorded() -> Iterator[Seed]:
    """Messages of gateways in their own forms, which are none of ours; nothing where the recordings are not beside the checkout."""
    folder = Path(os.environ.get("INSTORE_TEST_DATA_DIR") or ROOT.parent / "shared" / "data")
    for file in [*sorted(folder.glob("*/*")), *folder.parent.glob("research/gateways.md")]:
        lines = [line for line in file.read_bytes().splitlines() if line.strip()]
        yield from (Seed(mqtt_topic("s1", "sighting", "gw-1"), line) for line in lines[:8])
