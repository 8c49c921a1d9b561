"""What each role may do and what it is denied, tried by real logins on every table and view that there is."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import get_args
from urllib.parse import urlsplit

import psycopg
import pytest
from msgspec import structs
from psycopg import errors, sql

from sensors.layout import Layout
from sensors.reading import SECOND
from storage import roles
from storage.connect import connect
from storage.errors import Denied
from storage.model import Flush
from storage.roles import Role
from storage.writer import Writer
from tests.conftest import MakeDatabase
from tests.storage import catalog, relations
from tests.storage.everything import DEVICE, ID, do_everything, parts
from tests.storage.examples import DAY, dwell, payment, step
from tests.storage.logins import login, member

pytestmark = pytest.mark.integration

ROLES: tuple[Role, ...] = get_args(Role)

WRITE = {"S": "SELECT", "I": "INSERT", "U": "UPDATE", "D": "DELETE", "T": "TRUNCATE"}

DECIDED = {
    # table or view: what writer, analyst and grafana may do: select (all columns or, C, some), insert, update, delete, truncate
    "instore.readings": ("SI", "", ""),
    "instore.rejected_readings": ("SI", "", ""),
    "instore.visits": ("SIUD", "", ""),
    "instore.stays": ("SIUD", "", ""),
    "instore.shelf_visits": ("SIUD", "", ""),
    "instore.payments": ("SIU", "", ""),
    "instore.payment_items": ("SI", "", ""),
    "instore.signals": ("SIUD", "", ""),
    "instore.visitor_priorities": ("", "", ""),
    "instore.stores": ("SIU", "C", "C"),
    "instore.layouts": ("I", "", ""),
    "instore.zones": ("SIUD", "S", "S"),
    "instore.shelves": ("SIUD", "S", "S"),
    "instore.products": ("SIUD", "S", "S"),
    "instore.sensors": ("SIUD", "S", "S"),
    "instore.accounting": ("", "S", "S"),
    "instore.accounting_total": ("S", "S", "S"),
    "instore.sensor_skew": ("", "S", "S"),
    "instore.ingest_counts": ("SIU", "S", "S"),
    "instore.ingest_offsets": ("SIU", "", ""),
    "instore.store_clocks": ("SIU", "S", "S"),
    "instore.rebuilds": ("SIU", "S", "S"),
    "instore.schema_migrations": ("S", "S", "S"),
    "instore.pseudonym_key": ("", "", ""),
    "instore.table_settings": ("S", "S", "S"),
    "instore_kept.stale": ("SIUD", "", ""),
    "instore_kept.rollups": ("S", "", ""),
    "instore_analysis.readings": ("", "S", ""),
    "instore_analysis.rejected_readings": ("", "S", "S"),
    "instore_analysis.visits": ("", "S", "S"),
    "instore_analysis.stays": ("", "S", "S"),
    "instore_analysis.shelf_visits": ("", "S", "S"),
    "instore_analysis.payments": ("", "S", "S"),
    "instore_analysis.payment_items": ("", "S", "S"),
    "instore_analysis.signals": ("", "S", "S"),
    "instore_analysis.visitor_priorities": ("", "S", "S"),
    "instore_analysis.stores": ("", "S", "S"),
    "instore_analysis.layouts": ("", "S", ""),
}
"""A new table or view is missing here, and its test fails, until somebody decides who may do what with it."""

ROLLUPS = ["footfall", "zone", "queue", "transition", "shelf", "sales", "product", "signal", "traffic", "accounting"]

LEVELS = ("_5m", "_hour", "_day")

for _rollup in ROLLUPS:
    DECIDED |= {f"instore.{_rollup}_{level}": ("" if level == "day" else "S", "S", "S") for level in ("5m", "hour", "day")}
    DECIDED |= {f"instore_kept.{_rollup}_{level}": ("SID", "", "") for level in ("5m", "hour", "day")}

HIDDEN = {"rejected_readings": {"id", "source", "detail", "raw"}}
"""Columns that the views without devices leave out; `device_id` is `visitor` in all of them."""

PAGES = [catalog.PAGE, catalog.PAGE.with_name("rollups.md")]

REFUSED = (errors.InsufficientPrivilege, errors.ObjectNotInPrerequisiteState, errors.WrongObjectType, errors.FeatureNotSupported)
"""What the server says to who may not; the last three to anybody who would write into a view."""


@pytest.fixture(scope="module")
def url(make_database: MakeDatabase) -> Iterator[str]:
    """One database for the module, with rows in every table."""
    with make_database() as url:
        do_everything(url)
        yield url


@pytest.fixture(scope="module")
def owner(url: str) -> Iterator[psycopg.Connection]:
    """Who migrated it."""
    with connect(url, "test") as connection:
        yield connection


@pytest.fixture(scope="module")
def logins(url: str) -> Iterator[dict[str, psycopg.Connection]]:
    """A connection of a member of each role, and of `nobody`, who is a member of none."""
    with ExitStack() as stack:
        urls: dict[str, str] = {role: stack.enter_context(member(url, role)) for role in ROLES}
        urls["nobody"] = stack.enter_context(login(url))
        yield {name: stack.enter_context(connect(one, "test")) for name, one in urls.items()}


def tables(connection: psycopg.Connection) -> list[str]:
    """Every table and view of our schemas."""
    return [f"{schema}.{one.name}" for schema in relations.SCHEMAS for one in relations.relations(connection, schema)]


def may(connection: psycopg.Connection, statement: sql.Composed) -> bool:
    """Tell whether a user may run a statement, by running it, and undo it."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("SET TRANSACTION READ WRITE")  # a habit of logins, no right
            connection.execute(statement)
    except REFUSED:
        return False
    except errors.IntegrityError:  # so it was let to the row
        return True
    return True


