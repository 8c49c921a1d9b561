"""`instore bench pipeline`: all of it, from MQTT to rows, on this machine: how much it sustains (P3), and how fresh rows are (P4).

    publisher -> MQTT broker -> instore bridge -> Kafka -> instore worker -> PostgreSQL

Without a rate, the publisher is never more than `WINDOW` readings ahead of the database: so the pipeline gets as much as it takes, and no
more. With a rate it publishes so much a second, whatever becomes of it.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.bare_mqtt import bare
from benchmarks.chain import layouts_of
from benchmarks.figure import Figure
from benchmarks.freshness import Probes, percentile
from benchmarks.publisher import Publisher, publishing
from benchmarks.report import Report
from benchmarks.running import START_S, Stuck, started, wait_until
from benchmarks.sampling import Pipeline, Sample, Samples
from benchmarks.servers import Given, Servers, database, servers
from simulators.shop.floor import builtin
from storage.connect import session

GOAL_A_SECOND = 100_000.0
GOAL_P50_MS, GOAL_P99_MS = 250.0, 1_000.0
FRESH_RATE = 5_000.0
"""Of issue 7; the last one readings a second beside which freshness is measured."""

SECONDS = 300.0
"""How long the load lasts where nothing else is said."""

FRESH_S = 30.0
STORES = 8
WINDOW = 100_000
"""Readings under way, at most."""

WARM_UP = 0.2
"""So much of the time is not counted: all begins with empty caches."""

PATIENCE_S = 300.0
"""How long rows that are late are waited for."""

SAMPLE_S = 1.0
TURN_S = 0.01


class Options(NamedTuple):
    """What is measured.

    Attributes:
        seconds: how long the load lasts; freshness is measured for as long, but for half a minute at most.
        rate: readings a second; None: as many as it takes.
        shoppers: who come to each store a day.
        given: URLs of servers.
        samples: a file for what is seen each second; None: nowhere.
    """

    seconds: float
    rate: float | None
    shoppers: int
    given: Given
    samples: Path | None


def run(options: Options, report: Report) -> Iterator[Figure]:
    """Measure, one figure after the other.

    Raises:
        Stuck: a part ended, or readings did not come through.
    """
    layouts = layouts_of(builtin("grocery"), STORES)
    with servers(options.given, with_mqtt=True) as where, database(where.database, layouts) as url:
        with report.bar("simulating", 1):
            publisher = publishing(where.mqtt, options.shoppers, STORES, wait_until)
        with publisher as sensors:
            with report.bar("MQTT alone", 1):
                limit = bare(where.mqtt, sensors, min(10.0, options.seconds))
            with _running(where, url, sensors, options.samples) as pipeline:
                yield from _sustained(pipeline, options, limit, where.about, report)
                yield from _fresh(pipeline, where.mqtt, url, min(FRESH_S, options.seconds), report)
                yield from _accounted(pipeline, url)


@contextmanager
def _running(where: Servers, url: str, publisher: Publisher, samples: Path | None) -> Iterator[Pipeline]:
    """Have a bridge and a worker until the block ends."""
    folder = where.folder / "pipeline"
    common = ("--kafka-url", where.kafka, "--data-dir", str(folder), "--metrics-port", "0")
    commands = ["instore", "bridge", "--mqtt-url", where.mqtt, *common], ["instore", "worker", "--database-url", url, *common]
    with started(folder, *commands) as (bridge, worker), Samples(samples) as seen:
        for part, word in ((bridge, "subscribed to"), (worker, "working")):
            wait_until(lambda part=part, word=word: word in part.said(), f"{word!r} was not said")  # type: ignore[misc]
        yield Pipeline(publisher, bridge, worker, where, seen)


def _sustained(pipeline: Pipeline, options: Options, limit: float, about: str, report: Report) -> Iterator[Figure]:
    """P3."""
    with report.bar("sustaining", options.seconds) as advance:
        samples = _loaded(pipeline, options.seconds, options.rate, advance)
        lag = pipeline.published - pipeline.stored()
        _drain(pipeline)
    first = next(sample for sample in samples if sample.at_s >= samples[0].at_s + WARM_UP * options.seconds)
    last = samples[-1]
    seconds = last.at_s - first.at_s
    rate = (last.stored - first.stored) / seconds
    yield Figure("P3", rate, "readings/s", options.rate or GOAL_A_SECOND, f"from MQTT to rows, {options.seconds:.0f} s; {about}")
    yield Figure("P3/bare", rate, "readings/s", limit, "the same; limit: publisher, MQTT broker and a subscriber that parses, alone")
    yield Figure("P3/lag", lag / rate, "s", None, "how far behind the rows were at the end")
    yield from _taken(first, last)


def _taken(first: Sample, last: Sample) -> Iterator[Figure]:
    """What each part took of processors and memory."""
    readings = last.stored - first.stored
    took = {part: (cpu_s - first.cpu_s[part]) / readings * 1e6 for part, cpu_s in last.cpu_s.items()}
    affordable = (os.cpu_count() or 1) / GOAL_A_SECOND * 1e6
    yield Figure("P3/cpu", sum(took.values()), "us", affordable, "processor time a reading; limit: what this machine has at the goal")
    for part, cpu_us in took.items():
        yield Figure(f"P3/cpu/{part}", cpu_us, "us", None, f"processor time a reading of {part}")
    for part, mib in last.mib.items():
        yield Figure(f"P3/memory/{part}", mib, "MiB", first.mib[part], f"memory of {part} at the end; limit: after a fifth of the time")


def _loaded(pipeline: Pipeline, seconds: float, rate: float | None, advance: Callable[[float], None]) -> list[Sample]:
    """Have it under load, and look each second."""
    samples = [pipeline.sample()]
    began, base = time.monotonic(), pipeline.published
    moved = began
    while (now := time.monotonic()) < began + seconds:
        pipeline.allow(pipeline.stored() + WINDOW if rate is None else base + rate * (now - began))
        if now >= began + SAMPLE_S * len(samples):
            samples.append(pipeline.sample())
            moved = now if samples[-1].stored > samples[-2].stored else moved
            if now > moved + START_S:
                raise Stuck(f"{pipeline.published:.0f} readings were published, {samples[-1].stored:.0f} are stored, and no more come")
            advance(now - began)
        time.sleep(TURN_S if rate else 10 * TURN_S)
    return [*samples, pipeline.sample()]


def _drain(pipeline: Pipeline) -> None:
    """Publish no more, and wait until all is stored."""
    pipeline.allow(0)
    time.sleep(SAMPLE_S)  # what the publisher was about to send
    stored, moved = pipeline.stored(), time.monotonic()
    while stored < pipeline.published:
        time.sleep(10 * TURN_S)
        before, stored = stored, pipeline.stored()
        moved = time.monotonic() if stored > before else moved
        if time.monotonic() > moved + START_S:
            raise Stuck(f"{pipeline.published:.0f} readings were published, but {stored:.0f} are stored: does the MQTT broker drop some?")


def _fresh(pipeline: Pipeline, mqtt: str, url: str, seconds: float, report: Report) -> Iterator[Figure]:
    """P4."""
    base, began = pipeline.published, time.monotonic()
    with report.bar("freshness", seconds) as advance, session(url, "instore bench probes") as connection:
        probes = Probes(mqtt, connection)
        while (now := time.monotonic()) < began + seconds or probes.missing:
            pipeline.allow(base + FRESH_RATE * (now - began))
            probes.turn(publish=now < began + seconds)
            advance(now - began)
            if now > began + seconds + PATIENCE_S:
                raise Stuck(f"{probes.missing} probes do not come")
        probes.close()
    pipeline.probes += probes.sent
    _drain(pipeline)
    rows, at_mqtt, look = probes.heard.row_ms, probes.heard.mqtt_ms, percentile(probes.heard.look_ms, 0.5)
    pipeline.samples.probes(rows)
    bare_ms = percentile(at_mqtt, 0.5)
    about = (
        f"of {len(rows)} readings beside {FRESH_RATE:,.0f} readings/s, from publishing to a SELECT with the row; a look each {look:.0f} ms"
    )
    yield Figure("P4/p50", percentile(rows, 0.5), "ms", GOAL_P50_MS, f"half {about}")
    yield Figure("P4/p95", percentile(rows, 0.95), "ms", None, "the same: 95 of 100")
    yield Figure("P4/p99", percentile(rows, 0.99), "ms", GOAL_P99_MS, "the same: 99 of 100")
    yield Figure("P4/bare", percentile(rows, 0.5), "ms", bare_ms, "P4/p50; limit: until another subscriber of the MQTT broker has it")


def _accounted(pipeline: Pipeline, url: str) -> Iterator[Figure]:
    """Whether nothing is lost and nothing is there twice."""
    with session(url, "instore bench") as connection:
        [row] = connection.execute("SELECT received, stored, duplicate, rejected, difference FROM instore.accounting_total").fetchall()
        [(visits, final)] = connection.execute("SELECT count(*), count(*) FILTER (WHERE is_final) FROM instore.visits").fetchall()
    received, stored, duplicate, rejected, difference = map(int, row)
    about = f"{stored} stored, {duplicate} duplicate, {rejected} rejected; {visits} visits, {final} of them final"
    yield Figure("P3/received", received, "readings", pipeline.published, f"limit: what was published; {about}")
    yield Figure("P3/difference", difference, "readings", None, "received - stored - duplicate - rejected; must be 0")
