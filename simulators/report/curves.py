"""Published distributions as curves to draw beside what was simulated. Pure."""

import math

_FINE = 60


def lognormal_share(begin: float, end: float, mu: float, sigma: float) -> float:
    """The share of a lognormal between two values."""
    return lognormal_below(end, mu, sigma) - lognormal_below(begin, mu, sigma)


def lognormal_below(value: float, mu: float, sigma: float) -> float:
    """The share of a lognormal under a value."""
    return 0.0 if value <= 0 else (1 + math.erf((math.log(value) - mu) / (sigma * math.sqrt(2)))) / 2


def normal_share(begin: float, end: float, sigma: float) -> float:
    """The share of a normal distribution around 0 between two values."""
    return (math.erf(end / (sigma * math.sqrt(2))) - math.erf(begin / (sigma * math.sqrt(2)))) / 2


def poisson_lognormal(most: int, mu: float, sigma: float) -> list[float]:
    """The shares of 1, 2 ... `most` items: Poisson around a lognormal mean, never 0."""
    steps = [-4 + 8 * (number + 0.5) / _FINE for number in range(_FINE)]
    weights = [math.exp(-step * step / 2) for step in steps]
    means = [math.exp(mu + sigma * step) for step in steps]

    def chance(size: int) -> float:
        logs = (size * math.log(mean) - mean - math.lgamma(size + 1) for mean in means)
        return sum(weight * math.exp(log) for weight, log in zip(weights, logs, strict=True)) / sum(weights)

    some = 1 - chance(0)
    return [chance(size) / some for size in range(1, most + 1)]
