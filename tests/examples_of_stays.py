"""Examples of rules 5 and 6, worked out by hand: whose the time is, and where stays begin and end."""

from stream.rules import Rules
from tests.example_parts import US, Example, dwell, enter, leave, look, shelf, visit

RULE_5 = [
    Example(
        "rule_5_time_belongs_to_the_zone_of_the_earlier_reading",
        [dwell(0), dwell(40, "bakery"), dwell(50, "checkout")],
        [visit(0, 50, "timeout", 3, [("dairy", 0, 40), ("bakery", 40, 50), ("checkout", 50, 50)])],
    ),
    Example(
        "rule_5_silence_exactly_gap",
        [dwell(0), dwell(60, "bakery")],
        [visit(0, 60, "timeout", 2, [("dairy", 0, 60), ("bakery", 60, 60)])],
    ),
    Example(
        "rule_5_silence_one_microsecond_longer",
        [dwell(0), dwell(60 + US, "bakery")],
        [visit(0, 60 + US, "timeout", 2, [("dairy", 0, 0), ("bakery", 60 + US, 60 + US)])],
    ),
    Example(
        "rule_5_silence_to_the_beginning_exactly_gap",
        [dwell(0), dwell(100, "bakery", lasting=40)],
        [visit(0, 100, "timeout", 2, [("dairy", 0, 60), ("bakery", 60, 100)])],
    ),
    Example(
        "rule_5_silence_to_the_beginning_one_microsecond_longer",
        [dwell(0), dwell(100, "bakery", lasting=40 - US)],
        [visit(0, 100, "timeout", 2, [("dairy", 0, 0), ("bakery", 60 + US, 100)])],
    ),
    Example(
        "rule_5_a_store_has_its_own_gap",
        [dwell(0), dwell(25), dwell(50 + US)],
        [visit(0, 50 + US, "timeout", 3, [("dairy", 0, 25), ("dairy", 50 + US, 50 + US)])],
        rules={"s1": Rules(presence_gap_s=25)},
    ),
    Example(
        "rule_5_no_gap_at_all",
        [dwell(0), dwell(10, lasting=10), dwell(20, lasting=10 - US)],
        [visit(0, 20, "timeout", 3, [("dairy", 0, 10), ("dairy", 10 + US, 20)])],
        rules={"s1": Rules(presence_gap_s=0)},
    ),
    Example(
        "rule_5_an_entry_is_in_the_zone_of_its_gate",
        [enter(0, gate="gate-e"), dwell(10)],
        [visit(0, 10, "timeout", 2, [("entrance", 0, 10), ("dairy", 10, 10)])],
    ),
    Example(
        "rule_5_the_own_zone_comes_before_the_layout",
        [enter(0, gate="gate-e", zone="street"), shelf(10, zone="bakery")],
        [visit(0, 10, "timeout", 2, [("street", 0, 10), ("bakery", 10, 10)], looks=[look(10, zone="bakery")])],
    ),
    Example(
        "rule_5_a_shelf_is_in_its_zone_of_the_layout",
        [dwell(0, "bakery"), shelf(30)],
        [visit(0, 30, "timeout", 2, [("bakery", 0, 30), ("dairy", 30, 30)], looks=[look(30)])],
    ),
    Example(
        "rule_5_a_store_without_layout_knows_its_zones_by_name",
        [enter(0, gate="gate-e"), dwell(10, "attic"), shelf(20)],
        [visit(0, 20, "timeout", 3, [("attic", 10, 20)], looks=[look(20, zone=None)])],
        layouts={},
    ),
    Example(
        "rule_5_a_reading_without_zone_changes_nothing",
        [dwell(0), shelf(30, "loose"), dwell(50)],
        [visit(0, 50, "timeout", 3, [("dairy", 0, 50)], looks=[look(30, "loose", zone=None)])],
    ),
    Example(
        "rule_5_the_zone_carries_on_over_two_silences_of_exactly_gap",
        [dwell(0), enter(60), dwell(120, "bakery")],
        [visit(0, 120, "timeout", 3, [("dairy", 0, 120), ("bakery", 120, 120)], bounced=False)],
    ),
    Example(
        "rule_5_the_zone_ends_at_a_reading_without_zone_before_too_long_a_silence",
        [dwell(0), enter(60), dwell(120 + US, "bakery")],
        [visit(0, 120 + US, "timeout", 3, [("dairy", 0, 60), ("bakery", 120 + US, 120 + US)], bounced=False)],
    ),
    Example(
        "rule_5_the_zone_does_not_carry_on_after_too_long_a_silence",
        [dwell(0), enter(60 + US), dwell(100, "bakery")],
        [visit(0, 100, "timeout", 3, [("dairy", 0, 0), ("bakery", 100, 100)])],
    ),
    Example(
        "rule_5_nowhere_even_before_a_reading_in_the_same_zone",
        [dwell(0), enter(60 + US), enter(70), dwell(100)],
        [visit(0, 100, "timeout", 4, [("dairy", 0, 0), ("dairy", 100, 100)])],
    ),
    Example(
        "rule_5_the_duration_of_a_reading_without_zone_is_in_the_carried_one",
        [dwell(0), shelf(200, "loose", lasting=150), leave(210)],
        [visit(0, 210, "exit", 3, [("dairy", 0, 210)], looks=[look(200, "loose", zone=None, lasting=150)], bounced=False)],
    ),
    Example(
        "rule_5_the_duration_of_a_reading_without_zone_is_nowhere_after_too_long_a_silence",
        [dwell(0), shelf(200, "loose", lasting=140 - US), dwell(210)],
        [
            visit(
                0,
                210,
                "timeout",
                3,
                [("dairy", 0, 0), ("dairy", 210, 210)],
                looks=[look(200, "loose", zone=None, lasting=140 - US)],
                bounced=False,
            )
        ],
    ),
    Example(
        "rule_5_nowhere_before_the_first_zone",
        [shelf(50, "loose", lasting=50), dwell(80)],
        [visit(0, 80, "timeout", 2, [("dairy", 80, 80)], looks=[look(50, "loose", zone=None, lasting=50)])],
    ),
    Example(
        "rule_5_a_new_visit_carries_no_zone_on",
        [dwell(0), leave(10), enter(20), leave(30)],
        [visit(0, 10, "exit", 2, [("dairy", 0, 10)]), visit(20, 30, "exit", 2)],
    ),
]

