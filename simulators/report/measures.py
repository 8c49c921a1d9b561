"""Figures of a tally: numbers, or None where too little was simulated to tell. Pure."""

import math
from collections import Counter
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from simulators.report.radio import Radio, mean_of
from simulators.report.tally import SATURDAY, Tally
from simulators.shop.habits import Habits

ENOUGH = 100
"""Fewer people are no sample."""

MONTH_DAYS = 28
SUPERMARKET_FIT, ALL_FORMATS_FIT = (2.57, 0.62), (1.96, 0.8)
"""Lognormals of minutes, mu and sigma: fitted to what Ehrenberg-Bass published of supermarkets, and of all formats."""

_WEEK = 7
MINUTE_S = 60


class Measured(NamedTuple):
    """What was simulated."""

    tally: Tally
    radio: Radio


def mean(counts: Counter[int]) -> float | None:
    """The mean of what was counted, where it is a sample."""
    return mean_of(counts) if counts.total() >= ENOUGH else None


def median(counts: Counter[int]) -> float | None:
    """The value that half of the cases reach."""
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if 2 * seen >= counts.total() >= ENOUGH:
            return float(value)
    return None


def share(counts: Counter[int], below: float) -> float | None:
    """The share of the cases under a value."""
    return sum(count for value, count in counts.items() if value < below) / counts.total() if counts.total() >= ENOUGH else None


def most_frequent(counts: Counter[int]) -> float | None:
    """The value that is met most often; the least one of several."""
    return float(max(counts, key=lambda value: (counts[value], -value))) if counts.total() >= ENOUGH else None


def minutes(found: float | None) -> float | None:
    """Seconds as minutes."""
    return None if found is None else found / MINUTE_S


def ratio(part: float, whole: float) -> float | None:
    """A share, where the whole is a sample."""
    return part / whole if whole >= ENOUGH else None


def lorenz(units: Counter[int]) -> list[tuple[float, float]]:
    """Which share of all units the smallest baskets carry, up to each size: from (0, 0) to (1, 1)."""
    points, baskets, carried = [(0.0, 0.0)], 0, 0
    total = sum(size * count for size, count in units.items())
    for size in sorted(units):
        baskets, carried = baskets + units[size], carried + size * units[size]
        points.append((baskets / units.total(), carried / total))
    return points


def of_largest(units: Counter[int], part: float) -> float | None:
    """Which share of all units this part of the baskets carries, the largest ones."""
    if units.total() < ENOUGH:
        return None
    points = lorenz(units)
    for (x1, y1), (x2, y2) in pairwise(points):
        if x2 >= 1 - part:
            return 1 - (y1 + (y2 - y1) * (1 - part - x1) / (x2 - x1))
    return None


def shoppers_a_day(tally: Tally) -> float | None:
    """How many come on an open day, in the mean."""
    return sum(tally.days.values()) / len(tally.days) if tally.days else None


def weekday_factor(tally: Tally, weekday: int) -> float | None:
    """How many come on such a day, against the mean of the open days of a week."""
    return weekday_factors(tally).get(weekday) if _span_days(tally) >= _WEEK - 1 else None


def weekday_factors(tally: Tally) -> dict[int, float]:
    """Of each weekday on which the store was open."""
    came: dict[int, list[int]] = {}
    for day, count in tally.days.items():
        came.setdefault(date.fromisoformat(day).weekday(), []).append(count)
    means = {weekday: sum(counts) / len(counts) for weekday, counts in came.items()}
    usual = sum(means.values()) / len(means) if means else 0
    return {weekday: found / usual for weekday, found in sorted(means.items())} if usual else {}


def weekend_share(tally: Tally) -> float | None:
    """Which share of a week's visits is on Saturday and Sunday."""
    factors = weekday_factors(tally)
    if _span_days(tally) < _WEEK - 1:
        return None
    return sum(factor for weekday, factor in factors.items() if weekday >= SATURDAY) / sum(factors.values())


def hour_share(hours: Counter[int], hour: int) -> float | None:
    """Which share of a day's shoppers comes in this hour."""
    return hours[hour] / hours.total() if hours.total() >= ENOUGH else None


def impatient(habits: Habits, minutes_: float) -> float:
    """The share of shoppers whose patience in a queue is over after so long: no longer than that would they wait."""
    usual, hurried = (_below(minutes_, *figure) for figure in (habits.patience_min, habits.hurried_min))
    return (1 - habits.hurried) * usual + habits.hurried * hurried


def came_again(tally: Tally) -> float | None:
    """Of those with a tag of their own who came within four weeks, the share that came more than once."""
    if len(tally.visits) < ENOUGH or _span_days(tally) < MONTH_DAYS - _WEEK:
        return None
    return sum(count > 1 for count in tally.visits.values()) / len(tally.visits)


def visits_a_week(tally: Tally) -> float | None:
    """Visits a week of those with a tag of their own who came at all."""
    if len(tally.visits) < ENOUGH or _span_days(tally) < MONTH_DAYS - _WEEK:
        return None
    return tally.visits.total() / len(tally.visits) / (_span_days(tally) / _WEEK)


def farthest(tally: Tally, mu: float, sigma: float) -> float | None:
    """The largest gap between how trip lengths are spread and a lognormal of minutes (Kolmogorov and Smirnov's)."""
    if tally.length_s.total() < ENOUGH:
        return None
    seen, gap = 0, 0.0
    for seconds in sorted(tally.length_s):
        ought = _below((seconds + 0.5) / MINUTE_S, math.exp(mu), sigma)
        before, seen = seen, seen + tally.length_s[seconds]
        gap = max(gap, abs(ought - before / tally.length_s.total()), abs(ought - seen / tally.length_s.total()))
    return gap


def _below(value: float, middle: float, sigma: float) -> float:
    """The share of a lognormal below a value."""
    return (1 + math.erf(math.log(value / middle) / (sigma * math.sqrt(2)))) / 2 if sigma else float(value >= middle)


def _span_days(tally: Tally) -> int:
    days = [date.fromisoformat(day) for day in tally.days]
    return (max(days) - min(days)).days + 1 if days else 0
