"""A recording at another time, and again and again. Pure, but for the clock that is given."""

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import NamedTuple

from sensors.decode import MAX_AHEAD
from sensors.reading import SECOND
from simulators.recordings.messages import OLDEST, Message
from simulators.recordings.shift import shifted

_MILLI = SECOND // 1000


class Span(NamedTuple):
    """The stretch of time that messages take.

    Attributes:
        first: the earliest time of their readings, microseconds since 1970; None where none tells one.
        last: the latest one.
        length: microseconds from the first arrival to the last; of readings whose arrival nobody noted, between their own times.
    """

    first: int | None
    last: int | None
    length: int

    @property
    def period(self) -> int:
        """After how much time the next round begins, in whole seconds: it overlaps with nothing of this one."""
        longest = max(self.length, (self.last or 0) - (self.first or 0))
        return (longest // SECOND + 1) * SECOND


def span_of(messages: Iterable[Message], now: int) -> Span:
    """Look at all messages; times that nobody would believe are left out.

    Args:
        messages: to the end.
        now: microseconds since 1970.
    """
    first = last = begin = end = None
    for message in messages:
        at = message.due if message.due is not None else message.last_ts
        if at is not None and OLDEST <= at <= now + MAX_AHEAD:
            begin = at if begin is None else begin
            end = at if end is None else max(end, at)
        for ts in (message.first_ts, message.last_ts):
            if ts is not None and OLDEST <= ts <= (now if message.at is None else message.at) + MAX_AHEAD:
                first = ts if first is None else min(first, ts)
                last = ts if last is None else max(last, ts)
    return Span(first, last, 0 if begin is None or end is None else end - begin)


def shift_to(target: int, span: Span) -> int:
    """By how much to shift so that the first reading is at a time; whole milliseconds, as sensors write them."""
    return 0 if span.first is None else (target - span.first) // _MILLI * _MILLI


def shift_to_now(now: int, span: Span, speed: float | None) -> int:
    """By how much to shift so that the first reading is of now.

    Played faster than it happened, it begins so much earlier that its end is of the moment when that is published.
    """
    lasts = 0 if speed is None else round(span.length / speed)
    long = (span.last or 0) - (span.first or 0)
    return shift_to(now - max(0, long - lasts), span)


def rounds(
    messages: Callable[[], Iterator[Message]], span: Span, shift: int, speed: float | None, clock: Callable[[], float]
) -> Iterator[Message]:
    """The messages again and again, each round later by the time that one takes, with ids of its own.

    It ends before a round that would be of the future: played faster than it happened, time runs out. Where no reading tells a time, it
    has no end.

    Args:
        messages: reads them from the beginning.
        span: of them.
        shift: of the first round, microseconds.
        speed: recorded seconds a second; None: any.
        clock: the time now, in seconds since 1970.
    """
    lasts = 0 if speed is None else span.length / speed
    for number in count():
        by = shift + number * span.period
        if number and span.last is not None and span.last + by > clock() * SECOND + lasts + MAX_AHEAD:
            return
        for message in messages():
            yield shifted(message, by)
