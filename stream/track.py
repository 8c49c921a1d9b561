"""What a store keeps of a device, and what a look at all of them finds to be new. Pure."""

from typing import NamedTuple

import msgspec

from sensors.reading import Payment
from storage.model import Removed, Signal, Visit
from stream.course import Course
from stream.journey import Journey, Span, Tracked
from stream.payments import Slot


class Said(NamedTuple):
    """What was last said of a visit, and what it was made from."""

    span: Span | None
    """None: by another plan, so it has to be made again."""
    visit: Visit
    course: Course | None = None
    """How it was judged so far; forgotten once it is final."""
    twin: int = 0
    """Of its key, where there is no span."""

    @property
    def key(self) -> tuple[int, int]:
        """Which of its device's visits it is (`Span.key`)."""
        return (self.visit.entered_at, self.twin)


class Track:
    """A device as the store sees it: its journey, the readings that wait, and what was said of it."""

    __slots__ = ("alarm", "journey", "payments", "pending", "said", "spans")

    def __init__(self) -> None:
        self.journey = Journey()
        self.pending: list[Tracked] = []
        self.spans: tuple[Span, ...] = ()
        self.said: tuple[Said, ...] = ()
        self.payments: list[Slot] = []
        """Payments of this device, and those of its till's zone that it owns."""
        self.alarm = 0
        """When to look at it again though nothing comes; 0: never."""


class Changes(msgspec.Struct):
    """What a `take` found to be new: rows to write over those of the same id, ids to delete, payments with their visit or None."""

    visits: list[Visit] = []
    before: dict[str, Visit] = {}
    """Those of them that were told before, as they were, by id."""
    removed: list[Removed] = []
    payments: list[tuple[Payment, str | None]] = []
    signals: list[Signal] = []
    signals_gone: list[Signal] = []
