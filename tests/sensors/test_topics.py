"""Names of topics, and making those of Kafka."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaTimeoutError

from sensors.kafka_client import connect
from sensors.topics import KAFKA_TOPICS, PARTITIONS, VISITS, Place, ensure_topics, mqtt_topic, place


def test_place_reads_what_mqtt_topic_writes() -> None:
    """One is the inverse of the other."""
    assert place(mqtt_topic("s1", "dwell", "gw-1")) == Place("s1", "dwell", "gw-1")


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "instore/v1/s1/dwell",
        "instore/v1/s1/dwell/a/b",
        "instore/v1/s1//a",
        "instore/v1/instore/v1/s1/dwell/a",
        "instore/v1/s\0/dwell/a",
    ],
)
def test_other_topics(topic: str) -> None:
    """Anything else is no place."""
    assert place(topic) is None


@pytest.mark.integration
def test_ensure_topics_makes_what_is_missing(tansu: str) -> None:
    """Eight partitions each; doing it again changes nothing."""
    ensure_topics([tansu])
    made = described(tansu)
    assert {name: len(topic["partitions"]) for name, topic in made.items()} == {topic.name: PARTITIONS for topic in KAFKA_TOPICS}
    ensure_topics([tansu])
    assert described(tansu) == made


@pytest.mark.integration
def test_ensure_topics_at_once(tansu: str) -> None:
    """Several processes may start at the same time."""
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(ensure_topics, [tansu]) for _ in range(4)]:
            done.result()
    assert set(described(tansu)) == {topic.name for topic in KAFKA_TOPICS}


@pytest.mark.integration
def test_ensure_topics_leaves_others_alone(tansu: str) -> None:
    """A topic that somebody made with other partitions stays as it is."""
    admin = KafkaAdminClient(bootstrap_servers=[tansu])
    admin.create_topics({VISITS: {"num_partitions": 3}})
    admin.close()
    ensure_topics([tansu])
    assert len(described(tansu)[VISITS]["partitions"]) == 3


@pytest.mark.parametrize("server", ["127.0.0.1:1", "nowhere.invalid:9092"])
def test_kafka_away(server: str) -> None:
    """One sentence that names the server and the trouble."""
    with pytest.raises(ConnectionError, match=server):
        ensure_topics(["127.0.0.1:2", server], timeout_s=1)


def described(server: str) -> dict[str, dict[str, list[object]]]:
    """Ask Kafka for its topics."""
    admin = KafkaAdminClient(bootstrap_servers=[server])
    try:
        return {topic["name"]: topic for topic in admin.describe_topics() if topic["name"].startswith("instore.")}
    finally:
        admin.close()


def test_to_ask_for_a_topic_does_not_make_it(tansu: str) -> None:
    """It would have another number of partitions, and a store's readings would no longer be in order."""
    producer = connect(KafkaProducer, [tansu], 5, max_block_ms=1000)
    try:
        with pytest.raises(KafkaTimeoutError):
            producer.partitions_for("instore.nothing")
    finally:
        producer.close(timeout=0)
    assert "instore.nothing" not in described(tansu)
