"""Python's search for cyclic garbage in a worker: nearly all that a worker makes is freed without it."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

NEW_OBJECTS = 50_000
"""So many more containers than at the last search; Python's own is 700.

What a flush makes lives until the flush is done, so a search finds next to nothing, and whenever a quarter has come to
what there is, Python looks through all open visits. With 100,000 of them (`P7/speed`) its searches took 9.5 of 22 s, up
to 0.4 s each; with this number 3 s.
"""


def collect_seldom() -> None:
    """Look for garbage in this process less often."""
    gc.set_threshold(NEW_OBJECTS)


@contextmanager
def uncollected() -> Iterator[None]:
    """Let Python look for no garbage meanwhile, and never again among what is there then.

    Nearly all that a restart makes stays, and is freed without that: to look through it again and again takes a quarter of the time.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
