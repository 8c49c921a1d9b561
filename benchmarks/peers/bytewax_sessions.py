"""Bytewax: event time, session windows of 30 minutes, each closed one told by the rules. Reads our own topic: arrays of readings.

python bytewax_sessions.py BROKER TOPIC OUT READINGS
"""

import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import bytewax.operators as op
import bytewax.operators.windowing as win
import orjson
import rules  # type: ignore[import-not-found]  # beside this program
from bytewax.connectors.kafka import KafkaSinkMessage, KafkaSource
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.run import cli_main
from confluent_kafka import OFFSET_BEGINNING

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BROKER, TOPIC, OUT, _READINGS = sys.argv[1:]
BEGAN: list[float] = []


def readings(message: Any) -> list[dict[str, Any]]:
    """The readings of a record that are of a device."""
    if not BEGAN:
        BEGAN.append(time.perf_counter())
    batch = orjson.loads(message.value)
    return [one for one in batch if "device_id" in one and one["kind"] != "payment"]


flow = Dataflow("visits")
source = op.input("kafka", flow, KafkaSource([BROKER], [TOPIC], tail=False, starting_offset=OFFSET_BEGINNING, batch_size=100))
heard = op.flat_map("readings", source, readings)
keyed = op.key_on("device", heard, lambda one: f"{one['store_id']}/{one['device_id']}")
clock = win.EventClock(lambda one: EPOCH + timedelta(microseconds=one["ts"]), wait_for_system_duration=timedelta(seconds=60))
windows = win.collect_window("sessions", keyed, clock, win.SessionWindower(gap=timedelta(seconds=1800)))
told = op.flat_map("visits", windows.down, lambda window: rules.visits(window[1][1]))
messages = op.map("messages", told, lambda visit: KafkaSinkMessage(visit["device_id"].encode(), orjson.dumps(visit)))
kop.output("out", messages, brokers=[BROKER], topic=OUT)

if __name__ == "__main__":
    cli_main(flow)
    print(time.perf_counter() - BEGAN[0], flush=True)
