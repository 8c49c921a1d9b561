"""`storage.frames` on the fortnight of `tests.docs.market`: the cookbook's answers, tables with their types, the event log."""

from collections import Counter
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from msgspec import json

from storage import frames
from tests.docs import mining
from tests.docs.market import BERLIN, DAYS, IMPATIENT, WEEKEND
from tests.docs.test_cookbook import ANSWERS, Row, questions

pytestmark = pytest.mark.integration

SINCE, UNTIL = "2026-11-02", "2026-11-16"
"""The fortnight, as people write it: days of the store."""

IN = ("entrance", "dairy")
LOOK, TAKE = "view dairy-1", "pickup dairy-1"
PAY = ("checkout", "payment", "entrance")
WAYS = {
    (*IN, LOOK, TAKE, *PAY): len(DAYS),
    (*IN, "wine", "view wine-1", "pickup wine-1", "putback wine-1", "dairy", "entrance"): len(DAYS),
    ("entrance", "wine", "view wine-1", "pickup wine-1", "dairy", LOOK, TAKE, *PAY): len(WEEKEND),
    (*IN, TAKE, "checkout", "entrance"): len(IMPATIENT),
}
"""What the customers do, by how many visits: told by hand."""


def rows(frame: pd.DataFrame) -> list[Row]:
    """A frame in Python's own values."""
    return [tuple(None if pd.isna(value) else value for value in row) for row in frame.itertuples(index=False, name=None)]


@pytest.mark.parametrize("question", ANSWERS)
def test_an_analyst_pastes_a_question_of_the_cookbook(analyst_url: str, question: str) -> None:
    """As it stands, but for `instore.` and the device; names of days are the store's. No number has become one with a fraction."""
    query = questions()[question].replace("instore.", "").replace("device_id", "visitor")
    frame = frames.answer(analyst_url, query, store="s1", since=SINCE, until=UNTIL)
    assert rows(frame) == ANSWERS[question]
    assert not [kind for kind in frame.dtypes if str(kind).startswith("float")]


def test_tables_have_the_types_that_are_meant(analyst_url: str) -> None:
    """Money is decimal, times are the store's, whole numbers and truths can be missing."""
    visits = frames.read(analyst_url, "visits", since=SINCE, until=UNTIL)
    kinds = {name: str(kind) for name, kind in visits.dtypes.items()}
    expected = {
        "entered_at": "datetime64[us, Europe/Berlin]",
        "basket_total": "decimal128(20, 4)[pyarrow]",
        "n_readings": "Int32",
        "converted": "boolean",
        "duration_s": "float64",
        "visitor": "str",
    }
    assert {name: kinds[name] for name in expected} == expected
    assert visits["basket_total"].sum() == Decimal("2.50") * len(DAYS) + Decimal("12.50") * len(WEEKEND)
    assert visits["entered_at"].is_monotonic_increasing
    customers = visits[~visits["is_staff"] & ~visits["pass_by"]]
    assert customers["entered_at"].dt.hour.value_counts().to_dict() == {9: 30, 11: 4}


@pytest.mark.parametrize(("name", "column"), [("footfall_5m", "bucket"), ("zone_hour", "bucket"), ("accounting", "hour")])
def test_a_row_stands_in_one_stretch_of_time(market_url: str, name: str, column: str) -> None:
    """Whichever stretches there are: none is lost between two, and none is in both."""
    whole = frames.read(market_url, name)
    cuts = [None, "2026-11-03", "2026-11-03T10:00", "2026-11-08T11:05", "2026-11-15", None]
    parts = [frames.read(market_url, name, since=since, until=until) for since, until in pairwise(cuts)]
    assert min(map(len, parts)) > 0
    assert sum(map(len, parts)) == len(whole)
    assert whole[column].is_monotonic_increasing


def test_a_day_is_a_day_of_the_store(analyst_url: str) -> None:
    """From midnight to midnight there."""
    day = frames.read(analyst_url, "visits", since="2026-11-03", until="2026-11-04")
    assert {at.astimezone(BERLIN).date().isoformat() for at in day["entered_at"]} == {"2026-11-03"}
    assert len(day) == 4  # buyer, doubter, stranger, staff


def test_the_event_log_tells_what_customers_did(analyst_url: str) -> None:
    """In the order in which they did it: the ways told by hand, with and without pseudonyms; staff and passers-by are not in it."""
    events = frames.read(analyst_url, "events", since=SINCE, until=UNTIL)
    ways = Counter(events.groupby("case:concept:name", sort=False)["concept:name"].agg(tuple))
    assert ways == WAYS
    assert events["case:entered_at"].is_monotonic_increasing
    assert (events["amount"].dropna().sum(), events["case:store_id"].unique().tolist()) == (85, ["s1"])
    first = events.iloc[0]
    assert first["time:timestamp"] == datetime(2026, 11, 2, 9, tzinfo=BERLIN) == first["case:entered_at"]
    assert (first["duration_s"], first["case:converted"], first["case:basket_total"]) == (30, True, Decimal("2.50"))


def test_cases_are_visits(market_url: str) -> None:
    """By their ids, so that what a visit or a visitor has besides can be joined; with devices by those of the tables."""
    for devices in (False, True):
        visits = frames.read(market_url, "visits", devices=devices)
        customers = visits[~visits["is_staff"] & ~visits["pass_by"]]
        assert set(frames.read(market_url, "events", devices=devices)["case:concept:name"]) == set(customers["visit_id"])


def test_pm4py_counts_the_same(market_url: str) -> None:
    """What pm4py counted of this event log when `make mining` ran last: each way, each step from event to event, beginnings, ends."""
    ours = mining.counted(frames.read(market_url, "events"))
    theirs = json.decode(Path(mining.COUNTED).read_bytes(), type=mining.Counts)
    assert ours == theirs
    assert Counter(dict(theirs.variants)) == WAYS
    steps = Counter(step for way, visits in WAYS.items() for step in pairwise(way) for _ in range(visits))
    assert dict(theirs.steps) == steps
