"""Something that goes on beside a test, in a thread, until its block ends."""

import threading
from abc import ABC, abstractmethod
from typing import Self


class Beside(ABC):
    """What goes on; `go_on` returns soon after `stop` was set."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._thread = threading.Thread(target=self.go_on, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join()

    @abstractmethod
    def go_on(self) -> None:
        """Do it, until told to stop."""
