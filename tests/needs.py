"""What a test needs and not every machine has: it is skipped with a printed reason, or fails where all must run (in `.ci/run`)."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


def program(name: str, package: str) -> str:
    """Find a program on PATH, Debian's /usr/sbin included; `package` says what to install.

    Returns:
        Its full path.
    """
    found = shutil.which(name, path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")
    if found is None:
        missing(f"{name} is not installed (Debian: apt-get install {package})")
    assert found is not None
    return found


def missing(reason: str) -> None:
    """Skip the test with `reason`, or fail it where nothing may be missing."""
    if os.environ.get("INSTORE_CI") == "1":
        pytest.fail(f"nothing may be skipped here: {reason}")
    pytest.skip(reason)


@contextmanager
def small_disk(folder: Path, n_bytes: int) -> Iterator[Path]:
    """Mount a file system of this size at `folder`, in memory, which takes root; the test is skipped where it cannot be."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={n_bytes}", "tmpfs", folder], check=False, capture_output=True, text=True
    )
    if mounted.returncode:
        missing(f"a small file system cannot be mounted: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)  # a bridge may still stand in it


def fetched(name: str, tool: tuple[str, str], command: Callable[[str, Path], list[str]], what: str) -> Path:
    """Find a folder of the tests' cache, and have a program fetch it where it is not there yet.

    Args:
        name: the folder's.
        tool: the program, and the Debian package that it is in.
        command: gets the program and a folder, and returns what fetches into the folder `fetched` below that one.
        what: it is, and where it comes from, for people.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "instore-tests"
    if (found := cache / name).is_dir():
        return found
    path = program(*tool)
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as work:  # beside it, so that it becomes the cache whole or not at all
        fetch = command(path, Path(work))
        for left in (2, 1, 0):
            done = subprocess.run(fetch, check=False, capture_output=True, text=True, timeout=240)
            if done.returncode == 0:
                break
            if not left:
                missing(f"{what}: {(done.stdout + done.stderr)[-500:].strip()}")
        with suppress(OSError):  # another test run was faster
            (Path(work) / "fetched").rename(found)
    return found
