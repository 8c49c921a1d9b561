"""The scripted days that come with the simulator, each through the whole pipeline: reconciled, and with the effect that is meant."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg
import pytest
from msgspec import structs
from psycopg.rows import dict_row

from sensors.reading import to_micros
from simulators.scenarios import load, options_of
from simulators.simulate import Options
from tests.e2e.conftest import Pipeline
from tests.e2e.days import Accounting, Played, accounting, assert_signalled, assert_true, played

pytestmark = pytest.mark.integration

NOW = to_micros(datetime(2026, 11, 26, 12, tzinfo=UTC))
FEW, SOON_OUT = 130, (6.0, 0.5)
"""Ordinary shoppers on the mean day, and how long they shop: less than in the file, so that the test is soon over."""


class Day(NamedTuple):
    """A scripted day in the database."""

    database_url: str
    played: Played
    signals: Counter[str]

    def one(self, statement: str) -> dict[str, Any]:
        """The one row that a question about the store gives; `at` is a time of that day."""
        with psycopg.connect(self.database_url, row_factory=dict_row) as connection:
            connection.execute("SET TIME ZONE 'Europe/Berlin'")
            row = connection.execute(statement.encode(), {"store": self.played.day.store_id}).fetchone()
        assert row is not None
        return row


def scripted(name: str, opens: str, closes: str) -> Options:
    """The scenario as it comes, but for few ordinary shoppers, and shorter hours."""
    wanted = options_of(load(name), None, None, NOW)
    hours = {day: [opens, closes] for day in wanted.layout.opening_hours}
    layout = structs.replace(wanted.layout, store_id=f"day-of-{name}", opening_hours=hours)
    return structs.replace(wanted, layout=layout, habits=structs.replace(wanted.habits, shoppers=FEW, trip_min=SOON_OUT))


ENTERED = """
SELECT
    count(*) FILTER (WHERE entered_at::time >= '16:00' AND entered_at::time < '17:00') AS before,
    count(*) FILTER (WHERE entered_at::time >= '17:00' AND entered_at::time < '18:15') AS during
FROM instore.visits
WHERE store_id = %(store)s AND NOT is_staff AND NOT pass_by
"""
TILLS = """
SELECT
    count(DISTINCT sensor_id) FILTER (WHERE ts::time < '17:00') AS before,
    count(DISTINCT sensor_id) FILTER (WHERE ts::time >= '17:00') AS during
FROM instore.payments
WHERE store_id = %(store)s
"""


def rush_hour(day: Day) -> None:
    """The 350 who come besides are all there; queues become long, and tills are opened."""
    entered, tills = day.one(ENTERED), day.one(TILLS)
    assert 350 < entered["during"] < 350 + 2 * entered["before"]
    assert tills["before"] < tills["during"] == 4
    assert day.signals["queue_long"] >= 1
    assert day.signals["zone_congested"] >= 1


UNITS = """
SELECT
    sum(item.quantity) FILTER (WHERE bought.is_early AND bought.is_offered) AS offered,
    sum(item.quantity) FILTER (WHERE bought.is_early) AS of_all,
    sum(item.quantity) FILTER (WHERE NOT bought.is_early AND bought.is_offered) AS offered_later,
    sum(item.quantity) FILTER (WHERE NOT bought.is_early) AS of_all_later
FROM instore.payments AS payment
INNER JOIN instore.visits AS visit USING (store_id, visit_id)
INNER JOIN instore.payment_items AS item ON item.store_id = payment.store_id AND item.reading_id = payment.reading_id
CROSS JOIN LATERAL (
    SELECT visit.entered_at::time < '14:00' AS is_early, item.product_id IN ('honey', 'olive-oil', 'coffee') AS is_offered
) AS bought
WHERE payment.store_id = %(store)s
"""


def promotion(day: Day) -> None:
    """Of what is sold to those who come during the offer, the products are several times the part that they are of the rest."""
    units = {name: float(count or 0) for name, count in day.one(UNITS).items()}
    assert units["of_all"] > 100
    assert units["of_all_later"] > 100
    assert units["offered"] / units["of_all"] > 3 * units["offered_later"] / units["of_all_later"]


SILENT = """
SELECT
    min(signal.at)::time AS told_at,
    (SELECT count(*) FROM instore.readings AS reading
        WHERE reading.store_id = %(store)s AND reading.sensor_id = min(signal.sensor_id)
        AND reading.ts::time >= '13:00' AND reading.ts::time < '13:50') AS n_read,
    (SELECT count(*) FROM instore.readings AS reading
        WHERE reading.store_id = %(store)s AND reading.sensor_id = min(signal.sensor_id)
        AND reading.state = 'offline' AND reading.is_late) AS n_wills
