"""Each thing that may change about a visit, alone: the figures that it changes were kept before, and must show it at once."""

from contextlib import closing
from decimal import Decimal

import pytest
from msgspec import structs

from sensors.layout import Layout, Zone
from sensors.reading import SECOND, Payment
from storage.connect import connect
from storage.model import Removed, ShelfVisit, Stay, Visit
from storage.refresh import Refresher
from tests.databases import Database
from tests.storage.examples import DAY, payment
from tests.storage.test_rollups import Stack, over, signal

pytestmark = pytest.mark.integration

MINUTE = 60 * SECOND


def _stay(zone: int, begun: int, ended: int) -> Stay:
    return Stay(f"zone-{zone}", DAY + begun * MINUTE, DAY + ended * MINUTE)


def _touch(action: str, minute: int, product_id: str | None = "milk", duration_s: float | None = 5.0) -> ShelfVisit:
    return ShelfVisit(f"shelf-{minute}", DAY + minute * MINUTE, "dairy-1", action, product_id, None, duration_s)  # type: ignore[arg-type]


STAYS = (_stay(0, 0, 7), _stay(1, 12, 18), _stay(2, 24, 31))
BASE = structs.replace(
    over(1),
    entered_at=DAY,
    left_at=DAY + 47 * MINUTE,
    stays=STAYS,
    shelf_visits=(_touch("view", 37), _touch("pickup", 41)),
)
"""Nearly each of its moments lies in 5 minutes of its own, so that no mark can stand in for another."""


def _paid(minute: int) -> Payment:
    return structs.replace(payment(minute), ts=DAY + minute * MINUTE)


def _states() -> dict[str, Visit]:
    """What the engine says, one after the other; each differs from the one before by what its name says."""
    first, second, third = STAYS
    moved = structs.replace(second, ended_at=DAY + 22 * MINUTE)
    return {
        "begun": BASE,
        "left later": structs.replace(BASE, left_at=DAY + 57 * MINUTE),
        "left as before": BASE,
        "last in another zone": structs.replace(BASE, stays=(first, second, structs.replace(third, zone_id="zone-3"))),
        "last where it was": BASE,
        "came from another zone": structs.replace(BASE, stays=(structs.replace(first, zone_id="zone-3"), second, third)),
        "was in the same zone before": structs.replace(BASE, stays=(structs.replace(first, zone_id="zone-2"), second, third)),
        "stayed longer": structs.replace(BASE, stays=(first, moved, third)),
        "stayed as long as before": BASE,
        "was never there": structs.replace(BASE, stays=(first, third)),
        "was there": BASE,
        "came to the second zone at once": structs.replace(BASE, stays=(second, third)),
        "came to the first before": BASE,
        "bounced": structs.replace(BASE, bounced=True),
        "passed by": structs.replace(BASE, bounced=True, pass_by=True),
        "stays on": structs.replace(BASE, ended_by=None),
        "left": BASE,
        "put it back": structs.replace(BASE, shelf_visits=(_touch("view", 37), _touch("putback", 41))),
        "took something": structs.replace(BASE, shelf_visits=(_touch("view", 37), _touch("pickup", 41, None))),
        "looked longer": structs.replace(BASE, shelf_visits=(_touch("view", 37, "milk", 6.5), _touch("pickup", 41, None))),
        "did not look": structs.replace(BASE, shelf_visits=(_touch("pickup", 41),)),
        "is staff": structs.replace(BASE, is_staff=True),
        "is a customer": BASE,
        "paid": structs.replace(BASE, payments=(_paid(26),)),
        "paid later": structs.replace(BASE, payments=(_paid(33),)),
        "paid before": structs.replace(BASE, payments=(_paid(13),)),
    }


def _keep(url: str) -> None:
    with closing(Refresher(url)) as refresher:
        while refresher.refresh(settled_s=0):
            pass


def test_each_change_shows_at_once(plain_database_url: str) -> None:
    """One by one, and in the end the visit is no more."""
    stack = Stack(Database(plain_database_url, "plain"))
    stack.plan(Layout(store_id="s1", zones=tuple(Zone(zone_id=f"zone-{number}", type="checkout") for number in range(4))))
    told: dict[str, Payment] = {}
    for name, visit in _states().items():
        own = {one.id: one for one in visit.payments}
        told |= own
        try:
            stack.write(visits=[visit], payments=[(one, visit.visit_id if one.id in own else None) for one in told.values()])
        except AssertionError as wrong:
            raise AssertionError(name) from wrong
        _keep(plain_database_url)
    stack.write(removed=[Removed(BASE.visit_id, "s1", BASE.entered_at)])


def test_what_hangs_on_a_removed_visit_goes_with_it(plain_database_url: str) -> None:
    """Its stays and what it touched leave the figures, and its payments are nobody's, also where nothing else of the flush says so."""
    stack = Stack(Database(plain_database_url, "plain"))
    stack.write(visits=[structs.replace(BASE, payments=(_paid(26),))], payments=[(_paid(26), BASE.visit_id)], signals=[signal(1)])
    _keep(plain_database_url)
    stack.write(removed=[Removed(BASE.visit_id, "s1", BASE.entered_at)])
    _keep(plain_database_url)
    stack.write(signals_gone=[signal(1)])


@pytest.mark.parametrize("amount", ["0", "-0.01", "0.01"])
def test_what_a_receipt_counts_as(plain_database_url: str, amount: str) -> None:
    """A receipt of nothing is a payment, and a negative one a refund."""
    stack = Stack(Database(plain_database_url, "plain"))
    stack.write(payments=[(structs.replace(payment(1), amount=Decimal(amount)), None)])


@pytest.mark.parametrize("seconds", [29, 30, 31])
def test_from_when_on_somebody_has_given_up(plain_database_url: str, seconds: int) -> None:
    """30 seconds at a till without a payment, and gone; who still stands there has not given up."""
    stack = Stack(Database(plain_database_url, "plain"))
    stack.plan(Layout(store_id="s1", zones=(Zone(zone_id="zone-0", type="checkout"),)))
    stay = Stay("zone-0", DAY, DAY + seconds * SECOND)
    gone = structs.replace(over(1), entered_at=DAY, left_at=stay.ended_at, stays=(stay,))
    still = structs.replace(gone, visit_id=over(2).visit_id, ended_by=None)
    stack.write(visits=[gone, still])


def test_a_later_migration_has_a_rollup_count_something_else(plain_database_url: str) -> None:
    """As migration 0011 says how: figures kept before count no longer, and columns may be others."""
    stack = Stack(Database(plain_database_url, "plain"))
    stack.write(signals=[signal(1), signal(2)])
    _keep(plain_database_url)
    with connect(plain_database_url, "test") as connection:
        told = """
            SELECT max(value) AS most FROM instore.signals
            WHERE store_id = mark.store_id AND at >= mark.bucket AND at < mark.bucket + interval '5 minutes'
        """
        connection.execute("SELECT instore_kept.undefine('signal')")
        columns = [["most", "greatest", "Most."], ["twice", "= 2 * most", "Twice."]]
        connection.execute("SELECT instore_kept.define('signal', 'signals', 'Signals.', %s, %s)", (told, columns))
        connection.execute("SELECT instore_kept.mark_all('signals')")
        for _ in range(2):
            assert connection.execute("SELECT most, twice FROM instore.signal_day").fetchall() == [(60, 120)]
            _keep(plain_database_url)
