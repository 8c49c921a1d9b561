"""The queue on disk: order, bounds, and that whatever happens to a bridge or its disk, what was taken is there."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.lanes import Record
from sensors.spool import FILE, LOCK, Spool, SpoolRefused
from sensors.topics import READINGS, REJECTED
from sensors.urls import SettingError
from tests import needs

PLENTY = 1 << 30

APPENDING = """
import sys
from pathlib import Path
from sensors.lanes import Record
from sensors.spool import Spool
spool = Spool(Path(sys.argv[1]), 1 << 30)
while True:
    n = spool.last
    spool.append([Record("t", b"s1", b"%d" % number, 1, []) for number in range(n + 1, n + 2 + n % 50)])
    print(spool.last, flush=True)
"""


def records(*values: str, n_elements: int = 1) -> list[Record]:
    """Make records with these values."""
    return [Record(READINGS, b"s1", value.encode(), n_elements, []) for value in values]


def values(spool: Spool, after: int = 0) -> list[str]:
    """Read what is in the queue behind a number."""
    return [record.value.decode() for record in spool.read(after)]


@contextmanager
def opened(folder: Path, max_bytes: int = PLENTY) -> Iterator[Spool]:
    """Open a spool, and close it."""
    spool = Spool(folder, max_bytes)
    try:
        yield spool
    finally:
        spool.close()


def test_in_and_out(tmp_path: Path) -> None:
    """What went in comes out as it was, in order; what is forgotten is gone."""
    with opened(tmp_path) as spool:
        letter = Record(REJECTED, None, b"\x00\xff", 1, [])
        assert spool.append([*records("a", "b", n_elements=7), letter]) == 3
        assert [tuple(record) for record in spool.read(1)] == [(2, READINGS, b"s1", 7, b"b"), (3, REJECTED, None, 1, b"\x00\xff")]
        assert (spool.n_records, spool.n_elements, spool.last) == (3, 15, 3)
        spool.forget(2)
        assert [record.number for record in spool.read(0)] == [3]
        assert (spool.n_records, spool.n_elements) == (1, 1)


def test_found_again(tmp_path: Path) -> None:
    """A spool that was closed, or left by a process that died, is the same when it is opened again, and numbers go on."""
    with opened(tmp_path) as spool:
        spool.append(records("a", "b", "c", n_elements=2))
        spool.forget(1)
        before = (spool.n_records, spool.n_elements, spool.n_bytes, spool.last)
    with opened(tmp_path) as spool:
        assert (spool.n_records, spool.n_elements, spool.n_bytes, spool.last, spool.was_cut_off) == (*before, False)
        spool.append(records("d"))
        assert [(record.number, record.value) for record in spool.read(0)] == [(2, b"b"), (3, b"c"), (4, b"d")]


def test_nothing_on_disk_when_empty(tmp_path: Path) -> None:
    """Before the first record and after the last one there is the lock alone; and numbers go on all the same."""
    with opened(tmp_path) as spool:
        assert [path.name for path in tmp_path.iterdir()] == [LOCK]
        assert values(spool) == []
        spool.append(records("a", "b"))
        spool.forget(2)
        assert [path.name for path in tmp_path.iterdir()] == [LOCK]
        assert (spool.n_records, spool.n_elements, spool.n_bytes) == (0, 0, 0)
        spool.append(records("c"))
        assert [record.number for record in spool.read(2)] == [3]


@pytest.mark.parametrize("n_bytes", [60, 4000])
def test_bound_is_of_the_disk(tmp_path: Path, n_bytes: int) -> None:
    """It takes what fits and not more, the file is hardly larger than it says, and there is room again for as much as is forgotten."""
    many = records(*(f"{n:06d}-{n * 7919 % 1000003}-{'x' * n_bytes}" for n in range(20_000)))
    with opened(tmp_path, 400_000) as spool:
        n = spool.append(many)
        assert 0 < n < len(many)
        assert spool.append(many[n:]) == 0
        assert 380_000 < spool.n_bytes <= 400_000
        spool.forget(n // 2)
        assert n // 2 - 5 < spool.append(many[n:]) < n // 2 + 5
    assert (tmp_path / FILE).stat().st_size < 1.2 * 400_000


steps = st.lists(
    st.one_of(st.integers(1, 60).map(lambda n: ("append", n)), st.integers(1, 80).map(lambda n: ("forget", n)), st.just(("reopen", 0)))
)


@settings(max_examples=50, deadline=None)
@given(steps, st.sampled_from([PLENTY, 3000]))
def test_as_a_list_would(steps: list[tuple[str, int]], max_bytes: int) -> None:
    """Whatever is put in, forgotten, and opened again, in whichever order: what is in it is what a list would have."""
    with TemporaryDirectory() as folder:
        spool, model, n = Spool(Path(folder), max_bytes), list[tuple[int, str]](), 0
        for step, number in steps:
            if step == "append":
                taken = spool.append(records(*(str(n + i) for i in range(number))))
                assert taken == number or max_bytes < PLENTY
                model += [(spool.last - taken + 1 + i, str(n + i)) for i in range(taken)]
                n += taken
            elif step == "forget" and model:
                spool.forget(model[:number][-1][0])
                model = model[number:]
            elif step == "reopen":
                spool.close()
                spool = Spool(Path(folder), max_bytes)
            assert [(record.number, record.value.decode()) for record in spool.read(0)] == model
            assert (spool.n_records, spool.n_elements) == (len(model), len(model))
            assert spool.n_bytes <= max_bytes
        spool.close()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.floats(0, 1), st.booleans())
def test_cut_off_anywhere(sizes: list[int], where: float, is_zeroed: bool) -> None:
    """A kill or a power cut leaves SQLite's log cut off or zero from any byte on: what was taken before is there, whole."""
    with TemporaryDirectory() as folder, TemporaryDirectory() as other:
        there, wal = Path(folder), Path(folder) / f"{FILE}-wal"
        ends = []
        with opened(there) as spool:
            for n, size in enumerate(sizes):
                spool.append(records(*(f"{n}-{i}-{'x' * 200}" for i in range(size))))
                ends.append(wal.stat().st_size)
            for file in (FILE, wal.name):
                shutil.copy(there / file, other)
        whole = (Path(other) / wal.name).read_bytes()
        cut = int(where * len(whole))
        (Path(other) / wal.name).write_bytes(whole[:cut] + bytes(len(whole) - cut if is_zeroed else 0))
        n_kept = sum(end <= cut for end in ends)
        with opened(Path(other)) as spool:
            assert values(spool) == [f"{n}-{i}-{'x' * 200}" for n, size in enumerate(sizes[:n_kept]) for i in range(size)]
            spool.append(records("more"))
            assert values(spool)[-1] == "more"


