"""Opening clients of kafka-python, so that a Kafka that is away costs a sentence and nothing else."""

import socket
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from kafka.errors import KafkaError
from kafka.net.compat import KafkaNetClient

Client = TypeVar("Client")

_KNOCK_S = 2.0


def connect(make: Callable[..., Client], servers: Sequence[str], timeout_s: float, **settings: Any) -> Client:
    """Make a `KafkaProducer`, `KafkaConsumer` or `KafkaAdminClient`, which makes no topic by asking for it.

    Args:
        make: its class.
        servers: `host:port` of some of Kafka's brokers.
        timeout_s: how long to wait for a broker that accepts the connection but says nothing.
        settings: what else its class takes.

    Raises:
        ConnectionError: no broker answers; one sentence says why.
    """
    _knock(servers)
    opened: list[KafkaNetClient] = []

    def remember(**kept: Any) -> KafkaNetClient:
        opened.append(KafkaNetClient(**kept))
        # kafka-python 3.0 takes `allow_auto_create_topics` and does not pass it on: to ask for a topic that is gone made it anew, with the
        # number of partitions that brokers have for those that nobody made.
        opened[-1].cluster.config["allow_auto_create_topics"] = False
        return opened[-1]

    try:
        return make(bootstrap_servers=list(servers), bootstrap_timeout_ms=int(timeout_s * 1000), kafka_client=remember, **settings)
    except (KafkaError, OSError) as away:
        for client in opened:  # kafka-python 3.0 leaves its thread and its sockets behind where its constructor fails
            client.close()
        raise ConnectionError(f"Kafka at {','.join(servers)} does not answer: {away}") from away


def _knock(servers: Sequence[str]) -> None:
    """Try a plain connection to each server: a client of kafka-python would keep silent about the reason until its timeout."""
    reasons = []
    for server in servers:
        host, _, port = server.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK_S).close()
        except OSError as away:
            reasons.append(f"{server}: {away.strerror or away}")
        else:
            return
    raise ConnectionError(f"Kafka cannot be reached: {'; '.join(reasons)}")