def tries(table: str, column: str) -> dict[str, sql.Composed]:
    """A statement for each letter of `DECIDED`; those that write touch no row, or fail at a constraint."""
    what = {"t": sql.Identifier(*table.split(".")), "c": sql.Identifier(column)}
    statements = {
        "S": "SELECT * FROM {t} LIMIT 1",
        "C": "SELECT {c} FROM {t} LIMIT 1",
        "I": "INSERT INTO {t} DEFAULT VALUES",
        "U": "UPDATE {t} SET {c} = DEFAULT WHERE false",
        "D": "DELETE FROM {t} WHERE false",
        "T": "TRUNCATE {t}",
    }
    return {letter: sql.SQL(statement).format(**what) for letter, statement in statements.items()}


def test_somebody_has_decided_on_each(owner: psycopg.Connection) -> None:
    """Every table and view by its name, and nothing that is not there."""
    assert set(tables(owner)) == set(DECIDED)


@pytest.mark.parametrize("table", DECIDED)
def test_each_role_may_do_what_was_decided(logins: dict[str, psycopg.Connection], owner: psycopg.Connection, table: str) -> None:
    """And nothing else: every statement is tried as a login of each role, and as one of none."""
    schema, name = table.split(".")
    column = next(one.columns[0].name for one in relations.relations(owner, schema) if one.name == name)
    found = {
        who: "".join(letter for letter, statement in tries(table, column).items() if may(connection, statement)).replace("SC", "S")
        for who, connection in logins.items()
    }
    writer, analyst, grafana = DECIDED[table]
    assert found == {"writer": writer, "analyst": analyst, "grafana": grafana, "nobody": ""}


def test_columns_given_by_themselves(owner: psycopg.Connection) -> None:
    """What may not be read as a table may not be read in part either, but for a few columns of stores."""
    readable = (
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND has_column_privilege(%s, attrelid, attnum, %s)"
    )
    for table in tables(owner):
        for role, rights in zip(ROLES, DECIDED[table], strict=True):
            for letter in "SIU":
                found = {column for (column,) in owner.execute(readable, (table, roles.NAMES[role], WRITE[letter]))}
                assert bool(found) == (letter in rights.replace("C", "S")), (role, table)
                if "C" in rights and found:
                    assert found == {"store_id", "name", "timezone", "currency", "opening_hours"}


@pytest.mark.parametrize("role", ROLES)
def test_nobody_makes_or_changes_tables(logins: dict[str, psycopg.Connection], role: Role) -> None:
    """Roles work with what is there: making, changing, removing is the owner's."""
    for statement in (
        "CREATE TABLE instore.mine (a integer)",
        "CREATE TABLE instore_analysis.mine (a integer)",
        "ALTER TABLE instore.visits ADD COLUMN mine integer",
        "DROP TABLE instore.visits",
        "CREATE INDEX ON instore.visits (left_at)",
        "ALTER TABLE instore.visits OWNER TO instore_writer",
        "COPY instore.visits TO PROGRAM 'cat'",
    ):
        assert not may(logins[role], sql.SQL(statement).format()), statement


