"""Examples of rules 7 to 10, worked out by hand: shelves, payments, what is said of a visit, and its identity."""

from sensors.layout import Layout
from stream.rules import Rules
from tests.example_parts import STORE, US, Example, alive, dwell, enter, leave, look, pay, shelf, visit

MILK_TWICE = [look(0, action="pickup", product="milk"), look(1, action="pickup", product="milk")]

RULE_7 = [
    Example(
        "rule_7_looks_are_kept_with_product_and_time",
        [shelf(0), shelf(5, action="pickup", product="milk", lasting=2), shelf(9, "bakery-1", "pickup", "bun")],
        [
            visit(
                0,
                9,
                "timeout",
                3,
                [("dairy", 0, 9), ("bakery", 9, 9)],
                looks=[look(0), look(5, action="pickup", product="milk", lasting=2), look(9, "bakery-1", "pickup", "bun", zone="bakery")],
                taken={"milk": 1, "bun": 1},
            )
        ],
    ),
    Example(
        "rule_7_taken_is_pickups_less_putbacks",
        [shelf(0, action="pickup", product="milk"), shelf(1, action="pickup", product="milk"), shelf(2, action="putback", product="milk")],
        [
            visit(
                0,
                2,
                "timeout",
                3,
                [("dairy", 0, 2)],
                looks=[*MILK_TWICE, look(2, action="putback", product="milk")],
                taken={"milk": 1},
            )
        ],
    ),
    Example(
        "rule_7_taken_is_at_least_0_per_product",
        [shelf(0, action="putback", product="milk"), shelf(1, action="pickup", product="bun")],
        [
            visit(
                0,
                1,
                "timeout",
                2,
                [("dairy", 0, 1)],
                looks=[look(0, action="putback", product="milk"), look(1, action="pickup", product="bun")],
                taken={"bun": 1},
            )
        ],
    ),
    Example(
        "rule_7_a_putback_before_its_pickup_counts",
        [shelf(0, action="putback", product="milk"), shelf(1, action="pickup", product="milk")],
        [
            visit(
                0,
                1,
                "timeout",
                2,
                [("dairy", 0, 1)],
                looks=[look(0, action="putback", product="milk"), look(1, action="pickup", product="milk")],
            )
        ],
    ),
    Example(
        "rule_7_a_product_without_name_is_not_counted",
        [shelf(0, action="pickup"), shelf(1, product="milk")],
        [visit(0, 1, "timeout", 2, [("dairy", 0, 1)], looks=[look(0, action="pickup"), look(1, product="milk")])],
    ),
]

AT_TILL = [dwell(0, "checkout"), dwell(50, "checkout")]

