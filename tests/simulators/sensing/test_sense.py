"""What the sensors say about the walks."""

from collections import Counter, defaultdict
from itertools import groupby, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from sensors.decode import decode
from sensors.layout import Layout, SensorPlan
from simulators.sensing.sense import BOUND, MISSES, SCAN, SPREAD, Recorded, Sensors, readings
from simulators.shop.floor import floor_of
from simulators.shop.habits import MINUTE, NEVER, SECOND
from simulators.shop.opening import WARM_UP, Window
from simulators.shop.walk import Act, Stay, Walk
from tests.simulators.observer import by_device, millis
from tests.simulators.plans import BARE, CROWDED, SMALL, Played, Said, options_of, play, run, said, window_of

SEEDS = st.integers(0, 2**32)
FEW = structs.replace(CROWDED, shoppers=20)
NOON = 1_795_000_000_000


def recorded(played: Played, until: int = NEVER) -> list[Recorded]:
    """The readings of a window with their arrivals."""
    return list(readings(played.sensors(), played.walks, played.window, until, 1))


def heard(walk: Walk, layout: Layout = SMALL) -> list[Said]:
    """What is said of one walk, in order of arrival."""
    walk.device_id = "me"
    window = Window("alone", walk.began, walk.now, fresh=False, shuts=False, weekday=0, timezone="UTC", share=1.0)
    lines = [line for _, _, line in readings(Sensors(floor_of(layout)), [walk], window, NEVER, 1)]
    return [one for one in said(lines) if one.kind != "status"]


@settings(max_examples=20)
@given(SEEDS)
def test_every_reading_of_a_device_tells_where_it_was(seed: int) -> None:
    """At its time, and with `duration_s` for all of that time, the device was in the zone that is said."""
    played = play(seed=seed, habits=FEW)
    stays: defaultdict[str, list[Stay]] = defaultdict(list)
    for walk in played.walks:
        stays[walk.device_id] += walk.stays
    for device, seen in by_device(SMALL, said(played.lines)).items():
        for one in seen:
            if one.said.direction != "out" and one.said.zone_id is not None:
                assert any(stay.zone_id == one.zone_id and stay.start <= one.begin and one.ts < stay.end for stay in stays[device])


@settings(max_examples=20)
@given(SEEDS)
def test_nobody_is_in_a_zone_for_longer_than_the_bound_unheard(seed: int) -> None:
    """From coming into a scanned zone to the first reading there, and from the last one to leaving it."""
    played = play(seed=seed, habits=FEW)
    seen = by_device(SMALL, said(played.lines))
    for walk in played.walks:
        for stay in walk.stays:
            inside = [one for one in seen[walk.device_id] if stay.start <= one.ts < stay.end and one.zone_id == stay.zone_id]
            assert inside[0].begin - stay.start <= BOUND
            assert stay.end - inside[-1].ts <= BOUND


@settings(max_examples=20)
@given(SEEDS)
def test_a_gateway_never_misses_a_device_more_often_than_twice_in_a_row(seed: int) -> None:
    """Between two scans that heard a device in one zone at most two did not."""
    played = play(seed=seed, habits=FEW)
    for seen in by_device(SMALL, said(played.lines)).values():
        scans = [one for one in seen if one.said.rssi_dbm is not None]
        for a, b in pairwise(scans):
            if a.zone_id == b.zone_id and b.ts - a.ts < MINUTE:
                assert b.ts - a.ts <= (MISSES + 1) * SCAN + SPREAD


def test_about_one_scan_in_twenty_misses_a_device() -> None:
    """Over a long stay."""
    walk = Walk("staff", NOON)
    walk.stay("left", 20_000 * SCAN)
    assert 0.94 < len(heard(walk)) / 20_000 < 0.96


def test_one_scan_is_one_message() -> None:
    """All that a gateway heard in one scan arrives together, after it, and lies within the spread of a scan."""
    played = play()
    topics = played.sensors()
    arrived = list(readings(topics, played.walks, played.window, NEVER, 1))
    gateways = {number for (kind, sensor), number in topics.topics.items() if kind == "dwell" and sensor.startswith("gw-")}
    sizes = Counter[int]()
    for (at, topic), lines in groupby(arrived, key=lambda one: one[:2]):
        if topic in gateways:
            times = [millis(one.ts) for one in said([line for _, _, line in lines])]
            assert max(times) - min(times) <= SPREAD
            assert 0 < at - min(times) < 2 * SECOND
            assert times == sorted(times)
            sizes[len(times)] += 1
    assert max(sizes) > 7


