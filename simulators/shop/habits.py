"""How shoppers behave, in numbers. Sources and what is only assumed: `docs/simulator.md`.

Times inside the simulation are whole milliseconds. What comes out of a logarithm or an exponential is rounded at once, so that machines
whose mathematical libraries differ in the last bit still write the same bytes.
"""

import math
from random import Random
from typing import Annotated, Literal

import msgspec

from simulators.shop.figures import (
    Factor,
    Length,
    MedianSigma,
    Minutes,
    People,
    Pull,
    Share,
    Units,
    Weight,
    check_ends,
    check_length,
    check_weights,
)
from simulators.shop.manners import MANNERS, Manner, Priority

SECOND = 1000
"""Milliseconds in a second: the grain of the simulation."""

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

NEVER = 1 << 62
"""Milliseconds: after all that is ever simulated."""

MIN_STAY = 16 * SECOND
"""Nobody is in a zone for less: three scans fall into it, of which at most two are missed, so no zone of a path stays unseen."""

Kind = Literal["grocery", "fashion", "home", "theme-park"]
"""What kind of store it is, for that decides which published figures its people are held against (`simulators.report`)."""

Look = Annotated[int, msgspec.Meta(ge=1, le=1000)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=HOUR)]
Seen = Annotated[int, msgspec.Meta(ge=MIN_STAY, le=HOUR)]
"""Milliseconds for which one must be in a zone to be seen there."""


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A zone that people go to for itself: a ride, a show, the fitting rooms.

    Attributes:
        share: of the shoppers.
        minutes: median time there, and sigma of the lognormal.
    """

    share: Share
    minutes: MedianSigma


class Habits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The figures of one store's shoppers. Shares are fractions of the shoppers; `_ms` pairs are the ends of an even spread.

    Attributes:
        kind: of the store.
        shoppers: on the mean open day.
        passers_by: who only pass on the pavement, for each shopper [A].
        weekday: Monday to Sunday, against the mean (Time Use Institute 2008; Wednesday to Friday and Sunday [A]).
        weekday_hours: weight of each hour, Monday to Friday (USDA ERS: 16 % in each hour of 11-13 h and 15-16 h; the rest [A]).
        weekend_hours: the same on Saturday and Sunday (USDA ERS: 20 % an hour at 11-13 h; the rest [A]).
        trip_min: median minutes in the store before the till, and sigma of the lognormal (Ehrenberg-Bass: a third of the trips under
            10 min, from door to door; fit [D]).
        max_trip_min: nobody plans to be in the store for longer before the till [A].
        basket: mu and sigma of the zero-truncated Poisson-lognormal of items (Sorensen; Martin 2020: mode 1, half at most 5, a fifth of the
            trips has half of the units; fit [D], with what shoppers value and put back).
        max_basket: nobody buys more items [A].
        browsers: who come without wanting to buy (grocery converts over 90 %; RetailNext 2012).
        looks: at how many shelves those look who come without wanting to buy, at the least and at the most [A].
        beside_min: nobody spends longer beside one shelf, in minutes; None: as the length of the trip has it [A].
        places: zones that people go to besides shelves; what is still planned when the time is over is left out [A].
        focus: chance that a stop is in a zone where there is another one already, and not anywhere in the store (Ehrenberg-Bass: most trips
            see under a quarter of it; how stops lie together [A]).
        units: chances of one, two, three units of a product at a stop [A].
        glances: looks at a shelf without taking anything, for each stop [A].
        regret: share of units that are put back [A].
        view_s: median seconds before a shelf and sigma of the lognormal [A]; nothing published was found.
        promoted_pull: how much more often a promoted product is chosen [A].
        round_trip: chances of the usual round, the reverse one, zigzag (Larson, Bradlow, Fader 2005 found 14 path types; shares [A]).
        service_ms: at the till without items, around 48 s; item_ms: each item (research/shoppers.md).
        packing_ms: from payment to leaving the lane; at least `MIN_STAY`, so that the payer is seen there after paying.
        next_ms: from a payment to the next shopper's turn.
        till_opens_min: a lane is opened when one would wait for more than so many minutes; 0: all are always open [A].
        till_closes_min: a lane is closed when nobody has paid there for so many minutes, but for the first [A].
        patience_min: median minutes that one waits in a queue, and sigma (80 % tolerate at most 15 min, Waitwhile 2024; fit [D], with
            hurried).
        hurried: share with the short patience of hurried_min [A].
        loyalty: share of payments that name the device [A].
        rests: share that sits down after paying, where there is a place without shelves (a café), for rest_min minutes [A].
        approaches, lingers: share heard on the pavement before entering, after leaving [A].
        unseen: share of passages that a gate misses [A]; second_looks: share that it reports twice [A].
        own_tags: share of visitors with a tag of their own, who may come again; the others get a band of the store [A].
        tag_holders: how many people have a tag, for each shopper of a day (FMI 2011: 1.69 visits a week to all supermarkets together; fit
            [D]); how often each comes is spread exponentially [A] (`simulators.shop.devices`).
        parties: chances to come alone, with one other, with two, with three [A]; one of them pays for all.
        looks_along: share of the looks of who leads a party in which each companion joins [A].
        stock: units of a product on a shelf that is full; 0: it never runs out [A].
        refill_min: median minutes until somebody fills what has run out, and sigma [A].
        ask_min: median minutes at a service point on coming in, and sigma [A].
        manners: the kinds of shoppers, by what they value, with their shares [A] (`simulators.shop.manners`).
    """

    kind: Kind = "grocery"
    shoppers: People = 1000
    passers_by: Factor = 0.25
    weekday: tuple[Weight, ...] = (0.91, 0.91, 1.0, 1.0, 1.0, 1.28, 0.9)
    weekday_hours: tuple[Weight, ...] = (0.1, 0.1, 0.1, 0.1, 0.2, 0.5, 1, 2, 4, 5, 7, 16, 16, 8, 7, 16, 8, 6, 3.5, 1.5, 1, 0.5, 0.2, 0.1)
    weekend_hours: tuple[Weight, ...] = (0, 0, 0, 0, 0, 0, 0, 1.5, 4, 7, 9, 20.5, 20.5, 11, 9, 7, 5, 4, 2, 1.5, 1, 0.5, 0.2, 0.1)
    trip_min: MedianSigma = (9.6, 0.66)
    max_trip_min: Length = 90.0
    basket: tuple[Annotated[float, msgspec.Meta(ge=-3, le=6)], Annotated[float, msgspec.Meta(ge=0, le=3)]] = (1.6, 1.05)
    max_basket: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 80
    browsers: Share = 0.07
    looks: tuple[Look, Look] = (1, 4)
    beside_min: Length | None = None
    places: dict[str, Place] = {}
    focus: Share = 0.8
    units: tuple[Weight, Weight, Weight] = (0.75, 0.2, 0.05)
    glances: Factor = 0.3
    regret: Share = 0.05
    view_s: MedianSigma = (9.0, 0.6)
    promoted_pull: Pull = 2.0
    round_trip: tuple[Weight, Weight, Weight] = (0.6, 0.25, 0.15)
    service_ms: tuple[Seen, Seen] = (40 * SECOND, 56 * SECOND)
    item_ms: Milliseconds = 3 * SECOND
    packing_ms: tuple[Seen, Seen] = (MIN_STAY, 26 * SECOND)
    next_ms: tuple[Milliseconds, Milliseconds] = (2 * SECOND, 6 * SECOND)
    till_opens_min: Minutes = 3.0
    till_closes_min: Minutes = 6.0
    patience_min: MedianSigma = (10.0, 0.45)
    hurried: Share = 0.04
    hurried_min: MedianSigma = (3.0, 0.4)
    loyalty: Share = 0.2
    rests: Share = 0.06
    rest_min: MedianSigma = (8.0, 0.5)
    approaches: Share = 0.12
    lingers: Share = 0.08
    unseen: Share = 0.01
    second_looks: Share = 0.015
    own_tags: Share = 0.4
    tag_holders: Factor = 2.3
    parties: Annotated[tuple[Weight, ...], msgspec.Meta(max_length=20)] = (0.8, 0.15, 0.04, 0.01)
    looks_along: Share = 0.4
    stock: Units = 80
    refill_min: MedianSigma = (45.0, 0.5)
    ask_min: MedianSigma = (2.5, 0.4)
    manners: dict[Priority, Manner] = msgspec.field(default_factory=MANNERS.copy)

    def __post_init__(self) -> None:
        """Refuse figures that do not go together.

        Raises:
            ValueError: rows of a wrong length, weights of which none is above 0, ends the wrong way round, or nobody is of the kind `none`.
        """
        check_length("weekday", self.weekday, 7, "a day of the week")
        for name in ("weekday_hours", "weekend_hours"):
            check_length(name, getattr(self, name), 24, "an hour of the day")
        for name in ("weekday", "weekday_hours", "weekend_hours", "units", "round_trip", "parties"):
            check_weights(name, getattr(self, name))
        for name in ("looks", "service_ms", "packing_ms", "next_ms"):
            check_ends(name, getattr(self, name))
        check_weights("the shares of `manners`", [manner.share for manner in self.manners.values()])
        if "none" not in self.manners:
            raise ValueError(f"`manners` has {', '.join(self.manners)} and not `none`, of whom are those who come by a script")


