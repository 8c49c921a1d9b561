"""The worker as a process on a real Kafka (Tansu): what only Faust can get wrong."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from faust.exceptions import NotReady
from kafka import KafkaConsumer, KafkaProducer
from psycopg import sql

from sensors import child
from sensors.reading import KAFKA_ENCODER, Reading
from sensors.targets import running
from sensors.topics import READINGS, REJECTED, ensure_topics
from sensors.urls import kafka_servers
from stream.app import Shell, work
from stream.kafka import kafka, topic_lives
from stream.messages import Message
from tests.conftest import MakeDatabase
from tests.scrape import get, ready, scrape, target
from tests.sensors.conftest import Tansu
from tests.storage.logins import member
from tests.stream.kafka_log import held_up, no_commits, scalar
from tests.stream.make import dwell

pytestmark = pytest.mark.integration

WAIT_S = 60.0


@pytest.fixture(scope="module")
def kafka_url() -> Iterator[str]:
    """A Kafka with our topics."""
    with kafka() as url:
        ensure_topics(kafka_servers(url))
        yield url


class Running:
    """A worker process; it ends with the block, by SIGTERM, and must end well."""

    def __init__(self, kafka_url: str, database_url: str, folder: Path, **settings: str) -> None:
        environment = {**os.environ, "INSTORE_KAFKA_URL": kafka_url, "INSTORE_DATABASE_URL": database_url, **settings}
        self.log = folder / "worker.log"
        self.process = child.start([sys.executable, "-P", "-m", "instore", "worker"], self.log, environment)

    def __enter__(self) -> subprocess.Popen[bytes]:
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            assert self.process.wait(30) == 0, self.log.read_text()[-3000:]
        finally:
            child.stop(self.process)


def _put(kafka_url: str, *batches: Sequence[Reading]) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka_servers(kafka_url), acks="all")
    for batch in batches:
        producer.send(READINGS, KAFKA_ENCODER.encode(batch), key=batch[0].store_id.encode())
    producer.flush()
    producer.close()


def _wait_for(database_url: str, n_readings: int) -> None:
    end = time.monotonic() + WAIT_S
    while True:
        with psycopg.connect(database_url) as connection:
            row = connection.execute("SELECT count(*) FROM instore.readings").fetchone()
        assert row is not None
        if row[0] == n_readings:
            return
        assert row[0] < n_readings
        assert time.monotonic() < end, f"{row[0]} of {n_readings} readings are stored"
        time.sleep(0.1)


def test_a_new_database_gets_what_kafka_still_has(kafka_url: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    """Kafka thinks that all is done; the database is another one, and empty: the worker reads again from the beginning."""
    batches: list[list[Reading]] = [[dwell(second, "a"), dwell(second, "a", "d2")] for second in range(200)]
    with make_database() as first, make_database() as second:
        _put(kafka_url, *batches[:100])
        with Running(kafka_url, first, tmp_path):
            _wait_for(first, 200)
            time.sleep(2)  # until Faust has told Kafka, which it does each second
        with Running(kafka_url, second, tmp_path):
            _put(kafka_url, *batches[100:])
            _wait_for(second, 400)
        with psycopg.connect(second) as connection:
            assert connection.execute("SELECT sum(n_readings), count(*) FROM instore.visits").fetchone() == (400, 2)
            assert connection.execute("SELECT difference FROM instore.accounting_total").fetchone() == (0,)


def test_a_worker_needs_no_more_than_its_role(kafka_url: str, database_url: str, tmp_path: Path) -> None:
    """It works as a login that is a member of `instore_writer` and nothing else, from its first look at the schema to its goodbye."""
    batches: list[list[Reading]] = [[dwell(second, "a", store="w"), dwell(second, "a", "d2", store="w")] for second in range(50)]
    with member(database_url, "writer") as writer, psycopg.connect(database_url, autocommit=True) as owner:
        with Running(kafka_url, writer, tmp_path):
            _put(kafka_url, *batches)
            end = time.monotonic() + WAIT_S
            statement = "SELECT count(*) FROM instore.readings WHERE store_id = 'w'"
            while owner.execute(statement).fetchone() != (100,):
                assert time.monotonic() < end, (tmp_path / "worker.log").read_text()[-3000:]
                time.sleep(0.1)
        assert owner.execute("SELECT count(*), sum(n_readings) FROM instore.visits WHERE store_id = 'w'").fetchone() == (2, 100)
        assert owner.execute("SELECT difference FROM instore.accounting_total").fetchone() == (0,)
    assert "permission denied" not in (tmp_path / "worker.log").read_text()


def _wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.1)


def _listening(process: subprocess.Popen[bytes]) -> list[str]:
    """Where a process listens: address and port, as the kernel writes them."""
    inodes = {str(link.readlink()) for link in Path(f"/proc/{process.pid}/fd").iterdir() if link.exists()}
    sockets = [line.split() for file in ("tcp", "tcp6") for line in Path(f"/proc/net/{file}").read_text().splitlines()[1:]]
    return [columns[1] for columns in sockets if columns[3] == "0A" and f"socket:[{columns[9]}]" in inodes]


def test_the_worker_listens_nowhere(kafka_url: str, database_url: str, tmp_path: Path) -> None:
    """Faust would open a web server on all addresses; ours has none."""
    with Running(kafka_url, database_url, tmp_path) as process:
        _wait_until(lambda: "working" in (tmp_path / "worker.log").read_text())
        assert _listening(process) == []


def test_with_metrics_it_listens_on_this_machine_only(kafka_url: str, database_url: str, tmp_path: Path) -> None:
    """One socket, on 127.0.0.1 and the port that was asked for."""
    port = child.free_port()
    with Running(kafka_url, database_url, tmp_path, INSTORE_METRICS_PORT=str(port), INSTORE_DATA_DIR=str(tmp_path)) as process:
        _wait_until(lambda: "working" in (tmp_path / "worker.log").read_text())
        assert _listening(process) == [f"0100007F:{port:04X}"]


def test_a_worker_without_its_database_is_not_ready(kafka_url: str, postgres_url: str, database_url: str, tmp_path: Path) -> None:
    """Ready, then the database lets nobody in, then it does again: the worker says so each time, and is alive all the while."""
    name = urlsplit(database_url).path.strip("/")
    settings = {"INSTORE_METRICS_PORT": "0", "INSTORE_DATA_DIR": str(tmp_path)}
    with Running(kafka_url, database_url, tmp_path, **settings), psycopg.connect(postgres_url, autocommit=True) as owner:
        _wait_until(lambda: len(running(tmp_path)) == 1)
        url = target(tmp_path, "worker").url
        well = {"ready": True, "kafka": True, "database": True, "partitions": True, "writing": True}
        _wait_until(lambda: ready(url) == (200, well))
        owner.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
        owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        _wait_until(lambda: ready(url) == (503, {**well, "ready": False, "database": False}))
        assert scrape(url).value("instore_worker_connected", server="database") == 0
        assert get(url, "/healthz").status == 200
        owner.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(sql.Identifier(name)))
        _wait_until(lambda: ready(url) == (200, well))


def test_a_kafka_that_goes_away_while_the_worker_starts(database_url: str) -> None:
    """It was there a moment ago, and told the lives of its topics: the worker ends with a sentence, to be started again."""
    server = f"127.0.0.1:{child.free_port()}"
    with pytest.raises(ConnectionError, match=f"Kafka at {server} cannot be worked with: .*; start the worker again"):
        work([server], database_url, {READINGS: "cluster/1", REJECTED: "cluster/2"})


@pytest.mark.parametrize(("within_s", "status", "said"), [(3, 1, "Kafka did not let us in within 3 s"), (600, 0, "")])
def test_a_kafka_that_falls_silent_while_the_worker_starts(database_url: str, within_s: float, status: int, said: str) -> None:
    """It takes connections and answers nothing: the worker ends with a sentence in a while, and at once where it is told to."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = f"127.0.0.1:{silent.getsockname()[1]}"
        worker = subprocess.Popen([sys.executable, "-c", STARTING, server, database_url, str(within_s)], stderr=subprocess.PIPE)
        try:
            silent.settimeout(WAIT_S)
            with silent.accept()[0]:
                if not status:
                    worker.terminate()
                assert worker.wait(20) == status
        finally:
            worker.kill()
            words = worker.communicate()[1].decode()
    assert said in words
    assert "Traceback" not in words


