"""How many people are in a zone, and when that is too many: one zone on one day. Pure.

A day's cell holds when people came and until when they count as present (`signal_kinds.presences`), and when its tills took money. From
these alone it follows how many were there at each moment, and what that means: each `Watch` says whether that is `high`, `low` or between.
What has been high all the time from `since` on is raised at `since + lasting`, and what has been low for as long, cleared.

A day is swept once: marks on the way hold all that there is to know of its beginning, and what changes is swept again from the last mark
before the change. A flush costs what happened since the last one.
"""

from bisect import bisect_left, bisect_right, insort
from typing import Literal, NamedTuple

MARK_EVERY = 64
"""Moments between two marks."""

END = 1 << 62
"""Later than every moment."""


_UNKNOWN: tuple[int, ...] = ()

_ANY_NUMBER = 1 << 40
"""More people than there are."""


class Watch(NamedTuple):
    """What is watched in a zone.

    Attributes:
        kind: `people`, or `queue`, where open tills count as well.
        high: so many people are too many; 0: any number is fine.
        low: so many are few again.
        high_wait: so long an expected wait is too long, in microseconds; 0: any is fine.
        low_wait: so long a wait is short again.
        service: what one customer takes at a till.
        lasting: how long either has to last.
    """

    kind: Literal["people", "queue"]
    high: float
    low: float
    high_wait: float
    low_wait: float
    service: int
    lasting: int

    def wait(self, people: int, tills: int) -> float:
        """Estimate how long the last in the queue waits, in microseconds; without an open till as if there were one."""
        return people * self.service / max(1, tills)

    def level(self, people: int, tills: int) -> int:
        """Say whether it is too much (1), little (-1), or between (0)."""
        wait = self.wait(people, tills) if self.high_wait else 0.0
        if (self.high and people >= self.high) or (self.high_wait and wait >= self.high_wait):
            return 1
        return -1 if (not self.high or people <= self.low) and (not self.high_wait or wait <= self.low_wait) else 0


class Turn(NamedTuple):
    """A moment at which a watch was raised, or cleared."""

    watch: Watch
    raised: bool
    since: int
    at: int
    people: int
    tills: int


State = tuple[bool, int | None]
"""Of a watch: whether it is raised, and since when it has been in the way of becoming the other."""


class Band(NamedTuple):
    """Numbers of people, both ends included, that mean the same to each watch (`Watch.level`) while as many tills are open."""

    levels: tuple[int, ...]
    fewest: int
    most: int


class Mark(NamedTuple):
    """What is known after a moment."""

    ts: int
    states: tuple[State, ...]
    n_turns: int
    place: int


