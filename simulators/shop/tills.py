"""Queues at the tills: each lane serves one shopper after the other, and who paid is always the one who is there longest.

A till does not know who pays. The rule that finds out (section 4.8 of the design) asks who has been in the till's zone longest, and sensors
see where somebody is only every few seconds. So that the question has one answer however the scans fall, lanes work like this:

- two shoppers join a lane at least `SPACING` apart, longer than a scan can lag: who came first is seen first;
- a shopper pays at least `SPACING` after the one before has left: who paid before is seen gone;
- who gives up leaves before the turn that would have been theirs, and so before the next payment by more than that;
- where a till fails, all who would pay later leave at that moment, and nobody is served until it works again.

The first lane is always open. The others are opened when they are needed, and closed when nobody has paid there for a while.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from simulators.shop.floor import Floor, Lane
from simulators.shop.habits import MIN_STAY, MINUTE, SECOND, Habits, chance, even, lognormal
from simulators.shop.scene import Scene, manner_of
from simulators.shop.walk import Line, Paid, Walk

SPACING = MIN_STAY
"""Milliseconds between two arrivals in a lane, and between a departure and the next payment."""

STEP_UP = 5 * SECOND
"""From joining an empty lane to being served: the belt must be loaded."""

CALLED = (60 * SECOND, 120 * SECOND)
"""Somebody is called to a closed lane, and serves there so much later."""


class Failure(NamedTuple):
    """A till that takes no payment from `start` to just before `end` (epoch ms)."""

    till: str
    start: int
    end: int


class Opening(NamedTuple):
    """A lane is open from `start` to just before `end` (epoch ms)."""

    start: int
    end: int


@dataclass(slots=True)
class Queue:
    """What a lane remembers: from when on somebody may join, when its till is free, when it was opened, when its till fails."""

    lane: Lane
    joinable: int = 0
    free: int = 0
    receipts: int = 0
    opened: list[Opening] = field(default_factory=list)
    failures: tuple[Failure, ...] = ()

    def is_open(self, at: int) -> bool:
        """Whether somebody serves there who was called to it."""
        return bool(self.opened) and at < self.opened[-1].end

    def call(self, at: int, length: int) -> None:
        """Call somebody, who serves there from then on, for so long at least."""
        self.free = max(self.free, at)
        self.opened.append(Opening(self.free, self.free + length))

    def keep_open(self, until: int) -> None:
        """If it was opened, it is closed no sooner than then."""
        if self.opened:
            start, end = self.opened[-1]
            self.opened[-1] = Opening(start, max(end, until))

    def joins_at(self, ready: int) -> int:
        """When somebody who is ready now may join."""
        return max(ready, self.joinable)

    def served_at(self, ready: int) -> int:
        """When the turn of somebody who is ready now would come, as far as one can see."""
        joins = self.joins_at(ready)
        back = max((failure.end for failure in self.failures if failure.start <= joins), default=0)
        return max(self.free, joins + STEP_UP, back + STEP_UP if back > joins else 0)

    def fails_at(self, joins: int, paid: int) -> int | None:
        """When the till fails on somebody who has joined, and would pay at a time; None: it does not."""
        return min((failure.start for failure in self.failures if joins < failure.start <= paid), default=None)


def queues_of(floor: Floor, failures: Iterable[Failure] = ()) -> list[Queue]:
    """One queue a lane, all empty. A lane fails as a whole: its tills serve one queue."""
    known = tuple(failures)
    return [Queue(lane, failures=tuple(one for one in known if one.till in lane.tills)) for lane in floor.lanes]


def forget(queues: Iterable[Queue], before: int) -> None:
    """What lanes were opened for and closed again before a time is over."""
    for queue in queues:
        queue.opened = [one for one in queue.opened if one.end > before]


def openings(queues: list[Queue], habits: Habits) -> dict[str, tuple[Opening, ...]]:
    """When the lanes are open that are not always so, by their zone."""
    return {queue.lane.zone_id: tuple(queue.opened) for queue in queues[1:]} if habits.till_opens_min else {}


def serve(scene: Scene, queues: list[Queue], buyers: Iterable[Walk], label: str) -> None:
    """Let everybody pay, in the order in which they are ready; whose till fails is ready once more.

    Args:
        scene: chance, the store, the figures.
        queues: its lanes.
        buyers: told until the tills; told further.
        label: what is part of the names of receipts.
    """
    ready = [(walk.now, number, walk) for number, walk in enumerate(buyers)]
    heapify(ready)
    while ready:
        _, number, walk = heappop(ready)
        if not _check_out(scene, queues, walk, label):
            heappush(ready, (walk.now, number, walk))


def _check_out(scene: Scene, queues: list[Queue], walk: Walk, label: str) -> bool:
    """Join the lane where the turn comes first, and pay there, or give up when the wait is too long.

    Returns:
        Whether that is the end of it. Else the till has failed meanwhile: they stand where they came from, and are ready for another lane.
    """
    rng, _, habits = scene
    ready, came_from = walk.now, walk.here
    queue = _choose(scene, queues, walk)
    joins, served = queue.joins_at(ready), queue.served_at(ready)
    walk.stay(came_from, joins - ready)
    queue.joinable = joins + SPACING
    patience = lognormal(rng, habits.hurried_min if chance(rng, habits.hurried) else habits.patience_min, MINUTE)
    if served - joins > max(patience, MIN_STAY) and not walk.scripted:
        walk.stay(queue.lane.zone_id, patience)
        return True
    paid = served + even(rng, habits.service_ms) + habits.item_ms * sum(walk.taken().values())
    fails = queue.fails_at(joins, paid)
    if fails is not None:
        walk.stay(queue.lane.zone_id, fails - joins)
        walk.stay(came_from, 0)
        return False
    walk.payments.append(_payment(scene, queue, walk, paid, label))
    free = paid + even(rng, habits.next_ms)
    queue.keep_open(paid + round(habits.till_closes_min * MINUTE))
    leaves = paid + even(rng, habits.packing_ms)
    queue.free = max(free, leaves + SPACING - habits.service_ms[0])
    walk.stay(queue.lane.zone_id, leaves - joins)
    return True


def _choose(scene: Scene, queues: list[Queue], walk: Walk) -> Queue:
    """The open lane where the turn comes first; where that would take too long, or none is open, one more is opened."""
    habits, ready = scene.habits, walk.now
    longest = round(habits.till_opens_min * MINUTE)
    allowed = [queue for queue in queues if walk.lane in {None, queue.lane.zone_id}]
    usable = [queue for queue in allowed if not longest or queue is queues[0] or queue.is_open(ready)]
    closed = [queue for queue in allowed if queue not in usable]
    if closed and all(queue.served_at(ready) - ready > longest for queue in usable):
        closed[0].call(ready + even(scene.rng, CALLED), round(habits.till_closes_min * MINUTE))
        usable.append(closed[0])
    return min(usable, key=lambda queue: queue.served_at(ready))


def _payment(scene: Scene, queue: Queue, walk: Walk, at: int, label: str) -> Paid:
    """The receipt: what was taken, or any amount in a store whose layout knows no products."""
    rng = scene.rng
    lines = tuple(Line(product, units, scene.floor.prices[product]) for product, units in walk.taken().items())
    total = sum((line.quantity * line.unit_price for line in lines), Decimal(0)) if lines else Decimal(even(rng, (199, 8999))) / 100
    queue.receipts += 1
    till = queue.lane.tills[queue.receipts % len(queue.lane.tills)]
    names_device = chance(rng, scene.habits.loyalty * manner_of(scene, walk).loyalty)
    return Paid(at, till, f"{till}-{label}-{queue.receipts:04d}", lines, total, names_device)
