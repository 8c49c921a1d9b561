"""Addresses of servers as they stand in settings: `mqtt://user:password@host:1883` and `kafka://host:9092,host2:9092`."""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

_MQTT_PORTS = {"mqtt": 1883, "mqtts": 8883}
_KAFKA_PORT = 9092
_LAST_PORT = 65_535


class SettingError(ValueError):
    """A setting of ours is wrong: the command says the sentence and exits with 2; trying again would not help."""


@dataclass(frozen=True)
class MqttUrl:
    """Where an MQTT broker is, and who we are to it. Written out, it never shows the password."""

    host: str
    port: int
    tls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str) -> "MqttUrl":
        """Read `mqtt://host`, `mqtts://user:password@host:8883` and the like; special characters in a password are percent-encoded.

        Raises:
            SettingError: it is not of that form; the sentence does not show the password.
        """
        parts = _split(text, "mqtt://host:1883")
        if parts.scheme not in _MQTT_PORTS:
            raise SettingError("the MQTT URL must begin with mqtt:// or mqtts://; write it like mqtt://localhost:1883")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise SettingError(f"the MQTT URL for {parts.hostname} must end after the port: topics are not part of it")
        if not parts.hostname:
            raise SettingError("the MQTT URL has no host; write it like mqtt://host:1883")
        return cls(
            host=parts.hostname,
            port=_port(parts, _MQTT_PORTS[parts.scheme]),
            tls=parts.scheme == "mqtts",
            user=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
        )

    def __str__(self) -> str:
        user = f"{self.user}:***@" if self.password is not None else f"{self.user}@" if self.user is not None else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"mqtt{'s' if self.tls else ''}://{user}{host}:{self.port}"


def kafka_servers(text: str) -> list[str]:
    """Read `kafka://host:9092,host2:9092` (9092 where a port is missing) as a list of `host:port`.

    Raises:
        SettingError: it is not of that form.
    """
    scheme, found, servers = text.strip().partition("://")
    if not found or scheme != "kafka":
        raise SettingError("the Kafka URL must look like kafka://host:9092,host2:9092")
    if "@" in servers:
        raise SettingError("the Kafka URL must not hold a user or password: Kafka with SASL is not supported yet")
    return [_server(server) for server in servers.rstrip("/").split(",")]


def _server(text: str) -> str:
    parts = _split(f"kafka://{text.strip()}", "kafka://host:9092,host2:9092")
    if not parts.hostname or parts.path or parts.query or parts.fragment:
        raise SettingError(f"{text!r} is no Kafka server; write it like host:9092")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{host}:{_port(parts, _KAFKA_PORT)}"


def _split(text: str, example: str) -> SplitResult:
    try:
        return urlsplit(text.strip())
    except ValueError:
        raise SettingError(f"the URL cannot be read; write it like {example}") from None  # its message may show the password


def _port(parts: SplitResult, default: int) -> int:
    try:
        port = default if parts.port is None else parts.port
    except ValueError:
        port = -1
    if not 0 < port <= _LAST_PORT:
        raise SettingError(f"the port for {parts.hostname} must be a number from 1 to {_LAST_PORT}")
    return port
