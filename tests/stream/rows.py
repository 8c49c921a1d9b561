"""A database of a few lines for tests of the engine: what flushes amount to, and what a restart reads back."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from operator import attrgetter

from sensors.reading import Payment, Reading
from storage.model import Signal, StoredReading, Visit
from stream.gathering import Gathering
from stream.journey import Plan, Tracked
from stream.naming import visit_id
from stream.store import Store
from tests.oracle import Expected, ExpectedVisit, from_visit


def by_device(visit: ExpectedVisit) -> tuple[str, str, int, int]:
    """In which order visits are compared; two of a device may begin at one moment."""
    return (visit.store_id, visit.device_id, visit.entered_at, visit.left_at)


class Rows:
    """The rows of one store, written change by change."""

    def __init__(self) -> None:
        self.readings: list[StoredReading] = []
        self.buffered: list[Reading] = []
        self.visits: dict[str, Visit] = {}
        self.payments: dict[str, tuple[Payment, str | None]] = {}
        self.signals: dict[tuple[str, int], Signal] = {}
        self.n_signals_gone = 0
        self.told_by: str | None = None

    def write(self, store: Store) -> None:
        """Apply what is new in a store; nothing may be removed that was not there, and no visit may be written unchanged."""
        self.readings += [StoredReading(reading, is_late=False) for reading in self.buffered]
        self.buffered = []
        if stirred := store.stirred():
            store.wake(Gathering(self, store, []).asleep(stirred))
        changes = store.take()
        self.told_by = store.told_by
        for removed in changes.removed:
            assert self.visits.pop(removed.visit_id).entered_at == removed.entered_at
        assert len({visit.visit_id for visit in changes.visits}) == len(changes.visits)
        for visit in changes.visits:
            assert self.visits.get(visit.visit_id) != visit
            self.visits[visit.visit_id] = visit
        for signal in changes.signals_gone:
            assert self.signals.pop((signal.signal_id, signal.at), None) is not None
        for signal in changes.signals:
            assert self.signals.get((signal.signal_id, signal.at)) != signal, signal
            self.signals[signal.signal_id, signal.at] = signal
        self.n_signals_gone += len(changes.signals_gone)
        self.payments.update({payment.id: (payment, visit_id) for payment, visit_id in changes.payments})

    def add(self, store: Store, readings: Sequence[Reading]) -> None:
        """Bring readings to a store as the worker does; where late ones are new, their devices are told anew, and all is written."""
        accepted, late, _ = store.add(list(readings))
        self.buffered += accepted
        known = {stored.reading.id for stored in self.readings} | {reading.id for reading in self.buffered}
        new = [reading for reading in late if reading.id not in known]
        if new:
            store.recall(Gathering(self, store, self.buffered).late(new))
            self.readings += [StoredReading(reading, is_late=True) for reading in new]
            self.write(store)

    def rebuild(self, store: Store, *, devices_at_once: int) -> None:
        """Tell all devices anew, a few at a time, as a rebuild of all time does."""
        self.write(store)
        heard = {reading.device_id for reading in self._own(store.store_id) if isinstance(reading, Tracked | Payment)}
        devices = sorted(device for device in heard if device is not None)
        times = [one.reading.ts for one in self.readings] or [0]
        n_steps = max(1, -(-len(devices) // devices_at_once))
        cuts = [min(times) + (max(times) + 1 - min(times)) * step // n_steps for step in range(n_steps + 1)]
        for step, paid in enumerate(pairwise(cuts)):
            some = devices[step * devices_at_once : (step + 1) * devices_at_once]
            store.recall(Gathering(self, store, []).since(0, some, paid))
            store.let_go()
            self.write(store)

    def restored(self, store: Store, plan: Plan) -> Store:
        """Make a store anew from what is stored, from as far back as the worker reads."""
        again = Store(store.store_id, plan)
        horizon = again.reach(store.store_time)
        live = [visit.entered_at for visit in self.visits.values() if not visit.is_final or visit.left_at >= horizon]
        floor = min([horizon, *live])
        ids = [one.id for one in self._own(store.store_id, again.ids_reach(store.store_time))]
        again.resume(store.store_time, ids, self._heard(store.store_id, again.sensors_reach(store.store_time), again.signals.least_silence))
        again.recall(Gathering(self, again, []).everything(floor, self.told_by))
        return again

    def _heard(self, store_id: str, since: int, within: int) -> list[tuple[str, int]]:
        """As `storage.reader.Reader.sensors_since`."""
        pieces: dict[tuple[str, int], list[int]] = {}
        for reading in self._own(store_id, since) if within else []:
            pieces.setdefault((reading.sensor_id, reading.ts // within), []).append(reading.ts)
        return [(sensor_id, ts) for (sensor_id, _), times in pieces.items() for ts in {min(times), max(times)}]

    def readings_since(self, store_id: str, since: int) -> Iterator[list[StoredReading]]:
        """As `storage.reader.Reader`."""
        yield [one for one in self.readings if one.reading.store_id == store_id and one.reading.ts >= since]

    def live_visits(self, store_id: str, since: int) -> list[Visit]:
        """As `storage.reader.Reader`."""
        own = [one for one in self.visits.values() if one.store_id == store_id and (not one.is_final or one.left_at >= since)]
        return sorted(own, key=by_device)  # type: ignore[arg-type]

    def device_readings(self, store_id: str, devices: Collection[str], since: int) -> dict[str, list[Reading]]:
        """As `storage.reader.Reader`."""
        found: dict[str, list[Reading]] = {}
        for reading in self._own(store_id, since):
            device = getattr(reading, "device_id", None)
            if device is not None and device in devices:
                found.setdefault(device, []).append(reading)
        return found

    def devices_before(self, store_id: str, devices: Collection[str], before: int) -> set[str]:
        """As `storage.reader.Reader`."""
        heard = {reading.device_id for reading in self._own(store_id) if isinstance(reading, Tracked) and reading.ts < before}
        return heard & set(devices)

    def device_visits(self, store_id: str, after: Mapping[str, int]) -> list[Visit]:
        """As `storage.reader.Reader`."""
        return [
            visit
            for visit in self.visits.values()
            if visit.store_id == store_id and visit.device_id in after and visit.entered_at > after[visit.device_id]
        ]

    def anonymous_payments(self, store_id: str, stretches: Collection[tuple[int, int]]) -> list[Payment]:
        """As `storage.reader.Reader`."""
        paid = [reading for reading in self._own(store_id) if isinstance(reading, Payment) and reading.device_id is None]
        return [payment for payment in paid if any(start <= payment.ts <= end for start, end in stretches)]

    def payments_in(self, store_id: str, stretches: Collection[tuple[int, int]]) -> list[Payment]:
        """As `storage.reader.Reader`."""
        paid = [reading for reading in self._own(store_id) if isinstance(reading, Payment)]
        return [payment for payment in paid if any(start <= payment.ts <= end for start, end in stretches)]

    def visits_in_zones(self, store_id: str, asked: Iterable[tuple[str, int, int]]) -> list[Visit]:
        """As `storage.reader.Reader`."""
        wanted = list(asked)
        return [
            visit
            for visit in self.visits.values()
            if visit.store_id == store_id
            and any(
                stay.zone_id == zone and stay.started_at <= until and stay.ended_at >= since
                for zone, since, until in wanted
                for stay in visit.stays
            )
        ]

    def heard(self, store_id: str, asked: Iterable[tuple[str, int]], within: int) -> dict[str, list[int]]:
        """As `storage.reader.Reader`."""
        found: dict[str, list[int]] = {}
        for sensor_id, ts in asked:
            own = [one.ts for one in self._own(store_id) if one.sensor_id == sensor_id and abs(one.ts - ts) <= within]
            before, after = [one for one in own if one < ts], [one for one in own if one > ts]
            found.setdefault(sensor_id, []).extend([*sorted(before)[-1:], *sorted(after)[:1]])
        return found

    def signals_of(self, store_id: str, visit_ids: Collection[str], stretches: Collection[tuple[int, int]]) -> list[Signal]:
        """As `storage.reader.Reader`."""
        return [
            signal
            for signal in self.signals.values()
            if signal.store_id == store_id
            and (signal.visit_id in visit_ids or (signal.visit_id is None and any(start <= signal.at <= end for start, end in stretches)))
        ]

    def visits_staying(self, store_id: str, asked: Iterable[tuple[str, int]]) -> list[Visit]:
        """As `storage.reader.Reader`."""
        pairs = list(asked)
        return [
            visit
            for visit in self.visits.values()
            if visit.store_id == store_id
            and any(stay.zone_id == zone and stay.started_at <= ts <= stay.ended_at for zone, ts in pairs for stay in visit.stays)
        ]

    def _own(self, store_id: str, since: int = 0) -> list[Reading]:
        return [one.reading for one in self.readings if one.reading.store_id == store_id and one.reading.ts >= since]

    def check_themselves(self) -> None:
        """All visits are final and have their names; the rows of payments and those of visits agree."""
        begun: Counter[tuple[str, int]] = Counter()
        for visit in sorted(self.visits.values(), key=attrgetter("left_at")):
            assert visit.is_final
            twin = begun[visit.device_id, visit.entered_at]
            begun[visit.device_id, visit.entered_at] += 1
            assert visit.visit_id == visit_id(visit.store_id, visit.device_id, visit.entered_at, twin)
        paid = {payment.id: (payment, visit.visit_id) for visit in self.visits.values() for payment in visit.payments}
        assert {payment_id: row for payment_id, row in self.payments.items() if row[1] is not None} == paid

    def check_zones(self, plan: Plan) -> None:
        """Each payment is in the zone that it named, or else in that of its till."""
        for payment in (one.reading for one in self.readings if isinstance(one.reading, Payment)):
            assert self.payments[payment.id][0].zone_id == (payment.zone_id or plan.till_zones.get(payment.sensor_id))

    def as_expected(self) -> Expected:
        """Return the rows in the form of the oracle."""
        visits = sorted(map(from_visit, self.visits.values()), key=by_device)
        nobody = sorted((payment.ts, payment.id, payment.store_id) for payment, visit_id in self.payments.values() if visit_id is None)
        return Expected(visits, [(store_id, payment_id) for _, payment_id, store_id in nobody])
