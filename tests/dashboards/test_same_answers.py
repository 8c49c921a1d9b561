"""TimescaleDB answers what plain PostgreSQL answers: all queries of Store now, Pipeline and alerts, asked of a busy store."""

from datetime import UTC, datetime
from importlib import resources
from uuid import UUID

import pytest

from tests.dashboards.scene import Scene, alive, clock, counted, paid, raised, scene, visit
from tests.databases import Database

pytestmark = pytest.mark.integration

_WEEK_S = 7 * 86_400

EMPTY = {"rejected", "rejected_samples", "rebuilds", "conversion"}
"""What has no row in the scene: nothing was rejected or rebuilt, and few came two hours ago; test_queries.py asks these of the shop."""


def test_plain_and_timescale_answer_alike(plain_database: Database, timescale_database: Database) -> None:
    """The same rows for each, and few have none."""
    plain, timescale = (_busy(scene(database)) for database in (plain_database, timescale_database))
    names = sorted(_names())
    answers = {name: _sorted(plain, name) for name in names}
    assert {name: _sorted(timescale, name) for name in names} == answers
    assert {name.partition("/")[2] for name, rows in answers.items() if not rows} == EMPTY
    assert len(names) > 30


def _names() -> list[str]:
    folder = resources.files("dashboards").joinpath("queries")
    pages = ("now", "floor", "pipeline", "alerts")
    return [f"{page}/{file.name.removesuffix('.sql')}" for page in pages for file in folder.joinpath(page).iterdir()]


def _sorted(here: Scene, name: str) -> list[str]:
    """In whatever order, as ties may come; times in one zone; and pseudonyms differ from database to database."""
    return sorted(repr({column: _told(column, value) for column, value in row.items()}) for row in here.rows(name, hours=12))


def _told(column: str, value: object) -> object:
    if column == "visit_id":
        return bool(value)
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def _busy(here: Scene) -> Scene:
    """A queue, a full zone, somebody who waits, a week before, and sensors with each fault."""
    queue = [visit(number, ("dairy", -400, -310 + number), ("tills", -310 + number, -5)) for number in range(8)]
    full = [visit(number, ("dairy", -1000, -5)) for number in range(10, 17)]
    before = [visit(number, ("dairy", -_WEEK_S - 8400, -_WEEK_S - 8300), ended_by="exit") for number in range(100, 230)]
    readings = [alive("gw-1", -10), alive("gw-2", -4000), alive("ahead", -5, -15.0), *(alive("late", -one, is_late=True) for one in (1, 2))]
    signals = [
        raised(1, "queue_long", -60, zone_id="tills"),
        raised(2, "zone_congested", -61 * 60, zone_id="dairy"),
        raised(3, "sensor_silent", -2200, sensor_id="gw-2"),
        raised(4, "long_dwell", -100, zone_id="dairy", visit_id=str(UUID(int=10))),
    ]
    here.write(visits=[*queue, *full, *before], readings=readings, counts=counted(readings, missing=1), clocks=clock(-10), signals=signals)
    here.write(payments=[(paid(1, -10), None), (paid(2, -10 - _WEEK_S), None)])
    return here
