"""Choosing: what is wanted is taken and nothing else, and what is not there is said with what is."""

import pytest

from sensors.reading import SECOND
from sensors.urls import SettingError
from simulators.recordings.messages import Message
from simulators.recordings.selection import Seen, Selection, select, time_of_option


def message(topic: str, at: int | None = None, ts: int | None = None) -> Message:
    """One that came then, or whose reading is of then."""
    return Message(topic, b"", 1, "", "", ts, ts, 1, at)


def ours(store: str, kind: str, sensor: str, second: int = 0) -> Message:
    """One of a sensor of ours."""
    return message(f"instore/v1/{store}/{kind}/{sensor}", second * SECOND)


ALL = [ours("a", "entry", "g1", 1), ours("a", "dwell", "w1", 2), ours("b", "entry", "g1", 3), message("other/x", 4 * SECOND)]


def chosen(wanted: Selection, messages: list[Message] | None = None) -> tuple[list[int], list[str]]:
    """Which of them were taken, and what is missing."""
    seen = Seen()
    everything = messages or ALL
    taken = [everything.index(one) for one in select(everything, wanted, seen)]
    assert seen.taken == len(taken)
    assert seen.passed == len(everything) - len(taken)
    return taken, seen.complaints(wanted)


@pytest.mark.parametrize(
    ("only", "taken"),
    [
        ([], [0, 1, 2, 3]),
        (["store=a"], [0, 1]),
        (["kind=entry"], [0, 2]),
        (["store=a,kind=entry"], [0]),
        (["store=a", "kind=entry,dwell"], [0, 1]),
        (["store=a,b", "sensor=g1"], [0, 2]),
        (["topic=other/#"], [3]),
        (["topic=instore/v1/+/entry/+", "store=b"], [2]),
    ],
)
def test_what_is_wanted_is_taken(only: list[str], taken: list[int]) -> None:
    """Values of one name are alternatives; different names must all fit."""
    assert chosen(Selection.of(only)) == (taken, [])


@pytest.mark.parametrize(
    ("only", "said"),
    [
        (["store=c"], ["there is no store `c`; there are a, b"]),
        (["kind=entry,exit"], ["there is no kind `exit`; there are dwell, entry"]),
        (
            ["topic=none/#"],
            ["there is no topic `none/#`; there are instore/v1/a/dwell/w1, instore/v1/a/entry/g1, instore/v1/b/entry/g1, other/x"],
        ),
    ],
)
def test_what_is_not_there_is_said_with_what_is(only: list[str], said: list[str]) -> None:
    """Also where something else was taken."""
    assert chosen(Selection.of(only))[1] == said


def test_a_long_list_is_cut() -> None:
    """Nobody reads a thousand sensors."""
    many = [ours("a", "entry", f"g{number:03}") for number in range(100)]
    assert chosen(Selection.of(["sensor=x"]), many)[1] == [
        "there is no sensor `x`; there are " + ", ".join(f"g{number:03}" for number in range(12)) + " and 88 more"
    ]


def test_what_comes_late_in_a_long_recording_is_there() -> None:
    """Not all names are remembered, but what was asked for is."""
    many = [ours("a", "entry", f"g{number}") for number in range(10_001)]
    assert chosen(Selection.of(["sensor=g10000,x"]), many)[1] == [
        "there is no sensor `x`; there are g0, g1, g10, g100, g1000, g1001, g1002, g1003, g1004, g1005, g1006, g1007 and 9988 more"
    ]


def test_where_no_topic_is_of_ours_that_is_said() -> None:
    """A recording of something else has no store."""
    assert chosen(Selection.of(["store=a"]), [message("other/x")])[1] == ["there is no store `a`; there is none at all"]


@pytest.mark.parametrize(
    ("since", "until", "taken"),
    [
        (None, None, [0, 1, 2, 3]),
        ("1970-01-01T00:00:02", None, [1, 2, 3]),
        (None, "1970-01-01T01:00:03+01:00", [0, 1]),
        ("1970-01-01T00:00:02Z", "1970-01-01T00:00:03Z", [1]),
    ],
)
def test_from_and_to_are_times_of_arrival(since: str | None, until: str | None, taken: list[int]) -> None:
    """The end is excluded; without offset they are UTC."""
    assert chosen(Selection.of([], since, until)) == (taken, [])


def test_a_message_without_time_belongs_with_the_one_before() -> None:
    """And readings without arrival count by their own time."""
    messages = [message("a", None, 1 * SECOND), message("b"), message("c", None, 2 * SECOND), message("d")]
    assert chosen(Selection(since=2 * SECOND), messages)[0] == [2, 3]
    assert chosen(Selection(until=2 * SECOND), messages)[0] == [0, 1]


def test_nothing_at_that_time_is_said_with_when_there_is_something() -> None:
    """From the first arrival to the last."""
    said = "nothing of that is there at that time; it reaches from 1970-01-01T00:00:01.000000Z to 1970-01-01T00:00:04.000000Z"
    assert chosen(Selection.of([], "2026-01-01"))[1] == [said]


def test_where_nothing_has_a_time_that_is_said() -> None:
    """Of such messages nobody knows whether they came then."""
    said = "nothing of that has a time, so --from and --to leave nothing of it"
    assert chosen(Selection(since=SECOND), [message("a"), message("b")]) == ([], [said])


@pytest.mark.parametrize("only", ["", "store", "store=", "shop=a", "a,store=b", "store=a,,b"])
def test_a_wrong_only_is_refused(only: str) -> None:
    """The sentence shows how to write it."""
    with pytest.raises(SettingError, match="write NAME=VALUE, like store=s1,kind=entry,payment; the names are store, sensor, kind, topic"):
        Selection.of([only])


@pytest.mark.parametrize(
    ("only", "since", "said"),
    [
        (["store=b,kind=dwell"], None, "no message is of store `b` and kind `dwell` together, though there are messages of each"),
        (["store=b,c", "kind=dwell"], None, None),
        (
            ["store=b", "kind=dwell,entry", "sensor=w1"],
            None,
            "no message is of store `b` and kind `dwell` or `entry` and sensor `w1` together",
        ),
        (["store=b,kind=dwell"], "2026-01-01", "no message is of store `b` and kind `dwell` together, though there are messages of each"),
        (["store=b,kind=entry"], "1970-01-01T00:00:04", "nothing of that is there at that time; it reaches from 1970-01-01T00:00:03"),
    ],
)
def test_what_is_there_but_not_together_is_said(only: list[str], since: str | None, said: str | None) -> None:
    """It is not the time that is wrong; where it is, what was asked for is there at another one."""
    taken, complaints = chosen(Selection.of(only, since))
    assert taken == []
    assert len(complaints) == 1
    assert complaints[0].startswith(said or "there is no store `c`")


def test_from_must_be_before_to() -> None:
    """Or nothing could be in between."""
    with pytest.raises(SettingError, match="--from 2026-01-02 is not before --to 2026-01-01"):
        Selection.of([], "2026-01-02", "2026-01-01")


def test_a_wrong_time_names_its_option() -> None:
    """And shows how to write one."""
    with pytest.raises(SettingError, match="--from yesterday is no time"):
        time_of_option("--from", "yesterday")
