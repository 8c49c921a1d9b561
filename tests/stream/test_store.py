"""A visit is a pure function of its set of readings: whatever the order, the cuts, the duplicates, the restarts."""

import random
from collections.abc import Callable
from uuid import UUID, uuid5

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.layout import Layout, SensorPlan, Zone
from sensors.reading import SECOND, Reading
from stream import gathering as gathering_module
from stream import live as live_module
from stream import payments as payments_module
from stream.journey import Plan
from stream.naming import visit_id
from stream.rules import Rules
from stream.store import Store
from tests import strategies
from tests.oracle import Expected, expect
from tests.strategies import Case, World, arrivals, cases, random_case, random_world
from tests.stream.make import alive, at, dwell, entry, payment, plan
from tests.stream.rows import Rows, by_device
from tests.streams import seeds

SEEDS = len(seeds(1500))


def _plan(case: Case, store_id: str) -> Plan:
    return Plan(case.world.rules_of(store_id), case.world.layouts.get(store_id, Layout(store_id=store_id)))


def _want(case: Case) -> Expected:
    visits, unattributed = expect(case.readings, case.world.layouts, case.world.rules)
    return Expected(sorted(visits, key=by_device), unattributed)


def _live(case: Case, rng: random.Random, restart: float = 0.0, *, any_order: bool = False, then: Case | None = None) -> Expected:
    """Let the readings arrive, cut into batches, with flushes and restarts now and then.

    They come in some order within lateness; with `any_order` in any, so that many are late, by hours. In the end all is told anew by the
    layouts of `then`.
    """
    arriving = arrivals(rng, case.readings, case.world.lateness_s())
    if any_order:
        for _ in range(rng.randint(1, len(arriving) + 1)):
            arriving.insert(rng.randint(0, len(arriving)), arriving.pop(rng.randrange(len(arriving))))
    visits, nobody = [], []
    for store_id in case.world.stores:
        own = [reading for reading in arriving if reading.store_id == store_id]
        store, rows = Store(store_id, _plan(case, store_id)), Rows()
        while own:
            cut = rng.randint(1, 6)
            rows.add(store, own[:cut])
            own = own[cut:]
            if rng.random() < 0.5:
                rows.write(store)
            if rng.random() < restart:
                rows.write(store)
                store = rows.restored(store, _plan(case, store_id))
        if then is not None:
            rows.write(store)
            store = rows.restored(store, _plan(then, store_id))
            rows.rebuild(store, devices_at_once=rng.randint(1, 3))
        store.close()
        rows.write(store)
        assert any_order or not any(stored.is_late for stored in rows.readings)
        rows.check_themselves()
        rows.check_zones(_plan(then or case, store_id))
        found = rows.as_expected()
        visits += found.visits
        nobody += found.unattributed
    order = {(reading.store_id, reading.id): reading.ts for reading in case.readings}
    return Expected(visits, sorted(nobody, key=lambda one: (one[0], order[one], one[1])))


