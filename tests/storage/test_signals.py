"""Signals on a real server: what is written, corrected and taken back, and what a worker reads back of them and for them."""

import random
from collections.abc import Iterator, Sequence
from uuid import UUID

import pytest
from msgspec import structs
from psycopg import Connection

from sensors.reading import SECOND, to_datetime
from storage import recall, restore
from storage.connect import connect
from storage.errors import Fenced
from storage.model import Flush, Signal, SignalKind, Stay, StoredReading
from storage.writer import Writer
from tests.conftest import MakeDatabase
from tests.storage.examples import DAY, dwell, payment, step, visit
from tests.stream.rows import Rows

pytestmark = pytest.mark.integration

KINDS: tuple[SignalKind, ...] = ("long_dwell", "zone_congested", "zone_cleared", "queue_long", "priority_changed", "sensor_silent")


def signal(number: int, second: float = 0, store_id: str = "s1", **parts: object) -> Signal:
    """The signal with this number, at so many seconds after the hour; of a zone, unless told."""
    at = DAY + round(second * SECOND)
    plain = Signal(
        signal_id=str(UUID(int=number)),
        store_id=store_id,
        kind="zone_congested",
        since=at - 30 * SECOND,
        at=at,
        zone_id="dairy",
        value=9.0,
        threshold=9.0,
        message="Dairy: 9 people at once",
    )
    return structs.replace(plain, **parts)


class Base:
    """A database, a writer, and a connection to read back by."""

    def __init__(self, url: str) -> None:
        self.writer, self.connection, self.next = Writer(url), connect(url, "test"), 0

    def write(self, *signals: Signal, gone: tuple[Signal, ...] = (), **parts: object) -> list[Signal]:
        """Write a flush, and return what the topic would be told of it."""
        flush = Flush(advance=step(self.next or None, self.next + 1), signals=list(signals), signals_gone=list(gone), **parts)  # type: ignore[arg-type]
        at = self.writer.write(flush)
        self.next += 1
        return restore.signals_changed_at(self.connection, ["s1"], at)

    def all(self) -> list[Signal]:
        """All signals of the store, of any time."""
        visits = [str(UUID(int=number)) for number in range(1000)]
        return recall.signals_of(self.connection, "s1", visits, [(0, DAY * 2)])

    def close(self) -> None:
        """Let go of both connections."""
        self.writer.close()
        self.connection.close()


@pytest.fixture
def base(database_url: str) -> Iterator[Base]:
    """An empty database."""
    made = Base(database_url)
    yield made
    made.close()


def test_a_signal_comes_back_equal(base: Base) -> None:
    """Every field of every kind: times to the microsecond, figures to the bit, texts by character."""
    visit_id = str(UUID(int=77))
    written = [
        signal(1, 0.000001),
        signal(2, 1, kind="sensor_silent", zone_id=None, sensor_id="gw-1'; --", value=1800.000001, message="Wörter, \\ und \"'\t"),
        signal(3, 2, kind="long_dwell", zone_id="attic", device_id="band-1", visit_id=visit_id, value=0.1 + 0.2, threshold=1e-9),
        signal(4, 3, kind="abandoned_basket", zone_id=None, device_id="band-1", visit_id=visit_id, value=3.0, threshold=1.0),
        signal(5, 4, kind="priority_changed", device_id="ü" * 256, visit_id=visit_id, since=DAY - 86_400 * SECOND),
    ]
    base.write(*written)
    assert sorted(base.all(), key=lambda one: one.at) == written


def test_what_is_said_again_replaces_what_was_said(base: Base) -> None:
    """One row an id and moment: all that may change has changed."""
    base.write(signal(1))
    visit_id, moved = str(UUID(int=7)), DAY - 31 * SECOND
    again = signal(1, since=moved, zone_id="wine", device_id="d", visit_id=visit_id, sensor_id="x", value=10.0, threshold=8.0, message="m")
    assert base.write(again) == [again]
    assert base.all() == [again]


def test_the_last_of_a_flush_counts(base: Base) -> None:
    """PostgreSQL takes no row twice in one statement."""
    assert base.write(signal(1), signal(2), signal(1, value=11.0)) == [signal(1, value=11.0), signal(2)]
    assert {one.value for one in base.all()} == {9.0, 11.0}


def test_a_signal_that_moved_is_gone_where_it_was(base: Base) -> None:
    """The same id at another moment: taken back and said in one flush."""
    base.write(signal(1))
    assert base.write(signal(1, 5), gone=(signal(1),)) == [signal(1, 5)]
    assert base.all() == [signal(1, 5)]


def test_a_signal_that_moved_may_move_back(base: Base) -> None:
    """From flush to flush."""
    base.write(signal(1))
    base.write(signal(1, 5), gone=(signal(1),))
    base.write(signal(1), gone=(signal(1, 5),))
    assert base.all() == [signal(1)]


def test_only_what_is_gone_goes(base: Base) -> None:
    """By id and moment: neither others of that moment nor the same id at another; what is not there does no harm."""
    base.write(signal(1), signal(2), signal(1, 5))
    assert base.write(gone=(signal(1), signal(3))) == []
    assert sorted(one.signal_id for one in base.all()) == [signal(1).signal_id, signal(2).signal_id]
    assert signal(1, 5) in base.all()


