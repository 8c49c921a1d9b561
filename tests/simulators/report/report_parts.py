"""A few walks whose figures can be counted by hand, and how to put them into a tally."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from msgspec import structs

from simulators.report.measures import Measured
from simulators.report.radio import Radio
from simulators.report.tally import Tally
from simulators.shop.floor import floor_of
from simulators.shop.habits import MINUTE, SECOND, Habits
from simulators.shop.opening import Window
from simulators.shop.walk import Act, Line, Paid, Passage, Stay, Walk
from tests.simulators.plans import SMALL

MONDAY = round(datetime(2026, 11, 16, tzinfo=UTC).timestamp() * 1000)
HABITS = Habits(service_ms=(40 * SECOND, 60 * SECOND), item_ms=2 * SECOND)
DAY = 24 * 60 * MINUTE


def walk_of(day: int, hour: int, minutes: int, units: int = 0, *, wait_s: int = 0, tag: str = "", zones: Iterable[str] = ("left",)) -> Walk:
    """A shopper who comes at this hour (UTC), is in the store for so many minutes, and pays for so many units (0: none) after a wait."""
    came = MONDAY + day * DAY + hour * 60 * MINUTE
    walk = Walk("shopper", came, has_own_tag=bool(tag), device_id=tag or "band")
    walk.stays = [Stay("entrance", came, came + MINUTE)]
    for zone in zones:
        walk.stay(zone, 30 * SECOND)
    if units:
        walk.acts = [Act(walk.now - 9 * SECOND, "left-1", "view", None, 5 * SECOND)]
        walk.acts += [Act(walk.now - 2 * SECOND, "left-1", "pickup", "milk", None)] * units
        joined = walk.now
        paid = joined + wait_s * SECOND + 50 * SECOND + 2 * units * SECOND
        line = Line("milk", units, Decimal("1.19"))
        walk.payments = [Paid(paid, "till-1", f"r-{came}", (line,), line.unit_price * units, names_device=False)]
        walk.stays.append(Stay("till-a", joined, paid + 20 * SECOND))
    walk.stays.append(Stay("entrance", walk.now, came + minutes * MINUTE))
    walk.passages = [Passage(came, 0, "in", (came,)), Passage(came + minutes * MINUTE, 0, "out", ())]
    return walk


def window_of_day(day: int) -> Window:
    """An opening window of a day, Monday being 0."""
    opens = MONDAY + day * DAY + 8 * 60 * MINUTE
    return Window(f"day-{day}", opens, opens + 8 * 60 * MINUTE, fresh=True, shuts=True, weekday=day % 7, timezone="UTC", share=1.0)


def measured(days: dict[int, list[Walk]], habits: Habits = HABITS) -> Measured:
    """A tally of walks by day; in UTC, to count by hand."""
    floor = floor_of(structs.replace(SMALL, timezone="UTC"))
    tally = Tally(floor, habits)
    for day, walks in days.items():
        tally.add(window_of_day(day), walks)
    return Measured(tally, Radio(floor))
