"""The embedded MQTT broker (`iotcore`: rumqttd in a wheel), and what can be said of any MQTT broker.

What rumqttd 0.20 does and does not, tried in November 2026:

- It speaks MQTT 3.1.1 here. MQTT 5 works too, on a port of its own, which is not switched on. 100 messages are under way to a subscriber.
- A persistent subscriber that is away, or was killed, gets what it has not acknowledged and what came meanwhile, in order (tried with
  300,000 readings in arrays of 10, and with 300,000 single ones). Messages are kept in memory, acknowledged or not, up to `keep_mib`; then
  the oldest sixteenth goes, silently. Filled with single readings that is about half as much memory again.
- Messages that come again are not marked so. Acknowledgements out of order make it close the connection.
- Shared subscriptions work while a subscriber is there; when the last one of a group goes, what comes meanwhile is lost, and if that
  one had messages under way, the whole broker stops working (its router panics). Use mosquitto for several bridges.
- It keeps nothing on disk: killed, it forgets sessions and messages.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sensors import child, mqtt_client
from sensors.mqtt_client import BrokerAway
from sensors.topics import MQTT_FILTER
from sensors.urls import MqttUrl

__all__ = ["BrokerAway", "check", "mqtt_broker"]

START_S = 10.0
KEEP_MIB = 256
"""Messages that the embedded broker keeps for a subscriber that is away: about a million single readings, or more in arrays."""

_SEGMENTS = 16
_MAX_PACKET_BYTES = 2 << 20
"""Twice what a payload may have: what is too large shall reach the bridge, and be rejected there with its reason."""

_CONFIG = """\
id = 0
[router]
id = 0
max_connections = 1000
max_outgoing_packet_count = 200
max_segment_size = {segment_bytes}
max_segment_count = {segments}
initialized_filters = ["{filter}"]
[v4.1]
name = "v4-1"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = {max_packet_bytes}
max_inflight_count = 100
dynamic_filters = true
"""


@contextmanager
def mqtt_broker(port: int | None = None, keep_mib: int = KEEP_MIB) -> Iterator[str]:
    """Run an embedded MQTT broker on 127.0.0.1 and yield its URL, `mqtt://127.0.0.1:PORT`.

    It runs in a process of its own, which ends with ours.

    Args:
        port: where it listens; None: a free port.
        keep_mib: how many MiB of messages it keeps in memory for subscribers that are away.

    Raises:
        BrokerAway: it did not start within 10 s, or the port is taken.
    """
    port = _own_port(port)
    with tempfile.TemporaryDirectory(prefix="instore-mqtt-") as folder:
        config, log = Path(folder) / "broker.toml", Path(folder) / "log"
        config.write_text(
            _CONFIG.format(
                port=port,
                filter=MQTT_FILTER,
                segments=_SEGMENTS,
                segment_bytes=keep_mib * (1 << 20) // _SEGMENTS,
                max_packet_bytes=_MAX_PACKET_BYTES,
            )
        )
        # -P: a folder `iotcore` where we happen to run is not the package
        command = [sys.executable, "-P", "-m", "iotcore", "--config", str(config), "--log-level", "CRITICAL"]
        process = child.start(command, log)
        try:
            url = f"mqtt://127.0.0.1:{port}"
            _wait_for(url, process, log)
            yield url
        finally:
            child.stop(process)


def check(url: str) -> str:
    """Connect to the MQTT broker at a URL and tell which it is.

    Raises:
        SettingError: the URL is wrong.
        BrokerAway: it cannot be reached, or does not let us in; one sentence says why.
    """
    return mqtt_client.check(MqttUrl.parse(url))


def _own_port(port: int | None) -> int:
    """Return a free port, or this one where it is free."""
    if port is None:
        return child.free_port()
    try:
        child.check_port(port)
    except OSError as taken:
        raise BrokerAway(f"the embedded MQTT broker cannot listen on port {port}: {taken.strerror}") from taken
    return port


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the broker lets a client in."""
    end = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < end:
        try:
            check(url)
        except BrokerAway:
            time.sleep(0.02)
        else:
            return
    said = log.read_text(errors="replace")[-500:].strip()
    raise BrokerAway(f"the embedded MQTT broker at {url} did not start within {START_S:.0f} s; it said: {said or 'nothing'}")
