"""How far clocks are off, by `instore.sensor_skew`: behind, ahead, far ahead, and what that costs at a table of any size."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import pytest

from sensors.dead_letter import DeadLetter
from sensors.reading import SECOND, to_datetime
from storage.connect import connect
from storage.model import Clock, Count, Flush, StoredReading
from tests.databases import Database
from tests.storage.examples import DAY, HOUR, dwell, step

pytestmark = pytest.mark.integration

MONTH_S = 30 * 86_400
INDEXES = {"readings_received", "rejected_readings_future"}


class Skew(NamedTuple):
    """A row of the view."""

    store_id: str
    sensor_id: str
    readings: int
    skew_mean_s: float | None
    skew_min_s: float | None
    skew_max_s: float | None
    late_share: float | None
    rejected_future: int
    last_heard_at: object


def said(number: int, sensor_id: str, behind_s: float, store_id: str = "s1", *, is_late: bool = False, at: int = DAY) -> StoredReading:
    """A reading that is received so many seconds after `at`, and says that it is so much older."""
    received_at = at + number * SECOND
    ts = received_at - round(behind_s * SECOND)
    plain = dwell(number, store_id).reading
    return StoredReading(
        msgspec.structs.replace(plain, id=f"{sensor_id}-{number}-{at}", sensor_id=sensor_id, ts=ts, received_at=received_at), is_late
    )


def refused(number: int, sensor_id: str | None, store_id: str | None = "s1", reason: str = "future") -> DeadLetter:
    """A dead letter that is received so many seconds after `DAY`."""
    at, name = DAY + number * SECOND, f"{sensor_id}-{number}"
    return DeadLetter(id=name, received_at=at, source="t", store_id=store_id, sensor_id=sensor_id, reason=reason, detail="no", raw=b"{")


def write(database: Database, readings: list[StoredReading], rejected: list[DeadLetter] | None = None) -> None:
    """Write what a worker would: the rows, their counts by store and hour, and the time of each store."""
    believed = [(one.reading.store_id, min(one.reading.ts, one.reading.received_at)) for one in readings]
    clocks = [Clock(store_id, max(ts for store, ts in believed if store == store_id)) for store_id in {store for store, _ in believed}]
    came = [(one.reading.store_id, one.reading.received_at) for one in readings]
    came += [(letter.store_id or "", letter.received_at) for letter in rejected or []]
    hours = Counter((store_id, received_at // HOUR * HOUR) for store_id, received_at in came)
    counts = [Count(*hour, received=received, duplicate=0) for hour, received in sorted(hours.items())]
    database.write(Flush(advance=step(None, 1), readings=readings, rejected=rejected or [], clocks=clocks, counts=counts))


def skews(database: Database) -> dict[tuple[str, str], Skew]:
    """All of the view."""
    with connect(database.url, "test") as connection:
        rows = connection.execute("SELECT * FROM instore.sensor_skew").fetchall()
    return {(row[0], row[1]): Skew(*row) for row in rows}


def test_clocks_that_are_right_behind_and_ahead(any_database: Database) -> None:
    """Behind is positive, ahead is negative; a clock a month behind is late with everything, and is there too."""
    right = [said(number, "right", number / 10) for number in range(1, 6)]
    behind = [said(number, "behind", 40 + number / 10) for number in range(1, 5)]
    ahead = [said(number, "ahead", -200.0) for number in range(1, 3)]
    long_ago = [said(number, "long-ago", MONTH_S, is_late=True) for number in range(1, 3)]
    write(any_database, [*right, *behind, *ahead, *long_ago, said(6, "behind", 90.0, is_late=True)])
    found = skews(any_database)
    assert len(found) == 4
    assert found["s1", "right"] == ("s1", "right", 5, 0.3, 0.1, 0.5, 0.0, 0, to_datetime(DAY + 5 * SECOND))
    assert found["s1", "behind"] == ("s1", "behind", 5, 50.2, 40.1, 90.0, 0.2, 0, to_datetime(DAY + 6 * SECOND))
    assert found["s1", "ahead"][2:5] == (2, -200.0, -200.0)
    assert found["s1", "long-ago"][2:7] == (2, MONTH_S, MONTH_S, MONTH_S, 1.0)


def test_a_clock_far_ahead_is_seen_by_what_was_rejected(any_database: Database) -> None:
    """Whether all or some of a sensor's readings were rejected as future; other reasons say nothing about a clock."""
    rejected = [refused(1, "far"), refused(2, "far"), refused(3, "some"), refused(4, None), refused(5, "broken", reason="not_json")]
    write(any_database, [said(1, "some", 0.5)], [*rejected, refused(6, "far", None)])
    found = skews(any_database)
    assert set(found) == {("s1", "far"), ("s1", "some"), ("s1", "")}
    assert found["s1", "far"] == ("s1", "far", 0, None, None, None, None, 2, to_datetime(DAY + 2 * SECOND))
    assert found["s1", "some"] == ("s1", "some", 1, 0.5, 0.5, 0.5, 0.0, 1, to_datetime(DAY + 3 * SECOND))


def test_only_the_newest_day_of_each_store_counts(any_database: Database) -> None:
    """A clock that was set right yesterday is right; a store that has been closed for a week is as it was when it closed."""
    yesterday = DAY - 24 * HOUR
    old = [said(1, "gw", 600.0, at=yesterday), said(2, "gw", 600.0, at=yesterday, is_late=True)]
    new = [said(1, "gw", 0.25), said(2, "gw", 0.75)]
    closed = [said(number, "gw", 3.0, "closed", at=DAY - 7 * 24 * HOUR) for number in range(3)]
    write(any_database, [*old, *new, *closed])
    found = skews(any_database)
    assert found["s1", "gw"][2:7] == (2, 0.5, 0.25, 0.75, 0.0)
    assert found["closed", "gw"][2:7] == (3, 3.0, 3.0, 3.0, 0.0)


def test_it_reads_by_indexes(plain_database_url: str) -> None:
    """Whatever the size of the tables, one store's newest day is found by an index, and no table of readings is read whole."""
    months = [said(number, "gw", 0.5, at=DAY - day * 24 * HOUR) for day in range(60) for number in range(800)]
    write(Database(plain_database_url, "plain"), months, [refused(number, "gw", reason="not_json") for number in range(2000)])
    with connect(plain_database_url, "test") as connection:
        connection.execute("ANALYZE instore.readings, instore.rejected_readings, instore.ingest_counts")
        for statement in ("SELECT * FROM instore.sensor_skew WHERE store_id = 's1'", "SELECT * FROM instore.sensor_skew"):
            [(plan,)] = connection.execute(f"EXPLAIN (FORMAT JSON) {statement}").fetchall()
            nodes = list(_nodes(plan[0]["Plan"]))
            scanned = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
            assert not scanned & {"readings", "rejected_readings"}
            assert {node["Index Name"] for node in nodes if "Index Name" in node} >= INDEXES


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from _nodes(part)
