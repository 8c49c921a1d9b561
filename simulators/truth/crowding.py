"""When there are too many people in a zone, or waiting at its tills: their number over time, and what was so for long enough. Pure."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import ceil, floor
from typing import NamedTuple

from sensors.layout import Layout
from storage.model import SignalKind

EVER = 1 << 62
"""Milliseconds: after all that happens."""

DEFAULTS = {
    "zone_congested_people": 0.0,
    "zone_congested_share": 0.9,
    "zone_cleared_share": 0.7,
    "zone_congested_for_s": 30.0,
    "queue_long_people": 0.0,
    "queue_long_wait_s": 300.0,
    "queue_cleared_share": 0.6,
    "queue_service_s": 45.0,
    "queue_till_open_s": 300.0,
    "queue_long_for_s": 20.0,
}
"""As `docs/signals.md` has them; written down here again on purpose."""


class Limit(NamedTuple):
    """What is too much in a zone, and what is little again; both must last for `lasting` milliseconds.

    Attributes:
        raised: the signal of too much.
        cleared: the signal of little again; None: there is none.
        people: so many are too many, and so many few; (0, 0): any number is fine.
        wait_s: so long a wait is too long, and so long a short one; (0, 0): any is fine.
        service_s: what each customer takes at a till.
        open_for: how long a till is open after a payment (ms).
        lasting: how long it has to last (ms).
    """

    raised: SignalKind
    cleared: SignalKind | None
    people: tuple[float, float]
    wait_s: tuple[float, float]
    service_s: float
    open_for: int
    lasting: int

    def is_much(self, people: int, tills: int) -> bool:
        """Whether so many people, with so many tills open, are too many or wait too long."""
        wait_s = people * self.service_s / max(1, tills)
        return 0 < self.people[0] <= people or 0 < self.wait_s[0] <= wait_s

    def is_little(self, people: int, tills: int) -> bool:
        """Whether they are few again, and wait for a short time only."""
        wait_s = people * self.service_s / max(1, tills)
        return (not self.people[0] or people <= self.people[1]) and (not self.wait_s[0] or wait_s <= self.wait_s[1])


class Span(NamedTuple):
    """Somebody is there from `start` to just before `end`."""

    start: int
    end: int


class Moment(NamedTuple):
    """From `since` on, until the next moment, so many people are there, and so many tills open."""

    since: int
    people: int
    tills: int


class Turn(NamedTuple):
    """It became too much (`raised`), or little again: when in truth, and when for those who see the most, and the least.

    Not `sure`: some who make no mistake find it in that time, others never, or several times; `at` is when the first ones do.
    """

    raised: bool
    at: int
    earliest: int
    latest: int
    sure: bool = True


def limits_of(layout: Layout) -> dict[str, list[Limit]]:
    """What is too much in each zone of a store where customers are counted."""
    found: dict[str, list[Limit]] = {}
    tills = {till.zone_id for till in layout.tills}
    for zone in layout.zones:
        if zone.type not in {"outside", "staff"}:
            people = _people(layout, zone.zone_id, zone.capacity or 0)
            queue = _queue(layout, zone.zone_id) if zone.type == "checkout" or zone.zone_id in tills else None
            found[zone.zone_id] = [limit for limit in (people, queue) if limit is not None]
    return found


def moments(people: Iterable[Span], tills: Iterable[Span]) -> list[Moment]:
    """How people who are there, and tills that are open, go up and down."""
    steps = [step for start, end in people if start < end for step in ((start, 1, 0), (end, -1, 0))]
    steps += [step for start, end in tills for step in ((start, 0, 1), (end, 0, -1))]
    found: list[Moment] = []
    n_people = n_tills = 0
    for (at, come, opened), following in pairwise([*sorted(steps), (EVER, 0, 0)]):
        n_people, n_tills = n_people + come, n_tills + opened
        if following[0] > at:
            found.append(Moment(at, n_people, n_tills))
    return found


def tills_of(paid: Iterable[tuple[str, int]], limit: Limit) -> list[Span]:
    """When each till is open, by what was paid there: from a payment on for a while, which the next one makes longer."""
    of_till: dict[str, list[int]] = {}
    for till, at in sorted(paid, key=lambda one: one[1]):
        of_till.setdefault(till, []).append(at)
    found = []
    for times in of_till.values():
        start = times[0]
        for at, following in pairwise([*times, EVER]):
            if following > at + limit.open_for:
                found.append(Span(start, at + limit.open_for + 1))
                start = following
    return found


def turns(limit: Limit, true: list[Moment], least: list[Moment], most: list[Moment]) -> Iterator[Turn]:
    """Follow a zone from too much to little and back, as whoever sees at each moment at least the least and at most the most may find it.

    At first all know the same. Of too much those who see the most can know before all others (of little again: the least). From that moment
    on it hangs on who is seen when, until all know the same again: either those who see the least know it too, then it has turned, for
    everybody. Or those who saw the most know the contrary, then it has turned for some, and back.
    """
    tellings = {"least": least, "most": most}
    so = {(much, name): _stretches(there, limit, much=much) for much in (True, False) for name, there in tellings.items()}
    truly = list(_alone(true, limit))
    much, known = True, -EVER
    while True:
        quick, slow = ("most", "least") if much else ("least", "most")
        first = _lasting(so[much, quick], limit, known)
        if first is None:
            return
        turned, back = _lasting(so[much, slow], limit, known), _lasting(so[not much, quick], limit, first)
        known = min((at for at in (turned, back) if at is not None), default=EVER)
        backs = _open(so[not much, slow], limit, not much, (first + limit.lasting, known))
        if backs or known != turned:
            yield from sorted([*_open(so[much, quick], limit, much, (first, known)), *backs], key=lambda turn: turn.at)
        if known == turned:
            yield Turn(much, next(at for raised, at in truly if raised == much and at >= first), first, known)
            much = not much


def _alone(there: list[Moment], limit: Limit) -> Iterator[tuple[bool, int]]:
    """What an observer finds: too much or little, and when."""
    so = {much: _stretches(there, limit, much=much) for much in (True, False)}
    much, at = True, _lasting(so[True], limit, -EVER)
    while at is not None:
        yield much, at
        much = not much
        at = _lasting(so[much], limit, at)


def _stretches(there: list[Moment], limit: Limit, *, much: bool) -> list[Span]:
    """When it is too much, or little, however shortly."""
    is_so = limit.is_much if much else limit.is_little
    found: list[Span] = []
    for moment, following in pairwise([*there, Moment(EVER, 0, 0)]):
        if is_so(moment.people, moment.tills):
            start = found.pop().start if found and found[-1].end == moment.since else moment.since
            found.append(Span(start, following.since))
    return found


def _lasting(stretches: list[Span], limit: Limit, after: int) -> int | None:
    """The first moment at which it has been so for long enough since `after`."""
    times = (max(start, after) + limit.lasting for start, end in stretches if max(start, after) + limit.lasting < end)
    return next(times, None)


def _open(stretches: list[Span], limit: Limit, much: bool, within: tuple[int, int]) -> list[Turn]:
    """When it may turn, in the time in which that hangs on who is seen when."""
    times = [(max(within[0], start + limit.lasting), min(within[1], end - 1)) for start, end in stretches]
    return [Turn(much, first, first, last, sure=False) for first, last in times if first <= last]


def _value(layout: Layout, name: str, zone: str) -> float:
    return float(layout.rules.get(f"{name}.{zone}", layout.rules.get(name, DEFAULTS[name])))


def _people(layout: Layout, zone: str, capacity: int) -> Limit | None:
    number = _value(layout, "zone_congested_people", zone)
    share, cleared = _value(layout, "zone_congested_share", zone), _value(layout, "zone_cleared_share", zone)
    high = number or ceil(share * capacity)
    low = floor(high * cleared / share) if number and share else floor(cleared * capacity)
    if high <= 0:
        return None
    lasting = round(_value(layout, "zone_congested_for_s", zone) * 1000)
    return Limit("zone_congested", "zone_cleared", (high, min(low, high - 1)), (0, 0), 0, 0, lasting)


def _queue(layout: Layout, zone: str) -> Limit | None:
    share = _value(layout, "queue_cleared_share", zone)
    people, wait_s = _value(layout, "queue_long_people", zone), _value(layout, "queue_long_wait_s", zone)
    if not people and not wait_s:
        return None
    return Limit(
        raised="queue_long",
        cleared=None,
        people=(people, min(people * share, people - 1)),
        wait_s=(wait_s, wait_s * share),
        service_s=_value(layout, "queue_service_s", zone),
        open_for=round(_value(layout, "queue_till_open_s", zone) * 1000),
        lasting=round(_value(layout, "queue_long_for_s", zone) * 1000),
    )
