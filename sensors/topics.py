"""The names under which the parts meet: MQTT topics and Kafka topics (sections 2 and 3 of the design)."""

from typing import NamedTuple

MQTT_ROOT = "instore/v1"
MQTT_FILTER = f"{MQTT_ROOT}/#"

READINGS = "instore.readings"
SIGHTINGS = "instore.sightings"
REJECTED = "instore.rejected"
VISITS = "instore.visits"
SIGNALS = "instore.signals"


class KafkaTopic(NamedTuple):
    """How a Kafka topic is made where it does not exist yet."""

    name: str
    compacted: bool = False


KAFKA_TOPICS = (
    KafkaTopic(READINGS),
    KafkaTopic(SIGHTINGS),
    KafkaTopic(REJECTED),
    KafkaTopic(VISITS, compacted=True),
    KafkaTopic(SIGNALS),
)

PARTITIONS = 8
"""Partitions of a topic that we make: as many workers can share the stores of a chain. Changing it moves stores to other partitions."""


def mqtt_topic(store_id: str, kind: str, sensor_id: str) -> str:
    """Where a sensor publishes: `instore/v1/{store_id}/{kind}/{sensor_id}`."""
    return f"{MQTT_ROOT}/{store_id}/{kind}/{sensor_id}"
