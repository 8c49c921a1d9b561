"""The pictures of the page: each a title, what it shows, and where the published part comes from. Pure."""

from collections import Counter
from collections.abc import Iterator

from simulators.report import curves
from simulators.report.charts_of_time import PEAK_HOURS, WEEKEND_PEAK_HOURS, hours, waits, weekdays
from simulators.report.measures import ALL_FORMATS_FIT, SUPERMARKET_FIT, Measured, lorenz, mean
from simulators.report.picture import NOTHING, Picture, is_of
from simulators.report.svg import ALSO, PUBLISHED, SIMULATED, Chart

BASKET_FIT = (1.65, 0.8)
"""Zero-truncated Poisson-lognormal of items, mu and sigma: fitted to Sorensen, as Martin 2020 does."""

CONVERSION = {"luxury": 0.1, "apparel": 0.25, "footwear": 0.27, "beauty": 0.34, "home": 0.48, "grocery": 0.9}
MEAN_TRIP_MIN = {"fashion": (26.0,), "home": (80.0,), "theme-park": (306.0, 384.0)}
_BASS = "Ehrenberg-Bass, fitted"
_BINS = 40
_MANY_ITEMS = 20
_NOISE_DB = 8


def charts(found: Measured) -> Iterator[Picture]:
    """All pictures of what was simulated; those without data are left out."""
    tally = found.tally
    if tally.shoppers:
        yield _lengths(found)
        yield hours(found, tally.hours, "Monday to Friday", PEAK_HOURS)
        yield hours(found, tally.weekend_hours, "Saturday and Sunday", WEEKEND_PEAK_HOURS)
        yield weekdays(found)
        yield _conversion(found)
        yield _reach(found)
    if any(tally.units):
        yield _baskets(found)
        yield _lorenz(found)
    if tally.buyers:
        yield waits(found)
    if tally.visits:
        yield _visits(found)
    if found.radio.rssi_dbm:
        yield _noise(found)


