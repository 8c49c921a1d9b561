"""Where a running part can be looked at: what is answered, to whom, and how it is found."""

import json
import logging
import os
import socket
import time
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as strictly

from sensors.bridge_metrics import COUNTED, BridgeMetrics, State
from sensors.child import free_port
from sensors.decode import decode
from sensors.endpoint import Listen, seen
from sensors.targets import Target, running
from tests.scrape import get, ready, scrape
from tests.sensors.strategies import NOW


def _state(*, turned_s_ago: float = 0.0, kafka: bool = True) -> State:
    """A bridge as it may be."""
    counts = {name: number for number, name in enumerate(COUNTED, 1)}
    return State(counts, time.monotonic() - turned_s_ago, mqtt=True, kafka=kafka, held=(3, 400), limits=(100, 5000))


def _url(data_dir: Path) -> str:
    [found] = running(data_dir)
    return found.url


def test_metrics_in_the_form_that_is_asked_for(tmp_path: Path) -> None:
    """Text as all Prometheus read it, and OpenMetrics, which a strict parser accepts."""
    metrics = BridgeMetrics(_state)
    payload = b'[{"id": "r1", "ts": 1, "device_id": "d", "zone_id": "z"}, 7]'
    metrics.took(decode(payload, topic="instore/v1/s1/dwell/g", received_at=NOW), NOW)
    with seen(Listen(0, tmp_path), "bridge", metrics):
        plain = scrape(_url(tmp_path))
        answer = get(_url(tmp_path), "/metrics", "application/openmetrics-text;version=1.0.0")
    assert plain.value("instore_bridge_readings_total", kind="dwell") == 1
    assert plain.by("instore_bridge_rejected_total", "reason") == {"not_an_object": 1}
    assert plain.value("instore_bridge_held_bytes") == 400
    assert plain.value("instore_bridge_last_message_timestamp_seconds") == NOW / 1_000_000
    assert plain.sum("process_resident_memory_bytes") > 1_000_000
    assert answer.form.startswith("application/openmetrics-text")
    families = list(strictly(answer.body.decode()))  # type: ignore[no-untyped-call]  # this half of the client has no types
    strict = {sample.name: sample.value for family in families for sample in family.samples}
    assert strict["instore_bridge_messages_total"] == plain.value("instore_bridge_messages_total") == 1


def test_health_and_readiness(tmp_path: Path) -> None:
    """200 where all is well, 503 where it is not, and in both cases which part of it."""
    now = [_state()]
    with seen(Listen(0, tmp_path), "bridge", BridgeMetrics(lambda: now[0])):
        url = _url(tmp_path)
        assert ready(url) == (200, {"ready": True, "mqtt": True, "kafka": True})
        assert get(url, "/healthz").status == 200
        now[0] = _state(kafka=False)
        assert ready(url) == (503, {"ready": False, "mqtt": True, "kafka": False})
        assert get(url, "/healthz").status == 200
        now[0] = _state(turned_s_ago=61)
        assert (get(url, "/healthz").status, json.loads(get(url, "/healthz").body)) == (503, {"alive": False})
        assert get(url, "/elsewhere").status == 404


def test_only_this_machine_is_answered(tmp_path: Path) -> None:
    """The socket is bound to 127.0.0.1, and is gone afterwards."""
    with seen(Listen(0, tmp_path), "bridge", BridgeMetrics(_state)):
        port = int(_url(tmp_path).rpartition(":")[2])
        bound = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"]
        assert f"0100007F:{port:04X}" in bound
        assert f"00000000:{port:04X}" not in bound
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_who_says_nothing_holds_nobody_up(tmp_path: Path) -> None:
    """A client that connects and falls silent: others are answered meanwhile, and the end does not wait for it."""
    with seen(Listen(0, tmp_path), "bridge", BridgeMetrics(_state)):
        host, port = _url(tmp_path).removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as silent:
            silent.sendall(b"GET /met")
            assert ready(_url(tmp_path))[0] == 200
            began = time.monotonic()
    assert time.monotonic() - began < 3


def test_nowhere_is_the_default() -> None:
    """Without a port nothing is opened."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    with seen(None, "bridge", BridgeMetrics(_state)):
        assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_port_that_is_taken_is_one_sentence() -> None:
    """It says which, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with (
            pytest.raises(OSError, match=rf"127\.0\.0\.1:{port} for metrics: Address already in use; give another --metrics-port"),
            seen(Listen(port), "bridge", BridgeMetrics(_state)),
        ):
            pass


def test_a_port_of_ones_own_choice() -> None:
    """The port that was asked for answers, at once again after the end."""
    port = free_port()
    for _ in range(2):
        with seen(Listen(port), "bridge", BridgeMetrics(_state)):
            assert ready(f"http://127.0.0.1:{port}")[0] == 200


def test_the_file_is_one_for_prometheus(tmp_path: Path) -> None:
    """`file_sd_configs` reads a list of groups, each with targets and labels; the file is there as long as the part."""
    with seen(Listen(0, tmp_path), "worker", BridgeMetrics(_state)):
        [file] = (tmp_path / "metrics").iterdir()
        [group] = json.loads(file.read_bytes())
        assert running(tmp_path) == [Target("worker", os.getpid(), f"http://{group['targets'][0]}")]
        assert group["labels"] == {"job": "instore-worker"}
    assert list((tmp_path / "metrics").iterdir()) == []


def test_what_the_dead_left_is_passed_over_and_taken_away(tmp_path: Path) -> None:
    """A file of a process that is no more, one that is no JSON, one of somebody else's: none is taken for a part that runs."""
    folder = tmp_path / "metrics"
    folder.mkdir()
    dead = folder / f"worker-{2**22 + 1}.json"  # beyond the largest number of a process
    dead.write_text('[{"targets": ["127.0.0.1:1"], "labels": {}}]')
    (folder / f"bridge-{os.getpid()}.json").write_text("half a li")
    (folder / "mine.json").write_text('[{"targets": ["127.0.0.1:9090"], "labels": {}}]')
    assert running(tmp_path) == []
    with seen(Listen(0, tmp_path), "worker", BridgeMetrics(_state)):
        assert not dead.exists()
        assert (folder / "mine.json").exists()
        assert len(running(tmp_path)) == 1


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The part works, and says why the doctor will not find it."""
    (tmp_path / "file").touch()
    with caplog.at_level(logging.INFO, "instore.metrics"), seen(Listen(0, tmp_path / "file"), "bridge", BridgeMetrics(_state)):
        [told] = [record for record in caplog.records if getattr(record, "action", "") == "metrics"]
        assert ready(f"http://{getattr(told, 'address', '')}")[0] == 200
    assert [getattr(record, "action", "") for record in caplog.records] == ["metrics", "not_told"]
