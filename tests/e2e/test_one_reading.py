"""The first thing that anybody tries: one reading, sent with a client that we did not write."""

import json
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from kafka import KafkaConsumer, TopicPartition

from sensors.topics import VISITS
from sensors.urls import kafka_servers
from tests import needs
from tests.e2e.conftest import Pipeline
from tests.e2e.processes import Surroundings, port_of, wait_until

pytestmark = pytest.mark.integration

WITHIN_S = 1.0
READING = "SELECT id FROM instore.readings WHERE store_id = 'first' AND device_id = %s"
VISIT = "SELECT visit_id::text FROM instore.visits WHERE store_id = 'first' AND device_id = %s"


@pytest.fixture
def visits_topic(stack: Surroundings) -> Iterator[KafkaConsumer]:
    """A consumer of `instore.visits` that another application might have."""
    consumer = KafkaConsumer(bootstrap_servers=kafka_servers(stack.environment["INSTORE_KAFKA_URL"]), auto_offset_reset="earliest")
    consumer.assign([TopicPartition(VISITS, number) for number in consumer.partitions_for_topic(VISITS)])
    yield consumer
    consumer.close()


def _send(here: Surroundings, device_id: str) -> None:
    """Publish a presence in the dairy right now, as the README shows it: the topic says which store, kind and sensor."""
    program = needs.program("mosquitto_pub", "mosquitto-clients")
    payload = json.dumps({"device_id": device_id, "zone_id": "dairy", "ts": datetime.now(UTC).isoformat()})
    port = str(port_of(here.environment["INSTORE_MQTT_URL"]))
    subprocess.run(
        [program, "-h", "127.0.0.1", "-p", port, "-q", "1", "-t", "instore/v1/first/dwell/gw-1", "-m", payload], check=True, timeout=10
    )


def _find(connection: psycopg.Connection, query: str, device_id: str, timeout_s: float) -> str:
    """Wait for a row of a device; give its id."""
    found: list[Any] = []

    def is_there() -> bool:
        found.extend(connection.execute(query, [device_id]).fetchall())
        return bool(found)

    wait_until(is_there, f"{device_id} is found by {query}", timeout_s, look_every_s=0.01)
    return str(found[0][0])


def test_one_reading_takes_less_than_a_second(pipeline: Pipeline, visits_topic: KafkaConsumer) -> None:
    """From `mosquitto_pub` to `instore.readings`, `instore.visits` and the Kafka topic of visits."""
    with psycopg.connect(pipeline.database_url, autocommit=True) as connection:
        _send(pipeline.here, "warm-up")
        _find(connection, VISIT, "warm-up", 30)
        for _ in visits_topic.poll(timeout_ms=1000):
            pass
        began = time.monotonic()
        _send(pipeline.here, "shopper")
        _find(connection, READING, "shopper", WITHIN_S)
        visit_id = _find(connection, VISIT, "shopper", WITHIN_S)
        took_s = time.monotonic() - began
    message = _visit_message(visits_topic, visit_id)
    assert took_s < WITHIN_S
    assert message["device_id"] == "shopper"
    assert message["path"] == ["dairy"]
    assert message["is_final"] is False
    assert time.monotonic() - began < 2 * WITHIN_S


def _visit_message(consumer: KafkaConsumer, visit_id: str) -> dict[str, Any]:
    """Read the topic until the visit comes."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        for records in consumer.poll(timeout_ms=100).values():
            for record in records:
                if record.key == visit_id.encode():
                    return dict(json.loads(record.value))
    raise AssertionError(f"the visit {visit_id} does not come to {VISITS}")
