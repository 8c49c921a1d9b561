"""The bridge between the embedded brokers: what arrives, in which order, and how it ends."""

import json
import signal
import threading
import time
from typing import Any

import pytest

from sensors.broker import mqtt_broker
from sensors.child import free_port
from sensors.topics import READINGS, REJECTED, SIGHTINGS
from tests.sensors.conftest import LogOf, StartBridge, Tansu, dwells, names, publish, wait_until

pytestmark = pytest.mark.integration


def test_single_and_array(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """A single reading and an array arrive validated, keyed by store, within a second."""
    bridge = start_bridge(broker)
    log = log_of(kafka.server)
    before = time.time_ns() // 1000
    publish(broker, [*dwells(["one"]), *dwells(names(10), store="s2", size=10)])
    log.wait_for_ids(["one", *names(10)], timeout_s=5)
    assert {record.key: len(json.loads(record.value)) for record in log.records} == {b"s1": 1, b"s2": 10}
    [one] = [thing for thing in log.things(READINGS) if thing["id"] == "one"]
    assert one["store_id"] == "s1"
    assert before < one["received_at"] < time.time_ns() // 1000 < before + 1_000_000
    counts = bridge.stop()
    assert (counts["messages"], counts["forwarded"], counts["readings"], counts["rejected"]) == (2, 2, 11, 0)


def test_sightings_and_dead_letters(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """Sightings have their topic, wrong elements become dead letters, and right ones beside them arrive."""
    bridge = start_bridge(broker)
    log = log_of(kafka.server)
    [(topic, good)] = dwells(["good"])
    sighting = {"id": "seen", "ts": 1, "device_id": "d", "rssi_dbm": -60}
    publish(
        broker,
        [
            ("instore/v1/s1/sighting/gw-1", json.dumps(sighting).encode()),
            (topic, b"[" + good + b', {"ts": "x"}]'),
            (topic, b"nonsense"),
            ("instore/v1/elsewhere", good),
        ],
    )
    log.wait_for_ids(["good"])
    dead = log.wait_for(REJECTED, 3)
    assert sorted(letter["reason"] for letter in dead) == ["bad_topic", "missing_field", "not_json"]
    assert {record.key for record in log.records if record.topic == REJECTED} == {b"s1", None}
    assert log.wait_for(SIGHTINGS, 1)[0]["id"] == "seen"
    counts = bridge.stop()
    assert (counts["messages"], counts["readings"], counts["sightings"], counts["rejected"]) == (4, 1, 1, 3)


def test_order_per_store(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """Readings of a store stand on Kafka in the order of their arrival, in records that grow under load."""
    start_bridge(broker)
    log = log_of(kafka.server)
    streams = {store: names(1000, store) for store in ("s1", "s2", "s3")}
    messages = [message for group in zip(*(dwells(ids, store) for store, ids in streams.items()), strict=True) for message in group]
    publish(broker, messages)
    log.wait_for_ids([name for ids in streams.values() for name in ids])
    for store, ids in streams.items():
        assert log.ids(store=store) == ids
    assert len(log.records) < 2500


def test_persistent_subscription(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """What is published while the bridge is away is there when it comes back."""
    start_bridge(broker).stop()
    publish(broker, dwells(names(2000)))
    start_bridge(broker)
    log = log_of(kafka.server)
    log.wait_for_ids(names(2000))
    assert log.ids() == names(2000)


def test_sigterm_flushes(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """Everything that was taken from MQTT is on Kafka and acknowledged when the bridge has ended; the rest comes next time."""
    bridge = start_bridge(broker)
    publish(broker, dwells(names(3000)))
    counts = bridge.stop()
    assert counts["forwarded"] == counts["messages"]
    assert bridge.said("left_behind") == 0
    rest = start_bridge(broker)
    log = log_of(kafka.server)
    log.wait_for_ids(names(3000))
    assert log.ids() == names(3000)
    assert counts["messages"] + rest.stop()["messages"] == 3000


def test_sigint_too(broker: str, start_bridge: StartBridge) -> None:
    """Ctrl-C ends it as SIGTERM does."""
    bridge = start_bridge(broker)
    bridge.process.send_signal(2)
    assert bridge.process.wait(10) == 0


def test_killed_midstream(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """Killed with -9 again and again in the middle of a stream: every reading arrives at least once, first arrivals in order."""
    bridge = start_bridge(broker)
    log = log_of(kafka.server)
    ids = names(20_000)
    publishing = threading.Thread(target=publish, args=(broker, dwells(ids)))
    publishing.start()
    for n in range(1, 4):
        log.wait_for_ids([ids[n * 3000]])
        bridge.kill()
        bridge = start_bridge(broker)
    publishing.join()
    log.wait_for_ids(ids)
    assert list(dict.fromkeys(log.ids())) == ids


def test_acknowledged_only_after_kafka(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """While Kafka is silent nothing is acknowledged: what a killed bridge had taken comes again."""
    bridge = start_bridge(broker)
    log = log_of(kafka.server)
    publish(broker, dwells(["before"]))
    log.wait_for_ids(["before"])
    kafka.signal(signal.SIGSTOP)
    publish(broker, dwells(names(500), size=10))
    bridge.wait_for("kafka_away")
    bridge.kill()
    kafka.signal(signal.SIGCONT)
    start_bridge(broker)
    log.wait_for_ids(names(500))


def test_settings_for_mqtt_5(kafka: Tansu, start_bridge: StartBridge, broker: str) -> None:
    """The embedded broker does not speak MQTT 5 on its port: the bridge says so, once, and goes on trying."""
    del kafka
    bridge = start_bridge(broker, mqtt_version="5", wait=False)
    bridge.wait_for("mqtt_away")
    time.sleep(1)
    assert bridge.said("mqtt_away") == 1
    assert bridge.process.poll() is None


def test_broker_comes_late(kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """A bridge that starts before its broker waits for it, and says so once."""
    port = free_port()
    bridge = start_bridge(f"mqtt://127.0.0.1:{port}", wait=False)
    bridge.wait_for("mqtt_away")
    time.sleep(0.5)
    with mqtt_broker(port) as url:
        bridge.wait_for("mqtt_back")
        publish(url, dwells(["a"]))
        log_of(kafka.server).wait_for_ids(["a"])
    assert bridge.said("mqtt_away") <= 2


def test_two_of_one_name(broker: str, start_bridge: StartBridge) -> None:
    """Two bridges with one client id throw each other out; they say what it may be, and do not do so in a frenzy."""
    first, second = start_bridge(broker), start_bridge(broker)
    time.sleep(5)
    log: list[tuple[str, Any]] = first.log() + second.log()
    assert any("another client `instore-bridge`" in message for _, message in log)
    assert len(log) < 40
    wait_until(lambda: first.process.poll() is None and second.process.poll() is None)
