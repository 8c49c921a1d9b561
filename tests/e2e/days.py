"""Small days of stores of one's own: simulated, published, stored, and compared with what `reconstruct` makes of the same recording."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import psycopg
from psycopg.rows import dict_row

from simulators.recordings.replay import Pace, publish
from simulators.sensing.faults import Expected
from simulators.simulate import Options, simulate
from simulators.truth.due import Due
from simulators.truth.reconcile import reconcile
from simulators.truth.signalled import compare
from simulators.truth.visits import Truth, to_line
from simulators.truth.visits import read as read_truth
from storage.layouts import save
from storage.reader import Reader
from stream.rules import Rules
from tests.e2e.processes import Surroundings, wait_until

STORES = Path(__file__).parents[2] / "simulators" / "stores"
GROCERY = STORES / "grocery.yaml"
A_SATURDAY = "2026-11-14"
"""The day that is simulated: the longest one of the store."""

Row = dict[str, Any]

_ID = re.compile(rb'"id":"([^"]+)"')

TABLES = ("visits", "stays", "shelf_visits", "payments", "payment_items")
"""What is compared value for value."""

NOT_COMPARED = {
    "visits": {"updated_at"},
    "stays": {"is_staff", "is_open", "is_first", "from_zone_id", "paid_at"},
    "shelf_visits": {"is_staff", "is_bought"},
    "payments": {"received_at"},
    "payment_items": set[str](),
}
"""Columns that say when something was written or received, which is another moment in each run; or that repeat what other rows say, which
`tests.storage.figures` compares with these."""

EVER = 1 << 52
"""Microseconds since 1970: after all that happens."""

STORED = "SELECT count(*) FROM instore.readings WHERE store_id = %s"
IS_DONE = """
SELECT
    EXISTS (SELECT FROM instore.readings WHERE store_id = %(store)s AND sensor_id = 'replay')
    AND NOT EXISTS (SELECT FROM instore.visits WHERE store_id = %(store)s AND NOT is_final)
"""
ACCOUNTING = """
SELECT
    coalesce(sum(received), 0)::bigint AS received,
    coalesce(sum(stored), 0)::bigint AS stored,
    coalesce(sum(duplicate), 0)::bigint AS duplicate,
    coalesce(sum(rejected), 0)::bigint AS rejected,
    coalesce(max(abs(difference)), 0)::bigint AS difference
