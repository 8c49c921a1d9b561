"""Gathers from the database what a store has to know again to tell devices anew (`stream.recall` says what that is, and why)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol

from sensors.reading import SECOND, Dwell, Entry, Payment, Reading, Shelf
from storage.model import Signal, StoredReading, Visit
from stream.journey import FOR_EVER, NEVER, Tracked
from stream.recall import History, Recalled, Where, begin_of, differing, since_a_silence, since_kept, told_anew
from stream.signal_kinds import Presence
from stream.store import Store

FIRST_LOOK = 3 * 3600 * SECOND
"""How far back readings are read at first; where they show no silence, four times as far, and so on."""


ANYWHERE = ""
"""No zone has this name."""


class Past(Protocol):
    """What is stored: `storage.reader.Reader`, which says what each of these returns."""

    def readings_since(self, store_id: str, since: int) -> Iterator[list[StoredReading]]: ...  # noqa: D102
    def live_visits(self, store_id: str, since: int) -> list[Visit]: ...  # noqa: D102
    def device_readings(self, store_id: str, devices: Collection[str], since: int) -> dict[str, list[Reading]]: ...  # noqa: D102
    def devices_before(self, store_id: str, devices: Collection[str], before: int) -> set[str]: ...  # noqa: D102
    def device_visits(self, store_id: str, after: Mapping[str, int]) -> list[Visit]: ...  # noqa: D102
    def anonymous_payments(self, store_id: str, stretches: Collection[tuple[int, int]]) -> list[Payment]: ...  # noqa: D102
    def visits_staying(self, store_id: str, asked: Iterable[tuple[str, int]]) -> list[Visit]: ...  # noqa: D102
    def visits_in_zones(self, store_id: str, asked: Iterable[tuple[str, int, int]]) -> list[Visit]: ...  # noqa: D102
    def payments_in(self, store_id: str, stretches: Collection[tuple[int, int]]) -> list[Payment]: ...  # noqa: D102
    def heard(self, store_id: str, asked: Iterable[tuple[str, int]], within: int) -> dict[str, list[int]]: ...  # noqa: D102
    def signals_of(self, store_id: str, visit_ids: Collection[str], stretches: Collection[tuple[int, int]]) -> list[Signal]: ...  # noqa: D102


class Gathering:
    """One store's readings, stored and about to be.

    Args:
        past: the database.
        store: which store; it must stand still until it takes back what was gathered.
        buffered: its readings on time that the database does not have yet.
        kept_since: since when all readings are kept, in microseconds since 1970; 0: all are.
    """

    def __init__(self, past: Past, store: Store, buffered: list[Reading], kept_since: int = 0) -> None:
        self._past = past
        self._store_id = store.store_id
        self._plan = store.plan
        self._buffered = buffered
        self._settled = store.settled
        self._horizon = store.horizon(store.store_time)
        self._kept_since = kept_since
        self._signals = store.signals

    def everything(self, since: int, told_by: str | None) -> Recalled:
        """Gather a whole store, for a worker that takes it up.

        Args:
            since: how far back (`Reader.live_floor`).
            told_by: the fingerprint of the plan by which the store was told last; where that is the plan of now, no readings are read.
        """
        paid = self._past.payments_in(self._store_id, [(since, FOR_EVER)])
        if told_by == self._plan.fingerprint:
            recalled = Recalled({}, self._past.live_visits(self._store_id, since), paid, is_believed=True)
        else:
            histories = self._all_histories(since, paid)
            may_change = [one for one in paid if one.device_id is None or self._may_change(one, histories)]
            recalled = Recalled(histories, self._visits_after(histories), may_change)
        recalled.till_payments = paid
        recalled.signals = self._past.signals_of(self._store_id, [visit.visit_id for visit in recalled.visits], [(since, FOR_EVER)])
        recalled.is_all = True
        return recalled

    def _all_histories(self, since: int, paid: list[Payment]) -> dict[str, History]:
        """Read all devices that were heard, or paid, from a time on."""
        heard: dict[str, list[Tracked]] = {payment.device_id: [] for payment in paid if payment.device_id is not None}
        for batch in self._past.readings_since(self._store_id, since):
            for reading in (stored.reading for stored in batch):
                if isinstance(reading, Tracked):
                    heard.setdefault(reading.device_id, []).append(reading)
        begun = self._past.devices_before(self._store_id, heard, since)
        found = {device: since_kept(tracked, self._kept_since, self._plan) for device, tracked in heard.items() if device not in begun}
        histories = {device: history for device, history in found.items() if history is not None}
        if begun:
            histories |= self._histories(dict.fromkeys(begun, since), [])[0]
        return histories | self._since_a_visit(since, {*heard} - {*histories})

    def asleep(self, devices: Mapping[str, int]) -> Recalled:
        """Gather what sleeping devices did.

        Args:
            devices: which, and when the first visit of each began that is known.
        """
        since = min([self._horizon, *devices.values()])
        histories = self._histories({device: min(self._horizon, begun) for device, begun in devices.items()}, [])[0]
        histories |= self._since_a_visit(since, {*devices} - {*histories})
        older = {
            device: history
            for device, history in histories.items()
            if min((reading.ts for reading in history.readings), default=FOR_EVER) < devices[device]
        }
        return Recalled(histories, self._visits_after(older))

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
        untold = [reading for reading in late if _device(reading) in wanted.keys() - histories.keys()]
        late = [reading for reading in late if _device(reading) not in wanted.keys() - histories.keys()]
        visits = self._visits_after(histories)
        changed, present = self._differing(histories, visits)
        where += changed
        payments = own_payments + self._anonymous(late, where)
        told = {visit.visit_id for visit in visits}
        others = [visit for visit in self._past.visits_staying(self._store_id, self._asked(payments, visits)) if visit.visit_id not in told]
        foreign = [visit for visit in others if visit.device_id not in histories or visit.entered_at <= histories[visit.device_id].after]
        recalled = Recalled(histories, visits + foreign, payments, untold=untold)
        self._add_signals(recalled, late, present + self._anywhere(where))
        return recalled

    def _add_signals(self, recalled: Recalled, late: list[Reading], present: list[Presence]) -> None:
        """Read the forgotten days of zones that change, what is around late readings of sensors, and what was said of all of it."""
        days = {day for one in present for day in self._signals.days_of(*one)}
        days |= {day for one in late if isinstance(one, Payment) for day in self._signals.till_days(self._zone(one), one.ts)}
        recalled.days = sorted(days)
        around = [(zone, *self._signals.around(start)) for zone, start in recalled.days]
        if around:
            recalled.staying = self._past.visits_in_zones(self._store_id, around)
            recalled.till_payments = self._past.payments_in(self._store_id, _merged(Where(*one) for one in around))
        heard = self._heard(late)
        longest = self._signals.longest_silence
        near = [Where(ANYWHERE, min(times) - longest, max(times) + longest) for times in heard.values()]
        stretches = _merged([*near, *(Where(*one) for one in around)])
        visit_ids = [visit.visit_id for visit in recalled.visits]
        if stretches or visit_ids:
            recalled.signals = self._past.signals_of(self._store_id, visit_ids, stretches)
        if heard:
            recalled.heard = self._around(heard, recalled.signals)

    def _anywhere(self, where: list[Where]) -> list[Presence]:
        """Find out when somebody was, or was said to be, in zones with a threshold, where a stretch of time is looked at in all of them."""
        stretches = [(stay.started_at, stay.ended_at) for stay in where if stay.zone_id == ANYWHERE and stay.started_at <= stay.ended_at]
        if not stretches:
            return []
        zones = set(self._signals.watched)
        visits = self._past.visits_in_zones(self._store_id, [(zone, *stretch) for zone in sorted(zones) for stretch in stretches])
        said = self._past.signals_of(self._store_id, [], stretches)
        stays = [
            Presence(stay.zone_id, stay.started_at, stay.ended_at) for visit in visits for stay in visit.stays if stay.zone_id in zones
        ]
        return stays + [Presence(one.zone_id, one.at, one.at) for one in said if one.zone_id is not None and one.visit_id is None]

    def _heard(self, late: list[Reading]) -> dict[str, list[int]]:
        """When each sensor that is waited for was heard, as only now is known."""
        times: dict[str, list[int]] = {}
        for reading in late:
            if self._signals.waits_for(reading.sensor_id):
                times.setdefault(reading.sensor_id, []).append(reading.ts)
        return times

    def _around(self, heard: dict[str, list[int]], said: list[Signal]) -> list[tuple[str, list[int], list[int]]]:
        """Gather when else each sensor was heard around that: stored, and about to be.

        The database has no index over sensors, so it is asked where late readings begin and end only. Between them a silence can be no
        more, and one that was said names the reading behind which it began.
        """
        asked = [(sensor, ts) for sensor, times in heard.items() for ts in self._signals.ends(sensor, times)]
        others = self._past.heard(self._store_id, asked, self._signals.longest_silence)
        known = [(reading.sensor_id, reading.ts) for reading in self._buffered]
        for sensor, ts in [*known, *((one.sensor_id, one.since) for one in said)]:
            if sensor in heard:
                others.setdefault(sensor, []).append(ts)
        return [(sensor, times, others.get(sensor, [])) for sensor, times in heard.items()]

    def _histories(self, wanted: Mapping[str, int], late: list[Reading]) -> tuple[dict[str, History], list[Payment]]:
        """Read each device back to a silence before what is wanted of it; also what it paid since.

        A device is missing where no silence is kept, and it may have been here before.
        """
        histories: dict[str, History] = {}
        own_payments: dict[str, list[Payment]] = {}
        unstored: dict[str | None, list[Reading]] = {}
        for reading in self._buffered + late:
            unstored.setdefault(_device(reading), []).append(reading)
        left, back = dict(wanted), FIRST_LOOK
        while left:
            since = max(self._kept_since, min(left.values()) - back)
            stored = self._past.device_readings(self._store_id, left, since)
            begun = self._past.devices_before(self._store_id, left, since)
            for device, until in list(left.items()):
                readings = stored.get(device, []) + unstored.get(device, [])
                tracked = [reading for reading in readings if isinstance(reading, Tracked)]
                history = since_a_silence(tracked, until, self._settled(device), self._plan)
                if history is None and (device not in begun or since == self._kept_since):
                    history = since_kept(tracked, self._kept_since, self._plan)
                    if history is None:
                        del left[device]
                if history is not None:
                    histories[device] = history
                    told = history.after + max(
                        self._plan.micros.visit_timeout, self._plan.micros.exit_grace
                    )  # those are of the visit before
                    own_payments[device] = [one for one in readings if isinstance(one, Payment) and one.ts > told]
                    del left[device]
            back *= 4
        return histories, [payment for payments in own_payments.values() for payment in payments]

    def _since_a_visit(self, since: int, devices: set[str]) -> dict[str, History]:
        """Cut the readings of devices that were never silent since readings are kept: where their visit at that time began."""
        histories: dict[str, History] = {}
        for device in sorted(devices):
            begins = [visit.entered_at for visit in self._past.device_visits(self._store_id, {device: self._kept_since - 1})]
            begin = max((at for at in begins if at <= since), default=min(begins, default=None))
            if begin is not None:
                readings = self._past.device_readings(self._store_id, [device], begin).get(device, [])
                readings += [reading for reading in self._buffered if _device(reading) == device]
                histories[device] = History(begin - 1, [reading for reading in readings if isinstance(reading, Tracked)])
        return histories

    def _visits_after(self, histories: Mapping[str, History]) -> list[Visit]:
        """The visits as they are stored that these histories amount to."""
        return self._past.device_visits(self._store_id, {device: max(history.after, -1) for device, history in histories.items()})

    def _may_change(self, payment: Payment, histories: Mapping[str, History]) -> bool:
        """Whether a payment with a device belongs to what is told anew; one shortly after `after` belongs to the visit before."""
        history = histories.get(payment.device_id or "")
        return history is not None and payment.ts > history.after + max(self._plan.micros.visit_timeout, self._plan.micros.exit_grace)

    def _differing(self, histories: Mapping[str, History], visits: list[Visit]) -> tuple[list[Where], list[Presence]]:
        """Find the stays of these devices, and their presence in watched zones, that are not as they are stored."""
        of_device: dict[str, list[Visit]] = {}
        for visit in visits:
            of_device.setdefault(visit.device_id, []).append(visit)
        where: list[Where] = []
        present: list[Presence] = []
        for device, history in histories.items():
            now, stored = told_anew(history, self._plan), of_device.get(device, [])
            where += differing(now, stored, device, self._plan)
            present += self._signals.differing(now, stored, device)
        return where, present

    def _anonymous(self, late: list[Reading], where: list[Where]) -> list[Payment]:
        """The payments without a device that may change hands: in these places, where a stay is another one now, and late ones."""
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
