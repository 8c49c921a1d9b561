"""What `instore doctor` says: of each part whether it can be reached, which version it is, and what to do if something is not right."""

from collections.abc import Iterator, Sequence

import msgspec
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from sensors import broker
from sensors.kafka_client import connect
from sensors.targets import Target
from sensors.topics import KAFKA_TOPICS, PARTITIONS
from sensors.urls import kafka_servers
from storage import check
from storage.errors import DatabaseAway
from storage.roles import NAMES
from stream.checkup import State, look_at

ANSWER_S = 5.0


class Finding(msgspec.Struct, frozen=True):
    """One line of the doctor: what was looked at, how it is, and what was found or is to be done."""

    part: str
    state: State
    found: str


def examine(mqtt_url: str, kafka_url: str, database_url: str, targets: Sequence[Target] = ()) -> Iterator[Finding]:
    """Look at each part, changing nothing; findings come as they are made.

    Args:
        mqtt_url: where the MQTT broker should be.
        kafka_url: where Kafka should be.
        database_url: where the database should be.
        targets: bridges and workers that run and can be asked.

    Raises:
        SettingError: a URL is wrong.
    """
    yield from _mqtt(mqtt_url)
    yield from _kafka(kafka_servers(kafka_url))
    yield from _database(database_url)
    for target in targets:
        yield Finding(target.part, *look_at(target))


def _mqtt(url: str) -> Iterator[Finding]:
    try:
        yield Finding("MQTT", "ok", broker.check(url))
    except broker.BrokerAway as away:
        yield Finding("MQTT", "bad", str(away))


def _kafka(servers: Sequence[str]) -> Iterator[Finding]:
    try:
        admin = connect(KafkaAdminClient, servers, ANSWER_S)
    except ConnectionError as away:
        yield Finding("Kafka", "bad", str(away))
        return
    try:
        cluster = admin.describe_cluster()
        yield Finding("Kafka", "ok", f"cluster {cluster['cluster_id']}, {len(cluster['brokers'])} brokers at {','.join(servers)}")
        present = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics() if not topic["error_code"]}
        yield _topics(present)
    except (KafkaError, OSError) as away:
        yield Finding("Kafka", "bad", f"Kafka at {','.join(servers)} cannot be used: {away}")
    finally:
        admin.close()


def _topics(present: dict[str, int]) -> Finding:
    missing = [topic.name for topic in KAFKA_TOPICS if topic.name not in present]
    if missing:
        return Finding("Kafka topics", "bad", f"missing: {', '.join(missing)}; start `instore bridge`, which makes them")
    few = [topic.name for topic in KAFKA_TOPICS if present[topic.name] < PARTITIONS]
    if few:
        found = f"{few[0]} has {present[few[0]]} partitions: so many workers can share the load, {PARTITIONS} are usual"
        return Finding("Kafka topics", "look", found)
    return Finding("Kafka topics", "ok", f"all {len(KAFKA_TOPICS)} are there")


def _database(url: str) -> Iterator[Finding]:
    try:
        report = check.check(url)
    except DatabaseAway as away:
        yield Finding("database", "bad", str(away))
        return
    timescale = f"TimescaleDB {report.timescaledb}" if report.timescaledb else "without TimescaleDB: tables are plain, everything works"
    yield Finding("database", "ok", f"PostgreSQL {report.server_version}, {timescale}")
    yield Finding("schema", "bad" if report.problem else "ok", report.problem or f"up to date, {len(report.schema.applied)} migrations")
    if not report.problem:
        yield Finding("roles", "look" if report.roles else "ok", report.roles or f"{', '.join(NAMES)} are there, with their rights")
