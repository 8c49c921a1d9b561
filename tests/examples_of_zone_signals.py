"""Examples of presence, `zone_congested` and `zone_cleared`, worked out by hand from `docs/signals.md`.

The dairy has room for 10: at 9 it is congested, at 7 it is cleared, if that lasts for 30 s.
"""

from sensors.layout import Layout, Zone
from sensors.reading import Reading
from stream.rules import Rules
from tests.example_parts import US, at, dwell, leave
from tests.signal_parts import Said, SignalExample, clock, inside, people, shop


def full(since: float, lasting: float = 30, number: int = 9, limit: int = 9, zone: str = "dairy", *, message: str = "") -> Said:
    """Expect a `zone_congested`."""
    return Said("zone_congested", (zone,), at(since), at(since + lasting), number, limit, zone, message)


def empty(since: float, lasting: float = 30, number: int = 0, limit: int = 7, zone: str = "dairy", *, message: str = "") -> Said:
    """Expect a `zone_cleared`."""
    return Said("zone_cleared", (zone,), at(since), at(since + lasting), number, limit, zone, message)


def there(name: str, readings: list[Reading], *spans: tuple[float, float], rules: Rules | None = None, hold_s: float = 30) -> SignalExample:
    """Say when somebody is present in the bakery, where one is too many, at once."""
    layout = shop(zone_congested_people__bakery=1, zone_congested_for_s=0, presence_hold_s=hold_s)
    signals = [said for start, end in spans for said in (full(start, 0, 1, 1, "bakery"), empty(end, 0, 0, 0, "bakery"))]
    return SignalExample(f"presence_{name}", readings, signals, layout, rules or Rules())


PRESENCE = [
    there("until_moving_on", [dwell(0, "bakery"), dwell(20)], (0, 20)),
    there("until_leaving_by_the_gate", [dwell(0, "bakery"), leave(20)], (0, 20)),
    there("until_the_gate_of_another_zone", [dwell(0, "bakery"), leave(20, gate="gate-e")], (0, 20)),
    there("held_when_silent", [dwell(0, "bakery"), dwell(20, "bakery")], (0, 50)),
    there("held_of_a_single_reading", [dwell(0, "bakery")], (0, 30)),
    there("of_a_moment_on_the_way_is_none", [dwell(0), dwell(10, "bakery", named="a"), dwell(10, "dairy", named="b"), dwell(20)]),
    there("until_the_gate_exactly_a_gap_later", [dwell(0, "bakery"), dwell(20, "bakery"), leave(80)], (0, 80)),
    there("held_when_the_gate_comes_one_microsecond_later", [dwell(0, "bakery"), dwell(20, "bakery"), leave(80 + US)], (0, 50)),
    there("until_moving_on_exactly_a_gap_later", [dwell(0, "bakery"), dwell(20, "bakery"), dwell(80)], (0, 80)),
    there("held_when_moving_on_one_microsecond_later", [dwell(0, "bakery"), dwell(20, "bakery"), dwell(80 + US)], (0, 50)),
    there("held_and_back_after_a_silence", [dwell(0, "bakery"), dwell(60 + US, "bakery"), leave(70)], (0, 30), (60 + US, 70)),
    there("held_no_longer_than_the_gap", [dwell(0, "bakery")], (0, 12), rules=Rules(presence_gap_s=12)),
    there("held_no_longer_than_the_timeout", [dwell(0, "bakery")], (0, 7), rules=Rules(visit_timeout_s=7)),
    there("held_no_longer_than_the_gap_even_if_asked_to", [dwell(0, "bakery")], (0, 60), hold_s=90),
    there("not_held_if_not_asked_to", [dwell(0, "bakery"), dwell(20, "bakery")], (0, 20), hold_s=0),
    there("of_a_single_reading_that_is_not_held_is_none", [dwell(0, "bakery")], hold_s=0),
    there("begins_with_the_duration", [dwell(20, "bakery", lasting=15), leave(25)], (5, 25)),
    there("of_staff_is_none", [dwell(0, "bakery", "badge"), dwell(20, "bakery", "badge")]),
    there("of_one_after_the_other_is_one", [*inside("a", 0, 20, "bakery"), *inside("b", 20, 40, "bakery")], (0, 40)),
    there(
        "of_one_a_microsecond_after_the_other_are_two",
        [*inside("a", 0, 20, "bakery"), *inside("b", 20 + US, 40, "bakery")],
        (0, 20),
        (20 + US, 40),
    ),
]

