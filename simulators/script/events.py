"""What happens on a simulated day because a script says so: somebody lingers, a group queues at one till, a crowd gathers. Pure.

An event is data; `enact` makes people of it, who walk, look, pay and leave by the same steps as everybody else. They come on top of the
ordinary shoppers, with a chance of their own, through gates that see them, so the same script has the same effect on any day.
"""

from collections.abc import Iterable
from datetime import date
from random import Random
from typing import Annotated, NamedTuple

import msgspec
from msgspec import structs

from sensors.hours import clock_at, hours_on
from sensors.layout import Product, ShelfPlan
from sensors.urls import SettingError
from simulators.script.happening import Happening, Lasting, Minutes, People
from simulators.script.mishaps import Mishap, silences_of
from simulators.sensing.silence import Silence
from simulators.shop.doors import enter, stroll
from simulators.shop.floor import Floor
from simulators.shop.habits import MINUTE, SECOND, even
from simulators.shop.opening import Window, windows
from simulators.shop.scene import Scene, Told
from simulators.shop.tills import Failure
from simulators.shop.walk import Act, Walk

APART = 6 * SECOND
"""Those who come together pass the gate one after the other."""

LONG_LOOK = 16 * SECOND
"""A look that nobody takes for haste."""

QUICK_LOOK = 3 * SECOND
BRISK_FOYER = 30 * SECOND
BRISK_STAY = 40 * SECOND
BRISK_ZONES = 5
"""Who is in a hurry is so in each zone for so long; times at which a priority is judged are then apart by more than sensors can be off."""


class Linger(Happening, tag="linger", frozen=True, kw_only=True):
    """Somebody goes to a zone, and is there for so long without touching anything."""

    zone: str
    minutes: Minutes


class WalkOut(Happening, tag="walk_out", frozen=True, kw_only=True):
    """Somebody takes so many products, and leaves without paying."""

    products: Annotated[int, msgspec.Meta(ge=1, le=20)]


class Hurry(Happening, tag="hurry", frozen=True, kw_only=True):
    """Somebody shows in all they do that they value speed: from zone to zone, one quick look in each, something taken, and away."""


class Gather(Happening, tag="gather", frozen=True, kw_only=True):
    """So many people come for something in one zone, a tasting say; each goes so long after coming in."""

    zone: str
    people: People
    minutes: Minutes


class Party(Happening, tag="party", frozen=True, kw_only=True):
    """So many people come together, take one thing each, and all pay in the same zone of tills."""

    zone: str
    people: People


class Rush(Lasting, tag="rush", frozen=True, kw_only=True):
    """So many more shoppers come until another time of that day than would have come; they are people like the others."""

    people: People


class Promotion(Lasting, tag="promotion", frozen=True, kw_only=True):
    """Products are on offer until another time of that day: who comes in then goes to their shelves and takes them so much more often."""

    products: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    pull: Annotated[float, msgspec.Meta(ge=1, le=100)] = 4.0


class TillFails(Lasting, tag="till_fails", frozen=True, kw_only=True):
    """A till takes no payment until another time of that day, and says nothing; who queues there goes to another one."""

    till: str


Event = Linger | WalkOut | Hurry | Gather | Party | Rush | Promotion | TillFails | Mishap

_OF_COMING = (Linger, WalkOut, Hurry, Gather, Party, Rush)
_OF_PEOPLE = (*_OF_COMING, Promotion, TillFails)


class Planned(NamedTuple):
    """An event, when it happens, and until when (epoch ms; the same where it does not last)."""

    at: int
    event: Event
    until: int = 0


