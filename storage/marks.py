"""Which figures a flush changes: 5 minutes of stores, marked in its transaction so that the rollups compute them anew (migration 0011)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal

import psycopg

from sensors.dead_letter import DeadLetter
from sensors.reading import SECOND
from storage.model import StoredReading
from storage.reading_rows import Row, storable_id
from storage.sql import query

Source = Literal["visits", "payments", "signals", "readings"]
"""What changed."""

_BUCKET = 300 * SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Marks:
    """Collects marks, and leaves them in the database."""

    def __init__(self) -> None:
        self._touched: dict[Source, set[tuple[str, datetime]]] = {}

    def add(self, source: Source, rows: Iterable[Row]) -> None:
        """Note the stores and 5 minutes that a query returned."""
        touched = self._touched.setdefault(source, set())
        for store_id, bucket in rows:
            assert isinstance(store_id, str)
            assert isinstance(bucket, datetime)
            touched.add((store_id, bucket))

    def touch(self, source: Source, moments: Iterable[tuple[str, datetime]]) -> None:
        """Note the 5 minutes of these stores in which these moments lie."""
        bucket = timedelta(microseconds=_BUCKET)
        self.add(source, [(store_id, _EPOCH + (at - _EPOCH) // bucket * bucket) for store_id, at in moments])

    def received(self, readings: list[StoredReading], rejected: list[DeadLetter]) -> None:
        """Note when these were received."""
        keys = {(one.reading.store_id, one.reading.received_at // _BUCKET) for one in readings}
        keys |= {("" if letter.store_id is None else storable_id(letter.store_id), letter.received_at // _BUCKET) for letter in rejected}
        self.add("readings", [(store_id, _EPOCH + timedelta(microseconds=number * _BUCKET)) for store_id, number in keys])

    def write(self, connection: psycopg.Connection) -> None:
        """Leave the marks, each source's in the order of their keys, as other workers want them too."""
        for source, touched in sorted(self._touched.items()):
            if touched:
                store_ids, buckets = zip(*sorted(touched), strict=True)
                values = {"source": source, "store_ids": list(store_ids), "buckets": list(buckets)}
                connection.execute(query("mark_stale"), values)
