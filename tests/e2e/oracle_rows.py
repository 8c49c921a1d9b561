"""What must be in the database of random streams, told without code of the engine, and the comparison with what is there.

The oracle says what visits there are; here they become the rows of the tables, with the ids of visits and the money.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from operator import attrgetter, itemgetter
from uuid import UUID, uuid5

import psycopg

from sensors.layout import Layout, till_zones
from sensors.reading import SECOND, Payment, to_datetime
from tests.e2e.days import TABLES, Row, in_database, in_order
from tests.oracle import ExpectedVisit
from tests.streams import Account, Arrived, Stream, accounts, arrived

NAMESPACE = UUID("6a0c5dd0-7b52-5d0c-9d4e-0a5c3f6f5b1e")
"""Of the ids of visits, as `docs/tables.md` has it."""

Tables = dict[str, list[Row]]

STORED = "SELECT store_id, id, kind, is_late FROM instore.readings WHERE store_id = ANY(%s) AND id NOT LIKE 'replay-%%'"
ACCOUNTS = """
SELECT store_id, sum(received)::bigint, sum(stored)::bigint, sum(duplicate)::bigint, sum(rejected)::bigint
FROM instore.accounting WHERE store_id = ANY(%s) GROUP BY 1
"""


NO_RULES = {"priority", "priority_scores"}
"""What a visit says its shopper values is a heuristic: section 4 has no rule of it."""


def assert_as_section_4_says(database_url: str, streams: Sequence[Stream]) -> None:
    """Compare each value of visits, stays, shelf visits, payments and receipts; a store's name says which seed it was."""
    found, expected = in_database(database_url, *_stores(streams)), expected_rows(streams)
    found["visits"] = [{name: value for name, value in row.items() if name not in NO_RULES} for row in found["visits"]]
    for table, rows in expected.items():
        here, there = _by_store(found[table]), _by_store(rows)
        wrong = [store_id for store_id in here | there if here.get(store_id) != there.get(store_id)]
        assert not wrong, f"{table} of {len(wrong)} stores differ; of {wrong[0]} is {here.get(wrong[0])}, expected {there.get(wrong[0])}"


def assert_accounted_for(database_url: str, streams: Sequence[Stream], expected: Mapping[str, Account]) -> None:
    """Each store: received = stored + duplicate + rejected, as sent; each reading is stored once, and late as section 4 says."""
    with psycopg.connect(database_url) as connection:
        found = {store: Account(*counts) for store, *counts in connection.execute(ACCOUNTS, [_stores(streams)]).fetchall()}
        stored = [Arrived(*row) for row in connection.execute(STORED, [_stores(streams)]).fetchall()]
    wrong = {store: (found.get(store), account) for store, account in expected.items() if found.get(store) != account}
    assert not wrong, f"{len(wrong)} stores differ: {wrong}"
    sent = {one for stream in streams for one in arrived(stream)}
    assert len(stored) == len(set(stored)), "a reading is stored twice"
    assert not set(stored) ^ sent, f"stored otherwise: {set(stored) - sent}, expected {sent - set(stored)}"


def expected_accounts(streams: Iterable[Stream]) -> dict[str, Account]:
    """What each store has sent."""
    return {store: account for stream in streams for store, account in accounts(stream).items()}


def expected_rows(streams: Iterable[Stream]) -> Tables:
    """Lay out all that must be in the database of these streams, in the order of `in_database`."""
    tables: Tables = {table: [] for table in TABLES}
    for stream in streams:
        found = stream.expected()
        owners: dict[tuple[str, str], str | None] = dict.fromkeys(found.unattributed)
        payments = _payments(stream)
        for name, visit in _named(found.visits):
            owners.update({(visit.store_id, payment): name for payment in visit.payments})
            _lay_out(tables, name, visit, [payments[visit.store_id, payment] for payment in visit.payments])
        for key, payment in payments.items():
            layout = stream.world.layouts.get(payment.store_id, Layout(store_id=payment.store_id))
            _lay_out_payment(tables, payment, payment.zone_id or till_zones(layout).get(payment.sensor_id), owners[key])
    return {table: in_order(rows) for table, rows in tables.items()}


def _stores(streams: Iterable[Stream]) -> list[str]:
    return [store_id for stream in streams for store_id in stream.world.stores]


def _by_store(rows: Iterable[Row]) -> Tables:
    return {store_id: list(own) for store_id, own in groupby(rows, key=itemgetter("store_id"))}


def _payments(stream: Stream) -> dict[tuple[str, str], Payment]:
    """The payments that are stored, by store and id: the first reading of an id counts, whatever it is."""
    first = {(reading.store_id, reading.id): reading for reading in reversed(stream.readings)}
    return {key: reading for key, reading in first.items() if isinstance(reading, Payment)}


def _named(visits: Iterable[ExpectedVisit]) -> Iterable[tuple[str, ExpectedVisit]]:
    """Give each visit its id (rule 10); a second one of the same device and moment has its number behind the time."""
    for (store_id, device_id, entered_at), twins in groupby(visits, key=attrgetter("store_id", "device_id", "entered_at")):
        for number, visit in enumerate(twins):
            began = to_datetime(entered_at).isoformat(timespec="microseconds").replace("+00:00", "Z")
            name = [store_id, device_id, began, *([number] if number else [])]
            yield str(uuid5(NAMESPACE, json.dumps(name, separators=(",", ":")))), visit


def _lay_out(tables: Tables, name: str, visit: ExpectedVisit, payments: Sequence[Payment]) -> None:
    who = {"visit_id": name, "store_id": visit.store_id, "device_id": visit.device_id}
    currencies = {payment.currency for payment in payments}
    tables["visits"].append(
        {
            **who,
            "entered_at": to_datetime(visit.entered_at),
            "left_at": to_datetime(visit.left_at),
            "ended_by": visit.ended_by,
            "duration_s": (visit.left_at - visit.entered_at) / SECOND,
            "n_readings": visit.n_readings,
            "path": list(visit.path),
            "basket_total": visit.basket_total,
            "currency": currencies.pop() if len(currencies) == 1 else None,
            "converted": visit.converted,
            "bounced": visit.bounced,
            "pass_by": visit.pass_by,
            "is_staff": visit.is_staff,
            "is_final": True,
        }
    )
    for seq, (zone_id, start, end) in enumerate(visit.stays):
        stay = {"seq": seq, "zone_id": zone_id, "started_at": to_datetime(start), "ended_at": to_datetime(end)}
        tables["stays"].append({**who, **stay, "dwell_s": (end - start) / SECOND})
    tables["shelf_visits"] += [{**who, **look._asdict(), "ts": to_datetime(look.ts)} for look in visit.shelf_visits]


def _lay_out_payment(tables: Tables, payment: Payment, zone_id: str | None, visit_id: str | None) -> None:
    key = {"store_id": payment.store_id, "reading_id": payment.id, "ts": to_datetime(payment.ts)}
    said = {name: getattr(payment, name) for name in ("sensor_id", "device_id", "receipt_id", "amount", "currency")}
    tables["payments"].append({**key, **said, "zone_id": zone_id, "visit_id": visit_id})
    for number, item in enumerate(payment.items, 1):
        line = {"line_no": number, "product_id": item.product_id, "quantity": Decimal(item.quantity), "unit_price": item.unit_price}
        tables["payment_items"].append({**key, **line})
