"""What a bridge shows while servers come and go."""

import dataclasses
from pathlib import Path

import pytest

from sensors.bridge import Counts
from sensors.bridge_metrics import COUNTED
from sensors.child import free_port
from tests.scrape import ready, scrape
from tests.sensors.conftest import LogOf, StartBridge, Tansu, dwells, names, publish, wait_until

QUICK = {"delivery_timeout_s": 3.0}


def test_every_count_is_shown() -> None:
    """What the bridge counts is a metric of its own, or told by kind or reason."""
    assert {field.name for field in dataclasses.fields(Counts)} == set(COUNTED) | {"readings", "sightings", "rejected"}


@pytest.mark.integration
def test_kafka_goes_and_comes_back(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """Without Kafka it is not ready and shows what it holds; with it again it is ready and holds nothing."""
    port = free_port()
    bridge = start_bridge(broker, {**QUICK, "listen": port})
    url = f"http://127.0.0.1:{port}"
    log = log_of(kafka.server)
    publish(broker, dwells(["before"]))
    log.wait_for_ids(["before"])
    wait_until(lambda: ready(url) == (200, {"ready": True, "mqtt": True, "kafka": True}))
    kafka.kill()
    publish(broker, dwells(names(50)))
    wait_until(lambda: ready(url) == (503, {"ready": False, "mqtt": True, "kafka": False}))
    wait_until(lambda: scrape(url).value("instore_bridge_held_readings") == 50)
    assert scrape(url).value("instore_bridge_connected", server="kafka") == 0
    assert scrape(url).value("instore_bridge_held_bytes") == sum(len(payload) for _, payload in dwells(names(50)))
    kafka.start()
    wait_until(lambda: ready(url)[0] == 200)
    wait_until(lambda: scrape(url).value("instore_bridge_held_readings") == 0)
    assert scrape(url).by("instore_bridge_readings_total", "kind") == {"dwell": 51}
    wait_until(lambda: scrape(url).value("instore_bridge_messages_acknowledged_total") == 51)
    assert bridge.stop()["forwarded"] == 51


@pytest.mark.integration
def test_the_spool_fills_and_drains(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf, tmp_path: Path) -> None:
    """Without Kafka readings go to the disk and are acknowledged; with it again they leave it."""
    port = free_port()
    start_bridge(broker, {**QUICK, "listen": port}, spool_dir=str(tmp_path / "spool"))
    url = f"http://127.0.0.1:{port}"
    log = log_of(kafka.server)
    publish(broker, dwells(["before"]))
    log.wait_for_ids(["before"])
    wait_until(lambda: scrape(url).value("instore_bridge_messages_acknowledged_total") == 1)
    kafka.kill()
    publish(broker, dwells(names(50)))
    wait_until(lambda: scrape(url).value("instore_bridge_spool_readings") == 50)
    told = scrape(url)
    assert 0 < told.value("instore_bridge_spool_bytes") < told.value("instore_bridge_spool_bytes_limit") == 1 << 30
    wait_until(lambda: scrape(url).value("instore_bridge_messages_acknowledged_total") == 51)
    assert ready(url)[0] == 503
    kafka.start()
    wait_until(lambda: scrape(url).value("instore_bridge_drained_readings_total") == 50)
    told = scrape(url)
    assert (told.value("instore_bridge_spooled_readings_total"), told.value("instore_bridge_spool_readings")) == (50, 0)
    wait_until(lambda: ready(url)[0] == 200)
