"""What becomes of a reading that cannot be accepted."""

from typing import Annotated

import msgspec

from sensors.reading import Micros


class DeadLetter(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One rejected reading, as it travels on `instore.rejected` and stands in `rejected_readings`.

    Attributes:
        id: a digest of all the rest: one delivery of one wrong element.
        received_at: when the bridge received it, microseconds since 1970.
        source: where it came from: the MQTT topic, or `kafka:TOPIC/PARTITION/OFFSET` for a record that the worker could not read.
        position: which element of the payload's array, from 0; None where the payload as a whole was refused.
        reason: the named reason, `sensors.decode.Reason` or `poison`.
        detail: a sentence for people: what was wrong and where.
        raw: the rejected bytes (the element's own where only an element was refused).
    """

    id: str
    received_at: Micros
    source: str
    position: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | None = None
    store_id: str | None = None
    sensor_id: str | None = None
    kind: str | None = None
    reason: str
    detail: str
    raw: bytes