def test_a_gateway_scans_every_five_seconds() -> None:
    """Its messages come in that beat, give or take the way."""
    played = play()
    front = [one for one in said(played.lines) if one.sensor_id == "gw-front" and one.kind == "dwell"]
    phases = {(millis(one.ts) - millis(front[0].ts)) % SCAN for one in front}
    assert all(phase <= SPREAD or phase >= SCAN - SPREAD for phase in phases)


@settings(max_examples=20)
@given(SEEDS)
def test_readings_arrive_in_order_and_soon(seed: int) -> None:
    """Each message arrives after what it tells, and less than two seconds after."""
    arrived = recorded(play(seed=seed, habits=FEW))
    assert [at for at, _, _ in arrived] == sorted(at for at, _, _ in arrived)
    for (at, _, _), one in zip(arrived, said([line for _, _, line in arrived]), strict=True):
        assert 0 < at - millis(one.ts) < 2 * SECOND


@settings(max_examples=20)
@given(SEEDS)
def test_every_reading_has_an_id_of_its_own(seed: int) -> None:
    """The sensor, its start, and a counter that counts each sensor's readings in the order in which they are sent."""
    played = play(seed=seed, habits=FEW)
    count = Counter[str]()
    for one in said(played.lines):
        count[one.sensor_id] += 1
        assert one.id.startswith(f"{one.sensor_id}-")
        assert one.id.endswith(f"-{count[one.sensor_id]}")


def test_ids_differ_between_seeds_and_days() -> None:
    """So that a second recording is no repetition of the first."""
    played = play()
    other_day = played.window._replace(label="another")
    ids = [
        {one.id for one in said([line for _, _, line in readings(played.sensors(), played.walks, window, NEVER, seed)])}
        for window, seed in ((played.window, 1), (played.window, 2), (other_day, 1))
    ]
    assert len(set.union(*ids)) == sum(map(len, ids))


@settings(max_examples=10)
@given(SEEDS)
def test_every_line_is_accepted_by_the_one_way_in(seed: int) -> None:
    """What the simulated sensors send is what real ones may send: nothing is refused, and nothing changed."""
    lines = play(seed=seed, habits=FEW).lines
    decoded = decode(b"[" + b",".join(lines[:3000]) + b"]", topic=None, received_at=4_000_000_000_000_000)
    assert decoded.rejected == []
    assert [one.id for one in decoded.readings] == [one.id for one in said(lines[:3000])]


def test_a_presence_sensor_tells_a_presence_when_it_is_over() -> None:
    """Exactly: from coming to just before leaving."""
    walk = Walk("shopper", NOON)
    walk.stay("café", 5 * MINUTE)
    (one,) = heard(walk)
    assert (one.kind, one.sensor_id, one.zone_id) == ("dwell", "seats", "café")
    assert millis(one.ts) == NOON + 5 * MINUTE - 1
    assert one.duration_s == 299.999


def test_a_long_presence_is_told_in_pieces() -> None:
    """Each begins where the one before ended, so that nobody is thought gone."""
    walk = Walk("staff", NOON)
    walk.stay("back", 40 * MINUTE)
    pieces = heard(walk)
    assert [round(one.duration_s) for one in pieces] == [900, 900, 600]
    assert all(millis(b.ts) - round(b.duration_s * 1000) == millis(a.ts) for a, b in pairwise(pieces))


def test_pieces_are_shorter_where_visits_end_sooner() -> None:
    """No piece is longer than half the silence that ends a visit."""
    gateways = (SensorPlan(sensor_id="mat", zone_id="a"),)
    walk = Walk("shopper", NOON)
    walk.stay("a", 5 * MINUTE)
    layout = structs.replace(BARE, gateways=gateways, rules={"visit_timeout_s": 120})
    assert [round(one.duration_s) for one in heard(walk, layout)] == [60] * 5