FROM instore.signals AS signal
WHERE signal.store_id = %(store)s AND signal.kind = 'sensor_silent'
"""


def gateway_outage(day: Day) -> None:
    """Half an hour after its last word it is told to be silent; its last will, in old words, is kept and does no harm."""
    told = day.one(SILENT)
    assert "13:28:50" < str(told["told_at"]) <= "13:30:00"
    assert (told["n_read"], told["n_wills"]) == (0, 1)
    shaken = sum(truth.unreliable for truth in day.played.day.truths())
    assert 0 < shaken < len(day.played.day.truths()) / 2


PAID = """
SELECT
    count(*) FILTER (WHERE sensor_id = 'till-1' AND ts::time < '12:00') AS before,
    count(*) FILTER (WHERE sensor_id = 'till-1' AND ts::time >= '12:00' AND ts::time < '13:00') AS meanwhile,
    count(*) FILTER (WHERE sensor_id <> 'till-1' AND ts::time >= '12:00' AND ts::time < '13:00') AS elsewhere,
    count(*) FILTER (WHERE sensor_id = 'till-1' AND ts::time >= '13:00') AS after,
    count(*) FILTER (WHERE visit_id IS NULL) AS of_nobody
FROM instore.payments
WHERE store_id = %(store)s
"""


def till_failure(day: Day) -> None:
    """Nobody pays at it for that hour, all do elsewhere, and it is told to be silent; each payment is somebody's."""
    paid = day.one(PAID)
    assert (paid["meanwhile"], paid["of_nobody"]) == (0, 0)
    assert min(paid["before"], paid["elsewhere"], paid["after"]) >= 5
    assert day.signals["sensor_silent"] == 1


INSIDE = """
WITH moment (at) AS (SELECT min(entered_at)::date + time '14:59' FROM instore.visits WHERE store_id = %(store)s)

SELECT
    count(*) FILTER (WHERE entered_at <= moment.at AND moment.at < left_at) AS before,
    count(*) FILTER (WHERE entered_at <= moment.at + interval '7 min' AND moment.at + interval '7 min' < left_at) AS then
FROM instore.visits
CROSS JOIN moment
WHERE store_id = %(store)s AND NOT is_staff AND NOT pass_by
"""


def flash_crowd(day: Day) -> None:
    """More than 200 are in the store at once; zones and queues are told to be too full, and somebody gives up."""
    inside = day.one(INSIDE)
    assert inside["before"] < 30
    assert inside["then"] > 200
    assert day.signals["zone_congested"] >= 4
    assert day.signals["queue_long"] >= 1
    assert day.signals["abandoned_basket"] >= 1


WORN = """
SELECT
    count(*) FILTER (WHERE sensor_id = 'sensor-dairy-1' AND ts::time < '14:00') AS shelf_before,
    count(*) FILTER (WHERE sensor_id = 'sensor-dairy-1' AND ts::time >= '16:00') AS shelf_after,
    count(*) FILTER (WHERE is_late AND sensor_id <> 'gw-back' AND ts::time BETWEEN '13:59' AND '14:25') AS late
FROM instore.readings
WHERE store_id = %(store)s
"""


def worn_sensors(day: Day) -> None:
    """The shelf says nothing any more; while one clock is ahead, what others say is late, and not lost."""
    worn = day.one(WORN)
    assert worn["shelf_before"] > 20
    assert worn["shelf_after"] == 0
    assert worn["late"] > 100
    assert 0 < sum(truth.unreliable for truth in day.played.day.truths()) < len(day.played.day.truths()) / 2


@pytest.mark.parametrize(
    ("name", "opens", "closes", "effect"),
    [
        ("rush-hour", "15:00", "19:30", rush_hour),
        ("promotion", "10:00", "18:00", promotion),
        ("gateway-outage", "11:30", "15:00", gateway_outage),
        ("till-failure", "10:30", "14:30", till_failure),
        ("flash-crowd", "14:00", "17:00", flash_crowd),
        ("worn-sensors", "12:30", "17:00", worn_sensors),
    ],
)
def test_a_scenario_has_its_effect(pipeline: Pipeline, name: str, opens: str, closes: str, effect: Callable[[Day], None]) -> None:
    """All is accounted for, visits and signals are those that were, and what the script is about can be seen in the tables."""
    done = played(pipeline.here, scripted(name, opens, closes))
    expected = Accounting(done.expected.received + 1, done.expected.stored + 1, 0, 0, 0)
    assert accounting(pipeline.database_url, done.day.store_id) == expected
    assert_true(pipeline.database_url, done.day)
    effect(Day(pipeline.database_url, done, assert_signalled(pipeline.database_url, done)))
