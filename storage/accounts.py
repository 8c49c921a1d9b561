"""Counts of what is stored: the accounting identity, how far a replay has come, and what a store's days came to."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from psycopg import Connection
from psycopg.rows import class_row

from storage.errors import translated
from storage.sql import query


class Accounting(msgspec.Struct, frozen=True):
    """What came and what became of it, over all stores and hours: `received = stored + duplicate + rejected + difference`.

    `difference` is 0 unless something was lost or doubled; `hours_off` counts the hours of a store in which it is not.
    """

    received: int
    stored: int
    duplicate: int
    rejected: int
    difference: int
    hours_off: int

    def __sub__(self, before: "Accounting") -> "Accounting":
        """What was added since an earlier count."""
        return Accounting(*(getattr(self, name) - getattr(before, name) for name in self.__struct_fields__))


class Summary(NamedTuple):
    """Customers of some days: visits, of these buyers and bounces; the median visit in seconds; sales in `currency`."""

    visits: int
    passers_by: int
    staff: int
    buyers: int
    bounced: int
    median_s: float | None
    sales: Decimal | None
    currency: str | None


class ZoneDwell(NamedTuple):
    """A zone: in how many visits it was, the median stay in seconds, and the hours of all stays together."""

    zone: str
    visits: int
    median_s: float
    hours: float


class Days(NamedTuple):
    """What some days of a store came to. Hours are local times of the store."""

    summary: Summary
    hours: list[tuple[datetime, int]]
    zones: list[ZoneDwell]
    signals: list[tuple[str, int]]


@translated()
def accounting(connection: Connection) -> Accounting:
    """Count everything: reads all of `readings`."""
    with connection.cursor(row_factory=class_row(Accounting)) as cursor:
        found = cursor.execute(
            "SELECT received, stored, duplicate, rejected, difference, hours_off FROM instore.accounting_total"
        ).fetchone()
    assert found is not None
    return found


@translated()
def rejected_by_reason(connection: Connection) -> dict[str, int]:
    """Count the rejected readings by reason."""
    return dict(connection.execute("SELECT reason, count(*) FROM instore.rejected_readings GROUP BY reason ORDER BY reason").fetchall())


@translated()
def progress(connection: Connection, store_id: str) -> tuple[int, int]:
    """Return how many readings have come in all, and how many visits of a store may still change."""
    [(received, live)] = connection.execute(query("progress"), {"store_id": store_id}).fetchall()
    return received, live


@translated()
def days(connection: Connection, store_id: str, since: int, until: int) -> Days:
    """Sum up the visits that began in [since, until), in microseconds since 1970."""
    scope = {"store_id": store_id, "since": since, "until": until}
    [summary] = _rows(connection, "day_summary", scope)
    hours = [(hour, visits) for hour, visits in _rows(connection, "day_hours", scope)]
    zones = [ZoneDwell(*row) for row in _rows(connection, "day_zones", scope)]
    signals = [(kind, count) for kind, count in _rows(connection, "day_signals", scope)]
    return Days(Summary(*summary), hours, zones, signals)


def _rows(connection: Connection, name: str, scope: Mapping[str, object]) -> list[Any]:
    return connection.execute(query(name), scope).fetchall()
