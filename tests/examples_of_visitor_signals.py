"""Examples of `long_dwell`, `abandoned_basket` and `priority_changed`, worked out by hand from `docs/signals.md`."""

import msgspec

from sensors.layout import Layout
from sensors.reading import Reading
from storage.model import Priority
from stream.rules import Rules
from tests.example_parts import US, at, dwell, leave, pay, shelf
from tests.signal_parts import Said, SignalExample, inside, shop


def long(start: float, limit: float = 900, zone: str = "dairy", device: str = "d1", *, message: str = "") -> Said:
    """Expect a `long_dwell`."""
    return Said("long_dwell", (device, zone), at(start), at(start + limit), limit, limit, zone, message)


def abandoned(end: float, after: float, products: float = 1, least: float = 1, zone: str = "dairy", *, message: str = "") -> Said:
    """Expect an `abandoned_basket` of device `d1`."""
    return Said("abandoned_basket", ("d1",), at(end), at(end + after), products, least, zone, message)


def changed(
    since: float, t: float, zone: str, score: float = 1, threshold: float = 0.75, *, what: Priority = "price", message: str = ""
) -> Said:
    """Expect a `priority_changed` of device `d1`."""
    return Said("priority_changed", ("d1", what), at(since), at(t), score, threshold, zone, message)


def take(t: float, product: str = "milk", shelf_id: str = "milk-1") -> Reading:
    """Take a product."""
    return shelf(t, shelf_id, "pickup", product)


def put_back(t: float, product: str = "milk") -> Reading:
    """Put a product back."""
    return shelf(t, "milk-1", "putback", product)


LONG_DWELL = [
    SignalExample("long_dwell_exactly_at_the_threshold", inside("d1", 0, 900), [long(0)]),
    SignalExample("long_dwell_one_microsecond_below", inside("d1", 0, 900 - US)),
    SignalExample("long_dwell_one_microsecond_above", inside("d1", 0, 900 + US), [long(0)]),
    SignalExample("long_dwell_of_many_readings", [dwell(t) for t in range(0, 901, 60)], [long(0)]),
    SignalExample("long_dwell_until_moving_on_at_the_threshold", [dwell(890, lasting=890), dwell(900, "bakery")], [long(0)]),
    SignalExample("long_dwell_until_moving_on_one_microsecond_before", [dwell(890, lasting=890), dwell(900 - US, "bakery")]),
    SignalExample("long_dwell_not_by_the_hold_of_presence", [dwell(890, lasting=890)]),
    SignalExample("long_dwell_once_a_stay", inside("d1", 0, 7200), [long(0)]),
    SignalExample(
        "long_dwell_again_when_coming_back",
        [dwell(900, lasting=900), dwell(910, "bakery"), dwell(1820, lasting=900), leave(1830)],
        [long(0), long(920)],
    ),
    SignalExample(
        "long_dwell_a_silence_begins_another_stay",
        [dwell(600, lasting=600), dwell(660 + US), dwell(1500, lasting=800)],
    ),
    SignalExample(
        "long_dwell_a_silence_of_the_gap_does_not",
        [dwell(600, lasting=600), dwell(660), dwell(900, lasting=200)],
        [long(0)],
    ),
    SignalExample("long_dwell_of_two_visitors", [*inside("a", 0, 900), *inside("b", 1, 901)], [long(0, device="a"), long(1, device="b")]),
    SignalExample("long_dwell_of_two_visits", [*inside("d1", 0, 900), *inside("d1", 2000, 2900)], [long(0), long(2000)]),
    SignalExample("long_dwell_at_the_entrance", inside("d1", 0, 900, "entrance"), [long(0, zone="entrance")]),
    SignalExample("long_dwell_at_the_tills", inside("d1", 0, 900, "tills"), [long(0, zone="tills")]),
    SignalExample("long_dwell_never_outside", inside("d1", 0, 9000, "street")),
    SignalExample("long_dwell_never_in_rooms_of_staff", inside("d1", 0, 9000, "office")),
    SignalExample("long_dwell_never_of_staff", inside("badge", 0, 9000)),
    SignalExample(
        "long_dwell_in_a_zone_that_no_layout_knows",
        inside("d1", 0, 900, "attic"),
        [long(0, zone="attic", message="attic: a visitor has been here for 15 min; offer help")],
        layout=Layout(store_id="s1", rules={"sensor_silent_s": 0}),
    ),
    SignalExample(
        "long_dwell_by_zone",
        [*inside("a", 0, 600, "bakery"), *inside("b", 0, 600)],
        [long(0, 600, "bakery", "a", message="Bakery: a visitor has been here for 10 min; offer help")],
        layout=shop(long_dwell_s__bakery=600),
    ),
    SignalExample("long_dwell_by_zone_one_microsecond_below", inside("d1", 0, 600 - US, "bakery"), layout=shop(long_dwell_s__bakery=600)),
    SignalExample("long_dwell_turned_off", inside("d1", 0, 9000), layout=shop(long_dwell_s=0)),
    SignalExample(
        "long_dwell_turned_off_in_a_zone",
        [*inside("a", 0, 900, "bakery"), *inside("b", 0, 900)],
        [long(0, device="b")],
        layout=shop(long_dwell_s__bakery=0),
    ),
    SignalExample(
        "long_dwell_turned_on_in_a_zone_alone",
        [*inside("a", 0, 900, "bakery"), *inside("b", 0, 900)],
        [long(0, 600, "bakery", "a")],
        layout=shop(long_dwell_s=0, long_dwell_s__bakery=600),
    ),
]

