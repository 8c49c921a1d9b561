"""What a signal is called: its deterministic id, and names that people know (`docs/signals.md`). Pure."""

from uuid import UUID, uuid5

import msgspec

from sensors.reading import SECOND, rfc3339
from storage.model import Signal, SignalKind

SIGNAL_NAMESPACE = UUID("c2f0a3de-3a3b-5b0e-8b0c-5d7f0f3c9a11")
"""Names of signals live here: UUIDv5 of this and `JSON [kind, store_id, subject..., since]`."""


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