def test_a_view_has_its_length_and_a_pickup_its_product() -> None:
    """Shelf sensors leave the zone to the layout."""
    walk = Walk("shopper", NOON)
    walk.stay("left", MINUTE)
    walk.acts = [Act(NOON + 20_000, "left-1", "view", None, 7_250), Act(NOON + 22_000, "left-1", "pickup", "käse", None)]
    view, pickup = [one for one in heard(walk) if one.kind == "shelf"]
    assert (view.sensor_id, view.shelf_id, view.action, view.product_id, view.duration_s) == ("sensor-left-1", "left-1", "view", None, 7.25)
    assert (pickup.action, pickup.product_id, pickup.zone_id, millis(pickup.ts)) == ("pickup", "käse", None, NOON + 22_000)


def test_gates_tell_local_time_and_every_second_one_its_zone() -> None:
    """For the others the layout does."""
    entries = [one for one in said(play().lines) if one.kind == "entry"]
    assert {one.sensor_id: one.zone_id for one in entries} == {"gate-1": None, "gate-2": "entrance"}
    assert all(str(one.ts).endswith("+01:00") for one in entries)


def test_tills_tell_the_receipt_in_utc() -> None:
    """What was paid, in the store's currency; some with the device, most without."""
    played = play(habits=structs.replace(CROWDED, shoppers=200))
    told = {one.receipt_id: one for one in said(played.lines) if one.kind == "payment"}
    paid = {paid.receipt_id: (walk, paid) for walk in played.walks for paid in walk.payments}
    assert told.keys() == paid.keys()
    for receipt, (walk, one) in paid.items():
        said_so = told[receipt]
        assert (said_so.amount, said_so.currency, said_so.sensor_id, millis(said_so.ts)) == (one.total, "EUR", one.till, one.at)
        assert said_so.device_id == (walk.device_id if one.names_device else None)
        assert str(said_so.ts).endswith("+00:00")
    named = sum(one.device_id is not None for one in told.values())
    assert 0.1 < named / len(told) < 0.3


def test_a_receipts_items_add_up_to_its_amount() -> None:
    """Quantity times unit price, in decimals."""
    for one in said(play().lines):
        if one.kind == "payment":
            assert sum(int(item["quantity"]) * type(one.amount or 0)(item["unit_price"]) for item in one.items) == one.amount


def test_every_sensor_says_that_it_lives() -> None:
    """Switched on before opening, alive each minute (shelves each five), switched off after closing."""
    window = window_of(SMALL)
    beats: defaultdict[str, list[Said]] = defaultdict(list)
    for one in said(play().lines):
        if one.kind == "status":
            beats[one.sensor_id].append(one)
    assert beats.keys() == {
        *("gate-1", "gate-2", "gw-front", "gw-rear", "seats", "back-door", "till-1", "till-2", "till-3"),
        *("sensor-fresh-1", "sensor-left-1", "sensor-right-1", "sensor-right-2"),
    }
    for sensor, told in beats.items():
        if sensor not in {"till-2", "till-3"}:
            assert [one.state for one in told] == ["online", *["alive"] * (len(told) - 2), "offline"]
            pause = 5 * MINUTE if sensor.startswith("sensor-") else MINUTE
            assert all(millis(b.ts) - millis(a.ts) == pause for a, b in pairwise(told[:-1]))
        assert millis(told[0].ts) - (window.opens - WARM_UP) < MINUTE
        assert millis(told[-1].ts) >= window.closes + WARM_UP


@given(st.integers(0, 99))
def test_a_till_says_when_it_opens_and_closes(seed: int) -> None:
    """At that moment, and each minute how it is; it is never silent, and takes money only while it is open."""
    played = play(seed=seed)
    told: defaultdict[str, list[Said]] = defaultdict(list)
    for one in said(played.lines):
        if one.sensor_id in {"till-2", "till-3"}:
            told[one.sensor_id].append(one)
    for words in told.values():
        words.sort(key=lambda one: millis(one.ts))
        states = [one for one in words if one.kind == "status"]
        changes = [(b.state, millis(b.ts)) for a, b in pairwise(states) if (a.state == "offline") != (b.state == "offline")]
        opened = [(state, at) for one in played.openings["till-b"] for state, at in zip(("online", "offline"), one, strict=True)]
        assert states[0].state == "offline"
        assert changes == opened
        assert all(millis(b.ts) - millis(a.ts) <= MINUTE for a, b in pairwise(states[:-1]))
        state = None
        for one in words:
            state = one.state or state
            assert one.kind == "status" or state != "offline"


