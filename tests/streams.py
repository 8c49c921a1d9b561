"""Random streams on the wire: what sensors of many stores send, in order of arrival, and what must become of each line.

A stream is a case of `tests.strategies` whose stores are its own, so that one file, or one run of the pipeline, can carry thousands of
streams at once. Everything is in it: all kinds, disorder, duplicates, impostors, late readings (also by hours, also behind the end of the
store's day), and noise that must change nothing: sightings, broken readings, and readings of a clock that runs centuries ahead.

Event times lie in the past, so nothing that is real is ahead of its receipt, and what is late depends on the order of arrival alone.
"""

import json
import os
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from sensors.layout import Layout
from sensors.reading import SECOND, Reading, Status, rfc3339
from tests.oracle import Expected, expect
from tests.strategies import START, Case, World, arrivals, belated, impostors, random_case

COUNT = "INSTORE_TEST_STREAMS"
"""The variable that says how many streams to try; each test has a number of its own for every day."""

FIRST = "INSTORE_TEST_FIRST_SEED"
"""The variable that says with which seed to begin; 0 if it is not set."""

AT_ONCE = 100
"""Streams that are under way at a time when many are interleaved."""

RECEIVED_AT = START + 30 * 86_400 * SECOND
"""When all is received where no bridge says it: long after it happened, as with a bridge."""

_FUTURE = "2999-12-31T00:00:00Z"


class Line(NamedTuple):
    """What arrives: the bytes, and the reading that they are; None for noise. `is_rejected`: it is a reading, but none to accept."""

    store_id: str
    raw: bytes
    reading: Reading | None
    is_rejected: bool = False


class Stream(NamedTuple):
    """A world of stores of their own, and all that arrives from it, in order."""

    seed: int
    world: World
    lines: list[Line]

    @property
    def readings(self) -> list[Reading]:
        """The readings that are accepted, duplicates among them."""
        return [line.reading for line in self.lines if line.reading is not None]

    def expected(self) -> Expected:
        """Ask the oracle."""
        return expect(self.readings, self.world.layouts, self.world.rules)

    def layouts(self) -> list[Layout]:
        """The plans to load: rules are part of a plan, so a store with rules has one; a store with neither has none."""
        return [plan for store_id in self.world.stores if (plan := _plan(self.world, store_id)) is not None]


class Arrived(NamedTuple):
    """What became of a reading: (store_id, id, kind), and whether it was late; what came again is not among them."""

    store_id: str
    id: str
    kind: str
    is_late: bool


class Account(NamedTuple):
    """What must become of all that a store has sent."""

    received: int
    stored: int
    duplicate: int
    rejected: int


