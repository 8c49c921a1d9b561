"""`instore bench storage` with few readings on a real server: every figure is there and can be read; how fast it was is not asserted."""

from pathlib import Path

import msgspec
import psycopg
import pytest
from click.testing import CliRunner, Result

from benchmarks.queries import queries
from instore import main
from tests.e2e.processes import surroundings

FEW = "bench storage --readings 4000 --stores 2 --shoppers 100 --seconds 0.4"


def _run(arguments: str) -> Result:
    return CliRunner().invoke(main, arguments.split())


def _figures(said: Result) -> dict[str, dict[str, float]]:
    assert said.exit_code == 0, said.stderr
    lines = [msgspec.json.decode(line) for line in said.stdout.splitlines()]
    assert all({"name", "value", "unit", "limit", "ratio"} <= line.keys() for line in lines)
    return {line["name"]: line for line in lines}


def test_every_figure_is_there(database_url: str, tmp_path: Path) -> None:
    """Size, each query, ingest alone and beside queries; plans of three; and what was written for ingest is gone again."""
    found = _figures(_run(f"{FEW} --json --database {database_url} --plans {tmp_path / 'plans.txt'}"))
    assert found["readings"]["value"] == found["readings"]["limit"] == 4000
    assert {f"P5/{one.name}" for one in queries()} <= found.keys()
    assert {"P5", "P6/uncompressed", "ingest", "ingest/beside"} <= found.keys()
    assert all(line["value"] > 0 for line in found.values())
    assert found["P5"]["value"] == max(found[f"P5/{one.name}"]["value"] for one in queries())
    assert (tmp_path / "plans.txt").read_text().count("Execution Time") == 3
    with psycopg.connect(database_url) as connection:
        [(readings, difference)] = connection.execute("SELECT stored, difference FROM instore.accounting_total").fetchall()
    assert (readings, difference) == (4000, 0)
    again = _figures(_run(f"{FEW} --json --database {database_url}"))
    assert again["readings"]["value"] == 4000
    assert again["fill"] == found["fill"]


def test_people_get_a_table(database_url: str) -> None:
    """A line a figure, the slowest query first."""
    said = _run(f"{FEW} --database {database_url}")
    assert said.exit_code == 0, said.stderr
    for word in ("name", "limit", "P5", "P6/uncompressed", "readings/s"):
        assert word in said.stdout


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ("bench speed", "storage"),
        ("bench storage --readings 10", "--readings"),
        ("bench storage --stores 0", "--stores"),
        ("bench storage --seconds 0", "--seconds"),
        ("bench storage --database mysql://me:secret@127.0.0.1/db", "postgresql://"),
        ("bench storage --database postgresql://127.0.0.1/db --keep here", "--keep"),
        ("bench storage --plans nowhere/plans.txt", "nowhere"),
    ],
)
def test_a_wrong_option_is_told(arguments: str, word: str) -> None:
    """Exit code 2, with what is wrong and no password."""
    said = _run(arguments)
    assert said.exit_code == 2
    assert word in said.stderr
    assert "secret" not in said.stderr


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "0", "-5", "0.99"])
def test_a_rate_that_is_none_is_told(value: str) -> None:
    """What it is, and what to give instead; a number that is none is no rate as fast as possible."""
    said = _run(f"bench pipeline --rate {value}")
    assert said.exit_code == 2
    assert said.stderr == f"instore: --rate {value}: give a number of 1 or more, or leave it out for as many as it takes\n"


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "0.05"])
def test_a_time_that_is_none_is_told(value: str) -> None:
    """It would be measured for ever, or not at all."""
    said = _run(f"bench storage --seconds {value}")
    assert said.exit_code == 2
    assert said.stderr == f"instore: --seconds {value}: give a number of 0.1 or more, or leave it out for the usual time\n"


@pytest.mark.integration
def test_sigterm_leaves_nothing_behind(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Ended in the middle, it takes its embedded server and its folder with it."""
    with surroundings(tmp_path_factory.mktemp("bench")) as here:
        here.environment["TMPDIR"] = str(here.folder)
        running = here.start("bench", "storage", "--readings", "100000")
        running.wait_for("applied")
        assert running.terminate().code == 1
        assert here.processes() == []
        assert list(here.folder.glob("instore-bench-*")) == []
