"""The figures, and what is drawn from them."""

from random import Random
from statistics import fmean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.sensing.sense import BOUND, MISSES, SCAN, SPREAD
from simulators.shop.floor import MIN_PRESENCE_GAP_S
from simulators.shop.habits import MIN_STAY, MINUTE, Habits, basket_size, chance, even, lognormal, pick
from simulators.shop.tills import SPACING

MANY = 4000


def test_baskets_are_as_research_found_them() -> None:
    """Never empty; at most five items in about half of the trips, and the largest fifth of the trips carries about half of the units."""
    rng = Random(1)
    sizes = sorted(basket_size(rng, Habits()) for _ in range(MANY))
    assert sizes[0] == 1
    assert 0.42 < sum(size <= 5 for size in sizes) / MANY < 0.58
    assert 0.42 < sum(sizes[-MANY // 5 :]) / sum(sizes) < 0.58


def test_no_basket_is_larger_than_a_cart() -> None:
    """The tail of the distribution is cut off."""
    rng = Random(1)
    assert max(basket_size(rng, Habits(basket=(9.0, 1.0), max_basket=80)) for _ in range(50)) == 80


def test_trips_are_long_enough_for_what_research_found_from_door_to_door() -> None:
    """Before the till the median is 9.6 minutes; with the way in, the till and the way out it is 13 (`test_report_page`)."""
    rng = Random(1)
    trips = [lognormal(rng, Habits().trip_min, MINUTE) / MINUTE for _ in range(MANY)]
    assert median(trips) == pytest.approx(9.6, rel=0.05)
    assert fmean(trips) == pytest.approx(11.9, rel=0.05)


def test_service_takes_48_seconds_on_average() -> None:
    """Without items; each item adds three."""
    habits = Habits()
    assert sum(habits.service_ms) / 2 == 48_000
    assert habits.item_ms == 3_000


def test_the_week_is_a_mean_week() -> None:
    """The weekdays' factors are relative to the mean."""
    assert fmean(Habits().weekday) == pytest.approx(1.0, abs=0.005)


def test_peaks_are_where_research_found_them() -> None:
    """16 % in each hour of 11-13 h and 15-16 h on weekdays, of the hours from 7 to 20; 20 % at 11-13 h on weekends."""
    weekday, weekend = Habits().weekday_hours[7:20], Habits().weekend_hours[7:20]
    assert [round(100 * weekday[hour - 7] / sum(weekday)) for hour in (11, 12, 15)] == [16, 16, 16]
    assert [round(100 * weekend[hour - 7] / sum(weekend)) for hour in (11, 12)] == [20, 20]
    assert len(Habits().weekday_hours) == len(Habits().weekend_hours) == 24


def test_a_stay_is_long_enough_to_be_seen() -> None:
    """Three scans fall into the shortest stay, whenever it begins, and only two can be missed."""
    assert BOUND == (MISSES + 1) * SCAN + SPREAD < MIN_STAY


def test_the_longest_time_unheard_is_within_the_least_presence_gap() -> None:
    """Two misses between two scans, with a change of the gateway that costs a scan: the least `presence_gap_s` bears it."""
    assert (2 + MISSES) * SCAN + 2 * SPREAD < MIN_PRESENCE_GAP_S * 1000


def test_who_paid_is_seen_gone_before_the_next_payment() -> None:
    """By arithmetic: the next payment comes after the shortest turn, the payer leaves after the longest packing."""
    habits = Habits()
    next_payment = habits.next_ms[0] + habits.service_ms[0]
    assert next_payment - habits.packing_ms[1] >= SPACING > BOUND


def test_who_paid_is_seen_after_paying() -> None:
    """Packing takes at least as long as it takes to be seen for certain."""
    assert Habits().packing_ms[0] >= MIN_STAY


@given(st.integers(0, 2**32), st.lists(st.floats(0.01, 100), min_size=1, max_size=9).map(tuple))
def test_a_pick_is_one_of_the_choices(seed: int, weights: tuple[float, ...]) -> None:
    """Whatever the weights are."""
    assert 0 <= pick(Random(seed), weights) < len(weights)


class _Drawn(Random):
    """Draws the same number each time."""

    def __init__(self, number: float) -> None:
        super().__init__()
        self.number = number

    def random(self) -> float:
        return self.number


def test_a_pick_is_the_same_in_each_python() -> None:
    """Six tenths are 0.6: added one by one, as `sum` did until Python 3.12, they are a bit less, and a sixth of that is another index."""
    assert [pick(_Drawn(number / 6), (0.1,) * 6) for number in range(6)] == [0, 1, 2, 3, 4, 5]


def test_picks_follow_their_weights() -> None:
    """A choice of three times the weight comes three times as often, one without weight never."""
    rng = Random(1)
    picks = [pick(rng, (1.0, 0.0, 3.0)) for _ in range(MANY)]
    assert picks.count(2) / picks.count(0) == pytest.approx(3, rel=0.1)
    assert picks.count(1) == 0


def test_a_chance_of_none_and_of_all() -> None:
    """Never, and always."""
    rng = Random(1)
    assert not any(chance(rng, 0.0) for _ in range(100))
    assert all(chance(rng, 1.0) for _ in range(100))


@given(st.integers(0, 2**32), st.integers(-1000, 1000), st.integers(0, 1000))
def test_an_even_spread_includes_both_ends(seed: int, low: int, width: int) -> None:
    """And nothing beyond them."""
    assert low <= even(Random(seed), (low, low + width)) <= low + width


@given(st.integers(0, 2**32))
def test_lengths_of_time_are_whole_milliseconds(seed: int) -> None:
    """Rounded at once, so that the last bit of a logarithm changes nothing."""
    assert isinstance(lognormal(Random(seed), (13.0, 0.6), MINUTE), int)
