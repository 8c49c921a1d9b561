"""Signals by example: readings and what is said of them, worked out by hand, for the engine and for the plain telling.

@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_example(example: SignalExample) -> None: ...
"""

from tests import examples_of_queues, examples_of_sensors, examples_of_visitor_signals, examples_of_zone_signals
from tests.signal_parts import SignalExample

__all__ = ["EXAMPLES", "NAMES", "SignalExample"]

EXAMPLES: list[SignalExample] = [
    *examples_of_visitor_signals.EXAMPLES,
    *examples_of_zone_signals.EXAMPLES,
    *examples_of_queues.EXAMPLES,
    *examples_of_sensors.EXAMPLES,
]
"""All examples, by kind."""

NAMES = [example.name for example in EXAMPLES]
"""Their names, in the same order: the ids of parametrized tests."""
