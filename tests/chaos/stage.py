"""Where rounds are played: mosquitto, Apache Kafka, PostgreSQL, a bridge and workers, each under a supervisor of its own."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, Protocol

import psycopg

from sensors.topics import READINGS, REJECTED
from tests.chaos.busy import Busy
from tests.chaos.left import Left, left_by
from tests.chaos.postgres import Postgres
from tests.chaos.supervisor import Supervised
from tests.conftest import memory
from tests.e2e.processes import Running, Surroundings, surroundings, wait_until
from tests.e2e.topic import ends_of
from tests.servers import SAVING, kafka_server, mosquitto_server
from tests.storage import figures

STORED = "SELECT count(*) FROM instore.readings"
IS_DONE = """
SELECT
    (SELECT count(DISTINCT store_id) FROM instore.readings WHERE sensor_id = 'replay') = %s
    AND NOT EXISTS (SELECT FROM instore.visits WHERE NOT is_final)
"""
COVERED = "SELECT topic || '/' || partition, next_offset FROM instore.ingest_offsets"
DRAIN_S = 240.0
"""How long all may take to come to rest after the last reading was sent."""

SERVERS = ("mqtt", "kafka", "database")


class Launchable(Protocol):
    """A server that somebody else watches over."""

    @property
    def log(self) -> Path:
        """The file with all that it has said."""

    @property
    def is_ready(self) -> bool:
        """Whether it serves."""

    def launch(self) -> subprocess.Popen[bytes]:
        """Start it, and wait for nothing."""


class Ends(NamedTuple):
    """How the commands of a run ended before the run did: those that were not killed."""

    by_themselves: list[str]
    tracebacks: list[str]


class Stage:
    """Servers and commands that run, and may be hit.

    Args:
        here: where commands run, and where they find the servers.
        programs: all of them, by name.
    """

    def __init__(self, here: Surroundings, programs: dict[str, Supervised]) -> None:
        self.here = here
        self.programs = programs
        self.database_url = here.environment["INSTORE_DATABASE_URL"]
        self.kafka_url = here.environment["INSTORE_KAFKA_URL"]
        self._n_stored = 0

    @property
    def commands(self) -> list[Supervised]:
        """Bridge and workers."""
        return [one for name, one in self.programs.items() if name not in SERVERS]

    def add(self, name: str, *arguments: str) -> Supervised:
        """Have another command running."""
        self.programs[name] = Supervised(name, lambda: self.here.start(*arguments))
        return self.programs[name]

    def n_stored(self) -> int:
        """Count the readings in the database; while it is away: those that were there when it was asked last."""
        try:
            with psycopg.connect(self.database_url, connect_timeout=2) as connection:
                row = connection.execute(STORED).fetchone()
        except psycopg.OperationalError:
            return self._n_stored
        assert row is not None
        self._n_stored = int(row[0])
        return self._n_stored

    def wait_until_done(self, busy: Busy, timeout_s: float = DRAIN_S) -> None:
        """Wait until the last status of each store is stored, every visit is final, and all records, dead letters too, are covered."""

        def is_done() -> bool:
            try:
                with psycopg.connect(self.database_url, connect_timeout=2) as connection:
                    return connection.execute(IS_DONE, [len(busy.store_ids)]).fetchone() == (True,)
            except psycopg.OperationalError:
                return False

        def is_covered() -> bool:
            topics = (READINGS, REJECTED)
            ends = {f"{topic}/{number}": end for topic in topics for number, end in ends_of(topic, self.kafka_url).items()}
            with psycopg.connect(self.database_url) as connection:
                return ends.items() <= dict(connection.execute(COVERED).fetchall()).items()

        wait_until(is_done, f"all is stored and final; {self._commands_say()}", timeout_s, look_every_s=0.2)
        wait_until(is_covered, f"all records are covered; {self._commands_say()}", timeout_s, look_every_s=0.2)

    def come_to_rest(self) -> tuple[Left, Ends]:
        """End the commands, which must be clean, make sure that the rollups are true, and read what is left."""
        last = {command.name: command.end() for command in self.commands}
        for name, life in last.items():
            assert life.code == 0 or life.was_killed, f"{name} ends with {life.code}: {life.said[-2000:]}"
        lives = [(command.name, life) for command in self.commands for life in command.lives]
        by_themselves = [
            f"{name} ({life.code}): {life.last_words}" for name, life in lives if not life.was_killed and life is not last[name]
        ]
        tracebacks = [f"{name}: {life.said[-3000:]}" for name, life in lives if "Traceback" in life.said]
        figures.assert_true(self.database_url)
        return left_by(self.database_url, self.kafka_url), Ends(by_themselves, tracebacks)

    def abandon(self) -> None:
        """End all of it with SIGKILL."""
        for program in reversed(self.programs.values()):
            program.abandon()

    def _commands_say(self) -> str:
        return "; ".join(f"{command.name}: {command.said[-300:]}" for command in self.commands)


@contextmanager
def stage(busy: Busy, saving: str = SAVING, worker: str = "worker") -> Iterator[Stage]:
    """Have everything running on empty servers, with the plans of the stores loaded, bridge and worker at work.

    Args:
        busy: the stores.
        saving: how mosquitto keeps what it has.
        worker: what the first worker is called.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="instore-chaos-")))
        data = Path(stack.enter_context(TemporaryDirectory(prefix="instore-chaos-", dir=memory())))
        mqtt, kafka, postgres = mosquitto_server(folder / "mqtt", saving=saving), kafka_server(folder / "kafka"), Postgres(data)
        urls = {"INSTORE_MQTT_URL": mqtt.url, "INSTORE_KAFKA_URL": kafka.url, "INSTORE_DATABASE_URL": postgres.url}
        urls["INSTORE_METRICS_PORT"] = "0"
        here = stack.enter_context(surroundings(folder / "commands", urls))
        servers: list[tuple[str, Launchable, Callable[[], object] | None]]
        servers = [("mqtt", mqtt, None), ("kafka", kafka, None), ("database", postgres, postgres.kill)]
        programs = {name: Supervised(name, _beginning(server), kill) for name, server, kill in servers}
        running = Stage(here, programs)
        stack.callback(running.abandon)
        for name, server, _ in servers:
            wait_until(lambda server=server: server.is_ready, f"{name} serves")  # type: ignore[misc]
        postgres.make_database()
        here.run_well("migrate")
        here.run_well("layout", "load", *busy.layouts)
        _begin_work(running, worker)
        yield running


