"""What another application sees: the Kafka topics `instore.visits` and `instore.signals`."""

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from sensors.reading import to_micros
from sensors.topics import VISITS
from sensors.urls import kafka_servers

Visit = dict[str, Any]

QUIET_S = 2.0
"""When nothing has come for so long, there is no more."""

_TIMES = {"entered_at", "left_at", "started_at", "ended_at", "ts"}


@contextmanager
def consumer_of(topic: str, kafka_url: str) -> Iterator[KafkaConsumer]:
    """Read a topic from its beginning, all partitions of it."""
    consumer = KafkaConsumer(bootstrap_servers=kafka_servers(kafka_url), auto_offset_reset="earliest")
    try:
        consumer.assign([TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)])
        yield consumer
    finally:
        consumer.close()


def ends_of(topic: str, kafka_url: str) -> dict[int, int]:
    """Where each partition of a topic ends: behind its last record. Empty ones are left out."""
    with consumer_of(topic, kafka_url) as consumer:
        return {partition.partition: end for partition, end in consumer.end_offsets(list(consumer.assignment())).items() if end}


def consumer_of_visits(kafka_url: str) -> AbstractContextManager[KafkaConsumer]:
    """Read the topic of visits from its beginning."""
    return consumer_of(VISITS, kafka_url)


def wait_for_visit(consumer: KafkaConsumer, visit_id: str, timeout_s: float = 10) -> Visit:
    """Read on until a visit comes.

    Raises:
        AssertionError: it does not come in time.
    """
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        for key, value in _some(consumer):
            if key == visit_id and value is not None:
                return value
    raise AssertionError(f"the visit {visit_id} does not come to {VISITS}")


def last_said(kafka_url: str, store_id: str) -> dict[str, Visit]:
    """Read the whole topic as its compaction leaves it: the last word on each visit of a store; those with a tombstone are gone."""
    said: dict[str, Visit] = {}
    with consumer_of_visits(kafka_url) as consumer:
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET_S:
            for key, value in _some(consumer):
                quiet_since = time.monotonic()
                if value is None:
                    said.pop(key, None)
                elif value["store_id"] == store_id:
                    said[key] = value
    return said


def as_message(visit: Visit) -> Visit:
    """Turn a line of `reconstruct` into the form that visits have on the topic: times are integers, microseconds since 1970."""
    return {name: _as_message(name, value) for name, value in visit.items()}


def _as_message(name: str, value: Any) -> Any:
    if name in _TIMES:
        return to_micros(datetime.fromisoformat(value))
    if isinstance(value, list):
        return [as_message(part) if isinstance(part, dict) else part for part in value]
    return value


def _some(consumer: KafkaConsumer) -> list[tuple[str, Visit | None]]:
    """Read what has come: ids of visits, and what is said of them."""
    return [
        (record.key.decode(), None if record.value is None else json.loads(record.value))
        for records in consumer.poll(timeout_ms=100).values()
        for record in records
    ]
