"""What bridge and worker show while a day with faults goes through them: figure for figure what the database says."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sensors.targets import running
from tests.e2e.conftest import Pipeline
from tests.e2e.days import accounting, simulated, wait_until_stored
from tests.e2e.processes import not_ok, surroundings, urls_in, wait_until
from tests.scrape import Scrape, get, ready, scrape, target
from tests.sensors.conftest import publish

pytestmark = pytest.mark.integration

FAULTS = ("--duplicates", "0.05", "--disorder", "45", "--malformed", "0.01")
KINDS = "SELECT kind, count(*) FROM instore.readings GROUP BY 1"
REASONS = "SELECT reason, count(*) FROM instore.rejected_readings GROUP BY 1"
LATE = "SELECT count(*) FROM instore.readings WHERE is_late"
OPEN = "SELECT count(*) FROM instore.visits WHERE ended_by IS NULL"


class Watched(Pipeline):
    """A pipeline that can be looked at."""

    @property
    def data_dir(self) -> Path:
        """Where `instore up` and all others meet."""
        return Path(self.here.environment["INSTORE_DATA_DIR"])

    def see(self, part: str) -> Scrape:
        """Look at the metrics of the bridge or the worker."""
        return scrape(target(self.data_dir, part).url)

    def is_ready(self, part: str) -> bool:
        """Whether a part runs and says that it is ready."""
        return any(one.part == part and ready(one.url)[0] == 200 for one in running(self.data_dir))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(query.encode()).fetchall()


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A stack of its own, so that its database holds what these two processes brought, and nothing else."""
    with surroundings(tmp_path_factory.mktemp("watched"), {"INSTORE_METRICS_PORT": "0", "INSTORE_LOG_FORMAT": "json"}) as here:
        up = here.start("up")
        up.wait_for("\nready")
        here.environment.update(urls_in(up.out))
        pipeline = Watched(here)
        wait_until(lambda: pipeline.is_ready("bridge") and pipeline.is_ready("worker"), "both are ready")
        yield pipeline
        pipeline.stop()
        assert running(pipeline.data_dir) == []
        assert up.terminate().code == 0


def _hear(watched: Watched, n_devices: int, ago_s: int = 0) -> None:
    """Have devices heard in the store `live`, and wait until that is stored."""
    ts = time.time_ns() // 1_000_000 - ago_s * 1000
    payloads = [{"id": f"{ts}-{n}", "device_id": f"tag-{n}", "zone_id": "dairy", "ts": ts} for n in range(n_devices)]
    publish(watched.here.environment["INSTORE_MQTT_URL"], [("instore/v1/live/dwell/gw-1", json.dumps(one).encode()) for one in payloads])
    stored = f"SELECT count(*) FROM instore.readings WHERE id LIKE '{ts}-%'"  # noqa: S608 - a number of our own
    wait_until(lambda: watched.rows(stored) == [(n_devices,)], f"{n_devices} readings are stored")


