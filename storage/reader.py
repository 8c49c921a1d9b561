"""Reads what the worker needs, over one connection that is opened when it is needed, and again after it was lost."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeVar

import psycopg

from sensors.layout import Layout
from sensors.reading import Payment, Reading
from storage import accounts, layouts, rebuilds, recall, restore
from storage.accounts import Accounting, Days
from storage.connect import connect
from storage.errors import DatabaseAway, translated
from storage.model import Clock, Signal, StoredReading, Visit
from storage.rebuilds import Rebuild
from storage.restore import StoredOffset

T = TypeVar("T")


class Reader:
    """The functions of `storage.restore` and `storage.layouts` on a connection of its own. For one thread at a time.

    Every call raises `DatabaseAway` where trying again later may help.

    Args:
        url: the database.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection | None = None

    def offsets(self, topic: str) -> dict[int, StoredOffset]:
        """Where each partition of a topic is, by its number."""
        return self._read(lambda connection: restore.offsets(connection, topic))

    def clocks(self, topic: str, partition: int) -> list[Clock]:
        """The times of the stores whose readings come by that partition."""
        return self._read(lambda connection: restore.clocks(connection, topic, partition))

    def clock(self, store_id: str) -> Clock | None:
        """The time of one store, whichever partition its readings came by; None for a store without readings."""
        return self._read(lambda connection: restore.clock(connection, store_id))

    def kept_since(self) -> int:
        """Since when all is there that visits are told from, in microseconds since 1970; 0 where nothing was deleted."""
        return self._read(restore.kept_since)

    def live_floor(self, store_id: str, horizon: int) -> int:
        """When the oldest visit began that is not final or ended at `horizon` or later; never after `horizon`."""
        return self._read(lambda connection: restore.live_floor(connection, store_id, horizon))

    def readings_since(self, store_id: str, since: int) -> Iterator[list[StoredReading]]:
        """A store's readings from a time on, late ones too, in order of `ts`, a few thousand at a time."""
        try:
            yield from restore.readings_since(self._connect(), store_id, since)
        except DatabaseAway:
            self.close()
            raise

    def live_visits(self, store_id: str, since: int) -> list[Visit]:
        """The visits that may still change, or ended at a time or later, by device and beginning."""
        return self._read(lambda connection: restore.live_visits(connection, store_id, since))

    def ids_since(self, store_id: str, since: int) -> list[str]:
        """The ids of a store's readings from a time on."""
        return self._read(lambda connection: restore.ids_since(connection, store_id, since))

    def sensors_since(self, store_id: str, since: int, within: int) -> list[tuple[str, int]]:
        """When sensors were heard from a time on; of readings within so many microseconds, the first and the last are enough."""
        return self._read(lambda connection: restore.sensors_since(connection, store_id, since, within))

    def visits_changed_at(self, store_ids: list[str], flushed_at: datetime, known: Mapping[str, Visit] | None = None) -> list[Visit]:
        """The visits of these stores that were written last by the flush of that time; those that are known, by id, are not read again."""
        return self._read(lambda connection: restore.visits_changed_at(connection, store_ids, flushed_at, known))

    def visits(self, store_id: str | None = None, since: int = 0, until: int | None = None) -> list[Visit]:
        """The visits that began in [since, until), by store and beginning; of all stores where none is named."""
        return self._read(lambda connection: restore.visits(connection, store_id, since, until))

    def accounting(self) -> Accounting:
        """What came and what became of it, over all stores and hours."""
        return self._read(accounts.accounting)

    def rejected_by_reason(self) -> dict[str, int]:
        """The number of rejected readings by reason."""
        return self._read(accounts.rejected_by_reason)

    def progress(self, store_id: str) -> tuple[int, int]:
        """How many readings have come in all, and how many visits of a store may still change."""
        return self._read(lambda connection: accounts.progress(connection, store_id))

    def days(self, store_id: str, since: int, until: int) -> Days:
        """What some days of a store came to."""
        return self._read(lambda connection: accounts.days(connection, store_id, since, until))

    def device_readings(self, store_id: str, devices: Collection[str], since: int) -> dict[str, list[Reading]]:
        """What devices said and paid from a time on, by device, in order of `ts`."""
        return self._read(lambda connection: recall.device_readings(connection, store_id, devices, since))

    def devices_before(self, store_id: str, devices: Collection[str], before: int) -> set[str]:
        """Which of these devices had been heard before a time."""
        return self._read(lambda connection: recall.devices_before(connection, store_id, devices, before))

    def devices_between(self, store_id: str, since: int, until: int) -> list[str]:
        """Which devices were heard, or paid, in [since, until)."""
        return self._read(lambda connection: recall.devices_between(connection, store_id, since, until))

    def device_visits(self, store_id: str, after: Mapping[str, int]) -> list[Visit]:
        """The visits of each device that began after its time."""
        return self._read(lambda connection: recall.device_visits(connection, store_id, after))

    def anonymous_payments(self, store_id: str, stretches: Collection[tuple[int, int]]) -> list[Payment]:
        """Payments without a device in any of these stretches of time, both ends included, as they were read."""
        return self._read(lambda connection: recall.anonymous_payments(connection, store_id, stretches))

    def visits_staying(self, store_id: str, asked: Iterable[tuple[str, int]]) -> list[Visit]:
        """The visits with a stay in a zone at a moment, for any of these pairs."""
        return self._read(lambda connection: recall.visits_staying(connection, store_id, asked))

    def payments_in(self, store_id: str, stretches: Collection[tuple[int, int]]) -> list[Payment]:
        """All payments in any of these stretches of time, both ends included, as they were read."""
        return self._read(lambda connection: recall.payments_in(connection, store_id, stretches))

    def visits_in_zones(self, store_id: str, asked: Iterable[tuple[str, int, int]]) -> list[Visit]:
        """The visits with a stay in a zone during a stretch of time, for any of these."""
        return self._read(lambda connection: recall.visits_in_zones(connection, store_id, asked))

    def heard(self, store_id: str, asked: Iterable[tuple[str, int]], within: int) -> dict[str, list[int]]:
        """When sensors were heard last before, and first after, some moments, by sensor."""
        return self._read(lambda connection: recall.heard(connection, store_id, asked, within))

    def signals_of(self, store_id: str, visit_ids: Collection[str], stretches: Collection[tuple[int, int]]) -> list[Signal]:
        """What was said of these visits, and of zones and sensors in these stretches of time."""
        return self._read(lambda connection: recall.signals_of(connection, store_id, visit_ids, stretches))

    def signals_changed_at(self, store_ids: list[str], flushed_at: datetime) -> list[Signal]:
        """The signals of these stores that were written last by the flush of that time."""
        return self._read(lambda connection: restore.signals_changed_at(connection, store_ids, flushed_at))

    def signals(self, store_id: str, since: int, until: int) -> list[Signal]:
        """The signals of a store that became true in [since, until)."""
        return self._read(lambda connection: restore.signals(connection, store_id, since, until))

    def next_rebuild(self, store_ids: list[str]) -> Rebuild | None:
        """The first request of these stores that is not finished."""
        return self._read(lambda connection: rebuilds.first_open(connection, store_ids))

    def advance_rebuild(self, rebuild_id: int, devices: int, done: int) -> None:
        """Say how many devices of a request are done; when all are, it is finished."""
        return self._read(lambda connection: rebuilds.advance(connection, rebuild_id, devices, done))

    def layout(self, store_id: str) -> Layout | None:
        """The newest plan of a store; None where it has none."""
        return self._read(lambda connection: layouts.load(connection, store_id))

    def layout_versions(self) -> dict[str, int]:
        """The version of the newest plan of each store that has one."""
        return self._read(layouts.versions)

    def close(self) -> None:
        """Let go of the connection; the next call opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> psycopg.Connection:
        if self._connection is None:
            with translated():
                self._connection = connect(self._url, "instore worker (reads)")
        return self._connection

    def _read(self, call: Callable[[psycopg.Connection], T]) -> T:
        try:
            return call(self._connect())
        except DatabaseAway:
            self.close()
            raise
