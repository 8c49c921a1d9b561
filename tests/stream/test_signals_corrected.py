"""When a signal is said, and what becomes of it when later readings, other days or another layout show that it was otherwise: by hand."""

import pytest
from msgspec import structs

from sensors.layout import Layout
from sensors.reading import Reading
from storage.model import Signal
from stream.journey import Plan
from stream.rules import Rules
from stream.store import Store
from tests import examples_of_queues as queues
from tests import examples_of_sensors as sensors
from tests import examples_of_visitor_signals as visitors
from tests import examples_of_zone_signals as zones
from tests.example_parts import US, alive, at, dwell, enter, leave, pay
from tests.signal_parts import QUIET, Said, agrees, beat, found, inside, people, shop
from tests.stream.rows import Rows

DAY = 86_400


class Live:
    """A store that hears readings as they come, and the rows of what it says."""

    def __init__(self, layout: Layout = QUIET, *readings: Reading) -> None:
        self.plan = Plan(Rules(), layout)
        self.store, self.rows = Store("s1", self.plan), Rows()
        self.hear(*sorted(readings, key=lambda reading: (reading.ts, reading.id)))

    def hear(self, *readings: Reading) -> "Live":
        """Let readings arrive, one by one, in time or late."""
        for reading in readings:
            self.rows.add(self.store, [reading])
            self.rows.write(self.store)
        return self

    def wait(self, until: float) -> "Live":
        """Let time pass, in a store that hears nothing."""
        self.store.pass_time(at(until))
        self.rows.write(self.store)
        return self

    def forget(self, days: int = 3) -> "Live":
        """Let days pass, after which nothing of today is in memory any more."""
        for day in range(1, days + 1):
            self.hear(alive(day * DAY))
            self.store.let_go()
            self.rows.write(self.store)
        return self

    def load(self, layout: Layout, **rules: float) -> "Live":
        """Go on by another layout, and these rules of visits."""
        self.plan = Plan(Rules.of(rules), layout)
        self.store = self.rows.restored(self.store, self.plan)
        self.rows.write(self.store)
        return self

    @property
    def signals(self) -> list[Signal]:
        """What is said now, in the order of time."""
        return sorted(self.rows.signals.values(), key=lambda signal: (signal.at, signal.kind))

    @property
    def ids(self) -> list[str]:
        """The ids of what is said now."""
        return [signal.signal_id for signal in self.signals]

    def says(self, *want: Said) -> bool:
        """Whether this is said now, and nothing else."""
        assert agrees([found(signal) for signal in self.signals], want), [found(signal) for signal in self.signals]
        return True


def test_a_long_dwell_is_said_with_the_reading_that_reaches_it() -> None:
    """Somebody who is not heard of any more may have gone: time alone makes no stay longer."""
    live = Live(QUIET, *(dwell(t) for t in range(0, 900, 60)))
    assert live.wait(910).says()
    assert live.hear(dwell(899.5)).says()
    assert live.hear(dwell(900)).says(visitors.long(0))


def test_a_full_zone_is_said_when_time_has_passed() -> None:
    """No reading is needed at that moment, if nobody is thought to have gone: nobody has for 30 s after the last reading."""
    live = Live(QUIET, *(dwell(t, device=f"p{number}") for number in range(9) for t in (0, 10)))
    assert live.wait(30 - US).says()
    assert live.wait(30).says(zones.full(0))
    assert live.wait(70 - US).says(zones.full(0))
    assert live.wait(70).says(zones.full(0), zones.empty(40))


def test_a_queue_is_said_when_time_has_passed() -> None:
    """As a full zone is."""
    live = Live(QUIET, *(dwell(t, "tills", f"p{number}") for number in range(7) for t in (0, 10)))
    assert live.wait(20 - US).says()
    assert live.wait(20).says(queues.long(0))


def test_a_silence_is_said_when_a_reading_at_the_threshold_did_not_come() -> None:
    """At the threshold itself it may still come."""
    live = Live(shop(sensor_silent_s=1800), *beat("gw", 0))
    assert live.wait(1800).says()
    assert live.wait(1800 + US).says(sensors.silent(0, 1800))


@pytest.mark.parametrize(("readings", "end", "after"), [([leave(20)], 20, 120), ([dwell(20)], 20, 1800)])
def test_an_abandoned_basket_is_said_when_nothing_on_time_can_pay_for_it(readings: list[Reading], end: float, after: float) -> None:
    """60 s of lateness after the grace or the timeout: a receipt from before may be that late and still on time."""
    live = Live(QUIET, visitors.take(10), *readings)
    assert live.wait(end + after + 60).says()
    assert live.wait(end + after + 60 + US).says(visitors.abandoned(end, after))


