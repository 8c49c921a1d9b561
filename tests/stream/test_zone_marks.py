"""Marks on the way of a sweep: what is due at the very moment of one is found once."""

from stream.zones import MARK_EVERY, Cell, Watch


def test_what_turns_at_the_moment_of_a_mark_turns_once() -> None:
    """A sweep ends at a moment that is marked, and at which a watch turns at once: later sweeps do not find that again."""
    cell = Cell(0, 10_000, (Watch("people", 1, 0, 0, 0, 1, lasting=0),), 10)
    for n in range(MARK_EVERY // 2):
        cell.put("d1", 10 * n, 10 * n + 5)
    for now in (10 * (MARK_EVERY // 2 - 1) + 5, 9_000, 9_500):
        cell.sweep(now)
        assert len(cell.turns) == MARK_EVERY
