"""All stores that come with the simulator: their plans, and that the engine finds every visit in them as it was."""

from collections.abc import Callable
from datetime import date
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from dashboards.pages.floor import Box, boxes_of
from sensors.decode import decode
from sensors.layout import Layout
from sensors.reading import to_datetime
from simulators.flags import Store, store_of
from simulators.sensing.faults import Faults
from simulators.shop.floor import builtin, builtin_names, floor_of
from simulators.shop.geometry import adjacent, centroid
from simulators.shop.people import people_of
from simulators.simulate import Options, options
from simulators.truth.reconcile import reconcile
from simulators.truth.visits import Truth, micros
from storage.model import Visit
from stream.reconstruct import reconstruct
from stream.rules import Rules
from tests.simulators.plans import run

STORES = builtin_names()
A_SATURDAY = date(2026, 11, 14)
FEW = 80
LATER = 4_000_000_000_000_000

pytestmark = pytest.mark.parametrize("name", STORES)


@cache
def _saturday(name: str) -> tuple[list[Truth], list[bytes]]:
    """A Saturday with some of its people."""
    truths, lines, _ = run(_options(name))
    return truths, lines


def _options(name: str) -> Options:
    return options(builtin(name), A_SATURDAY, first_day=A_SATURDAY, people=people_of(name), shoppers=FEW)


def _area(box: Box, other: Box) -> float:
    """What two rectangles have in common."""
    width = min(box.right, other.right) - max(box.left, other.left)
    return max(0.0, width) * max(0.0, min(box.top, other.top) - max(box.bottom, other.bottom))


def test_zones_do_not_overlap(name: str) -> None:
    """Not by a centimetre."""
    boxes = {zone.zone_id: boxes_of(list(zone.polygon)) for zone in builtin(name).zones}
    assert all(boxes.values())
    for (one, here), (other, there) in combinations(boxes.items(), 2):
        assert sum(_area(a, b) for a in here for b in there) < 1e-6, (one, other)


def test_one_can_walk_everywhere_and_back(name: str) -> None:
    """From the entrance to each zone, along the plan."""
    layout = builtin(name)
    floor, (entrance,) = floor_of(layout), [zone.zone_id for zone in layout.zones if zone.type == "entrance"]
    others = [zone.zone_id for zone in layout.zones if zone.zone_id != entrance]
    assert all((entrance, zone) in floor.ways and (zone, entrance) in floor.ways for zone in others)


def test_whoever_comes_to_the_tills_can_choose_any(name: str) -> None:
    """Wherever the last stop was, the zone before the tills touches all of them."""
    floor = floor_of(builtin(name))
    plan = {zone.zone_id: zone.polygon for zone in floor.layout.zones}
    before = {(zone, *floor.way(zone, floor.lanes[0].zone_id))[-2] for zone in floor.shop}
    assert all(adjacent(plan[zone], plan[lane.zone_id]) for zone in before for lane in floor.lanes)


def test_it_has_what_a_store_has(name: str) -> None:
    """Pavement, tills, staff room, a place to rest or ask; shelves of three priced products and more, each on one alone; offers."""
    layout = builtin(name)
    floor, products = floor_of(layout), [product for shelf in layout.shelves for product in shelf.products]
    assert floor.outside
    assert floor.staff_room
    assert floor.rests
    assert len(floor.lanes) >= 2
    assert len(layout.shelves) >= 10
    assert all(len(shelf.products) >= 3 for shelf in layout.shelves)
    assert all(product.name and product.price for product in products)
    assert len({product.product_id for product in products}) == len(products)
    assert any(product.promoted for product in products)
    assert Rules.of(layout.rules)


def test_gateways_stand_where_people_are(name: str) -> None:
    """Each radio gateway hears a zone, each presence sensor its own, and no two middles of zones are near each other."""
    layout = builtin(name)
    heard = {listener.sensor_id for listener in floor_of(layout).listeners.values()}
    assert heard == {plan.sensor_id for plan in layout.gateways}
    middles = [centroid(zone.polygon) for zone in layout.zones]
    assert all(abs(a[0] - b[0]) + abs(a[1] - b[1]) > 2 for a, b in combinations(middles, 2))


def test_nobody_walks_through_walls(name: str) -> None:
    """Each step of a path leads to a zone next door, to the tills and away from them too."""
    floor = floor_of(builtin(name))
    truths, _ = _saturday(name)
    steps = {step for truth in truths for step in pairwise(truth.path)}
    assert {step for step in steps if floor.way(*step) != step[1:]} == set()


def test_people_come_while_it_is_open(name: str) -> None:
    """In the store's own time: nobody comes in before it opens, and customers are gone half an hour after it has closed."""
    layout = builtin(name)
    opens, closes = layout.opening_hours["sat"]
    zone = ZoneInfo(layout.timezone)
    truths, _ = _saturday(name)
    shoppers = [truth for truth in truths if not truth.pass_by and not truth.is_staff]
    came = [to_datetime(micros(truth.entered_at)).astimezone(zone) for truth in shoppers]
    left = [to_datetime(micros(truth.left_at)).astimezone(zone) for truth in shoppers]
    midnight = min(came).replace(hour=0, minute=0, second=0, microsecond=0)
    hour, minute = map(int, closes.split(":"))
    assert f"{min(came):%H:%M}" >= opens
    assert max((at - midnight).total_seconds() for at in left) < (hour * 60 + minute + 30) * 60
    assert len(shoppers) > FEW


def _found(layout: Layout, lines: list[bytes]) -> list[Visit]:
    return list(reconstruct((decode(line, topic=None, received_at=LATER) for line in lines), [layout]).visits)


def test_the_engine_finds_every_visit_as_it_was(name: str) -> None:
    """On a calm Saturday."""
    truths, lines = _saturday(name)
    report = reconcile(truths, _found(builtin(name), lines))
    assert report.differences == []
    assert report.equal == report.expected == len(truths) > FEW


def test_the_engine_finds_every_visit_as_it_was_in_spite_of_faults(name: str) -> None:
    """On another one, on which messages come twice, late and broken."""
    faults = Faults(duplicates=0.1, disorder_s=40, malformed=0.02)
    truths, lines, expected = run(structs.replace(_options(name), seed=3, faults=faults))
    report = reconcile(truths, _found(builtin(name), lines))
    assert expected.duplicate > 0
    assert sum(expected.rejected.values()) > 0
    assert report.differences == []
    assert report.equal == report.expected == len(truths) > FEW


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_a_folder_of_its_name_is_not_the_store(
    name: str, make: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is a file; who wants one of theirs says its ending or its folder."""
    monkeypatch.chdir(tmp_path)
    make(Path(name))
    assert store_of(name, None, None, _unread) == Store(builtin(name), people_of(name))


def _unread(file: Path) -> Layout:
    raise AssertionError(file)
