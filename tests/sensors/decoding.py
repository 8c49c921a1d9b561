"""What the tests of decoding share."""

import json
from typing import Any

from sensors.decode import Decoded, decode
from sensors.reading import Reading
from sensors.refused import REASONS, Reason
from tests.sensors.strategies import NOW

TOPIC = "instore/v1/s1/dwell/gw-1"
TILL = "instore/v1/s1/payment/till-1"
DWELL = {"id": "r1", "ts": 1_795_339_800_250, "device_id": "wb-17", "zone_id": "dairy"}
PAYMENT = {"id": "p1", "ts": 1_795_339_800_250, "receipt_id": "1001", "amount": "4.18", "currency": "EUR"}
FULL = {**DWELL, "store_id": "s1", "sensor_id": "gw-1", "kind": "dwell"}


def decoded(payload: object, topic: str | None = TOPIC) -> Decoded:
    """Decode a payload, written as JSON where it is not bytes."""
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return decode(raw, topic=topic, received_at=NOW)


def accepted(payload: object, topic: str | None = TOPIC) -> Reading:
    """Decode a payload that must be one right reading."""
    readings, sightings, rejected = decoded(payload, topic)
    assert (len(readings), sightings, rejected) == (1, [], [])
    return readings[0]


def refused(payload: object, topic: str | None = TOPIC) -> tuple[Reason | str, str]:
    """Decode a payload of which exactly one thing must be refused; return reason and detail."""
    readings, sightings, rejected = decoded(payload, topic)
    assert (readings, sightings, len(rejected)) == ([], [], 1)
    assert rejected[0].reason in REASONS
    return rejected[0].reason, rejected[0].detail


def without(reading: dict[str, Any], field: str) -> dict[str, Any]:
    """Copy a reading without a field."""
    return {name: value for name, value in reading.items() if name != field}
