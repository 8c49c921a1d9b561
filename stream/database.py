"""The database as the worker asks it: in a thread of its own, and again and again while it is away."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from storage.errors import DatabaseAway
from storage.reader import Reader
from storage.writer import Writer
from stream.saying import Outage

_RETRY_FIRST_S, _RETRY_LAST_S = 0.1, 5.0

T = TypeVar("T")


class Database:
    """A writer and a reader, each with a connection of its own, for one call at a time.

    Args:
        url: the database.
    """

    def __init__(self, url: str) -> None:
        self.writer = Writer(url)
        self.reader = Reader(url)
        self._outage = Outage()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")

    @property
    def answers(self) -> bool:
        """Whether it does what is asked of it."""
        return self._outage.answers

    async def ask(self, call: Callable[[], T]) -> T:
        """Run a call in the thread; try again while the database is away."""
        wait_s, asked, loop = _RETRY_FIRST_S, object(), asyncio.get_running_loop()
        try:
            while True:
                try:
                    result = await loop.run_in_executor(self._thread, call)
                except DatabaseAway as away:
                    self._outage.failed(asked, away)
                    await loop.run_in_executor(self._thread, self._disconnect)
                    await asyncio.sleep(wait_s)
                    wait_s = min(2 * wait_s, _RETRY_LAST_S)
                else:
                    self._outage.answered(asked)
                    return result
        finally:
            self._outage.given_up(asked)

    def close(self) -> None:
        """Let go of the connections, after the call that is under way."""
        self._thread.submit(self._disconnect)
        self._thread.shutdown(wait=False)

    def _disconnect(self) -> None:
        """Let go of both connections, for one outage ends both: the second would be found dead later, and be taken for another."""
        self.writer.close()
        self.reader.close()
