"""Section 4 by example: readings and the visits that they make, worked out by hand, for the oracle and for the engine alike.

    @pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
    def test_example(example: Example) -> None: ...

`tests.oracle.from_visit` brings a visit of the engine into the form in which the examples expect it.
"""

from tests import examples_of_baskets, examples_of_stays, examples_of_visits
from tests.example_parts import Example

__all__ = ["EXAMPLES", "NAMES", "Example"]

EXAMPLES: list[Example] = [*examples_of_visits.EXAMPLES, *examples_of_stays.EXAMPLES, *examples_of_baskets.EXAMPLES]
"""All examples, by rule."""

NAMES = [example.name for example in EXAMPLES]
"""Their names, in the same order: the ids of parametrized tests."""