FROM instore.accounting
WHERE store_id = %s
"""


class Day(NamedTuple):
    """A recorded day of a store.

    Attributes:
        store_id: the store, whose data nobody else has.
        layout: its plan.
        recording: what its sensors said.
        truth: what really happened.
    """

    store_id: str
    layout: Path
    recording: Path
    truth: Path

    def expected(self) -> "Accounting":
        """Count what must become of the recording and the one status with which `replay` ends, told by the ids alone."""
        lines = self.recording.read_bytes().splitlines()
        ids = {match[1] for match in map(_ID.search, lines) if match and not match[1].endswith(b"-broken")}
        rejected = sum(b'-broken"' in line or not line.endswith(b"}") for line in lines)
        return Accounting(len(lines) + 1, len(ids) + 1, len(lines) - len(ids) - rejected, rejected, 0)

    def truths(self) -> list[Truth]:
        """Read what really happened."""
        return list(read_truth(self.truth.read_bytes().splitlines()))


class Accounting(NamedTuple):
    """What became of the readings of a store; `difference` is the largest of any hour."""

    received: int
    stored: int
    duplicate: int
    rejected: int
    difference: int


def simulated(here: Surroundings, store_id: str, *options: str, kind: str = "grocery") -> Day:
    """Simulate a day of a store of its own, and load its plan into the database."""
    day = recorded(here, store_id, *options, kind=kind)
    here.run_well("layout", "load", day.layout)
    return day


def recorded(here: Surroundings, store_id: str, *options: str, kind: str = "grocery") -> Day:
    """Simulate a day of a store of its own, of that kind; nobody hears of it yet."""
    folder = here.folder / store_id
    folder.mkdir()
    layout, recording, truth = folder / "layout.yaml", folder / "readings.jsonl", folder / "truth.jsonl"
    layout.write_text(re.sub(r"(?m)^store_id: .*$", f"store_id: {store_id}", (STORES / f"{kind}.yaml").read_text()))
    here.run_well("simulate", "--store", layout, "--people", kind, "--out", recording, "--truth", truth, "--date", A_SATURDAY, *options)
    return Day(store_id, layout, recording, truth)


class Played(NamedTuple):
    """A day that was simulated here and published; `expected` is what must come of its readings, `due` the signals that are."""

    day: Day
    due: list[Due]
    expected: Expected


def played(here: Surroundings, wanted: Options) -> Played:
    """Simulate a day of a store of its own, load its plan, publish it as fast as can be, and wait until all of it is stored and final."""
    database_url, store_id = here.environment["INSTORE_DATABASE_URL"], wanted.layout.store_id
    folder, expected = here.folder / store_id, Expected()
    folder.mkdir()
    day = Day(store_id, folder / "layout.json", folder / "readings.jsonl", folder / "truth.jsonl")
    [simulated_day] = simulate(wanted, expected)
    lines = list(simulated_day.lines)
    day.layout.write_bytes(msgspec.json.encode(wanted.layout))
    day.recording.write_bytes(b"\n".join(lines))
    day.truth.write_bytes(b"\n".join(map(to_line, simulated_day.truths)))
    with psycopg.connect(database_url) as connection:
        save(connection, wanted.layout, "test")
    publish(lines, here.environment["INSTORE_MQTT_URL"], Pace(rules=lambda _: Rules.of(wanted.layout.rules)))
    wait_until_stored(database_url, day)
    return Played(day, simulated_day.due(), expected)


def assert_signalled(database_url: str, played: Played) -> Counter[str]:
    """Compare the signals of the database with those that were due; tells how many of each kind were found as they had to be."""
    reader = Reader(database_url)
    try:
        report = compare(played.due, reader.signals(played.day.store_id, 0, EVER))
    finally:
        reader.close()
    assert report.differences == []
    return Counter(one.due.kind for one in report.equal)


def stored(database_url: str, store_id: str) -> int:
    """Count the readings of a store in the database."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute(STORED, [store_id]).fetchone()
    assert row is not None
    return int(row[0])


def wait_until_stored(database_url: str, day: Day, timeout_s: float = 90) -> None:
    """Wait until the last reading of a replay is in the database and every visit is final."""

    def is_done() -> bool:
        return connection.execute(IS_DONE, {"store": day.store_id}).fetchone() == (True,)

    with psycopg.connect(database_url, autocommit=True) as connection:
        wait_until(is_done, f"all of {day.store_id} is stored and final", timeout_s, look_every_s=0.1)


def accounting(database_url: str, store_id: str) -> Accounting:
    """Ask what became of the readings of a store."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute(ACCOUNTING, [store_id]).fetchone()
    assert row is not None
    return Accounting(*row)


def in_database(database_url: str, *store_ids: str) -> dict[str, list[Row]]:
    """Read all rows of stores, as anybody would: with SQL. Each table in a fixed order, without what is not compared."""
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        read = {table: f"SELECT * FROM instore.{table} WHERE store_id = ANY(%s)" for table in TABLES}  # noqa: S608 - our own names
        rows = {table: connection.execute(statement, [list(store_ids)]).fetchall() for table, statement in read.items()}
    return {table: in_order([_comparable(row, NOT_COMPARED[table]) for row in found]) for table, found in rows.items()}


class Reconstruction(NamedTuple):
    """What `reconstruct` makes of a recording: visits, and how many payments are nobody's, which it only counts."""

    visits: list[Row]
    of_nobody: int


def reconstructed(here: Surroundings, day: Day) -> Reconstruction:
    """Have `instore reconstruct` make visits of the recording."""
    out = day.recording.with_name("visits.jsonl")
    said = here.run_well("reconstruct", day.recording, "--out", out, "--layout", day.layout).err
    of_nobody = re.search(r"(\d+) payments of nobody", said)
    assert of_nobody, said
    return Reconstruction([json.loads(line) for line in out.read_bytes().splitlines()], int(of_nobody[1]))


