"""The SQL of this folder: one statement a file, in `queries/` and `migrations/`."""

from functools import cache
from importlib import resources
from typing import NamedTuple


class Migration(NamedTuple):
    """One numbered file of `migrations/`: its name without `.sql`, and its bytes."""

    name: str
    script: bytes


@cache
def query(name: str) -> bytes:
    """Read `queries/NAME.sql`."""
    return (resources.files("storage") / "queries" / f"{name}.sql").read_bytes()


@cache
def migrations() -> tuple[Migration, ...]:
    """Read all migrations, in their order."""
    files = [file for file in (resources.files("storage") / "migrations").iterdir() if file.name.endswith(".sql")]
    return tuple(sorted(Migration(file.name.removesuffix(".sql"), file.read_bytes()) for file in files))
