"""A store of one's own at one moment, written by the worker's writer: who stands where, what the tills took, which sensors speak."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg

from dashboards.expand import Scope, expand
from dashboards.frames import SEARCH_PATH, ask
from dashboards.sql import text_of
from sensors.layout import Layout, SensorPlan, Zone
from sensors.reading import SECOND, Payment, Status, to_micros
from storage import layouts
from storage.connect import connect
from storage.model import Clock, Count, Flush, Signal, SignalKind, Stay, StoredReading, Visit
from tests.databases import Database
from tests.storage.examples import step

STORE = "s'1"
NOW = datetime(2026, 11, 14, 12, 30, tzinfo=ZoneInfo("Europe/Berlin"))
"""A Saturday noon."""

LAYOUT = Layout(
    store_id=STORE,
    name="Corner",
    timezone="Europe/Berlin",
    currency="EUR",
    opening_hours={"sat": ["08:00", "12:00", "12:10", "20:00"], "sun": []},
    zones=(
        Zone(zone_id="dairy", name="Dairy", capacity=5),
        Zone(zone_id="tills", name="Tills", type="checkout", capacity=20),
        Zone(zone_id="kiosk", type="checkout"),
    ),
    tills=(SensorPlan(sensor_id="till-1", zone_id="tills"), SensorPlan(sensor_id="till-2", zone_id="tills")),
)


def at(seconds: float) -> int:
    """So many seconds after NOW, in microseconds since 1970."""
    return to_micros(NOW) + round(seconds * SECOND)


class Scene(NamedTuple):
    """The store in a database, at the moment NOW."""

    database: Database
    layout: Layout

    def write(self, **parts: object) -> None:
        """Write a flush."""
        with psycopg.connect(self.database.url) as connection:
            row = connection.execute("SELECT next_offset FROM instore.ingest_offsets").fetchone()
        expected = row[0] if row else None
        self.database.write(Flush(advance=step(expected, (expected or 0) + 1), **parts))  # type: ignore[arg-type]

    def rows(self, query: str, until: datetime = NOW, hours: float = 1, by: str = "5m") -> list[Mapping[str, object]]:
        """The answer to a query of a file, of the hours that end then, row by row."""
        return self.rows_of(text_of(query), until, hours, by)

    def rows_of(self, sql: str, until: datetime = NOW, hours: float = 1, by: str = "5m") -> list[Mapping[str, object]]:
        """The answer to a query as a panel holds it."""
        scope = Scope(until - timedelta(hours=hours), until, {"store": (self.layout.store_id,), "by": (by,)})
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            connection.execute(SEARCH_PATH)
            frame = ask(connection, expand(sql, scope))
        names = [column.name for column in frame.columns]
        return [dict(zip(names, row, strict=True)) for row in zip(*(column.values for column in frame.columns), strict=True)]


def scene(database: Database, layout: Layout = LAYOUT) -> Scene:
    """Load the store's plan."""
    with connect(database.url, "test") as connection:
        layouts.save(connection, layout, "test")
    return Scene(database, layout)


def visit(number: int, *stays: tuple[str, float, float], ended_by: str | None = None, payments: Sequence[Payment] = ()) -> Visit:
    """A customer's visit of these stays: the zone, and seconds after NOW from when to when."""
    told = tuple(Stay(zone, at(since), at(until)) for zone, since, until in stays)
    return Visit(
        visit_id=str(UUID(int=number)),
        store_id=STORE,
        device_id=f"band-{number}",
        entered_at=told[0].started_at,
        left_at=told[-1].ended_at,
        ended_by=ended_by,  # type: ignore[arg-type]
        n_readings=2 * len(told),
        stays=told,
        shelf_visits=(),
        payments=tuple(payments),
        bounced=False,
        pass_by=False,
        is_staff=False,
        is_final=False,
    )


def paid(number: int, seconds: float, till: str = "till-1", currency: str = "EUR") -> Payment:
    """A payment of 10 at a till."""
    moment = at(seconds)
    return Payment(
        id=f"pay-{number}",
        store_id=STORE,
        sensor_id=till,
        ts=moment,
        received_at=moment + SECOND // 2,
        receipt_id=f"receipt-{number}",
        amount=Decimal("10.00"),
        currency=currency,
    )


def raised(number: int, kind: SignalKind, seconds: float, **about: str) -> Signal:
    """A signal, 30 minutes after what caused it began."""
    return Signal(
        signal_id=str(UUID(int=number)),
        store_id=STORE,
        kind=kind,
        since=at(seconds - 1800),
        at=at(seconds),
        value=9.0,
        threshold=9.0,
        message=f"{kind} {number}",
        **about,
    )


def alive(sensor: str, seconds: float, delay_s: float = 0.5, *, is_late: bool = False) -> StoredReading:
    """A sensor says that it lives, and is heard after the delay."""
    reading = Status(
        id=f"{sensor}/{seconds}",
        store_id=STORE,
        sensor_id=sensor,
        ts=at(seconds),
        received_at=at(seconds + delay_s),
        state="alive",
    )
    return StoredReading(reading, is_late=is_late)


def counted(readings: Iterable[StoredReading], missing: int = 0) -> list[Count]:
    """What the worker counted of readings, and of so many more that are nowhere."""
    hour = 3600 * SECOND
    hours = [one.reading.received_at // hour * hour for one in readings]
    return [Count(STORE, one, hours.count(one) + missing * (one == max(hours)), 0) for one in sorted(set(hours))]


def clock(seconds: float) -> list[Clock]:
    """How far the store's time has come."""
    return [Clock(STORE, at(seconds))]
