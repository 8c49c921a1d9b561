"""The same against servers that are not ours, by URL alone: mosquitto and Apache Kafka; `tests/chaos` kills them."""

from collections.abc import Iterator

import pytest

from tests.conftest import MakeDatabase
from tests.e2e.conftest import Pipeline
from tests.e2e.days import accounting, assert_same, assert_true, reconstructed, simulated, wait_until_stored
from tests.e2e.processes import Surroundings, not_ok, surroundings, wait_until
from tests.e2e.topic import as_message, last_said
from tests.servers import apache_kafka, mosquitto

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, make_database: MakeDatabase) -> Iterator[Surroundings]:
    """Surroundings that know mosquitto, Apache Kafka, and a PostgreSQL with our schema by their URLs."""
    folder = tmp_path_factory.mktemp("own")
    with mosquitto(folder / "mosquitto") as mqtt, apache_kafka(folder / "kafka") as kafka, make_database() as database:
        urls = {"INSTORE_MQTT_URL": mqtt.url, "INSTORE_KAFKA_URL": kafka.url, "INSTORE_DATABASE_URL": database}
        with surroundings(folder / "commands", urls) as here:
            yield here


@pytest.fixture(scope="module")
def own_pipeline(servers: Surroundings) -> Iterator[Pipeline]:
    """A bridge and a worker between these servers; the bridge comes first and makes the topics."""
    running = Pipeline(servers)
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
    visits = {visit["visit_id"]: as_message(visit) for visit in reconstructed(own_pipeline.here, day).visits}
    assert last_said(own_pipeline.here.environment["INSTORE_KAFKA_URL"], day.store_id) == visits
    assert not_ok(own_pipeline.here.run_well("doctor").out, 6) == []
