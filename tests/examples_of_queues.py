"""Examples of `queue_long`, worked out by hand from `docs/signals.md`.

Each customer takes 45 s at a till: with one till open, or none, 7 wait for 315 s, which is too long, and 4 for 180 s, which is short again.
"""

from sensors.reading import Reading
from tests.example_parts import US, at, pay
from tests.signal_parts import Said, SignalExample, clock, inside, people, shop


def long(since: float, value: float = 315, threshold: float = 300, zone: str = "tills", *, lasting: float = 20, message: str = "") -> Said:
    """Expect a `queue_long`."""
    return Said("queue_long", (zone,), at(since), at(since + lasting), value, threshold, zone, message)


def queue(number: int, start: float, end: float, zone: str = "tills", *, first: int = 1) -> list[Reading]:
    """Have people at the tills."""
    return people(number, start, end, zone, first=first)


def receipts(till: str, *times: float) -> list[Reading]:
    """Take money at a till."""
    return [pay(t, till=till, named=f"{till}-{t}") for t in times]


BY_TIME = [
    SignalExample("queue_long_for_one_microsecond_less", queue(7, 0, 20 - US)),
    SignalExample("queue_long_and_gone_at_that_very_moment", queue(7, 0, 20)),
    SignalExample("queue_long_for_long_enough", queue(7, 0, 20 + US), [long(0, message="Checkout 2: 7 waiting, about 5 min; open a till")]),
    SignalExample("queue_long_one_fewer_is_not", queue(6, 0, 800)),
    SignalExample("queue_long_once_while_it_lasts", queue(7, 0, 800), [long(0)]),
    SignalExample("queue_long_more_came_until_it_was_said", [*queue(7, 0, 100), *inside("x", 20, 100, "tills")], [long(0, 360)]),
    SignalExample("queue_long_exactly_at_the_threshold", queue(5, 0, 100), [long(0, 300)], shop(queue_service_s=60)),
    SignalExample("queue_long_just_below_the_threshold", queue(5, 0, 100), layout=shop(queue_service_s=59.999999)),
    SignalExample("queue_long_just_above_the_threshold", queue(5, 0, 100), [long(0, 300.000005)], shop(queue_service_s=60.000001)),
    SignalExample("queue_long_staff_does_not_wait", [*queue(6, 0, 100), *inside("badge", 0, 100, "tills")]),
    SignalExample("queue_long_only_in_zones_of_tills", people(8, 0, 100, "bakery")),
    SignalExample("queue_long_where_a_till_stands", people(7, 0, 100, "kiosk"), [long(0, zone="kiosk")]),
    SignalExample("queue_long_of_slow_service_in_a_zone", queue(5, 0, 100), [long(0, 300)], shop(queue_service_s__tills=60)),
    SignalExample("queue_long_of_slow_service_elsewhere", queue(5, 0, 100), layout=shop(queue_service_s__kiosk=60)),
    SignalExample("queue_long_of_a_zone_of_its_own", queue(2, 0, 100), [long(0, 90, 90)], shop(queue_long_wait_s__tills=90)),
    SignalExample("queue_long_at_once", queue(7, 0, 1), [long(0, lasting=0)], shop(queue_long_for_s=0)),
    SignalExample("queue_long_for_a_time_of_its_own", queue(7, 0, 5 + US), [long(0, lasting=5)], shop(queue_long_for_s__tills=5)),
    SignalExample("queue_long_turned_off", queue(20, 0, 100), layout=shop(queue_long_wait_s=0)),
    SignalExample("queue_long_turned_off_in_a_zone", queue(20, 0, 100), layout=shop(queue_long_wait_s__tills=0)),
    SignalExample("queue_long_of_no_service_at_all_is_never", queue(20, 0, 100), layout=shop(queue_service_s=0)),
]

TILLS = [
    SignalExample("queue_long_one_till_open", [*queue(7, 0, 100), *receipts("till-1", 0)], [long(0)]),
    SignalExample("queue_long_two_tills_open", [*queue(7, 0, 100), *receipts("till-1", 0), *receipts("till-2", 0)]),
    SignalExample("queue_long_at_two_tills", [*queue(14, 0, 100), *receipts("till-1", 0), *receipts("till-2", 0)], [long(0, 315)]),
    SignalExample(
        "queue_long_at_two_tills_one_fewer",
        [*queue(13, 0, 100), *receipts("till-1", 0), *receipts("till-2", 0)],
    ),
    SignalExample("queue_long_two_receipts_are_one_till", [*queue(7, 0, 100), *receipts("till-1", 0, 10)], [long(0)]),
    SignalExample("queue_long_the_second_till_opens_just_in_time", [*queue(7, 0, 100), *receipts("till-1", 0), *receipts("till-2", 20)]),
    SignalExample(
        "queue_long_the_second_till_opens_one_microsecond_late",
        [*queue(7, 0, 100), *receipts("till-1", 0), *receipts("till-2", 20 + US)],
        [long(0)],
    ),
    SignalExample(
        "queue_long_a_till_is_open_for_300_s_after_its_last_receipt",
        [*queue(7, 250, 400), *receipts("till-1", 0), *receipts("till-2", 200)],
        [long(300 + US)],
    ),
    SignalExample(
        "queue_long_a_till_is_open_until_its_next_receipt",
        [*queue(7, 250, 700), *receipts("till-1", 0, 300, 600), *receipts("till-2", 200, 500)],
    ),
    SignalExample(
        "queue_long_a_till_is_closed_for_a_microsecond_and_that_is_too_short",
        [*queue(7, 250, 500), *receipts("till-1", 0, 300 + 2 * US), *receipts("till-2", 200)],
    ),
    SignalExample(
        "queue_long_a_till_of_another_zone_does_not_help",
        [*queue(7, 0, 100), *receipts("till-1", 0), *receipts("till-k", 0)],
        [long(0)],
    ),
    SignalExample(
        "queue_long_a_till_that_is_open_for_a_time_of_its_own",
        [*queue(7, 0, 100), *receipts("till-1", 0), *receipts("till-2", 0)],
        [long(10 + US)],
        shop(queue_till_open_s=10),
    ),
]

