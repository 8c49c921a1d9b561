"""One store as it goes on: its time, duplicates, and the journeys and payments of all its devices. Pure: no I/O, no clock, no logging.

Theory of operation

Readings come in any order (`add`). Those with an id that was seen are duplicates. Those further than `lateness_s` behind the store's time
are late, and what they change may be forgotten (`stream.store` takes it back). The rest wait in their device's track until the next `take`.

`take` is called when it suits the caller (a flush). Only devices that something happened to are looked at: what is older than the
watermark is folded into the journey for good, the rest into a copy of it, and the visits so found are compared with those said before.
What differs is the result: rows to write, ids that no longer exist, payments that changed hands. Cutting the same readings into other
batches gives other intermediate results and always the same last one.

    time      store_time   the largest ts seen, heartbeats included, never ahead of its own received_at
              watermark    store_time - lateness: nothing on time will come from before it
              now          store_time plus the silence since (`pass_time`): decides only what is called final
"""

from bisect import bisect_left
from collections.abc import Iterable
from heapq import heappop, heappush
from operator import attrgetter

import msgspec

from sensors.reading import MAX_DURATION_S, SECOND, Payment, Reading, Status
from storage.model import Removed
from stream.journey import NEVER, Plan, Span, alike, in_order
from stream.payments import Owner, Slot, Tills, owner_by_device
from stream.signals import Signals
from stream.telling import Told, said_of
from stream.track import Changes, Said, Track

IDS_KEPT = 3600 * SECOND
"""Ids are remembered for at least this long in event time; whoever comes later is late, and looked up in the database."""

_MAX_DURATION = round(MAX_DURATION_S * SECOND)
_TS, KEY = attrgetter("ts"), attrgetter("key")


