"""One store with what is stored of it: what was forgotten is taken back, and told anew where needed. Pure: no I/O, no clock, no logging.

Theory of operation

A store goes on in memory (`stream.live`), where it knows no more than readings on time can still change. For three reasons it has to know
more, which the caller gathers from the database:

- Readings are late, or rules are other ones: the histories of their devices come from the database with all that these may change
  (`recall`), and the next `take` says what came out otherwise.
- A worker takes up a store: its time and its ids come first (`resume`), then all that can still change (`recall`). What was told by the
  very plan of now is believed: its visits are as they would be told, and their readings are not read.
- Something happens to a device that is believed (`stirred`): its history comes, and it is told by that from then on (`wake`).
"""

from collections.abc import Iterable, Iterator
from operator import attrgetter

from sensors.reading import Payment
from storage.model import Signal, Visit
from stream.journey import NEVER, Journey
from stream.live import KEY, Live
from stream.payments import Owner
from stream.recall import History, Recalled, span_of, twin_of
from stream.track import Said, Track


class Store(Live):
    """The readings of one store as visits.

    Args:
        store_id: the store.
        plan: its rules and layout.
    """

    def recall(self, recalled: Recalled) -> None:
        """Tell devices anew, as late readings or other rules ask for it; the next `take` says what that changes.

        Args:
            recalled: what was forgotten of them and around them, gathered from the database. It must be as old as the last `take`.
        """
        self.signals.seed(recalled.signals, recalled.days)
        if recalled.is_all:
            self.signals.settle_silences(recalled.signals)
            self.pass_time(max((self._proves(signal) for signal in recalled.signals), default=NEVER))
        self.signals.load(recalled.days, recalled.staying, map(self._in_its_zone, recalled.till_payments))
        self.signals.hear_late(recalled.heard, self.store_time)
        told_anew = recalled.histories
        if recalled.is_believed:
            self._believe(recalled.visits, recalled.payments)
            return
        if not recalled.is_all:  # else no visit is known yet
            self.signals.unload(
                one for one in recalled.visits if one.device_id in told_anew and one.entered_at > told_anew[one.device_id].after
            )
        for device_id, history in told_anew.items():
            self._retell(device_id, history)
        for payment in recalled.payments:
            self._pay_again(payment)
        for visit in sorted(recalled.visits, key=attrgetter("device_id", "entered_at", "left_at")):
            told = told_anew.get(visit.device_id)
            self._remember(visit, settled=told is None or visit.entered_at <= told.after)

    def stirred(self) -> dict[str, int]:
        """Devices that sleep and to which something happened since the last `take`, and when the first visit began that is known of each.

        What they did has to be taken back by `wake` before the next `take`.
        """
        return {device_id: self._tracks[device_id].spans[0].entered_at for device_id in self._dirty & self._asleep}

    def wake(self, recalled: Recalled) -> None:
        """Take back what sleeping devices did, by which they are told from now on.

        Args:
            recalled: the histories of those that `stirred`, what came since among them, and all visits that follow from these. Where a
                device has none, too little of it is kept: its visits stay as they are stored.
        """
        for visit in sorted(recalled.visits, key=attrgetter("device_id", "entered_at", "left_at")):
            if all(said.visit.visit_id != visit.visit_id for said in self._tracks[visit.device_id].said):
                self._take_back(visit, twin_of(visit))
        for device_id in self.stirred():
            self._asleep.discard(device_id)
            track, history = self._tracks[device_id], recalled.histories.get(device_id)
            if history is None:
                track.journey.done = track.spans
            else:
                track.journey, track.pending = Journey(), history.readings
                track.journey.done = tuple(span for span in track.spans if span.entered_at <= history.after)
                self._settle_paid(track, history.after)

    def resume(self, store_time: int, ids: Iterable[str], heard: Iterable[tuple[str, int]]) -> None:
        """Take up where another left off; what it had told comes by `recall`. Only for a store that has seen nothing yet.

        Args:
            store_time: the store's time.
            ids: those of all stored readings since `ids_reach`.
            heard: sensors, and when they were heard since `sensors_reach`; of moments within `signals.least_silence`, the first and the
                last are enough.
        """
        self.store_time = self._ids_since = store_time
        self.signals.begin(self._watermark)
        self.signals.hear_again(heard)
        self._ids.update(ids)
        self.pass_time(store_time)

    def sensors_reach(self, store_time: int) -> int:
        """How far back a restart at that time of the store has to know when sensors were heard."""
        return self.signals.reach(store_time - self.plan.micros.lateness)

    def ids_reach(self, store_time: int) -> int:
        """Since when readings are known by their ids at that time of the store."""
        return store_time - self._ids_kept

    def reach(self, store_time: int) -> int:
        """How far back a restart at that time of the store has to know all that happened; `horizon` is enough for visits alone."""
        return min(self.horizon(store_time), self.sensors_reach(store_time))

    def settled(self, device_id: str) -> int:
        """Before this moment nothing on time can come of a device any more, and all that came is told."""
        watermark = self._watermark
        track = self._tracks.get(device_id)
        return min(watermark, min((reading.ts for reading in track.pending), default=watermark)) if track else watermark

    def told(self) -> Iterator[Visit]:
        """The visits that are remembered, as they were told last."""
        return (said.visit for track in self._tracks.values() for said in track.said)

    def _proves(self, signal: Signal) -> int:
        """How late it must have been when this was said: a restart does not take time back.

        Only what is said of a zone waits for the time of the store. What is said of a visit is true at the time of a reading, which may be
        ahead of it, or stands with a visit that is final and proves more; a silence may be found by a reading that is ahead.
        """
        return signal.at if signal.zone_id is not None and signal.visit_id is None else NEVER

    def _pay_again(self, payment: Payment) -> None:
        """Look at a payment again, which may be in another zone by now."""
        known = self._paid.get(payment.id)
        if known is None:
            self._pay(payment)
            return
        payment = self._in_its_zone(payment)
        if payment.zone_id != known.payment.zone_id:
            if payment.device_id is None:
                if payment.zone_id is not None:
                    self._watch(payment.zone_id)
                self._tills.move(known, payment)
            known.payment, known.said = payment, False
        self._slots.append(known)

    def _retell(self, device_id: str, history: History) -> None:
        """Forget what a device did from the beginning of its history on, and take in that history."""
        track = self._tracks.setdefault(device_id, Track())
        older = tuple(span for span in track.spans if span.entered_at <= history.after)
        newer = [span for span in track.spans if span.entered_at > history.after]
        self._slots += self._tills.change(device_id, newer, ())
        self.signals.change(device_id, newer, ())
        track.journey, track.spans = Journey(), older
        track.journey.done = older
        track.pending = [*history.readings]
        track.said = tuple(said for said in track.said if said.visit.entered_at <= history.after)
        for slot in track.payments:
            slot.settled = slot.settled and slot.owner is not None and slot.owner.key[0] <= history.after
        self._dirty.add(device_id)
        if device_id in self._asleep:
            self._asleep.discard(device_id)
            self._settle_paid(track, history.after)

    def _settle_paid(self, track: Track, after: int) -> None:
        """Leave payments as they are stored that belong to what a device, which slept, did before its history; it is not read back."""
        until = after + max(self.plan.micros.visit_timeout, self.plan.micros.exit_grace)
        for slot in track.payments:
            slot.settled = slot.settled or (slot.payment.device_id is not None and slot.payment.ts <= until)

    def _believe(self, visits: Iterable[Visit], payments: Iterable[Payment]) -> None:
        """Take back visits as they are stored, which is as they would be told, and all payments since the first of them: no news."""
        for payment in payments:
            slot = self._slot(payment)
            slot.said = True
            if payment.device_id is not None:
                self._tracks.setdefault(payment.device_id, Track()).payments.append(slot)
        device_id, entered_at, twin = "", NEVER, 0
        for visit in visits:
            twin = twin + 1 if (visit.entered_at, visit.device_id) == (entered_at, device_id) else 0
            device_id, entered_at = visit.device_id, visit.entered_at
            self._take_back(visit, twin)
        self.signals.load((), visits, ())

    def _take_back(self, visit: Visit, twin: int) -> None:
        """Have a device stay as it is stored until something happens to it."""
        device_id = visit.device_id
        track = self._tracks.get(device_id)
        if track is None:
            track = self._tracks[device_id] = Track()
        self._asleep.add(device_id)
        span = span_of(visit, twin)
        track.spans = tuple(sorted((*track.spans, span), key=KEY)) if track.spans else (span,)
        track.said = (*track.said, Said(span, visit, twin=twin))
        track.journey.last_ts = max(track.journey.last_ts, span.left_at)  # for `_let_go`
        if device_id not in self.plan.staff:
            self._tills.change(device_id, (), (span,))
        for payment in visit.payments:
            slot = self._paid.get(payment.id) or self._slot(payment)
            slot.owner, slot.visit_id, slot.said = Owner(device_id, span.key), visit.visit_id, True
            if not any(slot is one for one in track.payments):
                track.payments.append(slot)
        deadline = self._deadline(span)
        if visit.is_final:
            self.pass_time(deadline + 1)
        else:
            self._set_alarm(device_id, track, deadline)

    def _remember(self, visit: Visit, *, settled: bool) -> None:
        """Take back a visit as it is stored, with its payments; a settled one is there for those only, and keeps its span for good."""
        track, span = self._tracks.setdefault(visit.device_id, Track()), span_of(visit, twin_of(visit))
        if visit.is_final:
            self.pass_time(self._deadline(span) + 1)
        if any(said.key == span.key for said in track.said):
            if visit.device_id not in self.plan.staff:
                self._tills.change(visit.device_id, (), [known for known in track.spans if known.key == span.key])
            return
        track.said = (*track.said, Said(span if settled else None, visit, twin=span.twin))
        self._remember_paid(track, visit, span.key, settled=settled)
        if settled:
            track.journey.done = tuple(sorted([*track.journey.done, span], key=KEY))
            track.journey.last_ts = max(track.journey.last_ts, span.left_at)
            track.spans = tuple(sorted([*track.spans, span], key=KEY))
            if visit.device_id not in self.plan.staff:
                self._tills.change(visit.device_id, (), [span])

    def _remember_paid(self, track: Track, visit: Visit, key: tuple[int, int], *, settled: bool) -> None:
        for payment in visit.payments:
            slot = self._paid.get(payment.id) or self._slot(payment)
            if slot.owner is None and not slot.said:
                slot.owner, slot.visit_id, slot.settled = Owner(visit.device_id, key), visit.visit_id, settled
                slot.said = slot.payment.zone_id == payment.zone_id  # else the till is in another zone by now
                if not any(slot is one for one in track.payments):
                    track.payments.append(slot)
            self._slots.append(slot)
