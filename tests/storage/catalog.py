"""What a database's catalog says of our schema, in the words of `docs/tables.md`.

`.venv/bin/python -m tests.storage.catalog` writes the reference part of that page anew from the migrations.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import psycopg

from storage.migrate import migrate
from storage.postgres import postgres

PAGE = Path(__file__).parents[2] / "docs" / "tables.md"
BEGIN = "<!-- From here on written by `python -m tests.storage.catalog`, from the comments in storage/migrations. -->\n"

ORDER = [
    "readings",
    "rejected_readings",
    "visits",
    "stays",
    "shelf_visits",
    "payments",
    "payment_items",
    "signals",
    "visitor_priorities",
    "footfall_5m",
    "zone_5m",
    "queue_5m",
    "transition_5m",
    "shelf_5m",
    "sales_5m",
    "product_5m",
    "signal_5m",
    "traffic_5m",
    "accounting_5m",
    "stores",
    "layouts",
    "zones",
    "shelves",
    "products",
    "sensors",
    "accounting",
    "accounting_total",
    "sensor_skew",
    "ingest_counts",
    "ingest_offsets",
    "store_clocks",
    "rebuilds",
    "table_settings",
    "pseudonym_key",
    "schema_migrations",
]
"""Tables and views as a reader of the page wants to meet them."""

SCHEMAS = ["instore", "instore_kept", "instore_analysis"]
"""Those that migrations make."""

_RELATIONS = """
SELECT c.relname, c.relkind = 'v', obj_description(c.oid)
FROM pg_class AS c WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
"""
_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull OR c.relkind = 'v', col_description(c.oid, a.attnum)
FROM pg_attribute AS a INNER JOIN pg_class AS c ON c.oid = a.attrelid
WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p') AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
_INDEXES = "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = %s ORDER BY indexdef LIKE 'CREATE INDEX%%', indexname"
_FUNCTIONS = "SELECT proname, obj_description(oid) FROM pg_proc WHERE pronamespace = 'instore'::regnamespace ORDER BY 1"


class Column(NamedTuple):
    """A column of a table or view."""

    name: str
    type: str
    not_null: bool
    comment: str | None


class Relation(NamedTuple):
    """A table or view."""

    name: str
    is_view: bool
    comment: str | None
    columns: list[Column]
    keys: list[str]


def relations(connection: psycopg.Connection, schema: str = "instore") -> list[Relation]:
    """All tables and views of a schema, in the order of `ORDER`."""
    columns: dict[str, list[Column]] = {}
    for table, *column in connection.execute(_COLUMNS, (schema,)).fetchall():
        columns.setdefault(table, []).append(Column(*column))
    keys: dict[str, list[str]] = {}
    for table, definition in connection.execute(_INDEXES, (schema,)).fetchall():
        keys.setdefault(table, []).append(_key(definition))
    found = [
        Relation(name, is_view, comment, columns[name], keys.get(name, []))
        for name, is_view, comment in connection.execute(_RELATIONS, (schema,)).fetchall()
    ]
    return sorted(found, key=lambda one: (ORDER.index(one.name) if one.name in ORDER else len(ORDER), one.name))


def functions(connection: psycopg.Connection) -> list[tuple[str, str | None]]:
    """All functions of the schema, with their comments."""
    return [(str(name), comment) for name, comment in connection.execute(_FUNCTIONS).fetchall()]


def reference(connection: psycopg.Connection) -> str:
    """Write the reference part of the page."""
    found = relations(connection)
    rollups = {relation.name.removesuffix("_5m") for relation in found if relation.name.endswith("_5m")}
    coarser = {f"{name}_{level}" for name in rollups for level in ("hour", "day")}
    return "\n".join(_section(relation) for relation in found if relation.name not in coarser)


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


def _key(definition: str) -> str:
    """Shorten an index's definition to what a reader of the page wants to know."""
    what = "Unique" if " UNIQUE " in definition else "Index"
    return f"{what}: `{definition.split(' USING ', 1)[1].removeprefix('btree ')}`"


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
