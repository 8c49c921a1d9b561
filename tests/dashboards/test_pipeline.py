"""The pipeline's page: what became of readings is what the simulator says must, and each fault of a sensor is told by its name."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

import pytest
from msgspec import structs

from benchmarks.chain import UNDER_WAY, Arrival, Intake, flushes
from dashboards.pages.pipeline import pipeline
from sensors.layout import SensorPlan
from sensors.reading import to_datetime
from simulators.recordings.messages import messages
from simulators.sensing.faults import Expected, Faults
from simulators.shop.floor import builtin
from simulators.shop.habits import Habits
from simulators.simulate import Options, simulate
from tests.dashboards.scene import LAYOUT, NOW, Scene, alive, clock, counted, scene
from tests.databases import Database

pytestmark = pytest.mark.integration

_ENDLESS = 1 << 62
_FAULTS = Faults(duplicates=0.05, disorder_s=2.0, malformed=0.02)


@pytest.fixture
def here(plain_database: Database) -> Scene:
    """A store that was not heard yet."""
    return scene(plain_database, structs.replace(LAYOUT, gateways=(SensorPlan(sensor_id="gw-1", zone_id="dairy"),)))


def test_accounting_is_what_the_simulator_sent(plain_database: Database) -> None:
    """A day with faults: received, stored, duplicate and rejected, by reason, as the simulator counted them when it made them."""
    layout = structs.replace(builtin("grocery"), opening_hours={"sat": ["11:00", "13:00"]})
    expected = Expected()
    wanted = Options(layout=layout, first_day=NOW.date(), days=1, habits=Habits(shoppers=15), faults=_FAULTS)
    arriving = list(_arrivals(wanted, expected))
    here = scene(plain_database, layout)
    for flush in flushes(Intake([layout], {}), iter(arriving), _ENDLESS):
        plain_database.write(flush)
    until = to_datetime(arriving[-1].at) + timedelta(seconds=1)
    rows = _of_hours(here, "pipeline/accounting", until)
    figures = {row["Store"]: row for row in rows}
    assert set(figures) <= {layout.name, "(no store named)"}
    told = [sum(int(row[name]) for row in rows) for name in ("Received", "Stored", "Duplicate", "Rejected", "Difference")]  # type: ignore[call-overload]
    assert told == [expected.received, expected.stored, expected.duplicate, expected.rejected.total(), 0]
    assert expected.duplicate > 0
    assert {row["Reason"]: row["Rejected"] for row in _of_hours(here, "pipeline/rejected", until)} == expected.rejected
    (count,) = _of_hours(here, "pipeline/rejected_count", until)
    assert count["Rejected"] == expected.rejected.total()
    samples = _of_hours(here, "pipeline/rejected_samples", until)
    assert {row["Reason"] for row in samples} == set(expected.rejected)
    traffic = _of_hours(here, "pipeline/traffic", until)
    assert sum(row["On time"] + row["Late"] for row in traffic) == expected.stored  # type: ignore[operator]
    assert _of_hours(here, "pipeline/difference", until) == [{"Missing or double": 0}]


def _arrivals(wanted: Options, expected: Expected) -> list[Arrival]:
    chance, clock_at, found = Random(1), 0, []
    for message in messages(line for day in simulate(wanted, expected) for line in day.lines):
        clock_at = max(clock_at, (message.last_ts or 0) + chance.randint(*UNDER_WAY))
        found.append(Arrival(clock_at, message))
    return found


def _of_hours(here: Scene, query: str, until: datetime) -> list[Mapping[str, object]]:
    return here.rows(query, until, hours=6)


def test_a_loss_is_seen(here: Scene) -> None:
    """One reading that was counted and is nowhere: red, in the store's line."""
    readings = [alive("gw-1", -second) for second in range(5)]
    here.write(readings=readings, counts=counted(readings, missing=1))
    assert here.rows("pipeline/difference") == [{"Missing or double": 1}]
    (row,) = here.rows("pipeline/accounting")
    assert (row["It"], row["Received"], row["Stored"], row["Difference"], row["Hours off"]) == ("does not", 6, 5, 1, 1)


def test_what_is_wrong_with_sensors(here: Scene) -> None:
    """Each fault once: nothing is said of a sensor that is well."""
    well = [alive("gw-1", -10), alive("till-1", -10), alive("till-2", -10)]
    silent = [alive("silent", -1801)]
    skewed = [alive("behind", -30, 25.0), alive("ahead", -5, -15.0)]
    late = [alive("late", -second, is_late=second < 3) for second in range(1, 20)]
    here.write(readings=[*well, *silent, *skewed, *late])
    rows = {row["Sensor"]: row for row in here.rows("pipeline/sensors")}
    assert {name: row["Is"] for name, row in rows.items()} == {
        "silent": "silent",
        "behind": "clock is off",
        "ahead": "clock is off",
        "late": "late",
    }
    assert rows["silent"]["Last heard"] == pytest.approx(1800.5)
    assert (rows["behind"]["Clock behind"], rows["ahead"]["Clock behind"]) == (25.0, -15.0)
    assert here.rows("pipeline/sensor_count") == [{"Silent": 1, "Clock off": 2, "Late or rejected": 1}]
    assert [row["Late readings"] for row in here.rows("pipeline/late")] == [2]


