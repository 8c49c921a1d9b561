"""The pictures of when people come, and of how long they wait. Pure."""

from collections import Counter

from sensors.hours import DAYS
from simulators.report.measures import Measured, mean, weekday_factors
from simulators.report.picture import NOTHING, Picture, is_of
from simulators.report.svg import SIMULATED, Chart

PEAK_HOURS, WEEKEND_PEAK_HOURS = {11: 0.16, 12: 0.16, 15: 0.16}, {11: 0.2, 12: 0.2}
WEEKDAYS = {0: 0.91, 1: 0.91, 5: 1.28}
_LONG_WAIT_MIN = 20


def hours(found: Measured, counts: Counter[int], days: str, peaks: dict[int, float]) -> Picture:
    """In which hours of such days people come, with the published shares of some."""
    total = max(1, counts.total())
    shown = peaks if is_of(found, "grocery") else {}
    title, high = f"When they come, {days}", max([count / total for count in counts.values()] + list(shown.values()) + [0.01]) * 1.15
    named = [(float(hour) + 0.5, str(hour)) for hour in range(6, 24, 2)]
    chart = Chart(title, (6, 24), high, ("hour, local time", "share of the day's shoppers"), names=named)
    chart.bars([(hour, hour + 1, counts[hour] / total) for hour in range(6, 24)], "simulated")
    if shown:
        chart.points([(hour + 0.5, share) for hour, share in shown.items()], "published")
    about = f"{counts.total():,} shoppers." + (" Of other hours nothing is published." if shown else "")
    return Picture(title, chart.drawn(), about, "USDA ERS 2014-17" if shown else NOTHING)


def weekdays(found: Measured) -> Picture:
    """How many come on each day of the week."""
    factors = weekday_factors(found.tally)
    shown = WEEKDAYS if is_of(found, "grocery") else {}
    names = [(day + 0.5, name.title()) for day, name in enumerate(DAYS)]
    chart = Chart(
        "Days of the week", (0, 7), max([*factors.values(), 1.3]) * 1.15, ("", "against the mean open day"), names=names, shares=False
    )
    chart.bars([(day + 0.15, day + 0.85, factor) for day, factor in factors.items()], "simulated")
    if shown:
        chart.points([(day + 0.5, factor) for day, factor in shown.items()], "published")
    chart.line([(0, 1), (7, 1)], "", "#999999", dashed=True)
    about = f"{len(found.tally.days)} open days." + (" Of the other days nothing is published." if shown else "")
    weekend = (
        "Placer.ai 2019, IKEA: nearly half of the visits on weekends; the single days are assumed." if is_of(found, "home") else NOTHING
    )
    return Picture("Days of the week", chart.drawn(), about, "Time Use Institute 2008" if shown else weekend)


def waits(found: Measured) -> Picture:
    """How long people wait at the tills."""
    counts, seen = found.tally.wait_s, 0
    points = [(0.0, 0.0)]
    for seconds in sorted(counts):
        seen += counts[seconds]
        points += [(seconds / 60, points[-1][1]), (seconds / 60, seen / counts.total())]
    chart = Chart("Waiting at the tills", (0, _LONG_WAIT_MIN), 1.0, ("minutes in the queue", "share who waited no longer"))
    chart.line([*points, (_LONG_WAIT_MIN, 1.0)], "simulated", SIMULATED)
    chart.upright(5, "published: mean under 5 min", row=8)
    chart.upright(15, "80 % tolerate no more", row=6)
    chart.upright((mean(counts) or 0) / 60, f"simulated mean: {(mean(counts) or 0) / 60:.1f} min", SIMULATED, row=10)
    about = f"Of {found.tally.buyers:,} who paid; {found.tally.quitters:,} more gave up. Exact to some seconds: mean service is taken off."
    return Picture("Waiting at the tills", chart.drawn(), about, "Wall Street Journal survey; Waitwhile 2024")
