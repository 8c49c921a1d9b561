"""The facts of a visit that its priority is judged by: each can be counted by hand from its stays, touches and payments. Pure.

A `Tally` counts as the visit goes on, so that a live visit is not counted from its beginning each time; what is in the hand at the shelf
where the shopper stands is kept apart until the next shelf is touched.
"""

from collections.abc import Iterable
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


class _Bits(dict[str, int]):
    """A bit for each name, so that a set of names is one number."""

    def __missing__(self, name: str) -> int:
        bit = self[name] = 1 << len(self)
        return bit


class Catalog:
    """What the facts need of a store's layout, looked up once.

    Args:
        layout: the store's plan. Where it knows no products, nothing is said of prices; zones that it does not know are for shopping.
    """

    __slots__ = ("elsewhere", "n_shop", "promoting", "service", "shelf_bits", "shelves", "zone_bits")

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
        self.zone_bits, self.shelf_bits = _Bits(), _Bits()


def _offers(shelf: ShelfPlan) -> dict[str, Offer]:
    prices = [float(product.price) for product in shelf.products if product.price is not None]
    telling = bool(prices) and min(prices) < max(prices)
    offers = {}
    for product in shelf.products:
        price = None if product.price is None else float(product.price)
        bargain = (product.promoted or price == min(prices)) if telling and price is not None else None
        offers[product.product_id] = Offer(price, product.promoted, bargain)
    return offers


class _Chosen(NamedTuple):
    """What was kept, shelf by shelf; see `Facts`. `handled`: stops with a product in the hand; `extra`: such products beyond the first."""

    handled: int = 0
    extra: int = 0
    empty: int = 0
    kept: int = 0
    promoted: int = 0
    priced: int = 0
    bargains: int = 0
    cheaper: int = 0


_NONE_CHOSEN = _Chosen()


