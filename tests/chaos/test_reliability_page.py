"""The query of docs/reliability.md for what never came."""

import re
from pathlib import Path

import psycopg

from storage.model import Flush
from storage.writer import Writer
from tests.storage.examples import dwell, step

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


def _query() -> bytes:
    """The query as it stands on the page, but for its last day."""
    match = re.search(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert match is not None
    assert "now() - interval '1 day'" in match[1]
    return match[1].replace("now() - interval '1 day'", "'-infinity'").encode()


def test_gaps_in_the_numbers_of_sensors_are_found(database_url: str) -> None:
    """Each gap once, with its sensor, its first number and how many; one that began anew has none, nor has one without numbers."""
    names = [f"gw-1-aa-{number}" for number in (0, 1, 2, 5, 6, 10)] + [f"gw-1-bb-{number}" for number in (0, 1)]
    names += [f"gate-1-cc-{number}" for number in (7, 8, 10)] + ["without", "number-one"]
    readings = [dwell(number) for number in range(len(names))]
    for name, stored in zip(names, readings, strict=True):
        stored.reading.id, stored.reading.sensor_id = name, name[:4]
    with Writer(database_url) as writer:
        writer.write(Flush(advance=step(None, 1), readings=readings))
    with psycopg.connect(database_url) as connection:
        found = connection.execute(_query()).fetchall()
    assert [row[1:4] for row in found] == [("gw-1", 7, 3), ("gw-1", 3, 2), ("gate", 9, 1)]
    assert all(before < after for *_, before, after in found)
