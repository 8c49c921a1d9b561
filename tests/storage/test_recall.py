"""Reading back what a worker has forgotten: each query on a real server, with what lies just inside and just outside."""

from collections.abc import Iterator

import pytest
from msgspec import structs

from sensors.reading import SECOND, Dwell, Payment
from storage import rebuilds
from storage.connect import connect
from storage.model import Flush, StoredReading
from storage.reader import Reader
from tests.databases import Database
from tests.storage.examples import DAY, dwell, payment, step, visit

pytestmark = pytest.mark.integration


@pytest.fixture
def reader(any_database: Database) -> Iterator[Reader]:
    """A database with readings of three devices, three visits, and three payments, one of them with a device."""
    known = structs.replace(payment(70), device_id="band-1")
    readings = [dwell(number) for number in range(1, 60)] + [StoredReading(one, False) for one in (payment(10), payment(65), known)]
    late = structs.replace(dwell(90).reading, device_id="band-late")
    visits = [visit(1, payments=(payment(65),)), visit(2), structs.replace(visit(3), is_staff=True)]
    readings += [StoredReading(late, is_late=True), dwell(5, "s2")]
    any_database.write(Flush(advance=step(None, 1), readings=readings, visits=visits, payments=[(payment(65), visits[0].visit_id)]))
    reader = Reader(any_database.url)
    yield reader
    reader.close()


def test_the_readings_of_devices_from_a_time_on(reader: Reader) -> None:
    """Of these devices only, of this store only, from the moment on, in order, what they paid among them."""
    found = reader.device_readings("s1", ["band-1", "band-2", "nobody"], DAY + 50 * SECOND)
    assert sorted(found) == ["band-1", "band-2"]
    assert [(type(one), one.ts) for one in found["band-1"]] == [
        (Dwell, DAY + 50 * SECOND),
        (Dwell, DAY + 57 * SECOND),
        (Payment, DAY + 70 * SECOND),
    ]
    assert reader.device_readings("s2", ["band-1"], 0) == {}


def test_whether_devices_had_been_heard_before(reader: Reader) -> None:
    """Whose visit began before, staff's too; the moment itself is not before it. Of this store only."""
    devices = ["band-1", "band-2", "band-3", "nobody"]
    assert reader.devices_before("s1", devices, visit(1).entered_at) == set()
    assert reader.devices_before("s1", devices, visit(1).entered_at + 1) == {"band-1"}
    assert reader.devices_before("s1", devices[1:], visit(3).entered_at + 1) == {"band-2", "band-3"}
    assert reader.devices_before("s2", devices, visit(3).entered_at + 1) == set()


def test_which_devices_were_heard_in_a_stretch(reader: Reader) -> None:
    """Its begin is part of it, its end is not; who only paid is among them."""
    assert reader.devices_between("s1", DAY + 8 * SECOND, DAY + 10 * SECOND) == ["band-1", "band-2"]
    assert reader.devices_between("s1", DAY + 70 * SECOND, DAY + 71 * SECOND) == ["band-1"]


def test_the_visits_of_devices_after_their_times(reader: Reader) -> None:
    """Each device has a time of its own, and a visit that begins at it is not after it; visits come whole."""
    [found] = reader.device_visits("s1", {"band-1": visit(1).entered_at, "band-2": visit(2).entered_at - 1})
    assert found == visit(2)
    assert reader.device_visits("s1", {"band-1": -1}) == [visit(1, payments=(payment(65),))]
    assert reader.device_visits("s1", {}) == []
    assert reader.device_visits("s2", {"band-1": -1}) == []


def test_the_payments_of_nobody_in_stretches_of_time(reader: Reader) -> None:
    """Both ends are included, overlaps give nothing twice, and a payment with a device is somebody's."""
    stretches = [(DAY + 10 * SECOND, DAY + 10 * SECOND), (DAY + 60 * SECOND, DAY + 65 * SECOND), (DAY + 64 * SECOND, DAY + 80 * SECOND)]
    assert reader.anonymous_payments("s1", stretches) == [payment(10), payment(65)]
    assert reader.anonymous_payments("s1", [(DAY + 11 * SECOND, DAY + 64 * SECOND)]) == []


def test_who_stayed_in_a_zone_at_a_moment(reader: Reader) -> None:
    """Both ends of a stay are in it; who stayed elsewhere is not asked for."""
    start = visit(2).entered_at
    for at, stayed in ((start - 1, []), (start, ["band-2"]), (start + 10 * SECOND, ["band-2"]), (start + 10 * SECOND + 1, [])):
        assert [one.device_id for one in reader.visits_staying("s1", [("zone-0", at)])] == stayed
    assert reader.visits_staying("s1", [("dairy", start)]) == []
    assert reader.visits_staying("s1", []) == []


def test_rebuilds_are_carried_out_in_the_order_of_asking(any_database: Database) -> None:
    """Only those of the stores at hand; finished when all devices are done, also when there are none."""
    with connect(any_database.url, "test") as connection:
        first, second = (rebuilds.ask(connection, store_id, DAY, DAY + SECOND) for store_id in ("s1", "s2"))
        assert rebuilds.first_open(connection, ["s2", "s3"]) == rebuilds.Rebuild(second, "s2", DAY, DAY + SECOND)
        rebuilds.advance(connection, first, devices=3, done=2)
        assert rebuilds.progress(connection, first) == (3, 2, False)
        rebuilds.advance(connection, first, devices=3, done=3)
        rebuilds.advance(connection, second, devices=0, done=0)
        assert rebuilds.progress(connection, second) == (0, 0, True)
        assert rebuilds.first_open(connection, ["s1", "s2"]) is None


def test_accounts_of_the_days(reader: Reader) -> None:
    """Staff are no customers, and what began outside the days is not in them."""
    days = reader.days("s1", DAY, DAY + 150 * SECOND)
    assert (days.summary.visits, days.summary.buyers, days.summary.staff, days.summary.sales) == (2, 1, 0, payment(65).amount)
    assert [visits for _, visits in days.hours] == [2]
    assert sorted((zone.zone, zone.visits, zone.median_s) for zone in days.zones) == [(f"zone-{number}", 2, 10.0) for number in range(3)]
    assert reader.progress("s1") == (0, 3)
    assert reader.accounting().stored == 59 + 3 + 2
    assert reader.rejected_by_reason() == {}
