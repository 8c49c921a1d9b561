"""What a database's catalog says of our schema, in the words of `docs/tables.md`.

`.venv/bin/python -m tests.storage.catalog` writes the reference part of that page anew from the migrations.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from storage.migrate import migrate
from storage.postgres import postgres
from tests.storage import entities
from tests.storage.relations import Column, Relation, relations

PAGE = Path(__file__).parents[2] / "docs" / "tables.md"
BEGIN = "<!-- From here on written by `python -m tests.storage.catalog`, from the comments in storage/migrations. -->\n"

_DRAWN = (
    "How they refer to each other. No foreign keys are declared: a reading may name a zone before anybody has drawn it.\n"
    "The lines are the joins that are meant, with `store_id` beside each, which every table has:\n"
    "zones, shelves, products and sensors are known by both."
)


def reference(connection: psycopg.Connection) -> str:
    """Write the reference part of the page."""
    found = relations(connection)
    tables = "\n".join(_section(relation) for relation in found if relation.name not in _coarser(found))
    return f"{_DRAWN}\n\n{entities.diagram(found)}\n\n{tables}"


def _coarser(found: list[Relation]) -> set[str]:
    """The views of hours and days, which are described with those of 5 minutes."""
    rollups = {relation.name.removesuffix("_5m") for relation in found if relation.name.endswith("_5m")}
    return {f"{name}_{level}" for name in rollups for level in ("hour", "day")}


def _section(relation: Relation) -> str:
    """Describe a table or view; a rollup's views of hours and days with that of 5 minutes, whose columns they have."""
    kind, name, comment = "view" if relation.is_view else "table", relation.name, relation.comment or ""
    if name.endswith("_5m"):
        stem = name.removesuffix("_5m")
        kind, name = "three views", f"{name}, {stem}_hour, {stem}_day"
        comment = comment.replace("By 5 minutes.", "By 5 minutes; by hour and by day in the store's time zone.")
    head = [f"### {name}", "", f"{comment} ({kind})", "", "| column | type | meaning |", "|---|---|---|"]
    rows = [f"| `{column.name}` | {_type(column)} | {column.comment} |" for column in relation.columns]
    keys = ["", "; ".join(relation.keys)] if relation.keys else []
    return "\n".join([*head, *rows, *keys, ""])


def _type(column: Column) -> str:
    name = column.type.replace("timestamp with time zone", "timestamptz")
    return name if column.not_null else f"{name}, may be null"


def main() -> None:
    """Write the reference part of the page anew."""
    with TemporaryDirectory() as folder, postgres(Path(folder)) as url:
        migrate(url)
        with psycopg.connect(url) as connection:
            text = reference(connection)
    PAGE.write_text(PAGE.read_text().split(BEGIN)[0] + BEGIN + "\n" + text)
    sys.stderr.write(f"wrote {PAGE}\n")


if __name__ == "__main__":
    main()
