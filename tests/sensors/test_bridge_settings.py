"""Settings of the bridge as people write them."""

from pathlib import Path
from typing import Any

import pytest

from sensors.bridge import Settings
from sensors.bridge_settings import SPOOL_BYTES, spool_folder
from sensors.urls import MqttUrl, SettingError

MQTT, KAFKA = "mqtt://user:secret@broker", "kafka://a,b:1"


def test_defaults() -> None:
    """Two addresses are enough."""
    settings = Settings.of(MQTT, KAFKA)
    assert settings.mqtt == MqttUrl("broker", 1883, user="user", password="secret")  # noqa: S106 - no secret
    assert settings.kafka == ("a:9092", "b:1")
    assert (settings.client_id, settings.topic_filter, settings.mqtt_version) == ("instore-bridge", "instore/v1/#", "3.1.1")
    assert "secret" not in repr(settings)


def test_shared() -> None:
    """A group, and a name of its own for each bridge."""
    settings = Settings.of(MQTT, KAFKA, share="bridges", client_id="bridge-1")
    assert (settings.topic_filter, settings.client_id) == ("$share/bridges/instore/v1/#", "bridge-1")


@pytest.mark.parametrize(
    ("given", "folder", "n_bytes"),
    [
        ({}, None, SPOOL_BYTES),
        ({"spool_dir": "/spool"}, Path("/spool"), SPOOL_BYTES),
        ({"spool_dir": Path("/spool"), "spool_bytes": 5}, Path("/spool"), 5),
        ({"spool_dir": "/spool", "spool_bytes": 0}, None, 0),
    ],
)
def test_spool(given: dict[str, Any], folder: Path | None, n_bytes: int) -> None:
    """A folder turns it on, 0 bytes turn it off."""
    settings = Settings.of(MQTT, KAFKA, **given)
    assert (settings.spool_dir, settings.spool_bytes) == (folder, n_bytes)


def test_spool_of_each_bridge() -> None:
    """Bridges on one data folder have a spool each."""
    assert spool_folder(Path("/data"), None) == Path("/data/spool-instore-bridge")
    assert spool_folder(Path("/data"), "..") == Path("/data/spool-..")


@pytest.mark.parametrize(
    ("given", "about"),
    [
        ({"share": "bridges"}, "--client-id"),
        ({"share": "", "client_id": "b"}, "share group"),
        ({"share": "a/b", "client_id": "b"}, "share group"),
        ({"share": "a+", "client_id": "b"}, "share group"),
        ({"client_id": ""}, "client id"),
        ({"client_id": "a/b"}, "client id"),
        ({"client_id": "a\0"}, "client id"),
        ({"mqtt_version": "4"}, "MQTT version"),
    ],
)
def test_wrong(given: dict[str, Any], about: str) -> None:
    """One sentence says which setting is wrong."""
    with pytest.raises(SettingError, match=about):
        Settings.of(MQTT, KAFKA, **given)
