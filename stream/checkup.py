"""What the metrics of a running bridge or worker say about it, in plain words."""

from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from sensors import bridge_metrics as bridge
from sensors.metrics import Figure
from sensors.targets import Target
from stream import worker_metrics as worker

State = Literal["ok", "look", "bad"]

ANSWER_S = 5.0

MANY_REJECTED, MANY_LATE = 0.01, 0.05
"""Shares of the readings from which on somebody should look."""

FAR_BEHIND = 1_000
"""Kafka records; a busy worker on its feet is some tens behind."""

SILENT_S = 3600.0
"""A worker that has had nothing newer from any store for so long is cut off, or the chain is closed and its sensors send no heartbeats."""

_WORST: dict[State, int] = {"ok": 0, "look": 1, "bad": 2}


class Told(NamedTuple):
    """What is said of something: how it is, and what was found or is to be done."""

    state: State
    found: str


class Seen(NamedTuple):
    """What a part answered: whether it is alive, what it has of what it needs, and its metrics."""

    alive: bool
    has: dict[str, bool]
    samples: list[Sample]

    def sum(self, figure: Figure, **labels: str) -> float:
        """Add up the values of a metric, of these labels."""
        return sum(one.value for one in self.samples if one.name == figure.shown and labels.items() <= one.labels.items())

    def by(self, figure: Figure, label: str) -> dict[str, float]:
        """Give the values of a metric by a label of its, without those that are 0."""
        return {one.labels[label]: one.value for one in self.samples if one.name == figure.shown and one.value}


def look_at(target: Target) -> Told:
    """Ask a running part how it is, and judge what it answers."""
    try:
        seen = _ask(target.url)
    except (OSError, HTTPException, msgspec.MsgspecError, ValueError, LookupError) as away:
        return Told("bad", f"process {target.pid} should answer at {target.url}, and does not: {away}")
    return judge(target.part, seen)


def judge(part: str, seen: Seen) -> Told:
    """Say what is wrong with a part, or how well it is."""
    if not seen.alive:
        return Told("bad", "it runs and does not move any more: end it and start it again")
    wrong = list(_wrong_with_bridge(seen) if part == "bridge" else _wrong_with_worker(seen))
    if not wrong:
        return Told("ok", _bridge_is_well(seen) if part == "bridge" else _worker_is_well(seen))
    return Told(max((one.state for one in wrong), key=_WORST.__getitem__), "; ".join(one.found for one in wrong))


def _wrong_with_bridge(seen: Seen) -> Iterator[Told]:
    held = seen.sum(bridge.HELD_READINGS)
    if not seen.has["mqtt"]:
        yield Told("bad", "the MQTT broker does not answer it: nothing comes in")
    if not seen.has["kafka"]:
        yield Told(
            "bad",
            f"Kafka does not answer it: it holds {held:.0f} readings until then, and {seen.sum(bridge.SPOOL_READINGS):.0f} in its spool",
        )
    if held >= seen.sum(bridge.HELD_READINGS_LIMIT) or seen.sum(bridge.HELD_BYTES) >= seen.sum(bridge.HELD_BYTES_LIMIT):
        yield Told(
            "bad", "it holds as much as it may, and reads no more from MQTT: the rest waits there, as far as the broker's queue goes"
        )
    rejected = seen.by(bridge.REJECTED, "reason")
    n_rejected = sum(rejected.values())
    if (share := _share(n_rejected, n_rejected + seen.sum(bridge.READINGS))) > MANY_REJECTED:
        yield Told("look", f"it rejected {share:.0%} of what devices sent ({_listed(rejected)}): see instore.rejected_readings")


def _bridge_is_well(seen: Seen) -> str:
    counts = f"{seen.sum(bridge.READINGS):.0f} readings and {seen.sum(bridge.REJECTED):.0f} rejected since its start"
    return f"has MQTT and Kafka; {counts}, {seen.sum(bridge.HELD_READINGS):.0f} held"


