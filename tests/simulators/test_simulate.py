"""Whole simulations: the same bytes everywhere, fast, and with the defaults of the command."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from datetime import date
from itertools import islice, pairwise
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from sensors.decode import decode
from sensors.urls import SettingError
from simulators.live import LIVE_WINDOW
from simulators.live import live as live_lines
from simulators.sensing.faults import Expected, Faults
from simulators.sensing.sense import HEARTBEAT
from simulators.shop.floor import MIN_PRESENCE_GAP_S, builtin
from simulators.shop.habits import HOUR, MINUTE, SECOND, Habits
from simulators.shop.stock import SoldOut
from simulators.simulate import options, simulate
from simulators.together import Files, record
from simulators.truth.due import Due
from simulators.truth.reconcile import reconcile
from simulators.truth.visits import read
from stream.reconstruct import reconstruct
from tests.simulators.observer import millis
from tests.simulators.plans import BARE, CROWDED, FRIDAY, SMALL, options_of, run, said

GROCERY = builtin("grocery")
LATER = 4_000_000_000_000_000
STORMY = Faults(duplicates=0.05, disorder_s=40, malformed=0.01)

KNOWN = "6bae5767ad21"
"""Beginning of the digest of the small store's day with faults. It changes when the simulation does, and must not when the machine does."""

DIGEST = """
import hashlib
from tests.simulators.test_simulate import STORMY
from tests.simulators.plans import options_of, run
print(hashlib.sha256(b"\\n".join(run(options_of(faults=STORMY, seed=7))[1])).hexdigest())
"""


def digest(lines: list[bytes]) -> str:
    """A recording in short."""
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def test_the_same_seed_gives_the_same_bytes() -> None:
    """Recording and truth, with all faults."""
    assert run(options_of(faults=STORMY, seed=7)) == run(options_of(faults=STORMY, seed=7))


def test_the_same_seed_gives_the_same_bytes_in_another_process() -> None:
    """Whatever order its sets and dictionaries have, and in another time zone."""
    there = [
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone},
            cwd=Path(__file__).parents[2],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for hash_seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    ]
    assert there == [digest(run(options_of(faults=STORMY, seed=7))[1])] * 2


def test_the_same_seed_gives_the_same_bytes_on_this_machine_as_on_ours() -> None:
    """A known digest: nothing depends on the platform."""
    assert digest(run(options_of(faults=STORMY, seed=7))[1])[: len(KNOWN)] == KNOWN


def test_another_seed_gives_another_day() -> None:
    """Other people, other readings."""
    assert not set(run(options_of(seed=1))[1]) & set(run(options_of(seed=2))[1])


def test_faults_change_no_undisturbed_reading() -> None:
    """Their chance is their own: the same shoppers do the same."""
    assert set(run(options_of())[1]) <= set(run(options_of(faults=STORMY))[1])


def test_days_follow_each_other() -> None:
    """Two days and a closed one between: each has its visits, in order; devices come again."""
    truths, lines, _ = run(options_of(first_day=date(2026, 11, 21), days=3))
    days = sorted({one.entered_at[:10] for one in truths})
    assert days == ["2026-11-21", "2026-11-23"]
    assert [one.entered_at for one in truths] == sorted(one.entered_at for one in truths)
    times = [millis(one.ts) for one in said(lines)]
    assert all(b - a > -2000 for a, b in pairwise(times))
    saturday, monday = ({one.device_id for one in truths if one.entered_at.startswith(day)} for day in days)
    assert any(device.startswith("tag") for device in saturday & monday)


def test_a_first_day_does_not_depend_on_how_many_follow() -> None:
    """One day alone is the first of three."""
    one, three = (run(options_of(days=days)) for days in (1, 3))
    assert three[0][: len(one[0])] == one[0]
    assert three[1][: len(one[1])] == one[1]


