"""What is seen from outside while a flood is worked off: a look a second at memory, counts, and how fresh small stores are."""

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

import msgspec
import psycopg

from sensors.targets import Target, running
from tests.chaos.beside import Beside
from tests.scrape import Scrape, scrape

EVERY_S = 1.0

_NEWEST = "SELECT store_id, extract(epoch FROM max(ts))::float8 FROM instore.readings WHERE store_id = ANY(%s) GROUP BY store_id"


class Look(msgspec.Struct):
    """How it is at a moment.

    Attributes:
        at_s: seconds since the first look.
        memory: bytes of each process that are in memory, by its part and number.
        n_bridge: readings that the bridge has taken.
        n_done: readings and dead letters that workers have written, or known as repeated.
        lag: Kafka records that the database does not have.
        age_s: of the newest stored reading of each small store.
    """

    at_s: float
    memory: dict[str, int]
    n_bridge: int
    n_done: int
    lag: int
    age_s: dict[str, float]


class Spread(NamedTuple):
    """Of some ages, in seconds."""

    p50: float
    p95: float
    most: float


class Watch(Beside):
    """Looks, until told to stop.

    Args:
        data_dir: where bridge and workers write down where they can be looked at.
        database_url: where rows go.
        store_ids: the small stores.
    """

    def __init__(self, data_dir: Path, database_url: str, store_ids: Sequence[str]) -> None:
        super().__init__()
        self.looks: list[Look] = []
        self._data_dir, self._database_url, self._store_ids = data_dir, database_url, list(store_ids)
        self._began = time.monotonic()

    def now_s(self) -> float:
        """Seconds since it began to look."""
        return time.monotonic() - self._began

    def go_on(self) -> None:
        """Look each second."""
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            while not self.stop.wait(EVERY_S):
                self.looks.append(self._look(connection))

    def _look(self, connection: psycopg.Connection) -> Look:
        targets = running(self._data_dir)
        seen = [(target.part, found) for target in targets if (found := _scraped(target))]
        bridges = [found for part, found in seen if part == "bridge"]
        workers = [found for part, found in seen if part == "worker"]
        newest = connection.execute(_NEWEST, [self._store_ids]).fetchall()
        return Look(
            at_s=round(self.now_s(), 2),
            memory={f"{target.part} {target.pid}": _resident(target.pid) for target in targets},
            n_bridge=_sum(bridges, "instore_bridge_readings_total"),
            n_done=_sum(workers, "instore_worker_received_total"),
            lag=_sum(workers, "instore_worker_lag_records"),
            age_s={store_id: round(time.time() - ts, 2) for store_id, ts in newest},
        )


def partitions_of(data_dir: Path, topic: str) -> dict[str, set[int]]:
    """Tell which partitions each worker has."""
    taken = {}
    for target in running(data_dir):
        if target.part == "worker" and (found := _scraped(target)):
            lags = [one for one in found.samples if one.name == "instore_worker_lag_records" and one.labels["topic"] == topic]
            taken[f"worker {target.pid}"] = {int(one.labels["partition"]) for one in lags}
    return taken


def ages(looks: Iterable[Look], store_ids: Iterable[str]) -> Spread:
    """How old the newest stored reading of some stores was: all stores and looks together."""
    wanted = set(store_ids)
    found = sorted(age for look in looks for store_id, age in look.age_s.items() if store_id in wanted)
    if len(found) < 2:
        return Spread(*(found * 3)[:3]) if found else Spread(0, 0, 0)
    cuts = quantiles(found, n=100, method="inclusive")
    return Spread(cuts[49], cuts[94], found[-1])


def _scraped(target: Target) -> Scrape | None:
    with suppress(OSError):
        return scrape(target.url)
    return None


def _sum(seen: Iterable[Scrape], name: str) -> int:
    return round(sum(one.sum(name) for one in seen))


def _resident(pid: int) -> int:
    """Bytes of a process that are in memory; 0 where it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0
