"""From walks to readings: what the store's sensors say about them, in the order in which their messages arrive.

A radio gateway scans every `SCAN` and sends all that it heard in one scan as one message. It misses each device in `MISS` of the scans, but
never more than twice in a row. So where somebody is seen for the first time in a zone at most `BOUND` after coming there: three scans, and
the spread of the moments within one scan. Gates, shelves, tills and presence sensors send each reading at once.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from hashlib import blake2b
from json import dumps
from random import Random
from statistics import NormalDist
from zoneinfo import ZoneInfo

from simulators.shop.floor import Floor, Listener
from simulators.shop.habits import MINUTE, SECOND
from simulators.shop.opening import Window, power
from simulators.shop.tills import Opening
from simulators.shop.walk import Stay, Walk

SCAN = 5 * SECOND
"""Milliseconds from one scan of a gateway to the next."""

SPREAD = 255
"""The devices of one scan are heard within so many milliseconds (a mask of bits: 2^n - 1)."""

MISSES = 2
"""A gateway never misses a device more often than this in a row."""

BOUND = (MISSES + 1) * SCAN + SPREAD
"""Milliseconds in which anybody in a scanned zone is heard at least once."""

MISS = 3277
"""How many of 65536 scans miss a device: 5 %."""

LONGEST_PRESENCE = 15 * MINUTE
"""A presence sensor reports a presence that lasts longer in pieces of this length."""

HEARTBEAT = MINUTE
SHELF_HEARTBEAT = 5 * MINUTE
"""Shelf sensors live on batteries and say less often that they do."""

SLOT = MINUTE
"""Readings are put in order slot by slot of this length, so that no more than those of the people inside are in memory."""

STATUS_SENT = 150
"""Milliseconds from a status to its arrival."""

SENT = SECOND // 2
"""A gateway sends so long after the beginning of a scan, when that is over, and up to a second later."""

_NOISE_DB = tuple(round(NormalDist(0, 2.5).inv_cdf((part + 0.5) / 256)) for part in range(256))
"""How signals scatter, in 256 parts that are equally frequent: normally, as measured ones do (`docs/simulator.md`)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Recorded = tuple[int, int, bytes]
"""A reading as it arrives: when (epoch ms), the number of its topic, its line of JSON. Neighbours with equal first two are one message."""

_Pending = tuple[int, int, int, str]


