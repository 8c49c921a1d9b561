"""The figures of the report are those that can be counted by hand."""

import math
from collections import Counter

import pytest
from msgspec import structs

from simulators.report import curves
from simulators.report.measures import (
    came_again,
    farthest,
    impatient,
    lorenz,
    mean,
    median,
    most_frequent,
    of_largest,
    ratio,
    share,
    visits_a_week,
    weekday_factors,
    weekend_share,
)
from simulators.report.radio import Radio
from simulators.report.tally import Tally
from simulators.shop.floor import floor_of
from simulators.shop.geometry import area
from simulators.shop.habits import MINUTE, Habits
from simulators.shop.walk import Passage, Stay, Walk
from tests.simulators.plans import SMALL, box
from tests.simulators.report.report_parts import MONDAY, measured, walk_of, window_of_day


def test_a_handful_of_visits_is_counted() -> None:
    """Four come on Monday and Saturday: one buys two, one buys five after a wait, one gives up, one looks; two pass by, one works."""
    quitter = walk_of(0, 11, 6)
    quitter.stays.insert(-1, Stay("till-b", quitter.stays[-1].start, quitter.stays[-1].start + MINUTE))
    others = [Walk("passer-by", MONDAY), Walk("passer-by", MONDAY), Walk("staff", MONDAY)]
    found = measured({0: [walk_of(0, 9, 10, 2), quitter, *others], 5: [walk_of(5, 9, 20, 5, wait_s=90), walk_of(5, 15, 4)]})
    tally = found.tally
    assert (tally.shoppers, tally.buyers, tally.quitters, tally.passers_by) == (4, 2, 1, 2)
    assert tally.length_s == {600: 1, 360: 1, 1200: 1, 240: 1}
    assert tally.units == {2: 1, 5: 1}
    assert tally.wait_s == {0: 1, 90: 1}
    assert tally.days == {"2026-11-16": 2, "2026-11-21": 2}
    assert (tally.hours, tally.weekend_hours) == ({9: 1, 11: 1}, {9: 1, 15: 1})
    assert tally.actions == {"pickup": 7}
    assert tally.view_s == {5: 2}


def test_the_pavement_is_no_part_of_a_trip() -> None:
    """A trip lasts from gate to gate; without gates from the first zone to the last."""
    walk = Walk("shopper", MONDAY, stays=[Stay("outside", MONDAY, MONDAY + MINUTE), Stay("entrance", MONDAY + MINUTE, MONDAY + 9 * MINUTE)])
    assert measured({0: [walk]}).tally.length_s == {540: 1}
    walk.passages = [Passage(MONDAY + MINUTE, 0, "in", ()), Passage(MONDAY + 8 * MINUTE, 0, "out", ())]
    assert measured({0: [walk]}).tally.length_s == {420: 1}


def test_hours_are_those_of_the_store() -> None:
    """23:00 in UTC on a Friday is midnight in Berlin, and weekend."""
    tally = Tally(floor_of(SMALL), Habits())
    tally.add(window_of_day(4), [walk_of(4, 23, 10)])
    assert (tally.hours, tally.weekend_hours) == ({}, {0: 1})
    assert tally.days == {"2026-11-20": 0, "2026-11-21": 1}


def test_how_much_of_the_floor_a_trip_reaches() -> None:
    """The zones to shop in have 60, 60, 60, 12 and 12 square metres: one of 60 is 29 %; of another with two shelves one passes by one."""
    found = measured({0: [walk_of(0, 9, 10), walk_of(0, 9, 10, 1, zones=("left", "right"))]}).tally
    assert area(box(0, 9, 20, 12)) == 60
    assert found.zone_reach == {29: 1, 59: 1}
    assert found.reach == {29: 1, 44: 1}
    assert found.shelf_reach == {0: 1, 25: 1}
    assert found.came["left"] == 2
    assert found.came["fresh"] == 0


def test_means_medians_shares_and_modes() -> None:
    """Of a hundred; of fewer nothing is said."""
    counts = Counter({1: 40, 3: 40, 10: 20})
    assert mean(counts) == pytest.approx(3.6)
    assert median(counts) == 3
    assert share(counts, 3) == 0.4
    assert most_frequent(counts) == 1
    few = Counter({1: 99})
    assert {mean(few), median(few), share(few, 3), most_frequent(few), of_largest(few, 0.2), ratio(1, 99)} == {None}


def test_the_lorenz_curve_by_hand() -> None:
    """Eighty baskets of 1 and twenty of 6 are 200 units: the smaller ones carry 40 %, the largest tenth 30 %."""
    units = Counter({1: 80, 6: 20})
    assert lorenz(units) == [(0, 0), (0.8, 0.4), (1, 1)]
    assert of_largest(units, 0.2) == pytest.approx(0.6)
    assert of_largest(units, 0.1) == pytest.approx(0.3)


