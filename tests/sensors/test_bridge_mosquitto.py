"""The bridge with mosquitto: a broker that we did not write, shared subscriptions, MQTT 5, users."""

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sensors.broker import BrokerAway, check
from tests import needs
from tests.sensors.conftest import LogOf, Message, StartBridge, Tansu, dwells, mosquitto, names, publish, wait_until

pytestmark = pytest.mark.integration


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    """The URL of a mosquitto of its own for the test."""
    with mosquitto(tmp_path) as url:
        yield url


def test_single_and_array(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """As with the embedded broker."""
    bridge = start_bridge(broker)
    log = log_of(kafka.server)
    publish(broker, [*dwells(names(2000)), *dwells(names(2000, "a"), store="s2", size=100)])
    log.wait_for_ids([*names(2000), *names(2000, "a")])
    assert log.ids(store="s1") == names(2000)
    assert log.ids(store="s2") == names(2000, "a")
    assert bridge.stop()["forwarded"] == 2020


def test_killed_midstream(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """Killed with -9: every reading arrives at least once; what comes again is marked so."""
    bridge = start_bridge(broker)
    log = log_of(kafka.server)
    ids = names(20_000)
    publishing = threading.Thread(target=publish, args=(broker, dwells(ids)))
    publishing.start()
    for n in range(1, 4):
        log.wait_for_ids([ids[n * 3000]])
        bridge.kill()
        bridge = start_bridge(broker)
    publishing.join()
    log.wait_for_ids(ids)
    assert list(dict.fromkeys(log.ids())) == ids


def test_a_small_window(tmp_path: Path, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """A broker that sends one message ahead is not kept waiting for a batch: no pause of 50 ms after each."""
    with mosquitto(tmp_path, "allow_anonymous true", "max_inflight_messages 1") as broker:
        start_bridge(broker)
        log = log_of(kafka.server)
        publish(broker, dwells(names(1000)))
        log.wait_for_ids(names(1000), timeout_s=20)
        assert log.ids() == names(1000)


def test_shared_subscription(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """Two bridges share the messages; each reading goes through one of them."""
    bridges = [start_bridge(broker, share="bridges", client_id=f"bridge-{n}") for n in (1, 2)]
    log = log_of(kafka.server)
    publish(broker, dwells(names(4000)))
    log.wait_for_ids(names(4000))
    assert sorted(log.ids()) == names(4000)
    counts = [bridge.stop()["messages"] for bridge in bridges]
    assert sum(counts) == 4000
    assert min(counts) > 0


def test_one_of_two_is_killed(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """The other takes over; what the dead one had taken comes when it is back."""
    first, _ = (start_bridge(broker, share="bridges", client_id=f"bridge-{n}") for n in (1, 2))
    log = log_of(kafka.server)
    publishing = threading.Thread(target=publish, args=(broker, dwells(names(10_000))))
    publishing.start()
    log.wait_for_ids([names(1)[0]])
    first.kill()
    publishing.join()
    start_bridge(broker, share="bridges", client_id="bridge-1")
    log.wait_for_ids(names(10_000))


def test_mqtt_5(broker: str, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """The session persists there too."""
    start_bridge(broker, mqtt_version="5").stop()
    publish(broker, dwells(names(500)))
    bridge = start_bridge(broker, mqtt_version="5")
    log = log_of(kafka.server)
    log.wait_for_ids(names(500))
    assert bridge.stop()["forwarded"] == 500


def test_broker_restarts(tmp_path: Path, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf) -> None:
    """The bridge comes back to a broker that came back, and subscribes anew where the broker forgot."""
    with mosquitto(tmp_path) as broker:
        bridge = start_bridge(broker)
        publish(broker, dwells(["a"]))
        log = log_of(kafka.server)
        log.wait_for_ids(["a"])
        port = int(broker.rsplit(":", 1)[1])
    bridge.wait_for("mqtt_away")
    with mosquitto(tmp_path, "allow_anonymous true", port=port) as again:
        bridge.wait_for("mqtt_back")
        publish(again, dwells(["b"]))
        log.wait_for_ids(["b"])


def test_user_and_password(tmp_path: Path, start_bridge: StartBridge) -> None:
    """A wrong password is our fault: the bridge ends with a sentence that does not show it."""
    users = tmp_path / "users"
    subprocess.run([needs.program("mosquitto_passwd", "mosquitto"), "-c", "-b", users, "bridge", "instore"], check=True)
    with mosquitto(tmp_path, "allow_anonymous false", f"password_file {users}") as broker:
        right = broker.replace("//", "//bridge:instore@")
        assert "mosquitto" in check(right)
        start_bridge(right).stop()
        wrong = start_bridge(broker.replace("//", "//bridge:wr0ng@"), wait=False)
        wait_until(lambda: wrong.process.poll() is not None)
    [(action, message)] = [said for said in wrong.log() if said[0] == "setting_error"]
    assert action == "setting_error"
    assert "does not let `instore-bridge` in" in message
    assert "wr0ng" not in str(wrong.log())


def test_tls(tmp_path: Path, kafka: Tansu, start_bridge: StartBridge, log_of: LogOf, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `mqtts://` the certificate is checked: one that nobody vouches for is refused, and what it is about is said."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = [needs.program("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    subprocess.run(
        [*command, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    with mosquitto(tmp_path, "allow_anonymous true", f"keyfile {key}", f"certfile {certificate}") as broker:
        url = broker.replace("mqtt://", "mqtts://")
        with pytest.raises(BrokerAway, match="CERTIFICATE_VERIFY_FAILED"):
            check(url)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert check(url).startswith("mosquitto version")
        publishing = MosquittoPub(broker, certificate)
        bridge = start_bridge(url)
        publishing.publish(dwells(names(200), size=10))
        log = log_of(kafka.server)
        log.wait_for_ids(names(200))
        assert bridge.stop()["forwarded"] == 20


class MosquittoPub:
    """Publishes with mosquitto's own client, over TLS."""

    def __init__(self, url: str, certificate: Path) -> None:
        host, port = url.removeprefix("mqtt://").split(":")
        self._command: list[str | Path] = [
            needs.program("mosquitto_pub", "mosquitto-clients"),
            "-h",
            host,
            "-p",
            port,
            "--cafile",
            certificate,
            "-q",
            "1",
        ]

    def publish(self, messages: list[Message]) -> None:
        """Publish messages of one topic, one a line."""
        lines = b"\n".join(payload for _, payload in messages)
        subprocess.run([*self._command, "-t", messages[0][0], "-l"], input=lines, check=True)