def test_killed(tmp_path: Path) -> None:
    """Killed with -9 while it writes, again and again: all that it had said to be safe is there, without a gap."""
    for n in range(8):
        with subprocess.Popen([sys.executable, "-c", APPENDING, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            said = process.stdout.readline()
            time.sleep(0.03 * n)
            process.kill()
            said = [said, *process.stdout.readlines()][-1]
        with opened(tmp_path) as spool:
            assert spool.was_cut_off
            found = values(spool)
            assert found == [str(number) for number in range(1, spool.last + 1)]
            assert spool.last >= int(said) > n


def test_one_at_a_time(tmp_path: Path) -> None:
    """A folder belongs to one spool as long as it is open."""
    with opened(tmp_path), pytest.raises(SettingError, match="another bridge uses the spool folder"):
        Spool(tmp_path, PLENTY)
    Spool(tmp_path, PLENTY).close()


def test_no_folder(tmp_path: Path) -> None:
    """Where no folder can be made, the sentence says what to do; one that can be is made, for nobody else to read."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match=r"cannot be used: Not a directory\. Name another with --spool-dir"):
        Spool(tmp_path / "file" / "spool", PLENTY)
    Spool(tmp_path / "a" / "b", PLENTY).close()
    assert (tmp_path / "a" / "b").stat().st_mode & 0o077 == 0


def test_nobody_else_reads_it(tmp_path: Path) -> None:
    """Readings tell of people: the files are their owner's, whoever may look into the folder."""
    tmp_path.chmod(0o755)
    with opened(tmp_path) as spool:
        spool.append(records("a"))
        files = [file for file in tmp_path.iterdir() if file.name.startswith(FILE)]
        assert len(files) > 1
        assert all(file.stat().st_mode & 0o077 == 0 for file in files)


@pytest.mark.parametrize("at", [0, 4096, 12_000])
def test_damaged(tmp_path: Path, at: int) -> None:
    """A file that a disk has changed is not believed: the sentence says what to do, and nothing wrong goes to Kafka."""
    with opened(tmp_path) as spool:
        spool.append(records(*(json.dumps({"n": n, "x": "y" * 50}) for n in range(200))))
    with (tmp_path / FILE).open("r+b") as file:
        file.seek(at)
        file.write(bytes(range(1, 100)))
    right = [json.dumps({"n": n, "x": "y" * 50}) for n in range(200)]
    read: list[str] = []
    with pytest.raises(SettingError, match=r"is damaged .* move the file away"), opened(tmp_path) as spool:
        read.extend(record.value.decode() for record in spool.read(0))
    assert read == right[: len(read)]


def test_disk_full(tmp_path: Path) -> None:
    """A full disk refuses with a sentence, what was taken before stays; it can be forgotten, and then there is room again."""
    with needs.small_disk(tmp_path / "disk", 1 << 20) as disk, opened(disk) as spool:
        there: list[str] = []
        with pytest.raises(SpoolRefused, match="the disk is full"):
            fill(spool, there)
        for _ in range(3):
            with pytest.raises(SpoolRefused):
                spool.append(records(*(f"{n}-{n * 7919 % 1000003}" for n in range(20_000))))
        assert values(spool) == there
        spool.forget(len(there) // 2)
        assert values(spool, len(there) // 2) == there[len(there) // 2 :]
        spool.forget(len(there))
        assert spool.append(records("a")) == 1
        assert values(spool) == ["a"]


def fill(spool: Spool, there: list[str]) -> None:
    """Put records into a spool, ten at a time, until that fails."""
    while True:
        new = [f"{len(there) + n}-{'x' * 100}" for n in range(10)]
        spool.append(records(*new))
        there += new


def test_disk_full_from_the_start(tmp_path: Path) -> None:
    """Where not even an empty file fits, it is refused, and works when there is room."""
    with needs.small_disk(tmp_path / "disk", 64 << 10) as disk:
        (disk / "big").write_bytes(bytes(60 << 10))
        with opened(disk) as spool:
            for _ in range(2):
                with pytest.raises(SpoolRefused, match="the disk is full"):
                    spool.append(records("a"))
            (disk / "big").unlink()
            assert spool.append(records("a")) == 1
            assert values(spool) == ["a"]