CONGESTED = [
    SignalExample("zone_congested_for_one_microsecond_less", people(9, 0, 30 - US)),
    SignalExample("zone_congested_and_gone_at_that_very_moment", people(9, 0, 30)),
    SignalExample("zone_congested_for_long_enough", people(9, 0, 30 + US), [full(0), empty(30 + US)]),
    SignalExample("zone_congested_once_while_it_lasts", people(9, 0, 3600), [full(0), empty(3600)], shop(long_dwell_s=0)),
    SignalExample("zone_congested_one_fewer_is_not", people(8, 0, 800)),
    SignalExample(
        "zone_congested_and_cleared_in_words",
        [*people(9, 0, 100), *people(7, 100, 200, first=10)],
        [
            full(0, message="Dairy: 9 people at once, room for 10; send somebody"),
            empty(100, number=7, message="Dairy: 7 people again"),
        ],
    ),
    SignalExample("zone_congested_from_when_the_last_one_came", [*people(8, 0, 100), *inside("x", 10, 100)], [full(10), empty(100)]),
    SignalExample(
        "zone_congested_more_came_until_it_was_said",
        [*people(9, 0, 100), *people(3, 30, 100, first=10)],
        [full(0, number=12), empty(100)],
    ),
    SignalExample(
        "zone_congested_more_came_after_it_was_said",
        [*people(9, 0, 100), *people(3, 30 + US, 100, first=10)],
        [full(0), empty(100)],
    ),
    SignalExample(
        "zone_congested_one_goes_and_another_comes_at_that_moment",
        [*people(8, 0, 100), *inside("x", 0, 20), *inside("y", 20, 100)],
        [full(0), empty(100)],
    ),
    SignalExample(
        "zone_congested_a_dip_of_a_microsecond_begins_anew",
        [*people(8, 0, 100), *inside("x", 0, 20), *inside("y", 20 + US, 100)],
        [full(20 + US), empty(100)],
    ),
    SignalExample(
        "zone_congested_short_peaks_do_not_count", [one for n in range(5) for one in people(9, n * 40, n * 40 + 30, first=10 * n)]
    ),
    SignalExample("zone_congested_staff_does_not_count", [*people(8, 0, 100), *inside("badge", 0, 100)]),
    SignalExample("zone_congested_never_outside", people(20, 0, 100, "street")),
    SignalExample("zone_congested_never_in_rooms_of_staff", people(20, 0, 100, "office")),
    SignalExample("zone_congested_a_zone_without_capacity_is_never", people(40, 0, 100, "cellar")),
    SignalExample("zone_congested_a_zone_that_no_layout_knows_is_never", people(40, 0, 100, "attic")),
]

CLEARED = [
    SignalExample(
        "zone_cleared_as_few_as_the_share",
        [*people(9, 0, 100), *people(7, 100, 130 + US, first=10)],
        [full(0), empty(100, number=7)],
    ),
    SignalExample(
        "zone_cleared_one_more_is_not",
        [*people(9, 0, 100), *people(8, 100, 300, first=10)],
        [full(0), empty(300)],
    ),
    SignalExample(
        "zone_cleared_and_another_comes_at_that_very_moment",
        [*people(9, 0, 100), *people(7, 100, 300, first=10), *inside("x", 130, 300)],
        [full(0), empty(300)],
    ),
    SignalExample(
        "zone_cleared_and_another_comes_one_microsecond_later",
        [*people(9, 0, 100), *people(7, 100, 300, first=10), *inside("x", 130 + US, 300)],
        [full(0), empty(100, number=7)],
    ),
    SignalExample("zone_cleared_a_short_dip_is_not", [*people(9, 0, 100), *people(9, 130, 300, first=10)], [full(0), empty(300)]),
    SignalExample(
        "zone_cleared_and_congested_again",
        [*people(9, 0, 100), *people(9, 130 + US, 300, first=10)],
        [full(0), empty(100), full(130 + US), empty(300)],
    ),
    SignalExample("zone_cleared_only_after_it_was_congested", people(7, 0, 300)),
    SignalExample("zone_cleared_when_they_fall_silent", [dwell(40, device=f"p{n}", lasting=40) for n in range(9)], [full(0), empty(70)]),
    SignalExample(
        "zone_cleared_one_after_the_other_in_two_zones",
        [*people(9, 0, 100), *people(9, 50, 150, "bakery", first=10)],
        [full(0), empty(100), full(50, zone="bakery"), empty(150, zone="bakery")],
    ),
]

