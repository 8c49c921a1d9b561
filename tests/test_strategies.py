"""The streams are valid, arrive on time, and hit what they are meant to hit."""

import itertools
import random
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given

from sensors.reading import KAFKA_BATCH, KAFKA_ENCODER, SECOND, Entry, Payment, Reading, Status
from tests.oracle import Expected, expect
from tests.strategies import AHEAD, RANDOMS, STORES, Case, arrivals, cases, random_case, random_stream, random_world

SEEDS = range(400)


@pytest.fixture(scope="module")
def drawn() -> list[tuple[Case, Expected]]:
    """Some hundred cases with what the oracle says of them."""
    drawn = [random_case(random.Random(seed)) for seed in SEEDS]
    return [(case, expect(case.readings, case.world.layouts, case.world.rules)) for case in drawn]


def late(readings: list[Reading], case: Case) -> list[Reading]:
    """List the readings that are further behind their store's time than its lateness (section 4)."""
    found = []
    clocks: dict[str, int] = {}
    for reading in readings:
        allowed = round(case.world.lateness_s()[reading.store_id] * SECOND)
        if reading.ts < clocks.get(reading.store_id, 0) - allowed:
            found.append(reading)
        clocks[reading.store_id] = max(clocks.get(reading.store_id, 0), min(reading.ts, reading.received_at))
    return found


@given(cases())
def test_readings_are_valid(case: Case) -> None:
    """What is drawn could have come from Kafka, and ids are told apart within a store."""
    assert KAFKA_BATCH.decode(KAFKA_ENCODER.encode(case.readings)) == case.readings
    assert len({(reading.store_id, reading.id) for reading in case.readings}) == len(case.readings)


def test_a_seed_gives_the_same_stream() -> None:
    """The fast generator is a function of its seed."""
    for seed in range(20):
        assert random_case(random.Random(seed)) == random_case(random.Random(seed))
    world = random_world(random.Random(1))
    assert len(random_stream(random.Random(2), world, 77)) == 77


@given(cases(), RANDOMS)
def test_arrivals_are_on_time_and_complete(case: Case, rng: random.Random) -> None:
    """None is late, none is lost, and none is more than 5 minutes ahead of its arrival; they come as received."""
    arrived = arrivals(rng, case.readings, case.world.lateness_s())
    assert late(arrived, case) == []
    assert {(reading.store_id, reading.id) for reading in arrived} == {(reading.store_id, reading.id) for reading in case.readings}
    assert [reading.received_at for reading in arrived] == sorted(reading.received_at for reading in arrived)
    assert all(reading.ts <= reading.received_at + AHEAD for reading in arrived)


def test_arrivals_reach_their_bounds(drawn: list[tuple[Case, Expected]]) -> None:
    """Some readings are exactly as far behind as they may be, some clocks are exactly 5 minutes ahead, some come again."""
    seen: Counter[str] = Counter()
    for seed, (case, _) in enumerate(drawn):
        clocks: dict[str, int] = dict.fromkeys(STORES, 0)
        ids: set[tuple[str, str]] = set()
        for reading in arrivals(random.Random(seed), case.readings, case.world.lateness_s()):
            allowed = round(case.world.lateness_s()[reading.store_id] * SECOND)
            seen["at the bound"] += 0 < allowed == clocks[reading.store_id] - reading.ts
            seen["ahead"] += reading.ts == reading.received_at + AHEAD
            seen["again"] += (reading.store_id, reading.id) in ids
            seen["behind"] += reading.ts < clocks[reading.store_id]
            ids.add((reading.store_id, reading.id))
            clocks[reading.store_id] = max(clocks[reading.store_id], min(reading.ts, reading.received_at))
    assert all(seen[what] >= 100 for what in ("at the bound", "ahead", "again", "behind")), seen


def test_one_lateness_for_all_stores() -> None:
    """A number serves where no store has its own."""
    case = random_case(random.Random(3))
    arrived = arrivals(random.Random(4), case.readings, 0, duplicates=0)
    assert len(arrived) == len(case.readings)


def silences(case: Case) -> Iterator[tuple[str, str, int]]:
    """Yield, between neighbours of a device, the store, the kind of the earlier reading, and the silence in microseconds."""
    devices: dict[tuple[str, str], list[Reading]] = {}
    for reading in sorted(case.readings, key=lambda reading: reading.ts):
        if not isinstance(reading, Payment | Status):
            devices.setdefault((reading.store_id, reading.device_id), []).append(reading)
    for (store_id, _), readings in devices.items():
        for earlier, later in itertools.pairwise(readings):
            begin = later.ts - round((getattr(later, "duration_s", None) or 0) * SECOND)
            exit_before = isinstance(earlier, Entry) and earlier.direction == "out"
            yield store_id, "exit" if exit_before else "other", max(0, begin - earlier.ts)


def test_thresholds_are_hit_on_both_sides(drawn: list[tuple[Case, Expected]]) -> None:
    """Silences are often exactly a threshold, and one microsecond less and more."""
    seen: Counter[tuple[str, int]] = Counter()
    for case, _ in drawn:
        for store_id, before, silence in silences(case):
            rules = case.world.rules_of(store_id)
            seen["tie", 0] += silence == 0
            for beside in (-1, 0, 1):
                seen["gap", beside] += silence == round(rules.presence_gap_s * SECOND) + beside
                seen["timeout", beside] += silence == round(rules.visit_timeout_s * SECOND) + beside
                seen["grace", beside] += before == "exit" and silence == round(rules.exit_grace_s * SECOND) + beside
    assert len(seen) == 10
    assert min(seen.values()) >= 20, seen


def test_collisions_happen(drawn: list[tuple[Case, Expected]]) -> None:
    """Everything that section 4 distinguishes is there many times."""
    seen: Counter[str] = Counter()
    for case, found in drawn:
        payments = {(reading.store_id, reading.id): reading for reading in case.readings if isinstance(reading, Payment)}
        seen["several stores"] += len(case.world.stores) > 1
        seen["store without layout"] += len(case.world.layouts) < len(case.world.stores)
        seen["unattributed"] += len(found.unattributed)
        for visit in found.visits:
            seen[str(visit.ended_by)] += 1
            seen["pass-by"] += visit.pass_by
            seen["staff"] += visit.is_staff
            seen["bounced"] += visit.bounced
            seen["taken"] += bool(visit.taken)
            seen["no stay"] += not visit.stays
            seen["several currencies"] += visit.basket_total is None
            seen["several stays"] += len(visit.stays) > 2
            seen["known payment"] += any(payments[visit.store_id, payment].device_id is not None for payment in visit.payments)
            seen["anonymous payment"] += any(payments[visit.store_id, payment].device_id is None for payment in visit.payments)
        seen["several at the till"] += sum(several_at_the_till(payment, found) for payment in payments.values())
    assert min(seen.values()) >= 20, seen


def several_at_the_till(payment: Payment, found: Expected) -> bool:
    """Whether two devices or more stay in the zone that an anonymous payment names."""
    return (
        payment.device_id is None
        and sum(
            any(stay.zone_id == payment.zone_id and stay.started_at <= payment.ts <= stay.ended_at for stay in visit.stays)
            for visit in found.visits
            if visit.store_id == payment.store_id
        )
        > 1
    )
