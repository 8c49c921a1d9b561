"""The writer: what a flush says is what the tables hold, value for value."""

from datetime import UTC, datetime

import msgspec
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sensors.dead_letter import DeadLetter
from sensors.reading import MAX_TEXT, Payment, rfc3339, to_datetime
from storage import restore
from storage.model import Clock, Removed, StoredReading, Visit
from stream.priority import DEFAULT
from tests.storage import strategies
from tests.storage.conftest import Database, property_of_rows
from tests.storage.examples import DAY, HOUR, dwell, payment, scores, visit

pytestmark = pytest.mark.integration


def by_content(stored: list[StoredReading]) -> list[StoredReading]:
    """Readings in an order that does not depend on that of the rows."""
    return sorted(stored, key=lambda one: (one.reading.ts, msgspec.json.encode(one.reading), one.is_late))


@property_of_rows
@given(stored=st.lists(strategies.stored_readings(st.just("s1")), max_size=20))
def test_a_reading_comes_back_equal(database: Database, stored: list[StoredReading]) -> None:
    """Every field of every kind survives: times to the microsecond, floats to the bit, decimals by value, texts by character."""
    database.clear()
    database.write(readings=stored)
    back = [one for batch in restore.readings_since(database.connection, "s1", 0) for one in batch]
    assert by_content(back) == by_content(stored)
    assert [one.reading.ts for one in back] == sorted(one.reading.ts for one in stored)


@property_of_rows
@given(written=st.lists(strategies.visits(), max_size=4, unique_by=lambda one: one.visit_id))
def test_a_visit_comes_back_equal(database: Database, written: list[Visit]) -> None:
    """A visit with its stays, shelf visits and payments survives; so do texts that look like SQL."""
    database.clear()
    paid: dict[str, tuple[Payment, str | None]] = {}
    for one in written:
        for each in one.payments:
            paid.setdefault(each.id, (each, one.visit_id))
    written = [
        msgspec.structs.replace(one, payments=tuple(each for each in one.payments if paid[each.id][1] == one.visit_id)) for one in written
    ]
    at = database.write(visits=written, payments=list(paid.values()))
    assert restore.visits(database.connection, "s1") == sorted(written, key=lambda one: (one.entered_at, one.visit_id))
    assert restore.visits_changed_at(database.connection, ["s1"], at) == restore.visits(database.connection)
    assert restore.visits_changed_at(database.connection, ["s2"], at) == []


@property_of_rows
@given(data=st.data())
def test_writing_a_visit_again_replaces_all_of_it(database: Database, data: st.DataObject) -> None:
    """Whatever a visit was before, it is afterwards what the last flush said, and no stay or shelf visit of before is left."""
    database.clear()
    first = data.draw(strategies.visits(visit_id=strategies.visit_id(1), entered_at=DAY))
    second = data.draw(strategies.visits(visit_id=strategies.visit_id(1), entered_at=DAY))
    second = msgspec.structs.replace(second, device_id=first.device_id, payments=())
    other = visit(7)
    database.write(visits=[first, other], payments=[(each, first.visit_id) for each in first.payments])
    database.write(visits=[second], payments=[(each, None) for each in first.payments])
    assert restore.visits(database.connection) == [second, other]


@st.composite
def versions(draw: st.DrawFn) -> list[Visit]:
    """A visit as it becomes known: parts come, go and change; some versions have nothing in common with the others."""
    whole = draw(strategies.visits(visit_id=strategies.visit_id(1), entered_at=DAY))
    told: list[Visit] = []
    for _ in range(draw(st.integers(1, 4))):
        of = whole if draw(st.booleans()) else draw(strategies.visits(visit_id=strategies.visit_id(1), entered_at=DAY))
        stays = list(of.stays[draw(st.integers(0, 1)) : draw(st.integers(0, 5))])
        if draw(st.booleans()) and stays:
            stays[-1] = structs.replace(stays[-1], ended_at=draw(st.integers(stays[-1].started_at, stays[-1].ended_at)))
        told.append(
            structs.replace(
                whole,
                stays=tuple(stays),
                shelf_visits=tuple(one for one in of.shelf_visits if draw(st.booleans())),
                n_readings=len(told) + 1,
                payments=whole.payments[: draw(st.integers(0, 2))],
                ended_by=draw(st.sampled_from([None, "exit"])),
                is_staff=draw(st.sampled_from([whole.is_staff, whole.is_staff, not whole.is_staff])),
            )
        )
    return told


