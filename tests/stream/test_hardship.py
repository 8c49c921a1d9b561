"""The worker as a process in hard times: records on its topics that are none of ours, and a database that is away for a while."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from kafka import KafkaProducer

from sensors.reading import KAFKA_ENCODER
from sensors.topics import READINGS, REJECTED, ensure_topics
from sensors.urls import kafka_servers
from stream.kafka import kafka
from tests.scrape import ready, scrape, target
from tests.stream.make import dwell
from tests.stream.test_app import Running

pytestmark = pytest.mark.integration

WAIT_S = 60.0

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


@pytest.fixture(scope="module")
def kafka_url() -> Iterator[str]:
    """A Kafka with our topics."""
    with kafka() as url:
        ensure_topics(kafka_servers(url))
        yield url


def _send(kafka_url: str, *records: tuple[str, bytes | None, bytes | None]) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka_servers(kafka_url), acks="all")
    for topic, key, value in records:
        producer.send(topic, value, key=key)
        producer.flush()
    producer.close()


def _right(second: int) -> tuple[str, bytes, bytes]:
    return READINGS, b"s1", KAFKA_ENCODER.encode([dwell(second, "a")])


def test_poison_stops_nobody(kafka_url: str, database_url: str, tmp_path: Path) -> None:
    """Each record that is none of ours is one dead letter with its bytes, said once for all, and right readings around it are stored."""
    mixed = [record for number, poison in enumerate(POISON) for record in (poison, _right(number))]
    settings = {"INSTORE_METRICS_PORT": "0", "INSTORE_DATA_DIR": str(tmp_path)}
    with Running(kafka_url, database_url, tmp_path, **settings), psycopg.connect(database_url, autocommit=True) as connection:
        _send(kafka_url, *mixed)
        _wait_until(connection, "SELECT count(*) FROM instore.rejected_readings", len(POISON), tmp_path)
        _wait_until(connection, "SELECT count(*) FROM instore.readings", len(POISON), tmp_path)
        url = target(tmp_path, "worker").url
        assert ready(url)[0] == 200
        assert scrape(url).by("instore_worker_rejected_total", "reason") == {"poison": len(POISON)}
        raw = connection.execute("SELECT raw FROM instore.rejected_readings").fetchall()
        assert sorted(bytes(row[0]) for row in raw) == sorted(value or b"" for _, _, value in POISON)
        assert connection.execute("SELECT n_readings FROM instore.visits").fetchall() == [(len(POISON),)]
        assert connection.execute("SELECT difference FROM instore.accounting_total").fetchone() == (0,)
    said = (tmp_path / "worker.log").read_text()
    assert "Traceback" not in said
    assert said.count("(poison)") == 1


def _wait_until(connection: psycopg.Connection, statement: str, expected: int, folder: Path) -> None:
    end = time.monotonic() + WAIT_S
    while (found := connection.execute(statement.encode()).fetchone()) != (expected,):
        assert time.monotonic() < end, f"{statement} gives {found}, not {expected}; {(folder / 'worker.log').read_text()[-3000:]}"
        time.sleep(0.1)
