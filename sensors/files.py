"""Files that a command is told to read or to write: looked at before the work begins, and whole when they are there."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sensors.urls import SettingError


def check_target(option: str, file: Path) -> None:
    """Make sure that a file can be written where it shall be; `-` is standard output.

    Raises:
        SettingError: it is a folder, or lies in none.
    """
    if str(file) != "-" and (file.is_dir() or not file.parent.is_dir()):
        raise SettingError(f"{option} {file}: {'that is a folder' if file.is_dir() else f'there is no folder {file.parent}'}")


def check_source(file: Path, kind: str) -> None:
    """Make sure that there is a file to read.

    Args:
        file: where it shall be.
        kind: what it shall be, for the sentence that there is none.

    Raises:
        SettingError: nothing is there, or something that is no file.
    """
    if not file.is_file():
        there = "that is a folder" if file.is_dir() else "that is no file" if file.exists() else f"there is no such {kind}"
        raise SettingError(f"{file}: {there}")


def check_apart(written: Mapping[str, Path | None], read: Mapping[str, Path | None] | None = None) -> None:
    """Make sure that no two options name the same file, for what is written last would take the other's place; devices take all.

    Args:
        written: files that are written, by the names under which they are given, None where one is not.
        read: files that are read, which may be the same among themselves.

    Raises:
        SettingError: two do.
    """
    names: dict[Path, str] = {}
    for name, file in [*written.items(), *(read or {}).items()]:
        if file is None or _is_device(file):
            continue
        other = names.get(file.resolve())
        if other is not None:
            raise SettingError(f"{other} and {name} are the same file, {file}: give each its own")
        if name in written:
            names[file.resolve()] = name


@contextmanager
def written_whole(file: Path) -> Iterator[BinaryIO]:
    """Write a file under another name beside it, and give it its own when all is there: who looks finds all of it or what was there before.

    Args:
        file: the file, or a link to it; `-` is standard output, where nothing can be taken back, and nor it can on a device.

    Raises:
        OSError: it cannot be written.
    """
    if str(file) == "-":
        yield sys.stdout.buffer
        return
    if _is_device(file):
        with file.open("wb") as sink:
            yield sink
        return
    file = file.resolve()
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        sink = part.open("wb")
    except OSError as wrong:  # whose own words name a file that nobody asked for
        raise OSError(f"{file} cannot be written: {wrong.strerror}") from wrong
    try:
        with sink:
            yield sink
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _is_device(file: Path) -> bool:
    """Whether something is there that takes what is written and is no file: a device, a pipe."""
    return file.exists() and not file.is_file()
