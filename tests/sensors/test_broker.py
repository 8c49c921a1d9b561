"""The embedded MQTT broker, and asking any broker who it is."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from sensors.broker import BrokerAway, check, mqtt_broker
from sensors.child import free_port
from sensors.topics import MQTT_FILTER
from sensors.urls import SettingError
from tests.sensors.conftest import mosquitto, processes_of, publish, wait_until

pytestmark = pytest.mark.integration

TOPIC = "instore/v1/s1/dwell/gw-1"

PARENT = """
import time
from sensors.broker import mqtt_broker
with mqtt_broker() as url:
    print(url, flush=True)
    time.sleep(60)
"""


def listens(url: str) -> bool:
    """Tell whether something listens at a URL."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(url.rsplit(":", 1)[1]))) == 0


class Subscriber:
    """A persistent subscriber that acknowledges, or not."""

    def __init__(self, url: str, *, acknowledges: bool = True) -> None:
        self.got: list[bytes] = []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="subscriber", clean_session=False, manual_ack=True)
        subscribed = threading.Event()
        self._client.on_connect = lambda client, *_: client.subscribe(MQTT_FILTER, qos=1)
        self._client.on_subscribe = lambda *_: subscribed.set()

        def on_message(client: mqtt.Client, _: object, message: mqtt.MQTTMessage) -> None:
            self.got.append(bytes(message.payload))
            if acknowledges:
                client.ack(message.mid, message.qos)

        self._client.on_message = on_message
        self._client.connect("127.0.0.1", int(url.rsplit(":", 1)[1]))
        self._client.loop_start()
        assert subscribed.wait(5)

    def vanish(self) -> None:
        """Go without a word, as when killed."""
        sock = self._client.socket()
        assert isinstance(sock, socket.socket)
        sock.shutdown(socket.SHUT_RDWR)
        self._client.loop_stop()


def test_runs_and_ends(tmp_path: Path) -> None:
    """It is there inside the block, and gone after it."""
    del tmp_path
    with mqtt_broker() as url:
        assert check(url)
        port = url.rsplit(":", 1)[1]
        assert processes_of("iotcore")
    assert not listens(url)
    with mqtt_broker(int(port)) as again:
        assert again == url


def test_port_is_taken() -> None:
    """One sentence says so."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(BrokerAway, match=f"cannot listen on port {port}"), mqtt_broker(port):
            pass


def test_dies_with_its_parent() -> None:
    """A parent that is killed leaves no broker behind."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    url = parent.stdout.readline().strip()
    assert listens(url)
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    wait_until(lambda: not listens(url), timeout_s=5)


def test_only_on_loopback() -> None:
    """Nobody else can reach it."""
    with mqtt_broker() as url, socket.socket() as probe:
        probe.settimeout(1)
        with pytest.raises(OSError, match=r"refused|unreachable"):
            probe.connect(("127.0.0.2", int(url.rsplit(":", 1)[1])))


def test_keeps_for_a_killed_subscriber(broker: str) -> None:
    """What was not acknowledged comes again, and what came meanwhile, all in order: 50 MB of it here."""
    dead = Subscriber(broker, acknowledges=False)
    messages = [(TOPIC, b"%08d" % n + b" " * 2500) for n in range(20_000)]
    publish(broker, messages[:1000])
    wait_until(lambda: dead.got)
    dead.vanish()
    publish(broker, messages[1000:])
    alive = Subscriber(broker)
    wait_until(lambda: len(alive.got) >= len(messages))
    assert alive.got == [payload for _, payload in messages]
    alive.vanish()


def test_beyond_its_queue_the_oldest_go() -> None:
    """A bound is a bound: what is left is the newest, in order."""
    with mqtt_broker(keep_mib=1) as url:
        Subscriber(url).vanish()
        messages = [(TOPIC, b"%08d" % n + b" " * 1000) for n in range(3000)]
        publish(url, messages)
        back = Subscriber(url)
        wait_until(lambda: back.got and back.got[-1] == messages[-1][1])
        assert 700 < len(back.got) < 1100
        assert back.got == [payload for _, payload in messages[-len(back.got) :]]
        back.vanish()


def test_a_payload_of_a_mebibyte(broker: str) -> None:
    """And one a little larger, so that the bridge can reject it with its reason."""
    subscriber = Subscriber(broker)
    publish(broker, [(TOPIC, b"x" * (1 << 20)), (TOPIC, b"x" * (1 << 20) + b"y")])
    wait_until(lambda: len(subscriber.got) == 2)
    subscriber.vanish()


def test_check_names_mosquitto(tmp_path: Path) -> None:
    """A broker that says its version under $SYS is quoted."""
    with mosquitto(tmp_path) as url:
        assert check(url).startswith("mosquitto version")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (lambda: f"mqtt://user:secret@127.0.0.1:{free_port()}", "cannot be reached: Connection refused"),
        (lambda: "mqtt://nowhere.invalid", "nowhere.invalid:1883 cannot be reached"),
    ],
)
def test_check_says_what_is_wrong(url: Callable[[], str], sentence: str) -> None:
    """One sentence, without the password."""
    with pytest.raises(BrokerAway, match=sentence) as away:
        check(url())
    assert "secret" not in str(away.value)


def test_check_of_something_else() -> None:
    """A server that accepts and says nothing is no MQTT broker."""
    from sensors.mqtt_client import check as check_within  # noqa: PLC0415
    from sensors.urls import MqttUrl  # noqa: PLC0415

    with socket.create_server(("127.0.0.1", 0)) as server:
        began = time.monotonic()
        with pytest.raises(BrokerAway, match="it does not answer"):
            check_within(MqttUrl("127.0.0.1", server.getsockname()[1]), timeout_s=0.3)
        assert time.monotonic() - began < 2


def test_check_of_a_wrong_url() -> None:
    """A wrong setting is told from a broker that is away."""
    with pytest.raises(SettingError):
        check("http://127.0.0.1")
