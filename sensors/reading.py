"""The reading: what a sensor said, once, about one moment.

This is the form of a reading behind the bridge: on Kafka, in the engine and on its way into the table `readings`.
Times are integers, microseconds since 1970-01-01 UTC. The looser form that gateways send over MQTT is turned into this one in
`sensors.decode`, and only there. Decoding JSON with `KAFKA_BATCH` validates every field, so nobody behind it checks again.

Fields and their meaning: section 2 of the design, and `docs/readings.md`.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

SECOND = 1_000_000
"""Microseconds in a second: all event times are integers of this grain."""

MAX_TS = 253_402_300_799 * SECOND
"""The last second of the year 9999, the end of what `datetime` and RFC 3339 can say."""

CLOCK_SENSOR = "replay"
"""Who sends the `status` readings by which instore itself lets a store's time go on: no device, so nobody misses it."""

MAX_DURATION_S = 86_400.0
"""A presence reported in one reading lasts at most a day; the engine keeps what it needs to look that far back."""

MAX_TEXT = 256
"""Characters in an identifier: it must fit into an index row of PostgreSQL."""

MAX_MONEY = Decimal("1e12")
"""Amounts, prices and quantities are smaller than this: `numeric(16, 4)` holds them."""

MONEY_DECIMALS = 4
"""Decimals that an amount, price or quantity may have."""

MAX_EXPONENT = 100
"""Nobody writes money with a larger exponent, and `0E+999999999` would fill a database's memory."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TEXT)]
Micros = Annotated[int, msgspec.Meta(ge=0, le=MAX_TS)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=MAX_DURATION_S)]
Dbm = Annotated[float, msgspec.Meta(ge=-200, le=100)]
Metres = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]


class _Base(msgspec.Struct, tag_field="kind", kw_only=True, omit_defaults=True, gc=False):
    """What every reading has."""

    id: Text
    store_id: Text
    sensor_id: Text
    ts: Micros
    received_at: Micros


class Entry(_Base, tag="entry"):
    """A gate saw a device pass."""

    device_id: Text
    direction: Literal["in", "out"]
    zone_id: Text | None = None


class Dwell(_Base, tag="dwell"):
    """A device is in a zone; with `duration_s`, it has been there for that long before `ts`."""

    device_id: Text
    zone_id: Text
    duration_s: Seconds | None = None
    rssi_dbm: Dbm | None = None


class Shelf(_Base, tag="shelf"):
    """A device looked at a shelf, took a product from it or put one back."""

    device_id: Text
    shelf_id: Text
    action: Literal["view", "pickup", "putback"]
    product_id: Text | None = None
    zone_id: Text | None = None
    duration_s: Seconds | None = None


class Item(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """One line of a receipt. `quantity` is in the product's own unit (pieces, kilograms); `unit_price` in the payment's currency."""

    product_id: Text
    quantity: Decimal
    unit_price: Decimal

    def __post_init__(self) -> None:
        _check_money("quantity", self.quantity)
        _check_money("unit_price", self.unit_price)


class Payment(_Base, tag="payment", gc=True):
    """A till closed a receipt. Money is exact; a refund is a negative amount."""

    receipt_id: Text
    amount: Decimal
    currency: Currency
    items: list[Item] = []
    device_id: Text | None = None
    zone_id: Text | None = None

    def __post_init__(self) -> None:
        _check_money("amount", self.amount)


class Status(_Base, tag="status"):
    """A sensor lives, or says goodbye. It has no device; it moves its store's time forward."""

    state: Literal["online", "alive", "offline"]


class Sighting(_Base, tag="sighting"):
    """A gateway heard a device: raw material of the zone locator, no presence by itself."""

    device_id: Text
    rssi_dbm: Dbm | None = None
    distance_m: Metres | None = None

    def __post_init__(self) -> None:
        if self.rssi_dbm is None and self.distance_m is None:
            raise ValueError("a sighting needs `rssi_dbm` or `distance_m`")


Reading = Entry | Dwell | Shelf | Payment | Status
"""What travels on `instore.readings`."""

KINDS: dict[str, type[Reading | Sighting]] = {
    "entry": Entry,
    "dwell": Dwell,
    "shelf": Shelf,
    "payment": Payment,
    "status": Status,
    "sighting": Sighting,
}
"""The kinds of section 2 by name: the tag of each class."""

KAFKA_BATCH = msgspec.json.Decoder(list[Reading])
"""Decodes and validates one record of `instore.readings`: a JSON array of readings of one store."""

KAFKA_ENCODER = msgspec.json.Encoder()
"""Encodes readings for Kafka; decimals become strings, so money survives every JSON reader."""


def _check_money(field: str, value: Decimal) -> None:
    """Refuse what `numeric(16, 4)` cannot hold exactly: NaN, infinities, a trillion and more, a fifth decimal."""
    if not value.is_finite() or not -MAX_MONEY < value < MAX_MONEY:  # abs() of a monstrous exponent would raise something else
        raise ValueError(f"`{field}` must be a finite amount below 1e12")
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    if exponent < -MONEY_DECIMALS and value != round(value, MONEY_DECIMALS):
        raise ValueError(f"`{field}` has more than {MONEY_DECIMALS} decimals")
    if abs(exponent) > MAX_EXPONENT:
        raise ValueError(f"`{field}` is written with an exponent beyond {MAX_EXPONENT}")


def to_datetime(ts: int) -> datetime:
    """Turn microseconds since 1970 into an aware UTC datetime."""
    return _EPOCH + timedelta(microseconds=ts)


def to_micros(at: datetime) -> int:
    """Turn an aware datetime into microseconds since 1970, exactly.

    Raises:
        ValueError: the datetime has no zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone")
    return (at - _EPOCH) // timedelta(microseconds=1)


def rfc3339(ts: int) -> str:
    """Write microseconds since 1970 as RFC 3339 in UTC, with all six decimals: `2026-11-22T09:30:00.000000Z`."""
    return to_datetime(ts).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
