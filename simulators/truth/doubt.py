"""Of which visits not all can be known: sensors that are silent, or wrong, have changed what others see of them. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from simulators.sensing.sense import BOUND, shelf_sensor
from simulators.sensing.silence import Span
from simulators.shop.floor import Floor
from simulators.shop.habits import MINUTE
from simulators.shop.walk import Stay, Walk

AFTERMATH = 2 * MINUTE
"""So long before and after its silence, what a gateway should have heard still matters: silences join with scans that were missed."""


class Doubt(NamedTuple):
    """What a span makes doubtful of somebody.

    Attributes:
        span: the span.
        start: from when on (epoch ms); `end` until when.
        off: by how much each moment of it.
        strays: whether readings of their tag may bear any time from start to end, by a wrong clock.
    """

    span: Span
    start: int
    end: int
    off: int
    strays: bool = False


def doubts(floor: Floor, spans: Sequence[Span], walks: Sequence[Walk]) -> list[list[Doubt]]:
    """Tell of each walk what cannot be known of it.

    Three ways: a sensor was silent about it, or wrong; it is of the tag of somebody whom a wrong clock puts into its time; or it stood at a
    till with such people, where a payment that names nobody goes to whoever seems to have been there for longest.
    """
    own = [[doubt for span in spans if (doubt := doubt_of(floor, span, walk))] for walk in walks]
    found = [[*one] for one in own]
    for number, doubt in (*_misdated(walks, own), *_in_company(floor, walks, own)):
        if all(known.span != doubt.span for known in found[number]):
            found[number].append(doubt)
    return found


def doubt_of(floor: Floor, span: Span, walk: Walk) -> Doubt | None:
    """What a sensor's silence, or what it said wrongly, makes doubtful of somebody by itself; None: nothing."""
    start, end = span.start - span.fades - AFTERMATH, span.end + AFTERMATH
    heard = {zone for zone, listener in floor.listeners.items() if listener.sensor_id == span.sensor_id}
    moments = [one.at for one in walk.passages if floor.gates[one.gate][0] == span.sensor_id]
    moments += [act.at for act in walk.acts if shelf_sensor(act.shelf_id) == span.sensor_id]
    moments += [paid.at for paid in walk.payments if paid.till == span.sensor_id]
    missed = [(at, at) for at in moments if start <= at < end]
    there = (stay for stay in walk.stays if stay.zone_id in heard and stay.start < end and stay.end > start)
    missed += [(max(stay.start, start), min(stay.end, end)) for stay in there]
    if not missed:
        return None
    begins, ends = zip(*missed, strict=True)
    off = min(AFTERMATH, BOUND + max(span.ahead, span.behind)) if span.speaks else AFTERMATH
    return Doubt(span, min(begins) - span.behind - off, max(ends) + span.ahead + off, off, strays=span.speaks)


def _misdated(walks: Sequence[Walk], own: list[list[Doubt]]) -> Iterator[tuple[int, Doubt]]:
    """Who wears the tag of somebody at a time at which a wrong clock tells of them."""
    of_device: dict[str, list[Doubt]] = {}
    for walk, found in zip(walks, own, strict=True):
        of_device.setdefault(walk.device_id, []).extend(doubt for doubt in found if doubt.span.speaks)
    for number, walk in enumerate(walks):
        for doubt in of_device[walk.device_id]:
            if walk.began < doubt.end and walk.now > doubt.start:
                yield number, doubt


def _in_company(floor: Floor, walks: Sequence[Walk], own: list[list[Doubt]]) -> Iterator[tuple[int, Doubt]]:
    """Who stood at a till when somebody paid there who was not named, and of one of them it is not known whether they did."""
    zones = {till.sensor_id: till.zone_id for till in floor.layout.tills}
    lines: dict[str | None, list[tuple[Stay, int]]] = {zone: [] for zone in zones.values()}
    for number, walk in enumerate(walks):
        for stay in walk.stays if walk.role != "staff" else ():  # no payment is theirs, whoever seems to be there
            if stay.zone_id in lines:
                lines[stay.zone_id].append((stay, number))
    doubtful = {zone: [(stay, doubt) for stay, number in line for doubt in own[number]] for zone, line in lines.items()}
    for paid in (paid for walk in walks for paid in walk.payments if not paid.names_device):
        zone, at = zones[paid.till], paid.at
        known = [one for stay, one in doubtful[zone] if _is_in(stay, at, one.off) and one.start <= at <= one.end]
        for number in {number for stay, number in lines[zone] if known and _is_in(stay, at, BOUND)}:
            yield from ((number, one._replace(start=at, end=at, strays=False)) for one in known)


def _is_in(stay: Stay, at: int, off: int) -> bool:
    return stay.start - off <= at <= stay.end + off
