"""`instore export` and `storage.frames`: each table for who may read it, what is asked wrongly, what an interrupted export leaves."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import pandas as pd
import psycopg
import pytest
from click.testing import CliRunner
from msgspec import structs
from psycopg import sql
from psycopg.types.string import TextLoader
from pyarrow import parquet

from instore import main
from sensors.dead_letter import DeadLetter
from sensors.reading import SECOND
from storage import frames, layouts
from storage.connect import connect, session
from storage.copying import CHUNK_BYTES, chunks, describe, one_moment
from storage.errors import Denied, SettingError
from storage.export import FORMS, Wanted, export
from storage.model import Flush, ShelfVisit, Stay
from storage.relations import EVENTS, relations
from storage.writer import Writer
from tests.conftest import MakeDatabase
from tests.storage.everything import DEVICE, do_everything, plan
from tests.storage.examples import DAY, payment, step, visit
from tests.storage.logins import member
from tests.storage.relations import relations as relations_of

pytestmark = pytest.mark.integration

NEVER = {"pseudonym_key"}
"""What nobody takes out."""

IN_TOKYO = structs.replace(plan("in-tokyo", 1), timezone="Asia/Tokyo")

Rows = Counter[tuple[object, ...]]


@pytest.fixture(scope="module")
def url(make_database: MakeDatabase) -> Iterator[str]:
    """One database for the module, with rows in every table, and stores in two time zones."""
    with make_database() as url:
        do_everything(url)
        with session(url, "test") as connection:
            layouts.save(connection, IN_TOKYO, "test")
        yield url


@pytest.fixture(scope="module")
def analyst(url: str) -> Iterator[str]:
    """The same for an analyst."""
    with member(url, "analyst") as mine:
        yield mine


@pytest.fixture(scope="module")
def store(url: str) -> str:
    """The store in which something happened."""
    with connect(url, "test") as connection:
        [(name,)] = connection.execute("SELECT DISTINCT store_id FROM instore.visits").fetchall()
    return str(name)


def read_by_the_driver(url: str, schema: str, name: str) -> Rows:
    """All rows, by psycopg, which shares nothing with COPY and Arrow; JSON and ids as text."""
    with connect(url, "test") as connection:
        for kind in ("jsonb", "uuid"):
            connection.adapters.register_loader(kind, TextLoader)
        rows = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, name))).fetchall()
    return Counter(map(_hashable, rows))


def read_parquet(file: Path) -> Rows:
    """All rows of a file."""
    return Counter(_hashable(row.values()) for row in parquet.read_table(file).to_pylist())


def _hashable(row: Iterable[object]) -> tuple[object, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)


def names(url: str, *, devices: bool) -> list[str]:
    """What `instore export` shows, but for the event log."""
    with one_moment(url, "test", devices=devices) as connection:
        return [one.name for one in relations(connection, devices=devices).values() if one.may_read and one.name != EVENTS]


def told(url: str, arguments: str) -> tuple[int, str]:
    """Run the command; gives its exit code and what it says on standard error."""
    ended = CliRunner().invoke(main, ["export", "--database-url", url, *arguments.split()])
    return ended.exit_code, ended.stderr


def test_whoever_asks_is_shown_what_analysts_may_read(url: str, analyst: str) -> None:
    """No more and no less, to the owner too; a table that is only the owner's stands in no list but that of devices."""
    with connect(url, "test") as owner:
        readable = {
            str(name)
            for (name,) in owner.execute(
                "SELECT relname FROM pg_class WHERE relnamespace IN ('instore'::regnamespace, 'instore_analysis'::regnamespace)"
                " AND relkind IN ('r', 'v') AND has_table_privilege('instore_analyst', oid, 'SELECT')"
            )
        }
        tables = {
            str(name)
            for (name,) in owner.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'instore'::regnamespace AND relkind IN ('r', 'v')"
            )
        }
    assert set(names(analyst, devices=False)) == set(names(url, devices=False)) == readable
    assert set(names(url, devices=True)) == tables - NEVER


def test_a_file_has_every_row_value_for_value(url: str, analyst: str, tmp_path: Path) -> None:
    """Of each table and view, as the driver reads it: decimals, times, lists, bytes. An analyst gets the owner's without devices."""
    with connect(url, "test") as owner:
        views = {one.name for one in relations_of(owner, "instore_analysis")}
    seen = 0
    for name in names(url, devices=False):
        if name.endswith(("_5m", "_day")):  # as those of hours, and as empty here: tests/docs/test_frames.py
            continue
        export(url, Wanted(name), file := tmp_path / "owner.parquet", "parquet")
        found = read_parquet(file)
        assert found == read_by_the_driver(url, "instore_analysis" if name in views else "instore", name), name
        seen += len(found) > 0
        if name in views:
            export(analyst, Wanted(name), file := tmp_path / "analyst.parquet", "parquet")
            assert read_parquet(file) == found, name
            assert DEVICE.encode() not in file.read_bytes()
            export(url, Wanted(name, devices=True), file, "parquet")
            assert read_parquet(file) == read_by_the_driver(url, "instore", name), name
    assert seen > 15
    assert len(views) > 10


