"""`instore bench worker` and `instore bench pipeline` with little, on the embedded servers: every figure is there, and nothing is lost."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from benchmarks.pictures import pictures, read
from instore import main

pytestmark = pytest.mark.integration


def _run(arguments: str) -> Result:
    return CliRunner().invoke(main, arguments.split())


def _figures(said: Result) -> dict[str, dict[str, float]]:
    assert said.exit_code == 0, said.stderr + str(said.exception)
    return {line["name"]: line for line in map(msgspec.json.decode, said.stdout.splitlines())}


def test_one_worker_and_two() -> None:
    """With the database and without, and each beside the bare limit."""
    found = _figures(_run("bench worker --readings 12000 --shoppers 30 --json"))
    assert set(found) == {"P2", "P2/bare", "P2/cpu", "P2/no_database", "P2/no_database_bare", "P2/two"}
    assert all(figure["value"] > 0 for figure in found.values())
    assert found["P2/two"]["limit"] == found["P2"]["value"] == found["P2/bare"]["value"]


def test_the_pipeline_is_accounted_for(tmp_path: Path) -> None:
    """All that was published is stored, was there before, or is rejected; each part is seen, and pictures can be drawn of it."""
    samples = tmp_path / "samples.jsonl"
    found = _figures(_run(f"bench pipeline --seconds 1.5 --rate 3000 --shoppers 20 --samples {samples} --json"))
    assert {"P3", "P3/bare", "P3/lag", "P4/p50", "P4/p95", "P4/p99", "P4/bare"} <= found.keys()
    assert {f"P3/memory/{part}" for part in ("MQTT", "Kafka", "PostgreSQL", "bridge", "worker", "publisher")} <= found.keys()
    assert found["P3/received"]["value"] == found["P3/received"]["limit"] > 0
    assert found["P3/difference"]["value"] == 0
    assert 0 < found["P4/p50"]["value"] <= found["P4/p99"]["value"]
    seen, fresh = read(samples)
    assert [sample.stored for sample in seen] == sorted(sample.stored for sample in seen)
    assert dict(pictures({}, seen, fresh)).keys() == {"pipeline", "memory", "freshness"}
    assert len(fresh) > 3