RULE_6 = [
    Example("rule_6_a_lone_reading_is_a_stay_of_0_s", [dwell(0)], [visit(0, 0, "timeout", 1, [("dairy", 0, 0)])]),
    Example(
        "rule_6_readings_in_one_zone_are_one_stay",
        [dwell(0), dwell(50), shelf(100), dwell(150)],
        [visit(0, 150, "timeout", 4, [("dairy", 0, 150)], looks=[look(100)], bounced=False)],
    ),
    Example(
        "rule_6_coming_back_is_another_stay",
        [dwell(0), dwell(10, "bakery"), dwell(20)],
        [visit(0, 20, "timeout", 3, [("dairy", 0, 10), ("bakery", 10, 20), ("dairy", 20, 20)])],
    ),
    Example(
        "rule_6_a_moment_elsewhere_divides_a_stay",
        [dwell(0), dwell(10, "bakery", named="a"), dwell(10, "dairy", named="b"), dwell(20)],
        [visit(0, 20, "timeout", 4, [("dairy", 0, 10), ("bakery", 10, 10), ("dairy", 10, 20)])],
    ),
    Example(
        "rule_6_too_long_a_silence_divides_a_stay",
        [dwell(0), dwell(60 + US)],
        [visit(0, 60 + US, "timeout", 2, [("dairy", 0, 0), ("dairy", 60 + US, 60 + US)])],
    ),
    Example(
        "rule_6_the_last_stay_ends_at_an_exit_exactly_gap_later",
        [dwell(0), dwell(10), leave(70)],
        [visit(0, 70, "exit", 3, [("dairy", 0, 70)])],
    ),
    Example(
        "rule_6_the_last_stay_ends_at_its_last_reading_one_microsecond_more",
        [dwell(0), dwell(10), leave(70 + US)],
        [visit(0, 70 + US, "exit", 3, [("dairy", 0, 10)])],
    ),
    Example(
        "rule_6_an_exit_in_the_same_zone",
        [dwell(0, "entrance"), leave(30, gate="gate-e")],
        [visit(0, 30, "exit", 2, [("entrance", 0, 30)])],
    ),
    Example(
        "rule_6_an_exit_in_another_zone_is_a_stay_of_0_s",
        [dwell(0), leave(30, gate="gate-e")],
        [visit(0, 30, "exit", 2, [("dairy", 0, 30), ("entrance", 30, 30)])],
    ),
    Example(
        "rule_6_an_exit_in_the_same_zone_after_too_long_a_silence",
        [dwell(0, "entrance"), leave(60 + US, gate="gate-e")],
        [visit(0, 60 + US, "exit", 2, [("entrance", 0, 0), ("entrance", 60 + US, 60 + US)])],
    ),
    Example("rule_6_a_visit_without_zone_has_no_stay", [enter(0), leave(30)], [visit(0, 30, "exit", 2)]),
]

EXAMPLES = [*RULE_5, *RULE_6]