def test_a_priority_is_said_with_the_reading_of_the_next_zone() -> None:
    """Whoever stays, or leaves, has not moved on."""
    live = Live(visitors.simple(), *visitors.ROUND)
    assert live.hear(dwell(85, "cellar")).says()
    assert live.hear(dwell(90, "wine")).says(visitors.changed(30, 90, "wine"))


def test_a_priority_is_said_where_the_shopper_really_went() -> None:
    """A reading that is in time, and earlier than what is known, says that it was another zone."""
    live = Live(visitors.simple(), *visitors.ROUND, dwell(100, "wine", lasting=10))
    assert live.says(visitors.changed(30, 90, "wine"))
    assert live.hear(dwell(95, "dairy", lasting=5)).says(visitors.changed(30, 90, "dairy"))


def test_a_clock_that_runs_ahead_moves_no_time_at_a_restart() -> None:
    """A priority is said at the time of a reading, and that may be 5 minutes ahead of what the store knows to have passed."""
    ahead = [structs.replace(reading, received_at=at(-200)) for reading in (*visitors.ROUND, *visitors.walk((90, "wine")))]
    live = Live(visitors.simple(), dwell(-1800, device="d2"), *ahead)
    assert live.says(visitors.changed(30, 90, "wine"))
    assert live.load(visitors.simple()).says(visitors.changed(30, 90, "wine"))
    assert [visit.is_final for visit in live.rows.visits.values()] == [False, False]


def test_an_exit_that_comes_late_takes_a_long_dwell_back() -> None:
    """Who left after 10 minutes was not there for 15."""
    live = Live(QUIET, *(dwell(t) for t in range(0, 601, 60)), dwell(900, lasting=300))
    assert live.forget().says(visitors.long(0))
    assert live.hear(leave(600 + US)).says()
    assert live.rows.n_signals_gone == 1


def test_a_reading_that_comes_late_raises_a_long_dwell_of_days_ago() -> None:
    """It fills a silence that had made two stays of one."""
    live = Live(QUIET, dwell(450, lasting=450), dwell(900, lasting=390 - US))
    assert live.forget().says()
    assert live.hear(dwell(460)).says(visitors.long(0))


def test_a_reading_that_comes_late_moves_a_long_dwell_of_days_ago() -> None:
    """The stay began earlier: another cause, so another id, and the one before is taken back."""
    live = Live(QUIET, *inside("d1", 0, 1000)).forget()
    before = live.ids
    assert live.hear(dwell(-30)).says(visitors.long(-30))
    assert live.ids != before
    assert live.rows.n_signals_gone == 1


def test_a_long_dwell_keeps_its_id_when_its_visit_gets_another() -> None:
    """An earlier reading in another zone moves the visit, not the stay: the same signal, which names the new visit."""
    live = Live(QUIET, *inside("d1", 0, 1000)).forget()
    (before,) = live.signals
    live.hear(dwell(-30, "bakery"))
    (after,) = live.signals
    assert (after.signal_id, after.at, after.since) == (before.signal_id, before.at, before.since)
    assert before.visit_id != after.visit_id == next(iter(live.rows.visits))


def test_a_receipt_that_comes_late_takes_an_abandoned_basket_back() -> None:
    """By hours, and by days."""
    for live in (Live(QUIET, visitors.take(10), leave(20), alive(5 * 3600)), Live(QUIET, visitors.take(10), leave(20)).forget()):
        assert live.says(visitors.abandoned(20, 120))
        assert live.hear(pay(30, device="d1")).says()
        assert live.rows.n_signals_gone == 1


def test_a_receipt_without_a_name_that_comes_late_takes_an_abandoned_basket_back() -> None:
    """It is the receipt of who stood at the tills then."""
    live = Live(QUIET, visitors.take(10), dwell(20, "tills"), dwell(40, "tills"), leave(50)).forget()
    assert live.says(visitors.abandoned(50, 120, zone="tills"))
    assert live.hear(pay(30, till="till-1")).says()


def test_an_abandoned_basket_keeps_its_id_when_more_is_found_in_it() -> None:
    """The same visit is over at the same moment: one more product, the same signal."""
    live = Live(QUIET, visitors.take(10), leave(20)).forget()
    before = live.ids
    assert live.hear(visitors.take(12, "butter")).says(visitors.abandoned(20, 120, 2))
    assert live.ids == before
    assert live.rows.n_signals_gone == 0


def test_an_exit_that_comes_late_moves_an_abandoned_basket() -> None:
    """What was silence was a visit that ended by the gate, 5 s later."""
    live = Live(QUIET, visitors.take(10), dwell(20)).forget()
    assert live.says(visitors.abandoned(20, 1800))
    assert live.hear(leave(25)).says(visitors.abandoned(25, 120))
    assert live.rows.n_signals_gone == 1


