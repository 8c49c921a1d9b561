"""What a bridge shows of itself; see `docs/metrics.md`."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from prometheus_client.core import Metric

from sensors.decode import Decoded
from sensors.metrics import Figure
from sensors.reading import KINDS, SECOND, Sighting
from sensors.refused import REASONS

STUCK_S = 60.0
"""A bridge that has not taken a turn for so long does not move any more; while servers are away, a turn takes up to half of it."""

READINGS = Figure("instore_bridge_readings", "counter", "Readings decoded, by kind; sightings too.", ("kind",))
REJECTED = Figure("instore_bridge_rejected", "counter", "Readings and payloads rejected, by reason.", ("reason",))

COUNTED = {
    "messages": Figure("instore_bridge_messages", "counter", "MQTT messages received, those sent again too."),
    "redelivered": Figure("instore_bridge_messages_redelivered", "counter", "MQTT messages that the broker marked as sent again."),
    "forwarded": Figure("instore_bridge_messages_acknowledged", "counter", "MQTT messages acknowledged, because all of them is safe."),
    "records": Figure("instore_bridge_records", "counter", "Kafka records that Kafka has acknowledged."),
    "sent_again": Figure("instore_bridge_records_sent_again", "counter", "Kafka records sent once more, because Kafka did not answer."),
    "spooled": Figure("instore_bridge_spooled_readings", "counter", "Readings and dead letters put into the spool, while Kafka was away."),
    "drained": Figure("instore_bridge_drained_readings", "counter", "Readings and dead letters of the spool that Kafka has now."),
}
"""What the bridge counts, by the name that its count has there."""

HELD_READINGS = Figure("instore_bridge_held_readings", "gauge", "Readings held: received, and not in Kafka yet.")
HELD_BYTES = Figure("instore_bridge_held_bytes", "gauge", "Bytes of the payloads in which the readings held came.")
HELD_READINGS_LIMIT = Figure("instore_bridge_held_readings_limit", "gauge", "Readings that may be held; then no more is read from MQTT.")
HELD_BYTES_LIMIT = Figure("instore_bridge_held_bytes_limit", "gauge", "Bytes of payloads that may be held; then no more is read from MQTT.")
SPOOL_READINGS = Figure("instore_bridge_spool_readings", "gauge", "Readings and dead letters in the spool on disk, on their way to Kafka.")
SPOOL_BYTES = Figure("instore_bridge_spool_bytes", "gauge", "Bytes that they take on the disk.")
SPOOL_BYTES_LIMIT = Figure("instore_bridge_spool_bytes_limit", "gauge", "Bytes that they may take; 0: there is no spool.")
CONNECTED = Figure("instore_bridge_connected", "gauge", "1: the server answers us, 0: it does not.", ("server",))
LAST_MESSAGE = Figure(
    "instore_bridge_last_message_timestamp_seconds",
    "gauge",
    "When the last MQTT message came, in seconds since 1970; 0: none came yet.",
)

FIGURES = (
    READINGS,
    REJECTED,
    *COUNTED.values(),
    HELD_READINGS,
    HELD_BYTES,
    HELD_READINGS_LIMIT,
    HELD_BYTES_LIMIT,
    SPOOL_READINGS,
    SPOOL_BYTES,
    SPOOL_BYTES_LIMIT,
    CONNECTED,
    LAST_MESSAGE,
)


class State(NamedTuple):
    """A bridge at a moment.

    Attributes:
        counts: what it has counted, by the names of `COUNTED`.
        turned_at: when it last took a turn, by the clock that does not go back.
        mqtt: whether it is subscribed.
        kafka: whether Kafka takes records.
        held: readings and bytes that wait for Kafka.
        limits: how many may.
        spool: readings in the spool on disk, their bytes, and how many bytes they may take.
    """

    counts: Mapping[str, int]
    turned_at: float
    mqtt: bool
    kafka: bool
    held: tuple[int, int]
    limits: tuple[int, int]
    spool: tuple[int, int, int] = (0, 0, 0)


class BridgeMetrics:
    """Counts what the bridge itself does not, and says all of it when asked.

    Args:
        look: says how the bridge is; called in the thread of whoever asks.
    """

    def __init__(self, look: Callable[[], State]) -> None:
        self._look = look
        self._kinds: dict[type, int] = dict.fromkeys(KINDS.values(), 0)
        self._reasons: dict[str, int] = dict.fromkeys(REASONS, 0)
        self._last_message = 0

    def took(self, decoded: Decoded, received_at: int) -> None:
        """Count what a message contained, received at that time (microseconds since 1970)."""
        self._last_message = received_at
        kinds = self._kinds
        for reading in decoded.readings:
            kinds[type(reading)] += 1
        if decoded.sightings:
            kinds[Sighting] += len(decoded.sightings)
        for letter in decoded.rejected:
            self._reasons[letter.reason] += 1

    def is_alive(self) -> bool:
        """Whether it still takes turns."""
        return time.monotonic() - self._look().turned_at < STUCK_S

    def conditions(self) -> dict[str, bool]:
        """It needs MQTT and Kafka."""
        state = self._look()
        return {"mqtt": state.mqtt, "kafka": state.kafka}

    def collect(self) -> Iterator[Metric]:
        """Gather the metrics."""
        state = self._look()
        yield READINGS.family({(kind,): self._kinds[model] for kind, model in KINDS.items()})
        yield REJECTED.family({(reason,): count for reason, count in self._reasons.items()})
        for name, figure in COUNTED.items():
            yield figure.family(state.counts[name])
        for figure, value in zip((HELD_READINGS, HELD_BYTES), state.held, strict=True):
            yield figure.family(value)
        for figure, value in zip((HELD_READINGS_LIMIT, HELD_BYTES_LIMIT), state.limits, strict=True):
            yield figure.family(value)
        for figure, value in zip((SPOOL_READINGS, SPOOL_BYTES, SPOOL_BYTES_LIMIT), state.spool, strict=True):
            yield figure.family(value)
        yield CONNECTED.family({("mqtt",): state.mqtt, ("kafka",): state.kafka})
        yield LAST_MESSAGE.family(self._last_message / SECOND)