def test_tills_that_are_always_open_say_so() -> None:
    """Where none is opened on demand, none says that it is closed."""
    told = said(play(habits=structs.replace(CROWDED, till_opens_min=0.0)).lines)
    states = [one.state for one in told if one.kind == "status" and one.sensor_id == "till-2"]
    assert states == ["online", *["alive"] * (len(states) - 2), "offline"]


def test_in_a_store_that_never_closes_no_sensor_is_switched_off() -> None:
    """They are alive all the time."""
    played = play(structs.replace(BARE, opening_hours={}), habits=structs.replace(CROWDED, shoppers=3))
    assert {one.state for one in said(played.lines) if one.kind == "status"} == {"alive"}


def test_tills_of_a_store_that_never_closes_open_and_close_across_its_days() -> None:
    """A till says once that it opens, and once that it closes, also where that is another day's; whoever pays there does so meanwhile."""
    habits = structs.replace(CROWDED, shoppers=1500, weekday_hours=(1.0,) * 24, weekend_hours=(1.0,) * 24)
    words = [
        one
        for one in said(run(options_of(structs.replace(SMALL, opening_hours={}), days=3, habits=habits))[1])
        if one.sensor_id == "till-2"
    ]
    words.sort(key=lambda one: millis(one.ts))
    is_open, payments, opened = False, 0, 0
    for one in words:
        payments += one.kind == "payment"
        opened += one.state == "online"
        assert is_open == (one.state in {None, "alive"}) or one.state in {"online", "offline"}
        is_open = is_open if one.state is None else one.state != "offline"
    assert min(payments, opened) > 10
    assert max(millis(b.ts) - millis(a.ts) for a, b in pairwise(words)) <= MINUTE
    states = [one.state for one in words if one.state is not None]
    assert all(a == "offline" for a, b in pairwise(states) if b == "online")


@settings(max_examples=20)
@given(SEEDS, st.integers(1, 130 * MINUTE))
def test_what_is_after_the_end_is_told_in_the_next_window(seed: int, length: int) -> None:
    """Cut anywhere, nothing is lost and nothing said twice: each moment is told as it would have been, and each stay is heard."""
    played = play(seed=seed, habits=FEW)
    cut = played.window.opens - 30 * MINUTE + length
    before = [walk for walk in played.walks if walk.began < cut + 10 * MINUTE]
    first, rest = played.window._replace(label="first", closes=cut, shuts=False), played.window._replace(opens=cut, fresh=False)
    sensors = played.sensors()
    early = list(readings(sensors, before, first, cut, 1))
    assert all(at < cut for at, _, _ in early)
    late = list(readings(sensors, played.walks[len(before) :], rest, NEVER, 1))
    told = said([line for _, _, line in early + late])
    assert Counter(map(_exactly, filter(_is_exact, told))) == Counter(map(_exactly, filter(_is_exact, said(played.lines))))
    seen = by_device(SMALL, said([line for _, _, line in early + late]))
    for walk in played.walks:
        for stay in walk.stays:
            inside = [one for one in seen[walk.device_id] if stay.start <= one.ts < stay.end and one.zone_id == stay.zone_id]
            assert inside[0].begin - stay.start <= BOUND
            assert stay.end - inside[-1].ts <= BOUND
            assert all(b.begin - a.ts <= BOUND for a, b in pairwise(inside))


def _is_exact(one: Said) -> bool:
    """Whether it is told of a moment or a presence, and not scanned by chance, nor a heartbeat, which each window begins anew."""
    return one.rssi_dbm is None and one.state is None


def _exactly(one: Said) -> tuple[object, ...]:
    """A reading without its id."""
    return tuple(getattr(one, name) if name != "items" else str(one.items) for name in one.__struct_fields__ if name != "id")


def test_stores_and_devices_with_strange_names() -> None:
    """Quotes and umlauts are written as JSON has them."""
    layout = structs.replace(SMALL, store_id='Größe "L"')
    walk = Walk("shopper", NOON)
    walk.stay("left", MINUTE)
    assert {one.store_id for one in heard(walk, layout)} == {'Größe "L"'}