def test_a_flush_that_is_refused_says_and_takes_back_nothing(base: Base) -> None:
    """Signals and the offset stand in one transaction."""
    base.write(signal(1))
    with pytest.raises(Fenced):
        base.writer.write(Flush(advance=step(7, 8), signals=[signal(2)], signals_gone=[signal(1)]))
    assert base.all() == [signal(1)]


def test_the_topic_is_told_of_one_flush(base: Base) -> None:
    """What it wrote, in the order of time, of the stores asked for; not what it left alone."""
    base.write(signal(1), signal(2, 5))
    other = signal(9, 1, "s2")
    flush = Flush(advance=step(1, 2), signals=[signal(4, 9), signal(3, 1), signal(2, 5), other])
    at = base.writer.write(flush)
    assert restore.signals_changed_at(base.connection, ["s1"], at) == [signal(3, 1), signal(2, 5), signal(4, 9)]
    assert restore.signals_changed_at(base.connection, ["s2"], at) == [other]
    assert restore.signals_changed_at(base.connection, [], at) == []
    assert restore.signals_changed_at(base.connection, ["s1"], to_datetime(DAY)) == []


def test_what_was_taken_back_is_known_after_a_crash(base: Base) -> None:
    """The row is gone, so the offset keeps it, whole, until the next flush."""
    lost = signal(1, kind="long_dwell", device_id="d", visit_id=str(UUID(int=3)))
    base.write(lost, signal(2))
    base.write(gone=(lost,))
    assert [one.retracted for one in restore.offsets(base.connection, step(None, 1).topic).values()] == [[lost]]
    base.write(signal(3))
    assert [one.retracted for one in restore.offsets(base.connection, step(None, 1).topic).values()] == [[]]


def test_signals_of_visits_whenever_they_were(base: Base) -> None:
    """By the visits asked for, in this store; those of others in the same stretch of time are not meant."""
    mine, other = str(UUID(int=50)), str(UUID(int=51))
    written = [signal(1, -99_999, visit_id=mine), signal(2, 99_999, visit_id=mine), signal(3, 0, visit_id=other), signal(4)]
    base.write(*written, signal(5, 0, "s2", visit_id=mine))
    assert sorted(recall.signals_of(base.connection, "s1", [mine], []), key=lambda one: one.at) == written[:2]
    assert recall.signals_of(base.connection, "s1", [str(UUID(int=52))], []) == []
    assert recall.signals_of(base.connection, "s1", [], []) == []


def test_signals_of_zones_and_sensors_in_stretches_of_time(base: Base) -> None:
    """Both ends are in; overlaps give nothing twice; a visit's own is not meant; nothing comes of another store."""
    silent = signal(2, 20, kind="sensor_silent", zone_id=None, sensor_id="gw-1")
    base.write(signal(1, 10), silent, signal(3, 15, visit_id=str(UUID(int=9))), signal(4, 15, "s2"))
    begin, end = DAY + 10 * SECOND, DAY + 20 * SECOND

    def found(*stretches: tuple[int, int]) -> list[Signal]:
        return sorted(recall.signals_of(base.connection, "s1", [], stretches), key=lambda one: one.at)

    assert found((begin, end)) == [signal(1, 10), silent]
    assert found((begin + 1, end)) == [silent]
    assert found((begin, end - 1)) == [signal(1, 10)]
    assert found((begin + 1, end - 1)) == []
    assert found((begin, end), (begin - 5, end + 5)) == [signal(1, 10), silent]
    assert found((-SECOND, begin), (end, end)) == [signal(1, 10), silent]
    assert found((end, begin)) == []


def test_a_signal_of_a_visit_in_a_stretch_comes_once(base: Base) -> None:
    """Asked for both ways."""
    mine = str(UUID(int=50))
    base.write(signal(1, visit_id=mine), signal(2))
    found = recall.signals_of(base.connection, "s1", [mine], [(DAY - SECOND, DAY + SECOND)])
    assert sorted(one.signal_id for one in found) == [signal(1).signal_id, signal(2).signal_id]


@pytest.fixture
def listening(base: Base) -> Connection:
    """`gw-1` was heard at 10, 20 and 30 s, `gate-1` at 20 s, and a `gw-1` of another store at 15 s."""
    readings = [dwell(10), dwell(20), dwell(30), dwell(15, "s2")]
    base.write(readings=[*readings, StoredReading(structs.replace(dwell(20).reading, id="g", sensor_id="gate-1"), is_late=True)])
    return base.connection


def _heard(connection: Connection, *asked: tuple[str, float], within: float = 1000) -> dict[str, list[float]]:
    wanted = [(sensor, DAY + round(second * SECOND)) for sensor, second in asked]
    found = recall.heard(connection, "s1", wanted, round(within * SECOND))
    return {sensor: sorted((ts - DAY) / SECOND for ts in times) for sensor, times in found.items()}


