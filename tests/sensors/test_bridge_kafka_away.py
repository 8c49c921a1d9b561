"""What the bridge does while Kafka is away."""

import json
import signal
import threading
import time

import pytest

from sensors.topics import KAFKA_TOPICS, PARTITIONS
from tests.sensors.conftest import LogOf, StartBridge, Tansu, dwells, names, publish, wait_until
from tests.sensors.test_topics import described

pytestmark = pytest.mark.integration

QUICK = {"delivery_timeout_s": 3.0}
"""A Kafka that is silent for so long is given up, and connected to anew."""


def test_silent_for_a_moment(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """Silence within the timeout: nothing is lost or sent twice, and it is said once that Kafka is away, and once that it is back."""
    bridge = start_bridge(broker)
    log = log_of(kafka.server)
    publish(broker, dwells(["before"]))
    log.wait_for_ids(["before"])
    kafka.signal(signal.SIGSTOP)
    publish(broker, dwells(names(3000)))
    bridge.wait_for("kafka_away")
    time.sleep(1)
    kafka.signal(signal.SIGCONT)
    log.wait_for_ids(names(3000))
    assert log.ids() == ["before", *names(3000)]
    assert (bridge.said("kafka_away"), bridge.said("kafka_back")) == (1, 1)
    counts = bridge.stop()
    assert (counts["sent_again"], counts["forwarded"]) == (0, 3001)


def test_silent_for_long(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """Records that Kafka's client gave up are sent again, in order, over a new connection."""
    bridge = start_bridge(broker, QUICK)
    log = log_of(kafka.server)
    publish(broker, dwells(["before"]))
    log.wait_for_ids(["before"])
    kafka.signal(signal.SIGSTOP)
    publish(broker, [*dwells(names(300, "a"), "s1"), *dwells(names(300, "b"), "s2")])
    time.sleep(5)
    kafka.signal(signal.SIGCONT)
    ids = {"s1": ["before", *names(300, "a")], "s2": names(300, "b")}
    log.wait_for_ids([name for of_store in ids.values() for name in of_store])
    for store, of_store in ids.items():
        assert list(dict.fromkeys(log.ids(store=store))) == of_store
    assert bridge.said("kafka_away") == 1
    assert bridge.stop()["sent_again"] > 0


def test_killed_and_started_again(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """Tansu forgets everything when it ends; the bridge makes the topics anew, and loses nothing that was not acknowledged before."""
    bridge = start_bridge(broker, QUICK)
    log = log_of(kafka.server)
    publish(broker, dwells(["before"]))
    log.wait_for_ids(["before"])
    wait_until(lambda: described(kafka.server))
    kafka.kill()
    publish(broker, dwells(names(2000)))
    bridge.wait_for("kafka_away")
    kafka.start()
    bridge.wait_for("kafka_back")
    publish(broker, dwells(["after"]))
    log = log_of(kafka.server)
    log.wait_for_ids([*names(2000), "after"])
    assert list(dict.fromkeys(log.ids())) == [*names(2000), "after"]
    assert {name: len(topic["partitions"]) for name, topic in described(kafka.server).items()} == {
        topic.name: PARTITIONS for topic in KAFKA_TOPICS
    }


def test_killed_in_the_middle_of_a_stream(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """What Kafka had acknowledged dies with Tansu; of the rest nothing is missing, in order."""
    bridge = start_bridge(broker, QUICK)
    log = log_of(kafka.server)
    ids = names(20_000)
    publishing = threading.Thread(target=publish, args=(broker, dwells(ids)))
    publishing.start()
    log.wait_for_ids([ids[3000]])
    kafka.kill()
    bridge.wait_for("kafka_away")
    kafka.start()
    wait_until(lambda: len(described(kafka.server)) == len(KAFKA_TOPICS))
    log = log_of(kafka.server)
    publishing.join()
    log.wait_for_ids(ids[-1:])
    arrived = list(dict.fromkeys(log.ids()))
    assert arrived == ids[-len(arrived) :]


def test_away_at_the_start(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """A bridge that starts before Kafka subscribes all the same, so that the broker keeps; and says once what it waits for."""
    kafka.kill()
    bridge = start_bridge(broker)
    publish(broker, dwells(names(500)))
    time.sleep(2)
    assert bridge.said("kafka_away") == 1
    kafka.start()
    bridge.wait_for("kafka_back")
    log = log_of(kafka.server)
    log.wait_for_ids(names(500))
    assert log.ids() == names(500)


def test_held_is_bounded(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """Beyond its bound the bridge reads nothing more from MQTT, says so once, and goes on when Kafka is back."""
    bridge = start_bridge(broker, {"max_held_elements": 200})
    log = log_of(kafka.server)
    publish(broker, dwells(["before"]))
    log.wait_for_ids(["before"])
    kafka.signal(signal.SIGSTOP)
    publish(broker, dwells(names(10_000), size=10))
    bridge.wait_for("full_away")
    time.sleep(1)
    kafka.signal(signal.SIGCONT)
    log.wait_for_ids(names(10_000))
    assert log.ids() == ["before", *names(10_000)]
    assert (bridge.said("full_away"), bridge.said("full_back")) == (1, 1)


def test_memory_is_bounded(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """A hundred megabytes at the broker do not become a hundred megabytes in the bridge."""
    bridge = start_bridge(broker, {"max_held_bytes": 1 << 20})
    log = log_of(kafka.server)
    publish(broker, dwells(["before"]))
    log.wait_for_ids(["before"])
    before = bridge.memory_mib()
    kafka.signal(signal.SIGSTOP)
    [(topic, payload)] = dwells(["big"])
    big = json.dumps({**json.loads(payload), "ignored": "x" * 200_000}).encode()
    publish(broker, [(topic, big)] * 500)
    bridge.wait_for("full_away")
    time.sleep(1)
    assert bridge.memory_mib() < before + 20
    kafka.signal(signal.SIGCONT)
    publish(broker, dwells(["after"]))
    log.wait_for_ids(["big", "after"], timeout_s=60)


def test_stopped_while_kafka_is_away(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """It ends within its time, says what it leaves behind, and the broker sends that again."""
    bridge = start_bridge(broker, {"stop_s": 1.0})
    log = log_of(kafka.server)
    publish(broker, dwells(["before"]))
    log.wait_for_ids(["before"])
    kafka.signal(signal.SIGSTOP)
    publish(broker, dwells(names(50)))
    bridge.wait_for("kafka_away")
    began = time.monotonic()
    counts = bridge.stop()
    assert time.monotonic() - began < 8
    assert bridge.said("left_behind") == 1
    assert counts["forwarded"] < counts["messages"]
    kafka.signal(signal.SIGCONT)
    start_bridge(broker)
    log.wait_for_ids(names(50))
