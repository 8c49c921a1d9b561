"""`instore bench engine`: how fast the journey engine is alone, with all its rules: bytes of Kafka records in, visits and signals out.

No broker, no database. Records are what the bridge makes under load: readings of one store, in order of arrival. Each figure stands beside
the bare limit of the same bytes in the same run: decoding them, and a dictionary of the devices.
"""

import gc
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from benchmarks.chain import QUIET, arrivals, layouts_of
from benchmarks.figure import Figure
from benchmarks.report import Report
from sensors.decode import decode
from sensors.lanes import MAX_RECORD_READINGS
from sensors.layout import Layout
from sensors.reading import KAFKA_BATCH, KAFKA_ENCODER, Dwell, Entry, Reading
from sensors.topics import READINGS
from simulators.shop.floor import builtin
from stream.garbage import collect_seldom
from stream.journey import Plan
from stream.partition import Partition
from stream.worker import MOST_BUFFERED

GOAL_A_SECOND = 600_000.0
GOAL_OF_BARE = 0.5
GOAL_OPEN_BYTES = 2_048.0
GOAL_TWO = 1.8
"""Of issue 7: readings a second, of the bare limit; bytes an open visit; two processes against one."""

OF_A_STORE = 100_000
SCALES = 1, 10, 100
OPEN = 100_000
OPEN_STORES = 50
FEW_OPEN = 1_000
ROUNDS = 3
"""Each way is tried so many times, in turns, and the fastest counts: what else the machine does only slows down."""

_DAY = date(2026, 11, 20)
_SEED = 1
_PAGE = 4096


class Options(NamedTuple):
    """What is measured.

    Attributes:
        readings: of one store, at scale 1.
        shoppers: how many come to that store on the mean open day.
        open_visits: how many are open at once for P7.
        scales: so many times the readings, as stores side by side, for P8.
    """

    readings: int = OF_A_STORE
    shoppers: int = 1_000
    open_visits: int = OPEN
    scales: Sequence[int] = SCALES


class Record(NamedTuple):
    """A record of `instore.readings`: its key (the store), its bytes, when it came (microseconds since 1970), how many readings it has."""

    key: bytes
    value: bytes
    at: int
    n_readings: int


def run(options: Options, report: Report) -> Iterator[Figure]:
    """Measure, one figure after the other; Python looks for garbage as seldom as in a worker."""
    collect_seldom()
    plan = builtin("grocery")
    with report.bar("simulating", options.readings) as advance:
        records = simulated(plan, options)
        advance(options.readings)
    yield from _speed(records, plan, report)
    yield from _scales(records, plan, options, report)
    yield from _processes(records, plan)
    yield from _open_visits(options)


def simulated(plan: Layout, options: Options) -> list[Record]:
    """The first readings of a simulated day of one store, as records."""
    [layout] = layouts_of(plan, 1)
    readings: list[tuple[Reading, int]] = []
    for arrival in arrivals([layout], options.shoppers, _DAY, 1, _SEED):
        decoded = decode(arrival.message.payload, topic=arrival.message.topic, received_at=arrival.at)
        readings += [(reading, arrival.at) for reading in decoded.readings]
        if len(readings) >= options.readings:
            break
    return list(_records(layout.store_id, iter(readings[: options.readings])))


def _records(store_id: str, readings: Iterator[tuple[Reading, int]]) -> Iterator[Record]:
    while some := list(islice(readings, MAX_RECORD_READINGS)):
        value = KAFKA_ENCODER.encode([reading for reading, _ in some])
        yield Record(store_id.encode(), value, some[-1][1], len(some))


def of_stores(records: Sequence[Record], stores: int) -> Iterator[Record]:
    """The same of many stores side by side: each record once for each store."""
    for record in records:
        for number in range(1, stores + 1):
            key = f"bench-{number}".encode()
            yield record._replace(key=key, value=record.value.replace(b'"' + record.key + b'"', b'"' + key + b'"'))


def bare(records: Sequence[Record]) -> float:
    """Decode records and note each device's last reading; return the seconds that took."""
    began = perf_counter()
    last: dict[str | None, Reading] = {}
    for record in records:
        for reading in KAFKA_BATCH.decode(record.value):
            last[getattr(reading, "device_id", None)] = reading
    return perf_counter() - began


class Told(NamedTuple):
    """What the engine has told of records: how long it took, how many visits are final, and the partition that told them."""

    seconds: float
    visits: int
    partition: Partition


def told(records: Sequence[Record], plan: Layout, stores: int, *, ends: bool = True) -> Told:
    """Have the engine tell records; in the end it is late enough for all visits to be final, unless `ends` says otherwise."""
    plans = {layout.store_id: Plan.of(layout) for layout in layouts_of(plan, stores)}
    partition = Partition(READINGS, 0, "instore bench", None, plans.__getitem__)
    finals: set[str] = set()
    began = perf_counter()
    _take(partition, records, finals)
    if ends:
        partition.pass_time(records[-1].at + QUIET)
        _flush(partition, finals)
    return Told(perf_counter() - began, len(finals), partition)


def _take(partition: Partition, records: Sequence[Record], finals: set[str]) -> None:
    """Take records in, and flush as often as a worker does that has a backlog."""
    for record in records:
        partition.accept_readings(partition.next_offset, record.value, record.at, record.key)
        if partition.n_buffered >= MOST_BUFFERED:
            _flush(partition, finals)
    partition.pass_time(records[-1].at)
    _flush(partition, finals)