def test_what_was_put_back_and_is_known_late_takes_an_abandoned_basket_back() -> None:
    """Nothing was taken after all."""
    live = Live(QUIET, visitors.take(10), leave(20)).forget()
    assert live.hear(visitors.put_back(15)).says()


def test_somebody_known_late_makes_a_zone_full_days_ago() -> None:
    """Eight were there; the ninth was known three days later."""
    live = Live(QUIET, *people(8, 0, 100)).forget()
    assert live.says()
    assert live.hear(*inside("late", 10, 100)).says(zones.full(10), zones.empty(100))


def test_somebody_known_late_makes_a_full_zone_fuller_under_the_same_id() -> None:
    """Nine were too many already: the same cause, another figure."""
    live = Live(QUIET, *people(9, 0, 100)).forget()
    before = live.ids
    assert live.hear(*inside("late", 10, 90)).says(zones.full(0, number=10), zones.empty(100))
    assert live.ids == before
    assert live.rows.n_signals_gone == 0


def test_somebody_known_late_moves_when_a_zone_became_full() -> None:
    """The ninth had been there all the time: full since 0, under another id; it was cleared when it was."""
    live = Live(QUIET, *people(8, 0, 100), *inside("x", 20, 100)).forget()
    full, empty = live.ids
    assert live.says(zones.full(20), zones.empty(100))
    live.hear(*inside("late", 0, 20))
    assert live.says(zones.full(0), zones.empty(100))
    assert live.ids[0] != full
    assert live.ids[1] == empty


def test_an_exit_that_comes_late_takes_back_that_a_zone_was_full() -> None:
    """And that it was cleared, which it never had to be."""
    live = Live(QUIET, *people(8, 0, 100), dwell(40, device="x", lasting=40)).forget()
    assert live.says(zones.full(0), zones.empty(100))
    assert live.hear(leave(1, "x")).says()
    assert live.rows.n_signals_gone == 2


def test_a_receipt_that_comes_late_takes_a_queue_back() -> None:
    """A second till was open."""
    live = Live(QUIET, *queues.queue(7, 0, 100), *queues.receipts("till-1", 0)).forget()
    assert live.says(queues.long(0))
    assert live.hear(*queues.receipts("till-2", -100)).says()


def test_a_receipt_that_comes_late_moves_a_queue() -> None:
    """The second till was open until 50."""
    live = Live(QUIET, *queues.queue(7, 0, 100), *queues.receipts("till-1", 0)).forget()
    assert live.hear(*queues.receipts("till-2", -250)).says(queues.long(50 + US))


def test_a_reading_that_comes_late_takes_a_silence_back() -> None:
    """The sensor was heard just in time, and again."""
    live = Live(shop(sensor_silent_s=1800), *beat("gate-1", 0, 3000), *beat("gw", 0)).hear(*beat("gate-1", 4000))
    assert live.says(sensors.silent(0, 1800, "gate-1"), sensors.silent(0, 1800))
    assert live.hear(*beat("gate-1", 1800)).says(sensors.silent(0, 1800))


def test_a_reading_that_comes_late_moves_a_silence_of_days_ago() -> None:
    """The silence began later, and so is another one."""
    live = Live(shop(sensor_silent_s=1800), *beat("gate-1", 0, 4000)).hear(*(one for day in (1, 2, 3) for one in beat("gw", day * DAY)))
    live.store.let_go()
    live.wait(3 * DAY + 10)
    assert live.signals[0].since == at(0)
    before, n_signals = live.ids[0], len(live.ids)
    live.hear(*beat("gate-1", 1000))
    assert found(live.signals[0])[:-1] == sensors.silent(1000, 2800, "gate-1")[:-1]
    assert before not in live.ids
    assert len(live.ids) == n_signals


def test_readings_that_come_late_together_take_silences_of_days_ago_back() -> None:
    """A gateway was away for two hours, but for two readings that came in time, and sends what it had kept: no silence is left."""
    live = Live(shop(sensor_silent_s=1800), *beat("gate-1", 0, 2500, 5000)).hear(*beat("gate-1", *range(7200, 3 * DAY, 1700)))
    live.store.let_go()
    live.wait(3 * DAY)
    assert live.says(*(sensors.silent(t, t + 1800, "gate-1") for t in (0, 2500, 5000)))
    live.rows.add(live.store, beat("gate-1", *range(600, 7200, 600)))
    assert live.wait(3 * DAY).says()


