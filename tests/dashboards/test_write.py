"""Files for Grafana's own provisioning."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from dashboards.publishing.source import source
from dashboards.publishing.write import write
from tests.dashboards.test_publish import OFFER, PAGES

LOGIN = source("postgresql://grafana:se%24cret@[::1]:5432/shop")


def _as_grafana_reads(text: str, environment: dict[str, str]) -> Any:
    """Read a file as Grafana does: `$NAME` and `${NAME}` are of the environment, `$$` is a `$`, but not in models and annotations."""

    def expanded(value: Any) -> Any:
        if isinstance(value, str):
            parts = (re.sub(r"\$\{?(\w+)\}?", lambda found: environment.get(found[1], ""), part) for part in value.split("$$"))
            return "$".join(parts)
        if isinstance(value, dict):
            return {name: one if name in {"model", "annotations"} else expanded(one) for name, one in value.items()}
        return [expanded(one) for one in value] if isinstance(value, list) else value

    return expanded(yaml.safe_load(text))


def test_what_is_written_is_what_is_published(tmp_path: Path) -> None:
    """Data source, dashboards and rules are the same as those that are published; the password comes from the environment."""
    write(tmp_path, Path("/etc/grafana/provisioning"), PAGES, OFFER.groups, LOGIN)
    read = {name: (tmp_path / name / "instore.yaml").read_text() for name in ("datasources", "dashboards", "alerting")}
    assert not any("se$cret" in text for text in read.values())
    [there] = _as_grafana_reads(read["datasources"], {"INSTORE_GRAFANA_PASSWORD": "se$cret"})["datasources"]
    assert there == {**LOGIN.settings, "secureJsonData": {"password": "se$cret"}, "editable": False}
    [provider] = _as_grafana_reads(read["dashboards"], {})["providers"]
    assert (provider["folderUid"], provider["options"]) == ("instore", {"path": "/etc/grafana/provisioning/dashboards/instore"})
    [group] = _as_grafana_reads(read["alerting"], {})["groups"]
    assert (group["name"], group["folder"], group["interval"]) == ("instore", "instore", "120s")
    assert group["rules"] == OFFER.groups[0]["rules"]
    files = sorted((tmp_path / "dashboards" / "instore").iterdir())
    assert [json.loads(file.read_text()) for file in files] == sorted(PAGES, key=lambda page: str(page["uid"]))


def test_a_page_that_is_gone_is_removed_and_other_files_stay(tmp_path: Path) -> None:
    """The folder may hold dashboards of others, also under names like ours, copies of ours, and what is no JSON."""
    write(tmp_path, tmp_path, PAGES, [], LOGIN)
    folder = tmp_path / "dashboards" / "instore"
    theirs = {
        "mine.json": "{}",
        "instore-my-own.json": "{}",
        "instore-now-mine.json": '{"uid": "instore-now-mine"}',
        "instore-now-x.json": "[",
    }
    copied = {"instore-now-copy.json": (folder / "instore-now-berlin.json").read_text()}
    for name, text in (theirs | copied).items():
        (folder / name).write_text(text)
    files = write(tmp_path, tmp_path, PAGES[:1], [], LOGIN)
    assert {file.name for file in folder.iterdir()} == {"instore-visits.json", *theirs, *copied}
    assert all(file.is_file() for file in files)
