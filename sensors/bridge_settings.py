"""What the bridge wants to know."""

from dataclasses import dataclass
from pathlib import Path

from sensors.mqtt_client import Version
from sensors.topics import MQTT_FILTER
from sensors.urls import MqttUrl, SettingError, kafka_servers

CLIENT_ID = "instore-bridge"

SPOOL_BYTES = 1 << 30
"""What the spool may take on disk where nobody says: 5 million readings that come one by one, 12 million of the simulated grocery."""


def spool_folder(data_dir: Path, client_id: str | None) -> Path:
    """Where a bridge has its spool if nobody says: a folder for each client id, since bridges cannot share one."""
    return data_dir / f"spool-{client_id or CLIENT_ID}"


@dataclass(frozen=True)
class Settings:
    """Where the bridge stands, and how much it may hold.

    Attributes:
        mqtt: the broker.
        kafka: `host:port` of some of Kafka's brokers.
        client_id: our name at the broker; the persistent session hangs on it. Each bridge needs its own.
        share: the group of an MQTT shared subscription: the bridges of a group share the messages.
        mqtt_version: of the protocol.
        max_held_elements: readings that may wait for Kafka; beyond, nothing is read from MQTT.
        max_held_bytes: the same in bytes of payloads.
        delivery_timeout_s: after how long Kafka's client gives a record up; the bridge then connects anew and sends it again.
        spool_dir: the folder of the spool, of this bridge alone; None: there is none.
        spool_bytes: what the spool may take there; 0: there is none.
        stop_s: how long a bridge that shall end waits for Kafka to take what it holds.
    """

    mqtt: MqttUrl
    kafka: tuple[str, ...]
    client_id: str = CLIENT_ID
    share: str | None = None
    mqtt_version: Version = "3.1.1"
    max_held_elements: int = 100_000
    max_held_bytes: int = 32 << 20
    delivery_timeout_s: float = 30.0
    stop_s: float = 10.0
    spool_dir: Path | None = None
    spool_bytes: int = SPOOL_BYTES

    @classmethod
    def of(  # noqa: PLR0913 - a setting each, by name
        cls,
        mqtt_url: str,
        kafka_url: str,
        *,
        client_id: str | None = None,
        share: str | None = None,
        mqtt_version: str = "3.1.1",
        spool_dir: str | Path | None = None,
        spool_bytes: int | None = None,
    ) -> "Settings":
        """Check settings as people write them.

        Raises:
            SettingError: one of them is wrong; the sentence says which, and what to do.
        """
        if mqtt_version not in {"3.1.1", "5"}:
            raise SettingError(f"the MQTT version must be 3.1.1 or 5, not {mqtt_version!r}")
        if share is not None and (not share or set(share) & set("/+#")):
            raise SettingError(f"the name of a share group must not be empty or contain / + #: {share!r}")
        if share is not None and client_id is None:
            raise SettingError("bridges that share a subscription need a client id each, for ever the same: give one with --client-id")
        if client_id is not None and (not client_id or not client_id.isprintable() or set(client_id) & set("/+#$")):
            raise SettingError(f"the client id must not be empty or contain / + # $: {client_id!r}")
        return cls(
            mqtt=MqttUrl.parse(mqtt_url),
            kafka=tuple(kafka_servers(kafka_url)),
            client_id=client_id or CLIENT_ID,
            share=share,
            mqtt_version="5" if mqtt_version == "5" else "3.1.1",
            spool_dir=None if spool_dir is None or spool_bytes == 0 else Path(spool_dir),
            spool_bytes=SPOOL_BYTES if spool_bytes is None else spool_bytes,
        )

    @property
    def topic_filter(self) -> str:
        """What the bridge subscribes to."""
        return MQTT_FILTER if self.share is None else f"$share/{self.share}/{MQTT_FILTER}"
