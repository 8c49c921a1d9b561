"""The tables, views and functions of our schema, as a database's catalog has them."""

from typing import NamedTuple

import psycopg

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


def _key(definition: str) -> str:
    """Shorten an index's definition to what a reader of the page wants to know."""
    what = "Unique" if " UNIQUE " in definition else "Index"
    return f"{what}: `{definition.split(' USING ', 1)[1].removeprefix('btree ')}`"