class Cell:
    """One zone on one day.

    Args:
        start: when the day begins.
        end: when the next one does.
        watches: what is watched.
        till_open: how long a till is open after a payment, in microseconds.
    """

    def __init__(self, start: int, end: int, watches: tuple[Watch, ...], till_open: int) -> None:
        self.start, self.end = start, end
        self.alarm = END
        self.turns: list[Turn] = []
        self.told: list[Turn] | None = None
        """The turns of which the signals were said last; None: whatever was said is from before."""
        self._watches = watches
        self._till_open = till_open
        self._present: dict[tuple[str, int], int] = {}
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._paid: dict[str, tuple[str, int]] = {}
        self._tills: dict[str, list[int]] = {}
        self._till_turns: list[int] = []
        self._bands: dict[int, list[Band]] = {}
        """What numbers of people mean to the watches, by the number of open tills."""
        self._marks = [Mark(start - 1, tuple((False, None) for _ in watches), 0, 0)]

    def put(self, device_id: str, start: int, until: int | None) -> None:
        """Count a device as present from one moment until another, or (None) not any more; saying it twice changes nothing."""
        key = (device_id, start)
        old = self._present.get(key)
        new = None if until is None or until <= max(start, self.start) else until
        if old == new:
            return
        came = max(start, self.start)
        if old is not None:
            del self._ends[bisect_left(self._ends, old)], self._present[key]
        if new is not None:
            insort(self._ends, new)
            self._present[key] = new
        if old is None:
            insort(self._starts, came)
        elif new is None:
            del self._starts[bisect_left(self._starts, came)]
        self._sweep_from(came if old is None or new is None else min(old, new))

    def put_all(self, there: dict[tuple[str, int], int]) -> None:
        """Count many devices, at least one, as present: by device and from when, until when, which is later. What is given is used up."""
        new = {known: until for known, until in there.items() if until > self.start} if min(there.values()) <= self.start else there
        for known in new.keys() & self._present.keys():
            self.put(*known, new.pop(known))
        if new:
            came = sorted([start for _, start in new])
            clamped = bisect_left(came, self.start)
            came[:clamped] = [self.start] * clamped
            self._present.update(new)
            self._starts = sorted([*self._starts, *came]) if self._starts else came
            self._ends = sorted([*self._ends, *new.values()])
            self._sweep_from(came[0])

    def pay(self, payment_id: str, till: str, ts: int) -> None:
        """Count a till as open after a payment; saying it twice changes nothing."""
        if payment_id in self._paid:
            return
        self._paid[payment_id] = (till, ts)
        insort(self._tills.setdefault(till, []), ts)
        insort(self._till_turns, ts)
        insort(self._till_turns, ts + self._till_open + 1)
        self._sweep_from(max(ts, self.start))

    def sweep(self, now: int) -> None:
        """Bring `turns` up to now, and `alarm` to the moment when there may be another."""
        ts, states, _, _ = self._marks[-1]
        limit = min(now, self.end - 1)
        starts, ends, tills = self._starts, self._ends, self._till_turns
        i, j, k = (bisect_right(times, ts) for times in (starts, ends, tills))
        start, end, till = _at(starts, i), _at(ends, j), _at(tills, k)
        due, levels, n_moments = self._next_due(states), _UNKNOWN, 0
        while (ts := min(start, end, till)) <= limit:
            if due < ts:
                states, levels = self._due(states, ts - 1), _UNKNOWN
            if start == ts:
                i = bisect_right(starts, ts, i)
                start = _at(starts, i)
            if end == ts:
                j = bisect_right(ends, ts, j)
                end = _at(ends, j)
            if till == ts:
                k = bisect_right(tills, ts, k)
                till = _at(tills, k)
            people = i - j
            now_levels, fewest, most = self._band(people, ts)
            if now_levels != levels:  # else no watch is on another way than a moment ago
                states, levels = self._level(states, ts, now_levels), now_levels
                due = self._next_due(states)
            n_moments += 1
            if n_moments % MARK_EVERY == 0:
                self._marks.append(Mark(ts, states, len(self.turns), i + j + k))
            turning = min(_at(starts, i + most - people), _at(ends, j + people - fewest), till)
            if turning > start and turning > end:  # whoever comes and goes until then changes nothing
                i, j = bisect_left(starts, turning, i), bisect_left(ends, turning, j)
                start, end = _at(starts, i), _at(ends, j)
        states = self._due(states, limit)
        self._mark(Mark(limit, states, len(self.turns), i + j + k))
        self.alarm = min(ts, self._next_due(states))

    def _mark(self, mark: Mark) -> None:
        """Remember where the sweep ended, in place of where it ended before if that is near."""
        if mark.ts < self._marks[-1].ts:
            return
        is_same = mark.ts == self._marks[-1].ts  # that one was made before what is due at this very moment
        if is_same or (len(self._marks) > 1 and mark.place - self._marks[-2].place < MARK_EVERY):
            self._marks[-1] = mark
        else:
            self._marks.append(mark)

    def _sweep_from(self, ts: int) -> None:
        """Forget what was found at this moment and after it."""
        while len(self._marks) > 1 and self._marks[-1].ts >= ts:
            self._marks.pop()
        del self.turns[self._marks[-1].n_turns :]

    def _open_tills(self, ts: int) -> int:
        """The number of tills that took money not long before."""
        return sum(1 for paid in self._tills.values() if _took_money(paid, ts - self._till_open, ts))

    def _next_due(self, states: tuple[State, ...]) -> int:
        """When the first of what is on its way will have lasted long enough."""
        due = END
        for watch, (_, since) in zip(self._watches, states, strict=True):
            if since is not None and since + watch.lasting < due:
                due = since + watch.lasting
        return due

    def _due(self, states: tuple[State, ...], until: int) -> tuple[State, ...]:
        """Raise and clear what has lasted long enough, up to and including a moment before which nothing changes."""
        if self._next_due(states) > until:
            return states
        found = list(states)
        for place, (watch, (raised, since)) in enumerate(zip(self._watches, states, strict=True)):
            if since is not None and since + watch.lasting <= until:
                at = since + watch.lasting
                people = bisect_right(self._starts, at) - bisect_right(self._ends, at)
                self.turns.append(Turn(watch, not raised, since, at, people, self._open_tills(at)))
                found[place] = (not raised, None)
        self.turns.sort(key=lambda turn: turn.at)
        return tuple(found)

    def _band(self, people: int, ts: int) -> Band:
        """What so many people mean to each watch at a moment, and how many fewer or more mean the same."""
        tills = self._open_tills(ts) if self._tills else 0
        bands = self._bands.setdefault(tills, [])
        for band in bands:
            if band.fewest <= people <= band.most:
                return band
        levels = self._levels(people, tills)
        band = Band(levels, people - self._reach(people, tills, -1), people + self._reach(people, tills, 1))
        bands.append(band)
        return band

    def _reach(self, people: int, tills: int, way: int) -> int:
        """How many more (`way` 1) or fewer (-1) people mean the same: more of them never mean less, so halving finds it."""
        levels, same, other = self._levels(people, tills), 0, _ANY_NUMBER
        while other - same > 1:
            middle = (same + other) // 2
            if self._levels(people + way * middle, tills) == levels:
                same = middle
            else:
                other = middle
        return same

    def _levels(self, people: int, tills: int) -> tuple[int, ...]:
        return tuple(watch.level(people, tills) for watch in self._watches)

    def _level(self, states: tuple[State, ...], ts: int, levels: tuple[int, ...]) -> tuple[State, ...]:
        """Look at the watches at a moment; who is no more in the way of becoming the other begins anew."""
        found = []
        for level, (raised, since) in zip(levels, states, strict=True):
            is_so = level == (-1 if raised else 1)
            found.append((raised, (ts if since is None else since) if is_so else None))
        return tuple(found)


def _at(times: list[int], place: int) -> int:
    return times[place] if place < len(times) else END


def _took_money(paid: list[int], first: int, last: int) -> bool:
    place = bisect_right(paid, last)
    return place > 0 and paid[place - 1] >= first
