"""Real servers that tests start themselves, on 127.0.0.1 and a free port: mosquitto and Apache Kafka. The embedded ones start themselves.

Both can be killed like a machine that fails, and started again on the same data and port. All are ended by their process, also when
the test fails, and with the test run itself when that is killed.

Benchmarks can have them too: `python -m tests.servers instore bench worker --kafka {kafka}`.
"""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from sensors import child
from sensors.kafka_client import connect
from tests import needs

KAFKA_VERSION = "4.1.0"
SLF4J_VERSION = "1.7.36"

START_S = 60.0
"""How long a server may take to start; on a busy machine a JVM needs a while."""

_LOOK_EVERY_S = 0.05

_MOSQUITTO = """\
user root
listener {port} 127.0.0.1
allow_anonymous true
{saving}
max_queued_messages {max_queued}
max_inflight_messages {max_inflight}
log_dest stderr
"""
"""Started by root, it stays root: another user could not pass through the folders of pytest."""

SAVING = "persistence true\nautosave_interval 1\nautosave_on_changes false"
"""How mosquitto keeps what it has acknowledged: saved once a second."""

_POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>instore.tests</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{kafka}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>{kafka}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>{slf4j}</version></dependency>
  </dependencies>
</project>
"""

_KAFKA = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/log
auto.create.topics.enable=false
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
"""
"""One broker of everything; a short session, because one that was killed may only come back when its former self has expired."""

_JAVA_OPTIONS = ("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""Little memory, and a quick start rather than a fast end: it shares two cores with the tests."""


class Server:
    """A server process that a test can kill and start again.

    Args:
        url: where clients find it.
        command: how it is started.
        log: what it says.
        is_ready: tells whether it serves.
    """

    def __init__(self, url: str, command: Sequence[str], log: Path, is_ready: Callable[[], bool]) -> None:
        self.url = url
        self._command = list(command)
        self._log = log
        self._is_ready = is_ready
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process that runs."""
        assert self._process is not None, "it does not run"
        return self._process.pid

    @property
    def is_ready(self) -> bool:
        """Whether it serves."""
        return self._is_ready()

    @property
    def log(self) -> Path:
        """The file with all that it has said."""
        return self._log

    def launch(self) -> subprocess.Popen[bytes]:
        """Start it for somebody else to watch over, and wait for nothing."""
        return child.start(self._command, self._log)

    def start(self) -> None:
        """Start it, and wait until it serves.

        Raises:
            RuntimeError: it ended, or did not serve within `START_S`.
        """
        assert self._process is None, "it runs already"
        self._process = self.launch()
        end = time.monotonic() + START_S
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise RuntimeError(
                    f"{self._command[0]} does not serve {self.url}; it says: {self._log.read_text(errors='replace')[-2000:]}"
                )
            time.sleep(_LOOK_EVERY_S)

    def kill(self) -> None:
        """End it as a power cut would, with SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """Have it end cleanly, with SIGTERM."""
        if self._process is not None:
            child.stop(self._process, START_S)
            self._process = None


@contextmanager
def mosquitto(folder: Path, *, max_queued: int = 0, max_inflight: int = 100) -> Iterator[Server]:
    """Run mosquitto; the test is skipped where it is not installed.

    Args:
        folder: where it keeps its sessions and messages.
        max_queued: messages that it keeps for a subscriber that is away; 0: all.
        max_inflight: messages under way to a subscriber at a time.

    Yields:
        The server, `url` is `mqtt://127.0.0.1:PORT`.
    """
    server = mosquitto_server(folder, max_queued=max_queued, max_inflight=max_inflight)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def mosquitto_server(folder: Path, *, max_queued: int = 0, max_inflight: int = 100, saving: str = SAVING) -> Server:
    """Prepare a mosquitto, as `mosquitto` runs it; `saving` are the lines of its settings that say what it keeps on disk."""
    program = needs.program("mosquitto", "mosquitto")
    port = child.free_port()
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "mosquitto.conf"
    keeps = f"{saving}\npersistence_location {folder}/"
    config.write_text(_MOSQUITTO.format(port=port, saving=keeps, max_queued=max_queued, max_inflight=max_inflight))
    return Server(f"mqtt://127.0.0.1:{port}", [program, "-c", str(config)], folder / "said", lambda: _listens(port))


@contextmanager
def apache_kafka(folder: Path) -> Iterator[Server]:
    """Run Apache Kafka in one process, broker and controller; the test is skipped where Java or Maven is not installed.

    Args:
        folder: where it keeps its log.

    Yields:
        The server, `url` is `kafka://127.0.0.1:PORT`.
    """
    server = kafka_server(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def kafka_server(folder: Path) -> Server:
    """Prepare an Apache Kafka with an empty log, as `apache_kafka` runs it."""
    java, libraries = needs.program("java", "default-jre-headless"), _kafka_libraries()
    port, controller = child.free_port(), child.free_port()
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "server.properties"
    settings.write_text(_KAFKA.format(port=port, controller=controller, folder=folder))
    run = [java, *_JAVA_OPTIONS, "-cp", f"{libraries}/*"]
    cluster_id = uuid4().hex[:22]
    subprocess.run(
        [*run, "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(settings)], check=True, capture_output=True, timeout=START_S
    )
    command = [*run, "kafka.Kafka", str(settings)]
    return Server(f"kafka://127.0.0.1:{port}", command, folder / "said", lambda: _has_broker(port))


def _kafka_libraries() -> Path:
    """Find Apache Kafka's jars, fetched from Maven Central where they are not in the cache yet (54 MB)."""

    def copy(maven: str, work: Path) -> list[str]:
        pom = work / "pom.xml"
        pom.write_text(_POM.format(kafka=KAFKA_VERSION, slf4j=SLF4J_VERSION))
        return [maven, "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={work}/fetched"]

    return needs.fetched(f"kafka-{KAFKA_VERSION}", ("mvn", "maven"), copy, "Apache Kafka cannot be fetched from Maven Central")


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _has_broker(port: int) -> bool:
    """Tell whether Kafka answers and has its broker at work: before that, it could make no topic."""
    try:
        admin = connect(KafkaAdminClient, [f"127.0.0.1:{port}"], 5.0)
    except ConnectionError:
        return False
    try:
        return bool(admin.describe_cluster()["brokers"])
    except (KafkaError, OSError):
        return False
    finally:
        admin.close()


def main() -> None:
    """Run a command beside mosquitto and Apache Kafka; `{mqtt}` and `{kafka}` among its arguments become their URLs."""
    with tempfile.TemporaryDirectory(prefix="instore-servers-") as folder, ExitStack() as running:
        urls = {}
        if "{mqtt}" in sys.argv:
            urls["{mqtt}"] = running.enter_context(mosquitto(Path(folder) / "mosquitto", max_inflight=2000)).url
        if "{kafka}" in sys.argv:
            urls["{kafka}"] = running.enter_context(apache_kafka(Path(folder) / "kafka")).url
        command = subprocess.Popen([urls.get(argument, argument) for argument in sys.argv[1:]])
        try:
            code = command.wait()
        except KeyboardInterrupt:
            code = command.wait()
    sys.exit(code)


if __name__ == "__main__":
    main()
