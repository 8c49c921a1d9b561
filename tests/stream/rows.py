"""A database of a few lines for tests of the engine: what flushes amount to, and what a restart reads back."""

from collections.abc import Sequence

from sensors.reading import Payment, Reading
from storage.model import StoredReading, Visit
from stream.journey import Plan
from stream.store import Store
from tests.oracle import Expected, ExpectedVisit, from_visit


def by_device(visit: ExpectedVisit) -> tuple[str, str, int, int]:
    """In which order visits are compared; two of a device may begin at one moment."""
    return (visit.store_id, visit.device_id, visit.entered_at, visit.left_at)


class Rows:
    """The rows of one store, written change by change."""

    def __init__(self) -> None:
        self.readings: list[StoredReading] = []
        self.visits: dict[str, Visit] = {}
        self.payments: dict[str, tuple[Payment, str | None]] = {}

    def write(self, store: Store) -> None:
        """Apply what is new in a store; nothing may be removed that was not there, and no visit may be written unchanged."""
        changes = store.take()
        for removed in changes.removed:
            assert self.visits.pop(removed.visit_id).entered_at == removed.entered_at
        for visit in changes.visits:
            assert self.visits.get(visit.visit_id) != visit
            self.visits[visit.visit_id] = visit
        self.payments.update({payment.id: (payment, visit_id) for payment, visit_id in changes.payments})

    def add(self, store: Store, readings: Sequence[Reading]) -> None:
        """Bring readings to a store as the worker does: late ones only where they are not stored yet."""
        accepted, late, _ = store.add(list(readings))
        known = {stored.reading.id for stored in self.readings}
        new = [reading for reading in late if reading.id not in known]
        store.add_late(new)
        self.readings += [StoredReading(reading, is_late=False) for reading in accepted]
        self.readings += [StoredReading(reading, is_late=True) for reading in new]

    def restored(self, store: Store, plan: Plan) -> Store:
        """Make a store anew from what is stored, from as far back as the worker reads."""
        again = Store(store.store_id, plan)
        horizon = again.horizon(store.store_time)
        live = [visit.entered_at for visit in self.visits.values() if not visit.is_final or visit.left_at >= horizon]
        floor = min([horizon, *live])
        again.restore([[stored for stored in self.readings if stored.reading.ts >= floor]], store.store_time)
        return again

    def as_expected(self) -> Expected:
        """Return the rows in the form of the oracle."""
        visits = sorted(map(from_visit, self.visits.values()), key=by_device)
        nobody = sorted((payment.ts, payment.id, payment.store_id) for payment, visit_id in self.payments.values() if visit_id is None)
        return Expected(visits, [(store_id, payment_id) for _, payment_id, store_id in nobody])
