"""Recording and replaying beside the bare limits: a paho-mqtt client that does nothing else, and mosquitto's own commands.

    python -m tests.servers python -m benchmarks.recording {mqtt}

The messages are single readings of a simulated day, with QoS 1; of the same day as lines of readings, `replay` makes messages itself, fewer
and larger ones. Prints a table; `cpu` is the time that the process or thread itself takes.
"""

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sensors.mqtt_client import new_client
from sensors.recording import Lines, Recorded, Writer, decode
from sensors.topics import MQTT_FILTER
from sensors.urls import MqttUrl
from simulators.recordings.messages import Message, messages
from simulators.recordings.record import record
from simulators.recordings.replay import IN_FLIGHT, Pace, publish_messages
from simulators.recordings.sources import open_source
from simulators.sensing.faults import Expected
from simulators.shop.floor import builtin
from simulators.simulate import options, simulate

N_MESSAGES = 60_000
TOPIC = "instore/v1/corner-market/dwell/gw"
WAIT_S = 60.0


class Row(NamedTuple):
    """What a way of doing it took: wall clock and processor, in seconds; None where it is another process."""

    what: str
    seconds: float
    cpu_s: float | None
    number: int = N_MESSAGES

    def line(self) -> str:
        """Write it for people."""
        cpu = "" if self.cpu_s is None else f"{self.cpu_s / self.number * 1e6:8.1f} us cpu each"
        return f"{self.what:42s} {self.number / self.seconds:10,.0f} messages/s {cpu}"


def timed(what: str, work: Callable[[], object]) -> Row:
    """Measure something that this thread does."""
    began, cpu = time.perf_counter(), time.thread_time()
    work()
    return Row(what, time.perf_counter() - began, time.thread_time() - cpu)


def readings() -> list[Message]:
    """Single readings, each a message."""
    days = simulate(options(builtin("grocery"), date(2026, 11, 15), shoppers=400), Expected())
    lines = [line for day in days for line in day.lines][:N_MESSAGES]
    return [message for line in lines for message in messages([line])]


def replayed_lines(url: str, lines: Path) -> Row:
    """Replay lines of readings, as `simulate` writes them."""
    source = open_source(lines)
    number = sum(1 for _ in source)
    return timed("publish: replay of lines of readings", lambda: publish_messages(source, url, Pace(close=False)))._replace(number=number)


def paho_publishes(url: str, sent: list[Message]) -> None:
    """Publish with nothing but paho in one thread, as many under way as the replay has."""
    client, acknowledged = new_client(MqttUrl.parse(url), ""), [0]

    def on_publish(*_: object) -> None:
        acknowledged[0] += 1

    client.on_publish = on_publish
    client.disconnect()
    client.max_inflight_messages_set(0)
    client.reconnect()
    for number, message in enumerate(sent):
        client.publish(message.topic, message.payload, 1)
        while number - acknowledged[0] >= IN_FLIGHT:
            client.loop(0.01)
    while acknowledged[0] < len(sent):
        client.loop(0.01)
    client.disconnect()


def mosquitto_publishes(url: str, sent: list[Message]) -> None:
    """Publish the same payloads with `mosquitto_pub -l`, to one topic."""
    parsed = MqttUrl.parse(url)
    program = shutil.which("mosquitto_pub")
    assert program is not None, "mosquitto_pub is not installed"
    command = [program, "-h", parsed.host, "-p", str(parsed.port), "-q", "1", "-t", TOPIC, "-l"]
    subprocess.run(command, input=b"".join(message.payload + b"\n" for message in sent), check=True)  # noqa: S603 - our own command


def paho_hears(url: str) -> None:
    """Count what comes with nothing but paho, in one thread."""
    client, heard = new_client(MqttUrl.parse(url), ""), [0]

    def on_message(*_: object) -> None:
        heard[0] += 1

    client.on_message = on_message
    client.on_connect = lambda here, *_: here.subscribe(MQTT_FILTER, qos=1)
    client.reconnect()
    while heard[0] < N_MESSAGES:
        client.loop(0.1)
    client.disconnect()


def recorded(url: str, out: Path) -> None:
    """Record until all have come."""
    done = [0]
    record(url, out, stop=lambda: done[0] >= N_MESSAGES, progress=lambda now: done.__setitem__(0, now.messages))


def while_published(what: str, hear: Callable[[], None], url: str, sent: list[Message]) -> Row:
    """Measure somebody who hears while mosquitto_pub publishes."""
    rows: list[Row] = []
    thread = threading.Thread(target=lambda: rows.append(timed(what, hear)))
    thread.start()
    time.sleep(1.0)
    began = time.perf_counter()
    mosquitto_publishes(url, sent)
    thread.join(WAIT_S)
    return rows[0]._replace(seconds=time.perf_counter() - began)


def measured(url: str, folder: Path) -> Iterator[str]:
    """All of it, one line after the other."""
    sent = readings()
    tape = folder / "tape"
    yield f"{len(sent)} messages of {sum(len(message.payload) for message in sent) / len(sent):.0f} bytes"
    yield timed("publish: bare paho", lambda: paho_publishes(url, sent)).line()
    yield timed("publish: mosquitto_pub -l", lambda: mosquitto_publishes(url, sent))._replace(cpu_s=None).line()
    yield timed("publish: replay", lambda: publish_messages(sent, url, Pace(close=False))).line()
    (folder / "lines").write_bytes(b"".join(message.payload + b"\n" for message in sent))
    yield replayed_lines(url, folder / "lines").line()
    yield while_published("hear: bare paho", lambda: paho_hears(url), url, sent).line()
    yield while_published("hear: record", lambda: recorded(url, tape), url, sent).line()
    yield timed("publish: replay of the recording", lambda: publish_messages(open_source(tape), url, Pace(close=False))).line()
    came = [one for one in map(decode, Lines(tape)) if one is not None]
    yield timed("write a file, no broker", lambda: write(folder / "again", came)).line()
    yield timed("read a file, no broker", lambda: sum(1 for line in Lines(tape) if decode(line) is not None)).line()
    yield f"{tape.stat().st_size / len(came):.1f} bytes a message in the file"


def write(path: Path, came: list[Recorded]) -> None:
    """Write a recording."""
    writer = Writer(path)
    for one in came:
        writer.add(one)
    writer.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="instore-recording-") as name:
        for line in measured(sys.argv[1], Path(name)):
            print(line, flush=True)
