"""The same against servers that are not ours, by URL alone: mosquitto and Apache Kafka, as in production."""

import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.conftest import MakeDatabase
from tests.e2e.conftest import Pipeline
from tests.e2e.days import accounting, assert_same, assert_true, reconstructed, simulated, stored, wait_until_stored
from tests.e2e.processes import Surroundings, surroundings, wait_until
from tests.e2e.topic import as_message, last_said
from tests.servers import Server, apache_kafka, mosquitto
from tests.storage import figures

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

SPEED = "5000"
"""A day of 14 hours takes 10 s so."""


class Servers(NamedTuple):
    """The servers, and surroundings that know them by URL."""

    here: Surroundings
    mqtt: Server
    kafka: Server


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, make_database: MakeDatabase) -> Iterator[Servers]:
    """Mosquitto, Apache Kafka, and a PostgreSQL with our schema."""
    folder = tmp_path_factory.mktemp("own")
    with mosquitto(folder / "mosquitto") as mqtt, apache_kafka(folder / "kafka") as kafka, make_database() as database:
        urls = {"INSTORE_MQTT_URL": mqtt.url, "INSTORE_KAFKA_URL": kafka.url, "INSTORE_DATABASE_URL": database}
        with surroundings(folder / "commands", urls) as here:
            yield Servers(here, mqtt, kafka)


@pytest.fixture(scope="module")
def own_pipeline(servers: Servers) -> Iterator[Pipeline]:
    """A bridge and a worker between these servers; the bridge comes first and makes the topics."""
    running = Pipeline(servers.here)
    yield running
    running.stop()


def test_a_day_over_mosquitto_and_apache_kafka(own_pipeline: Pipeline) -> None:
    """What the database holds equals what `reconstruct` makes of the recording, value for value, and what really happened."""
    day = simulated(own_pipeline.here, "apache", "--shoppers", "30", "--duplicates", "0.05", "--disorder", "45", "--malformed", "0.01")
    own_pipeline.here.run_well("replay", day.recording)
    wait_until_stored(own_pipeline.database_url, day)
    expected = day.expected()
    wait_until(lambda: accounting(own_pipeline.database_url, day.store_id) == expected, f"the accounting says {expected}", 10)
    assert_same(own_pipeline.here, own_pipeline.database_url, day)
    assert_true(own_pipeline.database_url, day)
    assert own_pipeline.here.run_well("doctor").out.count(" ok ") == 6


def test_everything_dies_once(servers: Servers, own_pipeline: Pipeline) -> None:
    """Worker, bridge and Kafka killed, mosquitto restarted, a bridge killed with what it holds: the rows are as if nothing had happened."""
    day = simulated(own_pipeline.here, "mortal", "--shoppers", "10")
    everything = day.expected().stored

    def reached(share: float) -> bool:
        return stored(own_pipeline.database_url, day.store_id) > share * everything

    replay = own_pipeline.here.start("replay", day.recording, "--speed", SPEED)
    wait_until(lambda: reached(0.1), "a tenth is stored")
    own_pipeline.worker.kill()
    own_pipeline.start_worker()
    wait_until(lambda: reached(0.3), "three tenths are stored")
    own_pipeline.bridge.kill()
    own_pipeline.start_bridge()
    wait_until(lambda: reached(0.4), "four tenths are stored")
    servers.mqtt.stop()
    servers.mqtt.start()
    wait_until(lambda: reached(0.5), "half is stored")
    servers.kafka.kill()
    time.sleep(1.0)  # readings gather in the bridge, and die with it: only the MQTT broker can send them again
    own_pipeline.bridge.kill()
    assert not reached(1.0)
    servers.kafka.start()
    own_pipeline.start_bridge()
    assert replay.wait(120).code == 0
    wait_until_stored(own_pipeline.database_url, day)
    found = accounting(own_pipeline.database_url, day.store_id)
    assert (found.stored, found.rejected, found.difference) == (everything, 0, 0)
    assert_same(own_pipeline.here, own_pipeline.database_url, day)
    figures.assert_true(own_pipeline.database_url)
    assert_true(own_pipeline.database_url, day)
    visits = {visit["visit_id"]: as_message(visit) for visit in reconstructed(servers.here, day).visits}
    assert last_said(servers.kafka.url, day.store_id) == visits