@dataclass(slots=True)
class Sensors:
    """The sensors of one store and what they have still to send.

    Attributes:
        floor: the store.
        phase: by how many milliseconds its gateways scan later than those of other stores.
        topics: the number of each (kind, sensor); those of a sensor share one counter of ids.
        heads: how the line of a topic begins, up to the reading's id.
        slots: what arrives in each slot of time, in any order.
        inside: whose next stay is to be told in each slot of time.
        openings: when the lanes are open that are not always so, by their zone; anew in each window.
        rng: where chance comes from, anew in each window.
    """

    floor: Floor
    phase: int = 0
    topics: dict[tuple[str, str], int] = field(default_factory=dict)
    heads: list[tuple[str, str]] = field(default_factory=list)
    slots: defaultdict[int, list[_Pending]] = field(default_factory=lambda: defaultdict(list))
    inside: "defaultdict[int, list[_Inside]]" = field(default_factory=lambda: defaultdict(list))
    openings: dict[str, tuple[Opening, ...]] = field(default_factory=dict)
    rng: Random = field(default_factory=lambda: Random(0))

    def topic(self, kind: str, sensor_id: str) -> int:
        """The number of a topic, given on first use."""
        number = self.topics.get((kind, sensor_id))
        if number is None:
            number = self.topics[kind, sensor_id] = len(self.heads)
            store, sensor = _json(self.floor.layout.store_id), _json(sensor_id)
            self.heads.append((f'{{"kind":"{kind}","store_id":{store},"sensor_id":{sensor},"id":{sensor[:-1]}-', sensor_id))
        return number

    def openings_of(self, sensor_id: str) -> tuple[Opening, ...] | None:
        """When a till is open; None: always, and any other sensor."""
        zone = next((lane.zone_id for lane in self.floor.lanes if sensor_id in lane.tills), None)
        return None if zone is None else self.openings.get(zone)

    def put(self, at: int, topic: int, ts: int, tail: str) -> None:
        """Keep a reading until its message arrives."""
        self.slots[at // SLOT].append((at, topic, ts, tail))


def readings(sensors: Sensors, walks: Iterable[Walk], window: Window, until: int, seed: int) -> Iterator[Recorded]:
    """All readings that arrive before `until` (epoch ms), in the order of their arrival.

    Args:
        sensors: the sensors; what arrives later stays with them for the next window, and so do those who are still inside.
        walks: the walks of the window, in the order in which they begin; taken one by one.
        window: when the store is open.
        until: when the next window's sensing begins.
        seed: part of the ids, so that another seed's recording is no repetition of this one.
    """
    start = blake2b(f"{seed}/{sensors.floor.layout.store_id}/{window.label}".encode(), digest_size=4).hexdigest()
    sensors.rng = Random(f"{seed}/{sensors.floor.layout.store_id}/{window.label}/sensors")
    beats = _heartbeats(sensors, window)
    sent: Counter[str] = Counter()
    inside, coming = sensors.inside, iter(walks)
    walk = next(coming, None)
    first = [] if walk is None else [walk.began // SLOT]
    slot = min([*sensors.slots, *inside, *first, *(beat.next // SLOT for beat in beats)])
    while slot < until // SLOT and (walk is not None or inside or sensors.slots or any(beat.next < beat.off for beat in beats)):
        for beat in beats:
            beat.until(sensors, (slot + 1) * SLOT)
        while walk is not None and walk.began < (slot + 1) * SLOT:
            _begin(sensors, walk)
            walk = next(coming, None)
        for one in inside.pop(slot, ()):
            if one.until(sensors, (slot + 1) * SLOT):
                inside[one.stay.start // SLOT].append(one)
        for at, topic, _, tail in sorted(sensors.slots.pop(slot, ())):
            head, sensor = sensors.heads[topic]
            sent[sensor] += 1
            yield at, topic, f"{head}{start}-{sent[sensor]}{tail}".encode()
        slot += 1
    for beat in beats:
        beat.until(sensors, until)
    for one in (*(() if walk is None else (walk,)), *coming):
        _begin(sensors, one)


def _begin(sensors: Sensors, walk: Walk) -> None:
    """Tell all that is noticed of a walk at one moment: at gates, shelves and tills. Its stays are told as they begin."""
    _gates(sensors, walk)
    _shelves(sensors, walk)
    _tills(sensors, walk)
    sensors.inside[walk.began // SLOT].append(_Inside(walk))


@dataclass(slots=True)
class _Inside:
    """Somebody whose stays are told up to a time, so that no more is in memory than one of each; how many scans in a row missed them."""

    walk: Walk
    told: int = 0
    missed: int = 0

    @property
    def stay(self) -> Stay:
        """The next one to be told."""
        return self.walk.stays[self.told]

    def until(self, sensors: Sensors, end: int) -> bool:
        """Tell the stays that begin before a time; are there more?"""
        while self.told < len(self.walk.stays) and self.stay.start < end:
            listener = sensors.floor.listeners[self.stay.zone_id]
            if listener.rssi_dbm is None:
                _presence(sensors, self.walk, self.stay, listener)
            else:
                self.missed = _scan(sensors, self.walk, self.stay, listener, self.missed)
            self.told += 1
        return self.told < len(self.walk.stays)


def _scan(sensors: Sensors, walk: Walk, stay: Stay, listener: Listener, missed: int) -> int:
    """A gateway hears a device in one of its zones, scan by scan. This is the loop in which the simulation spends its time.

    Returns:
        How many scans in a row have missed the device at the end.
    """
    topic = sensors.topic("dwell", listener.sensor_id)
    about = f',"device_id":{_json(walk.device_id)},"zone_id":{_json(stay.zone_id)},"rssi_dbm":'
    rssi = listener.rssi_dbm or 0
    slots, random_bits = sensors.slots, sensors.rng.getrandbits
    phase = (sensors.phase + 7919 * topic) % SCAN
    for scan in range(stay.start + (phase - stay.start) % SCAN, stay.end - SPREAD, SCAN):
        bits = random_bits(32)
        if bits & 0xFFFF < MISS and missed < MISSES:
            missed += 1
            continue
        missed = 0
        ts = scan + (bits >> 16 & SPREAD)
        at = scan + SENT + scan // SCAN * 7919 % SECOND
        slots[at // SLOT].append((at, topic, ts, f'","ts":{ts}{about}{rssi + _NOISE_DB[bits >> 24]}}}'))
    return missed


def _presence(sensors: Sensors, walk: Walk, stay: Stay, listener: Listener) -> None:
    """A presence sensor reports when a presence is over, or has become long."""
    topic = sensors.topic("dwell", listener.sensor_id)
    longest = min(LONGEST_PRESENCE, sensors.floor.timing.visit_timeout // 2)
    about = f',"device_id":{_json(walk.device_id)},"zone_id":{_json(stay.zone_id)}'
    for start in range(stay.start, stay.end - 1, longest):
        ts = min(start + longest, stay.end - 1)
        sensors.put(ts + 300, topic, ts, f'","ts":{ts}{about},"duration_s":{_seconds(ts - start)}}}')


def _gates(sensors: Sensors, walk: Walk) -> None:
    """Gates tell the exact moment, in local time; every second one says its zone itself, for the others the layout does."""
    zone = ZoneInfo(sensors.floor.layout.timezone)
    for passage in walk.passages:
        plan = sensors.floor.layout.gates[passage.gate]
        where = f',"zone_id":{_json(plan.zone_id)}' if passage.gate % 2 and plan.zone_id else ""
        for ts in passage.reports:
            tail = f'","ts":"{_iso(ts, zone)}","device_id":{_json(walk.device_id)},"direction":"{passage.direction}"{where}}}'
            sensors.put(ts + sensors.rng.randrange(20, 300), sensors.topic("entry", plan.sensor_id), ts, tail)


def _shelves(sensors: Sensors, walk: Walk) -> None:
    """Shelf sensors: a view with its length when it ends, what is taken and put back."""
    for act in walk.acts:
        what = f',"product_id":{_json(act.product_id)}' if act.product_id else ""
        length = f',"duration_s":{_seconds(act.duration_ms)}' if act.duration_ms is not None else ""
        about = f'"device_id":{_json(walk.device_id)},"shelf_id":{_json(act.shelf_id)},"action":"{act.action}"{what}{length}'
        topic = sensors.topic("shelf", shelf_sensor(act.shelf_id))
        sensors.put(act.at + sensors.rng.randrange(20, 200), topic, act.at, f'","ts":{act.at},{about}}}')


def _tills(sensors: Sensors, walk: Walk) -> None:
    """Tills tell the receipt, in UTC; who pays only where the shopper showed it."""
    plans = {plan.sensor_id: (index, plan.zone_id) for index, plan in enumerate(sensors.floor.layout.tills)}
    currency = _json(sensors.floor.layout.currency or "EUR")
    for paid in walk.payments:
        index, zone = plans[paid.till]
        items = ",".join(
            f'{{"product_id":{_json(line.product_id)},"quantity":"{line.quantity}","unit_price":"{line.unit_price}"}}'
            for line in paid.lines
        )
        who = f',"device_id":{_json(walk.device_id)}' if paid.names_device else ""
        where = f',"zone_id":{_json(zone)}' if index % 2 and zone else ""
        money = f'"receipt_id":{_json(paid.receipt_id)},"amount":"{paid.total}","currency":{currency},"items":[{items}]'
        tail = f'","ts":"{_iso(paid.at, UTC)}",{money}{who}{where}}}'
        sensors.put(paid.at + sensors.rng.randrange(50, 400), sensors.topic("payment", paid.till), paid.at, tail)


def shelf_sensor(shelf_id: str) -> str:
    """The name of a shelf's sensor: layouts name shelves only."""
    return f"sensor-{shelf_id}"


@dataclass(slots=True)
class _Beat:
    """When a sensor says next that it lives, how often, until when (epoch ms), in which words first, and of a till when it is open."""

    topic: int
    next: int
    period: int
    off: int
    state: str
    openings: tuple[Opening, ...] | None

    def until(self, sensors: Sensors, end: int) -> None:
        """Say so as often as it is due before a time."""
        while self.next < min(self.off, end):
            _state(sensors, self.topic, self.next, self.state if is_open(self.openings, self.next) else "offline")
            self.next, self.state = self.next + self.period, "alive"


def is_open(openings: tuple[Opening, ...] | None, at: int) -> bool:
    """Whether a till takes payments at a time."""
    return openings is None or any(one.start <= at < one.end for one in openings)


def _state(sensors: Sensors, topic: int, ts: int, state: str) -> None:
    sensors.put(ts + STATUS_SENT, topic, ts, f'","ts":{ts},"state":"{state}"}}')


def _heartbeats(sensors: Sensors, window: Window) -> list[_Beat]:
    """Every sensor says that it is switched on, then that it lives, at the end that it is switched off; tills, when they open and close."""
    on, off = power(window)
    layout = sensors.floor.layout
    listeners = dict.fromkeys([plan.sensor_id for plan in layout.gateways] + [one.sensor_id for one in sensors.floor.listeners.values()])
    mains = [*(plan.sensor_id for plan in layout.gates), *listeners, *(plan.sensor_id for plan in layout.tills)]
    periods = [(name, HEARTBEAT) for name in mains] + [(shelf_sensor(shelf.shelf_id), SHELF_HEARTBEAT) for shelf in layout.shelves]
    beats = []
    for index, (sensor, period) in enumerate(periods):
        topic = sensors.topic("status", sensor)
        first, openings = "online" if window.fresh else "alive", sensors.openings_of(sensor)
        beats.append(_Beat(topic, on + index * 997 % HEARTBEAT, period, off, first, openings))
        changes = ((at, state) for one in openings or () for at, state in zip(one, ("online", "offline"), strict=True))
        for at, state in changes:
            if on <= at < off:
                _state(sensors, topic, at, state)
        if window.shuts:
            _state(sensors, topic, off + index * 10, "offline")
    return beats


@lru_cache(maxsize=4096)
def _json(text: str) -> str:
    """A name in JSON: there are few, and each is said often."""
    return dumps(text, ensure_ascii=False)


def _seconds(milliseconds: int) -> str:
    """Milliseconds as seconds, written by whole numbers: no rounding to argue about."""
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}"


def _iso(ts: int, zone: tzinfo) -> str:
    return (_EPOCH + timedelta(milliseconds=ts)).astimezone(zone).isoformat(timespec="milliseconds")
