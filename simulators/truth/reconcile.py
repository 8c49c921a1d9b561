"""Comparing what was found with what was: found visits against the ground truth. Pure.

Everything must be equal that sensors can know exactly: how a visit ended, its path, its receipts and their sum, what was taken, its flags,
and the moments that a gate reported. Where sampling limits what can be known, the truth says by how much (`simulators.truth.visits`), and
no more is forgiven. Every difference becomes a sentence.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from sensors.reading import SECOND, rfc3339
from simulators.truth.visits import Truth, micros
from storage.model import Visit

ROUNDING_S = 1e-6
"""Seconds that the sum of stays may be off through floating point."""

_Key = tuple[str, str]


class Report(msgspec.Struct, kw_only=True):
    """What the comparison says.

    Attributes:
        expected: visits of the ground truth for which something is promised.
        found: visits found, those that a silenced sensor excuses left out.
        equal: expected visits that were found as they were.
        unreliable: visits of the ground truth that a silenced sensor has touched: nothing is promised, nothing compared.
        differences: a sentence for each expected visit that is missing or different, and each found visit that never was.
        aspects: how many visits differ in each respect.
    """

    expected: int = 0
    found: int = 0
    equal: int = 0
    unreliable: int = 0
    differences: list[str] = []
    aspects: Counter[str] = msgspec.field(default_factory=Counter)

    @property
    def is_equal(self) -> bool:
        """Whether every visit was found as it was, and no other."""
        return not self.differences


class _Pair(NamedTuple):
    truth: Truth
    visit: Visit


def reconcile(truths: Iterable[Truth], visits: Iterable[Visit]) -> Report:
    """Compare visits with the ground truth.

    Visits belong together that are of the same device and overlap in time; of several, those that begin closest.

    Args:
        truths: of whole days.
        visits: of the same days and stores, in any order.
    """
    expected: defaultdict[_Key, list[Truth]] = defaultdict(list)
    found: defaultdict[_Key, list[Visit]] = defaultdict(list)
    for truth in sorted(truths, key=lambda one: one.entered_at):
        expected[truth.store_id, truth.device_id].append(truth)
    for visit in sorted(visits, key=lambda one: one.entered_at):
        found[visit.store_id, visit.device_id].append(visit)
    report = Report()
    for key in sorted(expected.keys() | found.keys()):
        _reconcile_device(report, expected.get(key, []), found.get(key, []))
    return report


def _reconcile_device(report: Report, truths: list[Truth], visits: list[Visit]) -> None:
    """Compare the visits of one device."""
    unused = list(visits)
    shaky = [truth for truth in truths if truth.unreliable]
    for truth in truths:
        best = min((visit for visit in unused if _overlap(truth, visit)), key=lambda visit: _apart(truth, visit), default=None)
        if best is not None:
            unused.remove(best)
        if truth.unreliable:
            report.unreliable += 1
            continue
        report.expected += 1
        report.found += best is not None
        _note(report, truth, ["missing"] if best is None else list(_differences(_Pair(truth, best))))
    for visit in unused:
        if not any(_overlap(truth, visit) or _strayed(truth, visit) for truth in shaky):
            report.found += 1
            report.aspects["unexpected"] += 1
            report.differences.append(f"{_name(visit.store_id, visit.device_id, visit.entered_at)} was found, but never was")


def _note(report: Report, truth: Truth, wrong: list[str]) -> None:
    """Count a compared visit, and tell what is wrong with it."""
    if not wrong:
        report.equal += 1
        return
    report.aspects.update(one.partition(":")[0] for one in wrong)
    report.differences.append(f"{_name(truth.store_id, truth.device_id, micros(truth.entered_at))} is different: {'; '.join(wrong)}")


def _differences(pair: _Pair) -> Iterator[str]:
    """Name each respect in which a visit is not what it was: what it is, and what it was."""
    truth, visit = pair
    yield from _moment("start", micros(truth.entered_at), visit.entered_at, 0, truth.entered_bound_s)
    yield from _moment("end", micros(truth.left_at), visit.left_at, truth.left_bound_s, 0)
    for aspect, was, found in (
        ("ended_by", truth.ended_by, visit.ended_by),
        ("path", list(truth.path), visit.path),
        ("receipts", sorted(truth.receipts), sorted(payment.receipt_id for payment in visit.payments)),
        ("basket_total", truth.basket_total, visit.basket_total),
        ("currency", truth.currency, visit.currency),
        ("converted", truth.converted, visit.converted),
        ("bounced", visit.bounced if truth.bounced is None else truth.bounced, visit.bounced),
        ("pass_by", truth.pass_by, visit.pass_by),
        ("is_staff", truth.is_staff, visit.is_staff),
        ("shelf_actions", truth.shelf_actions, dict(Counter(touch.action for touch in visit.shelf_visits))),
        ("taken", truth.taken, _taken(visit)),
    ):
        if was != found:
            yield f"{aspect}: found {_shown(found)}, was {_shown(was)}"
    yield from _dwell(pair)


def _moment(aspect: str, was: int, found: int, early_s: float, late_s: float) -> Iterator[str]:
    """A moment may be found this much too early or too late (seconds)."""
    off_s = (found - was) / SECOND
    if not -early_s <= off_s <= late_s:
        yield f"{aspect}: found {rfc3339(found)}, was {rfc3339(was)} ({off_s:+.3f} s; allowed are -{early_s:g} to +{late_s:g} s)"


def _dwell(pair: _Pair) -> Iterator[str]:
    """The time in each zone, within its bound."""
    truth, visit = pair
    spent: dict[str, float] = {}
    for stay in visit.stays:
        spent[stay.zone_id] = spent.get(stay.zone_id, 0.0) + stay.dwell_s
    for zone in sorted(truth.dwell_s.keys() | spent.keys()):
        was, found, bound = truth.dwell_s.get(zone, 0.0), spent.get(zone, 0.0), truth.dwell_bound_s.get(zone, 0.0)
        if abs(was - found) > bound + ROUNDING_S:
            yield f"dwell: found {found:.3f} s in {zone}, was {was:.3f} s (allowed are {bound:g} s)"


def _taken(visit: Visit) -> dict[str, int]:
    """Pickups less put-backs (rule 7), counted here again."""
    units: Counter[str] = Counter()
    for touch in visit.shelf_visits:
        if touch.product_id is not None:
            units[touch.product_id] += {"pickup": 1, "putback": -1}.get(touch.action, 0)
    return dict(+units)


def _overlap(truth: Truth, visit: Visit) -> bool:
    return visit.entered_at <= micros(truth.left_at) and visit.left_at >= micros(truth.entered_at)


def _strayed(truth: Truth, visit: Visit) -> bool:
    """Whether a wrong clock may have made it of readings of that one."""
    return any(visit.entered_at <= micros(until) and visit.left_at >= micros(since) for since, until in truth.strays)


def _apart(truth: Truth, visit: Visit) -> int:
    return abs(micros(truth.entered_at) - visit.entered_at)


def _name(store_id: str, device_id: str, entered_at: int) -> str:
    return f"the visit of {device_id} in {store_id} from {rfc3339(entered_at)}"


def _shown(value: object) -> str:
    """A value as people write it."""
    if isinstance(value, list):
        return " > ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
