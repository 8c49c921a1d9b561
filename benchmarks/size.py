"""P6: what a reading takes on the disk, its `id` aside: compressed where TimescaleDB does that, else as it is, which is told."""

from collections.abc import Iterator
from datetime import datetime

from psycopg import Connection, sql

from benchmarks.figure import Figure
from benchmarks.fill import has_timescale
from benchmarks.sql import statement

LIMIT_BYTES = 12.0
"""P6: a compressed reading takes no more, its `id` aside."""


def compress(connection: Connection, now: datetime) -> int:
    """Compress all chunks that the policies would have compressed by now; return how many chunks of readings are."""
    if not has_timescale(connection):
        return 0
    for hypertable, after in connection.execute(statement("hypertables"), {"schema": "instore"}).fetchall():
        call = (
            "SELECT compress_chunk(chunk, if_not_compressed => true) FROM show_chunks(%s::regclass, older_than => %s::timestamptz) AS chunk"
        )
        connection.execute(call, (hypertable, now - after))
        connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.SQL(hypertable)))
    return len(connection.execute(statement("compressed")).fetchall())


def figures(connection: Connection, readings: int) -> Iterator[Figure]:
    """Measure a reading.

    Args:
        connection: to the database.
        readings: how many it has.
    """
    packed = [str(table) for (table,) in connection.execute(statement("compressed")).fetchall()]
    rest = readings - sum(_rows(connection, table) for table in packed)
    if rest < readings:
        yield from _compressed(connection, packed, readings)
    if rest:
        [(table, indexes)] = connection.execute(statement("size")).fetchall()
        parts = f"{indexes / 1e6:.0f} of {(table + indexes) / 1e6:.0f} MB"
        about = f"a reading that is not compressed, with its part of the indexes ({parts}); {rest} of {readings}"
        yield Figure("P6/uncompressed", (table + indexes) / rest, "bytes", None, about)


def _rows(connection: Connection, packed: str) -> int:
    """Count the readings in a compressed chunk."""
    [(rows,)] = connection.execute(sql.SQL("SELECT coalesce(sum(_ts_meta_count), 0)::bigint FROM {}").format(sql.SQL(packed))).fetchall()
    return int(rows)


def _compressed(connection: Connection, packed: list[str], readings: int) -> Iterator[Figure]:
    """Measure compressed chunks, in all and column by column."""
    of_column = dict.fromkeys(_columns(connection, packed[0]), 0)
    sizes = sql.SQL(", ").join(sql.SQL("coalesce(sum(pg_column_size({})), 0)::bigint").format(sql.Identifier(name)) for name in of_column)
    rows = total = 0
    for table in packed:
        select = sql.SQL("SELECT pg_total_relation_size({}), {} FROM {}").format(sql.Literal(table), sizes, sql.SQL(table))
        [(size, *parts)] = connection.execute(select).fetchall()
        rows, total = rows + _rows(connection, table), total + size
        of_column = {name: of_column[name] + part for name, part in zip(of_column, parts, strict=True)}
    about = f"a compressed reading, its id aside: {rows} of {readings} in {len(packed)} chunks; {total / rows:.2f} with it"
    yield Figure("P6", (total - of_column["id"]) / rows, "bytes", LIMIT_BYTES, about)
    for name, size in sorted(of_column.items(), key=lambda item: -item[1]):
        yield Figure(f"P6/{name}", size / rows, "bytes", None, f"the column {name} of a compressed reading")
    around = (total - sum(of_column.values())) / rows
    yield Figure("P6/around", around, "bytes", None, "indexes, headers of rows and pages, smallest and largest values")


def _columns(connection: Connection, table: str) -> list[str]:
    """The columns of a compressed chunk that are columns of readings too."""
    select = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT starts_with(attname::text, '_ts_')"
    return [str(name) for (name,) in connection.execute(select, (table,)).fetchall()]
