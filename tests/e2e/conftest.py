"""A running stack that the acceptance tests share; each uses stores of its own in it."""

from collections.abc import Iterator

import pytest

from tests.e2e.processes import Surroundings, surroundings, urls_in


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    """`instore up`, and surroundings in which every command knows its URLs."""
    with surroundings(tmp_path_factory.mktemp("stack")) as here:
        up = here.start("up")
        up.wait_for("\nready")
        here.environment.update(urls_in(up.out))
        yield here
        ended = up.terminate()
        assert ended.code == 0, ended.err[-3000:]
        assert here.processes() == []


@pytest.fixture
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    """Surroundings of this test's own, in which nothing runs yet."""
    with surroundings(tmp_path_factory.mktemp("here")) as mine:
        yield mine


class Pipeline:
    """A bridge and a worker that tests may kill and start again.

    Args:
        here: surroundings that know the URLs of the servers.
    """

    def __init__(self, here: Surroundings) -> None:
        self.here = here
        self.database_url = here.environment["INSTORE_DATABASE_URL"]
        self.start_bridge()
        self.start_worker()

    def start_bridge(self) -> None:
        """Start a bridge, and wait until the MQTT broker keeps messages for it."""
        self.bridge = self.here.start("bridge")
        self.bridge.wait_for("subscribed to")

    def start_worker(self) -> None:
        """Start a worker; it takes up its work once Kafka has let it in."""
        self.worker = self.here.start("worker")

    def restore(self) -> None:
        """Start again what a test that failed has left dead."""
        if self.bridge.has_ended:
            self.start_bridge()
        if self.worker.has_ended:
            self.start_worker()

    def stop(self) -> None:
        """End both with SIGTERM, which must be clean."""
        for running in (self.bridge, self.worker):
            ended = running.terminate()
            assert ended.code == 0, ended.err[-3000:]
            assert "Traceback" not in ended.err, ended.err[-3000:]


@pytest.fixture(scope="session")
def shared_pipeline(stack: Surroundings) -> Iterator[Pipeline]:
    """A bridge and a worker on the stack."""
    running = Pipeline(stack)
    yield running
    running.stop()


@pytest.fixture
def pipeline(shared_pipeline: Pipeline) -> Pipeline:
    """The bridge and the worker on the stack, both alive."""
    shared_pipeline.restore()
    return shared_pipeline
