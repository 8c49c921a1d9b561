"""Making clients of paho-mqtt from a URL, and asking a broker who it is."""

import select
import ssl
import time
from collections.abc import Callable
from typing import Literal

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from sensors.urls import MqttUrl

Version = Literal["3.1.1", "5"]

KEEPALIVE_S = 60
CONNECT_S = 5.0
"""How long a connection may take to come about."""

_FOREVER = 0xFFFF_FFFF
_VERSION_TOPIC = "$SYS/broker/version"
_ASK_S = 1.0


class BrokerAway(RuntimeError):
    """The MQTT broker cannot be reached, or does not let us in."""


def new_client(
    url: MqttUrl, client_id: str, *, version: Version = "3.1.1", persistent: bool = False, keepalive_s: int = KEEPALIVE_S
) -> mqtt.Client:
    """Make a client that knows where to connect to, and is not connected; `reconnect()` does that.

    Args:
        url: the broker.
        client_id: our name there; a persistent session hangs on it.
        version: of MQTT.
        persistent: the broker keeps subscriptions and messages while we are away, and we acknowledge each message ourselves.
        keepalive_s: after so long a silence the broker is asked whether it is there; after twice as long it is gone.
    """
    five = version == "5"
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=None if five else not persistent,
        protocol=mqtt.MQTTv5 if five else mqtt.MQTTv311,
        manual_ack=persistent,
        reconnect_on_failure=False,
    )
    client.connect_timeout = CONNECT_S
    if url.user is not None:
        client.username_pw_set(url.user, url.password)
    if url.tls:
        client.tls_set_context(ssl.create_default_context())
    if five:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = _FOREVER if persistent else 0
        client.connect_async(url.host, url.port, keepalive_s, clean_start=not persistent, properties=properties)
    else:
        client.connect_async(url.host, url.port, keepalive_s)
    return client


def topic_of(message: mqtt.MQTTMessage) -> str:
    """Where a message was published; brokers refuse topics that are no UTF-8, and one that does not shall stop nobody."""
    try:
        return message.topic
    except UnicodeDecodeError:
        return "a topic that is not UTF-8"


def check(url: MqttUrl, timeout_s: float = CONNECT_S) -> str:
    """Connect to a broker and tell which it is: what it says of itself under `$SYS`, where it does.

    Raises:
        BrokerAway: it cannot be reached, or does not let us in; one sentence says why.
    """
    answers: list[str] = []
    refused: list[str] = []
    versions: list[str] = []
    client = new_client(url, "")

    def on_connect(_client: mqtt.Client, _data: object, _flags: object, reason: object, _properties: object) -> None:
        (refused if getattr(reason, "is_failure", False) else answers).append(str(reason))

    client.on_connect = on_connect
    client.on_message = lambda _client, _data, message: versions.append(message.payload.decode(errors="replace"))
    try:
        client.reconnect()
        _loop(client, timeout_s, lambda: bool(answers or refused))
        if refused or not answers:
            raise BrokerAway(f"the MQTT broker at {url} does not let us in: {refused[0] if refused else 'it does not answer'}")
        client.subscribe(_VERSION_TOPIC)
        _loop(client, _ASK_S, lambda: bool(versions))
        client.disconnect()
    except OSError as away:
        raise BrokerAway(f"the MQTT broker at {url} cannot be reached: {away.strerror or away}") from away
    return versions[0] if versions else "an MQTT broker that does not say which"


def _loop(client: mqtt.Client, timeout_s: float, done: Callable[[], bool]) -> None:
    """Have a client talk until something is done, the time is over, or the connection is."""
    end = time.monotonic() + timeout_s
    while not done() and time.monotonic() < end:
        if client.loop(0.05) != mqtt.MQTT_ERR_SUCCESS:
            return


def has_unread(client: mqtt.Client) -> bool:
    """Whether TLS has decrypted something already that waiting for the socket would not show."""
    pending = getattr(client.socket(), "pending", None)
    return pending is not None and pending() > 0


def wait(client: mqtt.Client, timeout_s: float) -> tuple[bool, bool]:
    """Wait no longer than this until there is something to read, or room for what wants to be written; returns whether there is."""
    socket, unread = client.socket(), has_unread(client)
    assert socket is not None, "connect first"
    readable, writable, _ = select.select([socket], [socket] if client.want_write() else [], [], 0 if unread else timeout_s)
    return bool(readable or unread), bool(writable)
