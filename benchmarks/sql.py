"""The SQL of benchmarks: one statement a file, in `statements/`."""

from functools import cache
from importlib import resources


@cache
def statement(name: str) -> bytes:
    """Read `statements/NAME.sql`."""
    return (resources.files("benchmarks") / "statements" / f"{name}.sql").read_bytes()
