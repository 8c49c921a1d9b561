"""Comparing the signals that were found with those that were due (`simulators.truth.due`). Pure. Every difference becomes a sentence."""

from collections.abc import Iterable

import msgspec

from sensors.reading import SECOND, rfc3339
from simulators.truth.due import Due
from simulators.truth.visits import micros
from storage.model import Signal, SignalKind

ROUNDING_S = 0.002
"""Seconds that people's milliseconds and sensors' microseconds may be apart."""

_SUBJECT: dict[SignalKind, tuple[str, ...]] = {
    "long_dwell": ("device_id", "zone_id"),
    "abandoned_basket": ("device_id",),
    "priority_changed": ("device_id",),
    "zone_congested": ("zone_id",),
    "zone_cleared": ("zone_id",),
    "queue_long": ("zone_id",),
    "sensor_silent": ("sensor_id",),
}
"""What a signal of each kind is about, as far as the truth says it."""


class Found(msgspec.Struct, frozen=True):
    """A signal that was due and was found, and how much later than in truth (seconds)."""

    due: Due
    signal: Signal
    off_s: float


class Signalled(msgspec.Struct):
    """What the comparison says.

    Attributes:
        expected: signals that had to be found.
        found: signals found, those left out that nothing was promised of.
        open: signals found that might be or not.
        equal: those that were found as they had to be.
        differences: a sentence for each signal that is missing or different, and each that nothing caused.
    """

    expected: int = 0
    found: int = 0
    open: int = 0
    equal: list[Found] = []
    differences: list[str] = []


def compare(dues: Iterable[Due], signals: Iterable[Signal]) -> Signalled:
    """Compare signals with those that were due: each once, at its time, about its subject."""
    report, unused = Signalled(), sorted(signals, key=lambda signal: signal.at)
    dues = list(dues)
    for due in (due for due in dues if due.sure):
        report.expected += 1
        fitting = (one for one in unused if _is_about(due, one))
        best = min(fitting, key=lambda one: (bool(_wrong(due, one)), abs(_off_s(due, one))), default=None)
        if best is None:
            report.differences.append(f"{_name(due)} at {due.at} is missing")
            continue
        unused.remove(best)
        report.found += 1
        if wrong := _wrong(due, best):
            report.differences.append(f"{_name(due)} at {due.at} is different: {wrong}")
        else:
            report.equal.append(Found(due, best, _off_s(due, best)))
    may_be = [due for due in dues if not due.sure]
    for one in unused:
        if any(_is_about(due, one) and not _wrong(due, one) for due in may_be):
            report.open += 1
        else:
            report.found += 1
            report.differences.append(f"{_name(one)} at {rfc3339(one.at)} was found, but nothing caused it: {one.message}")
    return report


def _is_about(due: Due, signal: Signal) -> bool:
    return due.kind == signal.kind and _subject(due) == _subject(signal)


def _wrong(due: Due, signal: Signal) -> str:
    """Say what is not as it must be; nothing: all is."""
    off_s = _off_s(due, signal)
    if not -due.early_s - ROUNDING_S <= off_s <= due.late_s + ROUNDING_S:
        return f"found at {rfc3339(signal.at)} ({off_s:+.3f} s; allowed are -{due.early_s:g} to +{due.late_s:g} s)"
    return "" if due.value in {None, signal.value} else f"its value is {signal.value:g}, and was {due.value:g}"


def _off_s(due: Due, signal: Signal) -> float:
    return (signal.at - micros(due.at)) / SECOND


def _subject(one: Due | Signal) -> tuple[str, ...]:
    return one.store_id, *(str(getattr(one, name)) for name in _SUBJECT[one.kind])


def _name(one: Due | Signal) -> str:
    return " ".join((one.kind, *_subject(one)[1:]))
