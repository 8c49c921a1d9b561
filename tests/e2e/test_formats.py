"""`instore reconstruct` of the same readings as JSON lines, CSV and Parquet: the same visits, byte for byte, and the same message."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests import park
from tests.e2e.processes import Surroundings
from tests.tables import write_csv, write_json, write_json_lines, write_parquet

Object = dict[str, Any]

WRITERS: dict[str, Callable[[Sequence[Object], Path], Path]] = {
    "readings.jsonl": write_json_lines,
    "readings.csv": write_csv,
    "readings.parquet": write_parquet,
}


def test_a_theme_park_is_the_same_from_every_format(here: Surroundings) -> None:
    """Ten thousand readings whose ids are digests of what they say: text, numbers, times and money mean the same everywhere."""
    layout = write_json(park.plan(staff=park.staff()), here.folder / "layout.json")
    readings = park.stream()[:10_000]
    made = set()
    for name, write in WRITERS.items():
        out = here.folder / f"{name}.visits"
        ended = here.run_well("reconstruct", write(readings, here.folder / name), "--layout", layout, "--out", out)
        made.add((out.read_bytes(), ended.err.strip()))
    assert len(made) == 1
    ((visits, said),) = made
    n_visits = len(visits.splitlines())
    assert n_visits > 40
    assert f"{len(readings)} readings: {n_visits} visits, " in said
    assert " 0 rejected, " in said
