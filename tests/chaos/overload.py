"""`python -m tests.chaos.overload`: a flood of one large store, and small ones beside it, over mosquitto, Apache Kafka and PostgreSQL.

The large store sends as fast as the broker takes it. In each partition a small store sends a reading a second all the while. Printed are
what became of all readings, how long that took, the memory of bridge and workers, and how fresh the small stores were.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple

import msgspec
import psycopg
from kafka.partitioner import murmur2

from sensors.layout import load
from sensors.mqtt_client import new_client
from sensors.topics import PARTITIONS, READINGS, mqtt_topic
from sensors.urls import MqttUrl
from storage.migrate import migrate
from storage.postgres import postgres
from tests.chaos.beside import Beside
from tests.chaos.looks import Look, Watch, ages, partitions_of
from tests.chaos.mall import Mall
from tests.e2e.days import GROCERY, Accounting, accounting
from tests.e2e.processes import Surroundings, surroundings, wait_until
from tests.servers import apache_kafka, mosquitto

MALL = "mall"
QUIET_S = 20.0
"""Before the flood, and after it."""

AGO_S = 24 * 3600
"""The flood begins with what was heard so long ago: a gateway, or a bridge, had no network."""

DRAIN_S = 3_600.0
MB = 1_000_000


class Run(NamedTuple):
    """What a run was.

    Attributes:
        n_flood: readings of the flood.
        began_s: when it began, in seconds since the first look.
        published_s: when the broker had acknowledged all of it.
        done_s: when the database had all of it.
        looks: one a second.
        partitions: those that each worker had in the end.
        small: the small store of each partition.
        found: what became of the readings of each store, beside how many were sent.
    """

    n_flood: int
    began_s: float
    published_s: float
    done_s: float
    looks: list[Look]
    partitions: dict[str, set[int]]
    small: list[str]
    found: dict[str, tuple[int, Accounting]]


def partition_of(store_id: str) -> int:
    """Tell which partition a store is in, as Kafka's clients do."""
    return int(murmur2(store_id.encode()) & 0x7FFF_FFFF) % PARTITIONS


def small_stores() -> list[str]:
    """Name a small store for each partition."""
    names: dict[int, str] = {}
    for number in count(1):
        names.setdefault(partition_of(f"small-{number}"), f"small-{number}")
        if len(names) == PARTITIONS:
            break
    return [names[number] for number in range(PARTITIONS)]


def write_flood(file: Path, n_readings: int, seed: int) -> int:
    """Write the messages of the flood; return how many readings they have."""
    zones = [zone.zone_id for zone in load(GROCERY).zones if zone.type in {"general", "interest"}][:10]
    mall = Mall(MALL, zones, ("checkout-1", "till-1"), int(time.time()) - AGO_S, seed)
    n_made = 0
    with file.open("wb") as out:
        for message in mall.messages(n_readings):
            out.write(message.topic.encode() + b"\t" + message.payload + b"\n")
            n_made += message.n_readings
    return n_made


class Trickle(Beside):
    """A reading a second from each small store, from a thread.

    Args:
        url: of the MQTT broker.
        store_ids: the stores.
    """

    def __init__(self, url: str, store_ids: list[str]) -> None:
        super().__init__()
        self.n_each = 0
        self._url, self._store_ids = url, store_ids

    def go_on(self) -> None:
        """Send a reading of each store every second."""
        client = new_client(MqttUrl.parse(self._url), "trickle")
        client.reconnect()
        client.loop_start()
        while not self.stop.wait(1.0):
            said = f'{{"device_id":"band-1","zone_id":"hall","ts":{time.time() * 1000:.0f}}}'.encode()
            sent = [client.publish(mqtt_topic(store_id, "dwell", "gw-1"), said, qos=1) for store_id in self._store_ids]
            for one in sent:
                one.wait_for_publish(60)
            self.n_each += 1
        client.disconnect()
        client.loop_stop()


@contextmanager
def running(folder: Path, n_workers: int) -> Iterator[Surroundings]:
    """Have servers, a bridge and workers at work."""
    with ExitStack() as stack:
        mqtt, kafka = stack.enter_context(mosquitto(folder / "mqtt")), stack.enter_context(apache_kafka(folder / "kafka"))
        database = stack.enter_context(postgres(folder / "postgres"))
        migrate(database)
        urls = {"INSTORE_MQTT_URL": mqtt.url, "INSTORE_KAFKA_URL": kafka.url, "INSTORE_DATABASE_URL": database, "INSTORE_METRICS_PORT": "0"}
        here = stack.enter_context(surroundings(folder / "commands", urls))
        layout = here.folder / "mall.yaml"
        layout.write_text(re.sub(r"(?m)^store_id: .*$", f"store_id: {MALL}", GROCERY.read_text()))
        here.run_well("layout", "load", layout)
        commands = [here.start("bridge"), *(here.start("worker") for _ in range(n_workers))]
        for command, words in zip(commands, ["subscribed to", *["working"] * n_workers], strict=True):
            command.wait_for(words)
        wait_until(lambda: _n_taken(here) == PARTITIONS, "all partitions are taken up")
        yield here
        for command in reversed(commands):
            ended = command.terminate(60)
            assert (ended.code, "Traceback" in ended.err) == (0, False), ended.err[-3000:]