class Tally:
    """The facts of a visit as far as it is counted.

    Args:
        catalog: the store.
    """

    __slots__ = (
        *("_catalog", "_begin", "_end", "_zones", "_n_stays", "_shop", "_asked", "_served", "_paid_at", "_card"),
        *("_touches", "_stops", "_shelves", "_shelf", "_basket", "_offers", "_looks", "_looked_s", "_picked", "_put_back"),
        "_chosen",
    )

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._begin, self._end, self._paid_at = _NEVER, 0, _NEVER
        self._zones = self._shelves = 0
        """Those that were visited, as bits of the catalog."""
        self._shelf: str | None = None
        self._basket: dict[str, int] | None = None
        self._looked_s = 0.0
        self._n_stays = self._shop = self._asked = self._served = self._card = self._touches = self._stops = self._offers = 0
        self._looks = self._picked = self._put_back = 0
        self._chosen = _NONE_CHOSEN
        """At the shelves before this one."""

    def copy(self) -> "Tally":
        """Return another one that stands where this one does."""
        other = Tally.__new__(Tally)
        for name in Tally.__slots__:
            setattr(other, name, getattr(self, name))
        other._basket = self._basket and self._basket.copy()  # noqa: SLF001 - another instance of this class
        return other

    def pay(self, payment: Payment) -> None:
        """Count a payment; it must come before the stays that began after it."""
        self._paid_at = min(self._paid_at, payment.ts)
        if payment.device_id is not None:
            self._card = 1

    def stay(self, stay: Stay) -> None:
        """Count a stay."""
        started_at, ended_at = stay.started_at, stay.ended_at
        self._begin = min(self._begin, started_at)
        self._end = max(self._end, ended_at)
        if stay.zone_id in self._catalog.service:
            self._served += ended_at - started_at
            if started_at < self._paid_at:
                self._asked += ended_at - started_at
        elif stay.zone_id not in self._catalog.elsewhere:
            self._shop += ended_at - started_at
            self._n_stays += 1
            self._zones |= self._catalog.zone_bits[stay.zone_id]

    def touch(self, touch: ShelfVisit) -> None:
        """Count a touch, in the order of time."""
        self._touches += 1
        if touch.shelf_id != self._shelf:
            self._leave_shelf()
            self._shelf = touch.shelf_id
            self._stops += 1
            self._offers += self._shelf in self._catalog.promoting
            self._shelves |= self._catalog.shelf_bits[self._shelf]
        if touch.action != "view":
            self._handle(touch.product_id or "", 1 if touch.action == "pickup" else -1)
        elif touch.duration_s is not None:
            self._looks += 1
            self._looked_s += touch.duration_s

    def _handle(self, product: str, units: int) -> None:
        """Count a product that was taken (1) or put back (-1)."""
        if units > 0:
            self._picked += 1
        else:
            self._put_back += 1
        if self._basket is None:
            self._basket = {}
        self._basket[product] = max(0, self._basket.get(product, 0) + units)

    def _leave_shelf(self) -> None:
        """Count what was kept at the shelf where the shopper stood, and what it costs beside the others there."""
        if self._shelf is not None:
            self._chosen = self._with_this_shelf()
            self._basket = None

    def _with_this_shelf(self) -> _Chosen:
        """What was chosen at all shelves, the one where the shopper stands included."""
        chosen, basket = self._chosen, self._basket
        if self._shelf is None:
            return chosen
        if not basket:
            return _Chosen(chosen.handled, chosen.extra, chosen.empty + 1, *chosen[3:])
        offers = self._catalog.shelves.get(self._shelf, _NOTHING)
        taken = [offers.get(product, _UNKNOWN) for product, units in basket.items() if units]
        priced = [offer.bargain for offer in taken if offer.bargain is not None]
        return _Chosen(
            handled=chosen.handled + 1,
            extra=chosen.extra + len(basket) - 1,
            empty=chosen.empty + (not taken),
            kept=chosen.kept + len(taken),
            promoted=chosen.promoted + sum(offer.promoted for offer in taken),
            priced=chosen.priced + len(priced),
            bargains=chosen.bargains + sum(priced),
            cheaper=chosen.cheaper + (len(basket) > len(taken) and _is_cheaper(basket, offers)),
        )

    def facts(self) -> Facts:
        """Say what is counted so far."""
        minutes = self._shop / SECOND / _MINUTE
        chosen, stops, n_shelves = self._with_this_shelf(), self._stops, self._shelves.bit_count()
        return Facts(
            visit_s=max(0, self._end - self._begin) / SECOND,
            shop_s=self._shop / SECOND,
            touches=self._touches,
            stops=stops,
            shelves=n_shelves,
            zones_per_min=_ratio(self._n_stays, minutes),
            stops_per_min=_ratio(stops, minutes),
            look_s=_ratio(self._looked_s, self._looks),
            coverage=min(1.0, _ratio(self._zones.bit_count(), self._catalog.n_shop)),
            empty_stops=_ratio(chosen.empty, stops),
            returns=_ratio(stops - n_shelves, stops),
            handled=chosen.handled,
            compared=_ratio(chosen.extra, chosen.handled),
            put_backs=min(1.0, _ratio(self._put_back, self._picked)),
            kept=chosen.kept,
            promoted=_ratio(chosen.promoted, chosen.kept),
            priced=chosen.priced,
            bargains=_ratio(chosen.bargains, chosen.priced),
            cheaper=_ratio(chosen.cheaper, chosen.handled),
            offers=_ratio(self._offers, stops),
            asked_s=self._asked / SECOND,
            served_s=self._served / SECOND,
            card=self._card,
        )


def facts_of(stays: Iterable[Stay], shelf_visits: Iterable[ShelfVisit], payments: Iterable[Payment], catalog: Catalog) -> Facts:
    """Count the facts of a visit, or of what there is of it so far.

    Args:
        stays: its stays, in any order.
        shelf_visits: its touches, in any order.
        payments: its payments, in any order.
        catalog: the store.
    """
    tally = Tally(catalog)
    for payment in payments:
        tally.pay(payment)
    for stay in stays:
        tally.stay(stay)
    for touch in sorted(shelf_visits, key=_IN_ORDER):
        tally.touch(touch)
    return tally.facts()


def _ratio(part: float, whole: float) -> float:
    """A share or rate, to three decimals; 0 of nothing."""
    return round(1000 * part / whole) / 1000 if part and whole > 0 else 0.0  # round(part / whole, 3) takes four times as long


def _is_cheaper(basket: dict[str, int], offers: dict[str, Offer]) -> bool:
    """Whether something was put back that costs more than something that was kept."""
    prices = [(offers.get(product, _UNKNOWN).price, units) for product, units in basket.items()]
    kept = min((price for price, units in prices if price is not None and units), default=None)
    return kept is not None and any(price is not None and price > kept for price, units in prices if not units)
