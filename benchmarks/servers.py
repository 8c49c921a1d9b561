"""The servers that a benchmark of the whole stream runs on: yours where a URL is given, else the embedded ones.

A server of yours must hold nothing of instore's: topics and databases are made, and deleted afterwards.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError
from psycopg import sql

from sensors.broker import check as check_mqtt
from sensors.broker import mqtt_broker
from sensors.kafka_client import connect
from sensors.layout import Layout
from sensors.topics import KAFKA_TOPICS, PARTITIONS, ensure_topics
from sensors.urls import SettingError, kafka_servers
from storage.connect import session
from storage.layouts import save
from storage.migrate import migrate
from storage.postgres import postgres
from stream.app import GROUP
from stream.kafka import kafka

ANSWER_S = 20.0
KEEP_MIB = 512
"""What the embedded MQTT broker may hold."""


class Given(NamedTuple):
    """URLs of servers to use; None: an embedded one."""

    mqtt: str | None = None
    kafka: str | None = None
    database: str | None = None


class Servers(NamedTuple):
    """Where the servers are, what they are, and a folder for all else. `mqtt` is empty where nobody asked for a broker."""

    mqtt: str
    kafka: str
    database: str
    about: str
    folder: Path

    @property
    def brokers(self) -> list[str]:
        """Kafka's, as `host:port`."""
        return kafka_servers(self.kafka)


@contextmanager
def servers(given: Given, *, with_mqtt: bool) -> Iterator[Servers]:
    """Have servers with empty topics until the block ends.

    Raises:
        SettingError: the Kafka given has topics of instore's: it is used for something else.
        ConnectionError: Kafka cannot be reached.
    """
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="instore-bench-")))
        mqtt = (given.mqtt or running.enter_context(mqtt_broker(keep_mib=KEEP_MIB))) if with_mqtt else ""
        brokers = given.kafka or running.enter_context(kafka())
        database = given.database or running.enter_context(postgres(folder / "postgres"))
        running.enter_context(topics(kafka_servers(brokers)))
        yield Servers(mqtt, brokers, database, _about(given, mqtt, database), folder)


@contextmanager
def topics(brokers: Sequence[str]) -> Iterator[None]:
    """Make all topics, and delete them at the end; they must not be there."""
    if found := _present(brokers):
        raise SettingError(f"Kafka at {','.join(brokers)} has a topic `{found[0]}` already: a benchmark needs a Kafka for itself")
    ensure_topics(brokers)
    try:
        yield
    finally:
        with _admin(brokers) as admin:
            admin.delete_topics([topic.name for topic in KAFKA_TOPICS])


@contextmanager
def extra_topics(brokers: Sequence[str], names: Sequence[str]) -> Iterator[None]:
    """Make topics beside those of instore, and delete them at the end."""
    with _admin(brokers) as admin:
        admin.create_topics({name: {"num_partitions": PARTITIONS, "replication_factor": 1} for name in names})
        admin.wait_for_topics(list(names))
    try:
        yield
    finally:
        with _admin(brokers) as admin:
            admin.delete_topics(list(names))


def forget_group(brokers: Sequence[str], group: str = GROUP) -> None:
    """Have Kafka forget how far a consumer group has read, so that another one of that name reads all again."""
    with _admin(brokers) as admin:
        admin.delete_groups([group])


@contextmanager
def database(server: str, layouts: Sequence[Layout]) -> Iterator[str]:
    """Make a database on a server, with the schema and these plans; yields its URL, and drops it at the end."""
    name = f"instore_bench_{next(_NUMBERS)}_{uuid4().hex[:8]}"
    url = urlsplit(server)._replace(path=f"/{name}").geturl()
    with session(server, "instore bench") as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        migrate(url)
        with session(url, "instore bench") as connection:
            for layout in layouts:
                save(connection, layout, "instore bench")
        yield url
    finally:
        with session(server, "instore bench") as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


_NUMBERS = count(1)


def _about(given: Given, mqtt: str, database: str) -> str:
    """Name the servers in a few words."""
    with session(database, "instore bench") as connection:
        version = str(connection.execute("SHOW server_version").fetchall()[0][0]).split(" ", maxsplit=1)[0]
    names = [check_mqtt(mqtt) if given.mqtt else "the embedded MQTT broker"] if mqtt else []
    names.append("your Kafka" if given.kafka else "the embedded Kafka")
    names.append(f"{'your' if given.database else 'the embedded'} PostgreSQL {version}")
    return ", ".join(names)


def _present(brokers: Sequence[str]) -> list[str]:
    with _admin(brokers) as admin:
        present = set(admin.list_topics())
    return sorted(topic.name for topic in KAFKA_TOPICS if topic.name in present)


@contextmanager
def _admin(brokers: Sequence[str]) -> Iterator[KafkaAdminClient]:
    admin = connect(KafkaAdminClient, list(brokers), ANSWER_S)
    try:
        yield admin
    except KafkaError as refused:
        raise ConnectionError(f"Kafka at {','.join(brokers)} refuses: {refused}") from refused
    finally:
        admin.close()