PARTS = (
    "SELECT * FROM instore.stays ORDER BY seq",
    "SELECT * FROM instore.shelf_visits ORDER BY ts, reading_id",
    "SELECT store_id, bucket FROM instore_kept.stale WHERE source = 'visits' ORDER BY 1, 2",
)


@property_of_rows
@given(told=versions())
def test_what_changed_of_a_visit_makes_it_what_all_of_it_would(database: Database, told: list[Visit]) -> None:
    """A writer that knows what stands in the database writes what differs: with the same rows and marks."""
    found = []
    for is_known in (False, True):
        database.clear()
        database.connection.execute("DELETE FROM instore_kept.stale")
        for before, visit_ in zip([None, *told], told, strict=False):
            known = {before.visit_id: before} if before is not None and is_known else {}
            database.write(visits=[visit_], before=known)
        found.append([database.rows(statement) for statement in PARTS])
    assert found[0] == found[1]


@property_of_rows
@given(told=versions(), is_there=st.booleans())
def test_a_visit_that_stands_otherwise_than_is_believed_is_written_whole(database: Database, told: list[Visit], *, is_there: bool) -> None:
    """Somebody else has written it meanwhile, or it is gone: what is told now is what stands there afterwards."""
    now, believed = told[-1], structs.replace(told[-1], n_readings=77)
    database.clear()
    database.write(visits=told[:1] if is_there else [])
    database.write(visits=[now], before={now.visit_id: believed})
    found = [database.rows(statement) for statement in PARTS[:2]]
    database.clear()
    database.write(visits=[now])
    assert found == [database.rows(statement) for statement in PARTS[:2]]


@property_of_rows
@given(letters=st.lists(strategies.dead_letters, max_size=5))
def test_a_dead_letter_is_stored_whatever_it_holds(database: Database, letters: list[DeadLetter]) -> None:
    """Raw bytes are exact; texts that no column can hold are made to fit, others are exact."""
    database.clear()
    database.write(rejected=letters)
    rows = database.rows("SELECT raw, detail, received_at, position FROM instore.rejected_readings")
    assert sorted(bytes(row[0]) for row in rows) == sorted(letter.raw for letter in letters)
    readable = {letter.detail for letter in letters if "\0" not in letter.detail and letter.detail.isprintable()}
    assert readable <= {row[1] for row in rows}
    assert sorted((row[2], row[3] or 0) for row in rows) == sorted(
        (to_datetime(letter.received_at), letter.position or 0) for letter in letters
    )


def test_a_visit_stands_in_sql_as_the_design_says(database: Database) -> None:
    """What is derived from a visit is a column too: duration, path, basket, conversion, dwell."""
    paid = payment(1)
    at = database.write(visits=[visit(1, payments=(paid,), is_final=True)], payments=[(paid, strategies.visit_id(1))])
    assert database.rows(
        "SELECT entered_at, left_at, duration_s, path, basket_total::text, currency, converted, ended_by, is_final, updated_at,"
        " priority, priority_scores FROM instore.visits"
    ) == [
        (
            to_datetime(DAY + 60_000_000),
            to_datetime(DAY + 90_000_000),
            30.0,
            ["zone-0", "zone-1", "zone-2"],
            "2.5000",
            "EUR",
            True,
            "exit",
            True,
            at,
            None,
            None,
        )
    ]
    assert database.rows("SELECT seq, zone_id, device_id, dwell_s FROM instore.stays ORDER BY seq") == [
        (0, "zone-0", "band-1", 10.0),
        (1, "zone-1", "band-1", 10.0),
        (2, "zone-2", "band-1", 10.0),
    ]
    assert database.rows("SELECT line_no, product_id, quantity::text, unit_price::text FROM instore.payment_items ORDER BY line_no") == [
        (1, "milk", "1.0000", "1.1900"),
        (2, "bread", "0.5000", "2.6200"),
    ]


def test_a_reading_stands_in_sql_as_the_design_says(database: Database) -> None:
    """Times are times, money is numeric, a receipt's lines are JSON with exact numbers; what a kind lacks is null."""
    at = database.write(readings=[StoredReading(payment(1), is_late=True)])
    assert database.rows(
        "SELECT kind, ts, received_at, stored_at, amount::text, items -> 1 ->> 'unit_price', zone_id, device_id, action, is_late"
        " FROM instore.readings"
    ) == [("payment", to_datetime(DAY + 1_000_000), to_datetime(DAY + 1_000_001), at, "2.50" + "00", "2.62", None, None, None, True)]


