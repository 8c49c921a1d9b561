"""What is seen of a pipeline under load: how far it is, and what each part takes of processors and memory."""

import os
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from benchmarks.publisher import Publisher
from benchmarks.running import Part, children, cpu_s, family, listener, proportional_kib
from benchmarks.servers import Servers
from sensors.urls import MqttUrl
from storage.connect import parse

RECEIVED = "instore_worker_received"


class Sample(msgspec.Struct, frozen=True):
    """What is seen at a moment.

    Attributes:
        at_s: seconds of a clock that does not go back.
        published: readings so far.
        stored: the same.
        cpu_s: seconds of CPU that each part has taken.
        mib: memory of each part, in MiB; what processes share is counted once.
    """

    at_s: float
    published: float
    stored: float
    cpu_s: dict[str, float]
    mib: dict[str, float]


class Samples:
    """A file of samples, an object of JSON a line; or nowhere."""

    def __init__(self, file: Path | None) -> None:
        self._file: IO[bytes] | None = None if file is None else file.open("ab")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, sample: Sample) -> None:
        """Write a sample down."""
        self._write(sample)

    def probes(self, row_ms: list[float]) -> None:
        """Write down how fresh rows were."""
        self._write({"row_ms": row_ms})

    def _write(self, what: object) -> None:
        if self._file is not None:
            self._file.write(msgspec.json.encode(what) + b"\n")
            self._file.flush()


class Pipeline:
    """A bridge and a worker that run, and their publisher.

    Args:
        publisher: what it published before does not count.
        bridge: the process.
        worker: the process.
        where: the servers; of those on this machine is seen what they take.
        samples: where samples go.
    """

    def __init__(self, publisher: Publisher, bridge: Part, worker: Part, where: Servers, samples: Samples) -> None:
        self.samples = samples
        self.probes = 0
        """Readings that were published besides."""
        self._publisher, self._worker = publisher, worker
        self._base = publisher.published
        heads = {"bridge": bridge.pid, "worker": worker.pid, "publisher": publisher.pid, "bench": os.getpid()}
        ports = {"MQTT": MqttUrl.parse(where.mqtt).port, "Kafka": _port(where.brokers[0]), "PostgreSQL": int(parse(where.database)["port"])}
        self._heads = {**{name: pid for name, port in ports.items() if (pid := listener(port))}, **heads}

    @property
    def published(self) -> float:
        """Readings that were published."""
        return self._publisher.published - self._base + self.probes

    def stored(self) -> float:
        """Readings of which the database knows what became of them."""
        return self._worker.metrics().get(RECEIVED, 0.0)

    def allow(self, readings: float) -> None:
        """Let so many be published; 0: no more."""
        self._publisher.allow(self._base + readings - self.probes if readings else 0)

    def sample(self) -> Sample:
        """Look at all of it."""
        processes = children()
        parts = {name: [pid] if name == "bench" else family(pid, processes) for name, pid in self._heads.items()}
        sample = Sample(
            at_s=time.monotonic(),
            published=self.published,
            stored=self.stored(),
            cpu_s={name: sum(map(cpu_s, pids)) for name, pids in parts.items()},
            mib={name: sum(map(proportional_kib, pids)) / 1024 for name, pids in parts.items()},
        )
        self.samples.add(sample)
        return sample


def _port(server: str) -> int:
    return int(server.rpartition(":")[2])
