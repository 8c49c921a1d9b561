"""Examples of rules 0 to 4, worked out by hand: order, where presence begins, where visits begin and end."""

from stream.rules import Rules
from tests.example_parts import STORE, US, Example, alive, dwell, enter, leave, look, pay, shelf, visit

RULE_0 = [
    Example("rule_0_without_duration_presence_begins_at_ts", [dwell(100)], [visit(100, 100, "timeout", 1, [("dairy", 100, 100)])]),
    Example("rule_0_presence_begins_duration_before_ts", [dwell(100, lasting=40)], [visit(60, 100, "timeout", 1, [("dairy", 60, 100)])]),
    Example(
        "rule_0_duration_of_a_shelf",
        [shelf(100, lasting=40)],
        [visit(60, 100, "timeout", 1, [("dairy", 60, 100)], looks=[look(100, lasting=40)])],
    ),
    Example("rule_0_duration_of_zero", [dwell(100, lasting=0)], [visit(100, 100, "timeout", 1, [("dairy", 100, 100)])]),
    Example(
        "rule_0_presence_begins_exactly_at_the_previous_reading",
        [dwell(100), dwell(130, "bakery", lasting=30)],
        [visit(100, 130, "timeout", 2, [("dairy", 100, 100), ("bakery", 100, 130)])],
    ),
    Example(
        "rule_0_presence_begins_one_microsecond_after_the_previous_reading",
        [dwell(100), dwell(130, "bakery", lasting=30 - US)],
        [visit(100, 130, "timeout", 2, [("dairy", 100, 100 + US), ("bakery", 100 + US, 130)])],
    ),
    Example(
        "rule_0_presence_never_begins_before_the_previous_reading",
        [dwell(100), dwell(130, "bakery", lasting=60)],
        [visit(100, 130, "timeout", 2, [("dairy", 100, 100), ("bakery", 100, 130)])],
    ),
    Example(
        "rule_0_clipped_by_a_reading_without_zone",
        [dwell(100), enter(120), dwell(130, "bakery", lasting=60)],
        [visit(100, 130, "timeout", 3, [("dairy", 100, 120), ("bakery", 120, 130)])],
    ),
    Example(
        "rule_0_clipped_by_the_exit_of_the_visit_before",
        [dwell(50), leave(100), dwell(300, lasting=500)],
        [
            visit(50, 100, "exit", 2, [("dairy", 50, 100)]),
            visit(100, 300, "timeout", 1, [("dairy", 100, 300)], bounced=False),
        ],
    ),
    Example(
        "rule_0_clipped_by_a_reading_in_the_grace",
        [dwell(50), leave(100), dwell(150), dwell(300, lasting=500)],
        [
            visit(50, 100, "exit", 3, [("dairy", 50, 100)]),
            visit(150, 300, "timeout", 1, [("dairy", 150, 300)], bounced=False),
        ],
    ),
    Example(
        "rule_0_not_clipped_by_a_payment",
        [dwell(0), pay(50, device="d1"), dwell(60, "bakery", lasting=60)],
        [visit(0, 60, "timeout", 2, [("dairy", 0, 0), ("bakery", 0, 60)], payments=["pay-50"], total="9.99", bounced=False)],
    ),
    Example(
        "rule_0_not_clipped_by_another_device",
        [dwell(0), dwell(50, device="d2"), dwell(60, "bakery", lasting=55)],
        [
            visit(0, 60, "timeout", 2, [("dairy", 0, 5), ("bakery", 5, 60)]),
            visit(50, 50, "timeout", 1, [("dairy", 50, 50)], device="d2"),
        ],
    ),
    Example(
        "rule_0_tie_entry_in_comes_first",
        [dwell(100, named="a"), enter(100, zone="entrance", named="z")],
        [visit(100, 100, "timeout", 2, [("entrance", 100, 100), ("dairy", 100, 100)])],
    ),
    Example(
        "rule_0_tie_others_by_id",
        [dwell(100, "bakery", named="b"), dwell(100, "dairy", named="a"), dwell(100, "entrance", named="B")],
        [visit(100, 100, "timeout", 3, [("entrance", 100, 100), ("dairy", 100, 100), ("bakery", 100, 100)])],
    ),
    Example(
        "rule_0_tie_entry_out_comes_last",
        [leave(100, named="a"), dwell(100, named="b")],
        [visit(100, 100, "exit", 2, [("dairy", 100, 100)])],
    ),
    Example("rule_0_tie_in_before_out", [leave(100, named="a"), enter(100, named="b")], [visit(100, 100, "exit", 2)]),
    Example(
        "rule_0_tie_of_two_exits_by_id",
        [leave(100, zone="street", named="b"), leave(100, zone="entrance", named="a")],
        [visit(100, 100, "exit", 2, [("entrance", 100, 100)])],
    ),
]

