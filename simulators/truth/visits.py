"""The ground truth: what each visit was, told from what the shopper did, never from what a sensor or the engine said.

A visit is what section 4 of the design calls one, in the eyes of somebody who saw everything. Sensors see less, so each figure says how far
an honest observer may be off (`*_bound_s`); `docs/simulator.md` derives the bounds. Where a gate reported a passage the moment is exact.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from sensors.reading import rfc3339, to_micros
from sensors.urls import SettingError
from simulators.sensing.sense import BOUND
from simulators.shop.floor import Floor
from simulators.shop.manners import Priority
from simulators.shop.walk import Passage, Stay, Walk

BOUND_S = BOUND / 1000


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """One visit as it was. One line of `truth.jsonl`; times there are RFC 3339 in UTC.

    Attributes:
        entered_at: when the visit began: through a gate, or where the device came into a sensor's reach before that.
        left_at: when it ended: through a gate, or where the device left the reach of the sensors unseen.
        ended_by: `exit` where a gate reported the exit, else `timeout`.
        entered_bound_s: how much later than `entered_at` the first reading may be.
        left_bound_s: how much earlier than `left_at` the last reading may be.
        path: the zones, in order.
        dwell_s: seconds a zone, all stays there together.
        dwell_bound_s: how far the sum of a zone may be off.
        shelf_actions: how many views, pickups and put-backs there were.
        taken: units per product that were taken and not put back.
        receipts: the receipts paid.
        basket_total: their sum, 0 without one; `currency` is the store's, null without one.
        converted: whether there is a receipt.
        bounced: shorter than the store's bounce time without a receipt; null where the bounds leave it open.
        pass_by: never left the pavement.
        is_staff: a registered staff device.
        priority: what the shopper values, by the simulator's own label; null for staff and passers-by.
        party: the device of the one with whom they came; null for who came alone, or leads.
        unreliable: a sensor was silent or wrong where it mattered to this visit; nothing is promised then.
        strays: from when to when a wrong clock may have put readings of its device; a visit found there is not compared either.
    """

    store_id: str
    device_id: str
    entered_at: str
    left_at: str
    ended_by: Literal["exit", "timeout"]
    entered_bound_s: float
    left_bound_s: float
    path: tuple[str, ...]
    dwell_s: dict[str, float]
    dwell_bound_s: dict[str, float]
    shelf_actions: dict[str, int]
    taken: dict[str, int]
    receipts: tuple[str, ...]
    basket_total: Decimal
    currency: str | None
    converted: bool
    bounced: bool | None
    pass_by: bool
    is_staff: bool
    priority: Priority | None = None
    party: str | None = None
    unreliable: bool = False
    strays: tuple[tuple[str, str], ...] = ()


_ENCODER = msgspec.json.Encoder(decimal_format="string")
_DECODER = msgspec.json.Decoder(Truth)


def truth_of(floor: Floor, walk: Walk) -> Truth:
    """Tell the visit of a walk."""
    leaving = _reported(walk, "out")
    stays = [stay for stay in walk.stays if leaving is None or stay.start < leaving.at]
    entering = _reported(walk, "in")
    exact_start = entering is not None and entering.at == walk.began
    bounced = _bounced(walk, floor.timing.bounce, stays[-1].end - walk.began, exact_start, leaving is not None)
    return Truth(
        store_id=floor.layout.store_id,
        device_id=walk.device_id,
        entered_at=rfc3339(walk.began * 1000),
        left_at=rfc3339(stays[-1].end * 1000),
        ended_by="timeout" if leaving is None else "exit",
        entered_bound_s=0.0 if exact_start else BOUND_S,
        left_bound_s=0.0 if leaving else BOUND_S,
        path=tuple(stay.zone_id for stay in stays),
        dwell_s=_dwell_s(stays),
        dwell_bound_s=_dwell_bound_s(stays, timed_out=leaving is None),
        shelf_actions=_count(act.action for act in walk.acts),
        taken=walk.taken(),
        receipts=tuple(paid.receipt_id for paid in walk.payments),
        basket_total=sum((paid.total for paid in walk.payments), Decimal(0)),
        currency=(floor.layout.currency or "EUR") if walk.payments else None,
        converted=bool(walk.payments),
        bounced=bounced,
        pass_by=all(stay.zone_id == floor.outside for stay in stays),
        is_staff=walk.role == "staff",
        priority=walk.priority,
        party=walk.leader.device_id if walk.leader else None,
    )


def doubted(truth: Truth, strays: Iterable[tuple[int, int]]) -> Truth:
    """The same as one of which nothing is promised; `strays` in epoch milliseconds."""
    times = tuple((rfc3339(start * 1000), rfc3339(end * 1000)) for start, end in strays)
    return msgspec.structs.replace(truth, unreliable=True, strays=times)


def to_line(truth: Truth) -> bytes:
    """One line of `truth.jsonl`, without its line feed."""
    return _ENCODER.encode(truth)


def read(lines: Iterable[bytes]) -> Iterator[Truth]:
    """Read `truth.jsonl`.

    Raises:
        SettingError: a line is no truth; the message says which.
    """
    for number, line in enumerate(lines, 1):
        try:
            yield _DECODER.decode(line)
        except msgspec.MsgspecError as error:
            raise SettingError(f"line {number} of the ground truth cannot be read: {error}") from None


def micros(text: str) -> int:
    """A time of the ground truth in microseconds since 1970."""
    return to_micros(datetime.fromisoformat(text))


def _reported(walk: Walk, direction: str) -> Passage | None:
    """The passage in this direction, if a gate reported it."""
    return next((passage for passage in walk.passages if passage.direction == direction and passage.reports), None)


def _dwell_s(stays: list[Stay]) -> dict[str, float]:
    total: dict[str, int] = {}
    for stay in stays:
        total[stay.zone_id] = total.get(stay.zone_id, 0) + stay.end - stay.start
    return {zone: spent / 1000 for zone, spent in total.items()}


def _dwell_bound_s(stays: list[Stay], *, timed_out: bool) -> dict[str, float]:
    """One bound a stay: it is seen to begin late and seen to end late, each by 0 to `BOUND`.

    The last stay of a visit that nobody saw leave is seen to begin late and to end early: two bounds.
    """
    bounds = _count(stay.zone_id for stay in stays)
    if timed_out:
        bounds[stays[-1].zone_id] += 1
    return {zone: round(times * BOUND_S, 3) for zone, times in bounds.items()}


def _bounced(walk: Walk, limit: int, length: int, exact_start: bool, exact_end: bool) -> bool | None:
    """A sensor sees at most the true length, and at least that less the bounds of both ends."""
    if walk.payments or length - BOUND * ((not exact_start) + (not exact_end)) >= limit:
        return False
    return True if length < limit else None


def _count(things: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for thing in things:
        counts[thing] = counts.get(thing, 0) + 1
    return counts
