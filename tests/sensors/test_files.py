"""Files that a command is told to write."""

import os
import stat
from pathlib import Path

import pytest

from sensors.files import check_apart, written_whole
from sensors.urls import SettingError


def test_a_file_is_whole_when_it_is_there(tmp_path: Path) -> None:
    """Until all is written, what was there before stands; then nothing else lies beside it."""
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"before")
    with written_whole(file) as sink:
        sink.write(b"now")
        assert file.read_bytes() == b"before"
    assert file.read_bytes() == b"now"
    assert list(tmp_path.iterdir()) == [file]


def test_what_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    """Neither half a file nor its beginnings under another name."""

    def broken_off() -> None:
        with written_whole(tmp_path / "rows.jsonl") as sink:
            sink.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_named_as_it_was_asked_for() -> None:
    """And not as the hidden file beside it."""
    with pytest.raises(OSError, match=r"^/proc/visits cannot be written: No such file or directory$"), written_whole(Path("/proc/visits")):
        pass


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What it leads to is written, there yet or not."""
    file, link = tmp_path / "rows.jsonl", tmp_path / "link"
    link.symlink_to(file)
    for said in (b"first", b"second"):
        with written_whole(link) as sink:
            sink.write(said)
        assert link.is_symlink()
        assert file.read_bytes() == said


def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    """What is no file is written as it comes, and no file takes its place: who is root would have no /dev/null any more."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with written_whole(pipe) as sink:
            sink.write(b"now")
        assert os.read(reader, 10) == b"now"
        assert stat.S_ISFIFO(pipe.stat().st_mode)
    finally:
        os.close(reader)


def test_two_names_of_one_file_are_refused(tmp_path: Path) -> None:
    """However it is spelt; a file that is not given, and a device, are nobody's."""
    check_apart({"--out": tmp_path / "a", "--truth": tmp_path / "b", "--signals": None, "--report": None})
    check_apart({"--out": Path(os.devnull), "--truth": Path(os.devnull)})
    (tmp_path / "link").symlink_to(tmp_path / "a")
    for other in (tmp_path / "a", tmp_path / "b" / ".." / "a", tmp_path / "link"):
        with pytest.raises(SettingError, match="--out and --truth are the same file"):
            check_apart({"--out": tmp_path / "a", "--truth": other})
    with pytest.raises(SettingError, match="--out and --layout are the same file"):
        check_apart({"--out": tmp_path / "a"}, {"--layout": tmp_path / "link"})
    check_apart({"--out": tmp_path / "b"}, {"--store": tmp_path / "a", "--people": tmp_path / "a"})
