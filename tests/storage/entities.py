"""The entities of our schema and how they refer to each other, as a Mermaid diagram: from a database's catalog, in docs/tables.md.

No foreign keys are declared (a reading may name a zone before anybody has drawn it), so a reference is a column that is called like the
identity of another table, as a person would join them.
"""

from tests.storage.relations import Relation

IDENTITIES = {
    "store_id": "stores",
    "visit_id": "visits",
    "zone_id": "zones",
    "from_zone_id": "zones",
    "shelf_id": "shelves",
    "product_id": "products",
    "sensor_id": "sensors",
}
"""By what a column is called: whom it names."""

OF_READINGS = {"shelf_visits": "readings", "payments": "readings", "payment_items": "payments"}
"""Whom `reading_id` names."""

OWN = {"id": "readings", "reading_id": "payments", "signal_id": "signals"}
"""Identities that nobody else's column is called after, or not in every table."""

DRAWN = (
    "stores",
    "zones",
    "shelves",
    "products",
    "sensors",
    "readings",
    "visits",
    "stays",
    "shelf_visits",
    "payments",
    "payment_items",
    "signals",
)


def diagram(relations: list[Relation]) -> str:
    """Draw tables with the columns by which they are joined, and lines from whoever names somebody to whom they name."""
    drawn = [relation for name in DRAWN for relation in relations if relation.name == name]
    boxes = [line for relation in drawn for line in _box(relation)]
    lines = [line for relation in drawn for line in _lines(relation)]
    return "\n".join(["```mermaid", "erDiagram", *boxes, *lines, "```"])


def _references(relation: Relation) -> dict[str, str]:
    """Whom its columns name, by column; a store only where nobody else is named, through whom it would be known."""
    named = {**IDENTITIES, **({"reading_id": OF_READINGS[relation.name]} if relation.name in OF_READINGS else {})}
    found = {column.name: named[column.name] for column in relation.columns if named.get(column.name, relation.name) != relation.name}
    return found if set(found) == {"store_id"} else {column: whom for column, whom in found.items() if column != "store_id"}


def _own(relation: Relation) -> str | None:
    """The column that is its identity."""
    names = [column.name for column in relation.columns]
    own = [name for name, whom in (IDENTITIES | OWN).items() if whom == relation.name and name in names]
    return own[0] if own else None


def _box(relation: Relation) -> list[str]:
    """A table with its identity, its references and its times."""
    references, own = _references(relation), _own(relation)
    rows = []
    for column in relation.columns:
        marks = [mark for mark, is_so in (("PK", column.name == own), ("FK", column.name in references)) if is_so]
        if marks or column.name == "device_id" or column.type.startswith("timestamp"):
            kind = column.type.replace("timestamp with time zone", "timestamptz")
            rows.append(f"        {kind} {column.name} {', '.join(marks)}".rstrip())
    return [f"    {relation.name} {{", *rows, "    }"]


def _lines(relation: Relation) -> list[str]:
    """Many of this table to one of the other; none where the column may be null, or where a plan may not know what was named."""
    may_be_null = {column.name: not column.not_null for column in relation.columns}
    planned = {"zones", "shelves", "products", "sensors"}
    return [
        f"    {whom} {'|o' if may_be_null[column] or whom in planned else '||'}--o{{ {relation.name} : {column}"
        for column, whom in _references(relation).items()
    ]