def test_the_nearest_readings_of_a_sensor(listening: Connection) -> None:
    """The last before and the first after; the moment itself is neither."""
    assert _heard(listening, ("gw-1", 20)) == {"gw-1": [10, 30]}
    assert _heard(listening, ("gw-1", 20.000001)) == {"gw-1": [20, 30]}
    assert _heard(listening, ("gw-1", 19.999999)) == {"gw-1": [10, 20]}
    assert _heard(listening, ("gw-1", 5)) == {"gw-1": [10]}
    assert _heard(listening, ("gw-1", 35)) == {"gw-1": [30]}


def test_no_further_away_than_asked(listening: Connection) -> None:
    """So far is near enough, one microsecond more is not; on either side."""
    assert _heard(listening, ("gw-1", 20), within=10) == {"gw-1": [10, 30]}
    assert _heard(listening, ("gw-1", 20), within=9.999999) == {}
    assert _heard(listening, ("gw-1", 20.000001), within=9.999999) == {"gw-1": [20, 30]}
    assert _heard(listening, ("gw-1", 19.999999), within=9.999999) == {"gw-1": [10, 20]}
    assert _heard(listening, ("gw-1", 20.5), within=0) == {}


def test_each_sensor_of_this_store_alone(listening: Connection) -> None:
    """Several moments and sensors at once, late readings too; nothing twice, nothing of a sensor that was never heard."""
    assert _heard(listening, ("gate-1", 0), ("gw-1", 12), ("gw-1", 18), ("nobody", 20)) == {"gate-1": [20], "gw-1": [10, 20]}
    assert _heard(listening) == {}
    assert _heard(listening, ("gw-1", 15)) == {"gw-1": [10, 20]}


def _random_rows(rng: random.Random) -> Rows:
    """Readings, visits and signals of an hour, on few moments, so that boundaries are met."""
    rows = Rows()
    for number in range(rng.randint(0, 12)):
        one = dwell(rng.randrange(8)).reading
        rows.readings.append(StoredReading(structs.replace(one, id=f"r{number}", sensor_id=rng.choice("ab")), is_late=rng.random() < 0.2))
    for number in range(rng.randint(0, 6)):
        paid = structs.replace(payment(rng.randrange(8)), id=f"p{number}", device_id=rng.choice((None, "band-1")))
        rows.readings.append(StoredReading(paid, is_late=False))
    for number in range(1, rng.randint(1, 5)):
        begin = DAY + rng.randrange(8) * SECOND
        stays = tuple(Stay(rng.choice("xyz"), begin + place * SECOND, begin + (place + rng.choice((0, 1))) * SECOND) for place in range(2))
        been = structs.replace(visit(number), entered_at=begin, left_at=begin + 2 * SECOND, stays=stays, shelf_visits=())
        rows.visits[been.visit_id] = been
    for number in range(rng.randint(0, 8)):
        about = rng.choice((None, str(UUID(int=rng.randint(1, 4)))))
        told = signal(number, rng.randrange(8), kind=rng.choice(KINDS), visit_id=about)
        rows.signals[told.signal_id, told.at] = told
    return rows


def test_the_rows_of_the_engines_tests_answer_as_the_database_does(make_database: MakeDatabase) -> None:
    """Tests of the engine read back from `tests.stream.rows`: what it answers is what these queries answer."""
    rng = random.Random(4)
    for _ in range(8):
        rows = _random_rows(rng)
        with make_database() as url:
            base = Base(url)
            base.write(*rows.signals.values(), readings=rows.readings, visits=list(rows.visits.values()))
            for _ in range(40):
                _compare(base.connection, rows, rng)
            base.close()


def _compare(connection: Connection, rows: Rows, rng: random.Random) -> None:
    def moment() -> int:
        return DAY + rng.randrange(-1, 9) * SECOND

    stretches = [(moment(), moment()) for _ in range(rng.randint(0, 3))]
    sensors = [(rng.choice("abc"), moment()) for _ in range(rng.randint(0, 3))]
    zones = [(rng.choice("xyz"), *stretch) for stretch in stretches]
    within, about = rng.randrange(5) * SECOND, [str(UUID(int=number)) for number in range(1, rng.randint(1, 4))]

    def times(found: dict[str, list[int]]) -> dict[str, set[int]]:
        return {sensor: set(heard) for sensor, heard in found.items() if heard}

    assert times(recall.heard(connection, "s1", sensors, within)) == times(rows.heard("s1", sensors, within))
    assert _alike(recall.signals_of(connection, "s1", about, stretches), rows.signals_of("s1", about, stretches))
    assert _alike(recall.visits_in_zones(connection, "s1", zones), rows.visits_in_zones("s1", zones))
    assert _alike(recall.payments_in(connection, "s1", stretches), rows.payments_in("s1", stretches))
    assert _alike(recall.anonymous_payments(connection, "s1", stretches), rows.anonymous_payments("s1", stretches))


def _alike(found: Sequence[object], want: Sequence[object]) -> bool:
    """Whether the same was found, whole, in any order, and nothing twice."""
    return len(found) == len(want) and all(one in want for one in found) and all(one in found for one in want)
