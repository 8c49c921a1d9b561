"""Many stores in one stream, and stores without end."""

import gc
import threading
import time
import weakref
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from sensors.decode import decode
from sensors.layout import Layout, load
from sensors.reading import Reading
from sensors.urls import SettingError
from simulators.live import LIVE_WINDOW, ahead, live
from simulators.recordings.sources import open_source
from simulators.sensing.faults import Expected
from simulators.shop.floor import builtin, builtin_names
from simulators.shop.habits import MINUTE, Habits
from simulators.simulate import Day, simulate
from simulators.together import Files, copies, record, simulate_all, write_layouts
from simulators.truth.visits import read
from stream.rules import Rules
from tests.simulators.observer import millis
from tests.simulators.plans import CROWDED, SMALL, options_of, run, said

LONG_AFTER = 4_000_000_000_000_000
NOON = 1_795_000_000_000_000
"""Microseconds since 1970, both."""

FEW = structs.replace(CROWDED, shoppers=15)


def test_each_store_is_what_it_would_be_alone() -> None:
    """Its lines in their order; all are told in the order of arrival, so no store is far ahead of another."""
    wanted = options_of(habits=FEW, days=2)
    expected = Expected()
    together = [line for _, line in simulate_all(wanted, 3, expected)]
    alone = [run(structs.replace(wanted, layout=layout))[1] for layout in copies(SMALL, 3)]
    for lines, layout in zip(alone, copies(SMALL, 3), strict=True):
        assert [line for line in together if f'"store_id":"{layout.store_id}"'.encode() in line] == lines
    assert expected.stored == len(together) == sum(map(len, alone))
    assert len({tuple(sorted({one.device_id or "" for one in said(lines) if one.kind == "entry"})) for lines in alone}) == 3
    newest = 0
    for one in said(together):
        newest = max(newest, millis(one.ts))
        assert millis(one.ts) > newest - 16 * MINUTE  # a presence is told when it is over


def test_one_store_keeps_its_name() -> None:
    """Others are numbered."""
    assert copies(SMALL, 1) == [SMALL]
    assert [one.store_id for one in copies(SMALL, 2)] == ["small-0001", "small-0002"]


@pytest.mark.parametrize("layout", [SMALL, *map(builtin, builtin_names())], ids=lambda layout: layout.store_id)
def test_their_plans_are_written(layout: Layout, tmp_path: Path) -> None:
    """A file each, which reads as the plan that it was; written again they are the same."""
    plans, folder = copies(layout, 3), tmp_path / "plans"
    for _ in range(2):
        write_layouts(folder, plans)
    assert [load(file, Rules.of) for file in sorted(folder.iterdir())] == plans
    assert [file.name for file in sorted(folder.iterdir())] == [f"{plan.store_id}.json" for plan in plans]


def test_a_store_whose_name_is_a_path_stays_in_the_folder(tmp_path: Path) -> None:
    """Names are anybody's."""
    write_layouts(tmp_path / "plans", [structs.replace(SMALL, store_id="../out")])
    assert [file.relative_to(tmp_path) for file in tmp_path.rglob("*.json")] == [Path("plans") / "..%2Fout.json"]


@pytest.mark.parametrize("folder", ["file", "file/plans", "nowhere/plans"])
def test_plans_go_into_a_folder(folder: str, tmp_path: Path) -> None:
    """Or one sentence says why not."""
    (tmp_path / "file").touch()
    with pytest.raises(SettingError, match=f"--layouts .*{folder}: this folder cannot be made"):
        write_layouts(tmp_path / folder, [SMALL])


def test_they_are_written_to_files(tmp_path: Path) -> None:
    """Readings of all in one, and the truth of all; progress counts their days."""
    told: list[tuple[float, int]] = []
    files = Files(tmp_path / "r", tmp_path / "t")
    written = record(options_of(habits=FEW), files, lambda days, lines: told.append((days, lines)), stores=3)
    assert len(files.out.read_bytes().splitlines()) == written.lines == written.expected.stored
    truths = list(read(files.truth.open("rb")))
    assert {truth.store_id for truth in truths} == {"small-0001", "small-0002", "small-0003"}
    assert (len(truths), told[-1]) == (written.visits, (3, written.lines))


