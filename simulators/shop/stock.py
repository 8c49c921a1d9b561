"""What stands on the shelves: it is taken, runs out, and is filled up again. Who finds a shelf empty goes on without. Pure.

Shoppers are told one after the other, each alone; only here do they meet at the shelves, in the order of time, as they do at the tills.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

import msgspec

from sensors.reading import rfc3339
from simulators.shop.habits import HOUR, MINUTE, NEVER, Habits, lognormal
from simulators.shop.opening import Window
from simulators.shop.walk import Walk

OVERNIGHT = 4 * HOUR
"""Where a store is closed for so long, all shelves are filled meanwhile; in a shorter break nobody is there who would [A]."""

_Place = tuple[str, str]
"""A product on a shelf."""


class SoldOut(msgspec.Struct, frozen=True, kw_only=True):
    """A product that was not on its shelf for a while.

    Attributes:
        store_id: the store.
        shelf_id: the shelf; `product_id` likewise.
        since: when the last one was taken (RFC 3339, UTC); `until` when there were some again.
        missed: how many were wanted meanwhile.
    """

    store_id: str
    shelf_id: str
    product_id: str
    since: str
    until: str
    missed: int


@dataclass(slots=True)
class _Gap:
    since: int
    until: int
    missed: int = 0


@dataclass(slots=True)
class Stock:
    """What a store remembers of its shelves.

    Attributes:
        habits: how much stands on a full shelf, and how long it takes until somebody fills an empty one.
        units: how many are there, of what is not full.
        gaps: what is sold out, or was last.
        told: what was sold out, and is still to be told.
    """

    habits: Habits
    units: dict[_Place, int] = field(default_factory=dict)
    gaps: dict[_Place, _Gap] = field(default_factory=dict)
    told: list[tuple[_Place, _Gap]] = field(default_factory=list)

    def fill(self) -> None:
        """Fill all shelves, as overnight."""
        self.units.clear()
        self.gaps.clear()

    def put_back(self, place: _Place) -> None:
        """Somebody puts one back."""
        self.units[place] = self.units.get(place, self.habits.stock) + 1

    def take(self, rng: Random, place: _Place, at: int) -> bool:
        """Take one at a time (epoch ms), if there is one; who takes the last one opens a gap."""
        gap = self.gaps.get(place)
        if gap is not None and gap.until <= at:
            self.units[place] = self.habits.stock
            del self.gaps[place]
        left = self.units.get(place, self.habits.stock)
        if left == 0:
            self.gaps[place].missed += 1
            return False
        self.units[place] = left - 1
        if left == 1 and place not in self.gaps:
            self.gaps[place] = _Gap(at, at + lognormal(rng, self.habits.refill_min, MINUTE))
            self.told.append((place, self.gaps[place]))
        return True


def begins_full(window: Window) -> bool:
    """Whether all shelves are full when a store opens, as they are in the morning."""
    return window.fresh and window.pause >= OVERNIGHT


def sell(stock: Stock, rng: Random, walks: Iterable[Walk]) -> None:
    """Let people take what is there, and leave what is not: acts that cannot be are taken out of their walks.

    Args:
        stock: goes on from here.
        rng: how long it takes until somebody fills a shelf.
        walks: all who take something, told until the tills.
    """
    if not stock.habits.stock:
        return
    touches = [(act.at, number, index, walk) for number, walk in enumerate(walks) for index, act in enumerate(walk.acts) if act.product_id]
    gone: dict[int, set[int]] = {}
    for at, number, index, walk in sorted(touches, key=lambda touch: touch[:3]):
        act = walk.acts[index]
        place = act.shelf_id, act.product_id or ""
        if index in gone.get(number, ()):
            continue
        if act.action == "putback":
            stock.put_back(place)
        elif not stock.take(rng, place, at):
            gone.setdefault(number, set()).update(_with_putback(walk, index))
    for number, walk in {touch[1]: touch[3] for touch in touches}.items():
        walk.acts = [act for index, act in enumerate(walk.acts) if index not in gone.get(number, ())]


def sold_out(stock: Stock, store_id: str, before: int = NEVER) -> list[SoldOut]:
    """What was sold out and filled since one asked last, by when it ran out.

    Args:
        stock: forgets what is told.
        store_id: the store's.
        before: what is filled later (epoch ms) is told another time, for more may miss it.
    """
    told = [one for one in stock.told if one[1].until < before]
    stock.told = [one for one in stock.told if one[1].until >= before]
    return sorted((_told(store_id, place, gap) for place, gap in told), key=lambda one: (one.since, one.shelf_id, one.product_id))


def _with_putback(walk: Walk, index: int) -> list[int]:
    """A pickup, and the putback that comes right behind it: what was not taken is not put back."""
    pair = walk.acts[index : index + 2]
    is_pair = len(pair) > 1 and pair[1].action == "putback" and pair[1].product_id == pair[0].product_id
    return [index, index + 1] if is_pair else [index]


def _told(store_id: str, place: _Place, gap: _Gap) -> SoldOut:
    return SoldOut(
        store_id=store_id,
        shelf_id=place[0],
        product_id=place[1],
        since=rfc3339(gap.since * 1000),
        until=rfc3339(gap.until * 1000),
        missed=gap.missed,
    )