def _begin_work(running: Stage, worker: str) -> None:
    for name, command, words in (("bridge", "bridge", "subscribed to"), (worker, "worker", "working")):
        started = running.add(name, command)
        wait_until(lambda started=started, words=words: words in started.said, f"{name} works")  # type: ignore[misc]


def _beginning(server: Launchable) -> Callable[[], Running]:
    return lambda: Running(server.launch(), server.log, server.log)


def replaying(running: Stage, busy: Busy, span_s: float | None) -> Running:
    """Begin to send the hours, in so many seconds or as fast as can be, and return when the first reading is stored."""
    speed = "max" if span_s is None else f"{busy.hours * 3600 / span_s:.0f}"
    replay = running.here.start("replay", busy.recording, "--speed", speed)
    wait_until(lambda: running.n_stored() > 0, "the first reading is stored")
    return replay


def undisturbed(busy: Busy) -> Left:
    """Run without any blow."""
    with stage(busy) as running:
        replay = replaying(running, busy, None)
        assert replay.wait(DRAIN_S).code == 0, replay.err[-2000:]
        running.wait_until_done(busy)
        left, ends = running.come_to_rest()
    assert ends == Ends([], []), ends
    stored = {pair for pair in left.ids if not pair[1].startswith("replay-")}
    assert stored == busy.ids, f"{len(stored)} stored, {len(busy.ids)} sent"
    assert left.ids.total() == len(busy.ids) + len(busy.store_ids)
    return left