def test_unchanged_stays_are_not_written_again(database: Database) -> None:
    """A live visit grows by its last stay; the one before is over now, and the rows of the others are left alone."""
    database.write(visits=[visit(1, n_stays=3)])
    before = dict(database.rows("SELECT seq, xmin::text FROM instore.stays"))
    database.write(visits=[visit(1, n_stays=4)])
    after = dict(database.rows("SELECT seq, xmin::text FROM instore.stays"))
    assert {seq for seq in before if after[seq] == before[seq]} == {0, 1}
    assert len(after) == 4


def test_a_priority_stands_in_sql_as_the_page_says(database: Database) -> None:
    """A name, and JSON with the scores and the facts; who is no longer judged has none."""
    database.write(visits=[structs.replace(visit(1), priority="speed", priority_scores=scores(speed=0.75, card=1))])
    found = "SELECT priority, priority_scores ->> 'speed', priority_scores -> 'facts' ->> 'card' FROM instore.visits"
    assert database.rows(found) == [("speed", "0.75", "1")]
    database.write(visits=[visit(1)])
    assert database.rows(found) == [(None, None, None)]


def test_visitors_are_judged_over_their_visits(database: Database) -> None:
    """The mean scores of the visits that say enough; the best one names the priority, if it is good enough."""
    told = [
        ("band-1", scores(speed=0.9, price=0.3)),
        ("band-1", scores(speed=0.5, price=0.1)),
        ("band-1", scores(price=1.0, enough=False)),
        ("band-2", scores(price=0.5)),
        ("band-3", None),
    ]
    database.write(
        visits=[
            structs.replace(visit(number), device_id=device, priority="none" if judged else None, priority_scores=judged)
            for number, (device, judged) in enumerate(told)
        ]
    )
    assert database.rows(
        "SELECT device_id, visits, round(speed::numeric, 3)::text, round(price::numeric, 3)::text, priority"
        " FROM instore.visitor_priorities ORDER BY device_id"
    ) == [("band-1", 2, "0.700", "0.200", "speed"), ("band-2", 1, "0.000", "0.500", "none")]


def test_the_threshold_of_visitors_is_that_of_visits(database: Database) -> None:
    """One number in two languages; a store may have its own."""
    [(view,)] = database.rows("SELECT pg_get_viewdef('instore.visitor_priorities'::regclass)")
    assert f"({DEFAULT.threshold})::double precision" in str(view)
    database.write(visits=[structs.replace(visit(1), priority="none", priority_scores=scores(price=0.5))])
    judged = "SELECT priority FROM instore.visitor_priorities"
    assert database.rows(judged) == [("none",)]
    database.rows("""UPDATE instore.stores SET layout = '{"rules": {"priority_threshold": 0.5}}' RETURNING 1""")
    assert database.rows(judged) == [("price",)]


def test_a_removed_visit_leaves_nothing_behind(database: Database) -> None:
    """Its rows go everywhere; a payment that was its own belongs to nobody until it is told otherwise."""
    paid = payment(61)
    gone, stays = visit(1, payments=(paid,)), visit(2)
    database.write(visits=[gone, stays], payments=[(paid, gone.visit_id)])
    database.write(removed=[strategies.removed(gone)])
    assert restore.visits(database.connection) == [stays]
    assert database.rows("SELECT visit_id FROM instore.payments") == [(None,)]
    assert database.rows("SELECT DISTINCT visit_id::text FROM instore.stays") == [(stays.visit_id,)]
    assert database.rows("SELECT DISTINCT visit_id::text FROM instore.shelf_visits") == [(stays.visit_id,)]


def test_a_visit_under_a_new_id_takes_over_in_one_flush(database: Database) -> None:
    """An earlier reading moved the start of a visit: the old row goes, the new one comes, the payment follows."""
    paid = payment(181)
    old = visit(2, payments=(paid,))
    new = msgspec.structs.replace(visit(3, payments=(paid,)), device_id=old.device_id)
    database.write(visits=[old], payments=[(paid, old.visit_id)])
    database.write(removed=[Removed(old.visit_id, "s1", old.entered_at)], visits=[new], payments=[(paid, new.visit_id)])
    assert restore.visits(database.connection) == [new]


def test_a_payment_moves_with_its_till(database: Database) -> None:
    """The layout says by now that the till is in another zone."""
    paid = msgspec.structs.replace(payment(1), zone_id="till")
    database.write(payments=[(paid, None)])
    database.write(payments=[(msgspec.structs.replace(paid, zone_id="hall"), None)])
    assert database.rows("SELECT receipt_id, zone_id FROM instore.payments") == [("receipt-1", "hall")]


