"""Faust as its guide shows it: one record a reading, one table, each reading changes the entry of its device.

    python faust_table.py BROKER TOPIC OUT READINGS
"""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import faust
import rules

BROKER, TOPIC, OUT, READINGS = sys.argv[1:]
DONE: list[float] = []

app = faust.App(
    f"faust-{OUT}", broker=f"kafka://{BROKER}", store="memory://", value_serializer="json", web_enabled=False,
    topic_partitions=8, consumer_auto_offset_reset="earliest", topic_disable_leader=True, datadir=tempfile.mkdtemp(prefix="instore-faust-"),
)  # fmt: skip
readings = app.topic(TOPIC, key_type=str, key_serializer="raw", value_type=dict)
visits = app.topic(OUT, value_type=dict)
devices = app.Table("devices", partitions=8)


@app.agent(readings)
async def tell(stream):
    """Take in each reading as it comes."""
    count, began = 0, 0.0
    async for reading in stream:
        began = began or time.perf_counter()
        count += 1
        device = f"{reading['store_id']}/{reading['device_id']}"
        state, ended = rules.step(devices.get(device), reading)
        devices[device] = state
        if ended is not None:
            await visits.send(key=device, value=ended)
        if count == int(READINGS):
            DONE.append(time.perf_counter() - began)


async def main():
    """Read so many readings, then leave; visits that are still open go out, which a worker that goes on would do in time."""
    app.finalize()
    await app.start()
    while not DONE:
        await asyncio.sleep(0.1)
    for device, state in list(devices.items()):
        await visits.send(key=device, value=state)
    await app.stop()
    print(json.dumps({"readings": int(READINGS), "seconds": DONE[0]}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