class Live:
    """The readings of one store as visits, as long as nothing is forgotten.

    Args:
        store_id: the store.
        plan: its rules and layout.
    """

    def __init__(self, store_id: str, plan: Plan) -> None:
        self.store_id = store_id
        self.store_time = NEVER
        self.plan = plan
        """Its rules and layout."""
        self._now = NEVER
        self._ids: set[str] = set()
        self._older_ids: set[str] = set()
        self._ids_since = NEVER
        self._forgetful = False
        self._ids_kept = max(IDS_KEPT, 2 * plan.micros.lateness)
        self._tracks: dict[str, Track] = {}
        self._dirty: set[str] = set()
        self._asleep: set[str] = set()
        """Devices whose visits are taken back as they are stored, without the readings that tell them (`stirred`)."""
        self._tills = Tills()
        self._paid: dict[str, Slot] = {}
        self._slots: list[Slot] = []
        """Payments that the next `take` has to look at."""
        self._alarms: list[tuple[int, str]] = []
        self.signals = Signals(store_id, plan)
        for zone in plan.till_zones.values():
            self._tills.watch(zone)

    @property
    def _watermark(self) -> int:
        """Nothing on time comes from before this moment any more."""
        return self.store_time - self.plan.micros.lateness

    @property
    def told_by(self) -> str:
        """The fingerprint of the plan by which all is told that `take` returns."""
        return self.plan.fingerprint

    @property
    def n_devices(self) -> int:
        """Devices that are remembered."""
        return len(self._tracks)

    @property
    def n_open_visits(self) -> int:
        """Visits that go on. It may be asked in another thread than the one in which readings come."""
        return sum(said.visit.ended_by is None for track in list(self._tracks.values()) for said in track.said)

    def add(self, readings: list[Reading]) -> tuple[list[Reading], list[Reading], list[Reading]]:
        """Take in readings in the order of their arrival.

        Returns:
            (accepted, late, duplicates). Late ones count for nothing until they come again in a `recall`.
        """
        accepted: list[Reading] = []
        late: list[Reading] = []
        duplicates: list[Reading] = []
        ids, older_ids, tracks, dirty = self._ids, self._older_ids, self._tracks, self._dirty
        lateness = self.plan.micros.lateness
        store_time = self.store_time
        for reading in readings:
            reading_id = reading.id
            if reading_id in ids or reading_id in older_ids:
                duplicates.append(reading)
                continue
            ids.add(reading_id)
            ts = reading.ts
            if ts > store_time:
                received_at = reading.received_at
                if received_at > store_time:
                    store_time = ts if ts < received_at else received_at  # noqa: FURB136 - no call in the hot loop
            elif ts < store_time - lateness:
                late.append(reading)
                continue
            accepted.append(reading)
            kind = type(reading)
            if kind is Payment:
                self._pay(reading)  # type: ignore[arg-type]
            elif kind is not Status:
                device_id = reading.device_id  # type: ignore[union-attr]
                track = tracks.get(device_id)  # type: ignore[arg-type]
                if track is None:
                    track = tracks[device_id] = Track()  # type: ignore[index]
                dirty.add(device_id)  # type: ignore[arg-type]
                track.pending.append(reading)  # type: ignore[arg-type]
        self.store_time = store_time
        self.signals.hear(accepted)
        self._renew_ids()
        self.pass_time(store_time)
        return accepted, late, duplicates

    def horizon(self, store_time: int) -> int:
        """How far back a reading on time can reach at that time of the store, whatever it reports: what a restart has to know again."""
        micros = self.plan.micros
        return store_time - micros.lateness - _MAX_DURATION - micros.visit_timeout - micros.exit_grace

    def let_go(self) -> None:
        """Have the next `take`, when all is said, forget what nothing can reach any more."""
        self._forgetful = True

    def pass_time(self, now: int) -> None:
        """Say how late it is: the store's time, or later when the store has been silent. It never goes back."""
        self._now = max(self._now, now)

    def close(self) -> None:
        """End every visit as silence would: nothing will come any more."""
        self.pass_time(-NEVER)

    def take(self) -> Changes:
        """Return what is new since the last time."""
        while self._alarms and self._alarms[0][0] < self._now:
            alarm, device_id = heappop(self._alarms)
            track = self._tracks.get(device_id)
            if track is not None and track.alarm == alarm:
                track.alarm = 0
                self._dirty.add(device_id)
        untold = [device_id for device_id in self._dirty & self._asleep if self._tracks[device_id].pending]
        assert not untold, f"{self.store_id}: {untold} have to wake first"
        slots = {id(slot): slot for slot in self._slots}
        for device_id in self._dirty:
            for slot in self._fold(device_id, self._tracks[device_id]):
                slots[id(slot)] = slot
        self._attribute(list(slots.values()))
        changes = Changes()
        for device_id in sorted(self._dirty):
            self._say(device_id, self._tracks[device_id], changes)
        self._say_payments(list(slots.values()), changes)
        changes.signals, changes.signals_gone = self.signals.take(self._now)
        self._dirty.clear()
        self._slots.clear()
        if self._forgetful:
            self._forgetful = False
            self._let_go()
        return changes

    def _renew_ids(self) -> None:
        """Let go of ids so old that whoever repeats them is late."""
        if self._ids_since == NEVER:
            self._ids_since = self.store_time
        elif self.store_time - self._ids_since > self._ids_kept:
            self._older_ids, self._ids = self._ids, set()
            self._ids_since = self.store_time
            self.let_go()

    def _pay(self, payment: Payment) -> None:
        """Keep a payment until no reading can change its owner."""
        slot = self._slot(payment)
        if payment.device_id is not None:
            track = self._tracks.setdefault(payment.device_id, Track())
            track.payments.append(slot)
            self._dirty.add(payment.device_id)
        self._slots.append(slot)

    def _slot(self, payment: Payment) -> Slot:
        """Make a place for a payment."""
        payment = self._in_its_zone(payment)
        slot = self._paid[payment.id] = Slot(payment)
        self.signals.pay(payment)
        if payment.device_id is None and payment.zone_id is not None:
            self._watch(payment.zone_id)
            self._tills.add_payment(slot)
        return slot

    def _in_its_zone(self, payment: Payment) -> Payment:
        """Fill in the zone of the till where the payment does not say it."""
        if payment.zone_id is None and payment.sensor_id in self.plan.till_zones:
            return msgspec.structs.replace(payment, zone_id=self.plan.till_zones[payment.sensor_id])
        return payment

    def _watch(self, zone: str) -> None:
        """Begin to keep the stays of a zone in which somebody paid, with those of before."""
        if not self._tills.watches(zone):
            self._tills.watch(zone)
            for device_id, track in self._tracks.items():
                if device_id not in self.plan.staff:
                    self._tills.change(device_id, (), track.spans)

    def _fold(self, device_id: str, track: Track) -> list[Slot]:
        """Bring a device's spans up to its readings; return payments whose owner may have changed."""
        if device_id in self._asleep:
            return []
        touched = [slot for slot in track.payments if slot.payment.device_id is not None and not slot.settled]
        if not track.pending:
            return touched
        pending = in_order(track.pending)
        split = bisect_left(pending, self._watermark, key=_TS)
        track.journey.fold(pending[:split], self.plan)
        track.pending = pending[split:]
        before, now = track.spans, track.journey.peek(track.pending, self.plan).spans()
        track.spans = now
        if device_id not in self.plan.staff:
            n_kept = 0
            while n_kept < len(before) and n_kept < len(now) and before[n_kept] is now[n_kept]:
                n_kept += 1
            gone, come = before[n_kept:], now[n_kept:]
            n_alike = alike(gone[0], come[0]) if len(gone) == len(come) == 1 and gone[0].key == come[0].key else 0
            touched += self._tills.change(device_id, gone, come, n_alike)
            self.signals.change(device_id, gone, come, n_alike)
        return touched

    def _attribute(self, slots: list[Slot]) -> None:
        """Find the owners of payments; whoever gained or lost one is to be said again."""
        for slot in slots:
            device_id = slot.payment.device_id
            if device_id is not None and (slot.settled or device_id in self._asleep):
                continue
            if device_id is not None:
                slot.owner = owner_by_device(slot.payment, self._tracks[device_id].spans, self.plan.micros)
                continue
            owner = self._tills.owner(slot)
            if owner == slot.owner:
                continue
            if slot.owner is not None and slot.owner.device_id in self._tracks:
                self._tracks[slot.owner.device_id].payments.remove(slot)
                self._dirty.add(slot.owner.device_id)
            if owner is not None:
                self._tracks[owner.device_id].payments.append(slot)
                self._dirty.add(owner.device_id)
            slot.owner = owner

    def _deadline(self, span: Span) -> int:
        """When the store's time has passed this, nothing on time can change the visit."""
        micros = self.plan.micros
        return span.left_at + (micros.exit_grace if span.ended_by == "exit" else micros.visit_timeout) + micros.lateness

    def _say(self, device_id: str, track: Track, changes: Changes) -> None:
        """Compare a device's visits with what was last said of them, and set the alarm for the next that becomes final by time."""
        known = {said.key: said for said in track.said}
        told: list[Said] = []
        alarm = 0
        for span in track.spans:
            deadline = self._deadline(span)
            is_final = self._now > deadline
            if not is_final:
                alarm = min(alarm or deadline, deadline)
            payments = _paid(track.payments, span)
            last = known.pop(span.key, None)
            if last is None or last.span is not span or last.visit.is_final != is_final or last.visit.payments != payments:
                now = said_of(Told(self.store_id, device_id, span, payments, is_final), self.plan, last)
                is_new = last is None or last.visit != now.visit
                if is_new:
                    changes.visits.append(now.visit)
                    if last is not None:
                        changes.before[now.visit.visit_id] = last.visit
                if is_new or (last and last.span is None):
                    self.signals.tell(now.visit, now.course.changes if now.course else [])
                last = now if not is_final else now._replace(course=None)
            told.append(last)
        for gone in known.values():
            changes.removed.append(Removed(gone.visit.visit_id, self.store_id, gone.visit.entered_at))
            self.signals.forget_visit(gone.visit.visit_id, exists=False)
        track.said = tuple(told)
        if alarm:
            self._set_alarm(device_id, track, alarm)

    def _set_alarm(self, device_id: str, track: Track, alarm: int) -> None:
        if not track.alarm or alarm < track.alarm:
            track.alarm = alarm
            heappush(self._alarms, (alarm, device_id))

    def _say_payments(self, slots: list[Slot], changes: Changes) -> None:
        """Say of payments whose visit they belong to, where that is new."""
        for slot in slots:
            owner = slot.owner
            owned_by = None if owner is None else self._visit_id(owner)
            if not slot.said or owned_by != slot.visit_id:
                slot.said, slot.visit_id = True, owned_by
                changes.payments.append((slot.payment, owned_by))

    def _visit_id(self, owner: Owner) -> str:
        return next(said.visit.visit_id for said in self._tracks[owner.device_id].said if said.key == owner.key)

    def _let_go(self) -> None:
        """Forget what no reading on time can reach any more, however long the presence that it reports."""
        self._tills.forget(self.store_time - self.plan.micros.lateness - _MAX_DURATION - self.plan.micros.presence_gap)
        self.signals.forget(self._watermark)
        reach = self.horizon(self.store_time)
        for device_id, track in list(self._tracks.items()):
            if not track.pending and track.journey.last_ts < reach and all(slot.payment.ts < reach for slot in track.payments):
                del self._tracks[device_id]
                self._dirty.discard(device_id)
                self._asleep.discard(device_id)
                self._forget_said(track.said)
            elif track.journey.done and track.journey.done[0].left_at < reach:
                gone = {span.key for span in track.journey.done if span.left_at < reach}
                track.journey.done = tuple(span for span in track.journey.done if span.key not in gone)
                track.spans = tuple(span for span in track.spans if span.key not in gone)
                self._forget_said(said for said in track.said if said.key in gone)
                track.said = tuple(said for said in track.said if said.key not in gone)
                track.payments = [slot for slot in track.payments if _is_kept(slot, gone, reach)]
        held = {slot.payment.id: slot for track in self._tracks.values() for slot in track.payments}
        nobodys = {slot.payment.id: slot for slot in self._paid.values() if slot.owner is None and slot.payment.ts >= reach}
        for payment_id in self._paid.keys() - held.keys() - nobodys.keys():
            self._tills.drop(self._paid[payment_id])
        self._paid = held | nobodys

    def _forget_said(self, over: Iterable[Said]) -> None:
        """Forget which signals were said of visits that are over for good."""
        for said in over:
            self.signals.forget_visit(said.visit.visit_id, exists=True)


def _is_kept(slot: Slot, gone: set[tuple[int, int]], reach: int) -> bool:
    return slot.payment.ts >= reach if slot.owner is None else slot.owner.key not in gone


def _paid(slots: list[Slot], span: Span) -> tuple[Payment, ...]:
    """The payments among these that belong to the visit, in order of time."""
    if not slots:
        return ()
    return tuple(sorted((slot.payment for slot in slots if slot.owner and slot.owner.key == span.key), key=attrgetter("ts", "id")))