RULE_1 = [
    Example("rule_1_an_entry_opens_a_visit", [enter(100)], [visit(100, 100, "timeout", 1)]),
    Example("rule_1_a_dwell_opens_a_visit", [dwell(100, "bakery")], [visit(100, 100, "timeout", 1, [("bakery", 100, 100)])]),
    Example("rule_1_a_shelf_opens_a_visit", [shelf(100)], [visit(100, 100, "timeout", 1, [("dairy", 100, 100)], looks=[look(100)])]),
    Example("rule_1_an_exit_opens_and_ends_a_visit", [leave(100)], [visit(100, 100, "exit", 1)]),
    Example("rule_1_a_heartbeat_opens_nothing", [alive(100)], []),
    Example("rule_1_a_payment_opens_nothing", [pay(100, device="d1")], [], [("s1", "pay-100")]),
    Example(
        "rule_1_each_device_has_its_own_visit",
        [dwell(0), dwell(10, device="d2"), dwell(20)],
        [visit(0, 20, "timeout", 2, [("dairy", 0, 20)]), visit(10, 10, "timeout", 1, [("dairy", 10, 10)], device="d2")],
    ),
    Example(
        "rule_1_each_store_has_its_own_visit",
        [dwell(0), dwell(10, store="s2"), dwell(20)],
        [visit(0, 20, "timeout", 2, [("dairy", 0, 20)]), visit(10, 10, "timeout", 1, [("dairy", 10, 10)], store="s2")],
    ),
    Example(
        "rule_1_a_visit_begins_where_its_first_presence_begins",
        [enter(10), dwell(60, lasting=30)],
        [visit(10, 60, "timeout", 2, [("dairy", 30, 60)])],
    ),
]

TWO_AT_1800 = [("dairy", 0.0, 0.0), ("dairy", 1800.0, 1800.0)]

