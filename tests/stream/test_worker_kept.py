"""A worker whose past is not all kept: what is told stays as it was told, and what cannot be told is refused and counted."""

import pytest

from sensors.reading import Reading, to_datetime
from storage.connect import connect
from tests.stream.kafka_log import Log, feed, flush, run, scalar, visits
from tests.stream.make import alive, at, dwell, entry, payment

pytestmark = pytest.mark.integration

DAY = 86_400


def forget(url: str, since_s: float) -> None:
    """Delete the readings before a time, as `instore.retain` does; the results are kept for ever."""
    with connect(url, "test") as connection:
        since = to_datetime(at(since_s))
        connection.execute(
            "UPDATE instore.table_settings SET kept_since = %s, announced_at = now() WHERE table_name = 'readings'", (since,)
        )
        connection.execute("DELETE FROM instore.readings WHERE ts < %s", (since,))


def told(url: str) -> list[tuple[str, int, int]]:
    """The visits that are stored: device, beginning, number of readings."""
    return sorted((visit.device_id, visit.entered_at, visit.n_readings) for visit in visits(url))


def rejected(url: str) -> list[tuple[str, ...]]:
    """The dead letters: reason and sensor."""
    with connect(url, "test") as connection:
        return connection.execute("SELECT reason, store_id, kind FROM instore.rejected_readings ORDER BY received_at").fetchall()


def written(url: str, *records: Reading) -> Log:
    """A database to which a worker has written these readings, each a record, and then died."""
    log = Log()
    for reading in records:
        log.put(reading)
    run(url, log, lambda worker: feed(worker, log), flush)
    return log


def go_on(url: str, log: Log, *readings: Reading) -> None:
    """Let another worker take up the partition, read these, and flush."""
    log.put(*readings)
    run(url, log, lambda worker: feed(worker, log), flush)


def test_a_restart_leaves_alone_what_is_not_kept(database_url: str) -> None:
    """A device that comes every day has its visits of the past, though nothing says any more why."""
    log = written(database_url, *(dwell(day * DAY + second, "a") for day in range(30) for second in (0, 10, 20)))
    before = told(database_url)
    assert len(before) == 30
    forget(database_url, 20 * DAY)
    go_on(database_url, log, dwell(29 * DAY + 30, "a"))
    after = told(database_url)
    assert after[:29] == before[:29]
    assert after[29] == ("d1", at(29 * DAY), 4)


def test_a_late_reading_leaves_alone_what_is_not_kept(database_url: str) -> None:
    """It joins the visit that is kept, and no other is told anew."""
    log = written(database_url, *(dwell(day * DAY + second, "a") for day in range(10) for second in (0, 20)), alive(9 * DAY + 7200))
    before = told(database_url)
    forget(database_url, 4 * DAY + 100)
    go_on(database_url, log, dwell(5 * DAY + 10, "a"))
    expected = [(device, entered, n + (entered == at(5 * DAY))) for device, entered, n in before]
    assert told(database_url) == expected
    assert rejected(database_url) == []


def test_what_is_older_than_what_is_kept_is_refused(database_url: str) -> None:
    """A late reading of a time that is gone is a dead letter with a reason of its own, whatever its kind; the accounting says so."""
    log = written(database_url, dwell(0, "a"), dwell(20, "a"), dwell(10 * DAY, "a", "d2"), alive(10 * DAY + 60))
    before = told(database_url)
    forget(database_url, 5 * DAY)
    go_on(database_url, log, dwell(10, "a"), payment(15, device="d1"), payment(15), entry(30, "out"), dwell(6 * DAY, "a", "d3"))
    assert told(database_url) == sorted([*before, ("d3", at(6 * DAY), 1)])
    assert rejected(database_url) == [("too_old", "s1", kind) for kind in ("dwell", "payment", "payment", "entry")]
    with connect(database_url, "test") as connection:
        [(received, rejected_, difference)] = connection.execute("SELECT received, rejected, difference FROM instore.accounting_total")
    # the rows that were deleted are not counted here, as no figures had been kept of them
    assert (received, rejected_, difference) == (9, 4, 2)


def test_a_late_reading_of_a_visit_that_is_not_kept_whole_is_refused(database_url: str) -> None:
    """The visit began before and went on after: half of its readings would tell another visit."""
    log = written(database_url, *(dwell(DAY + second, "a") for second in range(0, 3600, 30)), alive(2 * DAY))
    before = told(database_url)
    forget(database_url, DAY + 1800)
    go_on(database_url, log, dwell(DAY + 3000.5, "b"))
    assert told(database_url) == before
    assert rejected(database_url) == [("too_old", "s1", "dwell")]
    go_on(database_url, log, dwell(DAY + 9000, "b"))
    assert told(database_url) == [*before, ("d1", at(DAY + 9000), 1)]
    assert len(rejected(database_url)) == 1


def test_a_device_that_never_falls_silent_goes_on(database_url: str) -> None:
    """In and out all day and night, never away for long: what is told of it before is cut where one of its visits began."""
    hours = [
        reading for begin in range(0, 72 * 1200, 1200) for reading in (entry(begin, "in"), dwell(begin + 30, "a"), entry(begin + 60, "out"))
    ]
    log = written(database_url, *hours)
    before = told(database_url)
    assert len(before) == 72
    forget(database_url, 6 * 1200 + 10)
    go_on(database_url, log, entry(72 * 1200, "in"))
    assert told(database_url) == [*before, ("d1", at(72 * 1200), 1)]


def test_what_a_store_of_the_past_sends_is_refused(database_url: str) -> None:
    """A recording of long ago is on time for its store, and of a time that nothing is kept of."""
    log = written(database_url, dwell(100 * DAY, "a"))
    forget(database_url, 50 * DAY)
    log.put(dwell(0, "a", store="s2"), dwell(5, "a", store="s2"))
    run(database_url, log, lambda worker: feed(worker, log), flush)
    assert told(database_url) == [("d1", at(100 * DAY), 1)]
    assert rejected(database_url) == [("too_old", "s2", "dwell")] * 2
    assert scalar(database_url, "SELECT stored FROM instore.accounting WHERE store_id = 's2'") == 0