def _n_taken(here: Surroundings) -> int:
    taken = partitions_of(here.folder / "data", READINGS)
    return sum(map(len, taken.values())) if all(taken.values()) else 0


def play(folder: Path, n_readings: int, n_workers: int, seed: int) -> Run:
    """Let a flood come, and wait until all of it is stored."""
    flood, small = folder / "flood", small_stores()
    n_flood = write_flood(flood, n_readings, seed)
    with running(folder, n_workers) as here:
        url, database = here.environment["INSTORE_MQTT_URL"], here.environment["INSTORE_DATABASE_URL"]
        with Watch(here.folder / "data", database, small) as watch:
            with Trickle(url, small) as trickle:
                time.sleep(QUIET_S)
                began_s = watch.now_s()
                subprocess.run([sys.executable, "-m", "tests.chaos.flood", flood, url], check=True, stdout=subprocess.DEVNULL)
                published_s = watch.now_s()
                _wait_for(database, MALL, n_flood)
                done_s = watch.now_s()
                partitions = partitions_of(here.folder / "data", READINGS)
                time.sleep(QUIET_S)
            for store_id in small:
                _wait_for(database, store_id, trickle.n_each)
        sent = {MALL: n_flood, **dict.fromkeys(small, trickle.n_each)}
        found = {store_id: (number, accounting(database, store_id)) for store_id, number in sent.items()}
    return Run(n_flood, began_s, published_s, done_s, watch.looks, partitions, small, found)


def _wait_for(database_url: str, store_id: str, n_readings: int) -> None:
    statement = "SELECT coalesce(sum(received), 0) >= %s FROM instore.ingest_counts WHERE store_id = %s"
    with psycopg.connect(database_url, autocommit=True) as connection:
        what = f"{n_readings} readings of {store_id} are there"
        wait_until(lambda: connection.execute(statement, [n_readings, store_id]).fetchone() == (True,), what, DRAIN_S, 0.25)


def lost(run: Run) -> list[str]:
    """Name the stores of which something is missing, or was made up."""
    return [
        f"{store_id}: {number} sent, {what}"
        for store_id, (number, what) in run.found.items()
        if (what.stored, what.rejected, what.difference) != (number, 0, 0)
    ]


def report(run: Run) -> Iterator[str]:
    """Tell of a run in lines of Markdown."""
    during = [look for look in run.looks if run.began_s <= look.at_s <= run.done_s]
    took = run.done_s - run.began_s
    taken = next((look.at_s for look in run.looks if look.n_bridge >= run.n_flood), run.done_s)
    duplicate = run.found[MALL][1].duplicate
    yield f"{run.n_flood:,} readings, {len(run.partitions)} worker(s): {'; '.join(lost(run)) or 'nothing lost'}, {duplicate:,} sent again"
    yield f"published in {run.published_s - run.began_s:.0f} s, in Kafka after {taken - run.began_s:.0f} s"
    lag = max(look.lag for look in run.looks)
    yield f"all stored after {took:.0f} s ({run.n_flood / took:,.0f} readings/s), lag at most {lag:,} records"
    for process in sorted({name for look in run.looks for name in look.memory}):
        before, most = (max(look.memory.get(process, 0) for look in looks) / MB for looks in (_before(run), run.looks))
        yield f"memory of {process}: {before:.0f} MB before, at most {most:.0f} MB"
    yield from _fresh("before", _before(run), run.small)
    where = partition_of(MALL)
    for worker, numbers in sorted(run.partitions.items()):
        others = [run.small[number] for number in sorted(numbers) if number != where]
        whose = f"{worker}{', which has the flood' if where in numbers else ''}"
        yield from _fresh(f"while the bridge reads the flood, {whose}", [look for look in during if look.at_s < taken], others)
        yield from _fresh(f"while workers work it off, {whose}", [look for look in during if look.at_s >= taken], others)
    yield from _fresh("during, the small store in the partition of the flood", during, [run.small[where]])
    yield from _fresh("after", [look for look in run.looks if look.at_s > run.done_s + 2], run.small)


def _before(run: Run) -> list[Look]:
    return [look for look in run.looks if 5 < look.at_s < run.began_s]


def _fresh(when: str, looks: list[Look], store_ids: list[str]) -> Iterator[str]:
    spread = ages(looks, store_ids)
    yield f"newest reading, {when}: p50 {spread.p50:.1f} s, p95 {spread.p95:.1f} s, most {spread.most:.1f} s"


def main() -> int:
    """Let a flood come, and print what became of it."""
    options = argparse.ArgumentParser(prog="python -m tests.chaos.overload", description=__doc__.partition("\n")[0] if __doc__ else None)
    options.add_argument("--readings", type=int, default=1_000_000)
    options.add_argument("--workers", type=int, default=1)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--looks", type=Path, help="a file for all looks, JSON lines")
    wanted = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="instore-flood-") as folder:
        run = play(Path(folder), wanted.readings, wanted.workers, wanted.seed)
    if wanted.looks:
        wanted.looks.write_bytes(b"\n".join(map(msgspec.json.encode, run.looks)))
    sys.stdout.writelines(f"{line}\n" for line in report(run))
    return 1 if lost(run) else 0


if __name__ == "__main__":
    sys.exit(main())
