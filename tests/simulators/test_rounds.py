"""Again and again: rounds follow each other without overlap, and end before they are of the future."""

from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.reading import SECOND
from simulators.messages import Message
from simulators.rounds import Span, rounds, shift_to, shift_to_now, span_of

NOW = 2_000_000_000 * SECOND


def message(ts: int | None, at: int | None = None) -> Message:
    """A reading of a time, and perhaps of an arrival."""
    return Message("t", b'{"id":"a","ts":%d}' % ((ts or 0) // 1000), 1, "s", "dwell", ts, 1, at, at)


@pytest.mark.parametrize(
    ("messages", "span"),
    [
        ([], Span(None, None, 0)),
        ([message(None)], Span(None, None, 0)),
        ([message(5 * SECOND), message(3 * SECOND), message(9 * SECOND)], Span(3 * SECOND, 9 * SECOND, 4 * SECOND)),
        ([message(5 * SECOND), message(NOW * 2)], Span(5 * SECOND, 5 * SECOND, 0)),
        ([message(5 * SECOND, NOW), message(6 * SECOND, NOW + 9)], Span(5 * SECOND, 6 * SECOND, 9)),
        ([message(NOW, 7 * SECOND), message(8 * SECOND, 8 * SECOND)], Span(8 * SECOND, 8 * SECOND, SECOND)),
    ],
)
def test_the_span_of_messages(messages: list[Message], span: Span) -> None:
    """Times of readings, and the length by arrival where it is known; a clock far ahead counts for nothing."""
    assert span_of(messages, NOW) == span


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=6),
    st.one_of(st.none(), st.floats(0.1, 100)),
    st.integers(0, 10**9),
)
def test_now_is_never_the_future(seconds: list[int], speed: float | None, start: int) -> None:
    """Whatever the speed, no reading is ahead of the clock when it is sent; and it is as late as that allows."""
    times = [(start + second) * SECOND for second in sorted(seconds)]
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
    times = [1_000 * SECOND, 1_004 * SECOND, 1_009 * SECOND]

    def read() -> Iterator[Message]:
        return (message(ts, ts) for ts in times)

    played = list(islice(rounds(read, span_of(read(), NOW), 0, 1.0, lambda: NOW / SECOND), 9))
    assert [one.ts for one in played] == [ts + number * 10 * SECOND for number in range(3) for ts in times]
    assert len({one.payload for one in played}) == 9
    assert [one.due for one in played] == [one.ts for one in played]


@pytest.mark.parametrize("speed", [None, 1.0, 0.5])
def test_rounds_end_before_the_future(speed: float | None) -> None:
    """A round is not begun whose end would be more than five minutes ahead of the clock when it comes."""
    times = [0, 99 * SECOND]

    def read() -> Iterator[Message]:
        return (message(ts, ts) for ts in times)

    span = span_of(read(), NOW)
    now_s = 399 - (0 if speed is None else 99 / speed)  # the end of the seventh round is 300 s ahead of it
    assert len(list(rounds(read, span, 0, speed, lambda: now_s))) == 2 * 7