def test_visits_over_midnight() -> None:
    """In a store that never closes, a day's recording goes on in the next: the engine finds who stays over midnight as they were."""
    layout = structs.replace(SMALL, opening_hours={})
    habits = structs.replace(CROWDED, shoppers=600, weekday_hours=(1.0,) * 24, weekend_hours=(1.0,) * 24)
    truths, lines, expected = run(options_of(layout, days=2, habits=habits))
    report = reconcile(truths, reconstruct((decode(line, topic=None, received_at=LATER) for line in lines), [layout]).visits)
    assert report.differences == []
    assert report.equal == report.expected == len(truths)
    midnight = "2026-11-20T23:00:00"
    assert sum(one.entered_at < midnight < one.left_at for one in truths) > 3
    ids = [one.id for one in said(lines)]
    assert len(set(ids)) == len(ids) == expected.stored
    times = [millis(one.ts) for one in said(lines)]
    assert all(b - a > -2000 for a, b in pairwise(times))


def test_lines_are_made_as_they_are_read() -> None:
    """A day is not kept in memory: its truths are there before its first line is made."""
    expected = Expected()
    day = next(simulate(options_of(), expected))
    assert day.truths
    assert expected.received == 0
    next(day.lines)
    assert expected.received == 1


def test_the_default_day_is_the_last_open_one() -> None:
    """On a Monday that is Saturday."""
    chosen = options(GROCERY, date(2026, 11, 23))
    assert (chosen.first_day, chosen.days, chosen.seed) == (date(2026, 11, 21), 2, 1)


def test_several_default_days_include_the_closed_ones_between_them() -> None:
    """Three open days before Tuesday begin on Friday."""
    chosen = options(GROCERY, date(2026, 11, 24), days=3)
    assert (chosen.first_day, chosen.days) == (FRIDAY, 4)


def test_so_many_open_days_from_a_day_on() -> None:
    """It is closed on Sundays: two open days from one on are the next Monday and Tuesday."""
    chosen = options(GROCERY, date(2026, 11, 24), first_day=date(2026, 3, 29), days=2, shoppers=50)
    assert (chosen.first_day, chosen.days, chosen.habits.shoppers) == (date(2026, 3, 29), 3, 50)
    assert [day.window.label for day in simulate(chosen, Expected())] == ["20260330-1", "20260331-1"]


@pytest.mark.parametrize(
    ("wrong", "sentence"), [({"days": 0}, "`days` must be 1 or more"), ({"shoppers": 0}, "`shoppers` must be 1 or more")]
)
def test_wrong_options_are_refused(wrong: dict[str, int], sentence: str) -> None:
    """With a sentence that says what is allowed."""
    with pytest.raises(SettingError, match=sentence):
        options(GROCERY, FRIDAY, days=wrong.get("days", 1), shoppers=wrong.get("shoppers"))


def test_faults_that_the_store_cannot_bear_are_refused_before_anything_is_made() -> None:
    """The store's own lateness counts."""
    layout = structs.replace(SMALL, rules={"lateness_s": 10})
    with pytest.raises(SettingError, match="`disorder` must be from 0 to 6 seconds"):
        run(options_of(layout, faults=Faults(disorder_s=7)))


