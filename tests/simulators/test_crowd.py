"""A whole window: everybody who comes, and what holds for all of them."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from simulators.crowd import come_and_go, crowd_of
from simulators.shop.floor import floor_of
from simulators.shop.habits import MIN_STAY, Habits
from tests.simulators.plans import BARE, CROWDED, SMALL, play, window_of

SEEDS = st.integers(0, 2**32)
FEW = structs.replace(CROWDED, shoppers=20)


@settings(max_examples=30)
@given(SEEDS)
def test_nobody_is_anywhere_for_too_short_a_time_to_be_seen(seed: int) -> None:
    """And nobody is nowhere: each stay begins when the one before ends, in another zone."""
    for walk in play(seed=seed, habits=FEW).walks:
        assert walk.stays[0].start == walk.began
        assert all(stay.end - stay.start >= MIN_STAY for stay in walk.stays)
        assert all(a.end == b.start and a.zone_id != b.zone_id for a, b in pairwise(walk.stays))


@settings(max_examples=30)
@given(SEEDS)
def test_everybody_walks_through_walls_nowhere(seed: int) -> None:
    """Each step of a path leads to a zone next door."""
    played = play(seed=seed, habits=FEW)
    for walk in played.walks:
        assert all(played.floor.way(a.zone_id, b.zone_id) == (b.zone_id,) for a, b in pairwise(walk.stays))


@settings(max_examples=30)
@given(SEEDS)
def test_shoppers_come_in_at_the_beginning_and_go_out_at_the_end(seed: int) -> None:
    """Through gates, in the entrance; nobody is left in the store."""
    for walk in play(seed=seed, habits=FEW).shoppers():
        coming, going = walk.passages
        assert (coming.direction, going.direction) == ("in", "out")
        zones = [stay.zone_id for stay in walk.stays if coming.at <= stay.start < going.at]
        assert zones[0] == zones[-1] == "entrance"
        assert "outside" not in zones


@settings(max_examples=30)
@given(SEEDS)
def test_walks_come_in_the_order_in_which_they_begin(seed: int) -> None:
    """And each carries a device."""
    walks = play(seed=seed, habits=FEW).walks
    assert [walk.began for walk in walks] == sorted(walk.began for walk in walks)
    assert all(walk.device_id for walk in walks)


def test_all_kinds_of_people_come() -> None:
    """Buyers, browsers, quitters, loungers, those who approach and who linger, staff and passers-by."""
    played = play(seed=5, habits=structs.replace(CROWDED, shoppers=300))
    shoppers = played.shoppers()
    lanes = {lane.zone_id for lane in played.floor.lanes}
    assert {walk.role for walk in played.walks} == {"shopper", "passer-by", "staff"}
    assert any(walk.payments for walk in shoppers)
    assert any(not walk.payments and not any(stay.zone_id in lanes for stay in walk.stays) for walk in shoppers)
    assert any(not walk.payments and any(stay.zone_id in lanes for stay in walk.stays) for walk in shoppers)
    assert any(walk.payments and any(stay.zone_id == "café" for stay in walk.stays) for walk in shoppers)
    assert any(walk.stays[0].zone_id == "outside" for walk in shoppers)
    assert any(walk.here == "outside" for walk in shoppers)
    assert any(not passage.reports for walk in shoppers for passage in walk.passages)
    assert any(len(passage.reports) == 2 for walk in shoppers for passage in walk.passages)
    assert any(paid.names_device for walk in shoppers for paid in walk.payments)
    assert any(act.action == "putback" for walk in shoppers for act in walk.acts)


def test_the_same_device_comes_several_times_a_day() -> None:
    """Bands and tags both."""
    played = play(seed=5, habits=structs.replace(CROWDED, shoppers=300, trip_min=(1.0, 0.1)))
    devices = [walk.device_id for walk in played.shoppers()]
    again = {device for device in devices if devices.count(device) > 1}
    assert {device.partition("-")[0] for device in again} == {"band", "tag"}


def test_grocery_shoppers_convert_as_research_found() -> None:
    """Over 90 % of those who come pay, one for each party."""
    shoppers = [walk for walk in play(seed=2, habits=Habits(shoppers=60)).shoppers() if walk.leader is None]
    assert sum(bool(walk.payments) for walk in shoppers) / len(shoppers) > 0.8


def test_passers_by_stay_on_the_pavement() -> None:
    """And do nothing there."""
    for walk in play().walks:
        if walk.role == "passer-by":
            assert [stay.zone_id for stay in walk.stays] == ["outside"]
            assert (walk.passages, walk.acts, walk.payments) == ([], [], [])


def test_a_store_without_a_pavement_has_no_passers_by() -> None:
    """There is nowhere to pass."""
    layout = structs.replace(BARE, zones=BARE.zones[:-1], opening_hours=SMALL.opening_hours)
    assert {walk.role for walk in play(layout).walks} == {"shopper"}


def test_a_store_without_tills_sells_nothing() -> None:
    """Everybody leaves without a receipt."""
    layout = structs.replace(BARE, tills=(), opening_hours=SMALL.opening_hours)
    assert not any(walk.payments for walk in play(layout).walks)


def test_queues_and_devices_last_from_one_day_to_the_next() -> None:
    """Receipts count on, and so do bands."""
    layout = structs.replace(BARE, opening_hours={})
    crowd = crowd_of(floor_of(layout), structs.replace(CROWDED, shoppers=30), 1)
    days = [come_and_go(crowd, window_of(layout)._replace(label=str(day))) for day in range(2)]
    first, second = ({paid.receipt_id for walk in walks for paid in walk.payments} for walks in days)
    assert not first & second
    assert crowd.queues[0].receipts == len(first) + len(second)
