"""Signals by the worker on a real database: each exactly once, and in time."""

import asyncio
import time

import pytest

from sensors.layout import Layout, Zone
from storage import layouts
from storage.connect import connect
from stream import worker as worker_module
from stream.worker import Worker
from tests.stream.kafka_log import LIVES, Log, feed, flush, run, scalar
from tests.stream.make import alive, at, dwell, entry

pytestmark = pytest.mark.integration


def test_a_signal_is_in_the_database_within_a_second(database_url: str) -> None:
    """From the reading that caused it to its row, once the worker is warm."""
    log = Log()

    async def live() -> float:
        worker = Worker(database_url, LIVES, log)
        log.put(dwell(0, "a"))
        await feed(worker, log)
        await worker.flush()
        log.put(*(dwell(second, "a") for second in range(30, 901, 30)))
        began = time.monotonic()
        await feed(worker, log, 1)
        await asyncio.sleep(worker_module.FLUSH_S)
        await worker.flush()
        return time.monotonic() - began

    assert asyncio.run(live()) < 1
    assert scalar(database_url, "SELECT string_agg(kind, ' ') FROM instore.signals") == "long_dwell"
    assert [(signal["kind"], signal["at"], signal["retracted"]) for signal in log.signals] == [("long_dwell", at(900), False)]


def test_a_signal_that_was_not_published_is_published_after_the_crash(database_url: str) -> None:
    """The row is there once; the topic learns of it from the next worker."""
    log = Log()
    log.put(*(dwell(second, "a") for second in range(0, 901, 30)))
    log.publishing = False
    with pytest.raises(ConnectionAbortedError):
        run(database_url, log, lambda worker: feed(worker, log), flush)
    log.publishing = True
    run(database_url, log, lambda worker: feed(worker, log), flush)
    assert [signal["kind"] for signal in log.signals] == ["long_dwell"]
    assert scalar(database_url, "SELECT count(*) FROM instore.signals") == 1


def test_a_signal_is_taken_back_even_by_another_worker(database_url: str) -> None:
    """An exit that comes a little late cuts the stay; the worker that said it died, and so does the one that takes it back."""
    log = Log()
    log.put(*(dwell(second, "a") for second in range(0, 901, 30)))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    log.put(entry(895, "out"))
    log.publishing = False
    with pytest.raises(ConnectionAbortedError):
        run(database_url, log, lambda worker: feed(worker, log), flush)
    log.publishing = True
    run(database_url, log, lambda worker: feed(worker, log), flush)
    assert scalar(database_url, "SELECT count(*) FROM instore.signals") == 0
    assert [signal["retracted"] for signal in log.signals] == [False, False, True]  # what the last flush said is said again after a crash
    assert len({signal["signal_id"] for signal in log.signals}) == 1


def test_silence_is_a_signal_without_any_reading(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time goes on in a store that says nothing."""
    log = Log()
    log.put(dwell(0, "a"))
    now = worker_module._now()  # noqa: SLF001 - the worker's clock is what passes here

    async def wait(worker: Worker) -> None:
        monkeypatch.setattr(worker_module, "_now", lambda: now + 1801 * 1_000_000)
        await worker.flush()

    run(database_url, log, lambda worker: feed(worker, log), flush, wait)
    assert scalar(database_url, "SELECT message FROM instore.signals").startswith("Sensor gw-1 has said nothing for 30 min")  # type: ignore[attr-defined]


def test_a_late_reading_changes_what_was_said_of_a_day_long_ago(database_url: str) -> None:
    """The forgotten day of the zone is read back, with its people, its tills and what was said of it."""
    log = Log()
    with connect(database_url, "test") as connection:
        rules: dict[str, bool | int | float | str] = {"zone_congested_people.a": 2, "zone_congested_for_s": 0}
        layouts.save(connection, Layout(store_id="s1", zones=(Zone(zone_id="a"),), rules=rules), "test")
    log.put(dwell(0, "a", "d1"), dwell(50, "a", "d1"))
    log.put(alive(1_000_000))
    log.put(alive(2_000_000))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    assert scalar(database_url, "SELECT count(*) FROM instore.signals WHERE kind LIKE 'zone%'") == 0
    log.put(dwell(40, "a", "d2"))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    assert (
        scalar(database_url, "SELECT string_agg(kind, ' ' ORDER BY at) FROM instore.signals WHERE kind LIKE 'zone%'")
        == "zone_congested zone_cleared"
    )