def seeds(usual: int) -> range:
    """Say which streams to try: `usual` many (a third of them in CI, which is in a hurry), or as many as the environment wants."""
    first = int(os.environ.get(FIRST, "0"))
    return range(first, first + int(os.environ.get(COUNT, usual // 3 if "INSTORE_CI" in os.environ else usual)))


def random_wire(seed: int, late: float = 0.1) -> Stream:
    """Draw a stream.

    Args:
        seed: which one; its stores are named by it.
        late: the share of readings that are held back and come late.
    """
    rng = random.Random(seed)
    case = _of_its_own(random_case(rng), seed)
    arriving = impostors(rng, arrivals(rng, case.readings, case.world.lateness_s()))
    arriving = belated(rng, [*arriving, *_closings(case)], late)
    arriving = [msgspec.structs.replace(reading, received_at=RECEIVED_AT) for reading in arriving]
    return Stream(seed, case.world, [line for number, reading in enumerate(arriving) for line in _lines(rng, reading, number)])


def interleaved(rng: random.Random, streams: Iterable[Stream]) -> Iterator[Line]:
    """Mix the lines of streams, `AT_ONCE` streams at a time, each in its own order."""
    waiting = iter(streams)
    under_way = [iter(stream.lines) for _, stream in zip(range(AT_ONCE), waiting, strict=False)]
    while under_way:
        place = rng.randrange(len(under_way))
        line = next(under_way[place], None)
        if line is not None:
            yield line
            continue
        following = next(waiting, None)
        if following is None:
            under_way.pop(place)
        else:
            under_way[place] = iter(following.lines)


def arrived(stream: Stream) -> list[Arrived]:
    """Tell by the words of section 4 which readings are stored, and which of them late: behind the largest `ts` before them."""
    found: dict[tuple[str, str], Arrived] = {}
    clocks: dict[str, int] = defaultdict(int)
    for reading in stream.readings:
        behind = clocks[reading.store_id] - reading.ts
        is_late = behind > round(stream.world.rules_of(reading.store_id).lateness_s * SECOND)
        kind = str(reading.__struct_config__.tag)
        found.setdefault((reading.store_id, reading.id), Arrived(reading.store_id, reading.id, kind, is_late))
        clocks[reading.store_id] = max(clocks[reading.store_id], reading.ts)
    return list(found.values())


def hours_late(stream: Stream) -> list[float]:
    """By how many hours each reading comes behind its store's time; 0 where it is the newest."""
    clocks: dict[str, int] = defaultdict(int)
    behind = []
    for reading in stream.readings:
        clocks[reading.store_id] = max(clocks[reading.store_id], reading.ts)
        behind.append((clocks[reading.store_id] - reading.ts) / SECOND / 3600)
    return behind


def accounts(stream: Stream) -> dict[str, Account]:
    """Count what must become of the lines of each store; sightings are counted nowhere."""
    received: Counter[str] = Counter(line.store_id for line in stream.lines if line.reading is not None or line.is_rejected)
    rejected = Counter(line.store_id for line in stream.lines if line.is_rejected)
    stored = Counter(one.store_id for one in arrived(stream))
    return {store: Account(n, stored[store], n - stored[store] - rejected[store], rejected[store]) for store, n in received.items()}


def ahead(stream: Stream) -> Counter[str]:
    """Count, by store, the readings of a clock that is centuries ahead."""
    return Counter(line.store_id for line in stream.lines if _FUTURE.encode() in line.raw)


def write_lines(path: Path, lines: Iterable[Line]) -> None:
    """Write a recording: one reading a line, in order of arrival."""
    with path.open("wb") as file:
        file.writelines(line.raw + b"\n" for line in lines)


def write_layouts(folder: Path, streams: Sequence[Stream]) -> list[Path]:
    """Write each plan into a file of its own; JSON is YAML too."""
    folder.mkdir()
    paths = []
    for layout in (layout for stream in streams for layout in stream.layouts()):
        paths.append(folder / f"{layout.store_id}.json")
        paths[-1].write_bytes(msgspec.json.encode(_named(layout)))
    return paths


def _of_its_own(case: Case, seed: int) -> Case:
    """Give the stores of a case names that no other stream has."""
    names = {store_id: f"stream-{seed}-{store_id}" for store_id in case.world.stores}
    layouts = {names[store]: msgspec.structs.replace(layout, store_id=names[store]) for store, layout in case.world.layouts.items()}
    rules = {names[store]: rules for store, rules in case.world.rules.items()}
    readings = [msgspec.structs.replace(reading, store_id=names[reading.store_id]) for reading in case.readings]
    return Case(World(tuple(names.values()), layouts, rules), readings)


def _plan(world: World, store_id: str) -> Layout | None:
    layout, rules = world.layouts.get(store_id), world.rules.get(store_id)
    if rules is None:
        return layout
    return msgspec.structs.replace(layout or Layout(store_id=store_id), rules=msgspec.structs.asdict(rules))


def _named(layout: Layout) -> dict[str, Any]:
    """Turn a plan into what stands in a file; what is not there is left out."""
    built: dict[str, Any] = msgspec.to_builtins(layout)
    return {name: value for name, value in built.items() if value}


def _closings(case: Case) -> list[Reading]:
    """Say goodbye to each store: a heartbeat that brings its time so far that every visit is final."""
    closings: list[Reading] = []
    for store_id in case.world.stores:
        last = max((reading.ts for reading in case.readings if reading.store_id == store_id), default=None)
        if last is not None:
            rules = case.world.rules_of(store_id)
            ts = last + round((rules.visit_timeout_s + rules.exit_grace_s + rules.lateness_s + 1) * SECOND)
            closings.append(Status(id="closing", store_id=store_id, sensor_id="gate-0", ts=ts, received_at=ts, state="offline"))
    return closings


def _lines(rng: random.Random, reading: Reading, number: int) -> Iterator[Line]:
    """Write a reading, and now and then some noise before it."""
    if rng.random() < 0.05:
        yield rng.choice((_sighting, _broken, _ahead))(reading, number)
    yield Line(reading.store_id, _wire(reading), reading)


def _wire(reading: Reading, **other: object) -> bytes:
    """Write a reading as sensors do, with some fields otherwise."""
    said: dict[str, Any] = msgspec.to_builtins(reading)
    del said["received_at"]
    return json.dumps({**said, "ts": rfc3339(reading.ts), **other}).encode()


def _sighting(reading: Reading, number: int) -> Line:
    """A gateway hears a device: no presence."""
    said = {
        "id": f"sighting-{number}",
        "kind": "sighting",
        "store_id": reading.store_id,
        "sensor_id": "gateway-9",
        "ts": rfc3339(reading.ts),
    }
    return Line(reading.store_id, json.dumps({**said, "device_id": "d1", "rssi_dbm": -70}).encode(), None)


def _broken(reading: Reading, _number: int) -> Line:
    """A reading that says of itself that it is one of a kind that there is not, under an id that is another's."""
    return Line(reading.store_id, _wire(reading, kind="teleport"), None, is_rejected=True)


def _ahead(reading: Reading, number: int) -> Line:
    """A reading of a clock that is centuries ahead: believed, it would make all that follows late."""
    return Line(reading.store_id, _wire(reading, id=f"ahead-{number}", ts=_FUTURE), None, is_rejected=True)
