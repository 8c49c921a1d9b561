"""Open visits that only became longer, as most do from one flush to the next: little of them is written, and all of it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sensors.reading import SECOND
from storage.model import ShelfVisit, Visit
from storage.visit_writer import goes_on
from tests.storage import strategies
from tests.storage.conftest import Database, property_of_rows
from tests.storage.examples import longer, payment, scores, visit

pytestmark = pytest.mark.integration

ROWS = (
    "SELECT to_jsonb(visit) - 'updated_at' FROM instore.visits AS visit ORDER BY visit_id",
    "SELECT * FROM instore.stays ORDER BY visit_id, seq",
    "SELECT * FROM instore.shelf_visits ORDER BY visit_id, ts, reading_id",
)


def stands(database: Database) -> list[object]:
    """All that is said of visits."""
    return [database.rows(statement) for statement in ROWS]


def whole(database: Database, *visits: Visit) -> list[object]:
    """What stands there when these are written for the first time."""
    database.clear()
    database.write(visits=list(visits))
    return stands(database)


@property_of_rows
@given(
    visit_=strategies.visits().filter(lambda one: one.n_readings < 10**9),
    by=st.integers(0, 10**11),
    more=st.integers(0, 9),
    in_stay=st.booleans(),
)
def test_it_stands_as_if_it_had_been_written_whole(database: Database, visit_: Visit, by: int, more: int, *, in_stay: bool) -> None:
    """However long it was, by however much it grew, and whether it is known where the device is."""
    before = structs.replace(visit_, ended_by=None, stays=visit_.stays if in_stay else ())
    now = longer(before, by, more)
    assert goes_on(now, before)
    database.clear()
    database.write(visits=[before])
    database.write(visits=[now], before={now.visit_id: before})
    assert stands(database) == whole(database, now)


@pytest.mark.parametrize(
    "done",
    [
        "DELETE FROM instore.visits",
        "DELETE FROM instore.stays WHERE seq = 2",
        "UPDATE instore.visits SET n_readings = 77, path = '{}'",
        "UPDATE instore.visits SET left_at = left_at - interval '1 second', path = '{}'",
        "UPDATE instore.stays SET zone_id = 'elsewhere', is_open = FALSE, from_zone_id = NULL, is_first = FALSE WHERE seq = 2",
        "UPDATE instore.visits SET ended_by = 'exit', priority = 'price'",
    ],
)
def test_one_that_stands_otherwise_is_written_whole(database: Database, done: str) -> None:
    """Something else has changed it, or taken it away; the one beside it stands as believed."""
    before, beside = visit(1), visit(2)
    database.write(visits=[before, beside])
    database.connection.execute(f"{done}{' AND' if 'WHERE' in done else ' WHERE'} visit_id = '{before.visit_id}'".encode())
    database.write(visits=[longer(before, SECOND), longer(beside, SECOND)], before={before.visit_id: before, beside.visit_id: beside})
    assert stands(database) == whole(database, longer(before, SECOND), longer(beside, SECOND))


def test_only_the_last_stay_is_written(database: Database) -> None:
    """And the visit, with the time of its transaction; no figure waits to be computed anew."""
    before = visit(1)
    database.write(visits=[before])
    rows = dict(database.rows("SELECT seq, xmin::text FROM instore.stays"))
    database.connection.execute("DELETE FROM instore_kept.stale")
    at = database.write(visits=[longer(before, SECOND)], before={before.visit_id: before})
    now = dict(database.rows("SELECT seq, xmin::text FROM instore.stays"))
    assert {seq for seq in rows if now[seq] == rows[seq]} == {0, 1}
    assert database.rows("SELECT updated_at FROM instore.visits") == [(at,)]
    assert database.rows("SELECT * FROM instore_kept.stale WHERE source = 'visits'") == []


def test_the_rest_of_its_row_is_left_alone(database: Database) -> None:
    """What is written of it is not more than that: else all of it would stand as told."""
    before = visit(1)
    database.write(visits=[before])
    database.connection.execute("UPDATE instore.visits SET path = '{untouched}'")
    database.write(visits=[longer(before, SECOND)], before={before.visit_id: before})
    assert database.rows("SELECT path, n_readings FROM instore.visits") == [(["untouched"], before.n_readings + 1)]


def test_of_two_stays_that_began_at_once_the_last_goes_on(database: Database) -> None:
    """The one before it lasted no time."""
    first, *others = visit(1).stays
    before = structs.replace(
        visit(1), stays=(first, structs.replace(first, ended_at=first.started_at), structs.replace(others[0], started_at=first.started_at))
    )
    database.write(visits=[before])
    database.write(visits=[longer(before, SECOND)], before={before.visit_id: before})
    assert stands(database) == whole(database, longer(before, SECOND))


@pytest.mark.parametrize(("is_staff", "hours"), [(False, 3), (True, 1)])
def test_the_longest_visit_of_a_store_grows_with_it(database: Database, hours: int, *, is_staff: bool) -> None:
    """Figures of a stretch of time look so far back; nobody looks at staff."""
    before = structs.replace(visit(1, store_id=f"staff-{is_staff}"), is_staff=is_staff)
    database.write(visits=[before])
    database.write(visits=[longer(before, 2 * 3600 * SECOND)], before={before.visit_id: before})
    statement = "SELECT extract(EPOCH FROM longest_visit)::int / 3600 FROM instore.stores WHERE store_id = %s"
    longest = database.connection.execute(statement, [before.store_id]).fetchall()
    assert longest == [(hours,)]


TOUCH = ShelfVisit("touch", 5, "dairy-1", "view", None, None, None)
BEFORE = structs.replace(visit(1), priority="none", priority_scores=scores())


@pytest.mark.parametrize(
    "now",
    [
        structs.replace(BEFORE, stays=visit(1, n_stays=4).stays),
        structs.replace(BEFORE, stays=BEFORE.stays[:2]),
        structs.replace(BEFORE, stays=()),
        structs.replace(BEFORE, stays=(BEFORE.stays[1], *BEFORE.stays[1:])),
        structs.replace(BEFORE, stays=(*BEFORE.stays[:2], structs.replace(BEFORE.stays[2], zone_id="other"))),
        structs.replace(BEFORE, stays=(*BEFORE.stays[:2], structs.replace(BEFORE.stays[2], started_at=BEFORE.stays[2].started_at + 1))),
        structs.replace(BEFORE, ended_by="exit"),
        structs.replace(BEFORE, is_final=True),
        structs.replace(BEFORE, is_staff=True),
        structs.replace(BEFORE, pass_by=True),
        structs.replace(BEFORE, shelf_visits=(*BEFORE.shelf_visits, TOUCH)),
        structs.replace(BEFORE, payments=(payment(1),)),
        structs.replace(BEFORE, priority="speed"),
        structs.replace(BEFORE, priority_scores=scores(speed=0.5)),
    ],
)
def test_whatever_else_is_new_of_it_it_is_no_going_on(now: Visit) -> None:
    """Then its row, or another one of it, is another one."""
    assert goes_on(longer(BEFORE, SECOND), BEFORE)
    assert not goes_on(longer(now, SECOND) if now.ended_by is None else now, BEFORE)


def test_the_first_stay_is_no_going_on() -> None:
    """Nor is it that the only one is no more."""
    nowhere, somewhere = structs.replace(BEFORE, stays=()), structs.replace(BEFORE, stays=BEFORE.stays[:1])
    assert not goes_on(longer(somewhere, SECOND), nowhere)
    assert not goes_on(longer(nowhere, SECOND), somewhere)


def test_what_is_over_does_not_go_on() -> None:
    """Though nothing else changes: a late reading may make it longer."""
    over = structs.replace(BEFORE, ended_by="exit")
    assert not goes_on(longer(over, SECOND), over)
