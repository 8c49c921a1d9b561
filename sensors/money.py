"""Money as sensors write it, turned into plain decimals: no exponents, nothing that `numeric(16, 4)` cannot hold."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from sensors.reading import MAX_MONEY, MONEY_DECIMALS, Item, Payment
from sensors.refused import Refused, shown

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_SMALLEST = Decimal(1).scaleb(-MONEY_DECIMALS)


def make_plain(payment: dict[str, Any]) -> None:
    """Make the money of a payment in its MQTT form plain, in place; its items are replaced, not changed.

    What is not even money is left as it is: `msgspec` says of it what is wrong.

    Raises:
        Refused: text that is no number (`wrong_type`), or a number that is too large or too fine (`out_of_range`).
    """
    if "amount" in payment:
        payment["amount"] = plain("amount", payment["amount"])
    if type(payment.get("items")) is list:
        payment["items"] = [_plain_item(item) if type(item) is dict else item for item in payment["items"]]


def plain(field: str, value: Any) -> Any:
    """Make one amount plain: JSON numbers arrive as `int` or `Decimal`, so nothing was ever a float.

    Raises:
        Refused: see `make_plain`.
    """
    if isinstance(value, str):
        value = _from_text(field, value)
    elif isinstance(value, float):
        value = Decimal(repr(value))
    elif not isinstance(value, Decimal):
        return value
    if not value.is_finite() or not -MAX_MONEY < value < MAX_MONEY:  # comparing is safe with exponents that arithmetic would refuse
        raise Refused("out_of_range", f"`{field}` must be a number below 1e12, not {shown(value)}")
    if -MONEY_DECIMALS <= value.as_tuple().exponent <= 0:
        return value
    rounded = value.quantize(_SMALLEST)
    if rounded != value:
        raise Refused("out_of_range", f"`{field}` has more than {MONEY_DECIMALS} decimals: {shown(value)}")
    return rounded


def normal(payment: Payment) -> Payment:
    """Copy a payment, with equal amounts written equally (1.5 for 1.50): for its digest."""
    items = [
        Item(product_id=item.product_id, quantity=item.quantity.normalize(), unit_price=item.unit_price.normalize())
        for item in payment.items
    ]
    copy = Payment(**{name: getattr(payment, name) for name in payment.__struct_fields__})
    copy.amount, copy.items = payment.amount.normalize(), items
    return copy


def _plain_item(item: dict[str, Any]) -> dict[str, Any]:
    return {name: plain(name, value) if name in {"quantity", "unit_price"} else value for name, value in item.items()}


def _from_text(field: str, text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise Refused("wrong_type", f"`{field}` is no number: {shown(text)}; write it like 12.50")
    try:
        return Decimal(text)
    except InvalidOperation as wrong:
        raise Refused("out_of_range", f"`{field}` has an exponent beyond all reason: {shown(text)}") from wrong
