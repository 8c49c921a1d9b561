"""One device's way through the store: where it was and when, what it did. Truth and readings both come from this, and from nothing else.

All times are epoch milliseconds.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec

from simulators.shop.habits import MIN_STAY
from simulators.shop.manners import Priority

Role = Literal["shopper", "passer-by", "staff"]
Action = Literal["view", "pickup", "putback"]


class Stay(NamedTuple):
    """The device was in one zone from `start` to just before `end`."""

    zone_id: str
    start: int
    end: int


class Act(NamedTuple):
    """Something done at a shelf; a view carries how long it took until `at`."""

    at: int
    shelf_id: str
    action: Action
    product_id: str | None
    duration_ms: int | None


class Line(NamedTuple):
    """One line of a receipt."""

    product_id: str
    quantity: int
    unit_price: Decimal


class Paid(NamedTuple):
    """A payment; the till names the device only where the shopper showed it."""

    at: int
    till: str
    receipt_id: str
    lines: tuple[Line, ...]
    total: Decimal
    names_device: bool


class Passage(NamedTuple):
    """The device went through a gate; `reports` are the moments at which the gate said so: none if it missed it, two if it looked twice."""

    at: int
    gate: int
    direction: Literal["in", "out"]
    reports: tuple[int, ...]


@dataclass(slots=True)
class Walk:
    """Everything one device did from its first zone to its last.

    Attributes:
        role: who carries the device.
        stays: where it was, without a hole: each stay begins when the one before ends.
        acts: what it did at shelves, in order of time.
        passages: through gates, in order of time.
        payments: at most one here.
        has_own_tag: the device is the visitor's own, and may come again.
        priority: what a shopper values; None for others.
        scripted: comes because a script says so (`simulators.script.events`), and does what it says: does not give up, goes straight home.
        shows: a priority that all they do shows plainly, by their script.
        lane: the zone of tills that the script wants them to pay in; None: where it goes fastest.
        leader: with whom they came; None for who came alone, or leads.
        device_id: given when the day is complete.
    """

    role: Role
    began: int
    stays: list[Stay] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    payments: list[Paid] = field(default_factory=list)
    has_own_tag: bool = False
    priority: Priority | None = None
    scripted: bool = False
    shows: Priority | None = None
    lane: str | None = None
    leader: "Walk | None" = field(default=None, repr=False)
    device_id: str = ""

    @property
    def now(self) -> int:
        """Until when the walk is told."""
        return self.stays[-1].end if self.stays else self.began

    @property
    def here(self) -> str:
        """The zone where the walk stands now."""
        return self.stays[-1].zone_id

    def stay(self, zone_id: str, length: int) -> None:
        """Spend time in a zone, at least `MIN_STAY` on arriving there."""
        if self.stays and self.here == zone_id:
            last = self.stays[-1]
            self.stays[-1] = last._replace(end=last.end + length)
        else:
            self.stays.append(Stay(zone_id, self.now, self.now + max(length, MIN_STAY)))

    def taken(self) -> dict[str, int]:
        """Units per product in the basket: pickups less put-backs."""
        units: dict[str, int] = {}
        for act in self.acts:
            if act.product_id is not None and act.action != "view":
                units[act.product_id] = units.get(act.product_id, 0) + (1 if act.action == "pickup" else -1)
        return {product: count for product, count in units.items() if count > 0}


_ENCODER, _DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Walk)


def packed(walks: Iterable[Walk]) -> Iterator[Walk]:
    """The same walks again, one by one, from a tenth of the memory; with whom they came is not told."""
    kept = [_ENCODER.encode(replace(walk, leader=None)) for walk in walks]
    return map(_DECODER.decode, kept)
