"""The first thing that anybody tries: one reading, sent with a client that we did not write."""

import json
import subprocess
import time
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from tests import needs
from tests.e2e.conftest import Pipeline
from tests.e2e.processes import Surroundings, port_of, wait_until
from tests.e2e.topic import consumer_of_visits, wait_for_visit

pytestmark = pytest.mark.integration

WITHIN_S = 1.0
READING = "SELECT id FROM instore.readings WHERE store_id = 'first' AND device_id = %s"
VISIT = "SELECT visit_id::text FROM instore.visits WHERE store_id = 'first' AND device_id = %s"


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


def test_one_reading_takes_less_than_a_second(pipeline: Pipeline) -> None:
    """From `mosquitto_pub` to `instore.readings`, `instore.visits` and the Kafka topic of visits."""
    kafka_url = pipeline.here.environment["INSTORE_KAFKA_URL"]
    with psycopg.connect(pipeline.database_url, autocommit=True) as connection, consumer_of_visits(kafka_url) as topic:
        _send(pipeline.here, "warm-up")
        wait_for_visit(topic, _find(connection, VISIT, "warm-up", 30))
        began = time.monotonic()
        _send(pipeline.here, "shopper")
        _find(connection, READING, "shopper", WITHIN_S)
        visit_id = _find(connection, VISIT, "shopper", WITHIN_S)
        took_s = time.monotonic() - began
        message = wait_for_visit(topic, visit_id)
        took_to_kafka_s = time.monotonic() - began
    assert took_s < WITHIN_S
    assert took_to_kafka_s < WITHIN_S
    assert message["device_id"] == "shopper"
    assert message["path"] == ["dairy"]
    assert message["is_final"] is False