STARTING = """
import sys
from stream import app
app.START_S = float(sys.argv[3])
app.work([sys.argv[1]], sys.argv[2], {app.READINGS: "cluster/1", app.REJECTED: "cluster/2"})
"""


def test_what_kafka_does_not_take_in_time_is_sent_again(database_url: str, tmp_path: Path) -> None:
    """Kafka falls silent between a flush's rows and its messages, for longer than a producer keeps them: they come when it is back."""
    tansu = Tansu(tmp_path)
    tansu.start()
    try:
        ensure_topics([tansu.server])
        in_time = {"PRODUCER_REQUEST_TIMEOUT": "2"}  # Faust's own setting
        with Running(tansu.url, database_url, tmp_path, **in_time) as process, psycopg.connect(database_url) as owner:
            _put(tansu.url, [dwell(second, "a") for second in range(10)])
            _wait_for(database_url, 10)
            owner.execute("LOCK TABLE instore.visits")
            _put(tansu.url, [dwell(second, "a", "d2") for second in range(10)])
            waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            _wait_until(lambda: owner.execute(waiting).rowcount == 1)
            tansu.signal(signal.SIGSTOP)
            owner.rollback()
            _wait_until(lambda: "sending them again" in (tmp_path / "worker.log").read_text())
            tansu.signal(signal.SIGCONT)
            consumer = KafkaConsumer("instore.visits", bootstrap_servers=tansu.server, auto_offset_reset="earliest")
            missing, end = {"d1", "d2"}, time.monotonic() + WAIT_S
            while missing:
                assert time.monotonic() < end
                missing -= _devices(consumer)
            consumer.close()
            assert process.poll() is None
        assert "Traceback" not in (tmp_path / "worker.log").read_text()
    finally:
        tansu.kill()


