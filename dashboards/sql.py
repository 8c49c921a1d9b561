"""Queries: the files in `queries/`, and how a panel holds one.

Macros (`$__timeFilter`, ...) and variables (`${store:sqlstring}`) in them are Grafana's: `dashboards.expand` expands them as it does.
"""

import re
from functools import cache
from importlib import resources
from typing import Self

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef

SOURCE_UID = "instore"
SOURCE = DataSourceRef(type_val="postgres", uid=SOURCE_UID)
"""The data source of every query. Newer Grafanas call its type otherwise, and still understand this name."""


_INCLUDE = re.compile(r"^-- include (\S+)(?: (.+))?$", re.MULTILINE)


@cache
def text_of(name: str) -> str:
    """Return the SQL of a query: `now/inside` names the file `queries/now/inside.sql`.

    A line `-- include parts/present` stands for another file: what several queries must mean alike is written once. What follows the name
    there is put where that file says `$1`.
    """
    text = resources.files("dashboards").joinpath("queries", f"{name}.sql").read_text(encoding="utf-8").strip()
    return _INCLUDE.sub(lambda found: text_of(found[1]).replace("$1", found[2] or ""), text)


class Query(Builder[Dataquery], Dataquery):
    """A query of a panel, as Grafana's PostgreSQL data source wants it; the SDK has none.

    All are asked for as tables: the names and types of the columns decide what a panel makes of them.

    Args:
        name: the file.
        ref_id: its name in the panel.
    """

    def __init__(self, name: str, ref_id: str = "A") -> None:
        self._sql = text_of(name)
        self._ref_id = ref_id

    def build(self) -> Self:
        """Return itself: it is complete."""
        return self

    def to_json(self) -> dict[str, object]:
        """Return it for the dashboard's JSON."""
        return {
            "refId": self._ref_id,
            "datasource": SOURCE,
            "editorMode": "code",
            "rawQuery": True,
            "rawSql": self._sql,
            "format": "table",
        }
