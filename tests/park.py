"""The park of `tests.dinofun` as a store: its plan, and its rows turned into readings. Pure.

One row is one reading, without an id of its own: `movement` is a `dwell` in the attraction, shop or gate at that cell, else in one of 25
areas; a `check-in` at a gate is an `entry` in, elsewhere a `dwell`. Where a visitor stops being heard at a gate for half an hour, the first
of the rows there is the `entry` out, and the rest is lingering outside. What sensors of a park would add, and the files do not have:

- shows have a reader at their exit: a `dwell` with `duration_s`, a second before the first step after the show;
- at a shop everybody takes something, some put it back; who is still there at the next row has paid two seconds before, at a till that
  knows the device of one in three.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta, timezone
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from tests.dinofun import ATTRACTIONS, FIRST_DAY, GATES, SHOPS, SIDE, Cell, Row, rows

STORE = "dinofun"
ZONE = timezone(timedelta(hours=-4))
"""Assumed: the park lies in the east of America, and the files tell its own time."""

GONE_S = 1800
PAID_BEFORE_S = 2
AREA = SIDE // 5

TIMEOUT_S = 14_400
"""The longest show is three and a half hours; at night it is quiet for ten."""

Object = dict[str, Any]

PRICES = {"drink": "4.50", "ticket": "12.00", "dino": "19.9"}

_PLACES = {
    **{cell: f"gate-{name}" for name, cell in GATES.items()},
    **{attraction.cell: name for name, attraction in ATTRACTIONS.items()},
    **{cell: name for name, cell in SHOPS.items()},
}


class _Around(NamedTuple):
    """What the conversion of a row has to know: the visitor's rows before and after it, and whether it is the one that leaves."""

    before: Row | None
    after: Row | None
    leaves: bool


def plan(store_id: str = STORE, staff: Iterable[str] = ()) -> Object:
    """The layout of the park."""
    areas = [
        {"zone_id": f"area-{x}-{y}", "polygon": [[AREA * (x + dx), AREA * (y + dy)] for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1))]}
        for x in range(5)
        for y in range(5)
    ]
    products = [{"product_id": product, "price": price} for product, price in PRICES.items()]
    return {
        "store_id": store_id,
        "timezone": "America/New_York",
        "currency": "USD",
        "zones": [
            *areas,
            *({"zone_id": f"gate-{name}", "type": "entrance"} for name in GATES),
            *({"zone_id": name, "type": "interest"} for name in ATTRACTIONS),
            *({"zone_id": name, "type": "checkout"} for name in SHOPS),
        ],
        "shelves": [{"shelf_id": f"{shop}-shelf", "zone_id": shop, "products": products} for shop in SHOPS],
        "gates": [{"sensor_id": f"reader-{name}", "zone_id": f"gate-{name}"} for name in GATES],
        "tills": [{"sensor_id": f"{shop}-till", "zone_id": shop} for shop in SHOPS],
        "staff_devices": list(staff),
        "rules": {"visit_timeout_s": TIMEOUT_S},
    }


def readings(heard: Iterable[Row], store_id: str = STORE) -> Iterator[Object]:
    """Turn rows into objects of the MQTT form, in the order of the rows; `amount` and prices are text."""
    in_order = list(heard)
    around = _surroundings(in_order)
    for row in in_order:
        yield from ({"store_id": store_id, **one} for one in _readings(row, around[row]))


@cache
def stream() -> tuple[Object, ...]:
    """All readings, made of 100,000 rows; some come twice."""
    return tuple(readings(rows()))


def staff() -> list[str]:
    """The device of somebody who works there: the first that is heard."""
    return [stream()[0]["device_id"]]


def _surroundings(heard: Iterable[Row]) -> dict[Row, _Around]:
    """Follow each visitor through time."""
    of_visitor: dict[int, set[Row]] = defaultdict(set)
    for row in heard:
        of_visitor[row.visitor].add(row)
    found = {}
    for theirs in of_visitor.values():
        way = sorted(theirs, key=lambda row: (row.at_s, row.kind == "check-in"))  # one walks there, then checks in
        leaving = _leaving(way)
        for before, row, after in zip([None, *way], way, [*way[1:], None], strict=False):
            found[row] = _Around(before, after, row in leaving)
    return found


def _leaving(way: list[Row]) -> set[Row]:
    """The rows with which a visitor leaves: the first of those at a gate that end in silence."""
    leaving, first = set(), None
    for row, after in pairwise([*way, None]):
        assert row is not None
        at_gate = row.cell in GATES.values() and row.kind == "movement"
        first = (first or row) if at_gate else None
        if first and (after is None or after.at_s - row.at_s > GONE_S):
            leaving.add(first)
        if after is None or after.cell != row.cell:
            first = None
    return leaving


def _readings(row: Row, around: _Around) -> Iterator[Object]:
    place, before = _zone(row.cell), around.before
    if before and before.kind == "check-in" and before.cell != row.cell:
        yield from _end_of_show(_zone(before.cell), before, row)
    if before and before.kind == "check-in" and before.cell == row.cell and place in SHOPS:
        yield _payment(place, row)
    if place.startswith("gate-") and (row.kind == "check-in" or around.leaves):
        sensor = place.replace("gate", "reader")
        yield _reading("entry", sensor, row, direction="out" if around.leaves else "in")
    else:
        yield _reading("dwell", "locator" if row.kind == "movement" else f"{place}-door", row, zone_id=place)
    if place in SHOPS and row.kind == "check-in":
        yield from _taking(place, row)


def _end_of_show(show: str, began: Row, step: Row) -> Iterator[Object]:
    if show.startswith("show-") and 1 < step.at_s - began.at_s <= TIMEOUT_S:  # more: lost there, and back the next day
        left = step._replace(at_s=step.at_s - 1)
        yield _reading("dwell", f"{show}-exit", left, zone_id=show, duration_s=left.at_s - began.at_s)


def _taking(shop: str, row: Row) -> Iterator[Object]:
    what = {"shelf_id": f"{shop}-shelf", "product_id": _product(row.visitor)}
    yield _reading("shelf", f"{shop}-sensor", row, action="pickup", **what)
    if row.visitor % 5 == 0:
        yield _reading("shelf", f"{shop}-sensor", row._replace(at_s=row.at_s + 3), action="putback", **what)


def _payment(shop: str, row: Row) -> Object:
    product = _product(row.visitor)
    paid = _reading("payment", f"{shop}-till", row._replace(at_s=row.at_s - PAID_BEFORE_S), currency="USD", amount=PRICES[product])
    if row.visitor % 3:
        del paid["device_id"]
    item = {"product_id": product, "quantity": 1, "unit_price": PRICES[product]}
    return {**paid, "receipt_id": f"{row.visitor}-{row.at_s}", "items": [item]}


def _reading(kind: str, sensor_id: str, row: Row, **more: object) -> Object:
    at = (FIRST_DAY + timedelta(seconds=row.at_s)).replace(tzinfo=ZONE)
    return {"kind": kind, "sensor_id": sensor_id, "ts": at.isoformat(), "device_id": str(row.visitor), **more}


def _product(visitor: int) -> str:
    return list(PRICES)[visitor % len(PRICES)]


def _zone(cell: Cell) -> str:
    return _PLACES.get(cell) or f"area-{cell.x // AREA}-{cell.y // AREA}"
