"""The sensors of the pipeline's benchmark: what they publish is right, and each lap and store is another."""

from datetime import date
from itertools import pairwise

import pytest

from benchmarks.mqtt_line import Line
from benchmarks.publisher import MOST_READINGS, SPAN, Day, day
from sensors.decode import decode
from sensors.mqtt_client import BrokerAway
from sensors.reading import SECOND, Reading
from sensors.urls import MqttUrl, SettingError

LATE = 60 * SECOND
"""What some presences are reported late by."""

NOW = 1_900_000_000_000_000


@pytest.fixture(scope="module")
def of_day() -> Day:
    """A day with few shoppers."""
    return day(6, date(2026, 11, 20))


def _readings(of_day: Day, lap: int, stores: int) -> tuple[list[Reading], int, int]:
    published = list(of_day.lap(lap, stores))
    decoded = [decode(payload, topic=topic, received_at=NOW) for topic, payload, _ in published]
    readings = [reading for one in decoded for reading in one.readings]
    return readings, sum(len(one.rejected) for one in decoded), sum(n for *_, n in published)


def test_every_lap_is_later_and_of_other_ids(of_day: Day) -> None:
    """The same number of readings, each 28 h later, of the same stores; no id comes again in a store, but for repetitions on purpose."""
    first, rejected, n_first = _readings(of_day, 0, 2)
    second, rejected_again, n_second = _readings(of_day, 3, 2)
    assert n_first == n_second == 2 * of_day.readings == len(first) + rejected == len(second) + rejected_again
    assert {after.ts - before.ts for before, after in zip(first, second, strict=True)} == {300_000_000_000}
    assert {reading.store_id for reading in second} == {"bench-1", "bench-2"}
    assert not {reading.id for reading in first} & {reading.id for reading in second}


def test_gateways_send_what_they_heard_in_ten_seconds(of_day: Day) -> None:
    """A message holds readings of one sensor that are near each other."""
    sizes = [len(decode(payload, topic=topic, received_at=NOW).readings) for topic, payload, _ in of_day.lap(0, 1)]
    assert 3 < max(sizes) <= MOST_READINGS
    for topic, payload, _ in of_day.lap(0, 1):
        times = [reading.ts for reading in decode(payload, topic=topic, received_at=NOW).readings]
        assert all(after < before + SPAN + LATE for before, after in pairwise(times))


def test_a_broker_that_cannot_be_used_is_told() -> None:
    """Nobody there, or TLS, which the benchmark does not speak."""
    with pytest.raises(BrokerAway, match="cannot be reached"):
        Line(MqttUrl.parse("mqtt://127.0.0.1:1"))
    with pytest.raises(SettingError, match="TLS"):
        Line(MqttUrl.parse("mqtts://127.0.0.1:1"))
