"""The embedded servers together (`instore up`), and how the other commands find them."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from sensors.broker import mqtt_broker
from sensors.topics import ensure_topics
from sensors.urls import kafka_servers
from storage.migrate import migrate
from storage.postgres import postgres
from stream.kafka import kafka

_FOUND_IN = "up.json"


class Urls(NamedTuple):
    """Where the servers are."""

    mqtt: str
    kafka: str
    database: str

    def settings(self) -> dict[str, str]:
        """The same as environment variables of the `instore` command."""
        return {"INSTORE_MQTT_URL": self.mqtt, "INSTORE_KAFKA_URL": self.kafka, "INSTORE_DATABASE_URL": self.database}


@contextmanager
def up(data_dir: Path | None = None, mqtt: str | None = None, kafka_url: str | None = None, database: str | None = None) -> Iterator[Urls]:
    """Run an embedded server for each part that has no URL, with topics and schema, until the block ends.

    Args:
        data_dir: where PostgreSQL keeps its data, and where `find` looks; None: in a temporary folder that goes with the block.
        mqtt: the URL of a broker to use instead of the embedded one.
        kafka_url: the same of Kafka.
        database: the same of PostgreSQL.
    """
    with ExitStack() as running:
        folder = data_dir or Path(running.enter_context(tempfile.TemporaryDirectory(prefix="instore-")))
        urls = Urls(
            mqtt or running.enter_context(mqtt_broker()),
            kafka_url or running.enter_context(kafka()),
            database or running.enter_context(postgres(folder)),
        )
        ensure_topics(kafka_servers(urls.kafka))
        migrate(urls.database)
        if data_dir is not None:
            running.callback((data_dir / _FOUND_IN).unlink, missing_ok=True)
            _tell(data_dir, urls)
        yield urls


def find(data_dir: Path) -> dict[str, str]:
    """Return the settings of the stack that runs on this folder; empty where none does."""
    with suppress(OSError, msgspec.MsgspecError, ProcessLookupError):
        settings = msgspec.json.decode((data_dir / _FOUND_IN).read_bytes(), type=dict[str, str | int])
        os.kill(int(settings.pop("pid")), 0)
        return {name: str(value) for name, value in settings.items()}
    return {}


def _tell(data_dir: Path, urls: Urls) -> None:
    """Write down where the servers are, for whoever may read the folder (the URL of the database has a password)."""
    found_in = data_dir / _FOUND_IN
    found_in.touch(mode=0o600)
    found_in.write_bytes(msgspec.json.encode({"pid": os.getpid(), **urls.settings()}))
