"""Signals compared with those that were due: every way of being wrong is found."""

from msgspec import structs

from simulators.truth.due import Due
from simulators.truth.signalled import Signalled, compare
from simulators.truth.visits import micros
from storage.model import Signal

AT = "2026-11-14T15:00:00Z"
CONGESTED = Due(store_id="s1", kind="zone_congested", zone_id="bakery", at=AT, early_s=1, late_s=15, why="scans")
BASKET = Due(store_id="s1", kind="abandoned_basket", device_id="band-1", at=AT, why="the gate is exact", value=3)


def signal_of(due: Due, off_s: float = 0.0, value: float = 3) -> Signal:
    """The signal that was due, so much later (seconds)."""
    at = micros(due.at) + round(off_s * 1_000_000)
    return Signal(
        signal_id=f"{due.kind}-{at}",
        store_id=due.store_id,
        kind=due.kind,
        since=at,
        at=at,
        zone_id=due.zone_id,
        device_id=due.device_id,
        sensor_id=due.sensor_id,
        value=value,
        threshold=1,
        message="look there",
    )


def counts(report: Signalled) -> tuple[int, int, int, int]:
    """The figures of a comparison: expected, found, open, equal."""
    return report.expected, report.found, report.open, len(report.equal)


def test_what_was_due_is_found_within_its_bounds() -> None:
    """Both ends included."""
    for off_s in (-1, 0, 15):
        report = compare([CONGESTED, BASKET], [signal_of(BASKET), signal_of(CONGESTED, off_s)])
        assert counts(report) == (2, 2, 0, 2)
        assert report.differences == []
        assert report.equal[0].off_s == off_s


def test_too_early_or_too_late_is_wrong() -> None:
    """The sentence says by how much, and what is allowed."""
    for off_s in (-1.1, 15.1):
        report = compare([CONGESTED], [signal_of(CONGESTED, off_s)])
        assert counts(report) == (1, 1, 0, 0)
        assert f"({off_s:+.3f} s; allowed are -1 to +15 s)" in report.differences[0]


def test_a_missing_signal_is_wrong() -> None:
    """That of another zone is not it."""
    report = compare([CONGESTED], [structs.replace(signal_of(CONGESTED), zone_id="dairy")])
    assert report.differences[0] == f"zone_congested bakery at {AT} is missing"
    assert report.differences[1].startswith("zone_congested dairy at 2026-11-14T15:00:00.000000Z was found, but nothing caused it: look")


def test_one_too_many_is_wrong() -> None:
    """Once means once."""
    report = compare([BASKET], [signal_of(BASKET), structs.replace(signal_of(BASKET), signal_id="other")])
    assert counts(report) == (1, 2, 0, 1)
    assert len(report.differences) == 1


def test_another_value_is_wrong() -> None:
    """Where the true one is exact."""
    assert compare([BASKET], [signal_of(BASKET, value=2)]).differences == [
        f"abandoned_basket band-1 at {AT} is different: its value is 2, and was 3"
    ]


def test_what_may_be_or_not_is_counted_apart() -> None:
    """Within its bounds; beyond them it is one that nothing caused."""
    open_one = structs.replace(CONGESTED, sure=False)
    assert counts(compare([open_one], [])) == (0, 0, 0, 0)
    assert counts(compare([open_one], [signal_of(CONGESTED, 15), signal_of(CONGESTED, 3)])) == (0, 0, 2, 0)
    assert len(compare([open_one], [signal_of(CONGESTED, 16)]).differences) == 1


def test_of_two_the_one_that_fits_better_is_taken() -> None:
    """Two turns of a zone on one day."""
    later = structs.replace(CONGESTED, at="2026-11-14T15:01:00Z")
    report = compare([CONGESTED, later], [signal_of(later, 2), signal_of(CONGESTED, 3)])
    assert [one.off_s for one in report.equal] == [3, 2]


def test_one_within_the_bounds_is_taken_before_a_nearer_one() -> None:
    """That which may be much too early is not mistaken for the next."""
    first, later = structs.replace(CONGESTED, early_s=600), structs.replace(CONGESTED, at="2026-11-14T15:01:00Z")
    report = compare([first, later], [signal_of(first, -500), signal_of(later, 2)])
    assert report.differences == []
    assert [one.off_s for one in report.equal] == [-500, 2]