def test_a_sensor_that_was_never_heard(here: Scene) -> None:
    """It stands in the layout, and said nothing."""
    here.write(readings=[alive("gw-1", -10), alive("till-1", -10)])
    assert [(row["Sensor"], row["Is"], row["Last heard"]) for row in here.rows("pipeline/sensors")] == [("till-2", "never heard", None)]


def test_a_time_in_which_nothing_was_received(here: Scene) -> None:
    """What is sent today of days ago says nothing of the pipeline then: neither red nor green, and the same in each panel."""
    here.write(readings=[alive("gw-1", -10)], clocks=clock(-10))
    before = NOW - timedelta(days=3)
    (sensors,) = here.rows("pipeline/sensors", before)
    assert (sensors["Is"], sensors["Sensor"], sensors["Last heard"]) == ("nothing received", "all 3", None)
    (store,) = here.rows("pipeline/stores", before)
    assert (store["Is"], store["Newest reading was"], store["Last received"]) == ("nothing received", None, None)
    assert here.rows("pipeline/difference", before) == [{"Missing or double": None}]
    assert here.rows("pipeline/behind", before) == [{"Behind": None}]
    assert [*here.rows("pipeline/sensor_count", before), *here.rows("pipeline/accounting", before)] == []
    words = {panel["title"]: panel["fieldConfig"]["defaults"]["noValue"] for panel in pipeline()["panels"]}
    assert [words[name] for name in ("Readings missing or double", "Sensors with a fault")] == ["nothing was received in this time"] * 2
    assert here.rows("pipeline/stores")[0]["Is"] == "live"
    assert {row["Is"] for row in here.rows("pipeline/sensors")} == {"never heard"}


def test_how_fresh_stores_are(here: Scene) -> None:
    """Live, behind, stale; closed where it is, given up where it closed for good; the worst open store is the number above."""
    here.write(readings=[alive("gw-1", -10)], clocks=clock(-10))
    states = {}
    week = 7 * 24 * 60
    for minutes in (0, 2, 20, 8 * 60, week - 1, week):
        (row,) = here.rows("pipeline/stores", NOW + timedelta(minutes=minutes))
        states[minutes] = row["Is"]
        assert row["Newest reading was"] == 60 * minutes + 10
        assert row["Last received"] == (60 * minutes + 9.5 if minutes < 1000 else None)
    assert states == {0: "live", 2: "behind", 20: "stale", 480: "closed", week - 1: "stale", week: "silent for a week"}
    assert here.rows("pipeline/behind", NOW + timedelta(minutes=20)) == [{"Behind": 1210.0}]
    assert here.rows("pipeline/behind", NOW + timedelta(hours=8)) == [{"Behind": None}]
    assert here.rows("pipeline/behind", NOW + timedelta(minutes=week - 1)) == [{"Behind": 60.0 * (week - 1) + 10}]
    assert here.rows("pipeline/behind", NOW + timedelta(minutes=week)) == [{"Behind": None}]


def test_traffic_begins_with_the_stretch_that_the_time_range_begins_in(here: Scene) -> None:
    """By day, the whole day (the store's) is seen on a page of an hour, and the day before is not."""
    today_s, day_s = (NOW.replace(hour=0, minute=0) - NOW).total_seconds(), 86_400
    here.write(readings=[alive("gw-1", second) for second in (-5, -7200, today_s, today_s - 1, today_s - 2 - day_s)])
    begin = NOW - timedelta(minutes=61)
    found = {
        by: [(row["time"], row["On time"]) for row in here.rows("pipeline/traffic", hours=61 / 60, by=by)] for by in ("5m", "hour", "day")
    }
    assert found == {"5m": [(NOW - timedelta(minutes=5), 1)], "hour": [(NOW.replace(minute=0), 1)], "day": [(begin, 3)]}
    assert [row["time"] for row in here.rows("pipeline/delay", hours=61 / 60, by="day")] == [begin]
    of_two_hours = here.rows("pipeline/traffic", hours=2 - 1 / 60, by="hour")
    assert [(row["time"], row["On time"]) for row in of_two_hours] == [(NOW - timedelta(minutes=119), 1), (NOW.replace(minute=0), 1)]


def test_every_query_of_the_page_stands_on_it() -> None:
    """The page is one, over all stores, and asks by the stretch that is picked."""
    page = pipeline()
    assert page["uid"] == "instore-pipeline"
    assert [variable["name"] for variable in page["templating"]["list"]] == ["by"]
    assert sum("${by:raw}" in target["rawSql"] for panel in page["panels"] for target in panel["targets"]) == 2