def _flush(partition: Partition, finals: set[str]) -> None:
    for store_id, late in partition.take_late().items():
        partition.settle_late(store_id, late, set())
    if (flush := partition.flush()) is not None:
        finals.update(str(visit.visit_id) for visit in flush.visits if visit.is_final)


def _speed(records: list[Record], plan: Layout, report: Report) -> Iterator[Figure]:
    """P1."""
    n = sum(record.n_readings for record in records)
    with report.bar("telling", ROUNDS) as advance:
        limits, tried = [], []
        for number in range(ROUNDS):
            limits.append(bare(records))
            tried.append(told(records, plan, 1))
            advance(number + 1)
    limit, best = n / min(limits), n / min(one.seconds for one in tried)
    yield Figure("P1", best, "readings/s", GOAL_A_SECOND, f"the engine alone; {n} readings, {tried[0].visits} visits, one process")
    yield Figure("P1/bare", best, "readings/s", limit, "the same; limit: decoding the same bytes, and a dictionary of devices")
    yield Figure("P1/of_bare", best / limit, "1", GOAL_OF_BARE, "the engine's speed as a share of the bare limit")


def _scales(records: list[Record], plan: Layout, options: Options, report: Report) -> Iterator[Figure]:
    """P8."""
    share = records[: max(1, len(records) // 10)]
    first = None
    with report.bar("scaling", len(options.scales)) as advance:
        for done, scale in enumerate(options.scales):
            stores = list(of_stores(share, scale))
            n = sum(record.n_readings for record in stores)
            rate = n / min(told(stores, plan, scale).seconds for _ in range(ROUNDS if scale < max(options.scales) else 1))
            first = first or rate
            advance(done + 1)
            yield Figure(f"P8/{scale}x", rate, "readings/s", first, f"{n} readings of {scale} stores; limit: at the smallest scale")


def _processes(records: list[Record], plan: Layout) -> Iterator[Figure]:
    """The engine in two processes at once."""
    n = sum(record.n_readings for record in records)
    rates = []
    for processes in (1, 2):
        with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), collect_seldom) as pool:
            list(pool.map(_seconds, [(records[:1], plan)] * processes))  # started, and all is imported
            began = perf_counter()
            list(pool.map(_seconds, [(records, plan)] * processes))
            rates.append(processes * n / (perf_counter() - began))
    yield Figure("P1/two", rates[1], "readings/s", rates[0], f"two processes; limit: one; the goal is {GOAL_TWO} times")


def _seconds(work: tuple[list[Record], Layout]) -> float:
    return told(*work, 1).seconds


def _open_visits(options: Options) -> Iterator[Figure]:
    """P7."""
    few, many = (_opened(number) for number in (FEW_OPEN, options.open_visits))
    yield Figure("P7", many[0], "bytes", GOAL_OPEN_BYTES, f"memory of an open visit, beside {options.open_visits} others in one process")
    yield Figure("P7/speed", many[1], "readings/s", few[1], f"readings of {options.open_visits} open visits; limit: of {FEW_OPEN}")


def _opened(visits: int) -> tuple[float, float]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), collect_seldom) as pool:
        return pool.submit(_open, visits).result()


def _open(visits: int) -> tuple[float, float]:
    """Open visits, three readings each; return the bytes each takes, and how many more readings of them are taken a second."""
    plan = builtin("grocery")
    told(list(_visits(plan, OPEN_STORES, 0, 2)), plan, OPEN_STORES, ends=False)  # all is imported, and caches are full
    first, more = (list(_visits(plan, visits, since, 3)) for since in (0, 3))
    gc.collect()
    before = _resident()
    partition = told(first, plan, min(visits, OPEN_STORES), ends=False).partition
    gc.collect()
    size = (_resident() - before) / visits
    began = perf_counter()
    _take(partition, more, set())
    return size, 3 * visits / (perf_counter() - began)


def _visits(plan: Layout, visits: int, since: int, number: int) -> Iterator[Record]:
    """Readings of visits that go on, a minute between them: they enter, and stay in one zone after the other."""
    zones = [zone.zone_id for zone in plan.zones if zone.type == "general"]
    stores = min(visits, OPEN_STORES)
    for step in range(since, since + number):
        for store in range(stores):
            devices = range(store, visits, stores)
            readings = iter([(_reading(f"bench-{store + 1}", device, step, zones), _at(step)) for device in devices])
            yield from _records(f"bench-{store + 1}", readings)


def _at(step: int) -> int:
    return 1_795_339_812_000_000 + step * 60_000_000


def _reading(store_id: str, device: int, step: int, zones: Sequence[str]) -> Reading:
    common = {"id": f"{device}/{step}", "store_id": store_id, "ts": _at(step) + device, "received_at": _at(step) + device}
    device_id = f"band-{device:06d}"
    if step == 0:
        return Entry(**common, sensor_id="gate-1", device_id=device_id, direction="in")  # type: ignore[arg-type]
    return Dwell(**common, sensor_id="gw-1", device_id=device_id, zone_id=zones[(device + step) % len(zones)])  # type: ignore[arg-type]


def _resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
