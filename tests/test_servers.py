"""The servers that tests start: they serve, survive being killed, and are gone afterwards."""

import os
import subprocess
import time
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from paho.mqtt.enums import CallbackAPIVersion

from sensors.kafka_client import connect
from sensors.topics import READINGS, ensure_topics
from sensors.urls import MqttUrl, kafka_servers
from tests import needs
from tests.servers import Server, apache_kafka, mosquitto

pytestmark = pytest.mark.integration


def _received(url: MqttUrl, n_expected: int) -> list[bytes]:
    """Connect with a persistent session, subscribe, and receive so many messages, or what comes within 10 s."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="subscriber", clean_session=False)
    payloads = list[bytes]()
    client.on_connect = lambda client, *_: client.subscribe("instore/v1/#", qos=1)
    client.on_message = lambda _client, _data, message: payloads.append(bytes(message.payload))
    subscribed = list[int]()
    client.on_subscribe = lambda *_: subscribed.append(1)
    client.connect(url.host, url.port)
    end = time.monotonic() + 10
    while (len(payloads) < n_expected or not subscribed) and time.monotonic() < end:
        client.loop(0.1)
    client.disconnect()
    return payloads


def test_mosquitto_keeps_everything_for_a_subscriber_that_is_away(tmp_path: Path) -> None:
    """Beyond the 1,000 messages of its default, which would be dropped silently, and over a clean restart."""
    publish = needs.program("mosquitto_pub", "mosquitto-clients")
    with mosquitto(tmp_path / "mosquitto") as server:
        url = MqttUrl.parse(server.url)
        assert _received(url, 0) == []
        lines = b"".join(b"%d\n" % number for number in range(1500))
        command = [publish, "-p", str(url.port), "-q", "1", "-t", "instore/v1/s1/dwell/gw-1", "-l"]
        subprocess.run(command, input=lines, check=True, timeout=60)
        server.stop()
        server.start()
        assert _received(url, 1500) == [b"%d" % number for number in range(1500)]


def test_apache_kafka_keeps_its_records_when_it_is_killed(tmp_path: Path) -> None:
    """It comes back on the same port with what it had acknowledged, under the same topics."""
    with apache_kafka(tmp_path / "kafka") as server:
        servers = kafka_servers(server.url)
        ensure_topics(servers)
        producer = connect(KafkaProducer, servers, 10.0, acks="all")
        producer.send(READINGS, b"before", key=b"s1", partition=0).get(timeout=30)
        producer.close()
        killed = server.pid
        server.kill()
        server.start()
        assert server.pid != killed
        consumer = KafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest", consumer_timeout_ms=20_000)
        consumer.assign([TopicPartition(READINGS, 0)])
        assert next(iter(consumer)).value == b"before"
        consumer.close()


def test_a_server_is_gone_when_the_test_fails(tmp_path: Path) -> None:
    """Whatever happens in the block, the process ends with it."""
    servers: list[Server] = []
    pids: list[int] = []

    def fail() -> None:
        with mosquitto(tmp_path / "mosquitto") as server:
            servers.append(server)
            pids.append(server.pid)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert not _runs(pids[0])


def test_a_server_that_cannot_start_says_so(tmp_path: Path) -> None:
    """The error carries what the server said."""
    server = Server("none://", ["/bin/sh", "-c", "echo no port left; exit 3"], tmp_path / "said", lambda: False)
    with pytest.raises(RuntimeError, match="no port left"):
        server.start()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