def test_the_metrics_are_what_the_database_says(watched: Watched) -> None:
    """A day with duplicates, disorder and broken messages: every count of both is that of the rows, exactly."""
    day = simulated(watched.here, "faulty", "--shoppers", "40", *FAULTS)
    watched.here.run_well("replay", day.recording)
    wait_until_stored(watched.database_url, day)
    expected = day.expected()
    wait_until(lambda: accounting(watched.database_url, day.store_id) == expected, f"the accounting says {expected}", 20)
    _hear(watched, 7)
    _hear(watched, 3, ago_s=600)
    [(received, duplicate)] = watched.rows("SELECT received, duplicate FROM instore.accounting_total")
    assert expected.duplicate > 0 < expected.rejected

    wait_until(lambda: watched.see("worker").value("instore_worker_received_total") >= received, "the last commit is counted")
    bridge, worker = watched.see("bridge"), watched.see("worker")
    rejected = {reason: float(count) for reason, count in watched.rows(REASONS)}
    assert bridge.sum("instore_bridge_readings_total") + bridge.sum("instore_bridge_rejected_total") == received
    assert bridge.by("instore_bridge_rejected_total", "reason") == worker.by("instore_worker_rejected_total", "reason") == rejected
    assert worker.by("instore_worker_stored_readings_total", "kind") == {kind: float(count) for kind, count in watched.rows(KINDS)}
    assert worker.value("instore_worker_received_total") == received
    assert worker.value("instore_worker_duplicate_readings_total") == duplicate > 0
    assert received == worker.sum("instore_worker_stored_readings_total") + duplicate + worker.sum("instore_worker_rejected_total")
    assert worker.value("instore_worker_late_readings_total") == watched.rows(LATE)[0][0] == 3
    assert bridge.value("instore_bridge_messages_acknowledged_total") == bridge.value("instore_bridge_messages_total") > 0
    assert bridge.value("instore_bridge_held_readings") == bridge.value("instore_bridge_held_bytes") == 0
    assert worker.value("instore_worker_flush_seconds_count", step="write") > 0
    assert worker.value("instore_worker_delay_seconds_bucket", le="+Inf") > 0
    assert worker.sum("instore_worker_lag_records") == 0
    assert worker.by("instore_worker_partitions", "topic") == {"instore.readings": 8, "instore.rejected": 8}


def test_open_visits_and_freshness_survive_a_restart(watched: Watched) -> None:
    """A worker that was killed leaves no target behind; the next one reads back how many visits go on and how new each store is."""
    _hear(watched, 7)
    assert watched.rows(OPEN) == [(7,)]
    wait_until(lambda: watched.see("worker").value("instore_worker_open_visits") == 7, "the worker says so")
    killed = target(watched.data_dir, "worker")
    watched.worker.kill()
    watched.start_worker()
    wait_until(lambda: watched.is_ready("worker"), "the next worker is ready")
    assert len(list((watched.data_dir / "metrics").glob("worker-*.json"))) == 1
    assert target(watched.data_dir, "worker").pid != killed.pid
    worker = watched.see("worker")
    assert worker.value("instore_worker_open_visits") == 7
    assert 0 < worker.value("instore_worker_store_freshness_seconds", store="live") < 60
    assert worker.value("instore_worker_freshness_seconds_bucket", le="60.0") >= 1
    assert worker.value("instore_worker_received_total") == 0


def test_both_are_alive_and_well_says_the_doctor(watched: Watched) -> None:
    """The doctor finds them in the data folder, and has nothing to say against them."""
    for part in ("bridge", "worker"):
        assert json.loads(get(target(watched.data_dir, part).url, "/healthz").body) == {"alive": True}
    _hear(watched, 1)
    said = watched.here.run_well("doctor").out
    assert not_ok(said, 8) == []
    assert "0 held" in said
    assert "records behind" in said


def test_every_line_they_log_is_an_object(watched: Watched) -> None:
    """With `INSTORE_LOG_FORMAT=json`: time, level, logger and message in each, and what our calls say besides."""
    for running_part in (watched.bridge, watched.worker):
        lines = [json.loads(line) for line in running_part.err.splitlines()]
        assert lines
        assert all(list(line)[:4] == ["time", "level", "logger", "message"] for line in lines)
    [subscribed] = [line for line in map(json.loads, watched.bridge.err.splitlines()) if line.get("action") == "mqtt_subscribed"]
    assert subscribed["logger"] == "instore.bridge"


def test_a_wrong_setting_is_an_object_too(watched: Watched) -> None:
    """What ends a command is said in the same form."""
    taken = target(watched.data_dir, "bridge").url.rpartition(":")[2]
    ended = watched.here.run("bridge", "--client-id", "other", "--metrics-port", taken)
    assert ended.code == 1
    last = json.loads(ended.err.splitlines()[-1])
    assert (last["level"], last["action"]) == ("error", "failed")
    assert f"127.0.0.1:{taken}" in last["message"]
    assert "--metrics-port" in last["message"]
