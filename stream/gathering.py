"""Gathers from the database what a store has to know again to tell devices anew (`stream.recall` says what that is, and why)."""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from sensors.reading import SECOND, Dwell, Entry, Payment, Reading, Shelf
from storage.model import Visit
from stream.journey import NEVER, Plan, Tracked
from stream.recall import History, Recalled, Where, begin_of, differing, since_a_silence
from stream.store import Store

FIRST_LOOK = 2 * 86_400 * SECOND
"""How far back readings are read at first; where they show no silence, four times as far, and so on."""


ANYWHERE = ""
"""No zone has this name."""


class Past(Protocol):
    """What is stored: `storage.reader.Reader`, which says what each of these returns."""

    def device_readings(self, store_id: str, devices: Collection[str], since: int) -> dict[str, list[Reading]]: ...  # noqa: D102
    def devices_before(self, store_id: str, devices: Collection[str], before: int) -> set[str]: ...  # noqa: D102
    def device_visits(self, store_id: str, after: Mapping[str, int]) -> list[Visit]: ...  # noqa: D102
    def anonymous_payments(self, store_id: str, stretches: Collection[tuple[int, int]]) -> list[Payment]: ...  # noqa: D102
    def visits_staying(self, store_id: str, asked: Iterable[tuple[str, int]]) -> list[Visit]: ...  # noqa: D102


