"""Dashboards as files, for Grafana's own provisioning: the same as `publish` brings, for those who keep Grafana's settings as files."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from dashboards.alerts import Group
from dashboards.board import TAG, Board
from dashboards.pages.now import STORE_PAGE
from dashboards.publishing.publish import FOLDER
from dashboards.publishing.source import Source

PASSWORD = "INSTORE_GRAFANA_PASSWORD"  # noqa: S105  # the name of a variable
"""The environment variable from which Grafana takes the data source's password."""

_TAKEN_AS_THEY_ARE = {"model", "annotations"}

_BOARDS = Path("dashboards") / "instore"
"""Where the dashboards lie, below the folder that is written."""


def write(out: Path, seen_as: Path, boards: Sequence[Board], groups: Sequence[Group], source: Source) -> list[Path]:
    """Write files for Grafana's `provisioning` folder; the page of a store that is gone is removed.

    Args:
        out: the folder; made where it is not there.
        seen_as: the same folder, as Grafana sees it.
        boards: the dashboards.
        groups: the alert rules.
        source: the data source, whose password is not written.

    Returns:
        The files.
    """
    files = {
        Path("datasources") / "instore.yaml": _yaml({"apiVersion": 1, "datasources": [_source(source)]}),
        Path("dashboards") / "instore.yaml": _yaml({"apiVersion": 1, "providers": [_provider(seen_as)]}),
        Path("alerting") / "instore.yaml": _yaml({"apiVersion": 1, "groups": [_group(group) for group in groups]}),
        **{_BOARDS / f"{board['uid']}.json": json.dumps(board, indent=1, ensure_ascii=False) + "\n" for board in boards},
    }
    for file in (out / _BOARDS).glob(f"{STORE_PAGE}*.json"):
        if file.relative_to(out) not in files and _is_ours(file):
            file.unlink()
    for name, text in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8")
    return [out / name for name in files]


def _is_ours(file: Path) -> bool:
    """Whether a file is a page of a store that was written here: it has our tag, and the uid that its name says."""
    try:
        board = json.loads(file.read_text(encoding="utf-8"))
        return TAG in board["tags"] and bool(file.name == f"{board['uid']}.json")
    except (ValueError, KeyError, TypeError):
        return False


def _source(source: Source) -> dict[str, Any]:
    secret = {} if source.password is None else {"secureJsonData": {"password": f"${PASSWORD}"}}
    return {**_escaped(source.settings), **secret, "editable": False}


def _provider(seen_as: Path) -> dict[str, Any]:
    options = {"path": _escaped(str(seen_as / _BOARDS))}
    return {"name": "instore", "type": "file", "folder": FOLDER, "folderUid": FOLDER, "allowUiUpdates": False, "options": options}


def _group(group: Group) -> dict[str, Any]:
    return {"orgId": 1, "name": group["title"], "folder": FOLDER, "interval": f"{group['interval']}s", "rules": _escaped(group["rules"])}


def _escaped(value: Any) -> Any:
    """Double each `$`, after which Grafana looks for the name of an environment variable: in these files, but not in all of them.

    It leaves dashboards alone, and of alert rules the models of queries and the annotations, so that their own `$` stay.
    """
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, dict):
        return {name: one if name in _TAKEN_AS_THEY_ARE else _escaped(one) for name, one in value.items()}
    return [_escaped(one) for one in value] if isinstance(value, list) else value


def _yaml(document: dict[str, Any]) -> str:
    head = "# Written by `instore dashboards write`; written anew, changes here are lost.\n"
    return head + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=10_000)
