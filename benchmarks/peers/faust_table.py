"""Faust as its guide shows it: one record a reading, one table, each reading changes the entry of its device.

python faust_table.py BROKER TOPIC OUT READINGS
"""

import asyncio
import sys
import tempfile
import time
from typing import Any

import faust
import rules  # type: ignore[import-not-found]  # beside this program

BROKER, TOPIC, OUT, READINGS = sys.argv[1:]
DONE: list[float] = []


def application(folder: str, done: asyncio.Event) -> Any:
    """The app; it must be made where the event loop runs."""
    app = faust.App(
        f"faust-{OUT}",
        broker=f"kafka://{BROKER}",
        store="memory://",
        datadir=folder,
        web_enabled=False,
        topic_partitions=8,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
    )
    readings = app.topic(TOPIC, key_type=bytes, key_serializer="raw", value_serializer="json")
    visits = app.topic(OUT, value_serializer="json")
    devices = app.Table("devices", partitions=8)

    @app.agent(readings)  # type: ignore[untyped-decorator]  # faust has no types
    async def tell(stream: Any) -> None:
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
                for state in devices.values():  # those that go on; a worker that stays would tell them in time
                    await visits.send(key=state["device_id"], value=state)
                DONE.append(time.perf_counter() - began)
                done.set()

    return app


async def main() -> None:
    """Read so many readings, then leave."""
    with tempfile.TemporaryDirectory() as folder:
        done = asyncio.Event()
        app = application(folder, done)
        app.finalize()
        await app.start()
        await done.wait()
        await app.stop()
    print(DONE[0], flush=True)


if __name__ == "__main__":
    asyncio.run(main())