def _wrong_with_worker(seen: Seen) -> Iterator[Told]:
    if not seen.has["database"]:
        yield Told("bad", "the database does not answer it: readings wait in Kafka")
    if not seen.has["kafka"]:
        yield Told("bad", "Kafka does not answer it")
    if seen.has["kafka"] and not seen.has["partitions"]:
        yield Told("look", "it has not taken up its partitions yet: it has just started, or workers came or went; some seconds are usual")
    if seen.has["database"] and not seen.has["writing"]:
        yield Told("bad", f"it has been at one flush for {seen.sum(worker.FLUSH_RUNNING):.0f} s: do the database and Kafka answer quickly?")
    yield from _wrong_with_counts(seen)
    if (lag := seen.sum(worker.LAG)) > FAR_BEHIND:
        yield Told("look", f"{lag:.0f} Kafka records wait for it: it catches up, or start another worker")
    if seen.sum(worker.STORES) and _newest_s(seen) > SILENT_S:
        yield Told("look", f"none of its {seen.sum(worker.STORES):.0f} stores has sent anything newer than {SILENT_S / 60:.0f} min")


def _wrong_with_counts(seen: Seen) -> Iterator[Told]:
    stored, received = seen.sum(worker.STORED), seen.sum(worker.RECEIVED)
    if lost := seen.sum(worker.LOST):
        yield Told("bad", f"{lost:.0f} Kafka records are lost: Kafka dropped them before they were read; keep them longer (retention.ms)")
    if difference := received - stored - seen.sum(worker.DUPLICATE) - seen.sum(worker.REJECTED):
        yield Told("bad", f"of {received:.0f} received, {difference:.0f} are not accounted for: that is a bug, please report it")
    if poison := seen.sum(worker.REJECTED, reason="poison"):
        yield Told("look", f"{poison:.0f} Kafka records were not written by our bridge (poison): see instore.rejected_readings")
    if (share := _share(seen.sum(worker.LATE), stored)) > MANY_LATE:
        yield Told("look", f"{share:.0%} of the readings came late, which makes much work: whose clock is behind? See instore.sensor_skew")


def _worker_is_well(seen: Seen) -> str:
    parts = (
        "has Kafka, the database and its partitions",
        f"{seen.sum(worker.STORED):.0f} readings stored since its start",
        f"{seen.sum(worker.STORES):.0f} stores",
        f"{seen.sum(worker.OPEN_VISITS):.0f} open visits",
        f"{seen.sum(worker.LAG):.0f} records behind",
    )
    return f"{parts[0]}; {', '.join(parts[1:])}" + (
        f", newest reading at most {_newest_s(seen):.0f} s old" if seen.sum(worker.STORES) else ""
    )


def _newest_s(seen: Seen) -> float:
    """The least bound of the ages under which there is a store; stores beyond the longest bound are infinitely old."""
    bucket = f"{worker.FRESHNESS.name}_bucket"
    return min((float(one.labels["le"]) for one in seen.samples if one.name == bucket and one.value), default=float("inf"))


def _share(some: float, of: float) -> float:
    return some / of if of else 0.0


def _listed(counts: dict[str, float]) -> str:
    return ", ".join(f"{count:.0f} {name}" for name, count in sorted(counts.items(), key=lambda one: -one[1]))


def _ask(url: str) -> Seen:
    said = {path: _get(url, path) for path in ("/healthz", "/readyz", "/metrics")}
    alive = msgspec.json.decode(said["/healthz"], type=dict[str, bool])["alive"]
    has = msgspec.json.decode(said["/readyz"], type=dict[str, bool])
    families = text_string_to_metric_families(said["/metrics"].decode())
    return Seen(alive, has, [sample for family in families for sample in family.samples])


def _get(url: str, path: str) -> bytes:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=ANSWER_S)  # urllib would ask a proxy for 127.0.0.1
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()