def test_days_are_held_against_the_mean_open_day() -> None:
    """Of 1 on Mondays, 2 on Fridays, 6 on Saturdays the mean is 3; two thirds come on the weekend; two days are no week."""
    days = {day + 7 * week: [walk_of(day + 7 * week, 9, 10)] * n for day, n in ((0, 1), (4, 2), (5, 6)) for week in (0, 1)}
    found = measured(days).tally
    assert weekday_factors(found) == {0: pytest.approx(1 / 3), 4: pytest.approx(2 / 3), 5: 2}
    assert weekend_share(found) == pytest.approx(6 / 9)
    assert weekend_share(measured({0: days[0], 1: days[0]}).tally) is None


def test_who_comes_again() -> None:
    """In four weeks a hundred came once, fifty four times: a third came again, and they came half a time a week."""
    once = [walk_of(0, 9, 10, tag=f"tag-{n}") for n in range(100)]
    often = [walk_of(week * 7, 9, 10, tag=f"tag-{n}") for n in range(100, 150) for week in range(4)]
    found = measured({0: once + often, 27: []}).tally
    assert came_again(found) == pytest.approx(1 / 3)
    assert visits_a_week(found) == pytest.approx(300 / 150 / 4)
    assert came_again(measured({0: once}).tally) is None


def test_the_gap_to_a_distribution_is_kolmogorovs() -> None:
    """Everybody stays for the median of the fit: half of it lies on either side."""
    found = measured({0: [walk_of(0, 9, 13)] * 200}).tally
    assert farthest(found, math.log(13), 0.6) == pytest.approx(0.5, abs=0.01)


def test_patience_is_what_the_habits_say() -> None:
    """Half of those with a median of 15 minutes, all of those with hardly any."""
    habits = Habits(patience_min=(15.0, 0.4), hurried=0.1, hurried_min=(1.0, 0.1))
    assert impatient(habits, 15) == pytest.approx(0.55)


def test_the_fitted_curves_are_distributions() -> None:
    """Their shares add up to one, and the lognormal has its median where it must."""
    assert sum(curves.poisson_lognormal(400, 1.65, 0.8)) == pytest.approx(1, abs=1e-3)
    assert curves.lognormal_below(math.exp(2.57), 2.57, 0.62) == pytest.approx(0.5)
    assert curves.lognormal_share(0, 1e9, 2.57, 0.62) == pytest.approx(1)
    assert curves.normal_share(-2, 2, 2.0) == pytest.approx(0.6827, abs=1e-4)


def _heard(sensor: str, zone: str, ts: int, rssi_dbm: int) -> bytes:
    who = f'"store_id":"s","sensor_id":"{sensor}","id":"1","device_id":"d"'
    return f'{{"kind":"dwell",{who},"ts":{ts},"zone_id":"{zone}","rssi_dbm":{rssi_dbm}}}'.encode()


def test_radio_is_measured_from_readings() -> None:
    """Two zones, 2 dB up and down in each; what is broken is left out."""
    radio = Radio(floor_of(SMALL))
    lines = [
        _heard("gw-front", "entrance", 0, -60),
        _heard("gw-front", "entrance", 5_000, -64),
        _heard("gw-rear", "left", 10_000, -70),
        _heard("gw-front", "left", 11_000, -74),
        _heard("gw-front", "entrance", 15_000, -62),
        b'{"kind":"dwell","rssi_dbm":-1,',
        b'{"kind":"entry"}',
    ]
    arrivals = [(number, line) for number, line in enumerate(lines)]
    assert list(radio.listen(iter(arrivals))) == arrivals
    assert radio.rssi_dbm == {"entrance": {-60: 1, -64: 1, -62: 1}, "left": {-70: 1, -74: 1}}
    assert radio.noise_db() == {2: 2, -2: 2, 0: 1}
    assert radio.sigma_db() == pytest.approx(math.sqrt(16 / 5))
    assert radio.exponent() is None


def test_the_path_loss_exponent_is_the_slope() -> None:
    """Strengths that fall by 20 dB a decade, at three distances from one gateway, are an exponent of 2."""
    layout = structs.replace(SMALL, gateways=SMALL.gateways[:1])
    radio = Radio(floor_of(layout))
    places = {"entrance": (10, 4.5), "fresh": (10, 10.5), "left": (5, 15), "right": (15, 15)}
    for zone, (x, y) in places.items():
        metres = max(1.0, math.dist((x, y), (10, 4)))
        radio.rssi_dbm[zone][round(-100_000 - 20_000 * math.log10(metres))] = 1  # in thousandths, for they are whole
    exponent = radio.exponent()
    assert exponent is not None
    assert exponent / 1000 == pytest.approx(2.0, abs=1e-3)