RULE_8 = [
    Example(
        "rule_8_a_payment_with_a_device_is_that_devices",
        [dwell(0), dwell(0, "checkout", "d2"), dwell(50, "checkout", "d2"), pay(30, device="d1")],
        [
            visit(0, 0, "timeout", 1, [("dairy", 0, 0)], payments=["pay-30"], total="9.99", bounced=False),
            visit(0, 50, "timeout", 2, [("checkout", 0, 50)], device="d2"),
        ],
    ),
    Example(
        "rule_8_a_payment_exactly_at_the_beginning",
        [dwell(100, lasting=40), pay(60, device="d1")],
        [visit(60, 100, "timeout", 1, [("dairy", 60, 100)], payments=["pay-60"], total="9.99", bounced=False)],
    ),
    Example(
        "rule_8_a_payment_one_microsecond_before_the_beginning",
        [dwell(100, lasting=40), pay(60 - US, device="d1")],
        [visit(60, 100, "timeout", 1, [("dairy", 60, 100)])],
        [("s1", f"pay-{60 - US}")],
    ),
    Example(
        "rule_8_a_payment_exactly_at_the_timeout",
        [dwell(0), pay(1800, device="d1")],
        [visit(0, 0, "timeout", 1, [("dairy", 0, 0)], payments=["pay-1800"], total="9.99", bounced=False)],
    ),
    Example(
        "rule_8_a_payment_one_microsecond_after_the_timeout",
        [dwell(0), pay(1800 + US, device="d1")],
        [visit(0, 0, "timeout", 1, [("dairy", 0, 0)])],
        [("s1", f"pay-{1800 + US}")],
    ),
    Example(
        "rule_8_a_payment_with_an_unknown_device_is_nobodys",
        [*AT_TILL, pay(30, device="d2")],
        [visit(0, 50, "timeout", 2, [("checkout", 0, 50)])],
        [("s1", "pay-30")],
    ),
    Example(
        "rule_8_a_payment_with_a_staff_device_is_that_devices",
        [dwell(0, device="badge"), pay(30, device="badge")],
        [visit(0, 0, "timeout", 1, [("dairy", 0, 0)], device="badge", payments=["pay-30"], total="9.99", bounced=False, is_staff=True)],
    ),
    Example(
        "rule_8_a_payment_goes_to_who_stays_at_the_till",
        [*AT_TILL, dwell(0, device="d0"), dwell(50, device="d0"), pay(30)],
        [
            visit(0, 50, "timeout", 2, [("dairy", 0, 50)], device="d0"),
            visit(0, 50, "timeout", 2, [("checkout", 0, 50)], payments=["pay-30"], total="9.99", bounced=False),
        ],
    ),
    Example(
        "rule_8_a_payment_exactly_at_the_beginning_of_the_stay",
        [dwell(0), dwell(10, "checkout"), dwell(50, "checkout"), pay(10)],
        [visit(0, 50, "timeout", 3, [("dairy", 0, 10), ("checkout", 10, 50)], payments=["pay-10"], total="9.99", bounced=False)],
    ),
    Example(
        "rule_8_a_payment_one_microsecond_before_the_stay",
        [dwell(0), dwell(10, "checkout"), dwell(50, "checkout"), pay(10 - US)],
        [visit(0, 50, "timeout", 3, [("dairy", 0, 10), ("checkout", 10, 50)])],
        [("s1", f"pay-{10 - US}")],
    ),
    Example(
        "rule_8_a_payment_exactly_at_the_end_of_the_stay",
        [*AT_TILL, dwell(55), pay(55)],
        [visit(0, 55, "timeout", 3, [("checkout", 0, 55), ("dairy", 55, 55)], payments=["pay-55"], total="9.99", bounced=False)],
    ),
    Example(
        "rule_8_a_payment_one_microsecond_after_the_stay",
        [*AT_TILL, dwell(55), pay(55 + US)],
        [visit(0, 55, "timeout", 3, [("checkout", 0, 55), ("dairy", 55, 55)])],
        [("s1", f"pay-{55 + US}")],
    ),
    Example(
        "rule_8_a_payment_in_too_long_a_silence_is_nobodys",
        [dwell(0, "checkout"), dwell(60 + US, "checkout"), pay(30)],
        [visit(0, 60 + US, "timeout", 2, [("checkout", 0, 0), ("checkout", 60 + US, 60 + US)])],
        [("s1", "pay-30")],
    ),
    Example(
        "rule_8_a_payment_in_the_grace_is_nobodys_without_a_device",
        [*AT_TILL, leave(60), pay(61)],
        [visit(0, 60, "exit", 3, [("checkout", 0, 60)])],
        [("s1", "pay-61")],
    ),
    Example(
        "rule_8_a_payment_at_the_exit_goes_to_who_stayed_until_then",
        [*AT_TILL, leave(60), pay(60)],
        [visit(0, 60, "exit", 3, [("checkout", 0, 60)], payments=["pay-60"], total="9.99", bounced=False)],
    ),
    Example(
        "rule_8_of_several_the_one_there_longest",
        [dwell(1, "checkout", "d1"), dwell(50, "checkout", "d1"), dwell(0, "checkout", "d2"), dwell(40, "checkout", "d2"), pay(30)],
        [
            visit(1, 50, "timeout", 2, [("checkout", 1, 50)]),
            visit(0, 40, "timeout", 2, [("checkout", 0, 40)], device="d2", payments=["pay-30"], total="9.99", bounced=False),
        ],
    ),
    Example(
        "rule_8_there_longest_counts_this_stay_not_the_visit",
        [dwell(0), dwell(20, "checkout"), dwell(50, "checkout"), dwell(10, "checkout", "d2"), dwell(50, "checkout", "d2"), pay(30)],
        [
            visit(0, 50, "timeout", 3, [("dairy", 0, 20), ("checkout", 20, 50)]),
            visit(10, 50, "timeout", 2, [("checkout", 10, 50)], device="d2", payments=["pay-30"], total="9.99", bounced=False),
        ],
    ),
    Example(
        "rule_8_of_several_there_equally_long_the_smaller_device",
        [dwell(50, "checkout", "d2", lasting=50), dwell(0, "checkout", "d10"), dwell(60, "checkout", "d10"), pay(30)],
        [
            visit(0, 60, "timeout", 2, [("checkout", 0, 60)], device="d10", payments=["pay-30"], total="9.99", bounced=False),
            visit(0, 50, "timeout", 1, [("checkout", 0, 50)], device="d2"),
        ],
    ),
    Example(
        "rule_8_never_staff",
        [dwell(0, "checkout", "badge"), dwell(50, "checkout", "badge"), dwell(20, "checkout"), dwell(50, "checkout"), pay(10), pay(30)],
        [
            visit(0, 50, "timeout", 2, [("checkout", 0, 50)], device="badge", is_staff=True),
            visit(20, 50, "timeout", 2, [("checkout", 20, 50)], payments=["pay-30"], total="9.99", bounced=False),
        ],
        [("s1", "pay-10")],
    ),
    Example(
        "rule_8_the_payments_own_zone_comes_before_the_tills",
        [dwell(0), dwell(50), *(dwell(t, "checkout", "d2") for t in (0, 50)), pay(30, zone="dairy")],
        [
            visit(0, 50, "timeout", 2, [("dairy", 0, 50)], payments=["pay-30"], total="9.99", bounced=False),
            visit(0, 50, "timeout", 2, [("checkout", 0, 50)], device="d2"),
        ],
    ),
    Example(
        "rule_8_a_till_without_zone",
        [*AT_TILL, pay(30, till="till-lost"), pay(31, till="till-new")],
        [visit(0, 50, "timeout", 2, [("checkout", 0, 50)])],
        [("s1", "pay-30"), ("s1", "pay-31")],
    ),
    Example(
        "rule_8_a_payment_moves_nothing",
        [dwell(0, "checkout"), pay(0, device="d1"), pay(1000, "1", device="d1")],
        [visit(0, 0, "timeout", 1, [("checkout", 0, 0)], payments=["pay-0", "pay-1000"], total="10.99", bounced=False)],
    ),
    Example(
        "rule_8_of_two_visits_of_a_device_the_one_whose_stay_began_first",
        [*AT_TILL, leave(60), dwell(300, "checkout", lasting=240), pay(60)],
        [
            visit(0, 60, "exit", 3, [("checkout", 0, 60)], payments=["pay-60"], total="9.99", bounced=False),
            visit(60, 300, "timeout", 1, [("checkout", 60, 300)], bounced=False),
        ],
    ),
    Example(
        "rule_8_a_long_presence_told_later_claims_the_payment",
        [dwell(100, "checkout"), dwell(150, "checkout"), leave(160), pay(120), dwell(5000, "checkout", "d2", lasting=4950)],
        [
            visit(100, 160, "exit", 3, [("checkout", 100, 160)]),
            visit(50, 5000, "timeout", 1, [("checkout", 50, 5000)], device="d2", payments=["pay-120"], total="9.99", bounced=False),
        ],
    ),
]