def test_only_who_may_gets_devices(analyst: str, url: str, tmp_path: Path) -> None:
    """An analyst is denied them, and told where it says why; the owner has to ask for them."""
    with pytest.raises(Denied, match=r"docs/roles\.md"):
        export(analyst, Wanted("visits", devices=True), tmp_path / "visits.parquet", "parquet")
    assert list(tmp_path.iterdir()) == []
    assert set(frames.read(url, "visits", devices=True)["device_id"]) == {DEVICE}
    assert "device_id" not in frames.read(url, "visits")


def test_csv_is_what_postgres_writes(url: str, store: str, tmp_path: Path) -> None:
    """A line of names, then rows: nothing between two commas is null, a pair of quotes an empty text; true and false; lists as JSON."""
    with connect(url, "test") as owner:
        owner.execute("UPDATE instore.zones SET name = %s WHERE zone_id = 'dairy-2'", ('a "b",\nc',))
    file = tmp_path / "zones.csv"
    assert export(url, Wanted("zones", store=store), file, "csv") == 2
    first, rest = file.read_text().split("\n", 1)
    assert first == '"store_id","zone_id","name","type","polygon","capacity"'
    assert rest.splitlines(keepends=True)[0] == f'{store},checkout,"",checkout,[],\n'
    assert f'{store},dairy-2,"a ""b"",\nc",general,[],\n' in rest
    export(url, Wanted("visits", store=store), file, "csv")
    assert '"[""zone-0"",""zone-1"",""zone-2""]"' in file.read_text()
    assert ",true," in file.read_text()


VALUES = {
    "1.5::numeric(6, 2)": Decimal("1.50"),
    "1e19::numeric": 10**19,
    "sum(n)": 6,
    "round(avg(n), 1)": Decimal("2.0"),
    "avg(n) / 7": Decimal("0.285714286"),
    "'NaN'::numeric + sum(n)": None,
    "0.1::float8 + 0.2::float8": 0.1 + 0.2,
    "'infinity'::float8": float("inf"),
    "9223372036854775807": 2**63 - 1,
    "NULL::integer": None,
    "''": "",
    "NULL::text": None,
    "E'a\\n\"b\",\\\\.'": 'a\n"b",\\.',
    "'2026-03-29 01:30:00.123456+00'::timestamptz": datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC),
    "'2026-03-29'::timestamptz": datetime(2026, 3, 28, 23, tzinfo=UTC),
    "'2026-03-29 01:30'::timestamp": datetime(2026, 3, 29, 1, 30),  # noqa: DTZ001  # that is what it is
    "'2026-03-29'::date": date(2026, 3, 29),
    "'17:00:01.5'::time": time(17, 0, 1, 500_000),
    "interval '1 day 2 hours'": timedelta(days=1, hours=2),
    "'\\x00ff'::bytea": b"\x00\xff",
    "ARRAY['a', NULL, '{\"']": ["a", None, '{"'],
    "ARRAY[]::bigint[]": [],
    "ARRAY[1.5, 2]::numeric[]": ["1.5", "2"],
    "'00000000-0000-0000-0000-000000000001'::uuid": "00000000-0000-0000-0000-000000000001",
    "jsonb_build_object('a', 1)": '{"a": 1}',
    "true": True,
    "NULL::boolean": None,
}
"""What is asked in SQL, in the order of the columns, and what it is in Python."""


def test_an_answer_has_the_values_that_were_asked_for(url: str) -> None:
    """Of every type that there is, missing ones too; a bare date is one of the store's, and two columns may have one name."""
    with session(url, "test") as connection:
        layouts.save(connection, structs.replace(plan("here", 1), timezone="Europe/Berlin"), "test")
    query = f"SELECT {', '.join(VALUES)} FROM generate_series(1::bigint, 3) AS n -- and nothing more"  # noqa: S608
    frame = frames.answer(url, query + "\n;", store="here")
    [row] = frame.itertuples(index=False, name=None)
    for (asked, expected), value in zip(VALUES.items(), row, strict=True):
        if expected is None:
            assert pd.isna(value), asked
        else:
            assert (value.tolist() if isinstance(expected, list) else value) == expected, asked