def test_a_writer_passes_no_right_on(logins: dict[str, psycopg.Connection], owner: psycopg.Connection) -> None:
    """The server warns, and grants nothing."""
    logins["writer"].execute("GRANT SELECT ON instore.visits TO PUBLIC")
    assert owner.execute("SELECT has_table_privilege('instore_analyst', 'instore.visits', 'SELECT')").fetchone() == (False,)


def test_one_function_lends_its_owners_rights(logins: dict[str, psycopg.Connection], owner: psycopg.Connection) -> None:
    """Such a function is a way around all this: only the writer may call the one, and it looks nowhere but where it should."""
    lent = "SELECT proname, proconfig FROM pg_proc WHERE prosecdef AND pronamespace::regnamespace::text LIKE 'instore%'"
    assert owner.execute(lent).fetchall() == [("retain", ["search_path=pg_catalog, pg_temp"])]
    for who, connection in logins.items():
        assert may(connection, sql.SQL("SELECT instore.retain()").format()) == (who == "writer"), who
        assert not may(connection, sql.SQL("CALL instore.retain_all()").format()) or who == "writer", who
        deletes = "SELECT instore.delete_before(one, now(), 10) FROM instore.table_settings AS one WHERE table_name = 'readings'"
        assert not may(connection, sql.SQL(deletes).format()), who


def test_a_writer_can_do_everything_that_the_worker_does(url: str) -> None:
    """Every function of storage that the worker and its helpers call, from the first flush to a rebuild."""
    with member(url, "writer") as writer:
        do_everything(writer)


def test_a_writer_has_no_right_too_many(make_database: MakeDatabase) -> None:
    """Each right of the writer is taken away alone: then something that the worker does is denied. The next migration gives it back.

    Rollups are all alike: two of them are tried.
    """
    with make_database() as url, member(url, "writer") as writer, connect(url, "test") as owner:
        some = [table for table in DECIDED if not table.endswith(LEVELS) or ".footfall_" in table or ".traffic_" in table]
        for table, (rights, _, _) in ((table, DECIDED[table]) for table in some):
            for letter in rights:
                what = {"right": sql.SQL(WRITE[letter]), "table": sql.Identifier(*table.split("."))}
                owner.execute(sql.SQL("REVOKE {right} ON {table} FROM instore_writer").format(**what))
                with pytest.raises(Denied, match=f"permission denied for (table|view) {table.split('.')[1]}"):
                    do_everything(writer)
                roles.settle(owner)
        do_everything(writer)
        owner.execute("REVOKE EXECUTE ON FUNCTION instore.retain FROM instore_writer")
        with pytest.raises(Denied, match="permission denied for function retain"):
            do_everything(writer)
        roles.settle(owner)
        do_everything(writer)


def test_a_writer_deletes_what_is_too_old_and_nothing_else(make_database: MakeDatabase) -> None:
    """On plain PostgreSQL the worker does it, though it may delete no reading: by one function, and what the owner keeps no longer."""
    with make_database() as url, member(url, "writer") as writer, connect(url, "test") as owner, connect(writer, "test") as connection:
        do_everything(url)
        while owner.execute("SELECT instore.refresh()").fetchone() != (0,):
            pass
        count = "SELECT count(*) FROM instore.readings"
        [(readings,)] = owner.execute(count).fetchall()
        owner.execute("UPDATE instore.visits SET is_final = true")
        for _ in range(3):
            assert connection.execute("SELECT instore.retain()").fetchone() == (0,)
        assert owner.execute(count).fetchone() == (readings,)
        owner.execute("UPDATE instore.table_settings SET keep = '7 days'")
        while connection.execute("SELECT instore.retain()").fetchone() != (0,) or owner.execute(count).fetchone() != (0,):
            owner.execute("UPDATE instore.table_settings SET announced_at = announced_at - interval '1 hour'")
            assert owner.execute("SELECT count(*) FROM instore_kept.stale WHERE bucket < now() - interval '2 days'").fetchone() == (0,)
        assert owner.execute(count).fetchone() == (0,)


