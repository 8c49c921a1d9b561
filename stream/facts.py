"""The facts of a visit that its priority is judged by: each can be counted by hand from its stays, touches and payments. Pure."""

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from sensors.layout import Layout, ShelfPlan
from sensors.reading import SECOND, Payment
from storage.model import Facts, ShelfVisit, Stay

_MINUTE = 60
_IN_ORDER = attrgetter("ts", "reading_id")
_NOT_FOR_SHOPPING = frozenset({"outside", "entrance", "checkout", "staff"})
_NEVER = 1 << 62


class Offer(NamedTuple):
    """A product as it lies on a shelf.

    `bargain`: whether it is promoted, or no other of the shelf costs less; None where all cost the same, or nobody knows.
    """

    price: float | None
    promoted: bool
    bargain: bool | None


_UNKNOWN = Offer(None, False, None)
_NOTHING: dict[str, Offer] = {}
_EMPTY: dict[str, int] = {}


class Catalog:
    """What the facts need of a store's layout, looked up once.

    Args:
        layout: the store's plan. Where it knows no products, nothing is said of prices; zones that it does not know are for shopping.
    """

    __slots__ = ("elsewhere", "n_shop", "promoting", "service", "shelves")

    def __init__(self, layout: Layout) -> None:
        stocked = {shelf.zone_id for shelf in layout.shelves}
        self.service = frozenset(
            zone.zone_id for zone in layout.zones if zone.type == "interest" and stocked and zone.zone_id not in stocked
        )
        """Service points: zones of type interest without a shelf, in a store that has shelves: counters, desks, cafés."""
        self.elsewhere = frozenset(zone.zone_id for zone in layout.zones if zone.type in _NOT_FOR_SHOPPING)
        self.n_shop = len(layout.zones) - len(self.service) - len(self.elsewhere)
        self.shelves: dict[str, dict[str, Offer]] = {shelf.shelf_id: _offers(shelf) for shelf in layout.shelves}
        self.promoting = frozenset(shelf.shelf_id for shelf in layout.shelves if any(product.promoted for product in shelf.products))


def _offers(shelf: ShelfPlan) -> dict[str, Offer]:
    prices = [float(product.price) for product in shelf.products if product.price is not None]
    telling = bool(prices) and min(prices) < max(prices)
    offers = {}
    for product in shelf.products:
        price = None if product.price is None else float(product.price)
        bargain = (product.promoted or price == min(prices)) if telling and price is not None else None
        offers[product.product_id] = Offer(price, product.promoted, bargain)
    return offers


class _Touches(NamedTuple):
    """Touches, cut into stops: runs of touches of one shelf.

    Attributes:
        shelves: the shelf of each stop.
        baskets: for each stop, how many units were kept of each product that was in the hand.
        different: how many shelves.
        looks: views that say how long they took.
        looked_s: how long they took together.
        picked: pickups.
        put_back: put-backs.
    """

    shelves: list[str]
    baskets: list[dict[str, int]]
    different: int
    looks: int
    looked_s: float
    picked: int
    put_back: int


class _Choices(NamedTuple):
    """What was kept of all stops. `handled`: stops with a product in the hand; `extra`: such products beyond the first; see `Facts`."""

    handled: int
    extra: int
    empty: int
    kept: int
    promoted: int
    priced: int
    bargains: int
    cheaper: int


def facts_of(
    stays: Sequence[Stay],
    shelf_visits: Sequence[ShelfVisit],
    payments: Sequence[Payment],
    catalog: Catalog,
    before: Facts | None = None,
) -> Facts:
    """Count the facts of a visit, or of what there is of it so far.

    Args:
        stays: its stays, in any order.
        shelf_visits: its touches, in any order.
        payments: its payments, in any order.
        catalog: the store.
        before: facts of the same touches in the same store, as a live visit mostly has; they are not counted again.
    """
    paid_at = min((payment.ts for payment in payments), default=_NEVER)
    service, elsewhere = catalog.service, catalog.elsewhere
    shop = asked = served = n_zones = end = 0
    begin = _NEVER
    zones = set()
    for stay in stays:
        zone_id, started_at, ended_at = stay.zone_id, stay.started_at, stay.ended_at
        if started_at < begin:  # noqa: PLR1730 - a call of min() costs more than all of it
            begin = started_at
        if ended_at > end:  # noqa: PLR1730 - same
            end = ended_at
        if zone_id in service:
            served += ended_at - started_at
            asked += ended_at - started_at if started_at < paid_at else 0
        elif zone_id not in elsewhere:
            shop += ended_at - started_at
            n_zones += 1
            zones.add(zone_id)
    touched = before or _touched(shelf_visits, catalog)
    minutes = shop / SECOND / _MINUTE
    return Facts(
        visit_s=max(0, end - begin) / SECOND,
        shop_s=shop / SECOND,
        touches=touched.touches,
        stops=touched.stops,
        shelves=touched.shelves,
        zones_per_min=_ratio(n_zones, minutes),
        stops_per_min=_ratio(touched.stops, minutes),
        look_s=touched.look_s,
        coverage=min(1.0, _ratio(len(zones), catalog.n_shop)),
        empty_stops=touched.empty_stops,
        returns=touched.returns,
        compared=touched.compared,
        put_backs=touched.put_backs,
        kept=touched.kept,
        promoted=touched.promoted,
        priced=touched.priced,
        bargains=touched.bargains,
        cheaper=touched.cheaper,
        offers=touched.offers,
        asked_s=asked / SECOND,
        served_s=served / SECOND,
        card=int(any(payment.device_id is not None for payment in payments)),
    )


