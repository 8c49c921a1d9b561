"""Kafka away for long: the bridge's spool on disk takes what comes, and brings it to Kafka in order when it is back."""

import re
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from sensors.topics import READINGS
from tests.chaos.busy import Busy, sent_ids
from tests.chaos.left import Left, differences, said
from tests.chaos.stage import DRAIN_S, Stage, replaying, stage
from tests.e2e.processes import wait_until
from tests.scrape import scrape, target

GOES, BRIDGE_DIES, RETURNS = 0.1, 0.5, 0.85
"""When Kafka is killed, the bridge is, and Kafka starts again, as shares of the time in which readings are sent."""

_DRAINED = re.compile(r"the spool is drained: Kafka has its (\d+) readings, after (\d+) s")


class Away(NamedTuple):
    """What came of it.

    Attributes:
        away_s: how long Kafka was away.
        n_spooled: readings in the spool when it came back.
        spool_bytes: that they took on the disk.
        drained: what the bridge said when the spool was empty.
        wrong: what differs from the undisturbed run, or came out of order.
    """

    away_s: float
    n_spooled: int
    spool_bytes: int
    drained: str
    wrong: list[str]


def play(busy: Busy, expected: Left, span_s: float) -> Away:
    """Kill Kafka soon, and the bridge in the middle, which must find its spool again; let Kafka come back near the end."""
    with stage(busy) as running:
        replay, began = replaying(running, busy, span_s), time.monotonic()
        time.sleep(GOES * span_s)
        gone = time.monotonic()
        running.programs["kafka"].kill(away_s=(RETURNS - GOES) * span_s)
        n_stored = running.n_stored()
        time.sleep(max(0.0, began + BRIDGE_DIES * span_s - time.monotonic()))
        running.programs["bridge"].kill()
        wait_until(lambda: running.programs["kafka"].is_up and time.monotonic() > gone + 1, "Kafka comes back", span_s)
        away_s = time.monotonic() - gone
        n_spooled, spool_bytes = _spool(running)
        assert not replay.has_ended, "Kafka came back when all was sent"
        assert running.n_stored() < n_stored + 20_000 < len(busy.ids), "it was not away"
        assert replay.wait(span_s + DRAIN_S).code == 0, replay.err[-2000:]
        running.wait_until_done(busy)
        out_of_order = _out_of_order(said(READINGS, running.kafka_url), sent_ids(busy))
        left, ends = running.come_to_rest()
        bridge = running.programs["bridge"].lives[-1].said
    drained = _DRAINED.search(bridge)
    assert drained is not None, bridge[-3000:]
    return Away(away_s, n_spooled, spool_bytes, drained[0], differences(left, expected) + out_of_order + ends.tracebacks)


def _spool(running: Stage) -> tuple[int, int]:
    """How many readings are in the spool, and how many bytes it has on the disk."""
    bridge = target(running.here.folder / "data", "bridge")
    folder = running.here.folder / "data" / "spool-instore-bridge"
    n_bytes = sum(file.stat().st_size for file in folder.glob("spool.sqlite*"))
    return int(scrape(bridge.url).value("instore_bridge_spool_readings")), n_bytes


def _out_of_order(records: Iterable[tuple[str, Any]], sent: dict[str, list[str]]) -> list[str]:
    """Compare the order in which readings came to Kafka first, store by store, with that in which they were sent."""
    came: dict[str, dict[str, None]] = defaultdict(dict)
    for store_id, readings in records:
        came[store_id].update(dict.fromkeys(reading["id"] for reading in readings if not reading["id"].startswith("replay-")))
    return [f"{store_id}: not in the order that it was sent in" for store_id, ids in sent.items() if list(came[store_id]) != ids]
