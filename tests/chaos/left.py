"""What a run leaves behind in the database and on Kafka, and how that of one run differs from that of another."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg
from kafka import TopicPartition
from psycopg.rows import tuple_row

from sensors.topics import SIGNALS, VISITS
from tests.e2e.topic import consumer_of

TABLES = {
    "readings": ("received_at", "stored_at", "is_late"),
    "visits": ("updated_at",),
    "stays": (),
    "shelf_visits": (),
    "payments": ("received_at",),
    "payment_items": (),
    "signals": ("updated_at",),
}
"""What is compared, value for value, and which columns are not: those that say when something was written or came, or came late."""

_DEAD_LETTERS = "SELECT DISTINCT reason, raw FROM instore.rejected_readings"
_ACCOUNTS = "SELECT sum(received)::bigint, sum(duplicate)::bigint, max(abs(difference))::bigint FROM instore.accounting"

Rows = Counter[str]


class Left(NamedTuple):
    """What a run leaves behind.

    Attributes:
        ids: how often each (store, id) is in `readings`.
        rows: of each table, as text; how often each is there.
        dead_letters: what was refused, and why; each once, however often it was written.
        visits: the last word of `instore.visits` on each visit; those taken back are not there.
        signals: the same of `instore.signals`.
        received: readings that the worker got.
        duplicate: those of them that it had already.
        difference: of the accounting, the largest of any hour.
    """

    ids: Counter[tuple[str, str]]
    rows: dict[str, Rows]
    dead_letters: frozenset[tuple[str, bytes]]
    visits: dict[str, Any]
    signals: dict[str, Any]
    received: int
    duplicate: int
    difference: int

    def size(self) -> str:
        """Say how much there is of each."""
        return ", ".join(f"{rows.total():,} {table}" for table, rows in self.rows.items())


def left_by(database_url: str, kafka_url: str) -> Left:
    """Read all of it, over connections of our own."""
    visits, signals = dict(said(VISITS, kafka_url)), {value["signal_id"]: value for _, value in said(SIGNALS, kafka_url)}
    return left_in(database_url, visits, signals)


def left_in(database_url: str, visits: dict[str, Any], signals: dict[str, Any]) -> Left:
    """Read what is in the database, and put the last words of the topics beside it."""
    with psycopg.connect(database_url, row_factory=tuple_row) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        rows = {table: _rows(connection, table, hidden) for table, hidden in TABLES.items()}
        ids = Counter(connection.execute("SELECT store_id, id FROM instore.readings").fetchall())
        dead_letters = frozenset(connection.execute(_DEAD_LETTERS).fetchall())
        accounts = connection.execute(_ACCOUNTS).fetchone()
    assert accounts is not None
    standing = {key: value for key, value in visits.items() if value is not None}
    lasting = {key: value for key, value in signals.items() if not value["retracted"]}
    return Left(ids, rows, dead_letters, standing, lasting, *map(int, accounts))


def differences(found: Left, expected: Left) -> list[str]:
    """Say in a sentence each what differs; nothing, if nothing does."""
    lost, doubled = expected.ids - found.ids, found.ids - expected.ids
    wrong = [f"{lost.total()} readings are lost: {_some(lost)}"] if lost else []
    wrong += [f"{doubled.total()} readings too many: {_some(doubled)}"] if doubled else []
    wrong += [one for table in TABLES for one in _differ(table, found.rows[table], expected.rows[table])]
    wrong += _differ("dead letters", Counter(found.dead_letters), Counter(expected.dead_letters))
    for topic, have, want in ((VISITS, found.visits, expected.visits), (SIGNALS, found.signals, expected.signals)):
        wrong += _differ(topic, Counter(_as_text(have)), Counter(_as_text(want)))
    return wrong + ([f"the accounting is off by {found.difference}"] if found.difference else [])


def said(topic: str, kafka_url: str) -> Iterator[tuple[str, Any]]:
    """Read all that a topic holds now, each partition in its order: the keys and the values, None for a tombstone."""
    with consumer_of(topic, kafka_url) as consumer:
        ends = consumer.end_offsets(list(consumer.assignment()))
        while any(consumer.position(TopicPartition(*partition)) < end for partition, end in ends.items()):
            for records in consumer.poll(timeout_ms=200).values():
                yield from ((record.key.decode(), json.loads(record.value) if record.value else None) for record in records)


def _rows(connection: psycopg.Connection[tuple[Any, ...]], table: str, hidden: tuple[str, ...]) -> Rows:
    statement = f"SELECT (to_jsonb(one) - %s::text[])::text FROM instore.{table} AS one"  # noqa: S608 - our own names
    return Counter(text for (text,) in connection.execute(statement.encode(), [list(hidden)]))


def _differ(name: str, found: Counter[Any], expected: Counter[Any]) -> list[str]:
    missing, false = expected - found, found - expected
    if not missing and not false:
        return []
    return [f"{name}: {missing.total()} missing ({_some(missing)}), {false.total()} false ({_some(false)})"]


def _as_text(words: dict[str, Any]) -> list[str]:
    return [json.dumps([key, value], sort_keys=True) for key, value in words.items()]


def _some(counted: Counter[Any]) -> str:
    return "; ".join(str(one)[:200] for one in list(counted)[:2]) or "none"