ABANDONED = [
    SignalExample("abandoned_basket_left_by_the_gate", [take(10), leave(20)], [abandoned(20, 120)]),
    SignalExample("abandoned_basket_fallen_silent", [take(10), dwell(20)], [abandoned(20, 1800)]),
    SignalExample("abandoned_basket_by_the_rules_of_visits", [take(10), leave(20)], [abandoned(20, 7)], rules=Rules(exit_grace_s=7)),
    SignalExample("abandoned_basket_silent_by_the_rules", [take(10)], [abandoned(10, 70)], rules=Rules(visit_timeout_s=70)),
    SignalExample("abandoned_basket_nothing_was_taken", [shelf(10, "milk-1"), leave(20)]),
    SignalExample("abandoned_basket_all_was_put_back", [take(10), put_back(12), leave(20)]),
    SignalExample("abandoned_basket_one_of_two_was_put_back", [take(10), take(11), put_back(12), leave(20)], [abandoned(20, 120)]),
    SignalExample("abandoned_basket_another_product_was_put_back", [take(10), put_back(12, "butter"), leave(20)], [abandoned(20, 120)]),
    SignalExample(
        "abandoned_basket_what_was_put_back_too_often_counts_for_nothing_else",
        [take(10), put_back(12), put_back(13), take(14, "butter"), leave(20)],
        [abandoned(20, 120)],
    ),
    SignalExample(
        "abandoned_basket_of_three",
        [take(10), take(11), take(12, "butter"), leave(20)],
        [abandoned(20, 120, 3, message="3 products were taken and not paid; put back what was left behind, and look why")],
    ),
    SignalExample(
        "abandoned_basket_of_one",
        [take(10), leave(20)],
        [abandoned(20, 120, message="1 product was taken and not paid; put back what was left behind, and look why")],
    ),
    SignalExample(
        "abandoned_basket_exactly_as_many_as_asked_for",
        [take(10), take(11), leave(20)],
        [abandoned(20, 120, 2, 2)],
        layout=shop(abandoned_basket_items=2),
    ),
    SignalExample("abandoned_basket_one_fewer", [take(10), leave(20)], layout=shop(abandoned_basket_items=2)),
    SignalExample("abandoned_basket_turned_off", [take(10), leave(20)], layout=shop(abandoned_basket_items=0)),
    SignalExample("abandoned_basket_paid_by_name", [take(10), pay(15, device="d1"), leave(20)]),
    SignalExample("abandoned_basket_paid_at_the_end_of_the_grace", [take(10), leave(20), pay(140, device="d1")]),
    SignalExample(
        "abandoned_basket_paid_one_microsecond_after_the_grace",
        [take(10), leave(20), pay(140 + US, device="d1")],
        [abandoned(20, 120)],
    ),
    SignalExample("abandoned_basket_paid_at_the_end_of_the_timeout", [take(10), pay(1810, device="d1")]),
    SignalExample(
        "abandoned_basket_paid_one_microsecond_after_the_timeout",
        [take(10), pay(1810 + US, device="d1")],
        [abandoned(10, 1800)],
    ),
    SignalExample(
        "abandoned_basket_paid_without_a_name_by_who_stands_there",
        [take(10), dwell(20, "tills"), pay(30, till="till-1"), dwell(40, "tills"), leave(50)],
    ),
    SignalExample(
        "abandoned_basket_somebody_else_paid",
        [take(10), dwell(20), leave(30), *inside("d2", 10, 40, "tills"), pay(30, till="till-1")],
        [abandoned(30, 120)],
    ),
    SignalExample(
        "abandoned_basket_paid_on_the_next_visit",
        [take(10), leave(20), dwell(3000, "tills"), pay(3010, device="d1"), dwell(3020, "tills"), leave(3030)],
        [abandoned(20, 120)],
    ),
    SignalExample(
        "abandoned_basket_of_each_visit", [take(10), leave(20), take(3000), leave(3010)], [abandoned(20, 120), abandoned(3010, 120)]
    ),
    SignalExample(
        "abandoned_basket_never_of_staff",
        [take(10), leave(20)],
        layout=msgspec.structs.replace(shop(), staff_devices=frozenset({"d1"})),
    ),
]