def even(rng: Random, ends: tuple[int, int]) -> int:
    """A whole number between both ends, each as likely."""
    return rng.randint(*ends)


def lognormal(rng: Random, median_sigma: tuple[float, float], unit: int) -> int:
    """A length of time with this median (in units of `unit` milliseconds) and this sigma of its logarithm, in milliseconds."""
    median, sigma = median_sigma
    return round(unit * median * math.exp(sigma * rng.gauss(0.0, 1.0)))


def basket_size(rng: Random, habits: Habits) -> int:
    """How many items a shopper comes for: Poisson around a lognormal mean, never 0."""
    mu, sigma = habits.basket
    while True:
        size = _poisson(rng, math.exp(rng.gauss(mu, sigma)))
        if size:
            return min(size, habits.max_basket)


def chance(rng: Random, share: float) -> bool:
    """True in this share of the cases."""
    return rng.random() < share


def pick(rng: Random, weights: tuple[float, ...]) -> int:
    """An index, as likely as its weight, the same on every machine: `fsum` is exact; `sum` is another from Python 3.12 on."""
    at = rng.random() * math.fsum(weights)
    for index, weight in enumerate(weights):
        at -= weight
        if at < 0:
            return index
    return len(weights) - 1


def _poisson(rng: Random, mean: float) -> int:
    """Knuth's way; means here are below a hundred or cut off by `max_basket`."""
    least, product, count = math.exp(-min(mean, 200.0)), rng.random(), 0
    while product > least:
        product *= rng.random()
        count += 1
    return count
