"""Addresses in settings."""

import pytest

from sensors.urls import MqttUrl, SettingError, kafka_servers


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("mqtt://broker", MqttUrl("broker", 1883)),
        ("mqtts://broker", MqttUrl("broker", 8883, tls=True)),
        ("mqtt://127.0.0.1:1884/", MqttUrl("127.0.0.1", 1884)),
        (" mqtt://[::1]:1 ", MqttUrl("::1", 1)),
        ("mqtt://user:secret@broker:1883", MqttUrl("broker", 1883, user="user", password="secret")),  # noqa: S106 - that is the point
        ("mqtts://us%40er:p%3A%2F%40ss@broker", MqttUrl("broker", 8883, tls=True, user="us@er", password="p:/@ss")),  # noqa: S106 - same
        ("mqtt://user@broker", MqttUrl("broker", 1883, user="user")),
    ],
)
def test_mqtt(text: str, url: MqttUrl) -> None:
    """Host, port, TLS, user and password, percent-encoded where they must be."""
    assert MqttUrl.parse(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "broker",
        "broker:1883",
        "http://broker",
        "mqtt://",
        "mqtt://:1883",
        "mqtt://user:secret@:1883",
        "mqtt://broker:0",
        "mqtt://broker:65536",
        "mqtt://broker:http",
        "mqtt://broker/topic",
        "mqtt://broker?x=1",
        "mqtt://user:secret@broker/topic",
        "mqtt://user:se[cret@broker",
    ],
)
def test_wrong_mqtt(text: str) -> None:
    """Each is refused with one sentence, which never shows a password."""
    with pytest.raises(SettingError) as wrong:
        MqttUrl.parse(text)
    assert "\n" not in str(wrong.value)
    assert "cret" not in str(wrong.value)


def test_password_is_never_shown() -> None:
    """Neither for people nor for programmers."""
    url = MqttUrl.parse("mqtts://user:secret@broker:8884")
    assert str(url) == "mqtts://user:***@broker:8884"
    assert "secret" not in repr(url)
    assert "secret" not in f"{url} {url!r} {[url]}"


def test_written_without_password() -> None:
    """What is not there is not written."""
    assert str(MqttUrl.parse("mqtt://broker")) == "mqtt://broker:1883"
    assert str(MqttUrl.parse("mqtt://user@[::1]")) == "mqtt://user@[::1]:1883"


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("kafka://a", ["a:9092"]),
        ("kafka://a:1,b:2", ["a:1", "b:2"]),
        ("kafka://a, b:2/", ["a:9092", "b:2"]),
        ("kafka://[::1]:9093", ["[::1]:9093"]),
    ],
)
def test_kafka(text: str, servers: list[str]) -> None:
    """One server or several; 9092 where nothing is said."""
    assert kafka_servers(text) == servers


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a:9092",
        "http://a",
        "kafka://",
        "kafka://a,,b",
        "kafka://a:x",
        "kafka://a:70000",
        "kafka://a/b",
        "kafka://user:secret@a",
        "kafka://[a",
    ],
)
def test_wrong_kafka(text: str) -> None:
    """Each is refused with one sentence."""
    with pytest.raises(SettingError) as wrong:
        kafka_servers(text)
    assert "\n" not in str(wrong.value)
    assert "secret" not in str(wrong.value)