def test_a_recording_and_its_truth_are_written_to_files(tmp_path: Path) -> None:
    """One reading a line, one visit a line, and the counts that must come out; progress is told."""
    told: list[tuple[float, int]] = []
    written = record(options_of(days=2), Files(tmp_path / "r.jsonl", tmp_path / "t.jsonl"), lambda days, lines: told.append((days, lines)))
    truths, lines, expected = run(options_of(days=2))
    assert (tmp_path / "r.jsonl").read_bytes() == b"".join(line + b"\n" for line in lines)
    assert list(read((tmp_path / "t.jsonl").open("rb"))) == truths
    assert (written.lines, written.visits, written.expected) == (len(lines), len(truths), expected)
    assert told[-1] == (2.0, len(lines))
    assert told == sorted(told)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_stops_it_finds_no_half_files(tmp_path: Path, number: signal.Signals) -> None:
    """Neither under their names nor under others: Ctrl-C and SIGTERM end it alike (also where tests run in a job that hears no Ctrl-C)."""
    hearing = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from instore import main; main()"
    command = [sys.executable, "-P", "-c", hearing, "simulate", "--days", "30", "--out", "r.jsonl", "--truth", "t.jsonl"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        end = time.monotonic() + 60
        while not any(file.stat().st_size for file in tmp_path.iterdir()):
            assert running.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
        running.send_signal(number)
        try:
            said = running.communicate(timeout=60)[1]
        finally:
            running.kill()
    assert running.returncode == 1
    assert b"Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_signals_and_what_was_sold_out_are_written_where_one_asks(tmp_path: Path) -> None:
    """One a line, as the days tell them."""
    wanted = options_of(days=2, habits=structs.replace(CROWDED, stock=3))
    files = Files(*(tmp_path / name for name in ("r.jsonl", "t.jsonl", "s.jsonl", "o.jsonl")))
    record(wanted, files)
    expected: tuple[list[object], list[object]] = [], []
    for day in simulate(wanted, Expected()):
        expected[0].extend(day.due())
        expected[1].extend(day.sold_out)
        list(day.lines)
    assert files.signals is not None
    assert files.sold_out is not None
    assert [msgspec.json.decode(line, type=Due) for line in files.signals.read_bytes().splitlines()] == expected[0]
    assert [msgspec.json.decode(line, type=SoldOut) for line in files.sold_out.read_bytes().splitlines()] == expected[1]
    assert min(len(told) for told in expected) > 5


def test_a_day_of_the_grocery_is_as_large_as_the_issue_asks_for() -> None:
    """At least 200,000 readings and around 1,500 visits, at 100,000 readings or more a second of one core."""
    began = time.process_time()
    truths, lines, _ = run(options(GROCERY, FRIDAY, first_day=FRIDAY))
    seconds = time.process_time() - began
    assert len(lines) >= 200_000
    assert 1_000 <= len(truths) <= 2_000
    assert len(lines) / seconds > 100_000


def test_a_live_store_begins_now_and_does_not_end() -> None:
    """Readings in order of arrival, from the first moment on, whatever the opening hours say."""
    start = 1_795_300_000_123_456
    ids: list[str] = []
    newest = 0
    devices = set()
    for one in said(list(islice(live_lines(SMALL, 1, start, Habits(shoppers=60)), 30_000))):
        newest = max(newest, millis(one.ts))
        assert millis(one.ts) >= start // 1000 > 0
        assert newest - millis(one.ts) < 2000
        ids.append(one.id)
        devices.add(one.device_id)
    assert len(set(ids)) == len(ids)
    assert newest - start // 1000 > HOUR
    assert len(devices) > 30


def test_a_live_store_goes_on_after_its_first_plan() -> None:
    """Planning is done some hours ahead; nobody who is inside where one plan ends is lost sight of, and sensors live on."""
    start, end = 1_795_300_012_345_678, 0
    heard: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    beats: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    habits = Habits(shoppers=60, own_tags=0.0, unseen=0.0, lingers=0.0)
    for one in said(live_lines(BARE, 1, start, habits, stores=16)):
        end = millis(one.ts)
        if one.device_id is not None and one.direction != "out":
            heard[one.store_id, one.device_id].append(end)
        if one.kind == "status":
            beats[one.store_id, one.sensor_id].append(end)
        if end > start // 1000 + LIVE_WINDOW * 5 // 32:
            break
    comes_again = 30 * MINUTE
    silences = [b - a for times in heard.values() for a, b in pairwise(sorted(times)) if b - a < comes_again]
    assert max(silences) < MIN_PRESENCE_GAP_S * SECOND
    assert [b - a for times in beats.values() for a, b in pairwise(sorted(times)) if b - a > HEARTBEAT] == []
    assert len(heard) > 100
