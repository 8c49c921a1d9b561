"""What a test needs and not every machine has: it is skipped with a printed reason, or fails where all must run (in `.ci/run`)."""

import os
import shutil

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