def test_readers_see_no_device(url: str, owner: psycopg.Connection, logins: dict[str, psycopg.Connection]) -> None:
    """No value of anything that they may read holds the device, or an id that is made of it."""
    ids = "SELECT visit_id::text FROM instore.visits UNION SELECT signal_id::text FROM instore.signals"
    hidden = [DEVICE, *(name for (name,) in owner.execute(ids))]
    assert len(hidden) >= 3
    for role in ("analyst", "grafana"):
        for table in tables(owner):
            if "S" not in DECIDED[table][ROLES.index(role)]:
                continue
            whole = sql.SQL("SELECT row_to_json(t)::text FROM {} AS t").format(sql.Identifier(*table.split(".")))
            rows = "\n".join(row for (row,) in logins[role].execute(whole))
            assert rows or table.endswith(("sensor_skew", *LEVELS)), f"{table} is empty, so this proves nothing"
            assert not [word for word in hidden if word in rows], (role, table)
    assert urlsplit(url).path  # the owner, by contrast, sees them
    assert owner.execute("SELECT count(*) > 0 FROM instore.visits WHERE device_id = %s", (DEVICE,)).fetchone() == (True,)


def test_no_list_of_devices_helps(logins: dict[str, psycopg.Connection], owner: psycopg.Connection) -> None:
    """A reader who knows all devices that there could be cannot tell which is which: the secret is not to be had, nor what uses it."""
    secrets = [secret for (secret,) in owner.execute("SELECT secret FROM instore.pseudonym_key")]
    assert [len(secret) for secret in secrets] == [32]
    for role in ("analyst", "grafana"):
        for statement in (
            "SELECT secret FROM instore.pseudonym_key",
            "SELECT instore.pseudonym((SELECT secret FROM instore.pseudonym_key), 'visitor:')",
            "EXPLAIN SELECT secret FROM instore.pseudonym_key",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                logins[role].execute(statement.encode())
        plan = logins[role].execute("EXPLAIN (ANALYZE, VERBOSE) SELECT visitor, visit_id FROM instore_analysis.visits").fetchall()
        assert secrets[0].hex() not in str(plan)
        assert logins[role].execute("SELECT count(*) FROM pg_stats WHERE tablename IN ('visits', 'pseudonym_key')").fetchone() == (0,)


def test_readers_may_call_our_functions(logins: dict[str, psycopg.Connection]) -> None:
    """Those that compute figures: a function reads with the rights of whoever calls it."""
    people = (
        "SELECT count(*) > 0 FROM instore.occupancy((SELECT min(store_id) FROM stores), to_timestamp(%(at)s - 3600), to_timestamp(%(at)s))"
    )
    waits = "SELECT count(*) > 0, max(instore.percentile(wait_histogram, 0.5)) FROM instore.queue_hour"
    for role in ("analyst", "grafana"):
        assert logins[role].execute(people, {"at": DAY // SECOND + 3600}).fetchone() == (True,)
        assert logins[role].execute(waits.encode()).fetchone() is not None
        figures = "SELECT sum(entered) FROM instore.footfall_day UNION ALL SELECT sum(stored) FROM instore.accounting"
        assert all(count > 0 for (count,) in logins[role].execute(figures.encode()))


def test_the_queries_of_the_pages_work_for_readers(logins: dict[str, psycopg.Connection], owner: psycopg.Connection) -> None:
    """With the same result, without the schema's name before a table; but for those that ask for a device, or quote what one sent."""
    queries = [query for page in PAGES for query in re.findall(r"```sql\n(.*?)```", page.read_text(), re.DOTALL)]
    asks_for_devices = [query for query in queries if "device_id" in query or "detail" in query]
    assert len(asks_for_devices) == 2
    for query in queries:
        statement = re.sub(r"instore\.(?=\w+\b(?!\())", "", query).encode()
        if query in asks_for_devices:
            with pytest.raises(errors.UndefinedColumn):
                logins["analyst"].execute(statement)
        else:
            expected = owner.execute(query.encode()).fetchall()
            assert sorted(map(repr, logins["analyst"].execute(statement))) == sorted(map(repr, expected))


def test_a_visitor_is_a_device_in_one_store(make_database: MakeDatabase) -> None:
    """The same in each table and visit, so that visitors who return can be counted; another in another store, and with another secret."""
    with make_database() as url, member(url, "analyst") as mine, connect(mine, "test") as analyst:
        with Writer(url) as writer:
            for number, store_id in enumerate(("a", "b", "b")):
                writer.write(Flush(advance=step(None, 1, number), **parts(store_id)))
        visitors = "SELECT store_id, visitor FROM {}"
        named = ("visits", "stays", "shelf_visits", "payments", "signals", "readings", "visitor_priorities")
        found = [set(analyst.execute(visitors.format(name).encode())) for name in named]
        assert all(one == found[0] for one in found)
        assert len(found[0]) == len({visitor for _, visitor in found[0]}) == 2
        returning = "SELECT store_id, count(*) FROM visits GROUP BY store_id, visitor ORDER BY 1"
        assert analyst.execute(returning).fetchall() == [("a", 1), ("b", 2)]
        with connect(url, "test") as owner:
            owner.execute("UPDATE instore.pseudonym_key SET secret = secret || secret")
        assert not found[0] & set(analyst.execute(visitors.format("visits").encode()))


def test_joins_find_what_they_find_in_the_tables(make_database: MakeDatabase) -> None:
    """Pseudonyms of visits and readings stand for one visit and reading each, wherever they are."""
    joins = (
        "SELECT v.entered_at, t.seq FROM {0}visits AS v INNER JOIN {0}stays AS t USING (visit_id) ORDER BY 1, 2",
        "SELECT v.entered_at, t.ts FROM {0}visits AS v INNER JOIN {0}shelf_visits AS t USING (visit_id) ORDER BY 1, 2",
        (
            "SELECT v.entered_at, p.ts, i.line_no FROM {0}visits AS v INNER JOIN {0}payments AS p USING (visit_id)"
            " INNER JOIN {0}payment_items AS i ON i.reading_id = p.reading_id AND i.ts = p.ts ORDER BY 1, 2, 3"
        ),
        "SELECT r.ts, s.action FROM {0}readings AS r INNER JOIN {0}shelf_visits AS s ON s.reading_id = r.id ORDER BY 1, 2",
        "SELECT v.entered_at, s.at FROM {0}visits AS v INNER JOIN {0}signals AS s USING (visit_id) ORDER BY 1, 2",
        "SELECT count(*), count(visit_id), count({1}) FROM {0}payments",
    )
    with make_database() as url, member(url, "analyst") as mine, connect(url, "test") as owner, connect(mine, "test") as analyst:
        with Writer(url) as writer:
            for number in range(3):
                anonymous = (payment(50 + number), None)
                one = parts("s1")
                entered = one["visits"][0].entered_at + number
                one["visits"] = [structs.replace(one["visits"][0], entered_at=entered)]
                one["readings"] += [dwell(number, "s1")]
                writer.write(Flush(advance=step(None, 1, number), **{**one, "payments": [*one["payments"], anonymous]}))
        for join in joins:
            expected = owner.execute(join.format("instore.", "device_id").encode()).fetchall()
            assert analyst.execute(join.format("", "visitor").encode()).fetchall() == expected
            assert expected


def test_views_without_devices_have_all_other_columns(owner: psycopg.Connection) -> None:
    """In the order of their table; a new column is missing here until somebody decides whether it may be seen."""
    tables_by_name = {one.name: one for one in relations.relations(owner)}
    for view in relations.relations(owner, "instore_analysis"):
        expected = [
            "visitor" if column.name == "device_id" else column.name
            for column in tables_by_name[view.name].columns
            if column.name not in HIDDEN.get(view.name, set())
        ]
        assert [column.name for column in view.columns] == expected, view.name


def test_of_a_plan_only_staff_names_devices() -> None:
    """A new part of layouts is missing here until somebody decides whether `instore_analysis.stores` may show it."""
    harmless = {"store_id", "name", "timezone", "currency", "opening_hours", "zones", "shelves", "gates", "tills", "gateways", "rules"}
    assert set(Layout.__struct_fields__) == {*harmless, "staff_devices"}


def test_the_views_cost_nothing_where_nobody_asks_for_pseudonyms(logins: dict[str, psycopg.Connection]) -> None:
    """They use the tables' indexes, and make no digest that is not asked for."""
    asked = "EXPLAIN (VERBOSE) SELECT sum(duration_s) FROM visits WHERE store_id = 's1' AND entered_at > to_timestamp(%s)"
    with logins["analyst"].transaction():
        logins["analyst"].execute("SET LOCAL enable_seqscan = off")
        plan = "\n".join(line for (line,) in logins["analyst"].execute(asked, (DAY // SECOND,)))
    assert re.search(r"Index Cond: .*store_id = 's1'", plan), plan
    assert "sha256" not in plan
    assert "pseudonym" not in plan


def test_ids_of_this_module_hold_the_device() -> None:
    """Or else the tests above would prove nothing."""
    assert DEVICE in ID
