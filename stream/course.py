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
        *("_announced", "_candidate", "_end", "_judge", "_judgement", "_n_stays", "_n_touches", "_payments", "_since", "_span", "_tally"),
        "changes",
    )

    def __init__(self, catalog: Catalog, judge: Judge) -> None:
        self.changes: tuple[Change, ...] = ()
        self._judge = judge
        self._tally = Tally(catalog)
        self._span: Span | None = None
        """The visit as it was when it was counted last; of it, so many stays and touches are counted, and these payments.

        The zone of the stay that follows these is where the last move went.
        """
        self._n_stays = self._n_touches = 0
        self._payments: tuple[Payment, ...] = ()
        self._end = NEVER
        self._announced: Priority = "none"
        self._candidate: Priority = "none"
        self._since = NEVER
        self._judgement: Judgement | None = None

    def fits(self, span: Span, payments: tuple[Payment, ...]) -> bool:
        """Whether a visit is the one that was counted, and goes on."""
        counted, n, m = self._span, self._n_stays, self._n_touches
        touches = span.shelf_visits
        return counted is None or (
            (n == 0 or (len(span.stays) > n and span.stays[n].zone_id == counted.stays[n].zone_id))
            and span.stays[:n] == counted.stays[:n]
            and touches[:m] == counted.shelf_visits[:m]
            and (len(touches) == m or touches[m].ts > self._end)
            and self._paid(payments) == self._payments
        )

    def go_on(self, span: Span, payments: tuple[Payment, ...], *, is_over: bool) -> Judgement:
        """Count on, announce what there is to announce, and judge the visit: as it was at the last move, or as a whole when it is over."""
        stays = span.stays
        for place in range(self._n_stays, len(stays) - 1):
            self._end = stays[place].ended_at
            self._count(stays[place], span.shelf_visits, payments)
            self._judgement = None
            if self._judge.settings.changed_score:
                self._look(stays[place + 1].zone_id)
        self._span, self._n_stays = span, max(0, len(stays) - 1)
        return self._as_a_whole(span, payments) if is_over else self._at_the_last_move()

    def _count(self, stay: Stay, touches: tuple[ShelfVisit, ...], payments: tuple[Payment, ...]) -> None:
        """Count the next stay, and what was touched and paid until its end."""
        tally = self._tally
        if payments:
            paid = self._paid(payments)
            for payment in paid[len(self._payments) :]:
                tally.pay(payment)
            self._payments = paid
        tally.stay(stay)
        while self._n_touches < len(touches) and touches[self._n_touches].ts <= self._end:
            tally.touch(touches[self._n_touches])
            self._n_touches += 1

    def _as_a_whole(self, span: Span, payments: tuple[Payment, ...]) -> Judgement:
        """Judge all that there is, beside what is counted."""
        tally = self._tally.copy()
        for payment in payments[len(self._payments) :]:
            tally.pay(payment)
        for stay in span.stays[self._n_stays :]:
            tally.stay(stay)
        for touch in span.shelf_visits[self._n_touches :]:
            tally.touch(touch)
        return self._judge.judge(tally.facts())

    def _at_the_last_move(self) -> Judgement:
        """Judge what is counted, which an open visit is judged by until the next move."""
        if self._judgement is None:
            self._judgement = self._judge.judge(self._tally.facts())
        return self._judgement

    def _paid(self, payments: tuple[Payment, ...]) -> tuple[Payment, ...]:
        return tuple(payment for payment in payments if payment.ts <= self._end) if payments else ()

    def _look(self, zone_id: str) -> None:
        """Judge, and see whether a priority stands out, and for how long."""
        best, score = best_of(self._at_the_last_move().scores)
        settings = self._judge.settings
        if score < settings.changed_score:
            best = "none"
        if best != self._candidate:
            self._candidate, self._since = best, self._end
        lasted = self._end - self._since >= round(settings.hold_s * SECOND)
        if best not in {"none", self._announced} and lasted:
            self._announced = best
            self.changes = (*self.changes, Change(best, self._since, self._end, zone_id, score))