def _touched(shelf_visits: Sequence[ShelfVisit], catalog: Catalog) -> Facts:
    """Count the facts that touches alone give."""
    touches = _touches(shelf_visits)
    choices = _choices(touches, catalog)
    stops = len(touches.shelves)
    return Facts(
        touches=len(shelf_visits),
        stops=stops,
        shelves=touches.different,
        look_s=_ratio(touches.looked_s, touches.looks),
        empty_stops=_ratio(choices.empty, stops),
        returns=_ratio(stops - touches.different, stops),
        compared=_ratio(choices.extra, choices.handled),
        put_backs=min(1.0, _ratio(touches.put_back, touches.picked)),
        kept=choices.kept,
        promoted=_ratio(choices.promoted, choices.kept),
        priced=choices.priced,
        bargains=_ratio(choices.bargains, choices.priced),
        cheaper=choices.cheaper,
        offers=_ratio(len([shelf for shelf in touches.shelves if shelf in catalog.promoting]), stops),
    )


def _ratio(part: float, whole: float) -> float:
    """A share or rate, to three decimals; 0 of nothing."""
    return round(part / whole, 3) if whole > 0 else 0.0


def _touches(shelf_visits: Sequence[ShelfVisit]) -> _Touches:
    """Cut touches into stops, and count them."""
    shelves: list[str] = []
    baskets: list[dict[str, int]] = []
    basket = _EMPTY
    looks = picked = put_back = 0
    looked_s = 0.0
    last = None
    for touch in sorted(shelf_visits, key=_IN_ORDER):
        if touch.shelf_id != last:
            last = touch.shelf_id
            shelves.append(last)
            basket = _EMPTY
            baskets.append(basket)
        action = touch.action
        if action == "view":
            if touch.duration_s is not None:
                looks += 1
                looked_s += touch.duration_s
            continue
        if not basket:
            basket = baskets[-1] = {}
        product = touch.product_id or ""
        if action == "pickup":
            picked += 1
            basket[product] = basket.get(product, 0) + 1
        else:
            put_back += 1
            basket[product] = max(0, basket.get(product, 0) - 1)
    return _Touches(shelves, baskets, len(set(shelves)), looks, looked_s, picked, put_back)


def _choices(touches: _Touches, catalog: Catalog) -> _Choices:
    """Look at what was kept of each stop, and what it cost beside the others of the shelf."""
    handled = extra = empty = kept = promoted = priced = bargains = cheaper = 0
    of_shelf = catalog.shelves.get
    for shelf_id, basket in zip(touches.shelves, touches.baskets, strict=True):
        if not basket:
            empty += 1
            continue
        handled += 1
        extra += len(basket) - 1
        offers = of_shelf(shelf_id, _NOTHING)
        taken = 0
        for product, units in basket.items():
            if units:
                taken += 1
                offer = offers.get(product, _UNKNOWN)
                promoted += offer.promoted
                if offer.bargain is not None:
                    priced += 1
                    bargains += offer.bargain
        kept += taken
        if not taken:
            empty += 1
        elif len(basket) > taken:
            cheaper += _is_cheaper(basket, offers)
    return _Choices(handled, extra, empty, kept, promoted, priced, bargains, cheaper)


def _is_cheaper(basket: dict[str, int], offers: dict[str, Offer]) -> bool:
    """Whether something was put back that costs more than something that was kept."""
    prices = [(offers.get(product, _UNKNOWN).price, units) for product, units in basket.items()]
    kept = min((price for price, units in prices if price is not None and units), default=None)
    return kept is not None and any(price is not None and price > kept for price, units in prices if not units)
