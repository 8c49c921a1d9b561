"""Whose payment it is (rule 8 of section 4). Pure.

A payment with a device belongs to that device's visit (`owner_by_device`). One without belongs to whoever stays in the till's zone at that
time (`Tills`), and that is only known later: the stay that covers the payment may be reported after it, begin before it, and end a visit
that was called final. So stays and payments of a till's zone are both kept for as long as a reading can still reach back to them, in
buckets of event time, and each change of one finds the others that it concerns.
"""

from collections.abc import Iterable, Sequence

import msgspec

from sensors.reading import SECOND, Payment
from storage.model import Stay
from stream.journey import NEVER, Span
from stream.rules import Micros

BUCKET = 600 * SECOND
"""Event time is cut into pieces of 10 minutes: longer than most stays at a till, shorter than the quarter hours that are busy."""


class Owner(msgspec.Struct, frozen=True):
    """A visit, by its device and its key among the visits of that device."""

    device_id: str
    key: tuple[int, int]


class Claim(msgspec.Struct, frozen=True, gc=False):
    """A stay in a till's zone and the visit that it is part of."""

    started_at: int
    device_id: str
    ended_at: int
    key: tuple[int, int]


class Slot(msgspec.Struct):
    """A payment and whom it belongs to so far.

    Attributes:
        payment: with the zone of its till.
        owner: the visit.
        visit_id: what was last said of it to the outside.
        said: whether anything was.
        settled: its device was not read back with it, so its own visit cannot change.
    """

    payment: Payment
    owner: Owner | None = None
    visit_id: str | None = None
    said: bool = False
    settled: bool = False


def owner_by_device(payment: Payment, spans: Sequence[Span], micros: Micros) -> Owner | None:
    """Find the visit of the payment's own device that it belongs to.

    It is the earliest that is under way at that time: until the timeout after its last reading has run out, or until the grace after its
    exit has, or an `entry/in` has opened the next.
    """
    assert payment.device_id is not None
    for place, span in enumerate(spans):
        if span.entered_at <= payment.ts <= span.left_at + (micros.exit_grace if span.ended_by == "exit" else micros.visit_timeout):
            following = spans[place + 1] if place + 1 < len(spans) else None
            if following is not None and following.by_entry and following.entered_at <= payment.ts:
                continue
            return Owner(payment.device_id, span.key)
    return None


class Tills:
    """Payments without a device, and the stays in the zones of their tills."""

    def __init__(self) -> None:
        self._zones: dict[str, tuple[dict[int, set[Claim]], dict[int, list[Slot]]]] = {}

    def watches(self, zone: str) -> bool:
        """Whether stays in this zone are kept."""
        return zone in self._zones

    def watch(self, zone: str) -> None:
        """Keep stays in this zone from now on."""
        self._zones.setdefault(zone, ({}, {}))

    def add_payment(self, slot: Slot) -> None:
        """Keep a payment whose zone is watched."""
        assert slot.payment.zone_id is not None
        self._zones[slot.payment.zone_id][1].setdefault(slot.payment.ts // BUCKET, []).append(slot)

    def move(self, slot: Slot, payment: Payment) -> None:
        """Take a payment from the zone where it was to that of its newer version, which must be watched if it is one."""
        self.drop(slot)
        if payment.zone_id is not None:
            self._zones[payment.zone_id][1].setdefault(payment.ts // BUCKET, []).append(slot)

    def drop(self, slot: Slot) -> None:
        """Let go of a payment, wherever it is."""
        of_zone = self._zones[slot.payment.zone_id][1] if slot.payment.zone_id in self._zones else {}
        bucket = slot.payment.ts // BUCKET
        if bucket in of_zone:
            of_zone[bucket] = [other for other in of_zone[bucket] if other is not slot]

    def change(self, device_id: str, gone: Iterable[Span], come: Iterable[Span], n_alike: int = 0) -> list[Slot]:
        """Replace stays of a device by others; return the payments whose owner may now be another.

        Args:
            device_id: the device.
            gone: the visits to take away.
            come: the visits to put in their place.
            n_alike: how many stays at the beginning of each are the same.
        """
        touched: list[Slot] = []
        zones = self._zones
        for spans, adding in ((gone, False), (come, True)):
            for span in spans:
                for stay in span.stays[n_alike:]:
                    if stay.zone_id in zones:
                        touched += self._change_stay(device_id, span.key, stay, adding=adding)
        return touched

    def owner(self, slot: Slot) -> Owner | None:
        """Find whose stay covers the payment: the one there longest, then the smaller device id, then its earlier visit."""
        ts, zone = slot.payment.ts, slot.payment.zone_id
        if zone is None or zone not in self._zones:
            return None
        best = Claim(-NEVER, "", 0, (0, 0))
        for claim in self._zones[zone][0].get(ts // BUCKET, ()):
            if claim.started_at <= ts <= claim.ended_at and _rank(claim) < _rank(best):
                best = claim
        return Owner(best.device_id, best.key) if best.device_id else None

    def forget(self, before: int) -> None:
        """Drop what lies wholly before this time."""
        oldest = before // BUCKET
        for zone in self._zones.values():
            for kept in zone:
                for bucket in [bucket for bucket in kept if bucket < oldest]:
                    del kept[bucket]

    def _change_stay(self, device_id: str, key: tuple[int, int], stay: Stay, *, adding: bool) -> list[Slot]:
        claims, payments = self._zones[stay.zone_id]
        claim = Claim(stay.started_at, device_id, stay.ended_at, key)
        touched: list[Slot] = []
        for bucket in range(stay.started_at // BUCKET, stay.ended_at // BUCKET + 1):
            if adding:
                claims.setdefault(bucket, set()).add(claim)
            elif bucket in claims:
                claims[bucket].discard(claim)
            touched += [slot for slot in payments.get(bucket, ()) if stay.started_at <= slot.payment.ts <= stay.ended_at]
        return touched


def _rank(claim: Claim) -> tuple[int, str, tuple[int, int]]:
    return (claim.started_at, claim.device_id, claim.key)