@pytest.mark.parametrize("block", range(10))
def test_live_equals_the_independent_reading_of_section_4(block: int) -> None:
    """Random streams with everything in them, in random order within lateness, with duplicates, cuts and flushes."""
    for seed in range(block * SEEDS // 10, (block + 1) * SEEDS // 10):
        rng = random.Random(seed)
        case = random_case(rng)
        assert _live(case, rng) == _want(case), f"seed {seed}"


@pytest.mark.parametrize("block", range(5))
def test_a_restart_at_any_moment_changes_nothing(block: int) -> None:
    """A store made anew from its stored readings goes on exactly as the one that died."""
    for seed in range(block * SEEDS // 10, (block + 1) * SEEDS // 10):
        rng = random.Random(seed)
        case = random_case(rng)
        assert _live(case, rng, restart=0.2) == _want(case), f"seed {seed}"


@pytest.mark.parametrize("block", range(10))
def test_late_by_hours_and_still_the_same_visits(block: int) -> None:
    """Whatever comes late is told anew with the visits that it touches: in any order at all, the last result is the same."""
    for seed in range(block * SEEDS // 10, (block + 1) * SEEDS // 10):
        rng = random.Random(seed)
        case = random_case(rng)
        if case.readings:
            assert _live(case, rng, restart=0.1, any_order=True) == _want(case), f"seed {seed}"


@pytest.fixture
def short_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let presences last a minute at most, so that everything is forgotten within the minutes that a random stream lasts."""
    monkeypatch.setattr(live_module, "_MAX_DURATION", 60 * SECOND)
    monkeypatch.setattr(live_module, "IDS_KEPT", 20 * SECOND)
    monkeypatch.setattr(payments_module, "BUCKET", SECOND)
    monkeypatch.setattr(gathering_module, "FIRST_LOOK", 100 * SECOND)
    monkeypatch.setattr(strategies, "DURATIONS", (None, None, None, 0.0, 0.000001, 5.5, 30.0, 60.0))
    monkeypatch.setattr(strategies, "AHEAD", 5 * SECOND)
    monkeypatch.setattr(strategies, "RULES", strategies.RULES[1:])


@pytest.mark.usefixtures("short_memory")
@pytest.mark.parametrize(("restart", "any_order"), [(0.0, False), (0.2, False), (0.0, True), (0.1, True)])
def test_what_was_forgotten_changes_nothing(restart: float, any_order: bool) -> None:
    """What nothing on time can reach is let go, what comes late is read back: the visits are the same, and their rows agree."""
    for seed in range(SEEDS // 3):
        rng = random.Random(seed)
        case = random_case(rng)
        if case.readings:
            assert _live(case, rng, restart, any_order=any_order) == _want(case), f"seed {seed}"


@pytest.mark.parametrize("block", range(5))
def test_a_rebuild_tells_all_of_the_past_by_another_layout(block: int) -> None:
    """Live by one layout, and in the end by another: after a rebuild, a few devices at a time, all is by the other."""
    for seed in range(block * SEEDS // 10, (block + 1) * SEEDS // 10):
        rng = random.Random(seed)
        case, other = random_case(rng), random_world(rng)
        layouts = {store_id: other.layouts[store_id] for store_id in case.world.stores if store_id in other.layouts}
        then = Case(World(case.world.stores, layouts, case.world.rules), case.readings)
        assert _live(case, rng, restart=0.1, any_order=bool(case.readings), then=then) == _want(then), f"seed {seed}"


@settings(deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_live_equals_the_oracle_on_what_hypothesis_finds(case: Case, rng: random.Random) -> None:
    """The same where Hypothesis looks for trouble, and shrinks it."""
    assert _live(case, rng, restart=0.1) == _want(case)


@settings(deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_any_order_at_all_where_nothing_is_late(case: Case, rng: random.Random) -> None:
    """Offline, the readings may come in any order whatever, and in any batches."""
    want = _want(case)
    readings = rng.sample(case.readings, len(case.readings))
    found = []
    for store_id in case.world.stores:
        bare = _plan(case, store_id)
        store = Store(store_id, Plan(bare.rules, case.world.layouts.get(store_id, Layout(store_id=store_id)), any_order=True))
        rows = Rows()
        for reading in readings:
            if reading.store_id == store_id:
                rows.add(store, [reading])
        store.close()
        rows.write(store)
        found += rows.as_expected().visits
    assert found == want.visits


def _final(*readings: Reading, now: float, make: Callable[[], Plan] = plan) -> list[tuple[str | None, bool]]:
    store = Store("s1", make())
    store.add(list(readings))
    store.pass_time(at(now))
    return [(visit.ended_by, visit.is_final) for visit in store.take().visits]


def test_a_visit_that_timed_out_is_final_when_nothing_on_time_can_reach_it() -> None:
    """1800 s of silence and 60 s of lateness: at 1860 s a reading may still come that is on time, and in time."""
    assert _final(dwell(0, "a"), now=1860) == [(None, False)]
    assert _final(dwell(0, "a"), now=1860.000001) == [("timeout", True)]


def test_a_visit_that_was_left_is_final_after_grace_and_lateness() -> None:
    """120 s of grace and 60 s of lateness after the exit."""
    assert _final(entry(0, "in"), entry(10, "out"), now=190) == [("exit", False)]
    assert _final(entry(0, "in"), entry(10, "out"), now=190.000001) == [("exit", True)]


def test_heartbeats_move_the_time_of_the_store() -> None:
    """A status reading has no device, and still it closes visits."""
    assert _final(dwell(0, "a"), alive(1861), now=0) == [("timeout", True)]


def test_a_clock_running_ahead_drags_nobody() -> None:
    """A reading ahead of its own `received_at` counts as `received_at` for the store's time."""
    store = Store("s1", plan())
    store.add([dwell(0, "a"), alive(250, received=10)])
    assert store.store_time == at(10)
    assert store.add([dwell(1, "a")])[0]


def test_behind_the_lateness_is_late_and_at_it_is_not() -> None:
    """60 s behind the store's time is on time, a microsecond more is late; late readings are nobody's until they are recalled."""
    store = Store("s1", plan())
    store.add([alive(100)])
    accepted, late, duplicates = store.add([dwell(40, "a", name="x"), dwell(39.999999, "a", name="y"), dwell(39.9, "a", name="y")])
    assert [len(accepted), len(late), len(duplicates)] == [1, 1, 1]
    assert [visit.entered_at for visit in store.take().visits] == [at(40)]


def test_an_earlier_reading_in_time_moves_the_start_and_replaces_the_id() -> None:
    """Rule 10: the row under the former id goes, and the visit is there under its new one, with what was paid."""
    store = Store("s1", plan())
    store.add([dwell(30, "till"), payment(30)])
    first = store.take()
    store.add([dwell(0, "till")])
    second = store.take()
    assert [removed.visit_id for removed in second.removed] == [first.visits[0].visit_id]
    assert second.visits[0].visit_id == visit_id("s1", "d1", at(0)) != first.visits[0].visit_id
    assert second.payments == [(second.visits[0].payments[0], second.visits[0].visit_id)]


def test_a_start_that_moves_before_the_same_stays_takes_the_payments_along() -> None:
    """An entry at a gate without a zone comes after the dwell that follows it: another id, and not a stay is another one."""
    store, rows = Store("s1", plan()), Rows()
    rows.add(store, [dwell(30, "till", duration_s=20), dwell(50, "till"), payment(20)])
    rows.write(store)
    rows.add(store, [entry(0, "in")])
    rows.write(store)
    rows.add(store, [payment(40)])
    rows.write(store)
    assert [(visit.entered_at, len(visit.payments)) for visit in rows.visits.values()] == [(at(0), 2)]
    store.close()
    rows.write(store)
    rows.check_themselves()


def test_the_id_is_a_name_that_anybody_can_compute() -> None:
    """UUIDv5 of a documented name in a documented namespace; never changes, so it stands here."""
    name = '["s1","d1","2023-11-14T22:13:20.000000Z"]'
    assert visit_id("s1", "d1", 1_700_000_000 * SECOND) == str(uuid5(UUID("6a0c5dd0-7b52-5d0c-9d4e-0a5c3f6f5b1e"), name))
    assert visit_id("s1", "d1", 1_700_000_000 * SECOND) == "0600f0dc-4a34-5f68-8454-fc1aebcac2b3"


def test_two_visits_that_begin_at_one_moment_have_two_ids() -> None:
    """An exit alone is a visit of 0 s; a presence told after the grace may reach back to that very moment."""
    store = Store("s1", plan())
    store.add([entry(100, "out"), dwell(300, "a", duration_s=250)])
    visits = store.take().visits
    assert [visit.entered_at for visit in visits] == [at(100), at(100)]
    assert len({visit.visit_id for visit in visits}) == 2


def _twins_of_which_the_first_is_forgotten() -> tuple[Store, Rows]:
    """An exit alone, and a visit from that moment on that lasts for longer than what can be reached on time."""
    store, rows = Store("s1", plan()), Rows()
    rows.add(store, [entry(0, "out"), *(dwell(seconds, "till", duration_s=300) for seconds in range(300, 90_300, 300))])
    store.let_go()
    rows.write(store)
    return store, rows


def test_the_second_of_two_visits_from_one_moment_is_told_once_without_the_first() -> None:
    """A late payment asks for the visit in the till's zone, and has it back from the database without the exit alone."""
    store, rows = _twins_of_which_the_first_is_forgotten()
    rows.add(store, [payment(100)])
    assert {visit.left_at: len(visit.payments) for visit in rows.visits.values()} == {at(0): 0, at(90_000): 1}
    store.close()
    rows.write(store)
    rows.check_themselves()


def test_the_second_of_two_visits_from_one_moment_is_itself_without_the_first() -> None:
    """Where both were forgotten, the exit alone may come back later."""
    store, rows = _twins_of_which_the_first_is_forgotten()
    store.close()
    rows.write(store)
    store = Store("s1", plan())
    rows.add(store, [alive(500_000)])
    rows.add(store, [payment(100)])
    rows.add(store, [dwell(90_000, "a", name="late")])
    rows.check_themselves()
    assert {visit.left_at: len(visit.payments) for visit in rows.visits.values()} == {at(0): 0, at(90_000): 1}


def test_a_payment_that_is_forgotten_with_its_visit_comes_back_once() -> None:
    """What a till took is forgotten no later than who paid it, also where silences are short."""
    short = plan(visit_timeout_s=60, presence_gap_s=60, exit_grace_s=0, lateness_s=0)
    store, rows = Store("s1", short), Rows()
    rows.add(store, [dwell(100, "till"), payment(100), alive(86_700)])
    store.let_go()
    rows.write(store)
    rows.add(store, [dwell(100, "till", duration_s=10, name="a")])
    assert [(visit.entered_at, len(visit.payments)) for visit in rows.visits.values()] == [(at(90), 1)]


def test_an_id_is_remembered_until_its_repetition_would_be_late() -> None:
    """Whatever store time does between, a repeated reading is a duplicate or late: never accepted twice."""
    for jump in (0, 59, 61, 3600, 3700, 7300, 90_000):
        store = Store("s1", plan())
        for step in range(0, jump + 1, max(1, jump // 7)):
            store.add([alive(step)])
        store.add([dwell(jump, "a", name="x")])
        for further in (0, 10, 60, 61, 4000, 8000):
            store.add([alive(jump + further)])
            accepted, _, _ = store.add([dwell(jump, "a", name="x")])
            assert not accepted


def test_memory_of_what_nothing_can_reach_any_more_is_let_go() -> None:
    """A month of visits leaves no more behind than a day and a bit of them."""
    layout = Layout(store_id="s1", zones=(Zone(zone_id="till", type="checkout"),), tills=(SensorPlan(sensor_id="till-1", zone_id="till"),))
    store = Store("s1", plan(layout))
    for hour in range(30 * 24):
        start = hour * 3600
        store.add([dwell(start, "till", f"d{hour}"), dwell(start + 30, "till", f"d{hour}"), payment(start + 20, zone=None)])
        store.add([dwell(start + 40, "a", "all-month"), payment(start + 41, device="all-month")])
        assert store.take().visits
    assert store.n_devices < 40


def test_a_presence_told_a_day_later_still_finds_its_visit() -> None:
    """What is final by time is corrected by a reading on time whose presence reaches back to it."""
    store, rows = Store("s1", plan()), Rows()
    rows.add(store, [dwell(0, "a"), alive(80_000)])
    rows.write(store)
    assert [visit.is_final for visit in rows.visits.values()] == [True]
    rows.add(store, [dwell(80_000, "a", duration_s=79_000)])
    rows.write(store)
    assert [(visit.left_at, visit.is_final) for visit in rows.visits.values()] == [(at(80_000), False)]


def test_a_payment_goes_to_a_longer_stay_told_later() -> None:
    """Whoever has been there longest gets the payment, even when that is only known after the other visit was final."""
    store, rows = Store("s1", plan()), Rows()
    rows.add(store, [dwell(100, "till", "d1"), dwell(130, "till", "d1"), payment(120), alive(5000)])
    rows.write(store)
    assert [visit.converted for visit in rows.visits.values()] == [True]
    rows.add(store, [dwell(5000, "till", "d2", duration_s=4950)])
    rows.write(store)
    assert {visit.device_id: visit.converted for visit in rows.visits.values()} == {"d1": False, "d2": True}


def test_another_layout_counts_for_what_is_read_back() -> None:
    """With a new plan, visits that readings on time can still reach are told again by it; older ones wait for a rebuild."""
    store, rows = Store("s1", plan()), Rows()
    rows.add(store, [dwell(0, "street", "gone"), alive(2000), dwell(2000, "street", "here")])
    rows.write(store)
    rows.add(store, [alive(500_000), dwell(500_000, "street", "late")])
    rows.write(store)
    other = plan(Layout(store_id="s1", zones=(Zone(zone_id="street", type="outside"),), staff_devices=frozenset({"late"})))
    rows.write(rows.restored(store, other))
    assert {visit.device_id: (visit.pass_by, visit.is_staff) for visit in rows.visits.values()} == {
        "gone": (False, False),
        "here": (False, False),
        "late": (True, True),
    }


def test_devices_sleep_after_a_restart_until_something_happens_to_them() -> None:
    """What the same plan has told is believed at first: here somebody has written over it, so that it shows who was told again."""
    store, rows = Store("s1", plan()), Rows()
    rows.add(store, [dwell(0, "a"), dwell(10, "a", "d2"), dwell(20, "till", "d3"), payment(20), dwell(1000, "a", "d4")])
    rows.write(store)
    rows.visits = {name: msgspec.structs.replace(visit, pass_by=True) for name, visit in rows.visits.items()}

    def asleep() -> list[str]:
        rows.write(store)
        return sorted(visit.device_id for visit in rows.visits.values() if visit.pass_by)

    store = rows.restored(store, plan())
    assert asleep() == ["d1", "d2", "d3", "d4"]
    rows.add(store, [dwell(1000, "a", "d2")])
    assert asleep() == ["d1", "d3", "d4"]
    store.pass_time(at(1861))
    assert asleep() == ["d3", "d4"]
    rows.add(store, [payment(1000, device="d4")])
    assert asleep() == ["d3"]


def test_nobody_sleeps_where_another_plan_has_told() -> None:
    """All is told anew at once."""
    store, rows = Store("s1", plan()), Rows()
    rows.add(store, [entry(0, "in"), entry(60, "out"), alive(1000)])
    rows.write(store)
    rows.write(rows.restored(store, plan(bounce_s=60)))
    assert [visit.bounced for visit in rows.visits.values()] == [False]


def test_plans_are_the_same_where_layout_and_rules_are() -> None:
    """Whatever the order in which staff is named; the store of a plan alone decides by nothing else."""
    names = [f"badge-{number}" for number in range(20)]
    one, other = (Layout(store_id="s1", staff_devices=frozenset(order)) for order in (names, names[::-1]))
    assert plan(one).fingerprint == plan(other).fingerprint
    assert len({made.fingerprint for made in (plan(), plan(one), plan(bounce_s=60), Plan(Rules(), one, any_order=True))}) == 4


def test_rules_have_no_other_names_and_no_other_values() -> None:
    """A wrong rule is refused with its name."""
    for wrong in ({"gap": 3}, {"lateness_s": -1}, {"lateness_s": True}, {"lateness_s": "5"}, {"lateness_s": float("nan")}):
        with pytest.raises(ValueError, match=f"`{next(iter(wrong))}`"):
            Rules.of(wrong)
    assert Rules.of({"presence_gap_s": 25}).presence_gap_s == 25


def test_times_are_whole_microseconds() -> None:
    """Rules and durations are rounded once, to the grain of time."""
    assert plan(presence_gap_s=0.1).micros.presence_gap == SECOND // 10