class Gathering:
    """One store's readings, stored and about to be.

    Args:
        past: the database.
        plan: its rules and layout as they are now.
        buffered: its readings on time that the database does not have yet.
        store: which store; it must stand still until it recalls what was gathered.
    """

    def __init__(self, past: Past, plan: Plan, buffered: list[Reading], store: Store) -> None:
        self._past = past
        self._store_id = store.store_id
        self._plan = plan
        self._buffered = buffered
        self._settled = store.settled

    def everything(self, since: int, readings: list[Reading]) -> Recalled:
        """Gather a whole store, for a worker that takes it up.

        Args:
            since: how far back (`Reader.live_floor`).
            readings: all that are stored from then on.
        """
        heard: dict[str, list[Tracked]] = {}
        for reading in readings:
            if isinstance(reading, Tracked):
                heard.setdefault(reading.device_id, []).append(reading)
            elif isinstance(reading, Payment) and reading.device_id is not None:
                heard.setdefault(reading.device_id, [])
        begun = self._past.devices_before(self._store_id, heard, since)
        histories = {device: History(NEVER, tracked) for device, tracked in heard.items() if device not in begun}
        if begun:
            histories |= self._histories(dict.fromkeys(begun, since), [])[0]
        visits = self._past.device_visits(self._store_id, {device: max(history.after, -1) for device, history in histories.items()})
        paid = [reading for reading in readings if isinstance(reading, Payment)]
        return Recalled(histories, visits, [one for one in paid if one.device_id is None or self._may_change(one, histories)])

    def since(self, since: int, devices: Iterable[str], paid: tuple[int, int]) -> Recalled:
        """Gather what it takes to tell devices anew from a time on, and the payments without a device of a stretch of time.

        Args:
            since: microseconds since 1970.
            devices: which.
            paid: the stretch, its end excluded.
        """
        return self._gather(dict.fromkeys(devices, since), [], [Where(ANYWHERE, paid[0], paid[1] - 1)])

    def late(self, late: list[Reading]) -> Recalled:
        """Gather what late readings ask for; they are not stored yet, and will be part of the histories."""
        wanted: dict[str, int] = {}
        for reading in late:
            if isinstance(reading, Tracked):
                wanted[reading.device_id] = min(begin_of(reading), wanted.get(reading.device_id, -NEVER))
            elif isinstance(reading, Payment) and reading.device_id is not None:
                wanted[reading.device_id] = min(reading.ts, wanted.get(reading.device_id, -NEVER))
        return self._gather(wanted, late, [])

    def _gather(self, wanted: Mapping[str, int], late: list[Reading], where: list[Where]) -> Recalled:
        """Gather devices since when they are wanted, and the payments that change hands with them or lie in these places."""
        histories, own_payments = self._histories(wanted, late) if wanted else ({}, [])
        visits = self._past.device_visits(self._store_id, {device: max(history.after, -1) for device, history in histories.items()})
        payments = own_payments + self._anonymous(histories, visits, late, where)
        told = {visit.visit_id for visit in visits}
        others = [visit for visit in self._past.visits_staying(self._store_id, self._asked(payments, visits)) if visit.visit_id not in told]
        foreign = [visit for visit in others if visit.device_id not in histories or visit.entered_at <= histories[visit.device_id].after]
        return Recalled(histories, visits + foreign, payments)

    def _histories(self, wanted: Mapping[str, int], late: list[Reading]) -> tuple[dict[str, History], list[Payment]]:
        """Read each device back to a silence before what is wanted of it; also what it paid since."""
        histories: dict[str, History] = {}
        own_payments: dict[str, list[Payment]] = {}
        unstored: dict[str | None, list[Reading]] = {}
        for reading in self._buffered + late:
            unstored.setdefault(_device(reading), []).append(reading)
        left, back = dict(wanted), FIRST_LOOK
        while left:
            since = max(0, min(left.values()) - back)
            stored = self._past.device_readings(self._store_id, left, since)
            begun = self._past.devices_before(self._store_id, left, since)
            for device, until in list(left.items()):
                readings = stored.get(device, []) + unstored.get(device, [])
                tracked = [reading for reading in readings if isinstance(reading, Tracked)]
                history = since_a_silence(tracked, until, self._settled(device), self._plan)
                if history is None and device not in begun:
                    history = History(NEVER, tracked)
                if history is not None:
                    histories[device] = history
                    told = history.after + max(
                        self._plan.micros.visit_timeout, self._plan.micros.exit_grace
                    )  # those are of the visit before
                    own_payments[device] = [one for one in readings if isinstance(one, Payment) and one.ts > told]
                    del left[device]
            back *= 4
        return histories, [payment for payments in own_payments.values() for payment in payments]

    def _may_change(self, payment: Payment, histories: Mapping[str, History]) -> bool:
        """Whether a payment with a device belongs to what is told anew; one shortly after `after` belongs to the visit before."""
        history = histories.get(payment.device_id or "")
        return history is not None and payment.ts > history.after + max(self._plan.micros.visit_timeout, self._plan.micros.exit_grace)

    def _anonymous(
        self, histories: Mapping[str, History], visits: list[Visit], late: list[Reading], where: Iterable[Where]
    ) -> list[Payment]:
        """The payments without a device that may change hands: in these places, where a stay is another one now, and late ones."""
        where = [*where]
        of_device: dict[str, list[Visit]] = {}
        for visit in visits:
            of_device.setdefault(visit.device_id, []).append(visit)
        for device, history in histories.items():
            where += differing(history, of_device.get(device, []), device, self._plan)
        found = self._past.anonymous_payments(self._store_id, _merged(where)) if where else []
        found += [reading for reading in self._buffered + late if isinstance(reading, Payment) and reading.device_id is None]
        late_ids = {reading.id for reading in late}
        return [payment for payment in found if payment.id in late_ids or any(self._is_in(payment, stay) for stay in where)]

    def _is_in(self, payment: Payment, stay: Where) -> bool:
        return stay.zone_id in {ANYWHERE, self._zone(payment)} and stay.started_at <= payment.ts <= stay.ended_at

    def _asked(self, payments: Iterable[Payment], visits: Iterable[Visit]) -> list[tuple[str, int]]:
        """Where and when somebody may have stayed who has to do with these payments, or with those of these visits."""
        paid = [*payments, *(payment for visit in visits for payment in visit.payments)]
        pairs = [(self._zone(payment), payment.ts) for payment in paid if payment.device_id is None]
        return [(zone, ts) for zone, ts in pairs if zone is not None]

    def _zone(self, payment: Payment) -> str | None:
        return payment.zone_id or self._plan.till_zones.get(payment.sensor_id)


def _device(reading: Reading) -> str | None:
    return reading.device_id if isinstance(reading, Entry | Dwell | Shelf | Payment) else None


def _merged(where: Iterable[Where]) -> list[tuple[int, int]]:
    """The stretches of time that these fill together, none twice."""
    merged: list[tuple[int, int]] = []
    for stay in sorted(where, key=lambda stay: stay.started_at):
        if merged and stay.started_at <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stay.ended_at))
        else:
            merged.append((stay.started_at, stay.ended_at))
    return merged
