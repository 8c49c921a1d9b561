"""Signals are a pure function of the set of readings: a slow, plain function of sets agrees, whatever the order, the cuts, the restarts."""

import random

import msgspec
import pytest

from sensors.hours import DAYS
from sensors.layout import Layout, Zone
from sensors.reading import SECOND, Reading
from storage.model import Signal
from stream.journey import Plan
from stream.store import Store
from tests.plain_signals import Told, plain_signals
from tests.strategies import Case, arrivals, random_case
from tests.stream.rows import Rows
from tests.streams import seeds

SEEDS = len(seeds(100))
KINDS = {"long_dwell", "abandoned_basket", "zone_congested", "zone_cleared", "queue_long", "sensor_silent", "priority_changed"}


HOURS: tuple[list[str], ...] = (["08:00", "20:00"], ["00:00", "09:30", "10:00", "24:00"], ["12:10", "12:20"], [])


def _layout(case: Case, store_id: str, rng: random.Random) -> Layout:
    """Give a store thresholds that a few devices reach."""
    layout = case.world.layouts.get(store_id, Layout(store_id=store_id))
    zones = tuple(msgspec.structs.replace(zone, capacity=rng.choice((None, 1, 2, 4))) for zone in layout.zones)
    rules: dict[str, bool | int | float | str] = {
        "long_dwell_s": rng.choice((0, 5, 60, 900)),
        "long_dwell_s.food": rng.choice((1, 10, 60)),
        "zone_congested_people.tills": rng.choice((0, 1, 2, 3)),
        "zone_congested_for_s": rng.choice((0, 1, 5, 30)),
        "queue_long_people": rng.choice((0, 1, 2)),
        "queue_long_wait_s": rng.choice((0, 30, 45, 90)),
        "queue_till_open_s": rng.choice((0, 1, 30, 1800)),
        "queue_long_for_s": rng.choice((0, 1, 20)),
        "sensor_silent_s": rng.choice((0, 1, 60, 1800)),
        "presence_hold_s": rng.choice((0, 5, 30, 3600)),
        "priority_changed_score": rng.choice((0, 0.1, 0.3, 0.75)),
        "priority_hold_s": rng.choice((0, 5, 60)),
        "priority_least_s": rng.choice((0, 60)),
        "priority_least_touches": rng.choice((0, 1, 2)),
    }
    hours = {day: rng.choice(HOURS) for day in DAYS if rng.random() < 0.8} if rng.random() < 0.5 else {}
    return msgspec.structs.replace(layout, zones=zones or (Zone(zone_id="food", capacity=1),), rules=rules, opening_hours=hours)


def _told(signal: Signal) -> Told:
    subject = {
        "long_dwell": f"{signal.device_id} {signal.zone_id}",
        "abandoned_basket": signal.device_id,
        "priority_changed": f"{signal.device_id} {signal.zone_id}",
        "sensor_silent": signal.sensor_id,
    }
    return Told(signal.kind, subject.get(signal.kind, signal.zone_id) or "", signal.since, signal.at, signal.value)


def _days_apart(rng: random.Random, readings: list[Reading]) -> list[Reading]:
    """Move the later part of a stream by days, so that what was before is forgotten when it is corrected."""
    if len(readings) < 4 or rng.random() < 0.4:
        return readings
    cut = sorted(one.ts for one in readings)[rng.randrange(1, len(readings))]
    by = rng.choice((1, 2, 5)) * 86_400 * SECOND + rng.randrange(7200) * SECOND
    return [msgspec.structs.replace(one, ts=one.ts + by, received_at=one.received_at + by) if one.ts >= cut else one for one in readings]


def _case(rng: random.Random) -> Case:
    """A random stream, perhaps with days between its parts."""
    case = random_case(rng)
    return Case(case.world, _days_apart(rng, case.readings))


def _arriving(rng: random.Random, case: Case, *, any_order: bool) -> list[Reading]:
    """Its readings as they come: on time, or in any order."""
    arriving = arrivals(rng, case.readings, case.world.lateness_s())
    if any_order:
        rng.shuffle(arriving)
    return arriving


