"""What a benchmark of the whole stream brings: simulated days of a chain, as Kafka records or as MQTT messages.

All are made before anything is measured. A further lap is the same days later, with other ids: made by replacing bytes.
"""

from collections.abc import Sequence
from typing import NamedTuple

from kafka import KafkaProducer

from benchmarks.chain import layouts_of
from benchmarks.engine import Options, Record, of_stores, simulated
from sensors.layout import Layout
from sensors.topics import PARTITIONS, READINGS
from simulators.shop.floor import builtin

STORES = PARTITIONS
"""As many stores as partitions: one in each, so that two workers can share the work evenly."""


class Load(NamedTuple):
    """Records of a chain, and the plans of its stores."""

    records: list[Record]
    layouts: list[Layout]

    @property
    def readings(self) -> int:
        """How many there are."""
        return sum(record.n_readings for record in self.records)


def load(readings: int, shoppers: int) -> Load:
    """Simulate a day of one store, and have it of all stores."""
    plan = builtin("grocery")
    one = simulated(plan, Options(readings=max(1, readings // STORES), shoppers=shoppers))
    return Load(list(of_stores(one, STORES)), layouts_of(plan, STORES))


def fill(brokers: Sequence[str], records: Sequence[Record]) -> None:
    """Write records to `instore.readings`, each store to a partition of its own, compressed as the bridge does."""
    producer = KafkaProducer(
        bootstrap_servers=list(brokers), acks="all", enable_idempotence=False, compression_type="lz4", batch_size=262_144
    )
    try:
        numbers: dict[bytes, int] = {}
        for record in records:
            number = numbers.setdefault(record.key, len(numbers) % PARTITIONS)
            producer.send(READINGS, record.value, key=record.key, partition=number)
        producer.flush(timeout=60)
    finally:
        producer.close()
