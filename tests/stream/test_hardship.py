"""The worker as a process in hard times: records on its topics that are none of ours, a database that is full, or away for a while."""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psycopg
import pytest
from kafka import KafkaProducer
from psycopg import sql

from benchmarks.chain import QUIET
from benchmarks.engine import Options, simulated
from sensors.reading import KAFKA_BATCH, KAFKA_ENCODER, Status
from sensors.targets import running
from sensors.topics import READINGS, REJECTED, ensure_topics
from sensors.urls import kafka_servers
from simulators.shop.floor import builtin
from stream.kafka import kafka
from tests.conftest import MakeDatabase
from tests.e2e.days import Row, in_database
from tests.scrape import get, ready, scrape, target
from tests.small_database import SmallDatabase, small_database
from tests.stream.make import dwell
from tests.stream.test_app import Running

pytestmark = pytest.mark.integration

MakeSmallDatabase = Callable[[], AbstractContextManager[SmallDatabase]]

WAIT_S = 180.0

AWAY_S = float(os.environ.get("INSTORE_TEST_AWAY_S", "5"))
"""How long the database is away."""

N_READINGS = 12_000

RIGHT = json.loads(KAFKA_ENCODER.encode(dwell(0, "a")))


def _batch(**fields: object) -> bytes:
    return json.dumps([{**RIGHT, **fields}]).encode()


POISON: list[tuple[str, bytes | None, bytes | None]] = [
    (READINGS, b"s1", b"\xff\xfe no JSON"),
    (READINGS, b"s1", b'{"kind": "dwell"}'),
    (READINGS, b"s1", b"[1, null, [[]]]"),
    (READINGS, b"s1", b'"text"'),
    (READINGS, b"s1", b"[" * 100_000),
    (READINGS, b"s1", b"x" * 900_000),
    (READINGS, b"s1", b""),
    (READINGS, b"s1", None),
    (READINGS, b"s1", _batch(ts="2026-11-22T09:30:12Z")),
    (READINGS, b"s1", _batch(device_id="a\0b")),
    (READINGS, b"s1", _batch(kind="teleport")),
    (READINGS, b"another", _batch()),
    (READINGS, None, _batch()),
    (READINGS, b"\xff\xfe", _batch()),
    (READINGS, b"s\0", _batch()),
    (READINGS, b"k" * 5000, _batch()),
    (REJECTED, b"s1", b"no dead letter"),
    (REJECTED, b"s1", None),
    (REJECTED, None, b"[]"),
]
"""Topic, key and value of records that no bridge of ours has written."""


class Shop(NamedTuple):
    """What a store's sensors say on a simulated day, as records, and how many readings that is."""

    store_id: str
    records: list[tuple[str, bytes | None, bytes | None]]
    n_readings: int


@pytest.fixture(scope="module")
def shop() -> Shop:
    """Some hours of a grocery, and then a sign of life that is late enough for every visit to be final."""
    told = simulated(builtin("grocery"), Options(readings=N_READINGS, shoppers=60))
    last = KAFKA_BATCH.decode(told[-1].value)[-1]
    later = last.ts + QUIET
    end = Status(id="the end", store_id=last.store_id, sensor_id="clock", ts=later, received_at=later, state="alive")
    batches = [record.value for record in told] + [KAFKA_ENCODER.encode([end])]
    return Shop(last.store_id, [(READINGS, last.store_id.encode(), batch) for batch in batches], N_READINGS + 1)


@pytest.fixture
def make_small_database(postgres_url: str, template_name: str) -> MakeSmallDatabase:
    """Makes a migrated database on a disk that is soon full."""
    return lambda: small_database(postgres_url, template_name)


@pytest.fixture
def kafka_url() -> Iterator[str]:
    """A Kafka with our topics."""
    with kafka() as url:
        ensure_topics(kafka_servers(url))
        yield url