def test_an_answer_without_rows_has_columns(url: str) -> None:
    """With types."""
    frame = frames.answer(url, "SELECT 1 AS a, sum(1::bigint) AS b, now() AS c, ARRAY['x'] AS d, 'x' AS e LIMIT 0")
    assert [str(kind) for kind in frame.dtypes] == ["Int32", "decimal128(38, 9)[pyarrow]", "datetime64[us, UTC]", "object", "str"]


def test_a_row_of_nothing_is_a_row(url: str) -> None:
    """COPY writes it as an empty line."""
    assert frames.answer(url, "SELECT NULL::text AS one UNION ALL SELECT '' UNION ALL SELECT NULL")["one"].isna().tolist() == [
        True,
        False,
        True,
    ]


def test_values_stand_where_psql_puts_them(url: str) -> None:
    """As literals, whatever is in them."""
    frame = frames.answer(url, "SELECT :'one' AS one, :'two'::integer + 1 AS two, ':x' AS three", one="it's :'two'", two=41)
    assert frame.to_numpy().tolist() == [["it's :'two'", 42, ":x"]]
    with pytest.raises(SettingError, match="two"):
        frames.answer(url, "SELECT :'one', :'two'", one=1)


def test_text_comes_in_pieces(url: str) -> None:
    """So that memory does not grow with rows: each piece has whole rows, and hardly more than it should; nothing is lost between two."""
    statement = "SELECT n, repeat('x', 90) FROM generate_series(1, 100000) AS n"
    with one_moment(url, "test") as connection:
        pieces = list(chunks(connection, statement, describe(connection, statement, "UTC")))
    sizes = [sum(map(len, piece)) for piece in pieces]
    assert len(pieces) == 3
    assert all(CHUNK_BYTES <= size < CHUNK_BYTES + 200 for size in sizes[:-1])
    assert [int(row.split(b",")[0]) for piece in pieces for row in piece] == list(range(1, 100_001))


def test_nothing_can_be_changed(url: str) -> None:
    """A question is a question."""
    with pytest.raises(psycopg.Error):
        frames.answer(url, "WITH gone AS (DELETE FROM instore.zones RETURNING 1) SELECT * FROM gone")
    assert len(frames.read(url, "zones"))


def test_who_may_not_ask_so_long_is_told_what_to_do(url: str) -> None:
    """In a sentence."""
    impatient = f"{url}?options={quote('-c statement_timeout=50')}"
    with pytest.raises(SettingError, match=r"ask for less at once.*--timeout-s"):
        frames.answer(impatient, "SELECT pg_sleep(5)")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("visit --out v.parquet", ["no table or view visit", "visits", "events"]),
        ("pseudonym_key --devices --out v.parquet", ["no table or view pseudonym_key"]),
        ("visits", ["--out"]),
        ("visits --out v.xlsx", ["v.xlsx", ".parquet or .csv", "--format"]),
        ("visits --out v.csv --format parquet", ["v.csv", ".csv", "parquet"]),
        ("visits --out -", ["--format"]),
        ("visits --out nowhere/v.csv", ["no folder nowhere"]),
        ("visits --out .", ["folder"]),
        ("visits --out there.csv", ["there.csv", "--overwrite"]),
        ("visits --out v.csv --store nobody", ["no store nobody", "in-tokyo"]),
        ("visits --out v.csv --from soon", ["soon is no time", "2026-11-22"]),
        ("visits --out v.csv --from 2026-11-03 --to 2026-11-02 --store in-tokyo", ["from 2026-11-03 to 2026-11-02", "after the beginning"]),
        ("visits --out v.csv --from 2026-11-03", ["another moment in each store", "Asia/Tokyo", "UTC", "--store"]),
        ("zones --out v.csv --from 2026-11-03T00:00Z", ["zones has no time"]),
        ("accounting_total --out v.csv --store in-tokyo", ["accounting_total has no store"]),
    ],
)
def test_what_is_asked_wrongly_is_one_sentence(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, words: list[str]
) -> None:
    """Exit code 2, what is wrong and what there is; and no file."""
    monkeypatch.chdir(tmp_path)
    Path("there.csv").write_text("mine")
    code, said = told(url, arguments)
    assert code == 2, said
    assert [word for word in words if word not in said] == []
    assert len(said.strip().splitlines()) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["there.csv"]
    assert Path("there.csv").read_text() == "mine"


