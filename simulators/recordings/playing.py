"""Playing a file: what of it, at which time, how fast, how often. What `instore replay` does."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from sensors.decode import MAX_AHEAD
from sensors.reading import SECOND, rfc3339
from sensors.recording import unread
from sensors.urls import SettingError
from simulators.recordings.messages import OLDEST, Message
from simulators.recordings.replay import Pace, Published, publish_messages, speed_of
from simulators.recordings.rounds import Span, rounds, shift_to, shift_to_now, span_of
from simulators.recordings.selection import Seen, Selection, select, time_of_option
from simulators.recordings.shift import shifted
from simulators.recordings.sources import Source
from stream.rules import Rules

_NOW = "now"
_PROGRESS_EVERY = 1_000

Advance = Callable[[float], None]


class Wanted(NamedTuple):
    """How to play.

    Attributes:
        selection: what of it.
        speed: recorded seconds a second; None: as fast as the broker takes it.
        shift_to: the time of the first reading, microseconds since 1970, or `now`; None: as recorded.
        loop: again and again.
        qos: what to publish with; None: as recorded.
        keep_retained: whether what was kept shall be kept again.
    """

    selection: Selection = Selection()
    speed: float | None = None
    shift_to: int | str | None = None
    loop: bool = False
    qos: int | None = 1
    keep_retained: bool = False

    @classmethod
    def of(  # noqa: PLR0913 - as many as the command has options
        cls,
        *,
        speed: str,
        shift_to: str | None,
        loop: bool,
        only: tuple[str, ...],
        since: str | None,
        until: str | None,
        qos: str,
        keep_retained: bool,
    ) -> "Wanted":
        """Read the options of the command.

        Raises:
            SettingError: one of them cannot be read.
        """
        begin = shift_to if shift_to is None or shift_to == _NOW else _beginning(shift_to)
        level = None if qos == "recorded" else int(qos)
        return cls(Selection.of(only, since, until), speed_of(speed), begin, loop, level, keep_retained)


def _beginning(text: str) -> int:
    """Read where the first reading shall be.

    Raises:
        SettingError: it is no time, or none at which a reading is believed.
    """
    begin = time_of_option("--shift-to", text)
    if not OLDEST <= begin <= time.time_ns() // 1000 + MAX_AHEAD:
        raise SettingError(f"--shift-to {text}: give a time from {rfc3339(OLDEST)} to now; readings of other times are refused")
    return begin


class Played(NamedTuple):
    """What was played.

    Attributes:
        published: what was published.
        source: the file, read.
        seen: what is in it.
        missing: a sentence for each thing asked for that is not there, or will not be believed.
        shift: by how much all times of the first round were moved, microseconds.
        is_timed: whether messages had a time at which they were due.
    """

    published: Published
    source: Source
    seen: Seen
    missing: list[str]
    shift: int
    is_timed: bool

    def told(self, path: Path) -> Iterator[str]:
        """Sentences for people."""
        done = self.published
        unasked = done.messages - done.acknowledged - done.unacknowledged
        nobody_knows = f"; {unasked} went with QoS 0, and nobody says whether they arrived" if unasked else ""
        yield f"{done.readings} readings published in {done.messages} messages, {done.acknowledged} acknowledged{nobody_knows}"
        if self.is_timed and done.lateness.count:
            yield str(done.lateness)
        if self.shift:
            yield f"all times were moved by {self.shift / SECOND:+.3f} s"
        read = f"{self.seen.taken + self.seen.passed} messages"
        yield from unread(path, self.source.cut, read, self.seen.last, self.source.unreadable)
        yield from self.missing


def play(  # noqa: PLR0913 - four of them are how it is watched and stopped
    source: Source,
    url: str,
    wanted: Wanted,
    *,
    rules: Callable[[str], Rules] = lambda _store: Rules(),
    advance: Advance = lambda _done: None,
    stop: Callable[[], bool] = lambda: False,
) -> Played:
    """Publish what is wanted of a file.

    Args:
        source: the file.
        url: of the broker.
        wanted: how to play.
        rules: those of a store, which say how long its last visits need to become final.
        advance: told how much of the file has been read.
        stop: asked often whether to stop.

    Raises:
        SettingError: the URL is wrong, there is nothing of what is wanted, or a table has a cell that cannot be read.
        BrokerAway: the broker cannot be reached at the start.
    """
    shift, span, seen = 0, None, Seen()
    if wanted.loop or wanted.shift_to is not None:
        before = Seen()
        now = time.time_ns() // 1000
        span = span_of(_watched(select(source, wanted.selection, before), source, advance, stop), now)
        _refuse_nothing(source, before, wanted)
        shift = _shift(wanted, span, now)

    def chosen() -> Iterator[Message]:
        return select(source, wanted.selection, seen)

    if wanted.loop and span is not None:
        messages = rounds(chosen, span, shift, wanted.speed, time.time)
    else:
        messages = (shifted(message, shift) for message in chosen())
    pace = Pace(speed=wanted.speed, rules=rules, qos=wanted.qos, keep_retained=wanted.keep_retained)
    published = publish_messages(messages, url, pace, progress=lambda _readings, _bytes: advance(source.done), stop=stop)
    if not published.stopped:
        _refuse_nothing(source, seen, wanted)
    missing = [] if published.stopped else seen.complaints(wanted.selection)
    if span is not None and (last := (span.last or 0) + shift) > time.time_ns() // 1000 + MAX_AHEAD:
        missing.append(f"some readings are ahead of the clock, up to {rfc3339(last)}, and a bridge refuses those: move all further back")
    return Played(published, source, seen, missing, shift, wanted.speed is not None)


def _watched(messages: Iterator[Message], source: Source, advance: Advance, stop: Callable[[], bool]) -> Iterator[Message]:
    """Look through a file before it is played."""
    for number, message in enumerate(messages):
        yield message
        if number % _PROGRESS_EVERY == 0:
            advance(source.done)
            if stop():
                return


def _shift(wanted: Wanted, span: Span, now: int) -> int:
    if wanted.shift_to is None:
        return 0
    return shift_to_now(now, span, wanted.speed) if isinstance(wanted.shift_to, str) else shift_to(wanted.shift_to, span)


def _refuse_nothing(source: Source, seen: Seen, wanted: Wanted) -> None:
    """Nothing to publish is a mistake.

    Raises:
        SettingError: there is nothing; the sentence says what there is.
    """
    if not seen.taken:
        reasons = seen.complaints(wanted.selection) or [source.cut or "there is no message in it"]
        raise SettingError(f"nothing to replay: {'; '.join(reasons)}")
