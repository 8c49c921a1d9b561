"""The names under which the parts meet: MQTT topics and Kafka topics (sections 2 and 3 of the design)."""

import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

log = logging.getLogger("instore.topics")

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

    def settings(self) -> dict[str, object]:
        """Return what Kafka's admin client wants to know of it; the replication factor is the cluster's default."""
        configs = {"cleanup.policy": "compact"} if self.compacted else {}
        return {"num_partitions": PARTITIONS, "configs": configs}


KAFKA_TOPICS = (
    KafkaTopic(READINGS),
    KafkaTopic(SIGHTINGS),
    KafkaTopic(REJECTED),
    KafkaTopic(VISITS, compacted=True),
    KafkaTopic(SIGNALS),
)

PARTITIONS = 8
"""Partitions of a topic that we make: as many workers can share the stores of a chain. Changing it moves stores to other partitions."""

_EXISTS_ALREADY = 36
"""Kafka's error code for a topic that another process has made meanwhile."""


def mqtt_topic(store_id: str, kind: str, sensor_id: str) -> str:
    """Where a sensor publishes: `instore/v1/{store_id}/{kind}/{sensor_id}`."""
    return f"{MQTT_ROOT}/{store_id}/{kind}/{sensor_id}"


class Place(NamedTuple):
    """What an MQTT topic says of the readings published to it."""

    store_id: str
    kind: str
    sensor_id: str


@lru_cache(4096)
def place(topic: str) -> Place | None:
    """Read an MQTT topic of the form `instore/v1/{store_id}/{kind}/{sensor_id}`; None: it is not of that form."""
    root, _, rest = topic.partition(f"{MQTT_ROOT}/")
    parts = rest.split("/")
    is_ours = not root and len(parts) == len(Place._fields) and all(parts) and "\0" not in rest  # MQTT has no NUL, a lax broker may
    return Place(*parts) if is_ours else None


def ensure_topics(servers: Sequence[str], timeout_s: float = 10.0) -> None:
    """Make the Kafka topics that are missing; several processes may do so at once.

    Args:
        servers: `host:port` of some of Kafka's brokers.
        timeout_s: how long to try to reach them.

    Raises:
        ConnectionError: Kafka cannot be reached, or refuses to make a topic; one sentence says why.
    """
    # Everybody imports the names above; Kafka's client takes 0.1 s to import.
    from kafka.admin import KafkaAdminClient  # noqa: PLC0415
    from kafka.errors import KafkaError  # noqa: PLC0415

    from sensors.kafka_client import connect  # noqa: PLC0415

    admin = connect(KafkaAdminClient, servers, timeout_s, request_timeout_ms=int(timeout_s * 1000))
    try:
        _make_missing(admin)
    except (KafkaError, OSError) as away:
        raise ConnectionError(f"Kafka at {','.join(servers)} cannot be used: {away}") from away
    finally:
        admin.close()


def _make_missing(admin: Any) -> None:
    """Make the missing topics, with the replication that the cluster has as its default."""
    present = set(admin.list_topics())
    missing = [topic for topic in KAFKA_TOPICS if topic.name not in present]
    if not missing:
        return
    answer = admin.create_topics({topic.name: topic.settings() for topic in missing}, raise_errors=False)
    for made in answer["topics"]:
        if made["error_code"] not in {0, _EXISTS_ALREADY}:
            raise ConnectionError(f"the topic {made['name']} cannot be made: {made['error_message'] or made['error_code']}")
    admin.wait_for_topics([topic.name for topic in missing])
    log.info("made the Kafka topics %s", ", ".join(topic.name for topic in missing), extra={"action": "topics_made"})
