"""Queues at the tills: each lane serves one shopper after the other, and who paid is always the one who is there longest.

A till does not know who pays. The rule that finds out (section 4.8 of the design) asks who has been in the till's zone longest, and sensors
see where somebody is only every few seconds. So that the question has one answer however the scans fall, lanes work like this:

- two shoppers join a lane at least `SPACING` apart, longer than a scan can lag: who came first is seen first;
- a shopper pays at least `SPACING` after the one before has left: who paid before is seen gone;
- who gives up leaves before the turn that would have been theirs, and so before the next payment by more than that.
"""

from dataclasses import dataclass
from decimal import Decimal

from simulators.floor import Floor, Lane
from simulators.habits import MIN_STAY, MINUTE, SECOND, chance, even, lognormal
from simulators.scene import Scene, manner_of
from simulators.walk import Line, Paid, Walk

SPACING = MIN_STAY
"""Milliseconds between two arrivals in a lane, and between a departure and the next payment."""

STEP_UP = 5 * SECOND
"""From joining an empty lane to being served: the belt must be loaded."""


@dataclass(slots=True)
class Queue:
    """What a lane remembers."""

    lane: Lane
    joinable: int = 0
    free: int = 0
    receipts: int = 0

    def joins_at(self, ready: int) -> int:
        """When somebody who is ready now may join."""
        return max(ready, self.joinable)

    def served_at(self, ready: int) -> int:
        """When the turn of somebody who is ready now would come."""
        return max(self.free, self.joins_at(ready) + STEP_UP)


def queues_of(floor: Floor) -> list[Queue]:
    """One queue a lane, all empty."""
    return [Queue(lane) for lane in floor.lanes]


def check_out(scene: Scene, queues: list[Queue], walk: Walk, label: str) -> None:
    """Join the lane where the turn comes first, and pay there, or give up when the wait is too long.

    Callers bring shoppers in the order in which they are ready, which is the end of what is told of their walk.
    """
    rng, _, habits = scene
    ready = walk.now
    queue = min((one for one in queues if walk.lane in {None, one.lane.zone_id}), key=lambda one: one.served_at(ready))
    joins, served = queue.joins_at(ready), queue.served_at(ready)
    walk.stay(walk.here, joins - ready)
    queue.joinable = joins + SPACING
    patience = lognormal(rng, habits.hurried_min if chance(rng, habits.hurried) else habits.patience_min, MINUTE)
    if served - joins > max(patience, MIN_STAY) and not walk.scripted:
        walk.stay(queue.lane.zone_id, patience)
        return
    paid = served + even(rng, habits.service_ms) + habits.item_ms * sum(walk.taken().values())
    walk.payments.append(_payment(scene, queue, walk, paid, label))
    queue.free = paid + even(rng, habits.next_ms)
    walk.stay(queue.lane.zone_id, paid - joins + even(rng, habits.packing_ms))


def _payment(scene: Scene, queue: Queue, walk: Walk, at: int, label: str) -> Paid:
    """The receipt: what was taken, or any amount in a store whose layout knows no products."""
    rng = scene.rng
    lines = tuple(Line(product, units, scene.floor.prices[product]) for product, units in walk.taken().items())
    total = sum((line.quantity * line.unit_price for line in lines), Decimal(0)) if lines else Decimal(even(rng, (199, 8999))) / 100
    queue.receipts += 1
    till = queue.lane.tills[queue.receipts % len(queue.lane.tills)]
    names_device = chance(rng, scene.habits.loyalty * manner_of(scene, walk).loyalty)
    return Paid(at, till, f"{till}-{label}-{queue.receipts:04d}", lines, total, names_device)
