"""docs/export.md says what is true: its commands run, its Python too, its tables hold what the files and frames have."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pyarrow import parquet

from instore import main
from storage import frames
from storage.export import Wanted, export

pytestmark = pytest.mark.integration

PAGE = (Path(__file__).parents[2] / "docs" / "export.md").read_text()
COMMANDS = [line.split("#")[0].split("|")[0].strip() for line in re.findall(r"^    (instore export.*)$", PAGE, re.MULTILINE)]
[BLOCK, _PM4PY] = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def rows(heading: str) -> list[list[str]]:
    """The table below a heading, without its head."""
    part = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("| ")][1:]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(analyst_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """As it stands, for an analyst; and writes something."""
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(main, shlex.split(command)[1:], env={"INSTORE_DATABASE_URL": analyst_url})
    assert ended.exit_code == 0, ended.stderr
    assert [file for file in tmp_path.iterdir() if file.stat().st_size > 500] or len(ended.stdout) > 500


def test_there_are_commands() -> None:
    """Or else nothing would be tried."""
    assert len(COMMANDS) >= 6


def test_the_python_runs(analyst_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And gives frames."""
    monkeypatch.setenv("INSTORE_DATABASE_URL", analyst_url)
    names: dict[str, Any] = {}
    exec(BLOCK, names)  # noqa: S102  # that is what it is for
    assert (len(names["visits"]), names["by_hour"]["entered"].sum()) == (58, 34)


def test_the_columns_of_the_event_log_are_explained(analyst_url: str) -> None:
    """All of them, and no other."""
    told = {name for row in rows("The event log") for name in re.findall(r"`([\w:]+)`", row[0])} - {"case:"}
    told |= {f"case:{name}" for row in rows("The event log") if row[0] == "`case:...`" for name in re.findall(r"`(\w+)`", row[1])}
    assert told == set(frames.read(analyst_url, "events"))


def test_types_are_those_of_the_table(analyst_url: str, tmp_path: Path) -> None:
    """Of Parquet and of pandas, as the page says of a column of each type."""
    said = {row[1].strip("`"): (row[2].strip("`"), row[3].strip("`")) for row in rows("What the types become") if row[1].endswith("`")}
    examples = [(name, *name.split(".")) for name in said if "--" not in name]
    frame = {table: frames.read(analyst_url, table) for _, table, _ in examples}
    for table in frame:
        export(analyst_url, Wanted(table), tmp_path / table, "parquet")
    kinds = {table: parquet.read_schema(tmp_path / table) for table in frame}
    found = {name: (str(kinds[table].field(column).type), str(frame[table][column].dtype)) for name, table, column in examples}
    assert found == {name: said[name] for name in found}
    assert len(found) >= 10