RULE_2 = [
    Example("rule_2_silence_exactly_timeout", [dwell(0), dwell(1800)], [visit(0, 1800, "timeout", 2, TWO_AT_1800, bounced=False)]),
    Example(
        "rule_2_silence_one_microsecond_longer",
        [dwell(0), dwell(1800 + US)],
        [visit(0, 0, "timeout", 1, [("dairy", 0, 0)]), visit(1800 + US, 1800 + US, "timeout", 1, [("dairy", 1800 + US, 1800 + US)])],
    ),
    Example(
        "rule_2_silence_to_the_beginning_exactly_timeout",
        [dwell(0), dwell(3600, lasting=1800)],
        [visit(0, 3600, "timeout", 2, [("dairy", 0, 0), ("dairy", 1800, 3600)], bounced=False)],
    ),
    Example(
        "rule_2_silence_to_the_beginning_one_microsecond_longer",
        [dwell(0), dwell(3600, lasting=1800 - US)],
        [
            visit(0, 0, "timeout", 1, [("dairy", 0, 0)]),
            visit(1800 + US, 3600, "timeout", 1, [("dairy", 1800 + US, 3600)], bounced=False),
        ],
    ),
    Example("rule_2_exit_exactly_timeout", [dwell(0), leave(1800)], [visit(0, 1800, "exit", 2, [("dairy", 0, 0)], bounced=False)]),
    Example(
        "rule_2_exit_one_microsecond_later_is_a_visit_of_its_own",
        [dwell(0), leave(1800 + US)],
        [visit(0, 0, "timeout", 1, [("dairy", 0, 0)]), visit(1800 + US, 1800 + US, "exit", 1)],
    ),
    Example(
        "rule_2_a_payment_does_not_bridge_the_silence",
        [dwell(0), pay(1000, device="d1"), dwell(1800 + US)],
        [
            visit(0, 0, "timeout", 1, [("dairy", 0, 0)], payments=["pay-1000"], total="9.99", bounced=False),
            visit(1800 + US, 1800 + US, "timeout", 1, [("dairy", 1800 + US, 1800 + US)]),
        ],
    ),
    Example(
        "rule_2_a_store_has_its_own_timeout",
        [dwell(0), dwell(90), dwell(180 + US), dwell(0, store="s2"), dwell(90 + US, store="s2")],
        [
            visit(0, 90, "timeout", 2, [("dairy", 0, 0), ("dairy", 90, 90)]),
            visit(180 + US, 180 + US, "timeout", 1, [("dairy", 180 + US, 180 + US)]),
            visit(0, 90 + US, "timeout", 2, [("dairy", 0, 0), ("dairy", 90 + US, 90 + US)], store="s2"),
        ],
        rules={"s1": Rules(visit_timeout_s=90)},
    ),
    Example(
        "rule_2_a_long_visit_of_short_silences",
        [dwell(1800 * n, "bakery") for n in range(5)],
        [visit(0, 7200, "timeout", 5, [("bakery", 1800 * n, 1800 * n) for n in range(5)], bounced=False)],
    ),
]

