"""How a visit is judged: whenever the shopper moves on to another zone, by what was until then; and as a whole when it is over. Pure.

A live visit is said again with every flush, so its course is remembered: what is counted up to the last move, how that was judged, and
what was announced until then. It is counted on from there where it only became longer, and from its beginning where it came out
otherwise. So it is a function of the visit alone.
"""

from typing import NamedTuple

from sensors.reading import SECOND, Payment
from storage.model import Priority, ShelfVisit, Stay
from stream.facts import Catalog, Tally
from stream.journey import NEVER, Span
from stream.priority import Judge, Judgement, best_of


class Change(NamedTuple):
    """A priority that has stood out for long enough, and was not the last one announced.

    Attributes:
        priority: it.
        since: when it began to stand out.
        at: when that was long enough: the shopper moved on to another zone.
        zone_id: where the shopper moved on to.
        score: its score at that moment.
    """

    priority: Priority
    since: int
    at: int
    zone_id: str
    score: float


class Course:
    """A visit as far as it is counted.

    Args:
        catalog: the store.
        judge: who judges it.
    """

    __slots__ = (
        "_announced",
        "_candidate",
        "_end",
        "_judge",
        "_judgement",
        "_payments",
        "_settings",
        "_since",
        "_stays",
        "_tally",
        "_touches",
        "changes",
    )

    def __init__(self, catalog: Catalog, judge: Judge) -> None:
        self.changes: list[Change] = []
        self._judge, self._settings = judge, judge.settings
        self._tally = Tally(catalog)
        self._stays: tuple[Stay, ...] = ()
        self._touches: tuple[ShelfVisit, ...] = ()
        self._payments: tuple[Payment, ...] = ()
        self._end = NEVER
        self._announced: Priority = "none"
        self._candidate: Priority = "none"
        self._since = NEVER
        self._judgement: Judgement | None = None

    def fits(self, span: Span, payments: tuple[Payment, ...]) -> bool:
        """Whether a visit is the one that was counted, and goes on."""
        n, m = len(self._stays), len(self._touches)
        touches = span.shelf_visits
        return (
            (n == 0 or len(span.stays) > n)
            and span.stays[:n] == self._stays
            and touches[:m] == self._touches
            and (len(touches) == m or touches[m].ts > self._end)
            and self._paid(payments) == self._payments
        )

    def go_on(self, span: Span, payments: tuple[Payment, ...], *, is_over: bool) -> Judgement:
        """Count on, announce what there is to announce, and judge the visit: as it was at the last move, or as a whole when it is over."""
        for stay, following in zip(span.stays[len(self._stays) : -1], span.stays[len(self._stays) + 1 :], strict=True):
            self._end = stay.ended_at
            paid, n_touches = self._paid(payments), self._n_touches(span)
            self._count(self._tally, (stay,), span.shelf_visits[:n_touches], paid)
            self._stays, self._touches, self._payments = (*self._stays, stay), span.shelf_visits[:n_touches], paid
            self._judgement = None
            if self._settings.changed_score:
                self._look(following.zone_id)
        if not is_over:
            return self._at_the_last_move()
        tally = self._tally.copy()
        self._count(tally, span.stays[len(self._stays) :], span.shelf_visits, payments)
        return self._judge.judge(tally.facts())

    def _at_the_last_move(self) -> Judgement:
        """Judge what is counted, which an open visit is judged by until the next move."""
        if self._judgement is None:
            self._judgement = self._judge.judge(self._tally.facts())
        return self._judgement

    def _paid(self, payments: tuple[Payment, ...]) -> tuple[Payment, ...]:
        return tuple(payment for payment in payments if payment.ts <= self._end)

    def _n_touches(self, span: Span) -> int:
        n = len(self._touches)
        while n < len(span.shelf_visits) and span.shelf_visits[n].ts <= self._end:
            n += 1
        return n

    def _count(self, tally: Tally, stays: tuple[Stay, ...], touches: tuple[ShelfVisit, ...], payments: tuple[Payment, ...]) -> None:
        """Count these stays, and of touches and payments those that are not counted yet."""
        for payment in payments[len(self._payments) :]:
            tally.pay(payment)
        for stay in stays:
            tally.stay(stay)
        for touch in touches[len(self._touches) :]:
            tally.touch(touch)

    def _look(self, zone_id: str) -> None:
        """Judge, and see whether a priority stands out, and for how long."""
        best, score = best_of(self._at_the_last_move().scores)
        if score < self._settings.changed_score:
            best = "none"
        if best != self._candidate:
            self._candidate, self._since = best, self._end
        lasted = self._end - self._since >= round(self._settings.hold_s * SECOND)
        if best not in {"none", self._announced} and lasted:
            self._announced = best
            self.changes.append(Change(best, self._since, self._end, zone_id, score))