def _lengths(found: Measured) -> Picture:
    counts, total = found.tally.length_s, found.tally.length_s.total()
    bin_min = max(1, round(_quantile(counts, 0.985) / 60 / _BINS))
    shares: Counter[int] = Counter()
    for seconds, count in counts.items():
        shares[seconds // 60 // bin_min] += count
    far = bin_min * _BINS
    bars = [(at * bin_min, (at + 1) * bin_min, shares[at] / total) for at in range(_BINS)]
    fits = (
        {"published: supermarkets": (SUPERMARKET_FIT, PUBLISHED), "all formats": (ALL_FORMATS_FIT, ALSO)} if is_of(found, "grocery") else {}
    )
    drawn = {
        name: [((at + 0.5) * bin_min, curves.lognormal_share(at * bin_min, (at + 1) * bin_min, *fit)) for at in range(_BINS)]
        for name, (fit, _) in fits.items()
    }
    high = max([share for _, _, share in bars] + [y for points in drawn.values() for _, y in points]) * 1.1
    chart = Chart("Time in the store", (0, far), high, ("minutes from gate to gate", f"share of trips, each {bin_min} min"))
    chart.bars(bars, "simulated")
    for name, points in drawn.items():
        chart.line(points, name, fits[name][1])
    for row, minutes in enumerate(MEAN_TRIP_MIN.get(found.tally.habits.kind, ())):
        chart.upright(minutes, f"published mean: {minutes:g} min", row=row)
    middle = mean(counts)
    if middle is not None:
        chart.upright(middle / 60, f"simulated mean: {middle / 60:.1f} min", SIMULATED, row=3)
    sources = {"fashion": "Euclid 2015, all kinds of stores", "home": "Placer.ai 2019, IKEA", "theme-park": "IAAPA 2018 and 2019"}
    about = (
        "Longer ones are left out of the picture. The spread is an assumption." if not fits else "Longer ones are left out of the picture."
    )
    return Picture("Time in the store", chart.drawn(), about, sources.get(found.tally.habits.kind, f"{_BASS}: derived lognormals"))


def _baskets(found: Measured) -> Picture:
    counts, total = found.tally.units, found.tally.units.total()
    bars = [(size - 0.5, size + 0.5, counts[size] / total) for size in range(1, _MANY_ITEMS + 1)]
    fit = curves.poisson_lognormal(_MANY_ITEMS, *BASKET_FIT) if is_of(found, "grocery") else []
    chart = Chart(
        "Basket sizes",
        (0.4, _MANY_ITEMS + 0.6),
        max([share for _, _, share in bars] + fit) * 1.1,
        ("units", "share of receipts"),
        names=[(float(size), str(size)) for size in (1, *range(5, _MANY_ITEMS + 1, 5))],
    )
    chart.bars(bars, "simulated")
    if fit:
        chart.line([(size, share) for size, share in enumerate(fit, 1)], "published, fitted", PUBLISHED)
    more = sum(count for size, count in counts.items() if size > _MANY_ITEMS) / total
    source = "Sorensen; Martin 2020: zero-truncated Poisson-lognormal, mu 1.65, sigma 0.8 (derived)" if fit else NOTHING
    return Picture("Basket sizes", chart.drawn(), f"{more:.1%} of the receipts have more than {_MANY_ITEMS} units.", source)


def _lorenz(found: Measured) -> Picture:
    chart = Chart(
        "How units are spread over baskets",
        (0, 1),
        1.0,
        ("baskets, the smallest first", "share of all units"),
        names=[(number / 5, f"{number * 20} %") for number in range(6)],
    )
    chart.line([(0, 0), (1, 1)], "all alike", "#999999", dashed=True)
    chart.line(lorenz(found.tally.units), "simulated", SIMULATED)
    if is_of(found, "grocery"):
        chart.points([(0.8, 0.5)], "published")
    source = "Sorensen: the top fifth of the trips has half of the units" if is_of(found, "grocery") else NOTHING
    return Picture(
        "How units are spread over baskets", chart.drawn(), "A Lorenz curve: the lower, the more the large baskets carry.", source
    )


def _conversion(found: Measured) -> Picture:
    mine = {"fashion": "apparel", "home": "home", "grocery": "grocery"}.get(found.tally.habits.kind)
    names = [(number + 0.5, name) for number, name in enumerate([*CONVERSION, "simulated"])]
    chart = Chart("Conversion", (0, len(names)), 1.0, ("", "share of parties with a receipt"), names=names)
    for number, (name, share) in enumerate(CONVERSION.items()):
        chart.bars([(number + 0.15, number + 0.85, share)], "", PUBLISHED if name == mine else "#F0C6A0")
    chart.bars([(len(names) - 0.85, len(names) - 0.15, found.tally.buyers / found.tally.parties)], "", SIMULATED)
    chart.legend.clear()
    about = "Published by kind of store, luxury under and grocery over its bar." + ("" if mine else " Of this kind nothing is published.")
    return Picture("Conversion", chart.drawn(), about, "altervision 2023; RetailNext 2012 of luxury and grocery")


def _reach(found: Measured) -> Picture:
    counts, total = found.tally.reach, found.tally.reach.total()
    tenths: Counter[int] = Counter()
    for percent, count in counts.items():
        tenths[min(19, percent // 5)] += count
    high = max(tenths.values()) / total * 1.15
    percents = [(float(percent), f"{percent} %") for percent in range(0, 101, 25)]
    chart = Chart("How much of the store a trip sees", (0, 100), high, ("of the floor to shop on", "share of trips"), names=percents)
    chart.bars([(5 * at, 5 * at + 5, count / total) for at, count in tenths.items()], "simulated")
    if is_of(found, "grocery"):
        chart.upright(25, "published: most trips are left of this")
    under = sum(count for percent, count in counts.items() if percent < 25) / total  # noqa: PLR2004 - a quarter
    about = (
        f"{under:.0%} of the trips are under a quarter. A zone is seen before the shelves where one stops, or a shelf's part in passing."
    )
    return Picture(
        "How much of the store a trip sees", chart.drawn(), about, _BASS.removesuffix(", fitted") if is_of(found, "grocery") else NOTHING
    )


def _visits(found: Measured) -> Picture:
    times = Counter(found.tally.visits.values())
    most = max(times)
    chart = Chart(
        "How often people came",
        (0.4, most + 0.6),
        max(times.values()) / times.total() * 1.15,
        (f"visits in {len(found.tally.days)} open days", "share of visitors with a tag"),
        names=[(float(n), str(n)) for n in range(1, most + 1, 1 + most // 12)],
    )
    chart.bars([(n - 0.4, n + 0.4, count / times.total()) for n, count in sorted(times.items())], "simulated")
    sources = {"grocery": "FMI 2011: 1.69 visits a week to all supermarkets together", "fashion": "Euclid 2015: 12 % come again in 30 days"}
    about = "Those with a tag of their own who came at all; the others get a band of the store, and cannot be known again."
    return Picture("How often people came", chart.drawn(), about, sources.get(found.tally.habits.kind, NOTHING))


def _noise(found: Measured) -> Picture:
    counts = found.radio.noise_db()
    shares = [(db - 0.5, db + 0.5, counts[db] / counts.total()) for db in range(-_NOISE_DB, _NOISE_DB + 1)]
    chart = Chart(
        "Scatter of signal strength",
        (-_NOISE_DB - 0.5, _NOISE_DB + 0.5),
        0.3,
        ("dB from the zone's mean", "share of readings"),
        names=[(float(db), f"{db:+d}" if db else "0") for db in range(-8, 9, 4)],
    )
    chart.bars(shares, "simulated")
    for sigma, color in ((1.5, PUBLISHED), (3.7, ALSO)):
        points = [(float(db), curves.normal_share(db - 0.5, db + 0.5, sigma)) for db in range(-_NOISE_DB, _NOISE_DB + 1)]
        chart.line(points, f"published: {sigma} dB", color)
    about = f"{counts.total():,} readings of the first day."
    return Picture(
        "Scatter of signal strength", chart.drawn(), about, "field measurements: between 1.5 and 3.7 dB, as normal distributions"
    )


def _quantile(counts: Counter[int], part: float) -> int:
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= part * counts.total():
            return value
    return 0
