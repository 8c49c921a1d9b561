"""What must be known in time: a signal within a second of the reading that caused it, a correction within five of the late reading."""

import json
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from kafka import KafkaConsumer, TopicPartition
from paho.mqtt import publish

from sensors.topics import SIGNALS
from sensors.urls import kafka_servers
from tests.e2e.conftest import Pipeline
from tests.e2e.processes import port_of, wait_until

pytestmark = pytest.mark.integration

SIGNAL_WITHIN_S = 1.0
CORRECTED_WITHIN_S = 5.0
STORE = "in-time"
LAYOUT = f"""
store_id: {STORE}
zones: [{{zone_id: dairy, name: Dairy}}, {{zone_id: bakery, name: Bakery}}, {{zone_id: meat, name: Meat}}]
rules: {{zone_congested_people.dairy: 2, zone_congested_for_s: 0}}
"""


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _send(pipeline: Pipeline, device: str, zone: str, ts_ms: int) -> None:
    """Publish a presence; the broker has it when this returns."""
    payload = json.dumps({"device_id": device, "zone_id": zone, "ts": ts_ms})
    port = port_of(pipeline.here.environment["INSTORE_MQTT_URL"])
    publish.single(f"instore/v1/{STORE}/dwell/gw-1", payload, qos=1, hostname="127.0.0.1", port=port)


def _path(connection: psycopg.Connection, device: str) -> list[Any]:
    query = "SELECT path, is_final FROM instore.visits WHERE store_id = %s AND device_id = %s"
    return connection.execute(query, [STORE, device]).fetchall()


def _kinds(connection: psycopg.Connection) -> list[str]:
    return [kind for (kind,) in connection.execute("SELECT kind FROM instore.signals WHERE store_id = %s", [STORE])]


def _wait_on_kafka(consumer: KafkaConsumer, kind: str) -> dict[str, Any]:
    """Read on until a signal of our store comes."""
    end = time.monotonic() + SIGNAL_WITHIN_S
    while time.monotonic() < end:
        for records in consumer.poll(timeout_ms=20).values():
            for said in (json.loads(record.value) for record in records):
                if said["store_id"] == STORE and said["kind"] == kind:
                    return dict(said)
    raise AssertionError(f"{kind} does not come to {SIGNALS}")


def test_a_signal_within_a_second_and_a_correction_within_five(pipeline: Pipeline, tmp_path: Path) -> None:
    """The second person in a zone for one; then, hours late, where somebody was between two readings of a visit that is final."""
    plan = tmp_path / "plan.yaml"
    plan.write_text(LAYOUT)
    pipeline.here.run_well("layout", "load", plan)
    with psycopg.connect(pipeline.database_url, autocommit=True) as connection:
        _send(pipeline, "first", "dairy", _now_ms())
        wait_until(lambda: _path(connection, "first") == [(["dairy"], False)], "the pipeline is warm")
        consumer = KafkaConsumer(bootstrap_servers=kafka_servers(pipeline.here.environment["INSTORE_KAFKA_URL"]))
        consumer.assign([TopicPartition(SIGNALS, number) for number in consumer.partitions_for_topic(SIGNALS)])
        consumer.poll(timeout_ms=100)
        _send(pipeline, "second", "dairy", _now_ms())
        wait_until(lambda: _kinds(connection) == ["zone_congested"], "the signal is stored", SIGNAL_WITHIN_S)
        said = _wait_on_kafka(consumer, "zone_congested")
        consumer.close()
        assert (said["zone_id"], said["value"], said["message"]) == ("dairy", 2, "Dairy: 2 people at once; send somebody")

        long_ago = _now_ms() - 3 * 3_600_000
        _send(pipeline, "third", "dairy", long_ago)
        _send(pipeline, "third", "bakery", long_ago + 40_000)
        wait_until(lambda: _path(connection, "third") == [(["dairy", "bakery"], True)], "a visit of long ago is told", CORRECTED_WITHIN_S)
        _send(pipeline, "third", "meat", long_ago + 20_000)
        corrected = [(["dairy", "meat", "bakery"], True)]
        wait_until(lambda: _path(connection, "third") == corrected, "the late reading is in its visit", CORRECTED_WITHIN_S)
        (late,) = connection.execute("SELECT count(*) FROM instore.readings WHERE store_id = %s AND is_late", [STORE]).fetchone() or (0,)
        assert late == 3
