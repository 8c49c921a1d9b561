"""Nasty streams of readings: for Hypothesis, which shrinks them, and from a seed, fast and many.

Both draw `Move`s, small steps in a `World` of one to three stores, and `play` makes readings of them. A step lands at, or one microsecond
beside, a threshold of the store's rules after some earlier reading; few devices, zones and sensors make everything collide.

`play` and `random_stream` put the readings in no order that matters, with `received_at` equal to `ts`; `arrivals` makes them arrive.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec
from hypothesis import strategies as st

from sensors.layout import Layout, SensorPlan, ShelfPlan, Zone, ZoneType
from sensors.reading import SECOND, Payment, Reading, Status
from stream.rules import Rules

START = 1_750_000_000 * SECOND
"""About when the streams begin."""

AHEAD = 300 * SECOND
"""As far as a clock may run ahead of `received_at`."""

STORES = ("s1", "s2", "s3")
DEVICES = ("d1", "d2", "d10", "badge")
ZONES: tuple[tuple[str, ZoneType], ...] = (
    ("street", "outside"),
    ("park", "outside"),
    ("door", "entrance"),
    ("food", "general"),
    ("tills", "checkout"),
)
KINDS = ("dwell",) * 8 + ("shelf",) * 4 + ("in",) * 2 + ("out",) * 3 + ("payment",) * 5 + ("status",)
ANCHORS = ("own",) * 5 + ("last",) * 2 + ("any",) * 3
SENSORS = {"in": "gate", "out": "gate", "payment": "till"}
"""Who sends a kind; all else comes from gateways."""

ACTIONS: tuple[Literal["view", "pickup", "putback"], ...] = ("pickup", "putback", "view")
STATES: tuple[Literal["online", "alive", "offline"], ...] = ("alive", "online", "offline")
AMOUNTS = ("9.99", "0.10", "0.20", "0", "-5")
DURATIONS: tuple[float | None, ...] = (None, None, None, None, 0.0, 0.000001, 5.5, 30.0, 60.0, 900.0, 1800.0, 5400.0, 20_000.0)
RULES = (
    Rules(),
    Rules(visit_timeout_s=90, presence_gap_s=10, exit_grace_s=20, lateness_s=15, bounce_s=30),
    Rules(visit_timeout_s=20, presence_gap_s=60, exit_grace_s=40, lateness_s=200),
    Rules(visit_timeout_s=60, presence_gap_s=60, exit_grace_s=0, lateness_s=0),
    Rules(visit_timeout_s=3.000001, presence_gap_s=0, exit_grace_s=0.5, lateness_s=1, bounce_s=0),
)
"""Settings of stores: usual, tight, with timeout below gap and grace, equal, and with zeros and fractions."""


class World(NamedTuple):
    """The stores of a stream: by store_id; a store may be missing from `layouts` and from `rules`."""

    stores: tuple[str, ...]
    layouts: dict[str, Layout]
    rules: dict[str, Rules]

    def rules_of(self, store_id: str) -> Rules:
        """Return the settings of a store."""
        return self.rules.get(store_id, Rules())

    def lateness_s(self) -> dict[str, float]:
        """Return the lateness of each store, as `arrivals` wants it."""
        return {store_id: self.rules_of(store_id).lateness_s for store_id in self.stores}


class Case(NamedTuple):
    """A world and a set of readings in it."""

    world: World
    readings: list[Reading]


@dataclass(frozen=True, kw_only=True)
class Move:
    """How one reading differs from another; numbers are places in the lists above, and wrap around.

    Attributes:
        anchor: after which reading it steps: the device's last one, the store's last one, or `pick` back in the store.
        step: which of `steps` it takes.
        after: whether the presence begins where the step ends (so that the silence is the step), or `ts` is there.
        order: the beginning of its id, which decides ties.
        named: whether a shelf, entry or payment names its zone.
        known: whether a payment knows its device.
    """

    store: int
    device: int
    kind: str
    anchor: str
    pick: int
    step: int
    after: bool
    duration: int
    zone: int
    spot: int
    action: int
    order: int
    named: bool
    known: bool


def steps(rules: Rules) -> list[int]:
    """List how far one reading comes after another, in microseconds: thresholds of the rules, exactly and one more or less."""
    thresholds = (rules.presence_gap_s, rules.exit_grace_s, rules.visit_timeout_s, rules.bounce_s, rules.lateness_s)
    near = {round(threshold * SECOND) + by for threshold in thresholds for by in (-1, 0, 1)}
    return [0, 0, 0, 1, SECOND, 5 * SECOND, *sorted(step for step in near if step > 0)]


def play(moves: Sequence[Move], world: World) -> list[Reading]:
    """Make readings of moves."""
    readings: list[Reading] = []
    own: dict[tuple[str, str], int] = {}
    told: dict[str, list[int]] = {store_id: [] for store_id in world.stores}
    for number, move in enumerate(moves):
        store_id = world.stores[move.store % len(world.stores)]
        device_id = DEVICES[move.device % len(DEVICES)]
        earlier = told[store_id] or [START]
        anchors = {"own": own.get((store_id, device_id), START), "last": earlier[-1], "any": earlier[-1 - move.pick % len(earlier)]}
        reading = _reading(move, world, (store_id, device_id), anchors[move.anchor], number)
        if not isinstance(reading, Payment | Status):
            own[store_id, device_id] = reading.ts
        told[store_id].append(reading.ts)
        readings.append(reading)
    return readings


def _reading(move: Move, world: World, who: tuple[str, str], anchor: int, number: int) -> Reading:
    """Make the reading of one move, so many microseconds after another one."""
    store_id, device_id = who
    ladder = steps(world.rules_of(store_id))
    duration_s = DURATIONS[move.duration % len(DURATIONS)] if move.kind in {"dwell", "shelf"} else None
    ts = anchor + ladder[move.step % len(ladder)] + (round((duration_s or 0) * SECOND) if move.after else 0)
    if move.kind == "payment":
        # Half of the payments fall before the reading that they hang on: into a stay, or at its beginning.
        ts = anchor + ladder[move.step % len(ladder)] * (1 if move.after else -1)
    base = {
        "id": f"{'abcm'[move.order % 4]}{number}",
        "store_id": store_id,
        "ts": ts,
        "received_at": ts,
        "device_id": device_id,
        "zone_id": ZONES[move.zone % len(ZONES)][0] if move.named or move.kind == "dwell" else None,
        "sensor_id": f"{SENSORS.get(move.kind, 'gateway')}-{move.spot % 3}",
        "duration_s": duration_s,
        "kind": move.kind,
    }
    fields = {**base, **_extra(move, device_id)}
    reading: Reading = msgspec.convert({name: value for name, value in fields.items() if value is not None}, Reading)
    return reading


def _extra(move: Move, device_id: str) -> dict[str, object]:
    """Return the fields that only some kinds have, and those that differ from what all have."""
    if move.kind in {"in", "out"}:
        return {"kind": "entry", "direction": move.kind}
    if move.kind == "shelf":
        product = (None, "milk", "bun")[move.pick % 3]
        return {"shelf_id": f"shelf-{move.spot % 3}", "action": ACTIONS[move.action % len(ACTIONS)], "product_id": product}
    if move.kind == "payment":
        amount = Decimal(AMOUNTS[move.action % len(AMOUNTS)])
        currency = "CHF" if move.pick % 7 == 1 else "EUR"
        device = device_id if move.known else None
        return {"receipt_id": f"r{move.pick}", "amount": amount, "currency": currency, "device_id": device, "items": _items(move)}
    if move.kind == "status":
        return {"state": STATES[move.action % len(STATES)]}
    return {"rssi_dbm": -40.5 - move.pick} if move.named else {}


def _items(move: Move) -> list[dict[str, object]]:
    """Return the lines of a receipt: none, one or two, in pieces and in kilograms."""
    lines = [("milk", Decimal(1), Decimal("9.99")), ("bun", Decimal("0.125"), Decimal("-0.0001"))]
    return [{"product_id": name, "quantity": quantity, "unit_price": price} for name, quantity, price in lines[: move.pick % 3]]


def random_world(rng: random.Random) -> World:
    """Draw one to three stores, some without layout, some with parts missing, each with rules of its own."""
    stores = STORES[: rng.choice((1, 1, 1, 2, 3))]
    layouts = {store_id: _random_layout(rng, store_id) for store_id in stores if rng.random() < 0.9}
    rules = {store_id: rng.choice(RULES) for store_id in stores if rng.random() < 0.9}
    return World(stores, layouts, rules)


def _random_layout(rng: random.Random, store_id: str) -> Layout:
    zones = tuple(Zone(zone_id=zone_id, type=kind) for zone_id, kind in ZONES if rng.random() < 0.9) or (Zone(zone_id="food"),)
    known = [zone.zone_id for zone in zones]
    return Layout(
        store_id=store_id,
        zones=zones,
        shelves=tuple(ShelfPlan(shelf_id=f"shelf-{spot}", zone_id=rng.choice(known)) for spot in range(3) if rng.random() < 0.7),
        gates=_random_sensors(rng, "gate", known, ["street", "door"]),
        tills=_random_sensors(rng, "till", known, ["tills", "food"]),
        staff_devices=frozenset({"badge"}) if rng.random() < 0.8 else frozenset(),
    )


def _random_sensors(rng: random.Random, name: str, known: Sequence[str], usual: Sequence[str]) -> tuple[SensorPlan, ...]:
    """Draw up to three gates or tills, mostly where they belong, some without zone."""
    zones = [zone for zone in usual if zone in known] or known
    return tuple(
        SensorPlan(sensor_id=f"{name}-{spot}", zone_id=rng.choice(zones) if rng.random() < 0.8 else None)
        for spot in range(3)
        if rng.random() < 0.8
    )


def random_move(rng: random.Random) -> Move:
    """Draw one move."""
    return Move(
        store=rng.randrange(3),
        device=rng.choice((0, 0, 1, 1, 2, 3)),
        kind=rng.choice(KINDS),
        anchor=rng.choice(ANCHORS),
        pick=rng.randrange(12),
        step=rng.randrange(24),
        after=rng.random() < 0.5,
        duration=rng.randrange(len(DURATIONS)),
        zone=rng.choice((0, 1, 2, 3, 3, 4, 4, 4)),
        spot=rng.randrange(3),
        action=rng.randrange(5),
        order=rng.randrange(4),
        named=rng.random() < 0.4,
        known=rng.random() < 0.4,
    )


def random_stream(rng: random.Random, world: World, length: int = 40) -> list[Reading]:
    """Draw a stream of so many readings in a world."""
    return play([random_move(rng) for _ in range(length)], world)


def random_case(rng: random.Random, max_length: int = 60) -> Case:
    """Draw a world and a stream of up to `max_length` readings in it."""
    world = random_world(rng)
    return Case(world, random_stream(rng, world, rng.randint(1, max_length)))


def arrivals(
    rng: random.Random, readings: Sequence[Reading], lateness_s: float | Mapping[str, float], duplicates: float = 0.2
) -> list[Reading]:
    """Let readings arrive in some order, none of them late.

    Each reading is sent when it happens, by a clock that is right or up to 5 minutes ahead, and takes up to its store's lateness to arrive;
    or, as in a replay of old readings, all arrive long after they happened, and no clock is ahead. So no reading is more than its store's
    lateness behind the store's time before it, which is the largest `ts`, or `received_at` where that is smaller.

    Args:
        rng: draws the delays, the clocks and the duplicates.
        readings: in any order; their `received_at` is replaced.
        lateness_s: of all stores, or by store_id.
        duplicates: how likely a reading arrives another time; it can arrive many times.

    Returns:
        The readings in the order of `received_at`.
    """
    replayed = rng.random() < 0.5
    offset = rng.choice((0, 1, 86_400 * SECOND)) if replayed else 0
    arrived: list[tuple[int, float, Reading]] = []
    for reading in readings:
        lateness = round((lateness_s if isinstance(lateness_s, int | float) else lateness_s[reading.store_id]) * SECOND)
        sent_at = reading.ts - (0 if replayed else rng.choice((0, 0, 0, 1, AHEAD, rng.randint(0, AHEAD))))
        while True:
            received_at = sent_at + rng.choice((0, lateness, lateness, rng.randint(0, lateness))) + offset
            arrived.append((received_at, rng.random(), msgspec.structs.replace(reading, received_at=received_at)))
            if rng.random() >= duplicates:
                break
    return [reading for _, _, reading in sorted(arrived, key=lambda item: item[:2])]


def belated(rng: random.Random, arrived: Sequence[Reading], share: float = 0.1) -> list[Reading]:
    """Hold some readings back, so that they come late.

    A stream lasts for hours, and they come anywhere between their place and its end, so many are late by hours. A reading that comes
    several times may be held back once and not the other time.

    Args:
        rng: draws which, and until when.
        arrived: in order of arrival.
        share: how likely a reading is held back.
    """
    places = [(rng.uniform(place, len(arrived)) if rng.random() < share else place, place) for place in range(len(arrived))]
    ordered = [arrived[place] for _, place in sorted(places)]
    clock, came = 0, []
    for reading in ordered:
        clock = max(clock, reading.received_at)
        came.append(msgspec.structs.replace(reading, received_at=clock))
    return came


def impostors(rng: random.Random, arrived: Sequence[Reading], share: float = 0.03) -> list[Reading]:
    """Let other readings come under an id that its store has had: what a faulty sensor does; the first of them is the one that counts.

    An impostor has the time of the reading that it repeats: by store, id and time the database finds again what is no longer in memory.

    Args:
        rng: draws which, and what the impostors say.
        arrived: in order of arrival.
        share: how likely a reading has an impostor, some readings behind it.
    """
    came = list(arrived)
    for reading in arrived:
        if rng.random() < share:
            other = rng.choice([one for one in arrived if one.store_id == reading.store_id])
            place = came.index(reading) + rng.randint(1, 10)
            at = min(place, len(came))
            false = msgspec.structs.replace(other, id=reading.id, ts=reading.ts, received_at=came[at - 1].received_at)
            came.insert(at, false)
    return came


MOVES: st.SearchStrategy[Move] = st.builds(
    Move,
    store=st.integers(0, 2),
    device=st.integers(0, 3),
    kind=st.sampled_from(sorted(set(KINDS))),
    anchor=st.sampled_from(("own", "last", "any")),
    pick=st.integers(0, 11),
    step=st.integers(0, 23),
    after=st.booleans(),
    duration=st.integers(0, len(DURATIONS) - 1),
    zone=st.integers(0, len(ZONES) - 1),
    spot=st.integers(0, 2),
    action=st.integers(0, 4),
    order=st.integers(0, 3),
    named=st.booleans(),
    known=st.booleans(),
)

RANDOMS: st.SearchStrategy[random.Random] = st.randoms(use_true_random=False)
"""Random numbers that Hypothesis chooses and shrinks: for `arrivals`, and for cutting into batches."""

WORLDS: st.SearchStrategy[World] = RANDOMS.map(random_world)


@st.composite
def cases(draw: st.DrawFn, max_length: int = 25) -> Case:
    """Draw a world and a set of readings in it."""
    world = draw(WORLDS)
    return Case(world, play(draw(st.lists(MOVES, max_size=max_length)), world))