_PARTS = {
    "speed": ("look_s", "shop_s", "zones_per_min", "empty_stops"),
    "selection": ("look_s", "stops", "compared"),
    "price": ("bargains", "cheaper", "stops"),
    "recognition": ("asked_s", "served_s", "card"),
}

SIMPLE: dict[str, float] = {
    **{f"priority.{score}.{fact}.weight": 0 for score, facts in _PARTS.items() for fact in facts},
    "priority.price.offers.none": 0,
    "priority.price.offers.full": 1,
    "priority.selection.empty_stops.none": 0,
    "priority.selection.empty_stops.full": 1,
    "priority_doubt": 0,
    "priority_least_s": 0,
    "priority_least_touches": 1,
}
"""Scores that can be counted on fingers: price is the share of stops at an offer, selection that of stops at which nothing is taken."""


def simple(**rules: float) -> Layout:
    """Give the shop these scores, and other rules."""
    return shop({**SIMPLE, "abandoned_basket_items": 0, **rules})


def offer(t: float, number: int = 1) -> Reading:
    """Stop at an offer and take it: one stop for price."""
    return take(t, "milk", f"milk-{number}")


def look(t: float, number: int = 1) -> Reading:
    """Stop where nothing is on offer and take nothing: one stop for selection."""
    return shelf(t, f"cream-{number}")


def walk(*steps: tuple[float, str]) -> list[Reading]:
    """Go from zone to zone."""
    return [dwell(t, zone) for t, zone in steps]


ROUND = [offer(10), *walk((30, "wine"), (60, "cellar"))]
"""In the dairy until 30, in the wine until 60, and then in the cellar: price stood out with 1 from 30 on, and still at 60."""

PRICE_MESSAGE = "Wine: a visitor looks for good prices (price); point out what is on offer"