def test_times_are_the_stores_own(url: str, store: str) -> None:
    """From a moment on, up to another: half-open, on the clock of the store, to the microsecond."""
    at = datetime.fromtimestamp(DAY / 1_000_000, UTC)
    [begun] = frames.read(url, "visits", store=store)["entered_at"]
    assert len(frames.read(url, "visits", since=begun.isoformat())) == 1
    assert len(frames.read(url, "visits", until=begun.isoformat())) == 0
    assert len(frames.read(url, "visits", since=(begun + timedelta(microseconds=1)).isoformat())) == 0
    day = f"{at:%Y-%m-%d}"
    assert len(frames.read(url, "visits", store=store, since=day)) == 1
    assert str(frames.read(url, "visits", store=store)["entered_at"].dtype) == "datetime64[us, UTC]"
    assert str(frames.read(url, "visits", store="in-tokyo")["entered_at"].dtype) == "datetime64[us, Asia/Tokyo]"


def test_what_happens_at_one_moment_has_an_order(make_database: MakeDatabase) -> None:
    """In the event log: stays by their place in the visit, view, pickup, put-back, payments. It has no visits under way, and no staff."""
    begun = DAY + SECOND
    acts: list[Literal["view", "pickup", "putback"]] = ["putback", "pickup", "view"]
    told_acts = tuple(ShelfVisit(f"r{number}", begun, "dairy-1", act, "milk", None, None) for number, act in enumerate(acts))
    stays = tuple(Stay(zone, begun, begun) for zone in ("zebra", "yak", "zebra"))
    paid = structs.replace(payment(1), ts=begun)
    one = structs.replace(visit(0, is_final=True), entered_at=begun, left_at=begun, stays=stays, shelf_visits=told_acts, payments=(paid,))
    others = [
        structs.replace(visit(1), ended_by="exit"),
        structs.replace(visit(2, is_final=True), is_staff=True),
        structs.replace(visit(3, is_final=True), pass_by=True),
    ]
    with make_database() as url:
        with Writer(url) as writer:
            writer.write(Flush(advance=step(None, 1), visits=[one, *others], payments=[(paid, one.visit_id)]))
        events = frames.read(url, "events", devices=True)
    assert events["concept:name"].tolist() == ["zebra", "yak", "zebra", "view dairy-1", "pickup dairy-1", "putback dairy-1", "payment"]
    assert set(events["case:concept:name"]) == {one.visit_id}


def test_a_value_may_be_as_long_as_a_message(make_database: MakeDatabase, tmp_path: Path) -> None:
    """A megabyte of a rejected payload, whose row is the last of its piece."""
    raw = bytes(range(256)) * 4096
    letter = DeadLetter(id="1", received_at=DAY, source="here", store_id="s1", reason="wrong_type", detail="", raw=raw)
    with make_database() as url:
        with Writer(url) as writer:
            writer.write(Flush(advance=step(None, 1), rejected=[letter, structs.replace(letter, id="2", received_at=DAY + 1)]))
        for form in FORMS:
            assert export(url, Wanted("rejected_readings", devices=True), tmp_path / form, form) == 2
    assert parquet.read_table(tmp_path / "parquet")["raw"].to_pylist() == [raw, raw]


def test_an_interrupted_export_leaves_what_was_there(url: str, tmp_path: Path) -> None:
    """The file of before, or none; and nothing half done beside it. Then it succeeds, in its place."""
    file = tmp_path / "visits.parquet"
    file.write_bytes(b"mine")

    def interrupt(_done: float) -> None:
        assert len(list(tmp_path.iterdir())) == 2  # it is being written, beside
        raise KeyboardInterrupt

    for form in FORMS:
        with pytest.raises(KeyboardInterrupt):
            export(url, Wanted("visits"), file, form, interrupt)
        assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"mine"]
    told_so_far: list[float] = []
    export(url, Wanted("visits"), file, "parquet", told_so_far.append)
    assert [one.name for one in tmp_path.iterdir()] == ["visits.parquet"]
    assert len(read_parquet(file)) == 1
    assert told_so_far[-1] == 1


def test_the_command_writes_and_shows(url: str, analyst: str, tmp_path: Path) -> None:
    """By the end of the file's name, or to standard output; it says how many rows; alone it shows what there is."""
    file = tmp_path / "visits.parquet"
    assert told(analyst, f"visits --out {file}")[1].splitlines()[-1] == f"1 rows of visits in {file}"
    assert told(analyst, f"visits --out {file} --overwrite")[0] == 0
    ended = CliRunner().invoke(main, ["export", "zones", "--out", "-", "--format", "csv", "--store", "in-tokyo", "--database-url", url])
    assert ended.stdout.splitlines()[1:] == ['in-tokyo,checkout,"",checkout,[],', 'in-tokyo,dairy-1,"",general,[],']
    shown = CliRunner().invoke(main, ["export", "--database-url", analyst], terminal_width=200).stdout
    assert "visits" in shown
    assert "entered_at" in shown
    assert "ingest_offsets" not in shown
