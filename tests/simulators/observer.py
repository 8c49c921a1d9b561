"""An observer who makes no mistake: what can be known of a visit from its readings alone.

Written from section 4 of the design for the tests of the ground truth, with nothing of the engine and nothing of the simulation. It is told
from when to when a visit was, and of whom.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sensors.layout import Layout
from tests.simulators.plans import Said


class Seen(NamedTuple):
    """A reading of a device: from when to when it says where the device is (milliseconds)."""

    begin: int
    ts: int
    zone_id: str | None
    said: Said


class Observed(NamedTuple):
    """A visit as it can be seen."""

    entered_at: int
    left_at: int
    path: list[str]
    dwell: dict[str, int]
    longest_silence: int


def millis(ts: int | str) -> int:
    """A time as it stands in a recording or in the ground truth, in milliseconds since 1970."""
    return ts if isinstance(ts, int) else round(datetime.fromisoformat(ts).timestamp() * 1000)


def by_device(layout: Layout, readings: Iterable[Said]) -> dict[str, list[Seen]]:
    """What is said of each device, in order of time; payments say nothing of where it is."""
    gates = {gate.sensor_id: gate.zone_id for gate in layout.gates}
    shelves = {shelf.shelf_id: shelf.zone_id for shelf in layout.shelves}
    found: defaultdict[str, list[Seen]] = defaultdict(list)
    for said in readings:
        if said.device_id is not None and said.kind != "payment":
            zone = said.zone_id or gates.get(said.sensor_id) or shelves.get(said.shelf_id or "")
            ts = millis(said.ts)
            found[said.device_id].append(Seen(ts - round(said.duration_s * 1000), ts, zone, said))
    for seen in found.values():
        seen.sort(key=lambda one: (one.ts, one.said.direction != "in", one.said.direction == "out"))
    return found


def between(seen: list[Seen], start: int, end: int) -> list[Seen]:
    """The readings of a device from `start` to `end`, both included."""
    return [one for one in seen if start <= one.ts <= end]


def observe(seen: list[Seen], gap: int = 60_000) -> Observed:
    """Put the readings of one visit together: the time between two belongs to the zone of the earlier one."""
    path: list[str] = []
    dwell: dict[str, int] = {}
    longest = 0
    here: str | None = None
    since = seen[0].begin
    for one in seen:
        begin = max(one.begin, since)
        longest = max(longest, begin - since)
        if here is not None and begin - since <= gap:
            dwell[here] = dwell.get(here, 0) + begin - since
        here = one.zone_id or here
        if here is not None and (not path or path[-1] != here):
            path.append(here)
            dwell.setdefault(here, 0)
        if here is not None:
            dwell[here] += one.ts - begin
        since = one.ts
    return Observed(seen[0].begin, seen[-1].ts, path, dwell, longest)


class Presence(NamedTuple):
    """A device was seen in a zone from one moment to another."""

    device_id: str
    begin: int
    end: int


def presences(seen: list[Seen], zone: str) -> list[Presence]:
    """The stays of one visit in a zone, as they can be seen."""
    found: list[Presence] = []
    inside: int | None = None
    last = seen[0].begin
    device = seen[0].said.device_id or ""
    for one in seen:
        if one.zone_id == zone and inside is None:
            inside = max(one.begin, last)
        elif one.zone_id is not None and one.zone_id != zone and inside is not None:
            found.append(Presence(device, inside, max(one.begin, last)))
            inside = None
        last = one.ts
    return [*found, Presence(device, inside, last)] if inside is not None else found