SETTINGS = [
    SignalExample(
        "zone_congested_share_of_a_small_room_is_rounded_to_people",
        people(4, 0, 100, "wine"),
        [full(0, 30, 4, 4, "wine"), empty(100, 30, 0, 2, "wine")],
    ),
    SignalExample("zone_congested_fewer_than_the_share_of_a_small_room", people(3, 0, 100, "wine")),
    SignalExample(
        "zone_congested_by_people",
        [*people(15, 0, 100, "entrance"), *people(11, 100, 200, "entrance", first=20)],
        [full(0, 30, 15, 15, "entrance"), empty(100, 30, 11, 11, "entrance", message="Entrance: 11 people again")],
        shop(zone_congested_people__entrance=15),
    ),
    SignalExample("zone_congested_by_people_one_fewer", people(14, 0, 100, "entrance"), layout=shop(zone_congested_people__entrance=15)),
    SignalExample(
        "zone_cleared_by_people_one_more_is_not",
        [*people(15, 0, 100, "entrance"), *people(12, 100, 200, "entrance", first=20)],
        [full(0, 30, 15, 15, "entrance"), empty(200, 30, 0, 11, "entrance")],
        shop(zone_congested_people__entrance=15),
    ),
    SignalExample(
        "zone_congested_by_people_comes_before_the_capacity",
        [*people(5, 0, 100), *people(3, 100, 200, first=20)],
        [full(0, 30, 5, 5), empty(100, 30, 3, 3)],
        shop(zone_congested_people__dairy=5),
    ),
    SignalExample(
        "zone_congested_by_nine_people_is_cleared_at_seven",
        [*people(9, 0, 100, "cellar"), *people(7, 100, 200, "cellar", first=20)],
        [full(0, zone="cellar"), empty(100, number=7, zone="cellar")],
        shop(zone_congested_people__cellar=9),
    ),
    SignalExample(
        "zone_congested_by_two_people_is_cleared_at_one",
        [*people(2, 0, 100, "cellar"), *people(1, 100, 200, "cellar", first=20)],
        [full(0, 30, 2, 2, "cellar"), empty(100, 30, 1, 1, "cellar")],
        shop(zone_congested_people__cellar=2),
    ),
    SignalExample(
        "zone_congested_by_people_of_all_zones_of_the_layout",
        [*people(3, 0, 100, "kiosk"), *people(2, 0, 100, "cellar", first=10), *people(3, 0, 100, "attic", first=20)],
        [full(0, 30, 3, 3, "kiosk"), empty(100, 30, 0, 2, "kiosk")],
        shop(zone_congested_people=3),
    ),
    SignalExample(
        "zone_congested_in_a_zone_that_only_a_rule_names",
        people(3, 0, 100, "attic"),
        [full(0, 30, 3, 3, "attic", message="attic: 3 people at once; send somebody"), empty(100, 30, 0, 2, "attic")],
        shop(zone_congested_people__attic=3),
    ),
    SignalExample(
        "zone_congested_by_one_person_in_words",
        people(1, 0, 100, "cellar"),
        [
            full(0, 30, 1, 1, "cellar", message="Cellar: 1 person at once; send somebody"),
            empty(100, 30, 0, 0, "cellar", message="Cellar: 0 people again"),
        ],
        shop(zone_congested_people__cellar=1),
    ),
    SignalExample(
        "zone_congested_by_a_share_of_its_own",
        [*people(5, 0, 100), *people(4, 100, 200, first=20)],
        [full(0, 30, 5, 5), empty(100, 30, 4, 4)],
        shop(zone_congested_share__dairy=0.5, zone_cleared_share__dairy=0.4),
    ),
    SignalExample(
        "zone_cleared_at_exactly_the_share_of_a_large_room",
        [*people(81, 0, 100, "hall"), *people(63, 100, 200, "hall", first=100)],
        [full(0, 30, 81, 81, "hall"), empty(100, 30, 63, 63, "hall")],
        Layout(store_id="s1", zones=(Zone(zone_id="hall", capacity=90),), rules={"sensor_silent_s": 0}),
    ),
    SignalExample(
        "zone_congested_at_exactly_the_share_of_a_large_room",
        people(55, 0, 100, "hall"),
        [full(0, 30, 55, 55, "hall"), empty(100, 30, 0, 35, "hall")],
        Layout(
            store_id="s1",
            zones=(Zone(zone_id="hall", capacity=100),),
            rules={"sensor_silent_s": 0, "zone_congested_share": 0.55, "zone_cleared_share": 0.35},
        ),
    ),
    SignalExample(
        "zone_cleared_by_people_at_exactly_the_share",
        [*people(27, 0, 100, "cellar"), *people(21, 100, 200, "cellar", first=100)],
        [full(0, 30, 27, 27, "cellar"), empty(100, 30, 21, 21, "cellar")],
        shop(zone_congested_people__cellar=27),
    ),
    SignalExample(
        "zone_congested_for_a_time_of_its_own",
        people(9, 0, 10 + US),
        [full(0, 10), empty(10 + US, 10)],
        shop(zone_congested_for_s__dairy=10),
    ),
    SignalExample("zone_congested_at_once", people(9, 0, 10), [full(0, 0), empty(10, 0)], shop(zone_congested_for_s=0)),
    SignalExample("zone_congested_turned_off", people(20, 0, 100), layout=shop(zone_congested_share=0)),
    SignalExample(
        "zone_congested_turned_off_in_a_zone",
        [*people(9, 0, 100), *people(9, 0, 100, "bakery", first=10)],
        [full(0, zone="bakery"), empty(100, zone="bakery")],
        shop(zone_congested_share__dairy=0),
    ),
]

