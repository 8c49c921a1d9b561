"""Writes visits and what hangs on them, and takes back those that are no more.

The time of a visit is old where its readings came late, and what is old TimescaleDB keeps compressed, in batches of a store's rows in order
of time. It finds the batch of a row by constants only, so each statement that changes rows names its stores and between which times they
lie; without that it would have to take apart all that is compressed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from msgspec import structs
from psycopg import Connection

from sensors.reading import to_datetime
from storage.marks import Marks
from storage.model import Removed, Visit
from storage.reading_rows import Row
from storage.sql import query
from storage.visit_rows import as_json, shelf_visit_rows, stay_rows, visit_row

NEAR = timedelta(hours=1)
"""Rows further apart in time are deleted by another statement."""


class Gone(NamedTuple):
    """A row to be deleted: its store, its visit, what else is its key, and its time."""

    store_id: str
    visit_id: object
    key: object
    at: datetime


def write_visits(connection: Connection, visits: list[Visit], before: Mapping[str, Visit], marks: Marks) -> None:
    """Make these visits, their stays and their shelf visits exactly as they are told.

    Args:
        connection: in a transaction.
        visits: how they are now.
        before: how they stand in the database, by id, as far as is known. Of one that stands there otherwise all is written.
        marks: which figures change by it.
    """
    _lengthen_longest(connection, visits)
    pairs = [(visit, before[visit.visit_id]) for visit in visits if visit.visit_id in before]
    gone_on = _go_on(connection, [pair for pair in pairs if goes_on(*pair)])
    visits = [visit for visit in visits if visit.visit_id not in gone_on]
    if not visits:
        return
    known = [before[visit.visit_id] for visit in visits if visit.visit_id in before]
    given = {"rows": as_json(map(visit_row, visits)), "before": as_json(map(_believed, known)), **_scope(visits)}
    found = connection.execute(query("upsert_visits"), given).fetchall()
    marks.add("visits", (row[:2] for row in found if row[2] is None))
    otherwise = {row[2] for row in found}
    before = {visit.visit_id: visit for visit in known if visit.visit_id not in otherwise}
    for table, since, rows in (("stays", first_stay, stay_rows), ("shelf_visits", first_shelf_visit, shelf_visit_rows)):
        firsts = [(visit, since(visit, before.get(visit.visit_id))) for visit in visits]
        changed = [(visit, first) for visit, first in firsts if first is not None]
        if changed:
            _replace_parts(connection, table, changed, [row for visit, first in changed for row in rows(visit, first)], marks)


def _go_on(connection: Connection, pairs: list[tuple[Visit, Visit]]) -> set[str]:
    """Write visits that only go on, given with what they were; return which of them stood in the database as believed, and are done."""
    if not pairs:
        return set()
    scope = {
        "left": [visit.left_at for visit, _ in pairs],
        "were_left": [before.left_at for _, before in pairs],
        "n_readings": [visit.n_readings for visit, _ in pairs],
        "n_were": [before.n_readings for _, before in pairs],
        **_scope([visit for visit, _ in pairs]),
    }
    done = {row[0] for row in connection.execute(query("go_on"), scope)}
    longer = [visit for visit, before in pairs if visit.visit_id in done and visit.stays != before.stays]
    if longer:
        stays = (row for visit in longer for row in stay_rows(visit, len(visit.stays) - 1))
        connection.execute(query("upsert_last_stays"), {"rows": as_json(stays)})
    return done


def goes_on(visit: Visit, before: Visit) -> bool:
    """Whether an open visit only became longer: nothing else is new in its row, and of its stays only the end of the last."""
    stays, were = visit.stays, before.stays
    return (
        visit.ended_by is None
        and len(stays) == len(were)
        and stays[:-1] == were[:-1]
        and (not stays or (stays[-1].zone_id, stays[-1].started_at) == (were[-1].zone_id, were[-1].started_at))
        and visit == structs.replace(before, left_at=visit.left_at, n_readings=visit.n_readings, stays=stays)
    )


def _lengthen_longest(connection: Connection, visits: list[Visit]) -> None:
    """Note in their stores how long the longest visits are, but for those of staff."""
    longest: dict[str, int] = {}
    for visit in visits:
        if not visit.is_staff:
            longest[visit.store_id] = max(longest.get(visit.store_id, 0), visit.left_at - visit.entered_at)
    if longest:
        connection.execute(query("lengthen_longest"), {"store_ids": list(longest), "micros": list(longest.values())})


def _believed(visit: Visit) -> dict[str, object]:
    return {"visit_id": visit.visit_id, "left_at": visit.left_at, "ended_by": visit.ended_by, "n_readings": visit.n_readings}


def _replace_parts(connection: Connection, table: str, changed: list[tuple[Visit, int]], rows: list[object], marks: Marks) -> None:
    scope = {"rows": as_json(rows), "firsts": [first for _, first in changed], **_scope([visit for visit, _ in changed])}
    found = connection.execute(query(f"replace_{table}"), scope).fetchall()
    marks.add("visits", (row[:2] for row in found if row[1] is not None))
    _each(connection, f"delete_{table}", (Gone(row[0], *row[2:]) for row in found if row[1] is None))


def first_stay(visit: Visit, before: Visit | None) -> int | None:
    """From which place on the rows of its stays differ; None: none does.

    What a row says depends also on the stay that follows, and on the payments.
    """
    if before is None or _is_all_new(visit, before):
        return 0
    n_alike = _n_alike(visit.stays, before.stays)
    if n_alike == len(visit.stays) == len(before.stays) and (visit.ended_by is None) is (before.ended_by is None):
        return None
    return max(0, n_alike - 1)


def first_shelf_visit(visit: Visit, before: Visit | None) -> int | None:
    """Since when its shelf visits differ, in microseconds since 1970; None: none does."""
    if before is None or _is_all_new(visit, before):
        return 0
    n_alike = _n_alike(visit.shelf_visits, before.shelf_visits)
    return min((one.ts for some in (visit, before) for one in some.shelf_visits[n_alike:]), default=None)


def _is_all_new(visit: Visit, before: Visit) -> bool:
    return visit.is_staff is not before.is_staff or visit.payments != before.payments


def _n_alike(now: Sequence[object], before: Sequence[object]) -> int:
    """How many of the first are alike."""
    n_alike = 0
    for one, other in zip(now, before, strict=False):
        if one is not other and one != other:
            break
        n_alike += 1
    return n_alike


def delete_visits(connection: Connection, removed: list[Removed], marks: Marks) -> None:
    """Take back visits with all that hangs on them; their payments belong to nobody until told otherwise."""
    if not removed:
        return
    parts = connection.execute(query("parts_of_visits"), _scope(removed)).fetchall()
    for table, statement in (("stays", "delete_stays"), ("shelf_visits", "delete_shelf_visits"), ("payments", "free_payments")):
        rows = [row for row in parts if row[0] == table]
        _each(connection, statement, (Gone(row[1], row[2], int(row[3]) if table == "stays" else row[3], row[4]) for row in rows))
        marks.touch("payments" if table == "payments" else "visits", [(row[1], at) for row in rows for at in row[4:] if at is not None])
    gone = (Gone(one.store_id, one.visit_id, None, to_datetime(one.entered_at)) for one in removed)
    for store_id, *times in _each(connection, "delete_visits", gone):
        marks.touch("visits", [(store_id, at) for at in times])


def _each(connection: Connection, statement: str, gone: Iterable[Gone]) -> list[Row]:
    """Run a statement for rows that are near each other, and for the next ones; return what it returns."""
    found: list[Row] = []
    for some in _near(sorted(gone, key=lambda one: one.at)):
        scope = {
            "visit_ids": [one.visit_id for one in some],
            "keys": [one.key for one in some],
            "times": [one.at for one in some],
            "store_ids": sorted({one.store_id for one in some}),
            "first": some[0].at,
            "last": some[-1].at,
        }
        cursor = connection.execute(query(statement), scope)
        found += cursor.fetchall() if cursor.description else []
    return found


def _near(rows: list[Gone]) -> Iterator[list[Gone]]:
    """Cut rows in order of time where none comes for longer than `NEAR`."""
    begin = 0
    for place in range(1, len(rows) + 1):
        if place == len(rows) or rows[place].at - rows[place - 1].at > NEAR:
            yield rows[begin:place]
            begin = place


def _scope(visits: list[Visit] | list[Removed]) -> dict[str, Any]:
    """Which visits, of which stores, and between which times they began."""
    times = [visit.entered_at for visit in visits]
    return {
        "visit_ids": [visit.visit_id for visit in visits],
        "store_ids": sorted({visit.store_id for visit in visits}),
        "since": to_datetime(min(times)),
        "last": to_datetime(max(times)),
    }
