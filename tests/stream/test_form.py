"""How visits are written: the same visit is the same bytes, whoever tells it."""

import json
from decimal import Decimal
from uuid import UUID

import pytest

from storage.model import Flush, Signal
from storage.reader import Reader
from storage.writer import Writer
from stream.form import signal_message, visit_line, visit_message
from tests.storage.examples import DAY, payment, step, visit


def test_a_visit_read_back_is_the_same_message(database_url: str) -> None:
    """A worker that takes over reads money with the decimals of its column, and says it as the one before did."""
    told = visit(0, is_final=True, payments=(payment(1),))
    with Writer(database_url) as writer:
        writer.write(Flush(advance=step(None, 1), visits=[told], payments=[(payment(1), told.visit_id)]))
    reader = Reader(database_url)
    [found] = reader.visits("s1")
    reader.close()
    assert found.payments[0].amount.as_tuple().exponent == -4, "nothing to write otherwise"
    assert visit_message(found) == visit_message(told)
    assert visit_line(found) == visit_line(told)


def test_a_signal_read_back_is_the_same_message(database_url: str) -> None:
    """What was counted is a whole number to the engine, and none to the database."""
    told = Signal(
        signal_id=str(UUID(int=1)),
        store_id="s1",
        kind="queue_long",
        since=DAY,
        at=DAY,
        zone_id="checkout",
        value=7,
        threshold=5,
        message="",
    )
    with Writer(database_url) as writer:
        writer.write(Flush(advance=step(None, 1), signals=[told]))
    reader = Reader(database_url)
    [found] = reader.signals("s1", DAY, DAY + 1)
    reader.close()
    assert signal_message(found) == signal_message(told)


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ("2.50", "2.50"),
        ("2.5", "2.50"),
        ("2.5000", "2.50"),
        ("3", "3.00"),
        ("0", "0.00"),
        ("-1.190", "-1.19"),
        ("0.0125", "0.0125"),
        ("1E+3", "1000.00"),
    ],
)
def test_money_has_two_decimals_or_as_many_as_it_needs(sent: str, written: str) -> None:
    """However the sensor wrote it."""
    paid = payment(1)
    paid.amount = Decimal(sent)
    message = json.loads(visit_message(visit(1, payments=(paid,))))
    assert (message["basket_total"], message["payments"][0]["amount"]) == (written, written)


@pytest.mark.parametrize(("sent", "written"), [("1", "1"), ("1.000", "1"), ("0.5320", "0.532"), ("1E+1", "10")])
def test_quantities_have_the_decimals_that_they_need(sent: str, written: str) -> None:
    """Pieces have none."""
    paid = payment(1)
    paid.items[0].quantity = Decimal(sent)
    message = json.loads(visit_message(visit(1, payments=(paid,))))
    assert message["payments"][0]["items"][0]["quantity"] == written
