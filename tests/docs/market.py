"""A small store whose fortnight is known by heart: what the answers of docs/cookbook.md are held against.

Each day the same few people come, so that every figure can be told without a computer:

    buyer     09:00  entrance 30 s, dairy 120 s (looks at the milk for 6 s, takes it), checkout 60 s (pays 2.50 after 50 s); the same card
                     each day
    doubter   09:10  entrance 30 s, dairy 60 s, wine 240 s (looks at the red for 4 s, takes it, puts it back), dairy 30 s
    stranger  10:00  passes by on the street
    staff     08:00  weekdays: entrance 60 s, dairy 3,540 s
    feaster   11:00  weekends: entrance 30 s, wine 300 s (10 s for the white, taken), dairy 120 s (6 s for the milk, taken), checkout 120 s
                     (pays 12.50 after 100 s)
    impatient 09:02  on the second Tuesday and Thursday: entrance 30 s, dairy 60 s (takes butter), checkout 90 s, and leaves without paying

Who leaves goes out by the entrance. The sensor `beat` says each 10 minutes from 08:00 to 12:00 that it lives, but for the second Wednesday
between 9 and 10.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from sensors.layout import Layout, Product, SensorPlan, ShelfPlan, Zone
from sensors.reading import CLOCK_SENSOR, SECOND, Dwell, Entry, Item, Payment, Reading, Shelf, Status, to_micros

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = date(2026, 11, 2)
"""A Monday."""

DAYS = [FIRST + timedelta(days=number) for number in range(14)]
WEEKEND = [day for day in DAYS if day.isoweekday() >= 6]
SINCE, UNTIL = "2026-11-02 00:00+01", "2026-11-16 00:00+01"
SECOND_WEDNESDAY = date(2026, 11, 11)
IMPATIENT = (date(2026, 11, 10), date(2026, 11, 12))

LAYOUT = Layout(
    store_id="s1",
    name="Market",
    timezone="Europe/Berlin",
    currency="EUR",
    opening_hours={day: ["08:00", "12:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
    zones=(
        Zone(zone_id="street", type="outside"),
        Zone(zone_id="entrance", type="entrance"),
        Zone(zone_id="dairy"),
        Zone(zone_id="wine"),
        Zone(zone_id="checkout", type="checkout"),
    ),
    shelves=(
        ShelfPlan(
            shelf_id="dairy-1",
            zone_id="dairy",
            products=(
                Product(product_id="milk", price=Decimal("2.50"), promoted=True),
                Product(product_id="butter", price=Decimal("3.00")),
            ),
        ),
        ShelfPlan(
            shelf_id="wine-1",
            zone_id="wine",
            products=(Product(product_id="red", price=Decimal("8.00")), Product(product_id="white", price=Decimal("10.00"))),
        ),
    ),
    gates=(SensorPlan(sensor_id="gate-1", zone_id="entrance"),),
    tills=(SensorPlan(sensor_id="till-1", zone_id="checkout"), SensorPlan(sensor_id="till-2", zone_id="checkout")),
    gateways=(SensorPlan(sensor_id="gw-1", zone_id="dairy"),),
    staff_devices=frozenset({"badge-1"}),
    rules={"sensor_silent_s": 0, "sensor_silent_s.beat": 1800},
)

REPORT_S = 30
"""A device in a zone is reported so often."""

PRICES = {product.product_id: product.price for shelf in LAYOUT.shelves for product in shelf.products}
SHELVES = {product.product_id: shelf.shelf_id for shelf in LAYOUT.shelves for product in shelf.products}


class Touch(NamedTuple):
    """What happens so many seconds after a zone was entered: a look of some seconds, or a product taken or put back."""

    after_s: float
    action: Literal["view", "pickup", "putback"]
    product: str
    lasting_s: float | None = None


class Paid(NamedTuple):
    """A receipt of one of each product, so many seconds after the zone was entered."""

    after_s: float
    till: str
    products: tuple[str, ...]


class Part(NamedTuple):
    """A zone, for how long, and what happens there."""

    zone: str
    seconds: float
    happens: tuple[Touch | Paid, ...] = ()


def readings() -> list[Reading]:
    """All that the sensors of the fortnight say, in order of time; each arrives at once. The last one lets the last visit become final."""
    told = [reading for day in DAYS for reading in _of_day(day)]
    told.append(_alive(CLOCK_SENSOR, _at(DAYS[-1], "13:00")))
    return sorted(told, key=lambda reading: (reading.ts, reading.id))


_MILK = (Touch(26, "view", "milk", 6), Touch(60, "pickup", "milk"))
_RED = (Touch(24, "view", "red", 4), Touch(60, "pickup", "red"), Touch(100, "putback", "red"))
_WHITE = (Touch(30, "view", "white", 10), Touch(60, "pickup", "white"))
_BUTTER = (Touch(30, "pickup", "butter"),)

_ENTRANCE = Part("entrance", 30)
_BUYER = (_ENTRANCE, Part("dairy", 120, _MILK), Part("checkout", 60, (Paid(50, "till-1", ("milk",)),)))
_DOUBTER = (_ENTRANCE, Part("dairy", 60), Part("wine", 240, _RED), Part("dairy", 30))
_STAFF = (Part("entrance", 60), Part("dairy", 3540))
_FEASTER = (
    _ENTRANCE,
    Part("wine", 300, _WHITE),
    Part("dairy", 120, _MILK),
    Part("checkout", 120, (Paid(100, "till-2", ("milk", "white")),)),
)
_IMPATIENT = (_ENTRANCE, Part("dairy", 60, _BUTTER), Part("checkout", 90))


def _of_day(day: date) -> Iterator[Reading]:
    yield from _walk(day, "09:00", "card-1", *_BUYER)
    yield from _walk(day, "09:10", f"phone-{day}", *_DOUBTER)
    yield from _zone(_at(day, "10:00"), f"stranger-{day}", Part("street", 60))
    if day in WEEKEND:
        yield from _walk(day, "11:00", f"feaster-{day}", *_FEASTER)
    else:
        yield from _walk(day, "08:00", "badge-1", *_STAFF)
    if day in IMPATIENT:
        yield from _walk(day, "09:02", f"impatient-{day}", *_IMPATIENT)
    for minutes in range(0, 241, 10):
        if not (day == SECOND_WEDNESDAY and 60 < minutes < 120):
            yield _alive("beat", _at(day, "08:00") + minutes * 60 * SECOND)


def _alive(sensor: str, ts: int) -> Status:
    return Status(id=f"{sensor}-{ts}", store_id="s1", sensor_id=sensor, ts=ts, received_at=ts, state="alive")


def _at(day: date, clock: str) -> int:
    return to_micros(datetime.combine(day, time.fromisoformat(clock), BERLIN))


def _walk(day: date, clock: str, device: str, *parts: Part) -> Iterator[Reading]:
    """Come in, be in one zone after the other, and go out again."""
    ts = _at(day, clock)
    yield _passage(ts, device, "in")
    for part in parts:
        yield from _zone(ts, device, part)
        ts += round(part.seconds * SECOND)
    yield _passage(ts, device, "out")


def _passage(ts: int, device: str, direction: Literal["in", "out"]) -> Entry:
    return Entry(
        id=f"{device}-{direction}-{ts}", store_id="s1", sensor_id="gate-1", ts=ts, received_at=ts, device_id=device, direction=direction
    )


def _zone(start: int, device: str, part: Part) -> Iterator[Reading]:
    """Say again and again that a device is in a zone, and what it does there."""
    for second in range(0, round(part.seconds), REPORT_S):
        ts = start + second * SECOND
        yield Dwell(id=f"{device}-{ts}", store_id="s1", sensor_id="gw-1", ts=ts, received_at=ts, device_id=device, zone_id=part.zone)
    for one in part.happens:
        ts = start + round(one.after_s * SECOND)
        yield _paid(ts, one) if isinstance(one, Paid) else _touched(ts, device, one)


def _touched(ts: int, device: str, touch: Touch) -> Shelf:
    shelf = SHELVES[touch.product]
    return Shelf(
        id=f"{device}-{touch.action}-{ts}",
        store_id="s1",
        sensor_id=shelf,
        ts=ts,
        received_at=ts,
        device_id=device,
        shelf_id=shelf,
        action=touch.action,
        product_id=touch.product,
        duration_s=touch.lasting_s,
    )


def _paid(ts: int, paid: Paid) -> Payment:
    """A receipt without a device: the till knows nobody."""
    items = [Item(product_id=product, quantity=Decimal(1), unit_price=PRICES[product] or Decimal(0)) for product in paid.products]
    return Payment(
        id=f"{paid.till}-{ts}",
        store_id="s1",
        sensor_id=paid.till,
        ts=ts,
        received_at=ts,
        receipt_id=f"r-{ts}",
        amount=sum((item.unit_price for item in items), Decimal(0)),
        currency="EUR",
        items=items,
    )