def test_a_payment_changes_hands_once_told_so(database: Database) -> None:
    """Attribution is upserted; the receipt and its lines are written once."""
    paid = payment(1)
    database.write(payments=[(paid, None)])
    database.write(payments=[(paid, strategies.visit_id(5))])
    assert database.rows("SELECT receipt_id, visit_id::text FROM instore.payments") == [("receipt-1", strategies.visit_id(5))]
    assert database.rows("SELECT count(*) FROM instore.payment_items") == [(2,)]


def test_the_last_word_on_a_visit_or_payment_counts(database: Database) -> None:
    """Named twice in one flush, the later one is stored."""
    paid = payment(1)
    database.write(visits=[visit(1), visit(1, n_stays=5)], payments=[(paid, strategies.visit_id(5)), (paid, None)])
    assert restore.visits(database.connection) == [visit(1, n_stays=5)]
    assert database.rows("SELECT visit_id FROM instore.payments") == [(None,)]


def test_a_store_becomes_known_by_its_readings(database: Database) -> None:
    """A bare row a store, once; a rejected reading makes none, for nobody knows whether there is such a store."""
    letter = DeadLetter(id="x", received_at=DAY, source="t", store_id="s9", reason="not_json", detail="", raw=b"{")
    database.write(readings=[dwell(1, "s2"), dwell(2, "s1"), dwell(3, "s2")], rejected=[letter])
    database.write(readings=[dwell(4, "s1")])
    assert database.rows("SELECT store_id, name, timezone, layout FROM instore.stores ORDER BY 1") == [
        ("s1", "", "UTC", None),
        ("s2", "", "UTC", None),
    ]


def test_one_time_for_all_of_a_flush(database: Database) -> None:
    """The time returned is that of the readings, the visits and the partition."""
    before = datetime.now(UTC)
    at = database.write(readings=[dwell(1)], visits=[visit(1)])
    assert before <= at <= datetime.now(UTC)
    for column in ("stored_at FROM instore.readings", "updated_at FROM instore.visits", "flushed_at FROM instore.ingest_offsets"):
        assert database.rows(f"SELECT {column}") == [(at,)]


def test_a_clock_follows_its_store(database: Database) -> None:
    """A store's time is kept with the partition it comes by."""
    database.write(clocks=[Clock("s1", DAY), Clock("s2", DAY + 1)])
    database.write(clocks=[Clock("s1", DAY + 5)])
    assert database.rows("SELECT store_id, topic, partition, store_time FROM instore.store_clocks ORDER BY 1") == [
        ("s1", "instore.readings", 0, to_datetime(DAY + 5)),
        ("s2", "instore.readings", 0, to_datetime(DAY + 1)),
    ]


def test_an_empty_flush_moves_the_offset_alone(database: Database) -> None:
    """Records may amount to nothing; they are covered all the same."""
    database.write()
    at = database.write()
    assert database.rows("SELECT life, next_offset, flushed_at, removed FROM instore.ingest_offsets") == [("life-1", 2, at, [])]
    assert database.rows("SELECT count(*) FROM instore.readings") == [(0,)]


def test_the_id_of_a_store_nobody_checked_is_cut(database: Database) -> None:
    """The store of a dead letter may be anything; it is cut to the length of an id, so that counts can be kept by it."""
    letter = DeadLetter(id="x", received_at=DAY, source="t", store_id="x\0" * 9_000, reason="bad_topic", detail="", raw=b"")
    database.write(rejected=[letter])
    [(stored,)] = database.rows("SELECT store_id FROM instore.rejected_readings")
    assert len(stored) == MAX_TEXT


@pytest.mark.parametrize("micros", [0, 1, DAY + HOUR - 1, 9_007_199_254_740_993, 253_402_300_799_000_000, 253_402_300_798_999_999])
def test_the_function_at_is_exact(database: Database, micros: int) -> None:
    """`instore.at` is exact to the microsecond, beyond the integers that a double can hold too."""
    [(at,)] = database.connection.execute("SELECT instore.at(%s::bigint)", (micros,)).fetchall()
    assert rfc3339(micros) == at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_a_bug_is_no_reason_to_try_again(database: Database) -> None:
    """What no retry can help (a text that the model forbids) passes as it is, and nothing of the flush is written."""
    with pytest.raises(psycopg.DataError):
        database.write(readings=[dwell(1), dwell(2, "s\0")])
    assert database.rows("SELECT count(*) FROM instore.ingest_offsets") == [(0,)]
    database.write(readings=[dwell(1)])
