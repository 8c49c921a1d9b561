"""`instore dashboards`, as people run it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from instore import main
from sensors.layout import Layout, Zone
from storage.connect import connect
from storage.layouts import save
from tests.dashboards.grafana_double import PASSWORD, TOKEN, Double, serving

pytestmark = pytest.mark.integration

LOGIN = f"postgresql://grafana:{PASSWORD}@db.example:5432/shop"


@pytest.fixture
def double() -> Iterator[Double]:
    """A Grafana in which nothing is yet."""
    with serving() as one:
        yield one
        assert one.mistakes == []


@pytest.fixture
def shop_url(database_url: str) -> str:
    """A database with one store of which nothing but its layout is known."""
    with connect(database_url, "test") as connection:
        save(connection, Layout(store_id="berlin", zones=(Zone(zone_id="dairy", type="general"),)), "test")
    return database_url


def _run(url: str, *words: str, **settings: str) -> Result:
    return CliRunner().invoke(main, ["dashboards", *words], env={"INSTORE_DATABASE_URL": url, **settings})


def _settings(double: Double) -> dict[str, str]:
    return {"INSTORE_GRAFANA_URL": double.url, "INSTORE_GRAFANA_TOKEN": TOKEN, "INSTORE_GRAFANA_DATABASE_URL": LOGIN}


def test_publishing_twice(shop_url: str, double: Double) -> None:
    """All pages and alert rules are there after the first time; the second time says that there is nothing to change."""
    dry = _run(shop_url, "publish", "--dry-run", **_settings(double))
    assert dry.exit_code == 0
    assert "would create dashboard Store now: berlin (instore-now-berlin)" in dry.stdout
    assert double.writes() == []
    first = _run(shop_url, "publish", **_settings(double))
    assert first.exit_code == 0, first.stderr
    assert "create alert rule Long queue (instore-long-queue)" in first.stdout
    assert "instore-now-berlin" in double.boards
    double.requests.clear()
    second = _run(shop_url, "publish", **_settings(double))
    assert (second.exit_code, second.stdout) == (0, "nothing to change\n")
    assert double.writes() == []


def test_it_is_said_which_setting_is_missing_or_wrong(shop_url: str, double: Double) -> None:
    """Exit code 2 for what the caller has to set right."""
    for without, says in (
        ("INSTORE_GRAFANA_URL", "INSTORE_GRAFANA_URL is not set"),
        ("INSTORE_GRAFANA_TOKEN", "INSTORE_GRAFANA_TOKEN is not set"),
        ("INSTORE_GRAFANA_DATABASE_URL", "INSTORE_GRAFANA_DATABASE_URL is not set"),
    ):
        ended = _run(shop_url, "publish", **{**_settings(double), without: ""})
        assert ended.exit_code == 2
        assert f"instore: {says}" in ended.stderr
    ended = _run(shop_url, "publish", **{**_settings(double), "INSTORE_GRAFANA_TOKEN": "glsa_wrong"})
    assert ended.exit_code == 2
    assert "does not know this token" in ended.stderr


def test_it_is_said_what_grafana_cannot_do(shop_url: str, double: Double) -> None:
    """Exit code 1 for one that is old, away, or has something of others in our place."""
    double.version = "8.5.0"
    ended = _run(shop_url, "publish", **_settings(double))
    assert (ended.exit_code, "is 8.5.0: 9.3 is the oldest" in ended.stderr) == (1, True)
    double.version = "9.3.0"
    double.folders["abc"] = {"uid": "abc", "title": "instore"}
    ended = _run(shop_url, "publish", **_settings(double))
    assert (ended.exit_code, "Nothing was written" in ended.stderr) == (1, True)
    ended = _run(shop_url, "publish", **{**_settings(double), "INSTORE_GRAFANA_URL": "http://127.0.0.1:1"})
    assert (ended.exit_code, "cannot be reached" in ended.stderr) == (1, True)


def test_files_are_written(shop_url: str, tmp_path: Path) -> None:
    """It says how many, and what Grafana needs; the password is in none."""
    ended = _run(shop_url, "write", "--out", str(tmp_path), INSTORE_GRAFANA_DATABASE_URL=LOGIN)
    assert ended.exit_code == 0, ended.stderr
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert ended.stdout == f"{len(files)} files in {tmp_path}; Grafana needs INSTORE_GRAFANA_PASSWORD\n"
    assert not any(PASSWORD in file.read_text() for file in files)
    assert _run(shop_url, "write", "--out", str(tmp_path), INSTORE_GRAFANA_DATABASE_URL="").exit_code == 2


def test_a_folder_that_cannot_be_written_is_a_wrong_setting(shop_url: str, tmp_path: Path) -> None:
    """A file stands where a folder has to be, which stops root too: exit code 2, the option, and where."""
    (tmp_path / "dashboards").write_text("")
    for out in (tmp_path, tmp_path / "dashboards" / "below"):
        ended = _run(shop_url, "write", "--out", str(out), INSTORE_GRAFANA_DATABASE_URL=LOGIN)
        assert ended.exit_code == 2
        assert f"instore: --out {out} cannot be written: " in ended.stderr
        assert str(tmp_path / "dashboards") in ended.stderr


def test_a_check_tells_what_is_not_as_it_should_be(shop_url: str) -> None:
    """A store of which nothing was heard has pages that show nothing: exit code 1, and each panel is named."""
    ended = _run(shop_url, "check", "--at", "2026-11-21T12:00Z")
    assert ended.exit_code == 1
    assert "returns nothing" in ended.stdout
    assert "fails" not in ended.stdout
    assert _run(shop_url, "check", "--at", "noon").exit_code == 2
