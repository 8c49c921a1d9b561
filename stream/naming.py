"""What visits and signals are called: their deterministic ids, and names that people know. Pure."""

from uuid import UUID, uuid5

import msgspec

from sensors.reading import SECOND, rfc3339
from storage.model import Signal, SignalKind

VISIT_NAMESPACE = UUID("6a0c5dd0-7b52-5d0c-9d4e-0a5c3f6f5b1e")
"""Names of visits live here: UUIDv5 of this and `JSON [store_id, device_id, entered_at]` (rule 10)."""

SIGNAL_NAMESPACE = UUID("c2f0a3de-3a3b-5b0e-8b0c-5d7f0f3c9a11")
"""Names of signals live here: UUIDv5 of this and `JSON [kind, store_id, subject..., since]`."""


def visit_id(store_id: str, device_id: str, entered_at: int, twin: int = 0) -> str:
    """Name a visit: UUIDv5 of the compact JSON array `["store","device","2026-11-22T09:30:00.000000Z"]` in `VISIT_NAMESPACE`.

    The second of two visits of a device that begin at the same moment (the first was an exit alone) has `,1` behind the time.
    """
    name = [store_id, device_id, rfc3339(entered_at), *([twin] if twin else [])]
    return str(uuid5(VISIT_NAMESPACE, msgspec.json.encode(name).decode()))


def signal_id(kind: SignalKind, store_id: str, subject: tuple[str, ...], since: int) -> str:
    """Name a signal: UUIDv5 of the compact JSON array `["zone_congested","s1","bakery","2026-11-22T09:30:00.000000Z"]`.

    Args:
        kind: what it is.
        store_id: its store.
        subject: the zone, the sensor, the visit's device, or device and zone.
        since: when its cause began.
    """
    return str(uuid5(SIGNAL_NAMESPACE, msgspec.json.encode([kind, store_id, *subject, rfc3339(since)]).decode()))


def minutes(micros: float) -> str:
    """Write a duration for people: `90 s`, `6 min`, `3 h`."""
    seconds = micros / SECOND
    if seconds < 120:  # noqa: PLR2004 - two minutes are better told in seconds
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"  # noqa: PLR2004 - so are two hours in minutes


def in_order(signals: list[Signal]) -> list[Signal]:
    """Sort signals as they came about."""
    return sorted(signals, key=lambda signal: (signal.at, signal.kind, signal.signal_id))