RULE_9 = [
    Example("rule_9_bounced_one_microsecond_below_120_s", [enter(0), leave(120 - US)], [visit(0, 120 - US, "exit", 2, bounced=True)]),
    Example("rule_9_not_bounced_at_exactly_120_s", [enter(0), leave(120)], [visit(0, 120, "exit", 2, bounced=False)]),
    Example(
        "rule_9_a_store_has_its_own_bounce",
        [enter(0), leave(30)],
        [visit(0, 30, "exit", 2, bounced=False)],
        rules={"s1": Rules(bounce_s=30)},
    ),
    Example(
        "rule_9_a_refund_converts",
        [dwell(0), pay(5, "-3.50", device="d1")],
        [visit(0, 0, "timeout", 1, [("dairy", 0, 0)], payments=["pay-5"], total="-3.50", bounced=False)],
    ),
    Example(
        "rule_9_the_basket_is_the_exact_sum",
        [dwell(0), pay(5, "0.1", device="d1"), pay(6, "0.2", device="d1")],
        [visit(0, 0, "timeout", 1, [("dairy", 0, 0)], payments=["pay-5", "pay-6"], total="0.3", bounced=False)],
    ),
    Example(
        "rule_9_several_currencies_have_no_sum",
        [dwell(0), pay(5, device="d1"), pay(6, device="d1", currency="CHF")],
        [visit(0, 0, "timeout", 1, [("dairy", 0, 0)], payments=["pay-5", "pay-6"], total=None, bounced=False)],
    ),
    Example("rule_9_staff", [dwell(0, device="badge")], [visit(0, 0, "timeout", 1, [("dairy", 0, 0)], device="badge", is_staff=True)]),
    Example(
        "rule_9_staff_of_another_store",
        [dwell(0, device="badge")],
        [visit(0, 0, "timeout", 1, [("dairy", 0, 0)], device="badge")],
        layouts={"s1": Layout(store_id="s1"), "s2": STORE},
    ),
    Example(
        "rule_9_a_pass_by_stays_outside",
        [dwell(0, "street"), dwell(30, "parking"), dwell(200, "street")],
        [
            visit(0, 200, "timeout", 3, [("street", 0, 30), ("parking", 30, 30), ("street", 200, 200)], pass_by=True, bounced=False),
        ],
    ),
    Example(
        "rule_9_no_pass_by_with_a_moment_inside",
        [dwell(0, "street"), leave(30, gate="gate-e")],
        [visit(0, 30, "exit", 2, [("street", 0, 30), ("entrance", 30, 30)])],
    ),
    Example("rule_9_no_pass_by_without_a_stay", [enter(0)], [visit(0, 0, "timeout", 1)]),
    Example("rule_9_a_zone_of_no_layout_is_not_outside", [dwell(0, "attic")], [visit(0, 0, "timeout", 1, [("attic", 0, 0)])]),
    Example(
        "rule_9_a_counted_reading_inside_leaves_a_pass_by_alone",
        [dwell(0, "street"), leave(10), dwell(20)],
        [visit(0, 10, "exit", 3, [("street", 0, 10)], pass_by=True)],
    ),
]