def plan(floor: Floor, events: Iterable[Event], days: Iterable[date]) -> list[Planned]:
    """What people do and meet by a script, on each of some calendar days; nobody comes on those on which the store is closed then."""
    wanted = [event for event in events if isinstance(event, _OF_PEOPLE)]

    def on(day: date, event: Event) -> Planned:
        clocks = (event.at, event.until if isinstance(event, Lasting) else event.at)
        begin, end = (clock_at(floor.layout, day, clock) // 1000 for clock in clocks)
        return Planned(begin, event, end)

    return [on(day, event) for day in days for event in wanted if not isinstance(event, _OF_COMING) or _fits(floor, event, day)]


def is_of_people(event: Event) -> bool:
    """Whether it happens to people, and not to sensors alone."""
    return isinstance(event, _OF_PEOPLE)


def extra_arrivals(rng: Random, planned: Iterable[Planned], window: Window) -> list[int]:
    """When those come who are more than usual in a rush, in order; nobody before the store opens, or after it shuts."""
    rushes = [(at, until, event) for at, event, until in planned if isinstance(event, Rush) and window.opens <= at < window.closes]
    return sorted(rng.randrange(at, max(at + 1, min(until, window.closes))) for at, until, event in rushes for _ in range(event.people))


def with_offers(floor: Floor, planned: Iterable[Planned], now: int) -> Floor:
    """The store as somebody finds it who comes in now: with what is on offer."""
    running = [event for at, event, until in planned if isinstance(event, Promotion) and at <= now < until]
    return structs.replace(floor, pulls={name: event.pull for event in running for name in event.products}) if running else floor


def failures(planned: Iterable[Planned]) -> list[Failure]:
    """When tills fail: a second early, so that what was paid before has been sent."""
    return [Failure(event.till, at - SECOND, until) for at, event, until in planned if isinstance(event, TillFails)]


def silences(events: Iterable[Event]) -> tuple[Silence, ...]:
    """The silences of sensors, those of tills that fail among them."""
    known = tuple(events)
    return silences_of(known) + tuple(Silence(one.till, one.at, one.until) for one in known if isinstance(one, TillFails))


def check_events(floor: Floor, events: Iterable[Event]) -> None:
    """Refuse events that cannot happen in a store.

    Raises:
        SettingError: a zone is not there, is none of tills, nothing stands on the shelves that could be taken, or it ends before it begins.
    """
    zones, lanes = [zone.zone_id for zone in floor.layout.zones], [lane.zone_id for lane in floor.lanes]
    for event in events:
        known = lanes if isinstance(event, Party) else zones
        if isinstance(event, Linger | Gather | Party) and event.zone not in known:
            kind = "zone of tills" if isinstance(event, Party) else "zone"
            raise SettingError(
                f"store `{floor.layout.store_id}` has no {kind} `{event.zone}` for what happens at {event.at}; it has {', '.join(known)}"
            )
        if isinstance(event, WalkOut | Hurry | Party) and not floor.prices:
            raise SettingError(f"store `{floor.layout.store_id}` has no products, and what happens at {event.at} needs some")
        if isinstance(event, Lasting):
            _check_lasting(floor, event)


def _check_lasting(floor: Floor, event: Lasting) -> None:
    store, tills = floor.layout.store_id, [till.sensor_id for till in floor.layout.tills]
    if event.at >= event.until:
        raise SettingError(f"what happens at {event.at} ends at {event.until}: it must end later, on the same day")
    if isinstance(event, Promotion) and (unknown := sorted(set(event.products) - set(floor.prices))):
        raise SettingError(f"store `{store}` has no product `{unknown[0]}` on its shelves for the promotion at {event.at}")
    if isinstance(event, TillFails) and event.till not in tills:
        raise SettingError(f"store `{store}` has no till `{event.till}` to fail at {event.at}; it has {', '.join(tills)}")


def check_hours(floor: Floor, events: Iterable[Event], days: Iterable[date]) -> None:
    """Refuse people who shall come while the store is closed, on each of the days; a day on which it is open then is enough.

    Raises:
        SettingError: it is closed when somebody shall come; the sentence says when it is open.
    """
    known = list(days)
    store = f"store `{floor.layout.store_id}`"
    for event in events:
        if not isinstance(event, _OF_COMING) or not known or any(_fits(floor, event, day) for day in known):
            continue
        what = f"somebody shall come at {event.at} by a script (`{event.__struct_config__.tag}`)"
        day = next((one for one in known if windows(floor.layout, one)), None)
        if day is None:
            raise SettingError(f"{store} is closed on {known[0]}, and {what}: choose a day on which it is open")
        clocks = hours_on(floor.layout, day)
        hours = " and ".join(f"from {begin} to {end}" for begin, end in zip(clocks[::2], clocks[1::2], strict=True))
        raise SettingError(f"{store} is open {hours} on {day}, and {what}: let all who come do so while it is open")


def _fits(floor: Floor, event: Event, day: date) -> bool:
    """Whether the store is open when the first and the last come in; a rush ends where it closes."""
    first = clock_at(floor.layout, day, event.at) // 1000
    last = first + (event.people - 1) * APART if isinstance(event, Gather | Party) else first
    return any(one.opens <= first < one.closes and (last < one.closes or not one.shuts) for one in windows(floor.layout, day))


def enact(scene: Scene, seed: int, planned: Iterable[Planned], window: Window) -> list[Told]:
    """Everybody who comes in an opening window because a script says so.

    Args:
        scene: the store and its figures.
        seed: the simulation's.
        planned: events at any time; those of the window happen.
        window: when the store is open.
    """
    sure = structs.replace(scene.habits, unseen=0.0, second_looks=0.0, approaches=0.0)
    own = Scene(Random(f"{seed}/{scene.floor.layout.store_id}/{window.label}/events"), scene.floor, sure)
    return [one for at, event, _ in planned if window.opens <= at < window.closes for one in _people(own, at, event)]


def _people(scene: Scene, at: int, event: Event) -> list[Told]:
    match event:
        case Linger():
            return [_visit_zone(scene, at, event.zone, event.minutes)]
        case Gather():
            return [_visit_zone(scene, at + number * APART, event.zone, event.minutes) for number in range(event.people)]
        case WalkOut():
            return [Told(_take(scene, at, event.products), pays=False)]
        case Party():
            return [Told(_with_lane(_take(scene, at + number * APART, 1), event.zone), pays=True) for number in range(event.people)]
        case Hurry():
            return [Told(_hurry(scene, at), pays=True)]
        case _:
            return []


def _come_in(scene: Scene, at: int) -> Walk:
    walk = Walk("shopper", at, priority="none", scripted=True)
    enter(scene, walk)
    return walk


def _visit_zone(scene: Scene, at: int, zone: str, minutes: float) -> Told:
    """Go to a zone, be there until so long after coming in, touch nothing."""
    walk = _come_in(scene, at)
    stroll(scene, walk, zone)
    walk.stay(zone, max(0, at + round(minutes * MINUTE) - walk.now))
    return Told(walk, pays=False)


def _take(scene: Scene, at: int, products: int) -> Walk:
    """Take so many products of the first shelf, after a long look at it."""
    walk = _come_in(scene, at)
    shelf, product = _plain_product(scene.floor, _stocked(scene.floor)[0])
    stroll(scene, walk, shelf.zone_id)
    _touch(walk, shelf, product, LONG_LOOK, products)
    walk.stay(walk.here, even(scene.rng, (4 * SECOND, 12 * SECOND)) + max(0, walk.acts[-1].at - walk.now))
    return walk


def _with_lane(walk: Walk, lane: str) -> Walk:
    walk.lane = lane
    return walk


def _hurry(scene: Scene, at: int) -> Walk:
    """Go through some zones on the usual round, the same short time in each, with one quick look and one thing taken in each."""
    walk = Walk("shopper", at, priority="speed", scripted=True, shows="speed")
    enter(scene, walk)
    walk.stays[-1] = walk.stays[-1]._replace(end=at + BRISK_FOYER)
    stocked = _stocked(scene.floor)[:BRISK_ZONES]
    for goal in stocked:
        for zone in scene.floor.way(walk.here, goal):
            walk.stay(zone, BRISK_STAY)
            if zone in stocked:
                _touch(walk, *_plain_product(scene.floor, zone), QUICK_LOOK, 1)
    return walk


def _touch(walk: Walk, shelf: ShelfPlan, product: Product, look: int, units: int) -> None:
    """Look at a shelf a little after coming there, and take some units of a product."""
    at = walk.stays[-1].start + 2 * SECOND + look
    walk.acts.append(Act(at, shelf.shelf_id, "view", None, look))
    for number in range(1, units + 1):
        walk.acts.append(Act(at + number * 2 * SECOND, shelf.shelf_id, "pickup", product.product_id, None))


def _stocked(floor: Floor) -> list[str]:
    """The zones in which something can be taken, in the order of the usual round."""
    return [zone for zone in floor.shop if any(shelf.products for shelf in floor.shelves[zone])]


def _plain_product(floor: Floor, zone: str) -> tuple[ShelfPlan, Product]:
    """A product that says nothing of a taste for bargains: the dearest that is not promoted, of a shelf without offers if there is one."""
    shelves = [shelf for shelf in floor.shelves[zone] if shelf.products]
    shelf = min(shelves, key=lambda one: any(product.promoted for product in one.products))
    return shelf, max(shelf.products, key=lambda product: (not product.promoted, floor.prices[product.product_id]))
