"""The bridge's way in from MQTT: connects, subscribes, reads messages, acknowledges them, and connects again."""

import logging
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import paho.mqtt.client as mqtt

from sensors.bridge_settings import Settings
from sensors.lanes import Delivery
from sensors.mqtt_client import has_unread, new_client
from sensors.outage import Backoff, Outage
from sensors.urls import SettingError

log = logging.getLogger("instore.bridge")

ANSWER_S = 10.0
"""How long a broker may take to let us in."""

STEADY_S = 10.0
"""A connection that lasted so long was a good one: the next attempt after it need not wait."""

_MISC_S = 1.0
_LEAVE_S = 1.0

_BUSY = {0x88, 0x89, 0x97, 0x9F}
"""MQTT's reasons to refuse a connection that pass: unavailable, busy, quota, rate."""

OnMessage = Callable[[mqtt.MQTTMessage], None]


class MqttIn:
    """A persistent subscription, used by one thread.

    Args:
        settings: where, as whom, and to what.
        on_message: called for each message.
        on_lost: called when the connection is gone, and with it the right to acknowledge what came over it.
    """

    def __init__(self, settings: Settings, on_message: OnMessage, on_lost: Callable[[], None]) -> None:
        self._url, self._client_id, self._filter = settings.mqtt, settings.client_id, settings.topic_filter
        self._on_message, self._on_lost = on_message, on_lost
        self._n_read = 0
        self._subscribed = False
        self._ever_subscribed = False
        self._refused: str | None = None
        self._since = self._misc_at = 0.0
        self._backoff = Backoff()
        self._outage = Outage("mqtt")
        self._client = new_client(self._url, self._client_id, version=settings.mqtt_version, persistent=True)
        self._client.on_connect = self._connected
        self._client.on_subscribe = self._subscribe_answered
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._message
        self._client.on_socket_open = _no_delay

    def socket(self) -> Any:
        """Return the socket to wait for, None while there is no connection."""
        return self._client.socket()

    @property
    def is_subscribed(self) -> bool:
        """Whether messages come."""
        return self._subscribed

    def has_unread(self) -> bool:
        """Whether TLS has decrypted something already that waiting for the socket would not show."""
        return has_unread(self._client)

    def wants_write(self) -> bool:
        """Whether something waits to be written."""
        return self._client.want_write()

    def tend(self, now: float) -> None:
        """Connect where there is no connection, and keep the one that there is alive.

        Raises:
            SettingError: the broker does not let us in, or not subscribe, and never did.
        """
        if self._client.socket() is None:
            if self._backoff.is_over(now):
                self._connect(now)
        elif now >= self._misc_at:
            self._misc_at = now + _MISC_S
            self._client.loop_misc()
            if not self._subscribed and now > self._since + ANSWER_S:
                self._client.disconnect()
        if self._refused is not None:
            refused, self._refused = self._refused, None
            if not self._ever_subscribed:
                raise SettingError(refused)
            self._outage.begin(refused)

    def read(self, n_most: int, more: Callable[[], bool]) -> None:
        """Read messages until there is none, or enough, or `more` says that it is."""
        for _ in range(n_most):
            before = self._n_read
            if self._client.loop_read() != mqtt.MQTT_ERR_SUCCESS or self._n_read == before or not more():
                return

    def write(self) -> None:
        """Write what waits to be written."""
        self._client.loop_write()

    def acknowledge(self, deliveries: list[Delivery]) -> None:
        """Tell the broker that it need not send these again, all at once: paho takes 20 us for each, and a packet of the network."""
        answers = b"".join(b"\x40\x02%b" % delivery.mid.to_bytes(2, "big") for delivery in deliveries if delivery.qos)
        if answers and self._client.socket() is not None:
            self._client._packet_queue(mqtt.PUBACK, answers, 0, 1)  # noqa: SLF001 - there is no public way to write several

    def close(self) -> None:
        """Take leave; the broker keeps the subscription and what is not acknowledged."""
        self._client.on_disconnect = None
        self._client.on_socket_close = _read_to_the_end
        if self._client.socket() is not None:
            self._client.disconnect()

    def _connect(self, now: float) -> None:
        self._since = now
        self._subscribed = False
        try:
            self._client.reconnect()
        except (OSError, ValueError) as away:
            self._backoff.wait(time.monotonic())
            reason = away.strerror if isinstance(away, OSError) and away.strerror else away
            self._outage.begin(f"the MQTT broker at {self._url} cannot be reached: {reason}; trying again until it can")

    def _connected(self, client: mqtt.Client, _data: object, _flags: object, reason: Any, _properties: object) -> None:
        if reason.value in _BUSY:
            self._outage.begin(f"the MQTT broker at {self._url} has no room for us now: {reason}; trying again until it has")
        elif reason.is_failure:
            self._refused = f"the MQTT broker at {self._url} does not let `{self._client_id}` in: {reason}"
        else:
            client.subscribe(self._filter, qos=1)

    def _subscribe_answered(self, _client: mqtt.Client, _data: object, _mid: int, reasons: list[Any], _properties: object) -> None:
        if any(reason.is_failure for reason in reasons):
            self._refused = f"the MQTT broker at {self._url} refuses the subscription to {self._filter}: {reasons[0]}"
            return
        self._subscribed = self._ever_subscribed = True
        said = f"subscribed to {self._filter} at {self._url} as `{self._client_id}`"
        if not self._outage.end(said):
            log.info(said, extra={"action": "mqtt_subscribed"})

    def _disconnected(self, _client: mqtt.Client, _data: object, _flags: object, reason: Any, _properties: object) -> None:
        now = time.monotonic()
        if self._subscribed and now > self._since + STEADY_S:
            self._backoff.reset()
        self._subscribed = False
        self._backoff.wait(now)
        if self._refused is None:
            self._outage.begin(
                f"the connection to the MQTT broker at {self._url} is gone ({reason}); trying again until it is back. "
                f"If that goes on: is there another client `{self._client_id}`?"
            )
        self._on_lost()

    def _message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self._n_read += 1
        self._on_message(message)


def _no_delay(_client: mqtt.Client, _data: object, sock: Any) -> None:
    """Send acknowledgements at once: the broker waits for them."""
    with suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _read_to_the_end(_client: mqtt.Client, _data: object, sock: Any) -> None:
    """Wait until the broker has taken our leave: a socket closed with something unread is reset, and our last acknowledgements with it."""
    end = time.monotonic() + _LEAVE_S
    with suppress(OSError):
        sock.settimeout(_LEAVE_S)
        while time.monotonic() < end and sock.recv(1 << 16):
            pass
