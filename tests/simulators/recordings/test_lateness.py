"""How late messages are: shares of them, to two digits, whatever their number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.recordings.lateness import Lateness


@given(st.lists(st.floats(-1, 1e6), min_size=1, max_size=60), st.sampled_from((0.5, 0.99, 1.0)))
def test_a_share_is_that_of_the_sorted_list(late_s: list[float], share: float) -> None:
    """To two digits; what is early counts as on time."""
    told = Lateness()
    for one in late_s:
        told.add(one)
    at_least = [max(0.0, one) for one in sorted(late_s)]
    expected = next(value for number, value in enumerate(at_least, 1) if number >= share * len(at_least))
    assert told.quantile(share) == pytest.approx(expected, rel=0.051, abs=1e-300)
    assert told.largest_s == at_least[-1]
    assert told.count == len(late_s)


def test_it_is_said_in_milliseconds() -> None:
    """One sentence."""
    told = Lateness()
    for late_s in [0.0004] * 98 + [0.012, 0.25]:
        told.add(late_s)
    assert str(told) == "sent later than due: half of the messages 0.4 ms or less, 99% 12 ms or less, at most 250 ms"
