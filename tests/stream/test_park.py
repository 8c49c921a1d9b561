"""The theme park and the real recordings, told by the engine and by the oracle; the park's rows in any order."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sensors.decode import Decoded, from_objects
from sensors.layout import Layout, parse_layout
from sensors.reading import Payment, Reading, Status
from stream.reconstruct import Reconstructed, reconstruct
from stream.rules import Rules
from tests import park, recordings
from tests.oracle import expect, from_visit
from tests.tables import write_json

NOW = 1_800_000_000_000_000
"""Microseconds since 1970: later than all that is read here."""

SOME = 12
"""Devices for which the oracle looks who paid without being known: it walks through all visits for each such payment."""


def _readings(objects: Sequence[dict[str, Any]]) -> list[Reading]:
    """Decode objects in which everything is right."""
    decoded = from_objects(objects, topic=None, received_at=NOW, source="here")
    assert decoded.rejected == []
    return decoded.readings


def _layout(plan: dict[str, Any], folder: Path) -> Layout:
    return parse_layout(write_json(plan, folder / "layout.json").read_text(), "layout.json", Rules.of)


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """The plan of the park."""
    return _layout(park.plan(staff=park.staff()), tmp_path_factory.mktemp("park"))


@pytest.fixture(scope="module")
def readings() -> list[Reading]:
    """All that is heard in the park."""
    return _readings(park.stream())


def _told(readings: Iterable[Reading], layout: Layout) -> Reconstructed:
    return reconstruct([Decoded(list(readings), [], [])], [layout])


def _assert_as_the_oracle_says(readings: list[Reading], layout: Layout) -> Reconstructed:
    """Compare every visit, and the payments of nobody."""
    told, expected = _told(readings, layout), expect(readings, {layout.store_id: layout}, {layout.store_id: Rules.of(layout.rules)})
    found = sorted(map(from_visit, told.visits), key=lambda visit: (visit.device_id, visit.entered_at))
    assert found == sorted(expected.visits, key=lambda visit: (visit.device_id, visit.entered_at))
    assert sorted((one.store_id, one.id) for one in told.unattributed) == sorted(expected.unattributed)
    return told


def test_the_oracle_tells_every_visit_of_the_park(readings: list[Reading], layout: Layout) -> None:
    """All but the payments of which a till does not know the device."""
    told = _assert_as_the_oracle_says([one for one in readings if not isinstance(one, Payment) or one.device_id], layout)
    assert len(told.visits) > 300
    assert {visit.ended_by for visit in told.visits} == {"exit", "timeout"}
    assert sum(visit.converted for visit in told.visits) > 50


def test_the_oracle_tells_who_paid_without_being_known(readings: list[Reading], layout: Layout) -> None:
    """Groups are at the tills together, so that several may have paid."""
    devices = list(dict.fromkeys(one.device_id for one in readings if not isinstance(one, Payment | Status)))[:SOME]
    told = _assert_as_the_oracle_says([one for one in readings if _whose(one) in devices], layout)
    assert sum(payment.device_id is None for visit in told.visits for payment in visit.payments) > 10


def _whose(reading: Reading) -> str | None:
    """The device of a reading; of a payment the one that its receipt names."""
    if isinstance(reading, Payment):
        return reading.receipt_id.partition("-")[0]
    return None if isinstance(reading, Status) else reading.device_id


def test_the_order_of_the_rows_means_nothing(readings: list[Reading], layout: Layout) -> None:
    """Sorted by time, backwards, shuffled: the same visits in the same order, the same payments of nobody."""
    told = _told(readings, layout)
    shuffled = readings.copy()
    Random(7).shuffle(shuffled)
    for order in (sorted(readings, key=lambda one: one.ts), readings[::-1], shuffled):
        again = _told(order, layout)
        assert again.visits == told.visits
        assert sorted(one.id for one in again.unattributed) == sorted(one.id for one in told.unattributed)
        assert again.duplicate == told.duplicate > 100


@pytest.mark.parametrize("recording", [recordings.walks, recordings.watch])
def test_the_oracle_tells_real_recordings(recording: recordings.Recording, tmp_path: Path) -> None:
    """What gateways heard, with clock and payloads as they were."""
    plan, objects = recording("recorded")
    _assert_as_the_oracle_says(_readings(objects), _layout(plan, tmp_path))


def test_six_walks_are_six_visits(tmp_path: Path) -> None:
    """Each as long as it was, but for the 2 s at its beginning that place nobody yet; gateways keep the zeros of their names."""
    plan, objects = recordings.walks("recorded")
    told = _told(_readings(objects), _layout(plan, tmp_path))
    assert [round(visit.duration_s) for visit in told.visits] == pytest.approx([149, 59, 24, 54, 96, 84], abs=2)
    assert {"000000000101", "b827eb4521b4"} <= {one["sensor_id"] for one in objects if one["kind"] == "sighting"}


def test_a_watch_that_lies_still_is_one_visit_where_it_lies(tmp_path: Path) -> None:
    """Nine tenths of the two minutes are told of the room where it was; the rest is what two seconds of distances get wrong."""
    plan, objects = recordings.watch("recorded")
    (visit,) = _told(_readings(objects), _layout(plan, tmp_path)).visits
    where = sum(stay.dwell_s for stay in visit.stays if stay.zone_id == "office_alt")
    assert visit.duration_s == pytest.approx(119.3, abs=2)
    assert where > 0.9 * visit.duration_s
