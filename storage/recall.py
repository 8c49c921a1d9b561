"""Reads back what a worker has forgotten of devices, to tell them anew. Times are microseconds since 1970; see `storage.restore`."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from psycopg import Connection

from sensors.reading import MAX_DURATION_S, SECOND, Payment, Reading
from storage.errors import translated
from storage.model import Signal, Visit
from storage.reading_rows import PG_EPOCH, reading_of
from storage.restore import read_rows, visits_of_rows
from storage.sql import query
from storage.visit_rows import signal_of

LONGEST_STAY = 32 * round(MAX_DURATION_S) * SECOND
"""Who might have stayed somewhere at a moment is looked for among stays that began at most so long before it."""


@translated()
def device_readings(connection: Connection, store_id: str, devices: Collection[str], since: int) -> dict[str, list[Reading]]:
    """What devices said and paid from a time on, by device, in order of `ts`."""
    found: defaultdict[str, list[Reading]] = defaultdict(list)
    for row in read_rows(connection, "device_readings", {"store_id": store_id, "devices": list(devices), "since": since}):
        found[row[7]].append(reading_of(row).reading)
    return found


@translated()
def devices_before(connection: Connection, store_id: str, devices: Collection[str], before: int) -> set[str]:
    """Which of these devices had been heard before a time."""
    rows = connection.execute(query("devices_before"), {"store_id": store_id, "devices": list(devices), "before": before})
    return {str(row[0]) for row in rows}


@translated()
def devices_between(connection: Connection, store_id: str, since: int, until: int) -> list[str]:
    """Which devices were heard, or paid, in [since, until)."""
    rows = connection.execute(query("devices_between"), {"store_id": store_id, "since": since, "until": until})
    return [str(row[0]) for row in rows]


@translated()
def device_visits(connection: Connection, store_id: str, after: Mapping[str, int]) -> list[Visit]:
    """The visits of each device that began after its time."""
    if not after:
        return []
    afters = list(after.values())
    scope = {"store_id": store_id, "devices": list(after), "afters": afters, "first": min(afters)}
    return visits_of_rows(connection, read_rows(connection, "device_visits", scope))


@translated()
def anonymous_payments(connection: Connection, store_id: str, stretches: Collection[tuple[int, int]]) -> list[Payment]:
    """Payments without a device in any of these stretches of time, both ends included, as they were read."""
    return _payments(connection, store_id, stretches, anonymous=True)


@translated()
def payments_in(connection: Connection, store_id: str, stretches: Collection[tuple[int, int]]) -> list[Payment]:
    """All payments in any of these stretches of time, both ends included, as they were read."""
    return _payments(connection, store_id, stretches, anonymous=False)


def _payments(connection: Connection, store_id: str, stretches: Collection[tuple[int, int]], *, anonymous: bool) -> list[Payment]:
    if not stretches:
        return []
    found = read_rows(connection, "payments_in", {"store_id": store_id, "anonymous": anonymous, **_cut(stretches), **_bounds(stretches)})
    return [payment for payment in (reading_of(row).reading for row in found) if isinstance(payment, Payment)]


def _cut(stretches: Collection[tuple[int, int]]) -> dict[str, list[int]]:
    return {"starts": [max(0, start) for start, _ in stretches], "ends": [end for _, end in stretches]}


def _bounds(stretches: Collection[tuple[int, int]]) -> dict[str, int]:
    return {"first": max(0, min(start for start, _ in stretches)), "last": max(end for _, end in stretches)}


@translated()
def visits_in_zones(connection: Connection, store_id: str, asked: Iterable[tuple[str, int, int]]) -> list[Visit]:
    """The visits with a stay in a zone during a stretch of time, both ends included, for any of these."""
    wanted = sorted(set(asked))
    if not wanted:
        return []
    stretches = [(start, end) for _, start, end in wanted]
    reach = max(0, min(start for start, _ in stretches) - LONGEST_STAY)
    scope = {
        "store_id": store_id,
        "zones": [zone for zone, _, _ in wanted],
        "reach": reach,
        "last": max(end for _, end in stretches),
        **_cut(stretches),
    }
    return visits_of_rows(connection, read_rows(connection, "visits_in_zones", scope))


@translated()
def heard(connection: Connection, store_id: str, asked: Iterable[tuple[str, int]], within: int) -> dict[str, list[int]]:
    """When sensors were heard last before, and first after, some moments, no further away than `within` microseconds; by sensor."""
    wanted = sorted(set(asked))
    scope = {"store_id": store_id, "sensors": [one[0] for one in wanted], "times": [one[1] for one in wanted], "within": within}
    found: defaultdict[str, list[int]] = defaultdict(list)
    for sensor_id, ts in read_rows(connection, "heard", scope):
        found[sensor_id].append(ts + PG_EPOCH)
    return dict(found)


@translated()
def signals_of(connection: Connection, store_id: str, visit_ids: Collection[str], stretches: Collection[tuple[int, int]]) -> list[Signal]:
    """What was said of these visits, and of zones and sensors in these stretches of time, both ends included."""
    scope = {"store_id": store_id, "visit_ids": list(visit_ids), **_cut(stretches)}
    return [signal_of(row) for row in read_rows(connection, "signals_of", scope)]


@translated()
def visits_staying(connection: Connection, store_id: str, asked: Iterable[tuple[str, int]]) -> list[Visit]:
    """The visits with a stay in a zone at a moment, for any of these pairs."""
    pairs = sorted(set(asked))
    if not pairs:
        return []
    times = [at for _, at in pairs]
    reach = max(0, min(times) - LONGEST_STAY)
    scope = {"store_id": store_id, "zones": [zone for zone, _ in pairs], "times": times, "reach": reach, "last": max(times)}
    return visits_of_rows(connection, read_rows(connection, "visits_staying", scope))