BY_PEOPLE = [
    SignalExample(
        "queue_long_by_people",
        queue(3, 0, 20 + US),
        [long(0, 3, 3)],
        shop(queue_long_people=3),
    ),
    SignalExample("queue_long_by_people_one_fewer", queue(2, 0, 100), layout=shop(queue_long_people=3)),
    SignalExample("queue_long_by_people_too_short", queue(3, 0, 20), layout=shop(queue_long_people=3)),
    SignalExample("queue_long_by_people_of_a_zone", queue(3, 0, 100), [long(0, 3, 3)], shop(queue_long_people__tills=3)),
    SignalExample("queue_long_by_people_of_another_zone", queue(3, 0, 100), layout=shop(queue_long_people__kiosk=3)),
    SignalExample(
        "queue_long_by_people_however_many_tills_are_open",
        [*queue(3, 0, 100), *receipts("till-1", 0), *receipts("till-2", 0)],
        [long(0, 3, 3)],
        shop(queue_long_people=3),
    ),
    SignalExample("queue_long_by_people_alone", queue(3, 0, 100), [long(0, 3, 3)], shop(queue_long_people=3, queue_long_wait_s=0)),
    SignalExample("queue_long_by_both_is_said_in_people", queue(7, 0, 100), [long(0, 7, 7)], shop(queue_long_people=7)),
    SignalExample(
        "queue_long_by_time_before_there_are_enough_people",
        [*queue(7, 0, 100), *inside("x", 20 + US, 100, "tills")],
        [long(0)],
        shop(queue_long_people=8),
    ),
    SignalExample(
        "queue_long_first_by_time_and_then_by_people",
        [*queue(7, 0, 10), *queue(3, 10, 100, "kiosk", first=20), *queue(7, 10, 100, first=30)],
        [long(0)],
        shop(queue_long_people__tills=20),
    ),
]

AGAIN = [
    SignalExample(
        "queue_long_again_after_it_was_short",
        [*queue(7, 0, 100), *queue(4, 100, 120 + US, first=10), *queue(7, 120 + US, 300, first=20)],
        [long(0), long(120 + US)],
    ),
    SignalExample(
        "queue_long_not_again_when_it_was_short_for_too_short",
        [*queue(7, 0, 100), *queue(4, 100, 120, first=10), *queue(7, 120, 300, first=20)],
        [long(0)],
    ),
    SignalExample(
        "queue_long_not_again_when_it_was_hardly_shorter",
        [*queue(7, 0, 100), *queue(5, 100, 200, first=10), *queue(7, 200, 300, first=20)],
        [long(0)],
    ),
    SignalExample(
        "queue_long_again_after_nobody_was_there",
        [*queue(7, 0, 100), *queue(7, 200, 300, first=20)],
        [long(0), long(200)],
    ),
    SignalExample(
        "queue_long_again_only_after_both_fell",
        [
            *[one for till in ("till-1", "till-2") for one in receipts(till, 0, 250)],
            *[*queue(5, 0, 100), *queue(4, 100, 200, first=10), *queue(5, 200, 300, first=20)],
        ],
        [long(0, 5, 5)],
        shop(queue_long_people=5),
    ),
    SignalExample(
        "queue_long_again_after_both_fell",
        [
            *[one for till in ("till-1", "till-2") for one in receipts(till, 0, 250)],
            *[*queue(5, 0, 100), *queue(3, 100, 200, first=10), *queue(5, 200, 300, first=20)],
        ],
        [long(0, 5, 5), long(200, 5, 5)],
        shop(queue_long_people=5),
    ),
    SignalExample(
        "queue_long_again_by_a_share_of_its_own",
        [*queue(7, 0, 100), *queue(5, 100, 200, first=10), *queue(7, 200, 300, first=20)],
        [long(0), long(200)],
        shop(queue_cleared_share=0.75),
    ),
    SignalExample(
        "queue_long_by_one_person_is_short_when_nobody_is_there",
        [*queue(1, 0, 100), *queue(1, 200, 300, first=2)],
        [long(0, 1, 1), long(200, 1, 1)],
        shop(queue_long_people=1),
    ),
]

FOUR = clock("2023-11-15 04:00")

DAYS = [
    SignalExample("queue_long_through_the_beginning_of_a_day_is_so_anew", queue(7, FOUR - 100, FOUR + 100), [long(FOUR - 100), long(FOUR)]),
    SignalExample("queue_long_gone_at_the_beginning_of_a_day", queue(7, FOUR - 100, FOUR), [long(FOUR - 100)]),
]

EXAMPLES = [*BY_TIME, *TILLS, *BY_PEOPLE, *AGAIN, *DAYS]