class Watched:
    """A worker with metrics, and its database.

    Args:
        kafka_url: where its records come from.
        database_url: where its rows go.
        folder: where its log and its data are.
    """

    def __init__(self, kafka_url: str, database_url: str, folder: Path) -> None:
        self.database_url = database_url
        self._folder = folder
        self.process = Running(kafka_url, database_url, folder, INSTORE_METRICS_PORT="0", INSTORE_DATA_DIR=str(folder))

    @property
    def said(self) -> str:
        """Its log so far."""
        return (self._folder / "worker.log").read_text()

    @property
    def url(self) -> str:
        """Where it can be looked at."""
        return target(self._folder, "worker").url

    def wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait until something is so."""
        end = time.monotonic() + WAIT_S
        while not is_so():
            assert time.monotonic() < end, f"it is not so that {what}; {self.said[-3000:]}"
            time.sleep(0.1)

    def wait_until_all(self, n_received: int) -> None:
        """Wait until so many readings and dead letters are accounted for."""
        statement = "SELECT received, difference FROM instore.accounting_total"
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            what = f"{n_received} readings and dead letters are accounted for"
            self.wait_until(lambda: connection.execute(statement).fetchone() == (n_received, 0), what)

    def assert_waiting(self) -> None:
        """It says so to who looks: alive, and not ready, for want of its database."""
        status, has = ready(self.url)
        assert (status, has["kafka"], has["database"], has["partitions"]) == (503, True, False, True)
        assert get(self.url, "/healthz").status == 200
        assert scrape(self.url).value("instore_worker_connected", server="database") == 0

    def assert_said_once(self, why: str) -> None:
        """It has said once, in one line, why it waits for the database, and once that this is over."""
        assert "Traceback" not in self.said
        [line] = [line for line in self.said.splitlines() if "waiting for the database" in line]
        assert why in line
        assert self.said.count("the database is back after ") == 1


@contextmanager
def watched(kafka_url: str, database_url: str, folder: Path) -> Iterator[Watched]:
    """Have a worker work, until it can be looked at; it must end well."""
    folder.mkdir(exist_ok=True)
    worker = Watched(kafka_url, database_url, folder)
    with worker.process:
        worker.wait_until(lambda: bool(running(folder)), "it can be looked at")
        yield worker


def _send(kafka_url: str, records: Sequence[tuple[str, bytes | None, bytes | None]]) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka_servers(kafka_url), acks="all")
    for topic, key, value in records:
        producer.send(topic, value, key=key)
    producer.flush()
    producer.close()


def test_poison_stops_nobody(kafka_url: str, database_url: str, tmp_path: Path) -> None:
    """Each record that is none of ours is one dead letter with its bytes, said once for all, and right readings around it are stored."""
    for second, poison in enumerate(POISON):
        _send(kafka_url, [poison, (READINGS, b"s1", KAFKA_ENCODER.encode([dwell(second, "a")]))])
    with watched(kafka_url, database_url, tmp_path) as worker, psycopg.connect(database_url, autocommit=True) as connection:
        worker.wait_until_all(2 * len(POISON))
        assert ready(worker.url)[0] == 200
        assert scrape(worker.url).by("instore_worker_rejected_total", "reason") == {"poison": len(POISON)}
        raw = connection.execute("SELECT raw FROM instore.rejected_readings").fetchall()
        assert sorted(bytes(row[0]) for row in raw) == sorted(value or b"" for _, _, value in POISON)
        assert connection.execute("SELECT n_readings FROM instore.visits").fetchall() == [(len(POISON),)]
    assert "Traceback" not in worker.said
    assert worker.said.count("(poison)") == 1


def test_a_full_disk_is_waited_for(
    kafka_url: str, make_database: MakeDatabase, make_small_database: MakeSmallDatabase, tmp_path: Path, shop: Shop
) -> None:
    """The database has no room: said once and shown meanwhile; with room again all is there, as if nothing had been."""
    half = len(shop.records) // 2
    with make_small_database() as small, watched(kafka_url, small.url, tmp_path) as worker:
        _send(kafka_url, shop.records[:half])
        worker.wait_until(lambda: bool(in_database(small.url, shop.store_id)["visits"]), "there are visits")
        with small.filled():
            _send(kafka_url, shop.records[half:])
            worker.wait_until(lambda: "waiting for the database" in worker.said, "it waits")
            for _ in range(3):
                worker.assert_waiting()
                time.sleep(1.0)
        worker.wait_until_all(shop.n_readings)
        worker.wait_until(lambda: ready(worker.url)[0] == 200, "it is ready again")
        worker.assert_said_once("No space left on device")
        found = in_database(small.url, shop.store_id)
    _assert_as_undisturbed(found, kafka_url, make_database, tmp_path / "undisturbed", shop)


def test_a_database_that_is_away_is_waited_for(
    kafka_url: str, make_database: MakeDatabase, postgres_url: str, tmp_path: Path, shop: Shop
) -> None:
    """Nobody is let in for a while, and readings go on coming: said once and shown meanwhile; then all is there, as if nothing had been."""
    half = len(shop.records) // 2
    with make_database() as database_url, watched(kafka_url, database_url, tmp_path) as worker:
        _send(kafka_url, shop.records[:half])
        worker.wait_until(lambda: bool(in_database(database_url, shop.store_id)["visits"]), "there are visits")
        with _away(postgres_url, database_url):
            _send(kafka_url, shop.records[half:])
            worker.wait_until(lambda: "waiting for the database" in worker.said, "it waits")
            for _ in range(round(AWAY_S)):
                worker.assert_waiting()
                time.sleep(1.0)
        worker.wait_until_all(shop.n_readings)
        worker.wait_until(lambda: ready(worker.url)[0] == 200, "it is ready again")
        worker.assert_said_once("terminating connection")
        found = in_database(database_url, shop.store_id)
    _assert_as_undisturbed(found, kafka_url, make_database, tmp_path / "undisturbed", shop)


@contextmanager
def _away(postgres_url: str, database_url: str) -> Iterator[None]:
    """Have nobody let in to a database, for as long as a block runs."""
    name = urlsplit(database_url).path.strip("/")
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        owner.execute(allow.format(sql.Identifier(name), sql.Literal(False)))
        owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        try:
            yield
        finally:
            owner.execute(allow.format(sql.Identifier(name), sql.Literal(True)))


def _assert_as_undisturbed(found: dict[str, list[Row]], kafka_url: str, make_database: MakeDatabase, folder: Path, shop: Shop) -> None:
    """Have another worker read the same records into a database of its own, in peace, and compare all rows."""
    with make_database() as url, watched(kafka_url, url, folder) as worker:
        _send(kafka_url, shop.records[-1:])  # all others are done with, as far as Kafka knows: by this it sees that its database has none
        worker.wait_until_all(shop.n_readings + 1)
        expected = in_database(url, shop.store_id)
    assert expected["visits"]
    assert found == expected