def test_a_reading_that_comes_late_divides_a_silence_of_days_ago() -> None:
    """Two silences in place of one; the one before keeps its beginning, and so its id."""
    live = Live(shop(sensor_silent_s=1800), *beat("gate-1", 0, 9000)).hear(*beat("gate-1", *range(10_000, 3 * DAY, 1700)))
    live.store.let_go()
    live.wait(3 * DAY)
    before = live.ids
    assert live.says(sensors.silent(0, 1800, "gate-1"))
    assert live.hear(*beat("gate-1", 4000)).says(sensors.silent(0, 1800, "gate-1"), sensors.silent(4000, 5800, "gate-1"))
    assert live.ids[:1] == before


def test_a_move_that_comes_late_takes_back_what_a_visit_seemed_to_say() -> None:
    """Three looks where nothing is on offer: price never stood out."""
    live = Live(visitors.simple(), *visitors.ROUND, dwell(90, "wine"), leave(100)).forget()
    assert live.says(visitors.changed(30, 90, "wine"))
    assert live.hear(visitors.look(12), visitors.look(13, 2)).says()


def test_another_threshold_counts_at_once_for_who_is_there() -> None:
    """The same cause under the same id, said for another moment."""
    live = Live(QUIET, *(dwell(t) for t in range(0, 901, 60)))
    before = live.ids
    assert live.load(shop(long_dwell_s=600)).says(visitors.long(0, 600))
    assert live.ids == before
    assert live.load(shop(long_dwell_s=0)).says()


def test_another_threshold_counts_for_who_was_here_today() -> None:
    """Readings on time can still reach the visit, so it is told by it, though it is final."""
    assert Live(QUIET, *inside("d1", 0, 1000), alive(5000)).load(shop(long_dwell_s=600)).says(visitors.long(0, 600))


def test_another_threshold_counts_for_who_was_here_days_ago_only_when_it_is_told_anew() -> None:
    """What was said stays until a rebuild."""
    live = Live(QUIET, *inside("d1", 0, 1000)).forget()
    assert live.load(shop(long_dwell_s=600)).says(visitors.long(0))
    live.rows.rebuild(live.store, devices_at_once=1)
    assert live.says(visitors.long(0, 600))


def test_another_threshold_counts_at_once_for_the_days_of_zones() -> None:
    """Readings on time can still change today, so today is told by it."""
    live = Live(QUIET, *people(8, 0, 100), alive(3600))
    assert live.load(shop(zone_congested_people__dairy=8)).says(zones.full(0, number=8, limit=8), zones.empty(100, limit=6))
    assert live.load(QUIET).says()


def test_another_threshold_counts_for_days_long_ago_only_when_they_are_told_anew() -> None:
    """What was said stays until a rebuild."""
    live = Live(QUIET, *people(8, 0, 100)).forget()
    assert live.load(shop(zone_congested_people__dairy=8)).says()
    live.rows.rebuild(live.store, devices_at_once=3)
    assert live.says(zones.full(0, number=8, limit=8), zones.empty(100, limit=6))


def test_silences_stay_as_they_were_found() -> None:
    """Another threshold counts for those to come, a rebuild too changes none."""
    live = Live(shop(sensor_silent_s=1800), *beat("gate-1", 0, 4000))
    assert live.load(shop(sensor_silent_s=600)).says(sensors.silent(0, 1800, "gate-1"))
    live.rows.rebuild(live.store, devices_at_once=1)
    assert live.says(sensors.silent(0, 1800, "gate-1"))
    assert live.wait(4600 + US).says(sensors.silent(0, 1800, "gate-1"), sensors.silent(4000, 4600, "gate-1", 600))


def test_a_silence_stays_as_it_was_found_when_the_worker_begins_anew() -> None:
    """By another threshold it would be said for a moment that has not come yet."""
    live = Live(shop(sensor_silent_s=1800), *beat("gw", 0)).wait(1800 + US).load(shop(sensor_silent_s=7200))
    live.store = live.rows.restored(live.store, live.plan)
    assert live.wait(1900).says(sensors.silent(0, 1800))


def test_a_day_that_is_forgotten_stays_so_by_longer_rules() -> None:
    """The ninth is known late, after a layout by which readings reach back further: the other eight are read back."""
    live = Live(QUIET, *people(8, 0, 100), alive(DAY + 21_000)).forget(1).hear(alive(DAY + 21_600))
    live.store.let_go()
    live.load(QUIET, presence_gap_s=7200, visit_timeout_s=7200)
    live.store.let_go()
    assert live.wait(DAY + 21_600).says()
    assert live.hear(*inside("late", 10, 100)).says(zones.full(10), zones.empty(100))


def test_who_becomes_staff_was_never_a_customer() -> None:
    """A badge that the layout learns of while its visit goes on."""
    live = Live(QUIET, enter(0), dwell(10), dwell(910, lasting=900))
    assert live.says(visitors.long(10))
    assert live.load(Layout(store_id="s1", zones=QUIET.zones, staff_devices=frozenset({"d1"}), rules=QUIET.rules)).says()
