"""What people install: the wheel has everything that the command needs, and nothing else."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("sensors", "stream", "storage", "dashboards", "simulators", "benchmarks")
CARRIED = {".css", ".js", ".json", ".py", ".sql", ".typed", ".yaml"}
"""Files that the code reads, by their endings."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built from the source distribution as a release would be."""
    if os.environ.get("INSTORE_CI") != "1":
        pytest.skip("building the wheel fetches build tools from the registry: done where INSTORE_CI=1, as in .ci/run")
    out = tmp_path_factory.mktemp("dist")
    built = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(out), str(ROOT)], check=False, capture_output=True, text=True, timeout=240
    )
    assert built.returncode == 0, (built.stdout + built.stderr)[-3000:]
    [file] = out.glob("*.whl")
    return zipfile.ZipFile(file)


def test_the_wheel_has_every_module_and_every_file_that_they_read(wheel: zipfile.ZipFile) -> None:
    """Python, SQL and YAML of all packages, and the command; no test, no tool of ours."""
    inside = {name for name in wheel.namelist() if ".dist-info/" not in name}
    expected = {
        file.relative_to(ROOT).as_posix() for package in PACKAGES for file in (ROOT / package).rglob("*") if file.suffix in CARRIED
    } | {"instore.py"}
    assert expected - inside == set()
    assert inside - expected == set()


def test_the_wheel_names_the_command_and_the_license(wheel: zipfile.ZipFile) -> None:
    """`instore` becomes a command, and the license goes with the code."""
    [points] = [name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt")]
    assert "instore = instore:main" in wheel.read(points).decode()
    assert any(name.endswith("LICENSE") for name in wheel.namelist())