def _compare(seed: int, *, restart: float, any_order: bool) -> set[str]:
    rng = random.Random(seed)
    case = _case(rng)
    arriving = _arriving(rng, case, any_order=any_order)
    kinds = set()
    for store_id in case.world.stores:
        layout, rules = _layout(case, store_id, rng), case.world.rules_of(store_id)
        plan = Plan(rules, layout)
        store, rows = Store(store_id, plan), Rows()
        own = [reading for reading in arriving if reading.store_id == store_id]
        while own:
            cut = rng.randint(1, 6)
            rows.add(store, own[:cut])
            own = own[cut:]
            if rng.random() < 0.5:
                rows.write(store)
            if rng.random() < restart:
                rows.write(store)
                store = rows.restored(store, plan)
                before = {**rows.visits}, {**rows.signals}
                rows.write(store)
                assert (rows.visits, rows.signals) == before, f"seed {seed} {store_id}: a restart says something new"
        store.close()
        rows.write(store)
        found = sorted(_told(signal) for signal in rows.signals.values())
        readings = [one for one in case.readings if one.store_id == store_id]
        assert found == plain_signals(rows.visits.values(), readings, layout, rules), f"seed {seed} {store_id}"
        assert len({signal.signal_id for signal in rows.signals.values()}) == len(rows.signals)
        kinds |= {one.kind for one in found}
    return kinds


@pytest.mark.parametrize(("first", "restart", "any_order"), [(900, 0.0, False), (600, 0.2, False), (0, 0.0, True), (300, 0.2, True)])
def test_signals_of_random_streams(first: int, restart: float, any_order: bool) -> None:
    """On time and late by days, with and without restarts, which say nothing: the last word is the same, and each kind comes up."""
    kinds = set()
    for seed in range(first, first + SEEDS):
        kinds |= _compare(seed, restart=restart, any_order=any_order)
    assert kinds == KINDS


@pytest.mark.parametrize("any_order", [False, True])
def test_a_store_that_restarts_says_what_one_that_never_stopped_says(any_order: bool) -> None:
    """After each flush, and not only in the end: visits, payments and signals are the same, whoever sleeps."""
    for seed in range(4000, 4000 + SEEDS):
        rng = random.Random(seed)
        case = _case(rng)
        arriving = _arriving(rng, case, any_order=any_order)
        for store_id in case.world.stores:
            plan = Plan(case.world.rules_of(store_id), _layout(case, store_id, rng))
            steady, restarting = Store(store_id, plan), Store(store_id, plan)
            rows, again = Rows(), Rows()
            own = [reading for reading in arriving if reading.store_id == store_id]
            for first in range(0, len(own), 3):
                for store, written in ((steady, rows), (restarting, again)):
                    written.add(store, own[first : first + 3])
                    written.write(store)
                assert (rows.visits, rows.payments, rows.signals) == (again.visits, again.payments, again.signals), (
                    f"seed {seed} {store_id}"
                )
                if rng.random() < 0.3:
                    restarting = again.restored(restarting, plan)


def test_a_rebuild_tells_signals_anew() -> None:
    """After thresholds, opening hours and staff have changed, a rebuild of all time says what the new plan says; silences stay as found."""
    kinds = set()
    for seed in range(2000, 2000 + SEEDS):
        rng = random.Random(seed)
        case = _case(rng)
        for store_id in case.world.stores:
            rules, rows = case.world.rules_of(store_id), Rows()
            plan, layout = Plan(rules, _layout(case, store_id, rng)), _layout(case, store_id, rng)
            layout = msgspec.structs.replace(layout, staff_devices=rng.choice((layout.staff_devices, frozenset({"d1", "d2"}))))
            store = Store(store_id, plan)
            rows.add(store, [one for one in arrivals(rng, case.readings, case.world.lateness_s()) if one.store_id == store_id])
            store.close()
            rows.write(store)
            plan = Plan(rules, layout)
            store = rows.restored(store, plan)
            rows.rebuild(store, devices_at_once=rng.choice((1, 3, 100)))
            store.close()
            rows.write(store)
            found = sorted(_told(signal) for signal in rows.signals.values() if signal.kind != "sensor_silent")
            readings = [one for one in case.readings if one.store_id == store_id]
            wanted = [one for one in plain_signals(rows.visits.values(), readings, layout, rules) if one.kind != "sensor_silent"]
            assert found == wanted, f"seed {seed} {store_id}"
            kinds |= {one.kind for one in found}
    assert kinds == KINDS - {"sensor_silent"}