def test_a_name_of_a_recording_makes_one(tmp_path: Path) -> None:
    """The same bytes each time, of the same readings."""
    plain, *tapes = (Files(tmp_path / name, tmp_path / "t") for name in ("r.jsonl", "a.jsonl.zst", "b.jsonl.zst"))
    counts = {record(options_of(habits=FEW), files, stores=2).lines for files in (plain, *tapes)}
    payloads = [message.payload for message in open_source(tapes[0].out)]
    assert counts == {len(plain.out.read_bytes().splitlines())}
    assert _readings(payloads) == _readings(plain.out.read_bytes().splitlines())
    assert tapes[0].out.read_bytes() == tapes[1].out.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.jsonl.zst", "b.jsonl.zst", "r.jsonl", "t"]


def _readings(payloads: list[bytes]) -> list[Reading]:
    return [reading for one in payloads for reading in decode(one, topic=None, received_at=LONG_AFTER).readings]


def test_no_day_is_kept_while_its_lines_are_read() -> None:
    """Nor what it holds on to, its walks and its truth: of a thousand stores that would be much."""
    kept: list[weakref.ref[object]] = []

    def watch(day: Day) -> Day:
        kept.append(weakref.ref(day.due))
        return day

    lines = simulate_all(options_of(habits=FEW), 3, Expected(), watch)
    list(islice(lines, 100))
    gc.collect()
    assert len(kept) == 3
    assert [one() for one in kept] == [None] * 3


def test_live_stores_are_open_all_the_time() -> None:
    """All from the beginning, in order of time; they plan anew at different times."""
    lines = list(islice(live(SMALL, 1, NOON, Habits(shoppers=6), stores=4), 30_000))
    begins = {layout.store_id: 0 for layout in copies(SMALL, 4)}
    newest = 0
    for one in said(lines):
        newest = max(newest, millis(one.ts))
        begins[one.store_id] = begins[one.store_id] or millis(one.ts)
        assert millis(one.ts) > newest - 16 * MINUTE
    assert all(0 <= begun - NOON // 1000 < 2 * MINUTE for begun in begins.values())
    starts = {one.id.rsplit("-", 1)[0] for one in said(lines) if one.kind == "status"}
    assert newest - NOON // 1000 > LIVE_WINDOW // 4
    assert len({start for start in starts if start.startswith("gate-1")}) > 4


def test_sensors_of_live_stores_do_not_all_say_at_once_that_they_live() -> None:
    """A thousand gates that do so in the same millisecond are a thousand messages of which most come late."""
    lines = said(list(islice(live(SMALL, 1, NOON, Habits(shoppers=6), stores=60), 3_000)))
    beats = sorted(millis(one.ts) for one in lines if one.kind == "status" and one.sensor_id == "gate-1")
    assert len(beats) > 90
    assert min(later - earlier for earlier, later in pairwise(beats)) == 1000


@pytest.mark.parametrize("most", [1, 100, 20_000])
def test_what_is_made_ahead_is_what_is_made(most: int) -> None:
    """In its order, to its end."""
    with ahead((b"%d" % number for number in range(1234)), most) as lines:
        assert list(lines) == [b"%d" % number for number in range(1234)]


def test_no_more_is_made_ahead_than_is_wanted() -> None:
    """And nothing once nobody reads any more: the thread is gone."""
    made: list[int] = []

    def endless() -> Iterator[bytes]:
        while True:
            made.append(1)
            yield b"x"

    with ahead(endless(), 1000) as lines:
        assert next(lines) == b"x"
        assert any(thread.name == "ahead" for thread in threading.enumerate())
    assert len(made) <= 1000 + 200
    assert not any(thread.name == "ahead" for thread in threading.enumerate())


def test_what_is_being_planned_is_not_waited_for_at_the_end() -> None:
    """Ctrl-C while a thousand stores are planned ends it soon."""
    planned = threading.Event()

    def plan() -> Iterator[bytes]:
        planned.wait(60)
        yield b"x"

    began = time.monotonic()
    with ahead(plan(), stop=lambda: time.monotonic() > began + 0.3) as lines:
        assert list(lines) == []
    assert time.monotonic() - began < 30
    planned.set()


def test_what_goes_wrong_is_told_where_the_lines_are_read() -> None:
    """After those that were made before."""

    def broken() -> Iterator[bytes]:
        yield b"1"
        raise ValueError("no more")

    with ahead(broken()) as lines, pytest.raises(ValueError, match="no more"):
        list(lines)


def test_packed_walks_are_the_same() -> None:
    """Money, passages and acts included: the recording of a day told twice is one."""
    first, second = (list(next(iter(simulate(options_of(), Expected()))).lines) for _ in range(2))
    assert first == second
    assert sum(b'"kind":"payment"' in line for line in first) > 10
    assert msgspec.json.decode(next(line for line in first if b'"amount"' in line))["amount"].count(".") == 1
