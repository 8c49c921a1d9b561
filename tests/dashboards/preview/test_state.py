"""An address is the state of a page: what is picked, and from when to when."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from dashboards.frames import Column, Frame
from dashboards.preview.state import State, state
from tests.dashboards.preview.sample import board

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def _ask(sql: str) -> Frame:
    """Answer the two queries of the sample's variables as a database would."""
    if "'north'" in sql and "UNION" in sql:
        return Frame([Column("__value", "string", ["north", "south"]), Column("__text", "string", ["North", "South"])])
    store = sql.split("'")[1]
    return Frame([Column("__value", "string", [f"{store}-1", f"{store}-2"]), Column("__text", "string", ["Zone 1", "Zone 2"])])


def _state(search: str) -> State:
    return state(board(), search, _ask, UTC, NOW)


def test_without_anything() -> None:
    """The first store, all its zones, the board's own time."""
    found = _state("")
    assert found.look.scope.values == {
        "store": ("north",),
        "zone": ("north-1", "north-2"),
        "by": ("hour",),
        "visit": ("",),
        "fixed": ("7",),
    }
    assert (found.look.texts["store"], found.look.texts["zone"]) == ("North", "All")
    assert (found.look.scope.since, found.look.scope.until) == (NOW - timedelta(hours=24), NOW)
    assert found.problem is None


def test_what_is_picked() -> None:
    """Zones are those of the store that is picked."""
    found = _state("?var-store=south&var-zone=south-2&var-by=day&var-visit=abc&from=now-1h&to=now")
    assert found.look.scope.values == {"store": ("south",), "zone": ("south-2",), "by": ("day",), "visit": ("abc",), "fixed": ("7",)}
    assert found.look.scope.since == NOW - timedelta(hours=1)


def test_what_cannot_be_picked_any_more() -> None:
    """A zone of another store becomes all zones, an unknown store the first; a constant stays."""
    found = _state("?var-store=west&var-zone=south-2&var-fixed=8")
    assert found.look.scope.values["store"] == ("north",)
    assert found.look.scope.values["zone"] == ("north-1", "north-2")
    assert found.look.scope.values["fixed"] == ("7",)
    assert found.problem == "There is no store “west” here. The page shows North."
    assert _state("?var-zone=north-1&var-zone=south-2").problem == "There is no zone “south-2” here. The page shows Zone 1."
    assert _state("?var-zone=$__all&var-visit=anything").problem is None


@pytest.mark.parametrize(
    ("search", "words"),
    [("?from=soon&to=now", "“soon” is no time"), ("?from=now&to=now-1h", "from now to now-1h: the end is not after the beginning")],
)
def test_a_time_that_is_none_is_said_and_the_usual_one_shown(search: str, words: str) -> None:
    """Also one that ends before it begins."""
    found = _state(search)
    assert found.problem is not None
    assert found.problem.startswith(words)
    assert found.problem.endswith("The page shows its usual time.")
    assert found.look.scope.until == NOW


def test_the_address_says_it_all() -> None:
    """What is looked at, written and read again, is the same."""
    found = _state("?var-store=south&var-zone=south-1&var-zone=south-2&from=now-1h&to=now")
    again = _state(f"?{found.look.address}")
    assert again.look == found.look


@pytest.mark.parametrize("search", ["", "?var-store=south&var-zone=south-2", "?var-zone=north-1&var-zone=north-2", "?var-store=west"])
def test_what_was_asked_once_is_not_asked_again(search: str) -> None:
    """A page that asks for new figures says what its pickers' queries answered: as the browser sends it, it gives the same."""
    found = _state(search)
    known = json.loads(json.dumps(found.known))
    assert state(board(), search, _nobody, UTC, NOW, known=known).look == found.look


def _nobody(sql: str) -> Frame:
    pytest.fail(f"asked again: {sql}")


def test_what_is_known_is_no_way_around_the_options_of_a_board() -> None:
    """`${by:raw}` stands in queries as it is: the browser cannot say what may be picked there."""
    known = {**_state("").known, "by": [("day; DROP TABLE x", "evil")]}
    assert state(board(), "?var-by=day; DROP TABLE x", _nobody, UTC, NOW, known=known).look.scope.values["by"] == ("hour",)