RULE_3 = [
    Example("rule_3_an_exit_ends_the_visit", [dwell(0), leave(30)], [visit(0, 30, "exit", 2, [("dairy", 0, 30)])]),
    Example(
        "rule_3_a_reading_exactly_at_the_grace_is_only_counted",
        [dwell(0), leave(30), dwell(150, "bakery")],
        [visit(0, 30, "exit", 3, [("dairy", 0, 30)])],
    ),
    Example(
        "rule_3_a_reading_one_microsecond_after_the_grace_opens_a_visit",
        [dwell(0), leave(30), dwell(150 + US, "bakery")],
        [visit(0, 30, "exit", 2, [("dairy", 0, 30)]), visit(150 + US, 150 + US, "timeout", 1, [("bakery", 150 + US, 150 + US)])],
    ),
    Example(
        "rule_3_the_grace_counts_to_ts_not_to_where_presence_begins",
        [dwell(0), leave(30), dwell(200, "bakery", lasting=150)],
        [visit(0, 30, "exit", 2, [("dairy", 0, 30)]), visit(50, 200, "timeout", 1, [("bakery", 50, 200)], bounced=False)],
    ),
    Example(
        "rule_3_an_entry_in_the_grace_opens_a_visit",
        [dwell(0), leave(30), enter(30 + US)],
        [visit(0, 30, "exit", 2, [("dairy", 0, 30)]), visit(30 + US, 30 + US, "timeout", 1)],
    ),
    Example(
        "rule_3_a_counted_reading_before_an_entry_in_the_grace",
        [dwell(0), leave(30), dwell(40), enter(50, gate="gate-e"), dwell(60)],
        [
            visit(0, 30, "exit", 3, [("dairy", 0, 30)]),
            visit(50, 60, "timeout", 2, [("entrance", 50, 60), ("dairy", 60, 60)]),
        ],
    ),
    Example(
        "rule_3_an_exit_in_the_grace_does_not_start_it_again",
        [dwell(0), leave(30), leave(150), dwell(150 + US, "bakery")],
        [visit(0, 30, "exit", 3, [("dairy", 0, 30)]), visit(150 + US, 150 + US, "timeout", 1, [("bakery", 150 + US, 150 + US)])],
    ),
    Example(
        "rule_3_an_exit_after_the_grace_is_a_visit_of_its_own",
        [dwell(0), leave(30), leave(150 + US)],
        [visit(0, 30, "exit", 2, [("dairy", 0, 30)]), visit(150 + US, 150 + US, "exit", 1)],
    ),
    Example(
        "rule_3_a_shelf_in_the_grace_is_no_shelf_visit",
        [dwell(0), leave(30), shelf(40, action="pickup", product="milk")],
        [visit(0, 30, "exit", 3, [("dairy", 0, 30)])],
    ),
    Example(
        "rule_3_the_grace_outlasts_a_shorter_timeout",
        [dwell(0), leave(30), dwell(130)],
        [visit(0, 30, "exit", 3, [("dairy", 0, 30)])],
        rules={"s1": Rules(visit_timeout_s=60)},
    ),
    Example(
        "rule_3_no_grace_at_all",
        [leave(30, named="a"), leave(30, named="b"), dwell(30 + US)],
        [visit(30, 30, "exit", 2), visit(30 + US, 30 + US, "timeout", 1, [("dairy", 30 + US, 30 + US)])],
        rules={"s1": Rules(exit_grace_s=0)},
    ),
    Example(
        "rule_3_a_payment_exactly_at_the_grace_joins",
        [dwell(0), leave(30), pay(150, device="d1")],
        [visit(0, 30, "exit", 2, [("dairy", 0, 30)], payments=["pay-150"], total="9.99", bounced=False)],
    ),
    Example(
        "rule_3_a_payment_one_microsecond_after_the_grace_does_not",
        [dwell(0), leave(30), pay(150 + US, device="d1")],
        [visit(0, 30, "exit", 2, [("dairy", 0, 30)])],
        [("s1", f"pay-{150 + US}")],
    ),
    Example(
        "rule_3_a_payment_one_microsecond_before_a_new_entry_joins_the_old_visit",
        [leave(30), enter(60), pay(60 - US, device="d1")],
        [visit(30, 30, "exit", 1, payments=[f"pay-{60 - US}"], total="9.99", bounced=False), visit(60, 60, "timeout", 1)],
    ),
    Example(
        "rule_3_a_payment_exactly_at_a_new_entry_joins_the_new_visit",
        [leave(30), enter(60), pay(60, device="d1")],
        [visit(30, 30, "exit", 1), visit(60, 60, "timeout", 1, payments=["pay-60"], total="9.99", bounced=False)],
    ),
    Example(
        "rule_3_a_visit_opened_by_a_duration_leaves_the_grace_to_the_old_one",
        [leave(30), dwell(200, lasting=150), pay(150, device="d1"), pay(150 + US, "1", device="d1")],
        [
            visit(30, 30, "exit", 1, payments=["pay-150"], total="9.99", bounced=False),
            visit(50, 200, "timeout", 1, [("dairy", 50, 200)], payments=[f"pay-{150 + US}"], total="1", bounced=False),
        ],
    ),
]

RULE_4 = [
    Example(
        "rule_4_an_entry_in_an_open_visit_is_no_new_one",
        [enter(0), dwell(30), enter(60)],
        [visit(0, 60, "timeout", 3, [("dairy", 30, 60)])],
    ),
    Example("rule_4_an_entry_exactly_at_the_timeout", [enter(0), enter(1800)], [visit(0, 1800, "timeout", 2, bounced=False)]),
    Example(
        "rule_4_an_entry_one_microsecond_after_the_timeout",
        [enter(0), enter(1800 + US)],
        [visit(0, 0, "timeout", 1), visit(1800 + US, 1800 + US, "timeout", 1)],
    ),
    Example(
        "rule_4_a_second_look_in_another_zone_is_presence",
        [enter(0, gate="gate-e"), enter(20, zone="street")],
        [visit(0, 20, "timeout", 2, [("entrance", 0, 20), ("street", 20, 20)])],
        layouts={"s1": STORE},
    ),
]

EXAMPLES = [*RULE_0, *RULE_1, *RULE_2, *RULE_3, *RULE_4]
