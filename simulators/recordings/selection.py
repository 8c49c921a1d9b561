"""Choosing from a recording: of which stores, sensors, kinds and topics, and from when to when. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from paho.mqtt.client import topic_matches_sub

from sensors.reading import rfc3339, to_micros
from sensors.topics import place
from sensors.urls import SettingError
from simulators.recordings.messages import Message

NAMES = ("store", "sensor", "kind", "topic")

_SHOWN = 12
"""Names that a sentence lists."""

_REMEMBERED = 10_000


@dataclass(frozen=True)
class Selection:
    """What to take.

    Attributes:
        only: names and what they may be: `store`, `sensor`, `kind`, or filters of the `topic`; empty: all.
        since: from this arrival on, microseconds since 1970.
        until: up to before this one.
    """

    only: dict[str, frozenset[str]] = field(default_factory=dict)
    since: int | None = None
    until: int | None = None

    @classmethod
    def of(cls, only: Iterable[str], since: str | None = None, until: str | None = None) -> "Selection":
        """Read the options `--only`, `--from` and `--to`.

        Raises:
            SettingError: one of them cannot be read.
        """
        begin, end = (None if text is None else time_of_option(name, text) for name, text in (("--from", since), ("--to", until)))
        if begin is not None and end is not None and begin >= end:
            raise SettingError(f"--from {since} is not before --to {until}")
        return cls(_only(only), begin, end)


def time_of_option(option: str, text: str) -> int:
    """Read a time given to an option, in microseconds since 1970; one without offset is UTC.

    Raises:
        SettingError: it is none.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise SettingError(f"{option} {text} is no time; write 2026-11-22T09:00 (UTC) or 2026-11-22T09:00+01:00") from wrong
    return to_micros(at if at.tzinfo else at.replace(tzinfo=UTC))


class Seen:
    """What went by, for a sentence that says what there is.

    Attributes:
        taken: how many messages were chosen.
        passed: how many were not.
        fits: whether any message is of the stores, sensors, kinds and topics asked for, whenever it came.
        first: the earliest arrival of such a message.
        until: the latest one.
        last: the latest arrival of any message.
        names: of what there is; of very many not all.
        found: what was asked for and is there: name and value.
    """

    def __init__(self) -> None:
        self.taken = self.passed = 0
        self.fits = False
        self.found: set[tuple[str, str]] = set()
        self.first: int | None = None
        self.until: int | None = None
        self.last: int | None = None
        self.names: defaultdict[str, set[str]] = defaultdict(set)

    def note(self, parts: dict[str, str], at: int | None, wanted: Selection, *, fits: bool) -> None:
        """Remember a message."""
        for name, value in parts.items():
            if len(self.names[name]) < _REMEMBERED:
                self.names[name].add(value)
            for one in wanted.only.get(name, ()):
                if (name, one) not in self.found and _fits(name, one, value):
                    self.found.add((name, one))
        self.fits |= fits
        if at is not None:
            self.last = at if self.last is None else max(self.last, at)
        if at is not None and fits:
            self.first = at if self.first is None else min(self.first, at)
            self.until = at if self.until is None else max(self.until, at)

    def complaints(self, wanted: Selection) -> list[str]:
        """A sentence for each thing asked for that is not there."""
        missing = [(name, one) for name, values in wanted.only.items() for one in sorted(values) if (name, one) not in self.found]
        said = [f"there is no {name} `{one}`; there {_listed(self.names[name])}" for name, one in missing]
        if said or self.taken or not self.passed:
            return said
        if not self.fits:
            asked = " and ".join(f"{name} {' or '.join(f'`{one}`' for one in sorted(values))}" for name, values in wanted.only.items())
            return [f"no message is of {asked} together, though there are messages of each"]
        if self.first is None or self.until is None:
            return ["nothing of that has a time, so --from and --to leave nothing of it"]
        return [f"nothing of that is there at that time; it reaches from {rfc3339(self.first)} to {rfc3339(self.until)}"]


def select(messages: Iterable[Message], wanted: Selection, seen: Seen) -> Iterator[Message]:
    """Take the messages that are wanted.

    A message without a time belongs with the one before it.
    """
    before: int | None = None
    for message in messages:
        at = message.at if message.at is not None else message.last_ts
        before = at if at is not None else before
        parts = _parts(message) if wanted.only else {}
        fits = all(name in parts and any(_fits(name, value, parts[name]) for value in values) for name, values in wanted.only.items())
        seen.note(parts, at, wanted, fits=fits)
        if fits and _is_then(before, wanted):
            seen.taken += 1
            yield message
        else:
            seen.passed += 1


def _only(texts: Iterable[str]) -> dict[str, frozenset[str]]:
    """`store=a,b` and `kind=entry`, together in one text or in several."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for text in texts:
        name = ""
        for part in text.split(","):
            before, equals, value = part.rpartition("=") if "=" in part else ("", "", part)
            name = before.strip() if equals else name
            if name not in NAMES or not value.strip():
                raise SettingError(f"--only {text}: write NAME=VALUE, like store=s1,kind=entry,payment; the names are {', '.join(NAMES)}")
            found[name].add(value.strip())
    return {name: frozenset(values) for name, values in found.items()}


def _parts(message: Message) -> dict[str, str]:
    where = place(message.topic)
    parts = {} if where is None else {"store": where.store_id, "sensor": where.sensor_id, "kind": where.kind}
    return {**parts, "topic": message.topic}


def _is_then(at: int | None, wanted: Selection) -> bool:
    if wanted.since is not None and (at is None or at < wanted.since):
        return False
    return wanted.until is None or (at is not None and at < wanted.until)


def _fits(name: str, value: str, there: str) -> bool:
    return topic_matches_sub(value, there) if name == "topic" else value == there


def _listed(names: set[str]) -> str:
    if not names:
        return "is none at all"
    shown = ", ".join(sorted(names)[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{'is' if len(names) == 1 else 'are'} {shown}{more}"