def as_rows(visits: Iterable[Row]) -> dict[str, list[Row]]:
    """Lay visits out as the rows of the tables."""
    tables: dict[str, list[Row]] = {table: [] for table in TABLES}
    for visit in visits:
        _lay_out(tables, visit)
    return {table: in_order(rows) for table, rows in tables.items()}


def assert_same(here: Surroundings, database_url: str, day: Day) -> None:
    """Compare the rows of a day value for value with what `reconstruct` makes of its recording; what differs is said briefly."""
    rebuilt = reconstructed(here, day)
    found, expected = in_database(database_url, day.store_id), as_rows(rebuilt.visits)
    assert expected["visits"], "a day without visits proves nothing"
    assert _without_those_of_nobody(found) == rebuilt.of_nobody
    for table in TABLES:
        assert len(found[table]) == len(expected[table]), f"{table}: {len(found[table])} rows, expected {len(expected[table])}"
        different = [pair for pair in zip(found[table], expected[table], strict=True) if pair[0] != pair[1]]
        assert not different, f"{table}: {len(different)} rows differ; the first is {different[0][0]}, expected {different[0][1]}"


def _without_those_of_nobody(tables: dict[str, list[Row]]) -> int:
    """Take out payments that belong to no visit, and their items; tell how many payments that were."""
    of_nobody = {row["reading_id"] for row in tables["payments"] if row["visit_id"] is None}
    for table in ("payments", "payment_items"):
        tables[table] = [row for row in tables[table] if row["reading_id"] not in of_nobody]
    return len(of_nobody)


def assert_true(database_url: str, day: Day) -> None:
    """Compare the visits of the database with what really happened, within the bounds of what sensors can see."""
    reader = Reader(database_url)
    try:
        report = reconcile(day.truths(), reader.visits(day.store_id))
    finally:
        reader.close()
    assert report.differences == []
    assert report.equal == report.expected == report.found > 0


def _lay_out(tables: dict[str, list[Row]], visit: Row) -> None:
    """Make the rows of the tables of one line of `reconstruct`."""
    who = {name: visit[name] for name in ("visit_id", "store_id", "device_id")}
    tables["visits"].append(_row(visit))
    tables["stays"] += [_row({**who, **stay}) for stay in visit["stays"]]
    tables["shelf_visits"] += [_row({**who, **touch}) for touch in visit["shelf_visits"]]
    for payment in visit["payments"]:
        tables["payments"].append(_row({"visit_id": who["visit_id"], "store_id": who["store_id"], **payment}))
        of_payment = {"store_id": who["store_id"], "reading_id": payment["reading_id"], "ts": payment["ts"]}
        tables["payment_items"] += [_row({**of_payment, "line_no": number, **item}) for number, item in enumerate(payment["items"], 1)]


_TIMES = {"entered_at", "left_at", "started_at", "ended_at", "ts"}
_ELSEWHERE = {"stays", "shelf_visits", "payments", "items", "taken"}
_MONEY = {"basket_total", "amount", "quantity", "unit_price"}


def _row(values: Row) -> Row:
    """Give the values of a line of JSON the types that they have in the database; what has tables of its own is left out."""
    return {name: _typed(name, value) for name, value in values.items() if name not in _ELSEWHERE}


def _typed(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _TIMES:
        return datetime.fromisoformat(value).astimezone(UTC)
    return Decimal(str(value)) if name in _MONEY else value


def _comparable(row: Row, left_out: set[str]) -> Row:
    return {name: str(value) if name == "visit_id" and value is not None else value for name, value in row.items() if name not in left_out}


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Sort rows by what identifies them."""
    keys = ("store_id", "visit_id", "reading_id", "seq", "line_no", "ts")
    return sorted(rows, key=lambda row: tuple(str(row.get(key, "")).rjust(40) for key in keys))
