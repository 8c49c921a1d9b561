"""Where running parts can be looked at: a file for each in the data folder, in the form of Prometheus' `file_sd_configs`.

So Prometheus finds them by `files: [DATA_DIR/metrics/*.json]`, and `instore doctor` by the same files.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

log = logging.getLogger("instore.metrics")

_FOLDER = "metrics"


class Target(NamedTuple):
    """A running part that can be looked at: `bridge` or `worker`, its process, and where it answers."""

    part: str
    pid: int
    url: str


class _Group(msgspec.Struct):
    """An entry of Prometheus' file: addresses and their labels."""

    targets: list[str]
    labels: dict[str, str]


@contextmanager
def told(data_dir: Path, part: str, address: str) -> Iterator[None]:
    """Write down where this process can be looked at until the block ends; a folder that cannot be written is no reason not to work."""
    file = data_dir / _FOLDER / f"{part}-{os.getpid()}.json"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _forget_dead(file.parent)
        unfinished = file.with_suffix(".new")
        unfinished.write_bytes(msgspec.json.encode([_Group([address], {"job": f"instore-{part}"})]))
        unfinished.replace(file)
    except OSError as wrong:
        log.warning("`instore doctor` will not find this %s: %s", part, wrong, extra={"action": "not_told"})
    try:
        yield
    finally:
        with suppress(OSError):
            file.unlink()


def running(data_dir: Path) -> list[Target]:
    """Find the parts that run and have written down in this folder where they can be looked at."""
    found = []
    for file in sorted((data_dir / _FOLDER).glob("*.json")):
        with suppress(OSError, msgspec.MsgspecError, ValueError, IndexError):  # it ended just now, or is somebody else's file
            [group] = msgspec.json.decode(file.read_bytes(), type=list[_Group])
            part, pid = _owner(file)
            if _is_alive(pid):
                found.append(Target(part, pid, f"http://{group.targets[0]}"))
    return found


def _forget_dead(folder: Path) -> None:
    """Take away what processes that were killed have left behind."""
    for file in folder.glob("*.json"):
        with suppress(OSError, ValueError):
            if not _is_alive(_owner(file)[1]):
                file.unlink()


def _owner(file: Path) -> tuple[str, int]:
    part, _, pid = file.stem.rpartition("-")
    return part, int(pid)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:  # another user's
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return pid > 0