PRIORITY = [
    SignalExample(
        "priority_changed_exactly_held",
        [*ROUND, *walk((90, "wine")), leave(100)],
        [changed(30, 90, "wine", message=PRICE_MESSAGE)],
        simple(),
    ),
    SignalExample("priority_changed_held_one_microsecond_less", [*ROUND, *walk((90 - US, "wine")), leave(100)], layout=simple()),
    SignalExample(
        "priority_changed_held_one_microsecond_more", [*ROUND, *walk((90 + US, "wine"))], [changed(30, 90 + US, "wine")], simple()
    ),
    SignalExample("priority_changed_leaving_is_no_moving_on", [*ROUND, leave(120)], layout=simple()),
    SignalExample(
        "priority_changed_a_gate_with_a_zone_is_moving_on", [*ROUND, leave(90, gate="gate-e")], [changed(30, 90, "entrance")], simple()
    ),
    SignalExample(
        "priority_changed_heard_again_after_a_silence",
        [offer(10), *walk((20, "dairy"), (80 + US, "dairy"), (90, "dairy"))],
        [changed(20, 20, "dairy")],
        simple(priority_hold_s=0),
    ),
    SignalExample(
        "priority_changed_no_silence_and_no_other_zone",
        [offer(10), *walk((20, "dairy"), (80, "dairy"), (90, "dairy"))],
        layout=simple(priority_hold_s=0),
    ),
    SignalExample("priority_changed_without_a_hold", ROUND, [changed(30, 30, "wine")], simple(priority_hold_s=0)),
    SignalExample(
        "priority_changed_said_once_while_it_stays",
        [*ROUND, *walk((90, "wine"), (120, "dairy"), (150, "wine"), (180, "dairy"))],
        [changed(30, 90, "wine")],
        simple(),
    ),
    SignalExample(
        "priority_changed_score_exactly_at_the_threshold",
        [offer(5), offer(10, 2), offer(15), look(20), *walk((30, "wine"))],
        [changed(30, 30, "wine", 0.75)],
        simple(priority_hold_s=0),
    ),
    SignalExample(
        "priority_changed_score_below_the_threshold",
        [offer(5), offer(10, 2), look(20), *walk((30, "wine"))],
        layout=simple(priority_hold_s=0),
    ),
    SignalExample(
        "priority_changed_score_above_a_threshold_of_its_own",
        [offer(5), offer(10, 2), look(20), *walk((30, "wine"))],
        [changed(30, 30, "wine", 0.667, 0.6)],
        simple(priority_hold_s=0, priority_changed_score=0.6),
    ),
    SignalExample(
        "priority_changed_back_and_forth",
        [
            *[offer(10), *walk((30, "wine"), (60, "dairy"))],
            *[look(61), look(62, 2), look(63), *walk((90, "wine"), (120, "dairy"))],
            *[*(offer(121 + n, 1 + n % 2) for n in range(8)), *walk((150, "wine"))],
        ],
        [changed(30, 30, "wine", 1), changed(90, 90, "wine", 0.75, what="selection"), changed(150, 150, "wine", 0.75)],
        simple(priority_hold_s=0),
    ),
    SignalExample(
        "priority_changed_a_dip_begins_the_hold_anew",
        [
            *[offer(10), *walk((30, "wine"), (60, "dairy")), look(61), *walk((70, "wine"), (75, "dairy"))],
            *[offer(76), offer(77, 2), *walk((80, "wine"), (110, "dairy"), (140, "wine"))],
        ],
        [changed(80, 140, "wine", 0.75)],
        simple(),
    ),
    SignalExample(
        "priority_changed_a_dip_and_one_microsecond_less_of_a_hold",
        [
            *[offer(10), *walk((30, "wine"), (60, "dairy")), look(61), *walk((70, "wine"), (75, "dairy"))],
            *[offer(76), offer(77, 2), *walk((80, "wine"), (110, "dairy"), (140 - US, "wine"))],
        ],
        layout=simple(),
    ),
    SignalExample(
        "priority_changed_another_one_for_a_moment_changes_nothing",
        [
            *[*ROUND, *walk((90, "dairy")), look(91), look(92, 2), look(93), *walk((100, "wine"), (110, "dairy"))],
            *[*(offer(111 + n, 1 + n % 2) for n in range(8)), *walk((120, "wine"), (150, "dairy"), (180, "wine"))],
        ],
        [changed(30, 90, "dairy")],
        simple(),
    ),
    SignalExample(
        "priority_changed_of_each_visit",
        [*ROUND, *walk((90, "wine")), leave(100), offer(3010), *walk((3030, "wine"), (3060, "cellar"), (3090, "wine"))],
        [changed(30, 90, "wine"), changed(3030, 3090, "wine")],
        simple(),
    ),
    SignalExample("priority_changed_turned_off", [*ROUND, *walk((90, "wine"))], layout=simple(priority_changed_score=0)),
    SignalExample("priority_changed_too_few_touches_to_say", [*ROUND, *walk((90, "wine"))], layout=simple(priority_least_touches=2)),
    SignalExample("priority_changed_too_short_a_visit_to_say", [*ROUND, *walk((90, "wine"))], layout=simple(priority_least_s=90)),
    SignalExample(
        "priority_changed_never_of_staff",
        [*ROUND, *walk((90, "wine"))],
        layout=msgspec.structs.replace(simple(), staff_devices=frozenset({"d1"})),
    ),
]

EXAMPLES = [*LONG_DWELL, *ABANDONED, *PRIORITY]
