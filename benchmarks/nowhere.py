"""The worker with a database that keeps nothing: Kafka, Faust, the engine and the visits on Kafka are those of `instore worker`.

    python -m benchmarks.nowhere kafka://... DATA_DIR STORES

It shows what the database costs, and is good for nothing else.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.chain import layouts_of
from sensors import logs
from sensors.endpoint import Listen, seen
from sensors.layout import Layout
from sensors.topics import READINGS, REJECTED
from sensors.urls import kafka_servers
from simulators.shop.floor import builtin
from storage.model import Advance, Clock, Flush
from stream.app import Shell, serve
from stream.kafka import topic_lives

NO_DATABASE = "postgresql://127.0.0.1:1/none"


class Nowhere:
    """Stands where the worker has its writer and its reader: takes all, and knows nothing but the plans of stores."""

    def __init__(self, layouts: list[Layout]) -> None:
        self._layouts = {layout.store_id: layout for layout in layouts}

    def write(self, *_flushes: Flush) -> datetime:
        """Have written them."""
        return datetime.now(UTC)

    def holds(self, _advance: Advance, _at: datetime) -> bool:
        """Nobody else writes."""
        return True

    def existing_ids(self, late: dict[str, list[tuple[str, int]]]) -> dict[str, set[str]]:
        """Late readings, of which there are few, pass for known: their visits cannot be told anew without what was stored."""
        return {store_id: {reading_id for reading_id, _ in keys} for store_id, keys in late.items()}

    def offsets(self, _topic: str) -> dict[int, object]:
        """No partition was read before."""
        return {}

    def clocks(self, _topic: str, _number: int) -> list[Clock]:
        """No store is known."""
        return []

    def clock(self, _store_id: str) -> None:
        """This one neither."""

    def kept_since(self) -> int:
        """All would be kept."""
        return 0

    def layout(self, store_id: str) -> Layout | None:
        """The plan of a store."""
        return self._layouts.get(store_id)

    def layout_versions(self) -> dict[str, int]:
        """Each is the first."""
        return dict.fromkeys(self._layouts, 1)

    def next_rebuild(self, _store_ids: list[str]) -> None:
        """Nobody asks for one."""

    def close(self) -> None:
        """Nothing is open."""


async def _work(servers: list[str], lives: dict[str, str], data_dir: Path, layouts: list[Layout]) -> None:
    shell = Shell(servers, NO_DATABASE, lives)
    shell.worker._database.writer = shell.worker._database.reader = Nowhere(layouts)  # type: ignore[assignment]  # noqa: SLF001 - the worker has no such option, and needs none
    with seen(Listen(0, data_dir), "worker", shell.metrics):
        await serve(shell)


def main() -> None:
    """Work until SIGTERM."""
    logs.configure("text", verbose=False)
    kafka, data_dir, stores = sys.argv[1:]
    servers = kafka_servers(kafka)
    lives = topic_lives(servers, (READINGS, REJECTED))
    asyncio.run(_work(servers, lives, Path(data_dir), layouts_of(builtin("grocery"), int(stores))))


if __name__ == "__main__":
    main()