def _devices(consumer: KafkaConsumer) -> set[str]:
    """Of which devices visits came since the last call."""
    return {json.loads(record.value)["device_id"] for records in consumer.poll(100).values() for record in records}


def test_a_goodbye_that_goes_wrong_is_said_and_done(database_url: str, tmp_path: Path) -> None:
    """The database refuses the flush under way and, of other partitions, the last one: nothing of Faust's may hold the process then."""
    stores = [f"s{number}" for number in range(9)]
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with kafka() as kafka_url:
        ensure_topics(kafka_servers(kafka_url))
        worker = Running(kafka_url, database_url, tmp_path)
        try:
            _put(kafka_url, *[[dwell(0, "a", store=store)] for store in stores])
            _wait_for(database_url, len(stores))
            with no_commits(database_url):
                with held_up(database_url):
                    _put(kafka_url, [dwell(1, "a", store=stores[0])])
                    _wait_until(lambda: scalar(database_url, waiting) == 1)
                    _put(kafka_url, *[[dwell(1, "a", store=store)] for store in stores[1:]])
                    time.sleep(2)  # until they have come
                    worker.process.send_signal(signal.SIGTERM)
                    time.sleep(1)  # until the last flush is told
                assert worker.process.wait(30) != 0
        finally:
            child.stop(worker.process)
    assert "CheckViolation" in worker.log.read_text()


def test_what_is_sent_while_the_worker_leaves_is_left_to_the_next(kafka_url: str, database_url: str) -> None:
    """Faust closes its producer before our tasks: no crash then, for whoever takes over says it once more; at any other time it is one."""
    servers = kafka_servers(kafka_url)

    async def leave() -> None:
        shell = Shell(servers, database_url, topic_lives(servers, (READINGS, REJECTED)))
        shell.app.finalize()
        await shell.app.producer.start()
        await shell.publish([Message("instore.visits", b"a", b"sent")])
        await shell.app.producer.stop()
        with pytest.raises(NotReady):
            await shell.publish([Message("instore.visits", b"a", b"late")])
        shell.stopping = True
        with pytest.raises(asyncio.CancelledError):
            await shell.publish([Message("instore.visits", b"a", b"late")])

    asyncio.run(leave())


def test_more_than_a_producer_has_room_for_is_sent_again_too(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kafka is silent for longer than the producer waits, for room for one message as for an answer to another."""
    monkeypatch.setenv("PRODUCER_REQUEST_TIMEOUT", "1")
    many = [Message("instore.visits", b"a", b"%d" % number * 100) for number in range(1_000)]
    tansu = Tansu(tmp_path)
    tansu.start()

    async def send() -> None:
        ensure_topics([tansu.server])
        shell = Shell([tansu.server], database_url, topic_lives([tansu.server], (READINGS, REJECTED)))
        shell.app.finalize()
        await shell.app.producer.start()
        await shell.publish(many[:1])
        tansu.signal(signal.SIGSTOP)
        sending = asyncio.ensure_future(shell.publish(many))
        await asyncio.sleep(4)
        assert not sending.done()
        tansu.signal(signal.SIGCONT)
        await asyncio.wait_for(sending, WAIT_S)
        await shell.app.producer.stop()

    try:
        asyncio.run(send())
    finally:
        tansu.kill()
