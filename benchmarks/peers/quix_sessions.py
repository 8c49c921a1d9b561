"""Quix Streams: event time, session windows of 30 minutes in its state store, each closed one told by the rules. One reading a record.

python quix_sessions.py BROKER TOPIC OUT READINGS
"""

import sys
import tempfile
import time
from datetime import timedelta
from typing import Any

import rules  # type: ignore[import-not-found]  # beside this program
from quixstreams import Application
from quixstreams.dataframe.windows import Collect

BROKER, TOPIC, OUT, READINGS = sys.argv[1:]
BEGAN: list[float] = []
LAST = [0.0]


def event_time(value: dict[str, Any], _headers: object, _timestamp: float, _kind: object) -> int:
    """Milliseconds, of the reading."""
    LAST[0] = time.perf_counter()
    if not BEGAN:
        BEGAN.append(LAST[0])
    return int(value["ts"]) // 1000


def main() -> None:
    """Read so many readings."""
    with tempfile.TemporaryDirectory() as state:
        app = Application(BROKER, consumer_group=f"quix-{OUT}", auto_offset_reset="earliest", state_dir=state, loglevel="WARNING")
        readings = app.topic(TOPIC, value_deserializer="json", timestamp_extractor=event_time)
        visits = app.topic(OUT, value_serializer="json")
        frame = app.dataframe(readings)
        windows = frame.session_window(timedelta(seconds=1800), grace_ms=timedelta(seconds=60)).agg(readings=Collect())
        told = windows.final(closing_strategy="partition").apply(lambda window: list(rules.visits(window["readings"])), expand=True)
        told.to_topic(visits)
        app.run(count=int(READINGS), timeout=20)
    print(LAST[0] - BEGAN[0], flush=True)


if __name__ == "__main__":
    main()
