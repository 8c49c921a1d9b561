"""A short fuzz at each run, and what longer ones found. The long one: `make fuzz`."""

import os
from itertools import islice
from random import Random

from tests.fuzz.fuzz import Fuzz, messages

TRIED = 2_000


def test_any_message_is_readings_and_dead_letters() -> None:
    """Messages nearly right: each element is a reading in bounds, a sighting or a dead letter, for bridge and worker; nothing raises."""
    seed = 1 if "INSTORE_CI" in os.environ else Random().randrange(1 << 32)
    fuzz = Fuzz(seed)
    for message in islice(messages(Random(seed)), TRIED):
        fuzz.try_message(message)
    assert min(fuzz.counts["reading"], fuzz.counts["record taken"], fuzz.counts["record refused"]) > TRIED / 20
