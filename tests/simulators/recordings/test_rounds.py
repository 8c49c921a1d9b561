"""Again and again: rounds follow each other without overlap, and end before they are of the future."""

from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.reading import SECOND
from simulators.recordings.messages import Message
from simulators.recordings.rounds import Span, rounds, shift_to, shift_to_now, span_of

NOW = 2_000_000_000 * SECOND
DAY = 1_700_000_000 * SECOND


def message(ts: int | None, at: int | None = None) -> Message:
    """A reading of a time, and perhaps of an arrival."""
    return Message("t", b'{"id":"a","ts":%d}' % ((ts or 0) // 1000), 1, "s", "dwell", ts, ts, 1, at, at)


@pytest.mark.parametrize(
    ("messages", "span"),
    [
        ([], Span(None, None, 0)),
        ([message(None)], Span(None, None, 0)),
        (
            [message(DAY + 5 * SECOND), message(DAY + 3 * SECOND), message(DAY + 9 * SECOND)],
            Span(DAY + 3 * SECOND, DAY + 9 * SECOND, 4 * SECOND),
        ),
        ([message(DAY), message(NOW * 2)], Span(DAY, DAY, 0)),
        ([message(DAY, NOW), message(DAY + SECOND, NOW + 9)], Span(DAY, DAY + SECOND, 9)),
        ([message(NOW, DAY), message(DAY + SECOND, DAY + SECOND)], Span(DAY + SECOND, DAY + SECOND, SECOND)),
        ([message(7 * SECOND), message(DAY)], Span(DAY, DAY, 0)),
        ([message(7 * SECOND, DAY), message(DAY, DAY + 9)], Span(DAY, DAY, 9)),
        ([message(DAY, 7 * SECOND), message(DAY, DAY)], Span(DAY, DAY, 0)),
        ([message(DAY + 60 * SECOND)._replace(first_ts=DAY)], Span(DAY, DAY + 60 * SECOND, 0)),
        ([message(DAY)._replace(last_ts=NOW * 2)], Span(DAY, DAY, 0)),
    ],
)
def test_the_span_of_messages(messages: list[Message], span: Span) -> None:
    """Times of readings, and the length by arrival where it is known; a clock far ahead, or of 1970, counts for nothing."""
    assert span_of(messages, NOW) == span


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=6),
    st.one_of(st.none(), st.floats(0.1, 100)),
    st.integers(0, 10**9 // 4),
)
def test_now_is_never_the_future(seconds: list[int], speed: float | None, start: int) -> None:
    """Whatever the speed, no reading is ahead of the clock when it is sent; and it is as late as that allows."""
    times = [DAY + (start + second) * SECOND for second in sorted(seconds)]
    span = span_of([message(ts, ts) for ts in times], NOW)
    shift = shift_to_now(NOW, span, speed)
    ahead = [ts + shift - (NOW + (0 if speed is None else round((ts - times[0]) / speed))) for ts in times]
    assert max(ahead) <= 1
    assert max(ahead) >= -1000


def test_a_shift_is_of_whole_milliseconds() -> None:
    """As sensors write times; the first reading is then of the time that was asked for, up to that."""
    shift = shift_to(1_000_000_999, Span(999_999, 2_000_000, 1))
    assert shift % 1000 == 0
    assert 0 <= 1_000_000_999 - (999_999 + shift) < 1000


def test_rounds_do_not_overlap() -> None:
    """Each has the same readings with other times and ids, and begins after the one before has ended."""
    times = [DAY, DAY + 4 * SECOND, DAY + 9 * SECOND]

    def read() -> Iterator[Message]:
        return (message(ts, ts) for ts in times)

    played = list(islice(rounds(read, span_of(read(), NOW), 0, 1.0, lambda: NOW / SECOND), 9))
    assert [one.last_ts for one in played] == [ts + number * 10 * SECOND for number in range(3) for ts in times]
    assert len({one.payload for one in played}) == 9
    assert [one.due for one in played] == [one.last_ts for one in played]


@pytest.mark.parametrize("speed", [None, 1.0, 0.5])
def test_rounds_end_before_the_future(speed: float | None) -> None:
    """A round is not begun whose end would be more than five minutes ahead of the clock when it comes."""
    times = [DAY, DAY + 99 * SECOND]

    def read() -> Iterator[Message]:
        return (message(ts, ts) for ts in times)

    span = span_of(read(), NOW)
    now_s = DAY / SECOND + 399 - (0 if speed is None else 99 / speed)  # the end of the seventh round is 300 s ahead of it
    assert len(list(rounds(read, span, 0, speed, lambda: now_s))) == 2 * 7


@pytest.mark.parametrize(("speed", "n_rounds"), [(None, 1), (60.0, 1), (2.0, 1), (1.0, 9), (0.5, 9)])
def test_rounds_of_now_go_on_where_they_are_not_faster_than_they_happened(speed: float | None, n_rounds: int) -> None:
    """A faster one ends now, so the next would be of the future; at its own speed each comes when it is due."""
    times = [DAY, DAY + 1_000 * SECOND]
    span, said = span_of([message(ts, ts) for ts in times], NOW), list[int]()
    lasts_s = 0 if speed is None else 1_000 / speed

    def read() -> Iterator[Message]:
        said.append(len(said))
        return (message(ts, ts) for ts in times)

    played = rounds(read, span, shift_to_now(NOW, span, speed), speed, lambda: NOW / SECOND + len(said) * lasts_s)
    assert len(list(islice(played, 2 * 9))) == 2 * n_rounds


def test_rounds_without_times_go_on() -> None:
    """There is none that could be of the future."""

    def read() -> Iterator[Message]:
        return iter([message(None)])

    assert len(list(islice(rounds(read, span_of(read(), NOW), 0, None, lambda: 0.0), 100))) == 100
