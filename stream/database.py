"""The database as the worker asks it: in a thread of its own, and again and again while it is away."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue
from typing import Any, TypeVar

from storage.errors import DatabaseAway
from storage.reader import Reader
from storage.writer import Writer
from stream.saying import Outage

_RETRY_FIRST_S, _RETRY_LAST_S = 0.1, 5.0

AT_ONCE = 2
"""So many stores are read back at once."""

T = TypeVar("T")


class Database:
    """A writer and a reader, each with a connection of its own, for one call at a time.

    Args:
        url: the database.
    """

    def __init__(self, url: str) -> None:
        self._url = url
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

    def at_once(self, call: Callable[..., T], *asked: Sequence[Any]) -> list[T]:
        """Map a call over these, some at a time, each with a reader of its own: while the database works for one, another goes on.

        It is for the database's thread, and returns when all are done.
        """
        n_readers = min(AT_ONCE, len(asked[0]))
        if n_readers < 2:  # noqa: PLR2004 - one needs no company
            return [call(self.reader, *one) for one in zip(*asked, strict=True)]
        free = SimpleQueue[Reader]()

        def turn(*one: Any) -> T:
            reader = free.get()
            try:
                return call(reader, *one)
            finally:
                free.put(reader)

        with ExitStack() as stack, ThreadPoolExecutor(n_readers, thread_name_prefix="readers") as pool:
            for reader in [Reader(self._url) for _ in range(n_readers)]:
                stack.callback(reader.close)
                free.put(reader)
            return list(pool.map(turn, *asked))

    def close(self) -> None:
        """Let go of the connections, after the call that is under way."""
        self._thread.submit(self._disconnect)
        self._thread.shutdown(wait=False)

    def _disconnect(self) -> None:
        """Let go of both connections, for one outage ends both: the second would be found dead later, and be taken for another."""
        self.writer.close()
        self.reader.close()
