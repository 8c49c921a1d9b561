"""A publisher of MQTT 3.1.1 that costs little: it writes packets and counts acknowledgements.

A benchmark's sensors share the machine with what is measured. A client library takes 40 us a message, this 3 us.
"""

import select
import socket
from collections import deque

from sensors.mqtt_client import CONNECT_S, BrokerAway
from sensors.urls import MqttUrl, SettingError

IN_FLIGHT = 500
"""Messages that may wait for their acknowledgement at a time."""

_GATHER = 1 << 16
_CONNACK = b"\x20\x02\x00\x00"
_PUBACK_BYTES = 4
_LAST_ID = 65_535


class Line:
    """A connection that publishes with QoS 1. It does not come back when it is lost.

    Args:
        url: the broker.

    Raises:
        SettingError: it wants TLS, which costs more than what is measured here.
        BrokerAway: it cannot be reached, or does not let us in.
    """

    def __init__(self, url: MqttUrl) -> None:
        if url.tls:
            raise SettingError("the benchmark publishes without TLS: give it a port of the MQTT broker that is plain")
        self.under_way = 0
        self._id = 0
        self._unsent: deque[bytes] = deque()
        self._n_unsent = 0
        self._n_read = 0
        try:
            self._socket = socket.create_connection((url.host, url.port), timeout=CONNECT_S)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.sendall(_connect(url))
            answer = self._socket.recv(4)
        except OSError as away:
            raise BrokerAway(f"the MQTT broker at {url} cannot be reached: {away.strerror or away}") from away
        if answer != _CONNACK:
            raise BrokerAway(f"the MQTT broker at {url} does not let us in: {answer!r}")

    def send(self, topic: str, payload: bytes) -> None:
        """Publish, perhaps only with the next message or turn; wait before that while too many are under way."""
        while self.under_way >= IN_FLIGHT:
            self.turn(1.0)
        self._id = self._id % _LAST_ID + 1
        self.under_way += 1
        packet = _publish(topic.encode(), payload, self._id)
        self._unsent.append(packet)
        self._n_unsent += len(packet)
        if self._n_unsent > _GATHER:
            self.turn(0)

    def turn(self, timeout_s: float) -> None:
        """Send what waits, and take acknowledgements; wait for one no longer than this.

        Raises:
            BrokerAway: the connection is gone.
        """
        try:
            if self._unsent:
                self._socket.sendall(b"".join(self._unsent))
                self._unsent.clear()
                self._n_unsent = 0
            readable, _, _ = select.select([self._socket], [], [], timeout_s)
            answers = self._socket.recv(1 << 16) if readable else b""
        except OSError as away:
            raise BrokerAway(f"the connection to the MQTT broker is gone: {away}") from away
        if readable and not answers:
            raise BrokerAway("the MQTT broker closed the connection")
        before, self._n_read = self._n_read, self._n_read + len(answers)
        self.under_way -= self._n_read // _PUBACK_BYTES - before // _PUBACK_BYTES


def _connect(url: MqttUrl) -> bytes:
    """A CONNECT without a client id or a session; the time to keep alive is the longest, for some brokers want one."""
    named, secret = url.user is not None, url.password is not None
    flags = 0x02 | (0x80 if named else 0) | (0x40 if secret else 0)
    given = [b"", *([(url.user or "").encode()] if named else []), *([(url.password or "").encode()] if secret else [])]
    body = b"\x00\x04MQTT\x04" + bytes([flags]) + b"\xff\xff" + b"".join(len(text).to_bytes(2, "big") + text for text in given)
    return b"\x10" + _length(len(body)) + body


def _publish(topic: bytes, payload: bytes, number: int) -> bytes:
    """A PUBLISH with QoS 1."""
    head = len(topic).to_bytes(2, "big") + topic + number.to_bytes(2, "big")
    return b"\x32" + _length(len(head) + len(payload)) + head + payload


def _length(n_bytes: int) -> bytes:
    """The remaining length, seven bits a byte."""
    written = bytearray()
    while n_bytes >= 0x80:  # noqa: PLR2004 - seven bits
        written.append(0x80 | n_bytes & 0x7F)
        n_bytes >>= 7
    written.append(n_bytes)
    return bytes(written)