RULE_10 = [
    Example(
        "rule_10_an_earlier_reading_that_comes_later_moves_the_beginning",
        [dwell(50), dwell(20), enter(10)],
        [visit(10, 50, "timeout", 3, [("dairy", 20, 50)])],
    ),
    Example(
        "rule_10_an_earlier_reading_that_comes_later_joins_two_visits",
        [dwell(0), dwell(3600), dwell(1800)],
        [visit(0, 3600, "timeout", 3, [("dairy", t, t) for t in (0, 1800, 3600)], bounced=False)],
    ),
    Example(
        "rule_10_an_exit_that_comes_later_divides_a_visit",
        [dwell(0), dwell(300), leave(30)],
        [visit(0, 30, "exit", 2, [("dairy", 0, 30)]), visit(300, 300, "timeout", 1, [("dairy", 300, 300)])],
    ),
    Example(
        "rule_10_a_duplicate_counts_once",
        [dwell(0, named="a"), dwell(10, named="b"), dwell(0, named="a"), dwell(10, named="b")],
        [visit(0, 10, "timeout", 2, [("dairy", 0, 10)])],
    ),
    Example(
        "rule_10_of_two_readings_with_one_id_the_first_stays",
        [dwell(10, named="a"), dwell(20, "bakery", named="a")],
        [visit(10, 10, "timeout", 1, [("dairy", 10, 10)])],
    ),
    Example("rule_10_an_id_is_one_for_all_kinds", [alive(0, named="a"), dwell(10, named="a"), pay(10, named="a")], []),
    Example(
        "rule_10_an_id_in_two_stores_is_two_readings",
        [dwell(10, named="a"), dwell(20, named="a", store="s2")],
        [visit(10, 10, "timeout", 1, [("dairy", 10, 10)]), visit(20, 20, "timeout", 1, [("dairy", 20, 20)], store="s2")],
    ),
]

EXAMPLES = [*RULE_7, *RULE_8, *RULE_9, *RULE_10]
