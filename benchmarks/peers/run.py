"""`instore bench peers`: other stream processors on the same Kafka in the same run, doing the same job: visits with their stays.

The job is rules 0 to 6 of instore. instore itself does more meanwhile: payments, shelf visits, priority, signals, live visits, late
readings, and with its database all rows. The readings are the same for all. Bytewax and instore read our own topic, of arrays; Quix Streams
and Faust's tables take one reading a record, as their guides do, from a topic of their own, keyed by device.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from rich.console import Console

from benchmarks import worker
from benchmarks.figure import Figure
from benchmarks.load import Load, fill, load
from benchmarks.report import Report
from benchmarks.running import Stuck
from benchmarks.servers import Given, Servers, extra_topics, servers
from sensors.decode import Decoded
from sensors.layout import gate_zones, shelf_zones
from sensors.reading import KAFKA_BATCH, KAFKA_ENCODER, Dwell, Entry, Reading, Shelf
from sensors.topics import PARTITIONS, READINGS
from storage.model import Visit
from stream.reconstruct import reconstruct

READINGS_WANTED = 100_000
LONGEST_S = 900.0
SINGLE = "instore.bench.single"
"""The topic with one reading a record."""

END = "end"
"""The store of readings so late that every window before them is over."""

FOLDER = Path(__file__).parent
INSTALL = "{python} -m pip install bytewax confluent-kafka quixstreams"


class Peer(NamedTuple):
    """Another stream processor.

    Attributes:
        name: of its figure.
        program: in this folder.
        module: what must be installed for it.
        arrays: it reads our own topic.
        about: how it does it, for people.
    """

    name: str
    program: str
    module: str
    arrays: bool
    about: str


PEERS = (
    Peer("bytewax", "bytewax_sessions.py", "bytewax", arrays=True, about="Bytewax, session windows; arrays"),
    Peer("quix", "quix_sessions.py", "quixstreams", arrays=False, about="Quix Streams, session windows; one reading a record"),
    Peer("faust", "faust_table.py", "faust", arrays=False, about="Faust as in its guide, a table; one reading a record"),
)


class Options(NamedTuple):
    """What is measured: how many readings, of stores to which so many shoppers come, where, and by which Python (None: ours)."""

    readings: int
    shoppers: int
    given: Given
    python: str | None


class Key(NamedTuple):
    """What two visits must have in common to be the same."""

    store_id: str
    device_id: str
    entered_at: int
    left_at: int
    stays: tuple[tuple[str, int, int], ...]


class Told(msgspec.Struct):
    """A visit as a peer tells it."""

    store_id: str
    device_id: str
    entered_at: int
    left_at: int
    stays: list[dict[str, str | int]]


def run(options: Options, report: Report) -> Iterator[Figure]:
    """Measure, one figure after the other; a peer that is not installed is told of, and left out."""
    with report.bar("simulating", 1):
        chain = placed(load(options.readings, options.shoppers))
        expected = visits_of(chain)
    with servers(options.given, with_mqtt=False) as where, extra_topics(where.brokers, [SINGLE, *map(_out, PEERS)]):
        with report.bar("filling", 1):
            fill(where.brokers, chain.records)
            singles = _fill_single(where.brokers, chain)
        limit = worker.bare(where.brokers, chain.readings)
        ours = list(worker.figures(where, chain, limit, report))
        yield from (figure._replace(name=figure.name.replace("P2", "peers/instore", 1)) for figure in ours)
        for peer in PEERS:
            python = sys.executable if peer.module == "faust" else options.python or sys.executable
            if not _has(python, peer.module):
                Console(stderr=True).print(f"{peer.name} is left out: {INSTALL.format(python=python)}", highlight=False)
                continue
            with report.bar(peer.name, 1):
                seconds, told = _run(peer, python, where, readings := chain.readings if peer.arrays else singles)
            same = f"{len(told & expected)} of the {len(expected)} of instore are among them"
            about = f"{peer.about}; {readings} readings; {len(told)} visits, {same}"
            yield Figure(f"peers/{peer.name}", readings / seconds, "readings/s", limit, about)


def _out(peer: Peer) -> str:
    return f"instore.bench.{peer.name}"


def placed(chain: Load) -> Load:
    """Write into each reading the zone that the layout has for its shelf or gate: peers know no layout."""
    [one, *_] = chain.layouts
    zones = {**gate_zones(one), **shelf_zones(one)}
    records = [
        record._replace(value=KAFKA_ENCODER.encode([_placed(reading, zones) for reading in KAFKA_BATCH.decode(record.value)]))
        for record in chain.records
    ]
    return Load(records, chain.layouts)


def _placed(reading: Reading, zones: dict[str, str]) -> Reading:
    if isinstance(reading, Entry | Shelf) and reading.zone_id is None:
        reading.zone_id = zones.get(reading.sensor_id if isinstance(reading, Entry) else reading.shelf_id)
    return reading


def visits_of(chain: Load) -> set[Key]:
    """What instore tells of all readings together."""
    readings = [reading for record in chain.records for reading in KAFKA_BATCH.decode(record.value)]
    return {_key_of(visit) for visit in reconstruct([Decoded(readings, [], [])], chain.layouts).visits}


def _key_of(visit: Visit) -> Key:
    stays = tuple((stay.zone_id, stay.started_at, stay.ended_at) for stay in visit.stays)
    return Key(visit.store_id, visit.device_id, visit.entered_at, visit.left_at, stays)


def _of_peer(value: bytes) -> Key:
    told = msgspec.json.decode(value, type=Told)
    stays = tuple((str(stay["zone_id"]), int(stay["started_at"]), int(stay["ended_at"])) for stay in told.stays)
    return Key(told.store_id, told.device_id, told.entered_at, told.left_at, stays)


def _run(peer: Peer, python: str, where: Servers, readings: int) -> tuple[float, set[Key]]:
    """Run a peer; return the seconds that it says it took, and its visits."""
    topic = READINGS if peer.arrays else SINGLE
    command = [python, str(FOLDER / peer.program), where.brokers[0], topic, _out(peer), str(readings)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=LONGEST_S, cwd=where.folder)  # noqa: S603 - our own
    if done.returncode:
        raise Stuck(f"{peer.name} ended with {done.returncode}; it said: {done.stderr[-2000:]}")
    told = {key for key in _read(where.brokers, _out(peer)) if key.store_id != END}
    return float(done.stdout.splitlines()[-1]), told


def _read(brokers: Sequence[str], topic: str) -> set[Key]:
    """Read all that a peer wrote."""
    consumer = KafkaConsumer(bootstrap_servers=list(brokers), auto_offset_reset="earliest", enable_auto_commit=False)
    try:
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        found: set[Key] = set()
        while polled := consumer.poll(timeout_ms=3000):
            found |= {_of_peer(record.value) for records in polled.values() for record in records}
        return found
    finally:
        consumer.close()


def _fill_single(brokers: Sequence[str], chain: Load) -> int:
    """Write the readings of devices one by one, keyed by device; return how many. At the end, each partition hears of a far later time."""
    producer = KafkaProducer(
        bootstrap_servers=list(brokers), acks="all", enable_idempotence=False, compression_type="lz4", batch_size=262_144, linger_ms=20
    )
    count, last = 0, 0
    try:
        for record in chain.records:
            for reading in KAFKA_BATCH.decode(record.value):
                if isinstance(reading, Entry | Dwell | Shelf):
                    producer.send(SINGLE, KAFKA_ENCODER.encode(reading), key=f"{reading.store_id}/{reading.device_id}".encode())
                    count, last = count + 1, max(last, reading.ts)
        producer.flush(timeout=120)
        for number in range(PARTITIONS):
            producer.send(SINGLE, KAFKA_ENCODER.encode(_end(last, number)), key=f"end-{number}".encode(), partition=number)
        producer.flush(timeout=60)
    finally:
        producer.close()
    return count + PARTITIONS


def _end(last: int, number: int) -> Reading:
    """A reading so late that every window before it is over."""
    ts = last + 4 * 3600 * 1_000_000
    return Dwell(id=f"end-{number}", store_id=END, sensor_id="end", device_id=f"end-{number}", zone_id="end", ts=ts, received_at=ts)


def _has(python: str, module: str) -> bool:
    return subprocess.run([python, "-c", f"import {module}"], check=False, capture_output=True).returncode == 0  # noqa: S603 - our own