FOUR = clock("2023-11-15 04:00")
SUMMER = clock("2026-07-15 05:00", "Europe/Berlin")
JULY_IN_SYDNEY = clock("2026-07-15 04:00", "Australia/Sydney")
JANUARY_IN_SYDNEY = clock("2026-01-15 05:00", "Australia/Sydney")
IN_DUBLIN = clock("2026-01-15 04:00", "Europe/Dublin")


def night(name: str, boundary: float, timezone: str) -> SignalExample:
    """Congested from 100 s before the boundary of the day until 100 s after it."""
    signals = [full(boundary - 100), full(boundary), empty(boundary + 100)]
    return SignalExample(f"day_{name}", people(9, boundary - 100, boundary + 100), signals, shop(timezone=timezone))


DAYS = [
    night("congested_through_it_is_so_anew", FOUR, "UTC"),
    night("begins_at_four_by_the_winter_clock_which_is_five_in_summer", SUMMER, "Europe/Berlin"),
    night("begins_at_four_in_the_winter_of_the_south", JULY_IN_SYDNEY, "Australia/Sydney"),
    night("begins_at_five_in_the_summer_of_the_south", JANUARY_IN_SYDNEY, "Australia/Sydney"),
    night("begins_at_four_in_the_winter_of_dublin", IN_DUBLIN, "Europe/Dublin"),
    SignalExample(
        "day_in_summer_four_on_the_wall_is_like_any_other",
        people(9, SUMMER - 3700, SUMMER - 3500),
        [full(SUMMER - 3700), empty(SUMMER - 3500)],
        shop(timezone="Europe/Berlin"),
    ),
    SignalExample("day_gone_at_its_beginning", people(9, FOUR - 100, FOUR), [full(FOUR - 100)]),
    SignalExample("day_cleared_just_before", people(9, FOUR - 100, FOUR - 30 - US), [full(FOUR - 100), empty(FOUR - 30 - US)]),
    SignalExample("day_begins_before_it_is_cleared", people(9, FOUR - 100, FOUR - 30), [full(FOUR - 100)]),
    SignalExample("day_congested_just_before", people(9, FOUR - 30 - US, FOUR), [full(FOUR - 30 - US)]),
    SignalExample("day_begins_before_it_was_congested_for_long_enough", people(9, FOUR - 30, FOUR + 29)),
    SignalExample("day_begins_and_the_time_is_taken_anew", people(9, FOUR - 30, FOUR + 100), [full(FOUR), empty(FOUR + 100)]),
]

EXAMPLES = [*PRESENCE, *CONGESTED, *CLEARED, *SETTINGS, *DAYS]
